//! The list of members: search, filters in the query string, pages of 50.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sqlx::PgPool;

use super::super::db::{self, Choices, Cursor, Filter, Holders, MemberRow, PAGE, TeamShare};
use super::super::domain::free_share;
use super::{list_url, team_url, url};
use crate::error::Result;
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::skills::{self, Level, SkillOption};
use crate::web::shell::{Section, Shell};
use crate::web::{Query, page};

/// The filters as they stand in the address; what is not readable does not filter.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    discipline: String,
    skill: String,
    level: String,
    team: String,
    free: String,
    user: String,
    state: String,
    after: String,
    before: String,
}

impl ListQuery {
    fn filter(&self, may_see_email: bool) -> Filter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Filter {
            search: some(&self.q),
            may_see_email,
            discipline: some(&self.discipline),
            skill: self.skill.parse().ok(),
            level: Level::parse(&self.level).ok(),
            team: self.team.parse().ok(),
            free: self.free.parse().ok().filter(|share| (1..=100).contains(share)),
            has_user: match self.user.as_str() {
                "with" => Some(true),
                "without" => Some(false),
                _ => None,
            },
            is_deactivated: self.state == "deactivated",
        }
    }

    fn cursor(&self) -> Cursor {
        match (self.after.parse(), self.before.parse()) {
            (Ok(id), _) => Cursor::After(id),
            (_, Ok(id)) => Cursor::Before(id),
            _ => Cursor::Start,
        }
    }

    /// The filters that are set, by their names in the address.
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("q", &self.q),
            ("discipline", &self.discipline),
            ("skill", &self.skill),
            ("level", &self.level),
            ("team", &self.team),
            ("free", &self.free),
            ("user", &self.user),
            ("state", &self.state),
        ];
        all.into_iter()
            .map(|(name, value)| (name, value.as_str()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

#[derive(Template)]
#[template(path = "members/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    may_design: bool,
    query: ListQuery,
    rows: Vec<MemberRow>,
    /// How many members the filter finds.
    total: i64,
    choices: Choices,
    skills: Vec<SkillOption>,
    has_previous: bool,
    has_next: bool,
    /// How many have rated the skill of the filter, where nobody matches.
    holders: Option<Holders>,
    me: MemberId,
}

/// Why nobody matches, and the next step.
struct Nobody {
    title: String,
    sentence: String,
    /// Its address and its words.
    step: Option<(String, &'static str)>,
}

impl MemberRow {
    fn allocated(&self) -> i64 {
        self.teams.iter().map(|team| team.allocation).sum()
    }

    fn free(&self) -> i64 {
        free_share(self.allocated())
    }

    /// The length of the bar, which ends at 100.
    fn bar(&self) -> i64 {
        self.allocated().min(100)
    }

    fn is_over(&self) -> bool {
        self.allocated() > 100
    }
}

impl ListPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn add_url(&self, last: &str) -> String {
        format!("{}/{last}", list_url(&self.org))
    }

    fn profile(&self, row: &MemberRow) -> String {
        url(&self.org, row.id)
    }

    fn team(&self, team: &TeamShare) -> String {
        team_url(&self.org, &team.slug, team.is_squad)
    }

    /// The address without filters, if there are any.
    fn clear(&self) -> Option<String> {
        (!self.query.pairs().is_empty()).then(|| list_url(&self.org))
    }

    /// Whether more than words is asked for: then the filters are open where they fold.
    fn is_filtered(&self) -> bool {
        self.query.pairs().iter().any(|(name, _)| *name != "q")
    }

    fn is_deactivated(&self) -> bool {
        self.query.state == "deactivated"
    }

    fn subtitle(&self) -> String {
        let what = if self.is_deactivated() { "deactivated " } else { "" };
        let found = if self.clear().is_some() { " match" } else { "" };
        match (self.total, found) {
            (1, "") => format!("1 {what}member."),
            (1, _) => format!("1 {what}member matches."),
            (n, found) => format!("{n} {what}members{found}."),
        }
    }

    /// The levels of the filter: number, words, whether it is chosen.
    fn levels(&self) -> Vec<(String, &'static str, bool)> {
        let option = |level: Level| {
            let number = level.number().to_string();
            let is_chosen = number == self.query.level;
            (number, level.words(), is_chosen)
        };
        Level::ALL.into_iter().skip(1).map(option).collect()
    }

    /// The shares of the filter: number, words, whether it is chosen.
    fn shares(&self) -> Vec<(String, String, bool)> {
        let option = |share: i64| {
            let words = if share == 100 {
                "All of their time".to_owned()
            } else {
                format!("{share} % or more")
            };
            (share.to_string(), words, self.query.free == share.to_string())
        };
        [10, 20, 50, 80, 100].into_iter().map(option).collect()
    }

    /// The teams of the filter: id, name, whether it is chosen.
    fn teams(&self) -> Vec<(String, &str, bool)> {
        let all = self.choices.teams.iter();
        all.map(|(id, name)| (id.to_string(), name.as_str(), id.to_string() == self.query.team))
            .collect()
    }

    /// The skills of the filter: id, name, whether it is chosen.
    fn skill_choices(&self) -> Vec<(String, &str, bool)> {
        let all = self.skills.iter().map(|skill| (skill.id.to_string(), skill.name.as_str()));
        all.map(|(id, name)| (id.clone(), name, id == self.query.skill)).collect()
    }

    /// The disciplines of the filter: the word, whether it is chosen.
    fn disciplines(&self) -> Vec<(&str, bool)> {
        let is_chosen = |word: &str| word.eq_ignore_ascii_case(&self.query.discipline);
        let all = self.choices.disciplines.iter();
        all.map(|word| (word.as_str(), is_chosen(word))).collect()
    }

    /// The address of the list without one of its filters.
    fn without(&self, filter: &str) -> String {
        let pairs: Vec<_> =
            self.query.pairs().into_iter().filter(|(name, _)| *name != filter).collect();
        format!("{}?{}", list_url(&self.org), serde_html_form::to_string(pairs).unwrap_or_default())
    }

    fn nobody(&self) -> Nobody {
        let Some(Holders { rated, able }) = self.holders else {
            return Nobody {
                title: "Nobody matches".to_owned(),
                sentence: "Try fewer filters, or another word.".to_owned(),
                step: None,
            };
        };
        let id = self.query.skill.as_str();
        let skill = self.skills.iter().find(|skill| skill.id.to_string() == id);
        let skill = skill.map_or("this skill", |skill| skill.name.as_str());
        let members = |n: i64| if n == 1 { "1 member".to_owned() } else { format!("{n} members") };
        if rated == 0 {
            Nobody {
                title: format!("Nobody has rated {skill} yet"),
                sentence: "Members say themselves what they can do, each on their own page under Skills; for those who cannot sign in yet, leaders do. Ask those who could, and rate your own.".to_owned(),
                step: Some((format!("{}/skills", url(&self.org, self.me)), "Rate my skills")),
            }
        } else if able == 0 {
            Nobody {
                title: format!("Nobody has {skill} at this level yet"),
                sentence: format!(
                    "{} rated it below this level, and may grow into it.",
                    members(rated)
                ),
                step: Some((self.without("level"), "Show them")),
            }
        } else if !self.query.free.is_empty() {
            Nobody {
                title: "Nobody of them has time".to_owned(),
                sentence: format!(
                    "{} can do it, and none has that much time free. Free somebody from another team, or let a squad's member learn it.",
                    members(able)
                ),
                step: Some((self.without("free"), "Show them")),
            }
        } else {
            Nobody {
                title: "Nobody matches".to_owned(),
                sentence: format!(
                    "{} can do it, and the other filters leave nobody.",
                    members(able)
                ),
                step: None,
            }
        }
    }

    fn page_url(&self, cursor: &str, row: Option<&MemberRow>) -> Option<String> {
        let row = row?;
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut parts: Vec<_> = self
            .query
            .pairs()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        parts.push(format!("{cursor}={}", row.id));
        Some(format!("{}?{}", list_url(&self.org), parts.join("&")))
    }

    fn previous(&self) -> Option<String> {
        self.page_url("before", self.rows.first().filter(|_| self.has_previous))
    }

    fn next(&self) -> Option<String> {
        self.page_url("after", self.rows.last().filter(|_| self.has_next))
    }
}

// GET /o/{org}/members

pub(super) async fn list(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    let (tenant, cursor) = (visitor.tenant(), query.cursor());
    let filter = query.filter(visitor.roles().may_administer());
    let mut one = pool.acquire().await?;
    let (mut chosen, total) = if filter.is_open() {
        (db::choose_all(&mut *one, tenant, cursor).await?, visitor.counts.members)
    } else {
        db::choose(&mut *one, tenant, &filter, cursor).await?
    };
    let is_cut = chosen.len() > PAGE;
    // The one too many stands at the far end.
    chosen.truncate(PAGE);
    let rows = db::lines(&mut *one, tenant, &chosen).await?;
    let (has_previous, has_next) = match cursor {
        Cursor::Start => (false, is_cut),
        Cursor::After(_) => (true, is_cut),
        Cursor::Before(_) => (is_cut, true),
    };
    let mut holders = None;
    if let Some(skill) = filter.skill.filter(|_| rows.is_empty() && !filter.is_deactivated) {
        let level = filter.level.unwrap_or(Level::ALL[0]);
        holders = Some(db::count_holders(&mut *one, tenant, skill, level).await?);
    }
    let choices = db::choices(&mut *one, tenant).await?;
    let skills = skills::options(&mut *one, tenant).await?;
    drop(one);
    page(&ListPage {
        holders,
        me: visitor.actor.member,
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        may_design: visitor.roles().may_design(),
        query,
        rows,
        total,
        choices,
        skills,
        has_previous,
        has_next,
    })
}
