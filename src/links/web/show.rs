//! A link's page, and its end.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::PgPool;

use crate::error::{Error, Result};
use crate::history::{self, Recent};
use crate::ids::LinkId;
use crate::links::db::{self, LinkRow};
use crate::links::domain::{LinkRefused, next_review};
use crate::links::{list_url, service};
use crate::organizations::Visitor;
use crate::squads::last_change;
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date, Moment};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

/// Lines of activity.
const RECENT: i64 = 20;

/// The parts of the address.
pub type LinkPath = Path<(String, LinkId)>;

/// Finds the link of the address.
pub async fn find(pool: &PgPool, visitor: &Visitor, link: LinkId) -> Result<LinkRow> {
    db::find(pool, visitor.tenant(), link).await?.ok_or(Error::NotFound)
}

/// Finds the link of the address for those who may change it, while it has not ended.
pub async fn find_current(pool: &PgPool, visitor: &Visitor, link: LinkId) -> Result<LinkRow> {
    visitor.must_design()?;
    let row = find(pool, visitor, link).await?;
    if row.until_at.is_some() {
        return Err(LinkRefused::Ended(row.link.sentence()).into());
    }
    Ok(row)
}

// GET /o/{org}/links/{link}

#[derive(Template)]
#[template(path = "links/show.html")]
struct ShowPage {
    shell: Shell,
    org: String,
    row: LinkRow,
    may_design: bool,
    events: Vec<(Recent, Moment)>,
    since: Date,
    until: Option<Date>,
    today: NaiveDate,
}

impl ShowPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn url(&self, below: &str) -> String {
        format!("{}{below}", self.row.link.url(&self.org))
    }

    /// Until when an overdue link is kept by one click; nothing for those who may not, and before its day.
    fn kept_until(&self) -> Option<Date> {
        let is_asked = self.may_design && self.row.link.is_overdue(self.today);
        is_asked.then(|| ui::date(next_review(self.today), self.today))
    }

    fn sentence(&self) -> String {
        self.row.link.sentence()
    }

    fn member_url(&self, member: &crate::ids::MemberId) -> String {
        format!("/o/{}/members/{member}", self.org)
    }
}

pub async fn show(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, link)): LinkPath,
) -> Result<Response> {
    let row = find(&pool, &visitor, link).await?;
    let recent = history::about(&pool, visitor.tenant(), link.0, RECENT).await?;
    let (now, zone, today) = (visitor.actor.at, visitor.time_zone, visitor.today());
    let events = recent.into_iter().map(|recent| {
        let at = ui::moment(recent.at, now, zone);
        (recent, at)
    });
    let day =
        |at: chrono::DateTime<chrono::Utc>| ui::date(at.with_timezone(&zone).date_naive(), today);
    page(&ShowPage {
        shell: visitor.shell(Section::Links),
        may_design: visitor.roles().may_design() && row.until_at.is_none(),
        events: events.collect(),
        since: day(row.from_at),
        until: row.until_at.map(day),
        today,
        org: visitor.slug,
        row,
    })
}

// GET and POST /o/{org}/links/{link}/end

/// Why.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndForm {
    #[serde(default)]
    reason: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "links/end.html")]
struct EndPage {
    shell: Shell,
    org: String,
    row: LinkRow,
    form: EndForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl EndPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn url(&self, below: &str) -> String {
        format!("{}{below}", self.row.link.url(&self.org))
    }
}

pub async fn ask_end(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, link)): LinkPath,
) -> Result<Response> {
    let row = find_current(&pool, &visitor, link).await?;
    let form = EndForm { reason: String::new(), version: row.version };
    let (shell, errors) = (visitor.shell(Section::Links), FormErrors::default());
    page(&EndPage { shell, org: visitor.slug, row, form, errors, meanwhile: None })
}

pub async fn end(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, link)): LinkPath,
    Form(mut form): Form<EndForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let row = find(&pool, &visitor, link).await?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        match service::end(&pool, &visitor.actor, link, form.version, &reason).await {
            Ok(()) => {
                let text = "The link has ended. Its history stays.";
                return Ok(flash::redirect(&row.link.url(&visitor.slug), text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let row = find(&pool, &visitor, link).await?;
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = row.version;
        meanwhile = last_change(&pool, &visitor, link.0).await?;
    }
    let shell = visitor.shell(Section::Links);
    let shown = EndPage { shell, org: visitor.slug, row, form, errors: errors.clone(), meanwhile };
    refused(&errors, &shown)
}
