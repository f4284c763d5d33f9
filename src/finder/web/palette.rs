//! What the palette lists for what is being typed: a part of a page, for the script.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::super::domain::Question;
use super::super::offer::{self, Offer};
use super::super::service::{self, Found};
use super::url;
use crate::error::Result;
use crate::ids::{MemberId, SkillId};
use crate::organizations::Visitor;
use crate::web::{Query, page};
use crate::{core_teams, members, skills, squads};

/// Of each kind.
const FIRST: i64 = 4;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
}

#[derive(Template)]
#[template(path = "finder/palette.html")]
struct Palette {
    org: String,
    question: Question,
    found: Found,
    pages: Vec<Offer>,
    actions: Vec<Offer>,
}

impl Palette {
    /// The page with everything that is found.
    fn all(&self) -> String {
        let asked = serde_html_form::to_string([("q", &self.question.text)]).unwrap_or_default();
        format!("{}?{asked}", url(&self.org))
    }

    fn can_solve(&self) -> bool {
        !self.found.members.first.is_empty() || !self.found.squads.first.is_empty()
    }

    fn can_jump(&self) -> bool {
        !self.found.products.first.is_empty()
            || !self.found.items.first.is_empty()
            || !self.found.core_teams.first.is_empty()
            || !self.found.skills.first.is_empty()
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
}

// GET /o/{org}/find/palette?q=…

pub(super) async fn show(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let question = Question::parse(&asked.q);
    let found = service::find(&pool, visitor.tenant(), &question, FIRST).await?;
    page(&Palette {
        pages: offer::pages(&question, visitor.roles()),
        actions: offer::actions(&question, visitor.roles()),
        org: visitor.slug,
        question,
        found,
    })
}
