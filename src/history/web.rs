//! The activity page: every change, filtered by who, what, kind and time, and the same as a file.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::db::{self, Entry, Filter};
use super::difference::{Difference, Reader, differences};
use super::undoing::{is_young, undoing};
use crate::actor::Roles;
use crate::error::{Error, Result};
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Query, Routes, Who, csv, page};

/// Events on one page.
const PAGE: usize = 50;
/// Events in one file.
const MAX_FILE: i64 = 10_000;

/// The addresses of history.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/activity", Who::Member, list).get(
        "/o/{org}/activity.csv",
        Who::Admin,
        export,
    )
}

/// The filter as it stands in the address: everything may be missing or empty.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
struct Asked {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    who: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    what: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    to: String,
    /// Microseconds and id of the last event of the page before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    before: String,
}

const UNREADABLE: Error = Error::BadRequest("The address has a filter that is not readable.");

impl Asked {
    /// The filter for the database. Days are those of `zone`, both of them included.
    fn filter(&self, zone: Tz) -> Result<Filter> {
        let (who_id, who) = id_or_name(&self.who);
        let (what_id, what) = id_or_name(&self.what);
        let midnight = |day: NaiveDate| {
            // Where the clock jumps over midnight, the day begins with the next hour.
            let start = day.and_time(NaiveTime::MIN);
            let start = zone.from_local_datetime(&start).earliest();
            start.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |start| start.to_utc())
        };
        let day = |text: &str| match text.trim() {
            "" => Ok(None),
            text => {
                let day: Option<NaiveDate> = text.parse().ok();
                // The database knows no day of long before.
                day.filter(|day| (1..=9999).contains(&day.year())).map(Some).ok_or(UNREADABLE)
            }
        };
        Ok(Filter {
            who_id,
            who,
            kind: Some(self.kind.trim().to_owned()).filter(|kind| !kind.is_empty()),
            what_id,
            what,
            from: day(&self.from)?.map(midnight),
            until: day(&self.to)?.and_then(|day| day.succ_opt()).map(midnight),
            before: cursor(&self.before)?,
        })
    }

    fn is_empty(&self) -> bool {
        [&self.who, &self.what, &self.kind, &self.from, &self.to]
            .iter()
            .all(|text| text.trim().is_empty())
    }

    /// The query string, from its question mark on.
    fn query(&self) -> String {
        let query = serde_html_form::to_string(self).unwrap_or_default();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

fn id_or_name(text: &str) -> (Option<Uuid>, Option<String>) {
    let text = text.trim();
    match text.parse() {
        _ if text.is_empty() => (None, None),
        Ok(id) => (Some(id), None),
        Err(_) => (None, Some(text.to_owned())),
    }
}

fn cursor(text: &str) -> Result<Option<(DateTime<Utc>, Uuid)>> {
    if text.is_empty() {
        return Ok(None);
    }
    let (at, id) = text.split_once('.').ok_or(UNREADABLE)?;
    let at = at.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(UNREADABLE)?;
    Ok(Some((at, id.parse().map_err(|_| UNREADABLE)?)))
}

// GET /o/{org}/activity

#[derive(Template)]
#[template(path = "history/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    asked: Asked,
    kinds: Vec<String>,
    entries: Vec<Entry>,
    newest: Option<String>,
    older: Option<String>,
    may_export: bool,
    me: MemberId,
    roles: Roles,
    now: DateTime<Utc>,
    zone: Tz,
}

/// What is said beside a change about taking it back.
enum Undo {
    /// The address that does it.
    Offered(String),
    /// It was done.
    Done,
    /// Why not.
    Impossible(&'static str),
    /// Nothing: it is long ago, or not this visitor's to do.
    Nothing,
}

impl ListPage {
    fn undo(&self, entry: &Entry) -> Undo {
        let is_own = entry.member_id == Some(self.me);
        match undoing(&entry.kind, entry.before.as_ref(), entry.after.as_ref()) {
            _ if entry.is_undone => Undo::Done,
            _ if !is_young(entry.at, self.now) => Undo::Nothing,
            Ok(inverse) if inverse.is_offered(self.roles, is_own) => {
                Undo::Offered(format!("/o/{}/undo/{}", self.org, entry.id))
            }
            Err(why) if is_own || self.roles.may_design() => Undo::Impossible(why),
            _ => Undo::Nothing,
        }
    }

    fn url(&self) -> String {
        url(&self.org)
    }
    fn csv_url(&self) -> String {
        format!(
            "{}.csv{}",
            self.url(),
            Asked { before: String::new(), ..self.asked.clone() }.query()
        )
    }
    fn lines(&self, entry: &Entry) -> Vec<Difference> {
        let reader = Reader { now: self.now, zone: self.zone };
        differences(entry.before.as_ref(), entry.after.as_ref(), reader)
    }
    fn moment(&self, entry: &Entry) -> Moment {
        ui::moment(entry.at, self.now, self.zone)
    }
}

/// The address of the activity page.
pub fn url(org: &str) -> String {
    format!("/o/{org}/activity")
}

async fn list(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let filter = asked.filter(visitor.time_zone)?;
    // One more than is shown says whether there are older ones.
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut entries = db::list(&pool, visitor.tenant(), &filter, limit).await?;
    let kinds = db::kinds(&pool, visitor.tenant()).await?;
    let has_older = entries.len() > PAGE;
    entries.truncate(PAGE);
    let to = |before: String| {
        format!("{}{}", url(&visitor.slug), Asked { before, ..asked.clone() }.query())
    };
    let last = entries.last().filter(|_| has_older);
    let older = last.map(|last| to(format!("{}.{}", last.at.timestamp_micros(), last.id)));
    let newest = filter.before.map(|_| to(String::new()));
    let (now, zone) = (visitor.actor.at, visitor.time_zone);
    let (me, roles) = (visitor.actor.member, visitor.roles());
    let may_export = roles.may_administer();
    let shell = visitor.shell(Section::Activity);
    page(&ListPage {
        shell,
        org: visitor.slug,
        asked,
        kinds,
        entries,
        newest,
        older,
        may_export,
        me,
        roles,
        now,
        zone,
    })
}

// GET /o/{org}/activity.csv

async fn export(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    visitor.must_administer()?;
    let filter = asked.filter(visitor.time_zone)?;
    let entries = db::list(&pool, visitor.tenant(), &filter, MAX_FILE).await?;
    let head =
        ["at", "who", "what", "kind", "reason", "before", "after", "event"].map(str::to_owned);
    let json =
        |value: Option<serde_json::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    let rows = entries.into_iter().map(|entry| {
        vec![
            entry.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            entry.member_name.unwrap_or_default(),
            entry.summary,
            entry.kind,
            entry.reason.unwrap_or_default(),
            json(entry.before),
            json(entry.after),
            entry.id.to_string(),
        ]
    });
    csv::download(
        &format!("activity-{}.csv", visitor.slug),
        std::iter::once(head.to_vec()).chain(rows),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_visitors_and_both_are_included() {
        let asked =
            Asked { from: "2026-11-20".into(), to: "2026-11-21".into(), ..Asked::default() };
        let filter = asked.filter(Tz::Europe__Oslo).unwrap();
        assert_eq!(filter.from.unwrap().to_rfc3339(), "2026-11-19T23:00:00+00:00");
        assert_eq!(filter.until.unwrap().to_rfc3339(), "2026-11-21T23:00:00+00:00");
    }

    #[test]
    fn a_filter_that_is_no_date_or_place_is_refused() {
        assert!(Asked { from: "yesterday".into(), ..Asked::default() }.filter(Tz::UTC).is_err());
        assert!(Asked { before: "12".into(), ..Asked::default() }.filter(Tz::UTC).is_err());
        assert!(Asked::default().filter(Tz::UTC).is_ok());
    }

    #[test]
    fn who_is_an_id_or_a_part_of_a_name() {
        let id = "01900000-0000-7000-8000-000000000000";
        assert_eq!(id_or_name(id).0.unwrap().to_string(), id);
        assert_eq!(id_or_name(" Aisha "), (None, Some("Aisha".to_owned())));
        assert_eq!(id_or_name(" "), (None, None));
    }

    #[test]
    fn what_is_not_asked_is_not_in_the_address() {
        assert_eq!(Asked::default().query(), "");
        let asked =
            Asked { who: "Aisha R".into(), kind: "mission_written".into(), ..Asked::default() };
        assert_eq!(asked.query(), "?who=Aisha+R&kind=mission_written");
    }
}
