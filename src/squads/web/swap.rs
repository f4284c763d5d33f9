//! Swapping members: one leaves and one comes in one step. From a member's row it is known who leaves; from the squad,
//! and from a finding on a full one, it is chosen here, with those first who bring what is missing.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use super::matrix::Matrix;
use super::membership::{Ids, hats_of, load};
use super::picks::{Candidates, Picks};
use crate::error::{Error, Result};
use crate::ids::{MemberId, MembershipId};
use crate::rule::Rule;
use crate::squads::db::teams::{self, HatRow, MembershipRow, SQUAD};
use crate::squads::db::{self, MemberLine};
use crate::squads::domain::{Allocation, NewMembership};
use crate::squads::service;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused};

/// Who leaves and who comes in, as typed. The search of the same form sends it too, so that nothing is lost to it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SwapForm {
    /// The membership that ends, where the address does not say it.
    out: String,
    member: String,
    allocation: String,
    hat: Vec<String>,
    new_hat: String,
    q: String,
    skill: String,
}

/// The same in an address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SwapQuery {
    out: String,
    member: String,
    allocation: String,
    hat: Vec<String>,
    new_hat: String,
    q: String,
    skill: String,
    after: String,
    clear: String,
    /// The form's one-time key: it says that hats were chosen, or that all of them were taken off.
    key: String,
}

impl SwapQuery {
    /// The same search of the page `at` without the key; for everybody again if that was asked.
    fn shorter(&self, at: &str) -> Option<Response> {
        if self.clear.is_empty() {
            return None;
        }
        let texts = [
            ("out", &self.out),
            ("member", &self.member),
            ("allocation", &self.allocation),
            ("new_hat", &self.new_hat),
            ("key", &self.key),
        ];
        let pairs = texts.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> = pairs.chain(self.hat.iter().map(|hat| ("hat", hat))).collect();
        let query = serde_html_form::to_string(pairs).unwrap_or_default();
        Some(Redirect::to(&format!("{at}?{query}")).into_response())
    }

    fn form(self) -> SwapForm {
        let Self { out, member, allocation, hat, new_hat, q, skill, .. } = self;
        SwapForm { out, member, allocation, hat, new_hat, q, skill }
    }
}

/// Somebody who could leave.
struct Leaving {
    member: MemberLine,
    /// What nobody else in the squad covers.
    alone: Vec<String>,
}

impl Leaving {
    fn detail(&self) -> String {
        let discipline = Some(self.member.discipline.as_str()).filter(|text| !text.is_empty());
        let alone = match &self.alone[..] {
            [] => None,
            skills => Some(format!("alone covers {}", skills.join(", "))),
        };
        let parts: Vec<_> = discipline.map(ToOwned::to_owned).into_iter().chain(alone).collect();
        parts.join(" · ")
    }
}

#[derive(Template)]
#[template(path = "squads/swap.html")]
struct SwapPage {
    shell: Shell,
    head: Head,
    /// Who leaves, where the address says it.
    row: Option<MembershipRow>,
    /// Who could leave, where it does not.
    leaving: Vec<Leaving>,
    missing: String,
    candidates: Candidates,
    hats: Vec<HatRow>,
    form: SwapForm,
    errors: FormErrors,
}

impl SwapPage {
    fn steps() -> [i16; 10] {
        Allocation::STEPS
    }

    fn title(&self) -> String {
        match &self.row {
            Some(row) => format!("Swap {}", row.name),
            None => "Swap a member".to_owned(),
        }
    }

    fn sub(&self) -> String {
        let (name, members) = (&self.head.squad.name, self.head.squad.members);
        format!("One leaves and one comes in one step. The size of {name} stays {members}.")
    }

    fn hint(&self) -> String {
        match &self.missing[..] {
            "" => "Those with most time come first.".to_owned(),
            missing => format!("Those who cover most of what is missing come first: {missing}."),
        }
    }

    fn is_worn(&self, hat: &HatRow) -> bool {
        self.form.hat.contains(&hat.id.to_string())
    }

    fn here(&self) -> String {
        match &self.row {
            Some(row) => self.head.url(&format!("/members/{}/swap", row.id)),
            None => self.head.url("/swap"),
        }
    }
}

async fn swap_page(
    pool: &PgPool,
    at: &At,
    (head, row): (Head, Option<MembershipRow>),
    mut form: SwapForm,
    after: Option<MemberId>,
    errors: FormErrors,
) -> Result<SwapPage> {
    let tenant = at.visitor.tenant();
    let mut matrix = Matrix::load(pool, tenant, at.id).await?;
    let mut leaving = vec![];
    if let Some(row) = &row {
        matrix.without(row.member);
    } else {
        let one = |line: &super::matrix::Line| Leaving {
            alone: matrix.alone(line),
            member: line.member.clone(),
        };
        leaving = matrix.lines.iter().map(one).collect();
    }
    let chosen = form.member.parse().map(|member| {
        let allocation = Allocation::FULL;
        NewMembership { member, allocation, hats: vec![] }
    });
    let picks = Picks {
        q: form.q.clone(),
        skill: form.skill.clone(),
        after,
        chosen: chosen.into_iter().collect(),
    };
    let mut candidates = Candidates::load(pool, tenant, at.id, picks, matrix.missing()).await?;
    candidates.skills = db::skills(pool, tenant).await?;
    let hats = match row {
        Some(_) => teams::list_hats(pool, tenant).await?,
        None => vec![],
    };
    if form.allocation.is_empty() {
        let free = candidates.chosen.first().map(|one| Allocation::free_of(one.candidate.taken));
        form.allocation = free.unwrap_or(Allocation::FULL).percent().to_string();
    }
    Ok(SwapPage {
        missing: matrix.missing_names(),
        shell: head.shell.clone(),
        head,
        row,
        leaving,
        candidates,
        hats,
        form,
        errors,
    })
}

/// Nobody was chosen to come in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose who comes in.")]
struct NobodyIn;

impl Rule for NobodyIn {
    fn code(&self) -> &'static str {
        "nobody_chosen"
    }
}

/// Nobody was chosen to leave.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose who leaves.")]
struct NobodyOut;

impl Rule for NobodyOut {
    fn code(&self) -> &'static str {
        "nobody_chosen"
    }
}

/// Swaps, and says who came and who left; or puts into `errors` what is wrong.
async fn done(
    pool: &PgPool,
    at: &At,
    out: Option<&MembershipRow>,
    form: &SwapForm,
    errors: &mut FormErrors,
) -> Result<Option<Response>> {
    let actor = &at.visitor.actor;
    let member = errors.check("member", form.member.parse::<MemberId>().map_err(|_| NobodyIn));
    let allocation = errors.check("allocation", Allocation::parse(&form.allocation));
    let hats = hats_of(pool, actor, &form.hat, &form.new_hat, errors).await?;
    let (Some(out), Some(member), Some(allocation), Some(hats)) = (out, member, allocation, hats)
    else {
        return Ok(None);
    };
    match service::swap(pool, actor, out.id, member, allocation, &hats).await {
        Ok(name) => {
            let text = format!("{name} came in, {} left.", out.name);
            Ok(Some(flash::redirect(&at.url("/members"), &text)))
        }
        Err(error) => errors.absorb(error).map(|()| None),
    }
}

// GET and POST /o/{org}/squads/{squad}/members/{membership}/swap

pub async fn ask_for(
    at: At,
    Path(ids): Path<Ids>,
    Query(query): Query<SwapQuery>,
    Shared(pool): Shared<PgPool>,
) -> Result<Response> {
    let (head, row) = load(&pool, &at, &ids).await?;
    if let Some(shorter) = query.shorter(&at.url(&format!("/members/{}/swap", row.id))) {
        return Ok(shorter);
    }
    let after = query.after.parse().ok();
    let is_first = query.key.is_empty();
    let mut form = query.form();
    if is_first {
        form.hat = row.hats.iter().map(ToString::to_string).collect();
        form.allocation = row.allocation.to_string();
    }
    let loaded = (head, Some(row));
    page(&swap_page(&pool, &at, loaded, form, after, FormErrors::default()).await?)
}

pub async fn swap_for(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<SwapForm>,
) -> Result<Response> {
    let (head, row) = load(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    if let Some(done) = done(&pool, &at, Some(&row), &form, &mut errors).await? {
        return Ok(done);
    }
    let loaded = (head, Some(row));
    refused(&errors, &swap_page(&pool, &at, loaded, form, None, errors.clone()).await?)
}

// GET and POST /o/{org}/squads/{squad}/swap

pub async fn ask(
    at: At,
    Query(query): Query<SwapQuery>,
    Shared(pool): Shared<PgPool>,
) -> Result<Response> {
    at.visitor.must_design()?;
    if let Some(shorter) = query.shorter(&at.url("/swap")) {
        return Ok(shorter);
    }
    let head = at.page(&pool).await?;
    head.rules().may_change()?;
    let after = query.after.parse().ok();
    let form = query.form();
    page(&swap_page(&pool, &at, (head, None), form, after, FormErrors::default()).await?)
}

pub async fn swap(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<SwapForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    let out = errors.check("out", form.out.parse::<MembershipId>().map_err(|_| NobodyOut));
    let mut row = None;
    if let Some(out) = out {
        let found = teams::find_membership(&pool, at.visitor.tenant(), SQUAD, out).await?;
        let found = found.filter(|row| row.team == at.id).ok_or(Error::NotFound)?;
        // Who comes takes over the hats; the row of the membership is where they change.
        form.hat = found.hats.iter().map(ToString::to_string).collect();
        row = Some(found);
    }
    if let Some(done) = done(&pool, &at, row.as_ref(), &form, &mut errors).await? {
        return Ok(done);
    }
    let head = at.page(&pool).await?;
    refused(&errors, &swap_page(&pool, &at, (head, None), form, None, errors.clone()).await?)
}
