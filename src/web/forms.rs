//! Forms, queries and paths, whose rejections are our [`Error`].
//!
//! Decoding is strict: broken UTF-8, NUL, a repeated single field and an unknown field are refused, where axum's
//! own extractors would let them through (RELIABILITY 1.9).

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::error::{Error, Refusal, Result};
use crate::rule::Rule;

/// The largest form, in bytes.
pub const MAX_FORM: usize = 256 * 1024;

/// The pairs of a form or query, strictly decoded.
pub fn pairs(encoded: &[u8]) -> Result<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
    fn decode(part: &[u8]) -> Result<Cow<'_, str>> {
        let spaced: Cow<'_, [u8]> = if part.contains(&b'+') {
            Cow::Owned(part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect())
        } else {
            Cow::Borrowed(part)
        };
        let text = percent_decode(&spaced)
            .decode_utf8()
            .map_err(|_| Error::BadRequest("The form holds bytes that are no text."))?
            .into_owned();
        if text.contains('\0') {
            return Err(Error::BadRequest("The form holds a character that cannot be kept."));
        }
        Ok(Cow::Owned(text))
    }
    encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// A form as it was typed. The one-time key is taken out beforehand (see [`crate::web::once`]).
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .map(|value| value.as_bytes().to_ascii_lowercase());
        if !kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded")) {
            return Err(Error::BadRequest("Send this as a form."));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Error::BadRequest("The form did not arrive whole, or is too large."))?;
        let kept: Vec<_> = pairs(&bytes)?.into_iter().filter(|(name, _)| name != "key").collect();
        let encoded =
            serde_html_form::to_string(&kept).map_err(|error| Error::Internal(error.into()))?;
        serde_html_form::from_str(&encoded).map(Self).map_err(|error| {
            tracing::debug!(%error, "a form that is none of ours");
            Error::BadRequest(
                "The form has a field too many, too few, or twice. Load the page again.",
            )
        })
    }
}

/// The query of an address. Unknown fields are ignored, so that shared links live long.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let pairs = pairs(parts.uri.query().unwrap_or_default().as_bytes())?;
        let encoded =
            serde_html_form::to_string(&pairs).map_err(|error| Error::Internal(error.into()))?;
        serde_html_form::from_str(&encoded)
            .map(Self)
            .map_err(|_| Error::BadRequest("The address has a filter that is not readable."))
    }
}

/// The ids of an address: what does not parse does not exist.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        #[expect(clippy::disallowed_types, reason = "this is the wrapper")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| Error::NotFound)
    }
}

/// One id of an address by its name, whatever else the address holds.
pub async fn path_part<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String> {
    let params =
        RawPathParams::from_request_parts(parts, state).await.map_err(|_| Error::NotFound)?;
    let found = params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.ok_or(Error::NotFound)
}

/// The way to the present address of a team, for a page that was asked for at another one of its words: one from before
/// a rename, or its id. The word is the fourth part: `/o/{org}/{teams}/{word}`; what is below it and the query stay.
pub fn moved(parts: &Parts, slug: &str) -> Option<Response> {
    let mut path: Vec<&str> = parts.uri.path().split('/').collect();
    let part = path.get_mut(4).filter(|part| **part != slug)?;
    *part = slug;
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let is_page = parts.method == Method::GET || parts.method == Method::HEAD;
    is_page.then(|| Redirect::to(&format!("{}{query}", path.join("/"))).into_response())
}

/// What is wrong with a form, field by field.
#[derive(Debug, Clone, Default)]
pub struct FormErrors {
    list: Vec<Refusal>,
    stale: bool,
}

impl FormErrors {
    /// The value, or nothing and a sentence beside `field`.
    pub fn check<T, R: Rule>(&mut self, field: &'static str, parsed: Result<T, R>) -> Option<T> {
        parsed.map_err(|rule| self.refuse(field, &rule)).ok()
    }

    /// Puts the sentence of `rule` beside `field`.
    pub fn refuse(&mut self, field: &'static str, rule: &dyn Rule) {
        self.list.push(Refusal {
            code: rule.code(),
            message: rule.to_string(),
            field: Some(field),
            is_conflict: rule.is_conflict(),
        });
    }

    /// Keeps a refusal or a conflict, for the form that is shown again; passes any other error on.
    pub fn absorb(&mut self, error: Error) -> Result<()> {
        match error {
            Error::Refused(refusal) => self.list.push(refusal),
            Error::Stale => self.stale = true,
            other => return Err(other),
        }
        Ok(())
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && !self.stale
    }

    /// Whether somebody else changed the thing since the form was loaded.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// The sentence beside `field`.
    pub fn on(&self, field: &str) -> Option<&str> {
        self.list
            .iter()
            .find(|refusal| refusal.field == Some(field))
            .map(|refusal| refusal.message.as_str())
    }

    /// The sentences that belong to no field.
    pub fn general(&self) -> Vec<&str> {
        self.list
            .iter()
            .filter(|refusal| refusal.field.is_none())
            .map(|refusal| refusal.message.as_str())
            .collect()
    }

    /// The word for machines of the first error.
    pub fn code(&self) -> Option<&'static str> {
        if self.stale {
            Some("changed_meanwhile")
        } else {
            self.list.first().map(|refusal| refusal.code)
        }
    }

    /// The first sentence, for an answer in JSON.
    pub fn message(&self) -> Option<String> {
        if self.stale {
            return Some("Somebody changed this meanwhile.".to_owned());
        }
        self.list.first().map(|refusal| refusal.message.clone())
    }

    /// The field to put the cursor into.
    pub fn first_field(&self) -> Option<&'static str> {
        self.list.iter().find_map(|refusal| refusal.field)
    }

    /// 409 for a conflict, 422 otherwise.
    pub fn status(&self) -> StatusCode {
        if self.stale || self.list.iter().any(|refusal| refusal.is_conflict) {
            StatusCode::CONFLICT
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

/// A new one-time key for a form.
pub fn new_key() -> String {
    crate::secret::token()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_utf8_and_nul_are_refused() {
        assert!(pairs(b"name=%ff").is_err());
        assert!(pairs(b"name=a%00b").is_err());
        assert_eq!(
            pairs(b"name=a+b%26&x").unwrap(),
            [("name".into(), "a b&".into()), ("x".into(), "".into())]
        );
    }
}
