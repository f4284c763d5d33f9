//! Stylesheet, scripts, icons and fonts: inside the binary, under an address that changes with their content.
//!
//! One hash of the whole folder is the first part of each address (`/static/<hash>/app.css`). So a browser may keep
//! a file forever, and relative addresses inside the stylesheet (`fonts/…`) lead to the same version.

use std::{borrow::Cow, collections::HashMap, fmt::Write as _, sync::LazyLock};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::Embed;
use sha2::{Digest, Sha256};

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(Embed)]
#[folder = "static/"]
struct Folder;

struct Assets {
    prefix: String,
    urls: HashMap<Cow<'static, str>, String>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut names: Vec<_> = Folder::iter().filter(|name| content_type(name).is_some()).collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in &names {
        hash.update(name.as_bytes());
        hash.update(Folder::get(name).expect("listed a line above").metadata.sha256_hash());
    }
    let prefix = hash.finalize().iter().take(6).fold("/static/".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    });
    let urls = names.into_iter().map(|name| (name.clone(), format!("{prefix}/{name}"))).collect();
    Assets { prefix, urls }
});

/// Serves `/static/<hash>/<name>`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/static/{*path}", get(file))
}

/// The address of a file in `static/`, for templates.
///
/// # Panics
/// If there is no such file. A test looks for the names that templates use.
pub fn url(name: &str) -> &'static str {
    ASSETS.urls.get(name).unwrap_or_else(|| panic!("static/{name} is missing"))
}

/// Whether [`url`] knows the name.
pub fn exists(name: &str) -> bool {
    ASSETS.urls.contains_key(name)
}

// GET /static/{hash}/{name}
//
// Another hash is a page of the version before this one that is still open somewhere: it gets the file, but must not
// keep it.
async fn file(uri: Uri) -> Response {
    let path = uri.path();
    let name = path.trim_start_matches("/static/").split_once('/').map_or("", |(_, name)| name);
    let (Some(content_type), Some(file)) = (content_type(name), Folder::get(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let current =
        path.strip_prefix(ASSETS.prefix.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, if current { FOREVER } else { ASK_AGAIN }),
    ];
    let body = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    (headers, body).into_response()
}

/// What is served and as what; anything else in the folder (licences, the fetching script) is not.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_file_may_be_kept_forever_under_its_address() {
        for (name, kind) in [
            ("app.css", "text/css; charset=utf-8"),
            ("app.js", "text/javascript; charset=utf-8"),
            ("icons.svg", "image/svg+xml"),
            ("fonts/inter-latin-wght-normal.woff2", "font/woff2"),
        ] {
            let answer = ask(url(name)).await;
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], kind);
            assert_eq!(answer.headers()[header::CACHE_CONTROL], FOREVER);
        }
    }

    #[tokio::test]
    async fn a_page_of_another_version_gets_the_file_but_does_not_keep_it() {
        let answer = ask("/static/0123456789ab/app.css").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], ASK_AGAIN);
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        let prefix = ASSETS.prefix.as_str();
        for path in [
            format!("{prefix}/none.css"),
            format!("{prefix}/vendor.sh"),
            format!("{prefix}/icons.txt"),
            format!("{prefix}/../Cargo.toml"),
            format!("{prefix}/%2e%2e/Cargo.toml"),
            prefix.to_owned(),
            format!("{prefix}/"),
            "/static/app.css".to_owned(),
        ] {
            assert_eq!(ask(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    /// The budgets of the interface, unpacked: about 15 KB and 6 KB when compressed.
    #[test]
    fn stylesheet_and_script_stay_small() {
        let size = |name| Folder::get(name).unwrap().data.len();
        assert!(size("app.css") < 72_000, "app.css: {}", size("app.css"));
        assert!(size("app.js") < 14_000, "app.js: {}", size("app.js"));
    }
}
