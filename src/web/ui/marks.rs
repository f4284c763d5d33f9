//! Icons, meters and the signs for skill, coverage and health: shape, word and colour together.

use askama::{Template, filters::HtmlSafe};

use super::Number;

/// A squad has 6 to 10 members.
const RANGE: std::ops::RangeInclusive<i64> = 6..=10;

/// An icon of `static/icons.svg`. Decoration: the words beside it, or the label of its button, say what it means.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/icon.html")]
pub struct Icon<'a> {
    name: &'a str,
    class: &'a str,
}

/// See [`Icon`].
pub fn icon(name: &str) -> Icon<'_> {
    Icon { name, class: "" }
}

impl<'a> Icon<'a> {
    #[must_use]
    pub fn class(self, class: &'a str) -> Self {
        Self { class, ..self }
    }
}

impl HtmlSafe for Icon<'_> {}

/// The icon of a finding: octagon, triangle, or a quiet circle.
pub fn severity_icon(severity: &str) -> Icon<'static> {
    match severity {
        "breach" => icon("octagon-alert").class("f-ico bad"),
        "warning" => icon("triangle-alert").class("f-ico warn"),
        "passes" => icon("circle-check").class("f-ico good"),
        _ => icon("info").class("f-ico info"),
    }
}

/// The word of a finding, for those who do not see its icon.
pub fn severity_words(severity: &str) -> &'static str {
    match severity {
        "breach" => "Breach",
        "warning" => "Warning",
        "passes" => "Passes",
        _ => "Advice",
    }
}

/// The icon of a banner.
pub fn banner_icon(kind: &str) -> Icon<'static> {
    icon(match kind {
        "bad" => "octagon-alert",
        "warn" => "triangle-alert",
        _ => "info",
    })
}

/// Twelve pips with a bracket under 6 to 10: amber below the range, the surplus red.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/size_meter.html")]
pub struct SizeMeter {
    members: i64,
    form: &'static str,
}

/// See [`SizeMeter`].
pub fn size_meter(members: impl Number) -> SizeMeter {
    SizeMeter { members: members.number(), form: "" }
}

impl SizeMeter {
    /// As wide as its box.
    #[must_use]
    pub fn wide(self) -> Self {
        Self { form: " wide", ..self }
    }

    fn state(self) -> &'static str {
        match self.members {
            n if n < *RANGE.start() => " under",
            n if n > *RANGE.end() => " over",
            _ => "",
        }
    }

    fn label(self) -> String {
        let side = match self.state() {
            " under" => "below",
            " over" => "above",
            _ => "within",
        };
        let noun = if self.members == 1 { "member" } else { "members" };
        format!("{} {noun}, {side} the 6 to 10 range", self.members)
    }
}

impl HtmlSafe for SizeMeter {}

/// A skill level: empty (none), half (1 and 2: learning), full (3 and 4: practises), full with a star (5: can teach).
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/level.html")]
pub struct Level {
    level: i64,
    silent: bool,
}

/// See [`Level`].
pub fn level(level: impl Number) -> Level {
    Level { level: level.number(), silent: false }
}

/// A skill level in words.
pub fn level_words(level: impl Number) -> &'static str {
    match level.number() {
        1 => "knows of it",
        2 => "can do it with help",
        3 => "can do it alone",
        4 => "can improve it",
        5 => "can teach it",
        _ => "no skill",
    }
}

impl Level {
    /// For places where the words stand beside it.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { silent: true, ..self }
    }

    fn group(self) -> u8 {
        match self.level {
            1 | 2 => 1,
            3 | 4 => 2,
            5 => 3,
            _ => 0,
        }
    }

    fn words(self) -> &'static str {
        level_words(self.level)
    }
}

impl HtmlSafe for Level {}

/// How well a skill need is met: how many are able, and whether that is covered, thin, or a gap.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/coverage.html")]
pub struct Coverage<'a> {
    state: &'a str,
    able: i64,
}

/// See [`Coverage`]; `state` is "covered", "thin" or "gap".
pub fn coverage(state: &str, able: impl Number) -> Coverage<'_> {
    Coverage { state, able: able.number() }
}

impl Coverage<'_> {
    fn class(self) -> &'static str {
        match self.state {
            "covered" => "good",
            "thin" => "warn",
            _ => "bad",
        }
    }

    fn icon(self) -> &'static str {
        match self.state {
            "covered" => "check",
            "thin" => "triangle-alert",
            _ => "x",
        }
    }

    fn words(self) -> &'static str {
        match self.state {
            "covered" => "able, covered",
            "thin" => "able, thin: one person away from a gap",
            _ => "able, a gap",
        }
    }
}

impl HtmlSafe for Coverage<'_> {}

/// Health as a shape: circle, triangle, square; a dashed circle without answers.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/shape.html")]
pub struct Shape<'a> {
    state: &'a str,
    silent: bool,
}

/// See [`Shape`]; `state` is "green", "amber" or "red" (or "good", "warn", "bad"), anything else is no answer.
pub fn shape(state: &str) -> Shape<'_> {
    Shape { state, silent: false }
}

impl Shape<'_> {
    /// For places where the words stand beside it.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { silent: true, ..self }
    }

    fn class(self) -> &'static str {
        match self.state {
            "green" | "good" => "good",
            "amber" | "warn" => "warn",
            "red" | "bad" => "bad",
            _ => "none",
        }
    }

    fn words(self) -> &'static str {
        match self.class() {
            "good" => "going well",
            "warn" => "some trouble",
            "bad" => "needs help",
            _ => "no answers",
        }
    }
}

impl HtmlSafe for Shape<'_> {}

/// Where something is going, as an arrow.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/trend.html")]
pub struct Trend<'a> {
    direction: &'a str,
}

/// See [`Trend`]; `direction` is "better" or "worse", anything else is the same.
pub fn trend(direction: &str) -> Trend<'_> {
    Trend { direction }
}

impl Trend<'_> {
    fn class(self) -> &'static str {
        match self.direction {
            "better" => "up",
            "worse" => "down",
            _ => "flat",
        }
    }

    fn icon(self) -> &'static str {
        match self.direction {
            "better" => "arrow-up-right",
            "worse" => "arrow-down-right",
            _ => "arrow-right",
        }
    }

    fn words(self) -> &'static str {
        match self.direction {
            "better" => "getting better",
            "worse" => "getting worse",
            _ => "same as before",
        }
    }
}

impl HtmlSafe for Trend<'_> {}

/// A few steps of which some are done.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "components/marks/pips.html")]
pub struct Pips {
    value: i64,
    of: i64,
}

/// See [`Pips`].
pub fn pips(value: impl Number, of: impl Number) -> Pips {
    Pips { value: value.number(), of: of.number() }
}

impl HtmlSafe for Pips {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_points_into_the_sprite() {
        let page = icon("plus").class("f-ico bad").to_string();
        assert!(
            page.starts_with(
                "<svg class=\"icon f-ico bad\" aria-hidden=\"true\"><use href=\"/static/"
            ),
            "{page}"
        );
        assert!(page.ends_with("/icons.svg#plus\"/></svg>"), "{page}");
    }

    #[test]
    fn the_size_meter_says_where_the_range_is() {
        for (members, class, label, on) in [
            (0, "size under", "0 members, below the 6 to 10 range", 0),
            (1, "size under", "1 member, below the 6 to 10 range", 1),
            (6, "size", "6 members, within the 6 to 10 range", 6),
            (10, "size", "10 members, within the 6 to 10 range", 10),
            (11, "size over", "11 members, above the 6 to 10 range", 11),
            (40, "size over", "40 members, above the 6 to 10 range", 12),
        ] {
            let page = size_meter(members).to_string();
            assert!(page.contains(&format!("class=\"{class}\"")), "{page}");
            assert!(page.contains(label), "{page}");
            assert_eq!(page.matches("class=\"on\"").count(), on);
            assert_eq!(page.matches("<i").count(), 12);
        }
        assert!(size_meter(7_usize).wide().to_string().contains("size wide"));
    }

    #[test]
    fn levels_have_four_pictures_and_six_names() {
        let pictures: Vec<_> = (0..=5).map(|n| level(n).group()).collect();
        assert_eq!(pictures, [0, 1, 1, 2, 2, 3]);
        assert!(level(4).to_string().contains("aria-label=\"can improve it\""));
        assert!(level(0).to_string().contains("aria-label=\"no skill\""));
        assert!(level(4).silent().to_string().contains("aria-hidden"));
    }

    #[test]
    fn coverage_has_shape_word_and_colour() {
        for (state, class, icon, words) in [
            ("covered", "badge good", "#check", "covered"),
            ("thin", "badge warn", "#triangle-alert", "thin"),
            ("gap", "badge bad", "#x", "a gap"),
        ] {
            let page = coverage(state, 1).to_string();
            assert!(page.contains(class) && page.contains(icon) && page.contains(words), "{page}");
        }
    }

    #[test]
    fn health_is_a_shape_too() {
        assert!(shape("green").to_string().contains("<circle"));
        assert!(shape("amber").to_string().contains("<path"));
        assert!(shape("red").to_string().contains("<rect"));
        assert!(shape("").to_string().contains("no answers"));
        assert!(trend("worse").to_string().contains("getting worse"));
    }
}
