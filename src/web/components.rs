//! Every part of the interface in its states, at `/components` while developing.

use askama::Template;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Europe::Oslo;

use super::{shell::Shell, ui};

/// A fixed "now" (21 November 2026, 12:00 UTC), so that the page always looks the same.
const NOW: i64 = 1_795_262_400;

/// The reference page.
#[derive(Clone, Debug, Template)]
#[template(path = "components/page.html")]
pub struct ComponentsPage {
    shell: Shell,
    yesterday: ui::Moment,
    monday: ui::Moment,
    review: ui::Date,
}

/// See [`ComponentsPage`].
pub fn page(shell: Shell) -> ComponentsPage {
    let now = DateTime::<Utc>::from_timestamp(NOW, 0).unwrap_or_default();
    let ago = |minutes| ui::moment(now - TimeDelta::minutes(minutes), now, Oslo);
    let in_december = NaiveDate::from_ymd_opt(2026, 12, 12).unwrap_or_default();
    ComponentsPage {
        shell,
        yesterday: ago(1_330),
        monday: ago(7_340),
        review: ui::date(in_december, now.date_naive()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use scraper::{Html, Selector};

    use super::*;
    use crate::web::shell::{Flash, ShellMe, ShellOrg, Theme};

    fn shown() -> Html {
        let shell = Shell {
            theme: Some(Theme::Dark),
            org: Some(ShellOrg {
                name: "Norvik".to_owned(),
                slug: "norvik".to_owned(),
                ..ShellOrg::default()
            }),
            me: Some(ShellMe { name: "Ingrid Solheim".to_owned(), ..ShellMe::default() }),
            flash: Some(Flash {
                text: "Saved".to_owned(),
                undo: Some("/undo/1".to_owned()),
                bad: false,
            }),
            key: "once".to_owned(),
            ..Shell::default()
        };
        Html::parse_document(&page(shell).render().unwrap())
    }

    fn attributes(page: &Html, selector: &str, attribute: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector).filter_map(|e| e.attr(attribute)).map(str::to_owned).collect()
    }

    #[test]
    fn ids_are_unique_and_what_refers_to_one_finds_it() {
        let page = shown();
        let ids = attributes(&page, "[id]", "id");
        let set: BTreeSet<_> = ids.iter().map(String::as_str).collect();
        assert_eq!(ids.len(), set.len());
        for attribute in ["aria-describedby", "aria-labelledby", "for", "list", "popovertarget"] {
            for value in attributes(&page, &format!("[{attribute}]"), attribute) {
                for id in value.split_whitespace() {
                    assert!(set.contains(id), "{attribute}={value}");
                }
            }
        }
    }

    #[test]
    fn every_icon_is_in_the_sprite() {
        let sprite = include_str!("../../static/icons.svg");
        let icons = attributes(&shown(), "use", "href");
        assert!(icons.len() > 40);
        for icon in icons {
            let name = icon.split_once('#').unwrap().1;
            assert!(sprite.contains(&format!("id=\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn an_invalid_field_says_so_and_gets_the_focus() {
        let page = shown();
        let name = page.select(&Selector::parse("#name").unwrap()).next().unwrap();
        assert_eq!(name.attr("aria-invalid"), Some("true"));
        assert_eq!(name.attr("aria-describedby"), Some("name-error"));
        assert!(name.attr("autofocus").is_some());
        assert_eq!(attributes(&page, "html", "data-theme"), ["dark"]);
        assert_eq!(attributes(&page, "#toasts form", "action"), ["/undo/1"]);
    }
}
