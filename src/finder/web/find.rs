//! "Who can solve this?"

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use super::super::domain::{Group, MAX_LENGTH, MAX_WORDS, Question};
use super::super::service::{self, Found};
use super::url;
use crate::error::Result;
use crate::ids::{MemberId, SkillId};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::{Query, page};
use crate::{core_teams, members, skills, squads};

/// Of each kind, beside the others.
const FIRST: i64 = 10;
/// Of one kind by itself.
const ALL: i64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    #[serde(rename = "in")]
    group: String,
}

#[derive(Template)]
#[template(path = "finder/find.html")]
struct FindPage {
    shell: Shell,
    org: String,
    question: Question,
    group: Option<Group>,
    found: Found,
    may_design: bool,
    me: MemberId,
}

impl FindPage {
    fn title(&self) -> String {
        if self.question.text.is_empty() {
            "Who can solve this?".to_owned()
        } else {
            format!("{}: who can solve this?", self.question.text)
        }
    }

    fn url(&self) -> String {
        url(&self.org)
    }

    /// The address of this question, with one group or with all.
    fn at(&self, group: &str) -> String {
        let asked = [("q", self.question.text.as_str()), ("in", group)];
        let asked = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
        format!("{}?{}", self.url(), serde_html_form::to_string(asked).unwrap_or_default())
    }

    /// Whether this group is shown.
    fn shows(&self, group: &str) -> bool {
        self.group.is_none_or(|one| one.word() == group)
    }

    fn has_left(&self) -> bool {
        (self.shows("members") && !self.found.members.first.is_empty())
            || (self.shows("items") && !self.found.items.first.is_empty())
            || (self.shows("skills") && !self.found.skills.first.is_empty())
    }

    fn has_right(&self) -> bool {
        (self.shows("squads") && !self.found.squads.first.is_empty())
            || (self.shows("products") && !self.found.products.first.is_empty())
            || (self.shows("core-teams") && !self.found.core_teams.first.is_empty())
    }

    fn has_two_columns(&self) -> bool {
        self.has_left() && self.has_right()
    }

    fn member_url(&self, id: &MemberId) -> String {
        members::url(&self.org, *id)
    }

    fn squad_url(&self, slug: &str) -> String {
        squads::url(&self.org, slug)
    }

    fn core_team_url(&self, slug: &str) -> String {
        core_teams::url(&self.org, slug)
    }

    fn skill_url(&self, id: &SkillId) -> String {
        skills::url(&self.org, *id)
    }

    fn new_skill(&self) -> String {
        format!("{}/new", skills::list_url(&self.org))
    }

    fn my_skills(&self) -> String {
        skills::member_url(&self.org, self.me)
    }

    /// What was not looked at.
    fn cut(&self) -> Option<String> {
        self.question.is_cut.then(|| {
            format!("That is a long question: the first {MAX_WORDS} words of its first {MAX_LENGTH} characters were looked for.")
        })
    }

    /// What was taken for something else.
    fn corrected(&self) -> Option<String> {
        let typed = &self.found.corrected;
        let quoted: Vec<_> = typed.iter().map(|word| format!("“{word}”")).collect();
        match quoted.as_slice() {
            [] => None,
            [one] => Some(format!("Nothing here is spelled {one}. This is what comes close.")),
            many => Some(format!(
                "Nothing here is spelled {}. This is what comes close.",
                many.join(" or ")
            )),
        }
    }

    fn summary(&self) -> String {
        match self.found.total() {
            1 => "1 answer".to_owned(),
            n => format!("{n} answers"),
        }
    }
}

// GET /o/{org}/find?q=…&in=…

pub(super) async fn find(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let question = Question::parse(&asked.q);
    let group = Group::parse(&asked.group);
    // The key of an item is no question: it leads there.
    if let Some(item) = service::keyed(&pool, visitor.tenant(), &question).await? {
        return Ok(Redirect::to(&item.url(&visitor.slug)).into_response());
    }
    let limit = if group.is_some() { ALL } else { FIRST };
    let found = service::find(&pool, visitor.tenant(), &question, limit).await?;
    page(&FindPage {
        shell: visitor.shell(Section::Finder),
        org: visitor.slug.clone(),
        question,
        group,
        found,
        may_design: visitor.roles().may_design(),
        me: visitor.actor.member,
    })
}
