//! The page of a request, from asking to what stays.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::coaching::db::{self, AgreementRow, NoteRow, Seen, SessionRow};
use crate::coaching::domain::{Helped, State};
use crate::error::Result;
use crate::health::{self, Colour, Trend};
use crate::health_board::Said;
use crate::ids::CoachingSessionId;
use crate::web::shell::Shell;
use crate::web::ui::{self, Date};
use crate::web::{FormErrors, page};

/// Versions of an agreement that the page knows.
const VERSIONS: i64 = 20;

/// Health checks that the page shows, before it was asked for and since.
const ROUNDS: i64 = 8;

// GET /o/{org}/coaching/{request}

/// What was typed into one of the small forms of the page.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typed {
    /// A note, or what the two see when they look back.
    pub text: String,
    /// Whether the note is for its author alone.
    pub private: String,
    /// The session that the note is about.
    pub session: String,
    /// The day of a session.
    pub day: String,
    /// Its time.
    pub time: String,
    /// Whether it helped.
    pub helped: String,
    /// What stays.
    pub stays: String,
    /// Why.
    pub reason: String,
    /// The version that is agreed to.
    pub version: i32,
    /// The page on which the form stood, if it was not this one.
    pub next: String,
}

#[derive(Template)]
#[template(path = "coaching/show.html")]
pub struct ShowPage {
    shell: Shell,
    org: String,
    at: At,
    agreements: Vec<AgreementRow>,
    sessions: Vec<SessionRow>,
    notes: Vec<NoteRow>,
    /// How the squad saw the dimension that led to it, before and since.
    seen: Vec<Seen>,
    /// Which form was refused; its fields have what was typed and the errors.
    doing: &'static str,
    typed: Typed,
    errors: FormErrors,
}

impl ShowPage {
    /// What was typed into a form, if it was refused.
    fn typed<'a>(&'a self, doing: &str, text: &'a str) -> &'a str {
        if self.doing == doing { text } else { "" }
    }

    fn error(&self, doing: &str, field: &str) -> Option<&str> {
        if self.doing == doing { self.errors.on(field) } else { None }
    }

    fn held_form(session: &SessionRow) -> String {
        format!("held-{}", session.id)
    }

    /// The version that is in force.
    fn in_force(&self) -> Option<&AgreementRow> {
        self.agreements.iter().find(|row| Some(row.version) == self.at.request.agreed_version)
    }

    /// The newest version with this coach, while it waits for one of the two.
    fn waits(&self) -> Option<&AgreementRow> {
        let newest = self.agreements.first()?;
        let is_with = Some(newest.coach) == self.at.request.coach;
        (is_with && !newest.is_mutual() && !self.at.request.state.is_over()).then_some(newest)
    }

    /// Whether it waits for the visitor's side.
    fn waits_for_me(&self, row: &AgreementRow) -> bool {
        let standing = self.at.standing;
        if standing.is_coach {
            row.coach_at.is_none()
        } else {
            standing.agrees_for_squad() && row.squad_at.is_none()
        }
    }

    fn may_write_agreement(&self) -> bool {
        self.at.standing.is_pair()
            && self.at.request.coach.is_some()
            && matches!(self.at.request.state, State::Open | State::Agreed | State::Active)
    }

    fn may_meet(&self) -> bool {
        self.at.standing.is_pair() && self.at.request.state.has_sessions()
    }

    fn may_note(&self) -> bool {
        self.at.standing.is_pair()
            && self.at.request.coach.is_some()
            && !self.at.request.state.is_over()
    }

    fn may_pull(&self) -> bool {
        let of = &self.at.standing;
        self.waits_for_coach() && of.coaches && !of.is_member
    }

    fn waits_for_coach(&self) -> bool {
        self.at.request.state == State::Open && self.at.request.coach.is_none()
    }

    fn may_let_go(&self) -> bool {
        self.at.request.state == State::Open
            && self.at.request.coach.is_some()
            && self.at.standing.is_pair()
    }

    fn may_look_back(&self) -> bool {
        self.at.standing.is_coach && self.at.request.state == State::Active
    }

    fn may_close(&self) -> bool {
        self.at.standing.agrees_for_squad() && self.at.request.state == State::Review
    }

    fn may_withdraw(&self) -> bool {
        self.at.standing.is_member && !self.at.request.state.is_over()
    }

    fn has_come(&self, session: &SessionRow) -> bool {
        session.starts_at <= self.at.visitor.actor.at
    }

    /// "Tuesday 1 December, 10:00", for the visitor.
    fn time(&self, at: &DateTime<Utc>) -> String {
        at.with_timezone(&self.at.visitor.time_zone).format("%A %-d %B, %H:%M").to_string()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn day(&self, day: &NaiveDate) -> Date {
        ui::date(*day, self.at.visitor.today())
    }

    fn notes_of<'a>(&'a self, session: &SessionRow) -> Vec<&'a NoteRow> {
        self.notes.iter().filter(|note| note.session == Some(session.id)).collect()
    }

    fn other_notes(&self) -> Vec<&NoteRow> {
        self.notes.iter().filter(|note| note.session.is_none()).collect()
    }

    /// Sessions that took place or are planned, with their number.
    fn meetings(&self) -> Vec<(usize, &SessionRow)> {
        let all = self.sessions.iter().filter(|session| session.state != "cancelled");
        all.enumerate().map(|(n, session)| (n + 1, session)).collect()
    }

    fn held(&self) -> usize {
        self.sessions.iter().filter(|session| session.state == "held").count()
    }

    fn agreed_sessions(&self) -> i16 {
        self.in_force().map_or(0, |row| row.sessions)
    }

    fn is_chosen(&self, id: &CoachingSessionId) -> bool {
        self.doing == "note" && self.typed.session == id.to_string()
    }

    fn is_private(&self, doing: &str) -> bool {
        self.doing == doing && !self.typed.private.is_empty()
    }

    fn helped(&self) -> &'static str {
        let helped = self.at.request.helped.as_deref().and_then(|word| Helped::parse(word).ok());
        helped.map_or("", Helped::title)
    }

    /// Where the way through it stands, in a sentence.
    fn sentence(&self) -> String {
        let (request, coach) = (&self.at.request, self.at.coach());
        match request.state {
            State::Open if request.coach.is_none() => {
                "Waits on the board until a coach pulls it. Nobody assigns it.".to_owned()
            }
            State::Open => format!(
                "{coach} has pulled it. Next, both agree on the goal, the exit criteria and the end date."
            ),
            State::Agreed => "Agreed. It is active with the first session.".to_owned(),
            State::Active => "Sessions take place until the exit criteria are met.".to_owned(),
            State::Review => "Looked back on. The squad says whether it helped.".to_owned(),
            State::Closed => "Closed by the squad.".to_owned(),
            State::Withdrawn => "Withdrawn. The squad may ask again at any time.".to_owned(),
        }
    }

    /// The colour of a health check: as the squad agreed, or as most gave it.
    fn colour(seen: &Seen) -> &'static str {
        seen.outcome.colour().map_or("none", Colour::word)
    }

    fn trend(seen: &Seen) -> &'static str {
        seen.outcome.trend().map_or("", Trend::word)
    }

    /// Where the answers of a health check stand.
    fn seen_url(&self, seen: &Seen) -> String {
        let round = health::round_url(&self.org, &self.at.request.slug, seen.round);
        format!("{round}#d-{}", seen.asked.0)
    }

    fn said(seen: &Seen) -> Said {
        Said(seen.outcome.counts)
    }

    /// Whether it was before the squad asked, or since.
    fn when(&self, seen: &Seen) -> &'static str {
        if self.is_before(seen) { "before the squad asked" } else { "since the squad asked" }
    }

    fn is_before(&self, seen: &Seen) -> bool {
        seen.at < self.at.request.raised_at
    }

    /// Whether the health check before it, which stands below it, asked in other words.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn is_reworded(&self, place: &usize) -> bool {
        let below = self.seen.get(place + 1);
        below.is_some_and(|below| below.asked != self.seen[*place].asked)
    }

    /// What has changed since the squad asked, in a sentence: the last health check before it beside the newest since.
    fn effect(&self) -> String {
        effect(
            self.seen.iter().find(|seen| self.is_before(seen)),
            self.seen.first().filter(|seen| !self.is_before(seen)),
        )
    }

    fn finding_of(&self) -> String {
        match (self.at.request.dimension.as_str(), self.at.request.finding.as_str()) {
            ("", "") => String::new(),
            ("", finding) => format!("Finding {finding}"),
            (dimension, _) => dimension.to_owned(),
        }
    }
}

/// The sentence of [`ShowPage::effect`]. It is said of the squad's own view, and of nobody who coached it (H9).
fn effect(before: Option<&Seen>, since: Option<&Seen>) -> String {
    let colour = |seen: &Seen| seen.outcome.colour().map_or("", Colour::title);
    match (before, since) {
        (Some(_), None) => "No health check with it was closed since. The next one will show whether something changed.".to_owned(),
        (None, Some(since)) => {
            format!("{} in {}. The squad had not been asked before.", colour(since), since.label)
        }
        (Some(before), Some(since)) if before.asked != since.asked => {
            "It is asked in other words since, so before and since cannot be compared.".to_owned()
        }
        (Some(before), Some(since)) if colour(before) == colour(since) => {
            format!("{} before, and still so in {}.", colour(before), since.label)
        }
        (Some(before), Some(since)) => format!(
            "{} before, {} in {}.",
            colour(before),
            colour(since).to_lowercase(),
            since.label
        ),
        (None, None) => "No health check with this dimension was closed with answers enough.".to_owned(),
    }
}

pub async fn show_page(
    pool: &PgPool,
    at: At,
    doing: &'static str,
    typed: Typed,
    errors: FormErrors,
) -> Result<ShowPage> {
    let (tenant, id, me) = (at.visitor.tenant(), at.request.id, at.visitor.actor.member);
    let mut seen = vec![];
    if !at.request.dimension.is_empty() {
        let which = (at.request.dimension_id, at.request.dimension.as_str());
        seen = db::seen(pool, tenant, at.request.team, which, ROUNDS).await?;
    }
    Ok(ShowPage {
        shell: at.shell(),
        seen,
        org: at.visitor.slug.clone(),
        agreements: db::agreements(pool, tenant, id, VERSIONS).await?,
        sessions: db::sessions(pool, tenant, id).await?,
        notes: db::notes(pool, tenant, id, me).await?,
        doing,
        typed,
        errors,
        at,
    })
}

/// Three or four statements, beside those that find the visitor and the request.
pub async fn show(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    page(&show_page(&pool, at, "", Typed::default(), FormErrors::default()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Counts, Outcome};
    use crate::ids::{DimensionId, RoundId};

    #[test]
    fn the_last_check_before_stands_beside_the_newest_since() {
        let dimension = DimensionId::new();
        let seen = |label: &str, version, (green, amber, red)| Seen {
            round: RoundId::new(),
            label: label.to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            asked: (dimension, version),
            outcome: Outcome { counts: Counts { green, amber, red }, ..Outcome::default() },
        };
        let (before, since) = (seen("May", 1, (0, 1, 5)), seen("July", 1, (2, 4, 0)));
        assert_eq!(effect(Some(&before), Some(&since)), "Needs help before, some trouble in July.");
        assert_eq!(
            effect(Some(&before), Some(&seen("July", 1, (1, 1, 4)))),
            "Needs help before, and still so in July."
        );
        let other = effect(Some(&before), Some(&seen("July", 2, (6, 0, 0))));
        assert!(other.contains("cannot be compared"), "{other}");
        assert!(
            effect(Some(&before), None).starts_with("No health check with it was closed since.")
        );
        assert!(effect(None, Some(&since)).starts_with("Some trouble in July."));
        assert!(effect(None, None).starts_with("No health check with this dimension"));
    }
}
