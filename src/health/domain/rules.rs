//! Who may do what, and what is refused.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::words::Reveal;
use crate::actor::{Role, Roles};
use crate::rule::Rule;

/// H6: how many answers a squad needs before anything is shown.
pub const THRESHOLDS: RangeInclusive<i16> = 3..=10;
/// S9: the organization's cadence, in weeks.
pub const CADENCES: RangeInclusive<i16> = 1..=52;
/// How many days a round of a schedule is open.
pub const OPEN_DAYS: RangeInclusive<i16> = 1..=60;
/// How many days ahead a round may close.
const MAX_DAYS: u64 = 60;
/// How many dimensions a pack has at most: more is not answered in four minutes.
pub const MAX_DIMENSIONS: usize = 15;
/// How many actions come out of a round: one or two are done, more are not.
pub const MAX_ACTIONS: i16 = 2;
/// How many schedules of an organization go on at once. One has as many squads as there are.
pub const MAX_SCHEDULES: i64 = 50;
/// How long a session stays open that nobody ends.
pub const SESSION: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Who opens and closes rounds, for a refusal.
pub const OPENERS: &str = "Only the squad’s members and coaches open and close its health checks.";
/// Who answers, for a refusal.
pub const VOTERS: &str = "Only the squad’s members answer its health check.";
/// Who agrees and takes actions, for a refusal.
pub const OWNERS: &str = "Only the squad’s members do this: its health is the squad’s own.";
/// Who makes packs, for a refusal.
pub const KEEPERS: &str = "Only leaders, coaches and admins make and change packs.";
/// Who plans health checks of many squads, for a refusal.
pub const PLANNERS: &str = "Only coaches plan health checks of many squads.";

/// Whether somebody may open and close the rounds of a squad.
pub fn may_open(roles: Roles, is_member: bool) -> bool {
    is_member || roles.has(Role::Coach)
}

/// Whether somebody may make and change packs.
pub fn may_keep_packs(roles: Roles) -> bool {
    roles.iter().next().is_some()
}

/// Whether somebody may plan health checks of many squads.
pub fn may_plan(roles: Roles) -> bool {
    roles.has(Role::Coach)
}

/// When a round closes: at the end of its last day, or a day after a session began.
pub fn closes_at(
    reveal: Reveal,
    last_day: Option<NaiveDate>,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, HealthRefused> {
    if reveal == Reveal::Session {
        return Ok(now + SESSION);
    }
    let last = last_day.ok_or(HealthRefused::BadDay("closes_on"))?;
    let today = now.with_timezone(&zone).date_naive();
    let latest = today.checked_add_days(Days::new(MAX_DAYS)).unwrap_or(today);
    if !(today..=latest).contains(&last) {
        return Err(HealthRefused::ClosesOn(latest));
    }
    Ok(end_of(last, zone))
}

/// The moment at which a day is over.
pub fn end_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let next = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
    // Where the clock jumps over midnight, the day ends with the next hour.
    zone.from_local_datetime(&next).earliest().map_or_else(|| next.and_utc(), |at| at.to_utc())
}

/// What a round is called: "November 2026", and with a number if there were others in that month.
pub fn label(day: NaiveDate, earlier: i64) -> String {
    let month = day.format("%B");
    match earlier {
        0 => format!("{month} {}", day.year()),
        n => format!("{month} {} ({})", day.year(), n + 1),
    }
}

/// The period of a schedule in which a day lies, by its first day; none before the schedule begins.
pub fn period_of(starts_on: NaiveDate, cadence_weeks: i16, day: NaiveDate) -> Option<NaiveDate> {
    let days = (day - starts_on).num_days();
    let every = i64::from(cadence_weeks) * 7;
    let whole = u64::try_from(days / every * every).ok().filter(|_| days >= 0)?;
    starts_on.checked_add_days(Days::new(whole))
}

/// The first day of the period of a schedule that comes after a day: the very first one before the schedule begins.
pub fn next_period(starts_on: NaiveDate, cadence_weeks: i16, day: NaiveDate) -> NaiveDate {
    let every = Days::new(u64::try_from(cadence_weeks).unwrap_or_default() * 7);
    period_of(starts_on, cadence_weeks, day)
        .map_or(starts_on, |now| now.checked_add_days(every).unwrap_or(now))
}

/// Since when a schedule counts its periods after a change. As long as neither the cadence nor the next day becomes another, it goes on as
/// it did; otherwise it counts anew from the next day, so that no squad is asked in between.
pub fn counted_from(
    (starts_on, was_weeks): (NaiveDate, i16),
    (next_on, weeks): (NaiveDate, i16),
    today: NaiveDate,
) -> Result<NaiveDate, HealthRefused> {
    if weeks == was_weeks && next_on == next_period(starts_on, was_weeks, today) {
        return Ok(starts_on);
    }
    if next_on < today { Err(HealthRefused::NextOn(today)) } else { Ok(next_on) }
}

/// Why something cannot be as asked. Each says the way on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HealthRefused {
    /// No colour.
    #[error("Choose one of the three, or skip this question.")]
    NoColour,
    /// No trend.
    #[error("Choose better, same or worse, or none of them.")]
    NoTrend,
    /// No mode.
    #[error("Choose whether names stay with the answers.")]
    NoMode,
    /// No end.
    #[error("Choose how it ends.")]
    NoReveal,
    /// No pack.
    #[error("Choose a pack.")]
    NoPack,
    /// A pack without questions.
    #[error("This pack has no dimensions. Add one first.")]
    EmptyPack,
    /// No number.
    #[error("Write a whole number from {low} to {high}.")]
    BadNumber {
        /// The field.
        field: &'static str,
        /// The least.
        low: i16,
        /// The most.
        high: i16,
    },
    /// No day.
    #[error("Write the day as in 2026-11-02.")]
    BadDay(&'static str),
    /// Nobody plans for it.
    #[error("Choose a day within the next five years, or the last five.")]
    FarDay(&'static str),
    /// Too early or too late.
    #[error("Choose a day from today to {0}.")]
    ClosesOn(NaiveDate),
    /// Too early.
    #[error("The next one begins on {0} at the earliest.")]
    NextOn(NaiveDate),
    /// It would go on into the next one.
    #[error("A round is over before the next begins: so many weeks have {0} days.")]
    OpenTooLong(i16),
    /// One is open.
    #[error("This squad has an open health check of this pack already. Close it first.")]
    OpenAlready,
    /// Nobody would answer.
    #[error("This squad is dissolved: nobody is in it to answer.")]
    Dissolved,
    /// It is over.
    #[error("This health check is closed. Nothing of it changes any more.")]
    Closed,
    /// Its day has passed.
    #[error("The last day of this health check has passed. It is being closed.")]
    Over,
    /// It is not over.
    #[error("This health check is still open. Close it first.")]
    StillOpen,
    /// Too few answered.
    #[error("Too few answered this for anything to be shown, so there is nothing to agree on.")]
    NotShown,
    /// None of the pack.
    #[error("This is no question of this health check.")]
    NoDimension,
    /// More than two.
    #[error("A health check leads to two actions at most: those get done. Finish one first.")]
    TooManyActions,
    /// Twice.
    #[error("This action is not open any more.")]
    ActionOver,
    /// No state.
    #[error("Say whether it is done or dropped.")]
    NoState,
    /// Too many.
    #[error(
        "A pack has {MAX_DIMENSIONS} dimensions at most, so that it is answered in four minutes. End one first."
    )]
    TooManyDimensions,
    /// Twice.
    #[error("A pack is called {0} already. Choose another name.")]
    NameTaken(String),
    /// It is over.
    #[error("This pack has ended.")]
    PackEnded,
    /// It is over.
    #[error("This dimension has ended.")]
    DimensionEnded,
    /// It is over.
    #[error("This schedule has ended.")]
    ScheduleEnded,
    /// None.
    #[error("Choose at least one squad.")]
    NoSquads,
    /// Too many.
    #[error(
        "{MAX_SCHEDULES} health checks are planned already, and that is the most. End one first."
    )]
    TooManySchedules,
}

impl Rule for HealthRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoColour => "colour_missing",
            Self::NoTrend => "trend_unknown",
            Self::NoMode => "mode_missing",
            Self::NoReveal => "reveal_missing",
            Self::NoPack => "pack_missing",
            Self::EmptyPack => "pack_empty",
            Self::BadNumber { .. } => "number_invalid",
            Self::BadDay(_) => "day_invalid",
            Self::FarDay(_) | Self::ClosesOn(_) => "day_out_of_range",
            Self::NextOn(_) => "day_in_the_past",
            Self::OpenTooLong(_) => "open_too_long",
            Self::OpenAlready => "round_open",
            Self::Dissolved => "squad_dissolved",
            Self::Closed => "round_closed",
            Self::Over => "round_over",
            Self::StillOpen => "round_still_open",
            Self::NotShown => "round_not_shown",
            Self::NoDimension => "dimension_missing",
            Self::TooManyActions => "too_many_actions",
            Self::ActionOver => "action_over",
            Self::NoState => "state_missing",
            Self::TooManyDimensions => "too_many_dimensions",
            Self::NameTaken(_) => "pack_name_taken",
            Self::PackEnded => "pack_ended",
            Self::DimensionEnded => "dimension_ended",
            Self::ScheduleEnded => "schedule_ended",
            Self::NoSquads => "squads_missing",
            Self::TooManySchedules => "too_many_schedules",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoColour => Some("colour"),
            Self::NoTrend => Some("trend"),
            Self::NoMode => Some("mode"),
            Self::NoReveal => Some("reveal"),
            Self::NoPack | Self::EmptyPack => Some("pack"),
            Self::BadNumber { field, .. } | Self::BadDay(field) | Self::FarDay(field) => {
                Some(field)
            }
            Self::ClosesOn(_) => Some("closes_on"),
            Self::NextOn(_) => Some("starts_on"),
            Self::OpenTooLong(_) => Some("open_days"),
            Self::NameTaken(_) => Some("name"),
            Self::NoSquads => Some("squad"),
            Self::NoState => Some("state"),
            _ => None,
        }
    }

    fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::OpenAlready
                | Self::Closed
                | Self::Over
                | Self::StillOpen
                | Self::ActionOver
                | Self::PackEnded
                | Self::DimensionEnded
                | Self::ScheduleEnded
                | Self::Dissolved
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn members_and_coaches_open_and_everybody_with_a_role_keeps_packs() {
        let of = |words: &[&str]| Roles::parse(words).unwrap();
        assert!(may_open(of(&[]), true) && may_open(of(&["coach"]), false));
        assert!(!may_open(of(&["leader", "admin"]), false));
        assert!(!may_keep_packs(of(&[])));
        for role in ["leader", "coach", "admin"] {
            assert!(may_keep_packs(of(&[role])), "{role}");
        }
        assert!(may_plan(of(&["coach"])) && !may_plan(of(&["leader", "admin"])));
    }

    #[test]
    fn a_window_closes_at_the_end_of_its_day_where_it_was_opened() {
        let now = day("2026-11-22").and_hms_opt(12, 0, 0).unwrap().and_utc();
        let oslo = Tz::Europe__Oslo;
        let closes = |text: &str| closes_at(Reveal::Window, Some(day(text)), oslo, now);

        assert_eq!(closes("2026-11-22").unwrap().to_rfc3339(), "2026-11-22T23:00:00+00:00");
        assert!(closes("2026-11-21").is_err());
        assert!(closes("2027-01-21").is_ok(), "60 days");
        assert_eq!(closes("2027-01-22"), Err(HealthRefused::ClosesOn(day("2027-01-21"))));
        assert!(closes_at(Reveal::Window, None, oslo, now).is_err());
        assert_eq!(closes_at(Reveal::Session, None, oslo, now), Ok(now + SESSION));
    }

    #[test]
    fn rounds_are_called_by_their_month() {
        assert_eq!(label(day("2026-11-22"), 0), "November 2026");
        assert_eq!(label(day("2026-11-29"), 1), "November 2026 (2)");
    }

    #[test]
    fn periods_follow_one_another_without_a_gap() {
        let of = |text: &str| period_of(day("2026-01-05"), 8, day(text));
        assert_eq!(of("2026-01-04"), None);
        assert_eq!(of("2026-01-05"), Some(day("2026-01-05")));
        assert_eq!(of("2026-03-01"), Some(day("2026-01-05")));
        assert_eq!(of("2026-03-02"), Some(day("2026-03-02")));
    }

    #[test]
    fn a_changed_schedule_counts_anew_only_where_its_days_change() {
        let (start, today) = (day("2026-01-05"), day("2026-01-20"));
        let next = |today: &str| next_period(start, 8, day(today));
        assert_eq!(next("2026-01-01"), start);
        assert_eq!(next("2026-01-05"), day("2026-03-02"));
        assert_eq!(next("2026-03-01"), day("2026-03-02"));

        let change = |to: &str, weeks: i16| counted_from((start, 8), (day(to), weeks), today);
        assert_eq!(change("2026-03-02", 8), Ok(start), "the round of now is asked still");
        assert_eq!(change("2026-03-02", 4), Ok(day("2026-03-02")));
        assert_eq!(change("2026-01-20", 8), Ok(today));
        assert_eq!(change("2026-01-19", 8), Err(HealthRefused::NextOn(today)));
    }
}
