//! The secret of a link on its way to a form: setup, invitation, reset (RELIABILITY R10).
//!
//! Opening a link changes nothing, since scanners of mail open them too. The token moves from the address, where it
//! would be seen in histories and logs, into a short cookie; the form's POST uses it up.

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::domain::LinkSpent;
use crate::config::Config;
use crate::error::Result;
use crate::web::shell::Shell;
use crate::web::{FormErrors, cookie, refused, set_cookie, unset_cookie};

/// How long the token stays in the cookie.
const SECONDS: i64 = 600;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Makes the first admin.
    Setup,
    /// Makes a person the user of a member.
    Invitation,
    /// Chooses a new password.
    Reset,
}

impl Link {
    /// Where its form is; the link itself is below.
    pub fn path(self) -> &'static str {
        match self {
            Self::Setup => "/setup",
            Self::Invitation => "/invitation",
            Self::Reset => "/reset",
        }
    }

    /// The address to give away.
    pub fn url(self, config: &Config, token: &str) -> String {
        format!("{}{}/{token}", config.public_origin(), self.path())
    }

    fn cookie(self, config: &Config) -> String {
        let prefix = if config.is_https() { "__Host-" } else { "" };
        format!("{prefix}{}-link", self.path().trim_start_matches('/'))
    }

    /// Moves the token into the cookie and the browser to the form.
    pub fn keep(self, config: &Config, token: &str) -> Response {
        self.give(Redirect::to(self.path()).into_response(), config, token)
    }

    /// The answer with the token in the cookie.
    pub fn give(self, mut response: Response, config: &Config, token: &str) -> Response {
        // A token of ours is base64url; anything else would only be refused later.
        let is_token = token.len() <= 100
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if is_token {
            set_cookie(&mut response, config, &self.cookie(config), token, SECONDS);
        }
        without_referrer(response)
    }

    /// The token that the browser brings along.
    pub fn token(self, config: &Config, headers: &HeaderMap) -> Result<String> {
        Ok(cookie(headers, &self.cookie(config)).ok_or(LinkSpent)?)
    }

    /// Takes the token back from the browser.
    pub fn forget(self, mut response: Response, config: &Config) -> Response {
        unset_cookie(&mut response, config, &self.cookie(config));
        response
    }
}

/// The answer, from which no address is told to anybody.
pub fn without_referrer(mut response: Response) -> Response {
    let name: HeaderName = header::REFERRER_POLICY;
    response.headers_mut().insert(name, HeaderValue::from_static("no-referrer"));
    response
}

/// What somebody sees whose link does nothing any more.
#[derive(Template)]
#[template(path = "accounts/spent.html")]
struct SpentPage {
    shell: Shell,
    message: String,
}

/// The page for a link that does nothing any more.
pub fn spent(shell: Shell) -> Result<Response> {
    let mut errors = FormErrors::default();
    errors.absorb(LinkSpent.into())?;
    let message = errors.message().unwrap_or_default();
    refused(&errors, &SpentPage { shell, message }).map(without_referrer)
}
