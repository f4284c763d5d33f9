//! What the form macros cannot say themselves.

use askama::{Template, filters::HtmlSafe};

/// A text that may be missing, as the macros take it.
pub type Maybe<'a> = Option<&'a str>;

/// The first text that is not empty.
pub fn either<'a>(first: &'a str, second: &'a str) -> &'a str {
    if first.is_empty() { second } else { first }
}

/// The attribute that ties a control to its hint, its error and what is saved now; nothing without them.
#[derive(Clone, Copy, Debug, Template)]
#[template(
    ext = "html",
    source = r#"{% if hint || error || now %} aria-describedby="{% if error %}{{ id }}-error{% endif %}{% if hint %}{% if error %} {% endif %}{{ id }}-hint{% endif %}{% if now %}{% if error || hint %} {% endif %}{{ id }}-now{% endif %}"{% endif %}"#
)]
pub struct DescribedBy<'a> {
    id: &'a str,
    hint: bool,
    error: bool,
    now: bool,
}

/// See [`DescribedBy`].
pub fn described_by(id: &str, hint: bool, error: bool, now: bool) -> DescribedBy<'_> {
    DescribedBy { id, hint, error, now }
}

impl HtmlSafe for DescribedBy<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_read_first() {
        assert_eq!(described_by("x", false, false, false).to_string(), "");
        assert_eq!(
            described_by("x", true, false, false).to_string(),
            " aria-describedby=\"x-hint\""
        );
        let all = described_by("x", true, true, true).to_string();
        assert_eq!(all, " aria-describedby=\"x-error x-hint x-now\"");
    }
}
