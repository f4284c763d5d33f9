//! A member's own skills: all in one form, "Still true", and what a fellow member confirms.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use super::super::db::{self, HolderName, MemberSkill};
use super::super::domain::{Level, Rating, RatingRefused, ago, is_stale, last_said};
use super::super::service;
use super::{member_url, profile_url};
use crate::error::{Error, Result};
use crate::ids::{MemberId, SkillId};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

impl MemberSkill {
    /// How long ago the level was last rated or confirmed, if that was so long ago that it is stale.
    pub fn stale(&self, now: DateTime<Utc>) -> Option<String> {
        let last = last_said(self.rated_at.filter(|_| self.level.is_some())?, self.confirmed_at);
        is_stale(last, now).then(|| ago(last, now))
    }

    /// Who confirmed the level, and how long ago.
    pub fn confirmation(&self, now: DateTime<Utc>) -> Option<String> {
        let (by, at) = (self.confirmed_by.as_ref()?, self.confirmed_at?);
        Some(format!("confirmed by {by} {}", ago(at, now)))
    }
}

// GET, POST /o/{org}/members/{member}/skills

#[derive(Template)]
#[template(path = "skills/member.html")]
struct MemberPage {
    shell: Shell,
    org: String,
    is_self: bool,
    now: DateTime<Utc>,
    whose: HolderName,
    lines: Vec<Line>,
    errors: FormErrors,
}

/// One skill of the form: what is saved, and what was chosen.
struct Line {
    saved: MemberSkill,
    level: Option<Level>,
    wants_to_learn: bool,
}

impl Line {
    fn saved(saved: MemberSkill) -> Self {
        Self { level: saved.level, wants_to_learn: saved.wants_to_learn, saved }
    }

    fn choices(&self) -> Vec<(Level, bool)> {
        Level::ALL.into_iter().map(|level| (level, self.level == Some(level))).collect()
    }

    fn differs(&self) -> bool {
        (self.level, self.wants_to_learn) != (self.saved.level, self.saved.wants_to_learn)
    }

    fn saved_words(&self) -> String {
        super::super::domain::in_words(self.saved.level, self.saved.wants_to_learn)
            .unwrap_or_else(|| "nothing".to_owned())
    }
}

impl MemberPage {
    fn title(&self) -> String {
        if self.is_self { "My skills".to_owned() } else { format!("Skills of {}", self.whose.name) }
    }

    fn profile(&self) -> String {
        profile_url(&self.org, self.whose.holder.id)
    }

    fn members_url(&self) -> String {
        format!("/o/{}/members", self.org)
    }

    fn still_true_url(&self) -> String {
        format!("{}/still-true", self.action())
    }

    fn action(&self) -> String {
        member_url(&self.org, self.whose.holder.id)
    }

    fn capabilities(&self) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.saved.capability.is_some()).collect()
    }

    fn crafts(&self) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.saved.capability.is_none()).collect()
    }

    fn stale_of(&self, saved: &MemberSkill) -> Option<String> {
        saved.stale(self.now)
    }

    fn confirmation_of(&self, saved: &MemberSkill) -> Option<String> {
        saved.confirmation(self.now)
    }

    /// The saved levels that are stale, with how long ago they were said.
    fn stale(&self) -> Vec<(&MemberSkill, String)> {
        let stale = |line: &'_ Line| line.saved.stale(self.now);
        self.lines.iter().filter_map(|line| Some((&line.saved, stale(line)?))).collect()
    }
}

/// All skills as they were chosen: the lists `skill`, `level` and `seen` have one entry for each line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RatingsForm {
    #[serde(default)]
    skill: Vec<SkillId>,
    #[serde(default)]
    level: Vec<String>,
    #[serde(default)]
    seen: Vec<i32>,
    /// The skills that the member wants to learn.
    #[serde(default)]
    wants: Vec<SkillId>,
}

impl RatingsForm {
    fn ratings(&self) -> Result<Vec<Rating>> {
        if self.skill.len() != self.level.len() || self.skill.len() != self.seen.len() {
            return Err(Error::BadRequest("The form is not whole. Load the page again."));
        }
        let lines = self.skill.iter().zip(&self.level).zip(&self.seen);
        lines
            .map(|((skill, level), version)| {
                let level = if level.is_empty() { None } else { Some(Level::parse(level)?) };
                let wants_to_learn = self.wants.contains(skill);
                Ok(Rating { skill: *skill, level, wants_to_learn, version: *version })
            })
            .collect()
    }
}

/// Loads whose skills are rated; only for those who may.
async fn whose(pool: &PgPool, visitor: &Visitor, member: MemberId) -> Result<HolderName> {
    let whose = db::find_holder(pool, visitor.tenant(), member).await?.ok_or(Error::NotFound)?;
    match whose.holder.may_rate(&visitor.actor) {
        Err(refused @ RatingRefused::NotYours) => Err(Error::Forbidden(refused.to_string().into())),
        Err(refused) => Err(refused.into()),
        Ok(()) => Ok(whose),
    }
}

pub(super) async fn edit(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, member)): Path<(String, MemberId)>,
) -> Result<Response> {
    let whose = whose(&pool, &visitor, member).await?;
    let saved = db::of_member(&pool, visitor.tenant(), member, true).await?;
    page(&MemberPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        is_self: visitor.actor.member == member,
        now: visitor.actor.at,
        whose,
        lines: saved.into_iter().map(Line::saved).collect(),
        errors: FormErrors::default(),
    })
}

pub(super) async fn update(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(form): Form<RatingsForm>,
) -> Result<Response> {
    let whose = whose(&pool, &visitor, member).await?;
    let ratings = form.ratings()?;
    let mut errors = FormErrors::default();
    match service::rate(&pool, &visitor.actor, member, &ratings).await {
        Ok(changed) => {
            let said = match changed {
                0 => "Nothing was different.".to_owned(),
                1 => "1 skill is saved.".to_owned(),
                n => format!("{n} skills are saved."),
            };
            return Ok(flash::redirect(&profile_url(&visitor.slug, member), &said));
        }
        Err(error) => errors.absorb(error)?,
    }
    let saved = db::of_member(&pool, visitor.tenant(), member, true).await?;
    let chosen = |saved: MemberSkill| match ratings.iter().find(|r| r.skill == saved.id) {
        Some(r) => Line { level: r.level, wants_to_learn: r.wants_to_learn, saved },
        None => Line::saved(saved),
    };
    let page = MemberPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        is_self: visitor.actor.member == member,
        now: visitor.actor.at,
        whose,
        lines: saved.into_iter().map(chosen).collect(),
        errors,
    };
    refused(&page.errors, &page)
}

// POST /o/{org}/members/{member}/skills/still-true

/// The skills whose levels are still true.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StillTrueForm {
    #[serde(default)]
    skill: Vec<SkillId>,
}

pub(super) async fn still_true(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(form): Form<StillTrueForm>,
) -> Result<Response> {
    service::say_still_true(&pool, &visitor.actor, member, &form.skill).await?;
    Ok(flash::redirect(&profile_url(&visitor.slug, member), "Noted as still true."))
}

// POST /o/{org}/members/{member}/skills/{skill}/confirm

/// The version of the rating that is confirmed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmForm {
    version: i32,
}

pub(super) async fn confirm(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, member, skill)): Path<(String, MemberId, SkillId)>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    service::confirm(&pool, &visitor.actor, member, skill, form.version).await?;
    Ok(flash::redirect(&profile_url(&visitor.slug, member), "The level is confirmed."))
}
