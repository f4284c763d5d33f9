//! How people, squads and core teams look: initials in a circle, a monogram in a square, and a hue that helps the eye.

use askama::{Template, filters::HtmlSafe};

/// The initials of a person's name, in any script: one or two characters.
///
/// First and last word for names ("Aisha Rahman", "a-mccarthy"), humps for an account name ("adilGhaffarDev"). A single
/// word gives its first two letters where a script has capitals, else its first character.
pub fn initials(name: &str) -> String {
    letters(name, |parts| parts.last().copied())
}

/// The monogram of a squad: its first two words ("Fair Bills", "Heat Pump Care"), or the first two letters of a
/// single or an abbreviated one ("EV at Home").
pub fn monogram(name: &str) -> String {
    let first = words(name).first().copied().unwrap_or_default();
    if first.chars().count() == 2 && first.chars().all(char::is_uppercase) {
        return first.to_owned();
    }
    letters(name, |parts| parts.get(1).copied())
}

/// One of nine hues, 1 to 9, that stays the same for the same id or name.
pub fn hue(seed: impl AsRef<[u8]>) -> u8 {
    // FNV-1a: short, even, and the same on every machine and in every version.
    let hash = seed.as_ref().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    u8::try_from((hash >> 32) % 9).unwrap_or_default() + 1
}

fn letters<'a>(name: &'a str, second: impl Fn(&[&'a str]) -> Option<&'a str>) -> String {
    let mut parts = words(name);
    if let [only] = parts[..] {
        parts = humps(only);
    }
    match parts[..] {
        [] => "·".to_owned(),
        [word] => {
            let mut chars = word.chars();
            let first = chars.next().unwrap_or('·');
            let has_capitals = first.is_lowercase() || first.is_uppercase();
            upper(Some(first).into_iter().chain(chars.next().filter(|_| has_capitals)))
        }
        _ => upper(
            parts[0]
                .chars()
                .next()
                .into_iter()
                .chain(second(&parts).and_then(|word| word.chars().next())),
        ),
    }
}

fn upper(chars: impl Iterator<Item = char>) -> String {
    chars.filter_map(|c| c.to_uppercase().next()).collect()
}

/// The words of a name that start with a letter or a digit. An apostrophe does not end a word.
fn words(name: &str) -> Vec<&str> {
    let ends_word = |c: char| {
        c.is_whitespace()
            || (c.is_ascii_punctuation() && c != '\'')
            || matches!(
                c,
                '\u{2010}'..='\u{2015}' | '\u{2026}' | '\u{b7}' | '\u{30fb}' | '\u{ff65}'
            )
    };
    name.split(ends_word)
        .map(|word| word.trim_start_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Splits "adilGhaffarDev" before each capital that follows a small letter.
fn humps(word: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut after_small = false;
    for (at, c) in word.char_indices() {
        if after_small && c.is_uppercase() {
            cuts.push(at);
        }
        after_small = c.is_lowercase();
    }
    cuts.push(word.len());
    cuts.windows(2).map(|cut| &word[cut[0]..cut[1]]).collect()
}

/// A person's initials in a circle. Decoration beside the name; [`Avatar::alone`] gives it the name as its label.
#[derive(Clone, Debug, Template)]
#[template(path = "components/marks/avatar.html")]
pub struct Avatar<'a> {
    name: &'a str,
    size: &'static str,
    hue: u8,
    alone: bool,
}

/// See [`Avatar`].
pub fn avatar(name: &str) -> Avatar<'_> {
    Avatar { name, size: "", hue: hue(name), alone: false }
}

impl Avatar<'_> {
    /// 22 px instead of 28.
    #[must_use]
    pub fn sm(self) -> Self {
        Self { size: " sm", ..self }
    }

    /// 40 px instead of 28.
    #[must_use]
    pub fn lg(self) -> Self {
        Self { size: " lg", ..self }
    }

    /// Takes the hue from an id, so that it outlives a change of name.
    #[must_use]
    pub fn of(self, id: impl AsRef<[u8]>) -> Self {
        Self { hue: hue(id), ..self }
    }

    /// For places where the name is not written beside it.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { alone: true, ..self }
    }
}

impl HtmlSafe for Avatar<'_> {}

/// Several people in a row: the first few, then "+3".
#[derive(Clone, Debug, Template)]
#[template(path = "components/marks/avatars.html")]
pub struct Avatars<'a> {
    shown: Vec<&'a str>,
    more: usize,
}

/// See [`Avatars`]; shows at most `max` people.
pub fn avatars<T: AsRef<str>>(names: &[T], max: usize) -> Avatars<'_> {
    let shown: Vec<_> = names.iter().take(max).map(AsRef::as_ref).collect();
    Avatars { more: names.len() - shown.len(), shown }
}

impl Avatars<'_> {
    fn label(&self) -> String {
        let names = self.shown.join(", ");
        if self.more > 0 { format!("{names} and {} more", self.more) } else { names }
    }
}

impl HtmlSafe for Avatars<'_> {}

/// A team in a square: a squad's monogram, or the layers of a core team. Always beside the name.
#[derive(Clone, Debug, Template)]
#[template(path = "components/marks/tag.html")]
pub struct Tag<'a> {
    name: &'a str,
    size: &'static str,
    hue: u8,
    core: bool,
}

/// A squad. See [`Tag`].
pub fn tag(name: &str) -> Tag<'_> {
    Tag { name, size: "", hue: hue(name), core: false }
}

/// A core team. See [`Tag`].
pub fn core_tag() -> Tag<'static> {
    Tag { core: true, ..tag("") }
}

impl Tag<'_> {
    /// 18 px instead of 22.
    #[must_use]
    pub fn sm(self) -> Self {
        Self { size: " sm", ..self }
    }

    /// 44 px, for the head of a page.
    #[must_use]
    pub fn lg(self) -> Self {
        Self { size: " lg", ..self }
    }

    /// Takes the hue from an id, so that it outlives a change of name.
    #[must_use]
    pub fn of(self, id: impl AsRef<[u8]>) -> Self {
        Self { hue: hue(id), ..self }
    }
}

impl HtmlSafe for Tag<'_> {}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn initials_of_names() {
        for (name, expected) in [
            ("Aisha Rahman", "AR"),
            ("a-mccarthy", "AM"),
            ("adilGhaffarDev", "AD"),
            ("Mateo Álvarez", "MÁ"),
            ("maria del carmen", "MC"),
            ("Anna McCarthy", "AM"),
            ("Sinéad O'Connor", "SO"),
            ("Żaneta", "ŻA"),
            ("X", "X"),
            ("  (Ravi)  ", "RA"),
            ("山田太郎", "山"),
            ("山田・太郎", "山太"),
            ("علي حسن", "عح"),
            ("Ольга Петрова", "ОП"),
            ("ßen", "SE"),
            ("", "·"),
            (" – ", "·"),
        ] {
            assert_eq!(initials(name), expected, "{name:?}");
        }
    }

    #[test]
    fn monograms_of_squads() {
        for (name, expected) in [
            ("Fair Bills", "FB"),
            ("Heat Pump Care", "HP"),
            ("Move-in Made Easy", "MI"),
            ("EV at Home", "EV"),
            ("Landlord Desk", "LD"),
            ("Checkout", "CH"),
            ("", "·"),
        ] {
            assert_eq!(monogram(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_hue_is_stable_and_all_nine_are_used() {
        assert_eq!(hue("Fair Bills"), hue(String::from("Fair Bills")));
        let used: std::collections::BTreeSet<_> =
            (0..200_u128).map(|n| hue(Uuid::from_u128(n))).collect();
        assert_eq!(used.into_iter().collect::<Vec<_>>(), (1..=9).collect::<Vec<u8>>());
    }

    #[test]
    fn names_are_escaped() {
        let page = avatar("<b> \"x\"").alone().to_string();
        assert!(page.contains("aria-label=\"&#60;b&#62; &#34;x&#34;\""), "{page}");
        assert!(!page.contains("<b>"));
    }

    #[test]
    fn a_group_says_all_names_or_how_many_more() {
        let page = avatars(&["Aisha Rahman", "Mateo Álvarez", "Clara Vogel"], 2).to_string();
        assert!(page.contains("aria-label=\"Aisha Rahman, Mateo Álvarez and 1 more\""), "{page}");
        assert!(page.contains(">+1<"), "{page}");
    }
}
