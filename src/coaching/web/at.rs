//! The request of an address: who asks for it, and what every page about it shows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use crate::AppState;
use crate::coaching::db::{self, RequestRow};
use crate::coaching::domain::{MEMBERS, PAIR, Standing};
use crate::coaching::{board_url, squad_url, url};
use crate::error::{Error, Result};
use crate::ids::CoachingId;
use crate::organizations::Visitor;
use crate::web::path_part;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};

/// The request in the address and who asks for it; 404 if there is none in their organization.
#[derive(Debug, Clone)]
pub struct At {
    /// Who asks.
    pub visitor: Visitor,
    /// The request.
    pub request: RequestRow,
    /// Who the visitor is to it.
    pub standing: Standing,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let word = path_part(parts, state, "request").await?;
        let id = word.parse().map_err(|_| Error::NotFound)?;
        Self::load(visitor, &state.pool, id).await
    }
}

impl At {
    async fn load(visitor: Visitor, pool: &PgPool, id: CoachingId) -> Result<Self> {
        let (tenant, actor) = (visitor.tenant(), &visitor.actor);
        let request = db::find(pool, tenant, id, actor.member).await?.ok_or(Error::NotFound)?;
        let standing = Standing::of(actor.member, actor.roles, request.is_member, request.coach);
        Ok(Self { visitor, request, standing })
    }

    /// As it is now, for a page that was refused something.
    pub async fn again(self, pool: &PgPool) -> Result<Self> {
        Self::load(self.visitor, pool, self.request.id).await
    }

    /// The address of the request, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.visitor.slug, self.request.id))
    }

    /// The address of the board.
    pub fn board_url(&self) -> String {
        board_url(&self.visitor.slug)
    }

    /// The address of the squad's coaching.
    pub fn squad_url(&self) -> String {
        squad_url(&self.visitor.slug, &self.request.slug)
    }

    /// The frame.
    pub fn shell(&self) -> Shell {
        self.visitor.shell(Section::Coaching)
    }

    /// For the pages of the coach and the squad.
    pub fn must_be_pair(&self) -> Result<()> {
        if self.standing.is_pair() { Ok(()) } else { Err(Error::Forbidden(PAIR.into())) }
    }

    /// For what the squad alone does.
    pub fn must_be_member(&self) -> Result<()> {
        if self.standing.is_member { Ok(()) } else { Err(Error::Forbidden(MEMBERS.into())) }
    }

    /// A moment as it is shown.
    pub fn moment(&self, at: &DateTime<Utc>) -> Moment {
        ui::moment(*at, self.visitor.actor.at, self.visitor.time_zone).inside()
    }

    /// The coach's name.
    pub fn coach(&self) -> &str {
        self.request.coach_name.as_deref().unwrap_or("the coach")
    }
}

/// "waiting 5 days", and whether that is long: by the days of the calendar, so that a page says the same all day.
pub fn waiting(since: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> (String, bool) {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let days = (day(now) - day(since)).num_days();
    let words = match days {
        ..=0 => "waiting since today".to_owned(),
        1 => "waiting since yesterday".to_owned(),
        n => format!("waiting {n} days"),
    };
    (words, days >= LONG)
}

/// Who waits longer than so many days is pointed out.
const LONG: i64 = 5;

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn waiting_is_said_in_days_and_pointed_out_from_the_fifth_on() {
        let noon = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(30) + TimeDelta::hours(12);
        let of = |hours| waiting(noon - TimeDelta::hours(hours), noon, Tz::UTC);
        assert_eq!(of(3), ("waiting since today".to_owned(), false));
        assert_eq!(of(13), ("waiting since yesterday".to_owned(), false));
        assert_eq!(of(24 * 4 + 12), ("waiting 4 days".to_owned(), false));
        assert_eq!(of(24 * 4 + 13), ("waiting 5 days".to_owned(), true));
        let late = waiting(noon - TimeDelta::hours(3), noon, Tz::Asia__Tokyo);
        assert_eq!(late.0, "waiting since today", "by the visitor's calendar");
    }
}
