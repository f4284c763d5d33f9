//! The forms of a new link and of a changed one. A new one is asked for in two steps, first the teams and then the
//! rest, so that the liaisons can be chosen among their members without a script.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::show::{LinkPath, find, find_current};
use crate::design::LinkKind;
use crate::error::{Error, Result};
use crate::ids::{LinkId, MembershipId, TeamId};
use crate::links::db::{self, LinkRow, TeamOption};
use crate::links::domain::{
    LinkRefused, NewLink, Purpose, Seat, Terms, last_review, next_review, parse_day, parse_kind,
};
use crate::links::{list_url, service};
use crate::organizations::Visitor;
use crate::squads::last_change;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused};

// GET /o/{org}/links/new?from=…&to=…

/// The teams of a new link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    from: String,
    to: String,
}

/// The first step.
#[derive(Template)]
#[template(path = "links/choose.html")]
struct ChoosePage {
    shell: Shell,
    org: String,
    teams: Vec<TeamOption>,
    chosen: Chosen,
    errors: FormErrors,
}

impl ChoosePage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn new_url(&self) -> String {
        format!("{}/new", self.list_url())
    }

    fn is_from(&self, team: &TeamOption) -> bool {
        self.chosen.from == team.id.to_string()
    }

    fn is_to(&self, team: &TeamOption) -> bool {
        self.chosen.to == team.id.to_string()
    }

    /// Where leaving leads: to the team that it was begun from.
    fn back(&self) -> String {
        let from = self.teams.iter().find(|team| self.is_from(team));
        from.map_or_else(|| self.list_url(), |from| team_url(&self.org, from))
    }
}

fn team_url(org: &str, team: &TeamOption) -> String {
    let teams = if team.is_squad { "squads" } else { "core-teams" };
    format!("/o/{org}/{teams}/{}", team.id)
}

fn choose_page(
    visitor: &Visitor,
    teams: Vec<TeamOption>,
    chosen: Chosen,
    errors: FormErrors,
) -> ChoosePage {
    let (shell, org) = (visitor.shell(Section::Links), visitor.slug.clone());
    ChoosePage { shell, org, teams, chosen, errors }
}

/// The team of a part of the form; none while nothing is chosen.
fn find_team(teams: &[TeamOption], word: &str) -> Result<Option<TeamOption>> {
    if word.trim().is_empty() {
        return Ok(None);
    }
    let id: TeamId = word.trim().parse().map_err(|_| Error::NotFound)?;
    teams.iter().find(|team| team.id == id).cloned().ok_or(Error::NotFound).map(Some)
}

/// Both teams; or none, with a sentence beside each that is missing.
fn both(
    teams: &[TeamOption],
    chosen: &Chosen,
    errors: &mut FormErrors,
) -> Result<Option<[TeamOption; 2]>> {
    let (from, to) = (find_team(teams, &chosen.from)?, find_team(teams, &chosen.to)?);
    for (field, team) in [("from", &from), ("to", &to)] {
        if team.is_none() {
            errors.refuse(field, &LinkRefused::NoTeam(field));
        }
    }
    let (Some(from), Some(to)) = (from, to) else { return Ok(None) };
    if from.id == to.id {
        errors.refuse("to", &LinkRefused::Itself(from.name));
        return Ok(None);
    }
    Ok(Some([from, to]))
}

pub async fn new(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(chosen): Query<Chosen>,
) -> Result<Response> {
    visitor.must_design()?;
    let teams = db::teams(&pool, visitor.tenant()).await?;
    let mut errors = FormErrors::default();
    match both(&teams, &chosen, &mut errors)? {
        Some(teams) => {
            let review_on = next_review(visitor.today()).to_string();
            let form = LinkForm { review_on, ..LinkForm::default() };
            page(&new_page(&pool, &visitor, teams, form, FormErrors::default()).await?)
        }
        // Nothing is wrong before both were asked for.
        None if chosen.from.is_empty() || chosen.to.is_empty() => {
            page(&choose_page(&visitor, teams, chosen, FormErrors::default()))
        }
        None => refused(&errors, &choose_page(&visitor, teams, chosen, errors.clone())),
    }
}

/// A link as typed. A new one has teams, a changed one has a version.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkForm {
    from: String,
    to: String,
    kind: String,
    purpose: String,
    from_liaison: String,
    to_liaison: String,
    review_on: String,
    version: Option<i32>,
}

impl LinkForm {
    fn of(row: &LinkRow) -> Self {
        let ends = [&row.link.from, &row.link.to].into_iter().zip(row.seats);
        // Who has left is not a choice any more: the seat is open.
        let mut seats = ends.map(|(end, seat)| {
            seat.filter(|_| end.liaison.is_some()).map(|seat| seat.to_string()).unwrap_or_default()
        });
        Self {
            from: String::new(),
            to: String::new(),
            kind: row.link.kind.word().to_owned(),
            purpose: row.link.purpose.clone(),
            from_liaison: seats.next().unwrap_or_default(),
            to_liaison: seats.next().unwrap_or_default(),
            review_on: row.link.review_on.to_string(),
            version: Some(row.version),
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Result<Option<Terms>> {
        let kind = errors.check("kind", parse_kind(&self.kind));
        let purpose = errors.check("purpose", Purpose::parse(&self.purpose));
        let review_on = errors.check("review_on", parse_day(&self.review_on));
        let (from_liaison, to_liaison) = (seat(&self.from_liaison)?, seat(&self.to_liaison)?);
        let (Some(kind), Some(purpose), Some(review_on)) = (kind, purpose, review_on) else {
            return Ok(None);
        };
        Ok(Some(Terms { kind, purpose, from_liaison, to_liaison, review_on }))
    }
}

fn seat(text: &str) -> Result<Option<MembershipId>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::NotFound)
}

// POST /o/{org}/links; GET and POST /o/{org}/links/{link}/edit

/// The second step of a new link, and the form of one that is changed.
#[derive(Template)]
#[template(path = "links/form.html")]
struct FormPage {
    shell: Shell,
    org: String,
    from: TeamOption,
    to: TeamOption,
    /// The link that is changed; none for a new one.
    row: Option<LinkRow>,
    seats: Vec<Seat>,
    form: LinkForm,
    errors: FormErrors,
    /// What somebody else saved meanwhile.
    saved: Option<LinkForm>,
    meanwhile: Option<(String, Moment)>,
    low: String,
    high: String,
}

impl FormPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn action(&self) -> String {
        let row = self.row.as_ref();
        row.map_or_else(|| self.list_url(), |row| format!("{}/edit", row.link.url(&self.org)))
    }

    /// Where leaving leads.
    fn back(&self) -> String {
        let row = self.row.as_ref();
        row.map_or_else(|| team_url(&self.org, &self.from), |row| row.link.url(&self.org))
    }

    fn title(&self) -> String {
        match &self.row {
            Some(row) => row.link.sentence(),
            None => format!("Link {} to {}", self.from.name, self.to.name),
        }
    }

    fn sub(&self) -> &'static str {
        match self.row {
            Some(_) => "Keep it with a new day, or change what is no longer true.",
            None => "Say how they are tied and what for, so that everybody can see it.",
        }
    }

    fn choose_url(&self) -> String {
        format!("{}/new?from={}", self.list_url(), self.from.id)
    }

    fn turned_url(&self) -> String {
        format!("{}/new?from={}&to={}", self.list_url(), self.to.id, self.from.id)
    }

    /// What a kind means between these two.
    fn detail(&self, kind: LinkKind) -> String {
        let (from, to) = (&self.from.name, &self.to.name);
        match kind {
            LinkKind::CollaboratesWith => "They work on the same problem of a customer.".to_owned(),
            LinkKind::HandsOverTo => format!("Work goes on in {to} when {from} is done with it."),
            LinkKind::Informs => format!("{to} needs to know what {from} learns."),
            LinkKind::DependsOn => format!("{from} cannot keep its promise without {to}."),
        }
    }

    /// Both sides: the field, its label, what was typed, and what is saved now.
    fn sides(&self) -> [(&'static str, &TeamOption, &str, Option<String>); 2] {
        let (form, saved) = (&self.form, self.saved.as_ref());
        let now = |typed: &str, saved: Option<&String>| {
            let saved = saved.filter(|saved| *saved != typed)?;
            let seat = self.seats.iter().find(|seat| seat.id.to_string() == *saved);
            Some(seat.map_or_else(|| "Open seat".to_owned(), |seat| seat.name.clone()))
        };
        [
            (
                "from_liaison",
                &self.from,
                &form.from_liaison,
                now(&form.from_liaison, saved.map(|saved| &saved.from_liaison)),
            ),
            (
                "to_liaison",
                &self.to,
                &form.to_liaison,
                now(&form.to_liaison, saved.map(|saved| &saved.to_liaison)),
            ),
        ]
    }

    fn seats_of(&self, team: &TeamOption) -> Vec<(String, &str)> {
        let seats = self.seats.iter().filter(|seat| seat.team == team.id);
        seats.map(|seat| (seat.id.to_string(), seat.name.as_str())).collect()
    }

    fn saved_now(&self, field: &str) -> Option<&str> {
        let saved = self.saved.as_ref()?;
        let (now, typed) = match field {
            "kind" => {
                let kind = LinkKind::parse(&saved.kind)?;
                return (saved.kind != self.form.kind).then(|| kind.title());
            }
            "purpose" => (&saved.purpose, &self.form.purpose),
            _ => (&saved.review_on, &self.form.review_on),
        };
        (now.trim() != typed.replace("\r\n", "\n").trim()).then_some(now)
    }
}

async fn new_page(
    pool: &PgPool,
    visitor: &Visitor,
    [from, to]: [TeamOption; 2],
    form: LinkForm,
    errors: FormErrors,
) -> Result<FormPage> {
    Ok(FormPage {
        shell: visitor.shell(Section::Links),
        org: visitor.slug.clone(),
        seats: db::current_seats(pool, visitor.tenant(), &[from.id, to.id]).await?,
        from,
        to,
        row: None,
        form,
        errors,
        saved: None,
        meanwhile: None,
        low: visitor.today().to_string(),
        high: last_review(visitor.today()).to_string(),
    })
}

pub async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<LinkForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let teams = db::teams(&pool, visitor.tenant()).await?;
    let mut errors = FormErrors::default();
    let chosen = Chosen { from: form.from.clone(), to: form.to.clone() };
    let Some([from, to]) = both(&teams, &chosen, &mut errors)? else {
        return refused(&errors, &choose_page(&visitor, teams, chosen, errors.clone()));
    };
    if let Some(terms) = form.parse(&mut errors)? {
        let sentence = terms.kind.between(&from.name, &to.name);
        let new = NewLink { from: from.id, to: to.id, terms };
        match service::create(&pool, &visitor.actor, visitor.today(), &new).await {
            Ok(_) => {
                let there = team_url(&visitor.slug, &from);
                return Ok(flash::redirect(&there, &format!("{sentence} now.")));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &new_page(&pool, &visitor, [from, to], form, errors.clone()).await?)
}

async fn edit_page(
    pool: &PgPool,
    visitor: &Visitor,
    row: LinkRow,
    mut form: LinkForm,
    errors: FormErrors,
) -> Result<FormPage> {
    let (mut saved, mut meanwhile) = (None, None);
    if errors.is_stale() {
        saved = Some(LinkForm::of(&row));
        form.version = Some(row.version);
        meanwhile = last_change(pool, visitor, row.link.id.0).await?;
    }
    let option = |end: &crate::design::LinkEnd| TeamOption {
        id: end.team,
        name: end.name.clone(),
        is_squad: end.is_squad,
    };
    let (from, to) = (option(&row.link.from), option(&row.link.to));
    // A day that has passed may stay.
    let low = visitor.today().min(row.link.review_on).to_string();
    let high = last_review(visitor.today()).max(row.link.review_on).to_string();
    Ok(FormPage {
        shell: visitor.shell(Section::Links),
        org: visitor.slug.clone(),
        seats: db::current_seats(pool, visitor.tenant(), &[from.id, to.id]).await?,
        from,
        to,
        row: Some(row),
        form,
        errors,
        saved,
        meanwhile,
        low,
        high,
    })
}

pub async fn edit(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, link)): LinkPath,
) -> Result<Response> {
    let row = find_current(&pool, &visitor, link).await?;
    let form = LinkForm::of(&row);
    page(&edit_page(&pool, &visitor, row, form, FormErrors::default()).await?)
}

pub async fn update(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, link)): LinkPath,
    Form(form): Form<LinkForm>,
) -> Result<Response> {
    save(&visitor, &pool, link, form, "The link is saved.").await
}

async fn save(
    visitor: &Visitor,
    pool: &PgPool,
    link: LinkId,
    form: LinkForm,
    said: &str,
) -> Result<Response> {
    visitor.must_design()?;
    let row = find(pool, visitor, link).await?;
    let version = form.version.unwrap_or_default();
    let mut errors = FormErrors::default();
    if let Some(terms) = form.parse(&mut errors)? {
        let (actor, today) = (&visitor.actor, visitor.today());
        match service::update(pool, actor, link, version, today, &terms).await {
            Ok(()) => return Ok(flash::redirect(&row.link.url(&visitor.slug), said)),
            Err(error) => errors.absorb(error)?,
        }
    }
    let row = find(pool, visitor, link).await?;
    refused(&errors, &edit_page(pool, visitor, row, form, errors.clone()).await?)
}

// POST /o/{org}/links/{link}/keep

/// The link that the visitor saw.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepForm {
    version: i32,
}

/// As [`update`], with nothing but the day of the next review.
pub async fn keep(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, link)): LinkPath,
    Form(form): Form<KeepForm>,
) -> Result<Response> {
    let row = find_current(&pool, &visitor, link).await?;
    let (today, day) = (visitor.today(), next_review(visitor.today()));
    let form =
        LinkForm { review_on: day.to_string(), version: Some(form.version), ..LinkForm::of(&row) };
    let said = format!("The link is kept until {}.", ui::day(day, today));
    save(&visitor, &pool, link, form, &said).await
}
