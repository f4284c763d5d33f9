//! The call of a program: a check-in with a token. The first part of the API of Trellis, which is described at `/api/v1/openapi.json`.
//!
//! Only a token says who calls: a cookie is never looked at here. Every refusal is a problem in JSON (RFC 9457) with a sentence that says what to
//! do. A call with an `Idempotency-Key` that comes twice counts once and gets the same answer.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::check_in::{Confidence, NewCheckIn, Note};
use super::db::{self, Bearer};
use super::domain::{BadNumber, LARGEST};
use super::service::{self, Call, PREFIX};
use crate::AppState;
use crate::actor::{Once, Origin, Tenant};
use crate::error::{Error, Result};
use crate::ids::MetricId;
use crate::rule::Rule;
use crate::secret;
use crate::web::errors::Report;
use crate::web::security::limit_key;
use crate::web::{Path, Routes, Who};

/// The addresses of the API.
pub fn routes() -> Routes {
    Routes::new().post("/api/v1/metrics/{metric}/check-ins", Who::MetricToken, check_in).get(
        "/api/v1/openapi.json",
        Who::Anyone,
        description,
    )
}

/// The fields of a check-in, for whoever sends another one.
const FIELDS: [&str; 4] = ["value", "confidence", "note", "at"];

/// What a metric says now.
#[derive(Debug, Clone, PartialEq, ToSchema)]
#[schema(as = CheckIn)]
struct CheckInBody {
    /// The value, in the unit of the metric.
    #[schema(example = 94.2, minimum = -1e12, maximum = 1e12)]
    value: f64,
    /// Whether the target will be reached. A program need not say so.
    #[schema(value_type = Option<String>, pattern = "^(on_track|at_risk|off_track)$", example = "on_track")]
    confidence: Option<Confidence>,
    /// Why the value is so, in a sentence.
    #[schema(value_type = Option<String>, max_length = 300, example = "The moving-date fix pays off.")]
    note: Option<Note>,
    /// When the value was so, where that is not now: not ahead, and not more than two years ago.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-11-20T06:00:00Z")]
    at: Option<DateTime<Utc>>,
}

/// A check-in as it was written down.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WrittenCheckIn)]
struct CheckInAnswer {
    /// The check-in.
    #[schema(value_type = String, format = Uuid)]
    id: crate::ids::CheckInId,
    /// The metric.
    #[schema(value_type = String, format = Uuid)]
    metric: MetricId,
    /// The value.
    value: f64,
    /// Whether the target will be reached.
    #[schema(value_type = Option<String>)]
    confidence: Option<Confidence>,
    /// Why.
    note: String,
    /// When the value was so.
    #[schema(value_type = String, format = DateTime)]
    at: DateTime<Utc>,
}

/// Why a call was refused (RFC 9457), as `application/problem+json`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `web::errors` writes")]
struct Problem {
    /// Always `about:blank`: the status and the code say what it is.
    r#type: String,
    /// The words of the status.
    title: String,
    /// The status.
    #[schema(example = 409)]
    status: u16,
    /// What is wrong and what to do, for people.
    #[schema(example = "This metric has ended. Its history stays as it is.")]
    detail: String,
    /// What is wrong, for programs.
    #[schema(example = "metric_ended")]
    code: String,
    /// The field that is wrong, where it is one.
    field: Option<String>,
    /// The id of the request in the log.
    request_id: String,
}

/// A field that is not what it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum BadBody {
    #[error("Send an object, for example {{\"value\": 94.2}}.")]
    NoObject,
    #[error("There is no field of this name. The fields are value, confidence, note and at.")]
    UnknownField,
    #[error("Send the value as a number, for example 94.2.")]
    Value,
    #[error("The confidence is on_track, at_risk or off_track.")]
    Confidence,
    #[error("Send the note as a text.")]
    Note,
    #[error("Send the time with its zone, for example 2026-11-20T06:00:00Z.")]
    At,
}

impl Rule for BadBody {
    fn code(&self) -> &'static str {
        match self {
            Self::NoObject => "body_no_object",
            Self::UnknownField => "field_unknown",
            _ => "field_unreadable",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Value => Some("value"),
            Self::Confidence => Some("confidence"),
            Self::Note => Some("note"),
            Self::At => Some("at"),
            _ => None,
        }
    }
}

/// A refusal beside its field.
fn on<R: Rule>(field: &'static str) -> impl Fn(R) -> Error {
    move |rule| match Error::from(rule) {
        Error::Refused(refusal) => {
            Error::Refused(crate::error::Refusal { field: Some(field), ..refusal })
        }
        other => other,
    }
}

impl CheckInBody {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let body: Value = serde_json::from_slice(bytes)
            .map_err(|_| Error::BadRequest("The body is not readable as JSON."))?;
        let Value::Object(body) = body else { return Err(BadBody::NoObject.into()) };
        if body.keys().any(|key| !FIELDS.contains(&key.as_str())) {
            return Err(BadBody::UnknownField.into());
        }
        let value = body.get("value").and_then(Value::as_f64).ok_or(BadBody::Value)?;
        if value.abs() > LARGEST {
            return Err(on("value")(BadNumber::TooLarge));
        }
        let confidence = match text(&body, "confidence", BadBody::Confidence)? {
            Some(word) => Some(Confidence::parse(word).map_err(|_| BadBody::Confidence)?),
            None => None,
        };
        let note = text(&body, "note", BadBody::Note)?;
        let note = note.map(Note::parse).transpose().map_err(on("note"))?;
        let at = match text(&body, "at", BadBody::At)? {
            Some(at) => Some(DateTime::parse_from_rfc3339(at).map_err(|_| BadBody::At)?.to_utc()),
            None => None,
        };
        // "-0" is 0.
        Ok(Self { value: value + 0.0, confidence, note, at })
    }
}

/// A text of the body; left out and null are the same.
fn text<'a>(body: &'a Map<String, Value>, field: &str, bad: BadBody) -> Result<Option<&'a str>> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad.into()),
    }
}

/// Checks in to a metric.
///
/// The token is made by a member of the squad on the metric's page, for this one metric. With an Idempotency-Key the same call can be sent again, for a
/// day, and counts once.
#[utoipa::path(
    post,
    path = "/api/v1/metrics/{metric}/check-ins",
    operation_id = "checkIn",
    tag = "metrics",
    params(
        ("metric" = String, Path, format = Uuid, description = "The metric, as in the address of its page"),
        ("Idempotency-Key" = Option<String>, Header, description = "8 to 100 characters that are new for each check-in; recommended", min_length = 8, max_length = 100),
    ),
    request_body(content = CheckInBody, content_type = "application/json"),
    responses(
        (status = 201, description = "It is written down; the same again for the same key and body", body = CheckInAnswer),
        (status = 400, description = "The body is no JSON, or the key is not readable", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that was revoked", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is for another metric", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such metric", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The metric has ended, or its squad is dissolved", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 16 KB", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not sent as application/json", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong, or the key came before with another body", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often; the header Retry-After says how long to wait", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy; try again with the same key", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn check_in(
    State(state): State<AppState>,
    Path(metric): Path<String>,
    once: Option<Extension<Once>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { once: once.map(|once| once.0), origin };
    match taken(&state, &metric, call, &headers, &body).await {
        Ok(answer) => (StatusCode::CREATED, Json(answer)).into_response(),
        Err(error) => refusal(error),
    }
}

async fn taken(
    state: &AppState,
    metric: &str,
    call: Call,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<CheckInAnswer> {
    state.limits.check_caller(&limit_key(call.origin.ip.as_deref()))?;
    let bearer = bearer(state, headers).await?;
    state.limits.check_token(bearer.id)?;
    tracing::Span::current().record("organization", tracing::field::display(bearer.organization));
    must_be_for(state, &bearer, metric).await?;
    if !is_json(headers) {
        return Err(Error::WrongType(
            "Send the body as JSON, with Content-Type: application/json.",
        ));
    }
    let body = CheckInBody::parse(body)?;
    let note = body.note.unwrap_or(Note::parse("")?);
    let new = NewCheckIn { value: body.value, confidence: body.confidence, note };
    let now = state.clock.now();
    let taken =
        service::check_in_by_token(&state.pool, &bearer, &call, (&new, body.at, now)).await?;
    Ok(CheckInAnswer {
        id: taken.id,
        metric: bearer.metric,
        value: new.value,
        confidence: new.confidence,
        note: new.note.to_string(),
        at: taken.at,
    })
}

/// Who calls, by the token alone.
async fn bearer(state: &AppState, headers: &HeaderMap) -> Result<Bearer> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) =
        shown.and_then(|text| text.split_once(' ')).ok_or(Error::SignInRequired)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || !token.starts_with(PREFIX) {
        return Err(Error::SignInRequired);
    }
    let hash = secret::sha256(&[token.as_bytes()]);
    db::find_bearer(&state.pool, &hash).await?.ok_or(Error::SignInRequired)
}

/// Refuses a token that is for another metric; one of another organization does not exist.
async fn must_be_for(state: &AppState, bearer: &Bearer, metric: &str) -> Result<()> {
    let metric: MetricId = metric.parse().map_err(|_| Error::NotFound)?;
    if metric == bearer.metric {
        return Ok(());
    }
    let tenant = Tenant::of(bearer.organization);
    match db::find(&state.pool, tenant, metric).await? {
        Some(_) => Err(Error::Forbidden(
            "This token is for another metric. Make one on the page of this metric.".into(),
        )),
        None => Err(Error::NotFound),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The sentences that are meant for people with a page, as a program's owner needs them.
fn refusal(error: Error) -> Response {
    let report = Report::from(error);
    let (code, message) = match report.code {
        "sign_in_required" => ("token_missing", NO_TOKEN),
        "key_reused" => ("key_reused", REUSED),
        _ => return report.into_response(),
    };
    Report { code, message: message.to_owned(), ..report }.into_response()
}

const NO_TOKEN: &str = "Send a token of this metric that holds, as Authorization: Bearer and the token. A member of the squad makes one on the metric's page.";
const REUSED: &str =
    "This Idempotency-Key came before with another body. Use a new key for another check-in.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trellis",
        version = "1",
        description = "What programs can do in Trellis. Every refusal is a problem in JSON with a sentence that says what to do.",
    ),
    paths(check_in),
    components(schemas(CheckInBody, CheckInAnswer, Problem)),
    modifiers(&Tokens),
)]
struct Description;

/// How a call says who it is.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", scheme);
    }
}

// GET /api/v1/openapi.json
async fn description() -> Response {
    Json(Description::openapi()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (String, Option<&'static str>) {
        match CheckInBody::parse(body.as_bytes()) {
            Err(Error::Refused(refusal)) => (refusal.message, refusal.field),
            Err(Error::BadRequest(text)) => (text.to_owned(), None),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said_beside_its_field() {
        for (body, field, words) in [
            ("", None, "not readable as JSON"),
            ("[1]", None, "Send an object"),
            ("{}", Some("value"), "as a number"),
            (r#"{"value": "94,2"}"#, Some("value"), "as a number"),
            (r#"{"value": 2e12}"#, Some("value"), "too large"),
            (r#"{"value": 1, "notes": ""}"#, None, "value, confidence, note and at"),
            (r#"{"value": 1, "confidence": "green"}"#, Some("confidence"), "on_track"),
            (r#"{"value": 1, "note": 5}"#, Some("note"), "as a text"),
            (r#"{"value": 1, "note": "a\u0000b"}"#, Some("note"), "control characters"),
            (r#"{"value": 1, "at": "2026-11-20"}"#, Some("at"), "with its zone"),
        ] {
            let (message, beside) = refused(body);
            assert!(message.contains(words), "{body}: {message}");
            assert_eq!(beside, field, "{body}");
        }
    }

    #[test]
    fn what_may_be_left_out_may_be_null() {
        let body = CheckInBody::parse(br#"{"value": -0.0, "note": null, "at": null}"#).unwrap();
        assert_eq!(body, CheckInBody { value: 0.0, confidence: None, note: None, at: None });
        let at = CheckInBody::parse(br#"{"value": 1, "at": "2026-11-20T07:00:00+01:00"}"#).unwrap();
        assert_eq!(at.at.unwrap().to_rfc3339(), "2026-11-20T06:00:00+00:00");
    }

    #[test]
    fn the_description_names_the_fields_and_addresses_that_there_are() {
        let said = serde_json::to_value(Description::openapi()).unwrap();
        let fields = said["components"]["schemas"]["CheckIn"]["properties"].as_object().unwrap();
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["at", "confidence", "note", "value"]);
        assert_eq!(
            said["components"]["schemas"]["CheckIn"]["required"],
            serde_json::json!(["value"])
        );
        let served: Vec<_> =
            routes().list().iter().filter(|it| it.is_change()).map(|it| it.path).collect();
        let described: Vec<&str> =
            said["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(described, served);
        assert_eq!(said["components"]["securitySchemes"]["token"]["scheme"], "bearer");
        for word in ["on_track", "at_risk", "off_track"] {
            assert!(
                Confidence::parse(word).is_ok()
                    && fields["confidence"]["pattern"].as_str().unwrap().contains(word)
            );
        }
    }
}
