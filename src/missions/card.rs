//! The mission on a squad's page.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::db::Version;
use super::squad::SquadHead;
use crate::actor::Roles;
use crate::web::ui::{self, Date};

/// What `templates/missions/card.html` shows.
#[derive(Debug, Clone)]
pub struct MissionCard {
    /// Where the mission is read: `/o/{org}/squads/{squad}/mission`.
    pub url: String,
    /// The newest version.
    pub mission: Option<Version>,
    /// Whether the visitor may write it.
    pub may_write: bool,
    /// Whether the squad still is.
    pub is_live: bool,
    /// The visitor's day.
    pub today: NaiveDate,
    time_zone: Tz,
}

impl MissionCard {
    /// The card of a squad for a visitor with `roles`.
    pub fn of(
        mission: Option<Version>,
        org: &str,
        squad: &SquadHead,
        roles: Roles,
        today: NaiveDate,
        time_zone: Tz,
    ) -> Self {
        let may_write = squad.may_write_mission(roles) && !squad.is_dissolved();
        Self {
            url: super::web::url(org, &squad.slug),
            mission,
            may_write,
            is_live: !squad.is_dissolved(),
            today,
            time_zone,
        }
    }

    /// The day on which a version was written, for the visitor.
    pub fn day(&self, at: DateTime<Utc>) -> Date {
        ui::date(at.with_timezone(&self.time_zone).date_naive(), self.today)
    }
}
