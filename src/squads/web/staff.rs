//! Staffing: who is in the squad, and who could join.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use sqlx::PgPool;

use super::at::{At, Head};
use super::matrix::Matrix;
use super::picks::{AddForm, Candidates, Picks, PicksQuery, joined};
use crate::error::Result;
use crate::ids::MemberId;
use crate::squads::db::{self, MemberLine};
use crate::squads::service;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Query, flash, page, refused};

#[derive(Template)]
#[template(path = "squads/members.html")]
struct StaffPage {
    shell: Shell,
    head: Head,
    members: Vec<MemberLine>,
    missing: String,
    candidates: Candidates,
    errors: FormErrors,
}

impl StaffPage {
    fn room(&self) -> usize {
        self.head.rules().room()
    }

    fn places(&self) -> String {
        match self.room() {
            0 => "No place is left: swap somebody in.".to_owned(),
            1 => "1 place is left.".to_owned(),
            n => format!("{n} places are left."),
        }
    }

    fn out(&self, line: &MemberLine, below: &str) -> String {
        self.head.url(&format!("/members/{}{below}", line.membership))
    }

    fn menu_id(line: &MemberLine) -> String {
        format!("m-{}", line.membership)
    }

    fn menu_label(line: &MemberLine) -> String {
        format!("Actions for {}", line.name)
    }

    /// The page of a swap, with somebody who comes in.
    fn swap_in(&self, member: &MemberId) -> String {
        self.head.url(&format!("/swap?member={member}"))
    }
}

async fn staff_page(pool: &PgPool, at: &At, picks: Picks, errors: FormErrors) -> Result<StaffPage> {
    let head = at.page(pool).await?;
    let tenant = at.visitor.tenant();
    let matrix = Matrix::load(pool, tenant, at.id).await?;
    let mut candidates = Candidates::default();
    if head.may_design {
        candidates = Candidates::load(pool, tenant, at.id, picks, matrix.missing()).await?;
        candidates.skills = db::skills(pool, tenant).await?;
    }
    Ok(StaffPage {
        shell: head.shell.clone(),
        missing: matrix.missing_names(),
        members: matrix.lines.into_iter().map(|line| line.member).collect(),
        head,
        candidates,
        errors,
    })
}

// GET and POST /o/{org}/squads/{squad}/members

pub async fn show(
    at: At,
    Shared(pool): Shared<PgPool>,
    Query(query): Query<PicksQuery>,
) -> Result<Response> {
    if let Some(shorter) = query.shorter(&at.url("/members")) {
        return Ok(shorter);
    }
    page(&staff_page(&pool, &at, query.picks(), FormErrors::default()).await?)
}

pub async fn add(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<AddForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    let picks = form.picks()?;
    match service::add_members(&pool, &at.visitor.actor, at.id, &picks.chosen).await {
        Ok(()) => {
            return Ok(flash::redirect(&at.url("/members"), &joined(picks.chosen.len())));
        }
        Err(error) => errors.absorb(error)?,
    }
    refused(&errors, &staff_page(&pool, &at, picks, errors.clone()).await?)
}
