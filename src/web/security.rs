//! Headers, the check against forged requests, and what is known of a request before anybody looks at it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use uuid::Uuid;

use crate::AppState;
use crate::actor::Origin;
use crate::config::Config;
use crate::error::Error;
use crate::web::cookie;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                   connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// The headers of RELIABILITY 2.6.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_static = request.uri().path().starts_with("/static/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        header::HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    );
    if state.config.is_https() {
        make_cookies_secure(headers);
    }
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    if state.config.is_https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if !is_static {
        set(header::VARY, "Cookie, HX-Request, Sec-Fetch-Site, Origin");
    }
    // A page that holds a token says so more strictly; pages may set their own.
    if !headers.contains_key(header::REFERRER_POLICY) {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// No cookie of an https site travels in clear, whoever sets it (ASVS 3.3.1).
fn make_cookies_secure(headers: &mut HeaderMap) {
    let all: Vec<_> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in all {
        let text = cookie.to_str().unwrap_or_default();
        let is_secure = text.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure"));
        let secure = if is_secure {
            cookie.clone()
        } else {
            HeaderValue::from_str(&format!("{text}; Secure")).unwrap_or(cookie.clone())
        };
        headers.append(header::SET_COOKIE, secure);
    }
}

/// Refuses a change that another site made a browser send: the rule of Go 1.25, with the configured public origin
/// instead of the Host header where the browser sends no Sec-Fetch-Site (plain http on a local network), and
/// with neither header only for requests without a session (RELIABILITY 2.6). tower-http's layer falls back to
/// Host, which a rebound name controls; hence our own.
pub async fn csrf(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || is_from_here(request.headers(), &state.config) {
        return next.run(request).await;
    }
    tracing::warn!("a change from another site was refused");
    Error::Forbidden("This form was sent from another site, or not from a browser. Open the page in Trellis and send it there.".into())
        .into_response()
}

fn is_from_here(headers: &HeaderMap, config: &Config) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == config.public_origin(),
        (None, None) => cookie(headers, config.session_cookie()).is_none(),
    }
}

/// Gives the request an id and the visitor's address, and logs one line about it.
pub async fn context(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let request_id = Uuid::now_v7().simple().to_string();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ip = visitor(peer, request.headers(), &state.config);
    request.extensions_mut().insert(Origin {
        ip: ip.map(|ip| ip.to_string()),
        request_id: Some(request_id.clone()),
        hints: state.live.hints(),
        ..Origin::default()
    });
    // The pattern of the route, not the path, which may hold a token.
    let route =
        request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = request_id, method = %request.method(), route,
        user = tracing::field::Empty, organization = tracing::field::Empty);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| {
        tracing::info!(
            status = response.status().as_u16(),
            ms = started.elapsed().as_secs_f64() * 1e3,
            "answered"
        );
    });
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// The visitor's address: the last address in X-Forwarded-For that is no trusted proxy, if the peer is one. What is
/// not readable there was not written by a proxy that tells addresses, so nothing before it is believed.
fn visitor(peer: Option<IpAddr>, headers: &HeaderMap, config: &Config) -> Option<IpAddr> {
    let mut known = peer?.to_canonical();
    let values =
        headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        if !config.trusted_proxies.contain(known) {
            break;
        }
        let read = hop
            .parse::<IpAddr>()
            .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
        let Ok(ip) = read else { break };
        known = ip.to_canonical();
    }
    Some(known)
}

/// The key under which an address is counted: an IPv6 address by its /64.
pub fn limit_key(ip: Option<&str>) -> String {
    match ip.and_then(|ip| ip.parse().ok()) {
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Some(ip @ IpAddr::V4(_)) => ip.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_send_changes() {
        let config = Config { public_url: Some("http://trellis.lan".into()), ..Config::default() };
        let ok = |pairs: &[(&'static str, &'static str)]| is_from_here(&headers(pairs), &config);
        assert!(ok(&[("sec-fetch-site", "same-origin")]));
        assert!(!ok(&[("sec-fetch-site", "same-site")]));
        assert!(!ok(&[("sec-fetch-site", "cross-site"), ("origin", "http://trellis.lan")]));
        assert!(ok(&[("origin", "http://trellis.lan")]), "plain http: no Sec-Fetch-Site");
        assert!(!ok(&[("origin", "http://evil.lan"), ("host", "evil.lan")]));
        assert!(!ok(&[("cookie", "session=x")]), "a session and neither header");
        assert!(ok(&[]), "neither header and no session: a program");
    }

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_trusted_proxy() {
        let proxies =
            Config { trusted_proxies: "10.0.0.0/8".parse().unwrap(), ..Config::default() };
        let forwarded = headers(&[("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2")]);
        let from = |peer: &str| {
            visitor(Some(peer.parse().unwrap()), &forwarded, &proxies).unwrap().to_string()
        };
        assert_eq!(from("10.0.0.1"), "203.0.113.9");
        assert_eq!(from("192.0.2.1"), "192.0.2.1");
        assert_eq!(from("::ffff:10.0.0.1"), "203.0.113.9", "a listener for both families");
        let broken = headers(&[("x-forwarded-for", "6.6.6.6, unknown, 10.0.0.2")]);
        assert_eq!(
            visitor(Some("10.0.0.1".parse().unwrap()), &broken, &proxies).unwrap().to_string(),
            "10.0.0.2"
        );
    }

    #[test]
    fn ipv6_is_counted_per_64() {
        assert_eq!(limit_key(Some("2001:db8:1:2:3:4:5:6")), limit_key(Some("2001:db8:1:2::1")));
        assert_ne!(limit_key(Some("2001:db8:1:2::1")), limit_key(Some("2001:db8:1:3::1")));
    }
}
