//! Health checks of many squads.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::PgPool;

use super::packs::told;
use crate::error::{Error, Result};
use crate::health::db::{self, PackRow, SchedulePage, ScheduleRow, SquadChoice};
use crate::health::domain::{
    CADENCES, HealthRefused, Mode, OPEN_DAYS, PLANNERS, ScheduleName, day, may_plan, next_period,
    number,
};
use crate::health::service::{self, NewSchedule, ScheduleChange};
use crate::health::{packs_url, schedules_url};
use crate::ids::{HealthScheduleId, TeamId};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET /o/{org}/health/schedules

#[derive(Template)]
#[template(path = "health/schedules.html")]
struct ListPage {
    shell: Shell,
    visitor: Visitor,
    schedules: Vec<ScheduleRow>,
}

impl ListPage {
    fn may_plan(&self) -> bool {
        may_plan(self.visitor.roles())
    }

    fn url(&self, below: &str) -> String {
        format!("{}{below}", schedules_url(&self.visitor.slug))
    }

    fn packs_url(&self) -> String {
        packs_url(&self.visitor.slug)
    }

    fn starts(&self, row: &ScheduleRow) -> Date {
        ui::date(row.starts_on, self.visitor.today())
    }
}

pub async fn list(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    let schedules = db::schedules(&pool, visitor.tenant()).await?;
    page(&ListPage { shell: visitor.shell(Section::Health), visitor, schedules })
}

// GET /o/{org}/health/schedules/new, POST /o/{org}/health/schedules

/// A schedule as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleForm {
    name: String,
    pack: String,
    cadence: String,
    starts_on: String,
    open_days: String,
    mode: String,
    squad: Vec<String>,
    /// Of the schedule that is changed.
    version: i32,
}

impl ScheduleForm {
    /// What can be changed of a schedule, as it is saved.
    fn of(saved: &SchedulePage, today: NaiveDate) -> Self {
        Self {
            name: saved.name.clone(),
            cadence: saved.cadence_weeks.to_string(),
            starts_on: next_period(saved.starts_on, saved.cadence_weeks, today).to_string(),
            open_days: saved.open_days.to_string(),
            squad: saved.squads.iter().map(ToString::to_string).collect(),
            version: saved.version,
            ..Self::default()
        }
    }

    fn parse_change(&self, errors: &mut FormErrors) -> Option<ScheduleChange> {
        let name = errors.check("name", ScheduleName::parse(&self.name));
        let cadence_weeks = errors.check("cadence", number("cadence", &self.cadence, CADENCES));
        let next_on = errors.check("starts_on", day("starts_on", &self.starts_on));
        let open_days = number("open_days", &self.open_days, OPEN_DAYS);
        let open_days = errors.check("open_days", open_days);
        let squads = self.squads(errors);
        Some(ScheduleChange {
            name: name?,
            cadence_weeks: cadence_weeks?,
            next_on: next_on?,
            open_days: open_days?,
            squads: squads?,
        })
    }

    fn squads(&self, errors: &mut FormErrors) -> Option<Vec<TeamId>> {
        let squads: Result<Vec<TeamId>, _> = self.squad.iter().map(|id| id.parse()).collect();
        let squads = squads.ok().filter(|squads| !squads.is_empty());
        errors.check("squad", squads.ok_or(HealthRefused::NoSquads))
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<NewSchedule> {
        let name = errors.check("name", ScheduleName::parse(&self.name));
        let pack = errors.check("pack", self.pack.parse().map_err(|_| HealthRefused::NoPack));
        let cadence_weeks = errors.check("cadence", number("cadence", &self.cadence, CADENCES));
        let starts_on = errors.check("starts_on", day("starts_on", &self.starts_on));
        let open_days = number("open_days", &self.open_days, OPEN_DAYS);
        let open_days = errors.check("open_days", open_days);
        let mode = errors.check("mode", Mode::parse(&self.mode).ok_or(HealthRefused::NoMode));
        let squads = self.squads(errors);
        Some(NewSchedule {
            name: name?,
            pack: pack?,
            cadence_weeks: cadence_weeks?,
            starts_on: starts_on?,
            open_days: open_days?,
            mode: mode?,
            squads: squads?,
        })
    }
}

#[derive(Template)]
#[template(path = "health/schedule.html")]
struct FormPage {
    shell: Shell,
    url: String,
    packs_url: String,
    packs: Vec<PackRow>,
    squads: Vec<SquadChoice>,
    /// The schedule that is changed.
    of: Option<SchedulePage>,
    /// What somebody else saved of it meanwhile.
    saved: Option<ScheduleForm>,
    form: ScheduleForm,
    errors: FormErrors,
}

impl FormPage {
    fn title(&self) -> &'static str {
        if self.of.is_some() { "Change a planned health check" } else { "Plan a health check" }
    }

    /// Where it is sent.
    fn action(&self) -> String {
        match &self.of {
            Some(saved) => format!("{}/{}/edit", self.url, saved.id),
            None => self.url.clone(),
        }
    }

    /// What is saved now in a field, where somebody else saved meanwhile and it differs from what was typed.
    fn saved_now(&self, field: &str) -> Option<&str> {
        let now = self.saved.as_ref()?;
        let (now, typed) = match field {
            "name" => (&now.name, &self.form.name),
            "cadence" => (&now.cadence, &self.form.cadence),
            "open_days" => (&now.open_days, &self.form.open_days),
            _ => (&now.starts_on, &self.form.starts_on),
        };
        (now.trim() != typed.trim()).then_some(now)
    }

    /// Whether somebody else chose other squads meanwhile.
    fn has_other_squads(&self) -> bool {
        let all = |form: &ScheduleForm| form.squad.iter().cloned().collect::<BTreeSet<_>>();
        self.saved.as_ref().is_some_and(|saved| all(saved) != all(&self.form))
    }

    fn is_pack(&self, pack: &PackRow) -> bool {
        self.form.pack == pack.id.to_string()
    }

    fn modes(&self) -> [(Mode, bool); 2] {
        Mode::ALL.map(|mode| (mode, self.form.mode == mode.word()))
    }

    fn is_chosen(&self, squad: &SquadChoice) -> bool {
        self.form.squad.contains(&squad.id.to_string())
    }
}

async fn form_page(
    pool: &PgPool,
    visitor: &Visitor,
    form: ScheduleForm,
    errors: FormErrors,
) -> Result<FormPage> {
    let packs = db::packs(pool, visitor.tenant()).await?;
    Ok(FormPage {
        shell: visitor.shell(Section::Health),
        url: schedules_url(&visitor.slug),
        packs_url: packs_url(&visitor.slug),
        packs: packs.into_iter().filter(|pack| pack.is_live && pack.dimensions > 0).collect(),
        squads: db::squads(pool, visitor.tenant()).await?,
        of: None,
        saved: None,
        form,
        errors,
    })
}

fn must_plan(visitor: &Visitor) -> Result<()> {
    if may_plan(visitor.roles()) { Ok(()) } else { Err(Error::Forbidden(PLANNERS.into())) }
}

pub async fn new(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    must_plan(&visitor)?;
    let (_, cadence) = db::settings(&pool, visitor.tenant()).await?;
    let form = ScheduleForm {
        cadence: cadence.to_string(),
        starts_on: visitor.today().to_string(),
        open_days: "7".to_owned(),
        mode: Mode::Anonymous.word().to_owned(),
        ..ScheduleForm::default()
    };
    page(&form_page(&pool, &visitor, form, FormErrors::default()).await?)
}

pub async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<ScheduleForm>,
) -> Result<Response> {
    must_plan(&visitor)?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        match service::create_schedule(&pool, &visitor.actor, &new).await {
            Ok(_) => {
                let said = "Planned. Rounds open by themselves when their day comes.";
                return Ok(flash::redirect(&schedules_url(&visitor.slug), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &form_page(&pool, &visitor, form, errors.clone()).await?)
}

// GET and POST /o/{org}/health/schedules/{schedule}/edit

/// The day by which the program opens rounds.
fn today(visitor: &Visitor) -> NaiveDate {
    visitor.actor.at.date_naive()
}

type SchedulePath = Path<(String, HealthScheduleId)>;

async fn find(pool: &PgPool, visitor: &Visitor, id: HealthScheduleId) -> Result<SchedulePage> {
    db::find_schedule(pool, visitor.tenant(), id).await?.ok_or(Error::NotFound)
}

async fn edit_page(
    pool: &PgPool,
    visitor: &Visitor,
    saved: SchedulePage,
    form: ScheduleForm,
    errors: FormErrors,
) -> Result<FormPage> {
    Ok(FormPage {
        shell: visitor.shell(Section::Health),
        url: schedules_url(&visitor.slug),
        packs_url: packs_url(&visitor.slug),
        packs: vec![],
        squads: db::squads(pool, visitor.tenant()).await?,
        form: ScheduleForm { version: saved.version, ..form },
        saved: errors.is_stale().then(|| ScheduleForm::of(&saved, today(visitor))),
        of: Some(saved),
        errors,
    })
}

pub async fn edit(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): SchedulePath,
) -> Result<Response> {
    let saved = find(&pool, &visitor, id).await?;
    must_plan(&visitor)?;
    if !saved.is_live {
        return Err(HealthRefused::ScheduleEnded.into());
    }
    let form = ScheduleForm::of(&saved, today(&visitor));
    page(&edit_page(&pool, &visitor, saved, form, FormErrors::default()).await?)
}

pub async fn update(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): SchedulePath,
    Form(form): Form<ScheduleForm>,
) -> Result<Response> {
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse_change(&mut errors) {
        match service::change_schedule(&pool, &visitor.actor, id, form.version, &new).await {
            Ok(()) => return Ok(flash::redirect(&schedules_url(&visitor.slug), "Saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    // Loaded again: after a conflict the newest version is another one.
    let saved = find(&pool, &visitor, id).await?;
    must_plan(&visitor)?;
    refused(&errors, &edit_page(&pool, &visitor, saved, form, errors.clone()).await?)
}

// POST /o/{org}/health/schedules/{schedule}/end

pub async fn end(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, HealthScheduleId)>,
) -> Result<Response> {
    let done = service::end_schedule(&pool, &visitor.actor, id).await;
    told(done, &schedules_url(&visitor.slug), "It opens no more rounds. Open ones go on.")
}
