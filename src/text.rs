//! Text that a person typed, made into types at the border and never checked again.

use crate::rule::Rule;

/// Why a text was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// It is needed and was left empty.
    #[error("Fill in {0}.")]
    Empty(&'static str),
    /// Longer than it may be.
    #[error("Shorten {what}: it has {length} characters, and {max} are the most.")]
    TooLong {
        /// What it is, with an article: "the name".
        what: &'static str,
        /// Characters now.
        length: usize,
        /// Characters at most.
        max: usize,
    },
    /// A name of a person without any letter.
    #[error("Write {0} with letters.")]
    NoLetter(&'static str),
    /// A control character other than a line break.
    #[error("Remove the invisible control characters from {0}.")]
    Control(&'static str),
}

impl Rule for BadText {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty(_) => "text_empty",
            Self::TooLong { .. } => "text_too_long",
            Self::NoLetter(_) => "text_without_letters",
            Self::Control(_) => "text_control_characters",
        }
    }
}

/// Trims a single line and folds runs of white space in it; refuses control characters and too many characters.
/// `min` is 0 where it may be empty.
pub fn line(what: &'static str, text: &str, min: usize, max: usize) -> Result<String, BadText> {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    check(what, folded, min, max)
}

/// A [`line()`] with a letter of any script: ";;;" is nobody's name.
pub fn name(what: &'static str, text: &str, min: usize, max: usize) -> Result<String, BadText> {
    let name = line(what, text, min, max)?;
    if name.chars().any(char::is_alphabetic) { Ok(name) } else { Err(BadText::NoLetter(what)) }
}

/// Trims a text of several lines and unifies its line breaks; refuses other control characters and too many characters.
pub fn prose(what: &'static str, text: &str, min: usize, max: usize) -> Result<String, BadText> {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    check(what, unified.trim().to_owned(), min, max)
}

fn check(what: &'static str, text: String, min: usize, max: usize) -> Result<String, BadText> {
    let length = text.chars().count();
    if length < min {
        return Err(BadText::Empty(what));
    }
    if length > max {
        return Err(BadText::TooLong { what, length, max });
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(BadText::Control(what));
    }
    Ok(text)
}

/// Declares a type for a text: `text!(/// The name of a squad. SquadName, line, "the name", 1, 80)`.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $what:literal, $min:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks what was typed.
            pub fn parse(text: &str) -> Result<Self, $crate::text::BadText> {
                $crate::text::$kind($what, text, $min, $max).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text;

text!(
    /// A reason that a person gives for a change.
    Reason, prose, "the reason", 1, 500
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_its_spaces_are_folded() {
        assert_eq!(line("the name", "  Fair \t Bills\n", 1, 80), Ok("Fair Bills".to_owned()));
    }

    #[test]
    fn a_name_has_a_letter_of_any_script() {
        for good in ["Ada", "王", "Ö 2", "Σ"] {
            assert!(name("the name", good, 1, 80).is_ok(), "{good}");
        }
        for bad in [";;;", "…", "42", "-"] {
            assert_eq!(name("the name", bad, 1, 80), Err(BadText::NoLetter("the name")), "{bad}");
        }
        assert_eq!(name("the name", " ", 1, 80), Err(BadText::Empty("the name")));
    }

    #[test]
    fn the_longest_text_is_taken_and_one_more_character_is_refused() {
        assert!(line("the name", &"ä".repeat(80), 1, 80).is_ok());
        let refused = line("the name", &"ä".repeat(81), 1, 80).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Shorten the name: it has 81 characters, and 80 are the most."
        );
    }

    #[test]
    fn white_space_alone_is_empty() {
        assert_eq!(line("the name", " \u{a0} ", 1, 80), Err(BadText::Empty("the name")));
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(line("the name", "a\u{0}b", 1, 80), Err(BadText::Control("the name")));
        assert_eq!(prose("the reason", "a\r\nb", 1, 80), Ok("a\nb".to_owned()));
    }
}
