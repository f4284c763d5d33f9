//! Cookies that are given out, and addresses that a browser may be sent to.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::config::Config;

/// Gives the browser a cookie that scripts cannot read, for `seconds`. By https it is never sent in clear.
pub fn set_cookie(response: &mut Response, config: &Config, name: &str, value: &str, seconds: i64) {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    match HeaderValue::from_str(&cookie) {
        Ok(value) => {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        Err(error) => tracing::error!(%error, name, "a cookie that cannot be written"),
    }
}

/// Takes a cookie back.
pub fn unset_cookie(response: &mut Response, config: &Config, name: &str) {
    set_cookie(response, config, name, "", 0);
}

/// An address of ours to go on to: a path. Whatever could lead to another site is none (ASVS 3.7.2): browsers read
/// `//host` and `/\host` as one, and drop tabs and line breaks.
pub fn local_path(next: &str) -> Option<&str> {
    let mut chars = next.chars();
    let is_local = chars.next() == Some('/')
        && !matches!(chars.next(), Some('/' | '\\'))
        && next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    is_local.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_are_local() {
        for path in ["/", "/o/norvik/squads?q=a%20b", "/invitation"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in [
            "",
            "o/norvik",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/a\\b",
            "javascript:alert(1)",
        ] {
            assert_eq!(local_path(path), None, "{path:?}");
        }
    }
}
