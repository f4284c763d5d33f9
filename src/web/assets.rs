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
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use super::is_compressed;

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

/// How hard files are compressed: a browser asks once, so they may take longer than a page.
const QUALITY: CompressionLevel = CompressionLevel::Precise(9);

/// Serves `/static/<hash>/<name>`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let compression = CompressionLayer::new().quality(QUALITY).compress_when(is_compressed());
    Router::new().route("/static/{*path}", get(file)).layer(compression)
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
        text if name == HTMX => {
            [&*text, b"\n", &*Folder::get(HX_SSE).map_or(Cow::Borrowed(&b""[..]), |file| file.data)]
                .concat()
                .into()
        }
        text if OWN_SCRIPTS.contains(&name) => Bytes::from(without_comments(&text)),
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    (headers, body).into_response()
}

/// htmx, and the part of it that holds streams. They travel in one file: htmx begins as soon as it is there, and would not
/// know of what comes later.
const HTMX: &str = "vendor/htmx.min.js";
const HX_SSE: &str = "vendor/hx-sse.min.js";

/// Scripts of our own, which are read in this repository and not in the browser.
const OWN_SCRIPTS: [&str; 3] = ["app.js", "board.js", "designer.js"];

/// A script without indentation and without lines that only comment, a quarter of it. Texts over several lines would lose their
/// indentation too; a test sees that there are none.
fn without_comments(script: &[u8]) -> Vec<u8> {
    let lines = script.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    let mut kept = Vec::with_capacity(script.len());
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"//")) {
        kept.extend_from_slice(line);
        kept.push(b'\n');
    }
    kept
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

    #[tokio::test]
    async fn htmx_knows_of_streams_when_it_begins() {
        let answer = ask(url(HTMX)).await;
        let sent = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let sent = std::str::from_utf8(&sent).unwrap();
        assert!(sent.starts_with(std::str::from_utf8(&Folder::get(HTMX).unwrap().data).unwrap()));
        assert!(sent.contains("registerExtension(\"sse\""));
    }

    #[tokio::test]
    async fn own_scripts_travel_without_their_comments() {
        for name in OWN_SCRIPTS {
            let written = Folder::get(name).unwrap().data;
            let text = std::str::from_utf8(&written).unwrap();
            assert!(text.lines().all(|line| line.matches('`').count() % 2 == 0), "{name}");
            assert!(!text.contains("/*") && !text.contains("\\\n"), "{name}");

            let answer = ask(url(name)).await;
            let sent = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            let lines = std::str::from_utf8(&sent).unwrap().lines();
            let code = text.lines().map(str::trim_start);
            let code = code.filter(|line| !line.is_empty() && !line.starts_with("//"));
            assert!(lines.eq(code), "{name}");
        }
    }

    /// The budgets of the interface, as it travels: 15 KB of stylesheet, 6 KB of scripts on a page that has two.
    #[tokio::test]
    async fn stylesheet_and_scripts_stay_small() {
        for coding in ["zstd", "gzip"] {
            let mut sizes = vec![];
            for name in [
                "app.css",
                "app.js",
                "board.js",
                "designer.js",
                "flow.css",
                "metrics.css",
                "health.css",
            ] {
                let request = Request::get(url(name)).header(header::ACCEPT_ENCODING, coding);
                let request = request.body(Body::empty()).unwrap();
                let answer = router().oneshot(request).await.unwrap();
                assert_eq!(answer.headers()[header::CONTENT_ENCODING], coding, "{name}");
                let sent = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
                sizes.push(sent.len());
            }
            // Some pages have a second stylesheet beside the one of all pages.
            let sheets = sizes[0] + sizes[4].max(sizes[5]);
            assert!(sheets <= 15_000, "{coding}: the stylesheets have {sheets} bytes");
            for page in [2, 3] {
                let scripts = sizes[1] + sizes[page];
                assert!(scripts <= 6_000, "{coding}: the scripts have {scripts} bytes");
            }
        }
    }
}
