//! The answer to an error: a page, or JSON for those who ask for it, with the same code in both.

use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;

use crate::actor::Origin;
use crate::error::{Error, Refusal};
use crate::web::FormErrors;
use crate::web::error_page::ErrorPage;
use crate::web::shell::Shell;

/// What an answer says of an error; carried in the response until the page is made.
#[derive(Debug, Clone)]
pub struct Report {
    /// The status.
    pub status: StatusCode,
    /// The word for machines.
    pub code: &'static str,
    /// The sentence for people.
    pub message: String,
    /// The field that it is about.
    pub field: Option<&'static str>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
    /// Whether the transaction can be tried again as a whole.
    pub is_again: bool,
    /// Whether the body is already the page (a form that is shown again).
    pub has_page: bool,
}

impl Report {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
            retry_after: None,
            is_again: false,
            has_page: false,
        }
    }

    /// For a form that is shown again with its errors.
    pub fn of_form(errors: &FormErrors) -> Self {
        let message = errors.message().unwrap_or_default();
        Self {
            has_page: true,
            ..Self::new(errors.status(), errors.code().unwrap_or("refused"), message)
        }
    }
}

impl From<Error> for Report {
    fn from(error: Error) -> Self {
        use StatusCode as S;
        match error {
            Error::NotFound => Self::new(
                S::NOT_FOUND,
                "not_found",
                "There is nothing at this address, or it is not yours to see.",
            ),
            Error::Forbidden(who) => Self::new(S::FORBIDDEN, "forbidden", who),
            Error::Unchanged => Self::new(S::NOT_MODIFIED, "unchanged", ""),
            Error::SignInRequired => {
                Self::new(S::UNAUTHORIZED, "sign_in_required", "Sign in first.")
            }
            Error::Refused(Refusal { code, message, field, is_conflict }) => Self {
                field,
                ..Self::new(
                    if is_conflict { S::CONFLICT } else { S::UNPROCESSABLE_ENTITY },
                    code,
                    message,
                )
            },
            Error::Stale => Self::new(
                S::CONFLICT,
                "changed_meanwhile",
                "Somebody changed this meanwhile. Nothing of yours was saved: look at it again and repeat your change.",
            ),
            Error::BadRequest(message) => Self::new(S::BAD_REQUEST, "bad_request", message),
            Error::TooLarge => Self::new(
                S::PAYLOAD_TOO_LARGE,
                "too_large",
                "That is more than can be taken at once.",
            ),
            Error::WrongType(message) => {
                Self::new(S::UNSUPPORTED_MEDIA_TYPE, "wrong_type", message)
            }
            Error::TooMany(seconds) => Self {
                retry_after: Some(seconds),
                ..Self::new(
                    S::TOO_MANY_REQUESTS,
                    "too_many_requests",
                    format!("That was too often. Wait {seconds} seconds and try again."),
                )
            },
            Error::Busy(seconds) => Self {
                retry_after: Some(seconds),
                ..Self::new(
                    S::SERVICE_UNAVAILABLE,
                    "busy",
                    "Trellis is busy for a moment. Nothing was changed. Try again in a few seconds.",
                )
            },
            Error::Again => Self {
                retry_after: Some(1),
                is_again: true,
                ..Self::new(
                    S::SERVICE_UNAVAILABLE,
                    "busy",
                    "Trellis is busy for a moment. Nothing was changed. Try again in a few seconds.",
                )
            },
            Error::Internal(cause) => {
                tracing::error!(error = ?cause, "a request failed");
                Self::new(
                    S::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Something went wrong on our side. Nothing was changed.",
                )
            }
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if matches!(self, Self::Unchanged) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        Report::from(self).into_response()
    }
}

impl IntoResponse for Report {
    fn into_response(self) -> Response {
        (self.status, axum::Extension(self)).into_response()
    }
}

/// Whether an address is one for programs: what goes wrong there is answered in JSON, whatever else they take.
pub fn is_call(path: &str) -> bool {
    path.starts_with("/api/")
}

/// What goes wrong in a call (RFC 9457).
fn problem(report: &Report, request_id: &str) -> Response {
    let title = report.status.canonical_reason().unwrap_or_default();
    let mut body = json!({
        "type": "about:blank", "title": title, "status": report.status.as_u16(), "detail": report.message,
        "code": report.code, "request_id": request_id,
    });
    if let Some(field) = report.field {
        body["field"] = json!(field);
    }
    let mut response = (report.status, Json(body)).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, kind);
    if report.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The frame around an error page: whoever finds out who visits leaves it here, so that an error drops nobody out of
/// their organization.
#[derive(Debug, Clone, Default)]
pub struct Frame(Arc<OnceLock<Shell>>);

impl Frame {
    /// Leaves the frame of the visitor's pages.
    pub fn leave(&self, shell: Shell) {
        // The first one stays: a request has one visitor.
        let _ = self.0.set(shell);
    }

    fn taken(&self) -> Option<Shell> {
        self.0.get().cloned()
    }
}

/// The middleware that makes the page, outside of everything that may fail.
pub async fn render(mut request: Request, next: Next) -> Response {
    let is_call = is_call(request.uri().path());
    let accepts_json =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(
            |value| value.contains("application/json") && !value.contains("text/html"),
        );
    let wants_json = is_call || accepts_json;
    let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
    let request_id = origin.request_id.unwrap_or_default();
    let theme = crate::web::theme(request.headers());
    let is_get = request.method() == axum::http::Method::GET;
    let asked = request.uri().path_and_query().map_or("/".to_owned(), ToString::to_string);

    let frame = Frame::default();
    request.extensions_mut().insert(frame.clone());

    let mut response = next.run(request).await;
    let report = match response.extensions_mut().remove::<Report>() {
        Some(report) => report,
        // Answers of the router and of layers that know nothing of our pages.
        None if response.headers().get(header::CONTENT_TYPE).is_none()
            || is_plain_error(&response) =>
        {
            match response.status() {
                StatusCode::NOT_FOUND => Error::NotFound.into(),
                StatusCode::METHOD_NOT_ALLOWED => Report::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "This address does not take that.",
                ),
                StatusCode::REQUEST_TIMEOUT => Report {
                    retry_after: Some(2),
                    ..Report::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "busy",
                        "This took too long. Try again in a few seconds.",
                    )
                },
                StatusCode::PAYLOAD_TOO_LARGE => Report::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    "That is more than can be taken at once.",
                ),
                _ => return response,
            }
        }
        None => return response,
    };
    if report.has_page && !wants_json {
        return response;
    }
    if report.status == StatusCode::UNAUTHORIZED && !wants_json && is_get {
        return Redirect::to(&format!(
            "/sign-in?next={}",
            percent_encoding::utf8_percent_encode(&asked, percent_encoding::NON_ALPHANUMERIC)
        ))
        .into_response();
    }
    let mut page = if is_call {
        problem(&report, &request_id)
    } else if wants_json {
        let body = json!({"error": {"code": report.code, "message": report.message, "request_id": request_id}});
        (report.status, Json(body)).into_response()
    } else {
        let page = ErrorPage {
            shell: frame.taken().unwrap_or_else(|| Shell { theme, ..Shell::default() }),
            status: report.status.as_u16(),
            code: report.code,
            message: Some(report.message.clone()),
            request_id,
        };
        match page.render() {
            Ok(html) => (report.status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(?error, "the error page failed");
                (report.status, report.message.clone()).into_response()
            }
        }
    };
    if let Some(seconds) = report.retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}

fn is_plain_error(response: &Response) -> bool {
    response.status().is_client_error()
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"))
}
