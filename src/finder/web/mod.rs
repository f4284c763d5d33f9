//! The pages of the finder.

mod find;
mod palette;

use askama::Template;
use askama::filters::HtmlSafe;

use super::db::{CanDo, MemberHit, SkillHit, TeamHit, WorkHit};
use super::domain::pieces;
use crate::backlog::{ItemKey, Stage, item_url};
use crate::web::{Routes, Who};

/// The addresses of the finder.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/find", Who::Member, find::find).get(
        "/o/{org}/find/palette",
        Who::Member,
        palette::show,
    )
}

/// The address of the finder.
pub fn url(organization: &str) -> String {
    format!("/o/{organization}/find")
}

/// A text whose matched words are marked.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = "{% for (is_match, text) in pieces %}{% if *is_match %}<mark>{{ text }}</mark>{% else %}{{ text }}{% endif %}{% endfor %}"
)]
struct Marked<'a> {
    pieces: Vec<(bool, &'a str)>,
}

impl HtmlSafe for Marked<'_> {}

fn marked(headline: &str) -> Marked<'_> {
    Marked { pieces: pieces(headline) }
}

impl CanDo {
    /// "can teach Battery control".
    fn words(&self) -> String {
        match self.level.number() {
            1 => format!("knows of {}", self.name),
            2 => format!("can do {} with help", self.name),
            3 => format!("can do {} alone", self.name),
            4 => format!("can improve {}", self.name),
            _ => format!("can teach {}", self.name),
        }
    }
}

impl MemberHit {
    /// Why: "can teach Battery control, can do Metering alone · 60 % free".
    fn why(&self) -> String {
        let free = if self.free == 0 {
            "no free share".to_owned()
        } else {
            format!("{} % free", self.free)
        };
        match self.skills.iter().map(CanDo::words).collect::<Vec<_>>().join(", ") {
            can if can.is_empty() => free,
            can => format!("{can} · {free}"),
        }
    }
}

impl TeamHit {
    /// Why, beside the words that are marked: "3 members can do Battery control alone or better".
    fn why(&self) -> String {
        let what = self.skills.join(" or ");
        match self.able {
            0 => String::new(),
            1 => format!("1 member can do {what} alone or better"),
            n => format!("{n} members can do {what} alone or better"),
        }
    }
}

impl WorkHit {
    /// The key of an item: "NA-214"; nothing for a product.
    fn item_key(&self) -> String {
        self.number.map_or_else(String::new, |number| ItemKey::new(&self.key, number).to_string())
    }

    /// Its page: the item's, or the product's board.
    pub(super) fn url(&self, organization: &str) -> String {
        match self.number {
            Some(number) => item_url(organization, &self.slug, &ItemKey::new(&self.key, number)),
            None => crate::products::url(organization, &self.slug),
        }
    }

    /// Where it stands: "In progress with Fair Bills · Norvik App"; of a product who leads it and how many squads serve it.
    fn why(&self) -> String {
        match (self.stage.clone().map(Stage::from), &self.who) {
            (Some(stage), Some(squad)) => {
                format!("{} with {squad} · {}", stage.title(), self.product)
            }
            (Some(stage), None) => format!("{} · {}", stage.title(), self.product),
            (None, lead) => {
                let lead = lead.as_deref().unwrap_or_default();
                match self.squads {
                    0 => format!("{lead} is its lead PM, no squad serves it yet"),
                    1 => format!("{lead} is its lead PM, 1 squad serves it"),
                    n => format!("{lead} is its lead PM, {n} squads serve it"),
                }
            }
        }
    }
}

impl SkillHit {
    /// Who has it: "5 can do it alone or better, 2 of them can teach it".
    fn why(&self) -> String {
        let teach = match self.teach {
            0 => String::new(),
            1 => ", 1 of them can teach it".to_owned(),
            n => format!(", {n} of them can teach it"),
        };
        match self.able {
            0 => "nobody can do it alone yet".to_owned(),
            1 if self.teach == 1 => "1 member can teach it".to_owned(),
            1 => "1 member can do it alone or better".to_owned(),
            n => format!("{n} members can do it alone or better{teach}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finder::domain::MARK;

    #[test]
    fn what_is_marked_is_escaped() {
        let (from, to) = MARK;
        let text = format!("<b>Fair {from}B<i>{to}");
        assert_eq!(marked(&text).to_string(), "&#60;b&#62;Fair <mark>B&#60;i&#62;</mark>");
    }
}
