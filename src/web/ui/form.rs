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

/// The beginning of what a form says that came too late: who changed the thing since it was opened.
pub fn meanwhile(who: Option<&str>, is_self: bool) -> String {
    if is_self {
        "You changed this in another tab".to_owned()
    } else {
        format!("{} changed this while you were writing", who.unwrap_or("Trellis"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_names_others_and_never_oneself() {
        let said = |is_self| meanwhile(Some("Aisha Rahman"), is_self);
        assert_eq!(said(false), "Aisha Rahman changed this while you were writing");
        assert_eq!(said(true), "You changed this in another tab");
    }

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
