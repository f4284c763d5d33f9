//! Health checks of many squads.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::packs::told;
use crate::error::{Error, Result};
use crate::health::db::{self, PackRow, ScheduleRow, SquadChoice};
use crate::health::domain::{
    CADENCES, HealthRefused, Mode, OPEN_DAYS, PLANNERS, ScheduleName, day, may_plan, number,
};
use crate::health::service::{self, NewSchedule};
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
}

impl ScheduleForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<NewSchedule> {
        let name = errors.check("name", ScheduleName::parse(&self.name));
        let pack = errors.check("pack", self.pack.parse().map_err(|_| HealthRefused::NoPack));
        let cadence_weeks = errors.check("cadence", number("cadence", &self.cadence, CADENCES));
        let starts_on = errors.check("starts_on", day("starts_on", &self.starts_on));
        let open_days = number("open_days", &self.open_days, OPEN_DAYS);
        let open_days = errors.check("open_days", open_days);
        let mode = errors.check("mode", Mode::parse(&self.mode).ok_or(HealthRefused::NoMode));
        let squads: Result<Vec<TeamId>, _> = self.squad.iter().map(|id| id.parse()).collect();
        let squads = squads.ok().filter(|squads| !squads.is_empty());
        let squads = errors.check("squad", squads.ok_or(HealthRefused::NoSquads));
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
    form: ScheduleForm,
    errors: FormErrors,
}

impl FormPage {
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

// POST /o/{org}/health/schedules/{schedule}/end

pub async fn end(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, HealthScheduleId)>,
) -> Result<Response> {
    let done = service::end_schedule(&pool, &visitor.actor, id).await;
    told(done, &schedules_url(&visitor.slug), "It opens no more rounds. Open ones go on.")
}
