//! What a person reads when something did not work: what happened, in kind words, and what to do.

use askama::Template;

use super::shell::Shell;

/// The page for an error that has no page of its own.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    /// The HTTP status.
    pub status: u16,
    /// The word for machines, in `data-error-code`.
    pub code: &'static str,
    /// What the rule says, where a rule refused; it replaces the general sentence.
    pub message: Option<String>,
    /// The number to find the request in the log.
    pub request_id: String,
}

/// The words for one status.
struct Words {
    icon: &'static str,
    title: &'static str,
    sentence: &'static str,
    advice: &'static str,
}

impl ErrorPage {
    fn words(&self) -> Words {
        let (icon, title, sentence, advice) = match self.status {
            403 => (
                "lock",
                "This is not yours to change",
                "You may see that it exists, but your role does not allow this.",
                "If you need it, ask somebody who may.",
            ),
            404 => (
                "compass",
                "There is nothing here",
                "The address may be mistyped, or what it led to was removed or belongs to somebody else.",
                "Go back, or start again from Home.",
            ),
            409 if self.code != "changed_meanwhile" => (
                "circle-alert",
                "That is not possible",
                "A rule of this organization speaks against it. Nothing was changed.",
                "Go back and choose another way.",
            ),
            409 => (
                "split",
                "Somebody was faster",
                "This has changed since you opened it. Nothing of yours was saved.",
                "Go back, load the page again, and look at the new state before you repeat your change.",
            ),
            405 => (
                "compass",
                "There is nothing to look at here",
                "This address only takes what a form on another page sends. Nothing was changed.",
                "Go back to that page, or start again from Home.",
            ),
            400 | 413 | 415 | 422 => (
                "circle-alert",
                "We could not read that",
                "Something in what you sent is missing, too long, or not in the form we expect. Nothing was changed.",
                "Go back, check what you typed, and send it again.",
            ),
            429 => (
                "hourglass",
                "That was a bit fast",
                "There were many requests from here in a short time, so we pause for a moment.",
                "Wait a minute, then try again.",
            ),
            503 => (
                "hard-hat",
                "We will be right back",
                "Trellis is starting, or its database does not answer. Nothing of yours is lost.",
                "Wait a minute, then load this page again.",
            ),
            _ => (
                "server-crash",
                "Something went wrong on our side",
                "It is not your fault, and it was written down. Nothing was changed.",
                "Try again. If it happens again, tell your admin the number below.",
            ),
        };
        Words { icon, title, sentence, advice }
    }

    fn home(&self) -> String {
        self.shell.org.as_ref().map_or_else(|| "/".to_owned(), |org| format!("/o/{}", org.slug))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_says_what_happened_and_what_to_do() {
        let faster = (409, "changed_meanwhile");
        let others =
            [400, 403, 404, 405, 409, 422, 429, 500, 503].map(|status| (status, "some_code"));
        for (status, code) in others.into_iter().chain([faster]) {
            let page = ErrorPage {
                shell: Shell::default(),
                status,
                code,
                message: None,
                request_id: "0190-abcd".to_owned(),
            };
            let html = page.render().unwrap();
            assert!(html.contains(&format!(" data-error-code=\"{code}\"")), "{html}");
            assert!(
                html.contains(page.words().title) && html.contains(page.words().advice),
                "{html}"
            );
            assert!(html.contains("0190-abcd"));
            let symbol = format!("id=\"{}\"", page.words().icon);
            assert!(include_str!("../../static/icons.svg").contains(&symbol), "{symbol}");
        }
    }

    #[test]
    fn a_rule_speaks_for_itself() {
        let message = Some("<Fair Bills> has ten members.".to_owned());
        let page = ErrorPage {
            shell: Shell::default(),
            status: 409,
            code: "some_code",
            message,
            request_id: String::new(),
        };
        let html = page.render().unwrap();
        assert!(html.contains("&#60;Fair Bills&#62; has ten members."));
        assert!(!html.contains(page.words().sentence));
    }
}
