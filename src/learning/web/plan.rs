//! The plan of an apprentice: its weeks, four tracks, practice, what comes next, feedback, the week's reflection.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use sqlx::PgPool;

use super::at::At;
use crate::error::Result;
use crate::learning::db::{self, EvidenceRow, FeedbackRow, ReflectionRow, StepRow};
use crate::learning::domain::{Family, Rung, StepState, Track, milestone, week_of};
use crate::products::{Finding, WayOut};
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::ui::{Date, Moment, moment};

/// Lines of the log, of feedback, of what comes next.
const FEW: i64 = 3;

// GET /o/{org}/products/{product}/learning/{learner}

/// A week of the bar.
struct Week {
    n: i16,
    class: &'static str,
    milestone: Option<Rung>,
}

#[derive(Template)]
#[template(path = "learning/plan.html")]
struct PlanPage {
    shell: Shell,
    org: String,
    at: At,
    steps: Vec<StepRow>,
    evidence: Vec<(EvidenceRow, Date)>,
    feedback: Vec<(FeedbackRow, Moment)>,
    findings: Vec<Finding>,
    tracks: Vec<Track>,
    weeks: Vec<Week>,
    reflection: Option<ReflectionRow>,
}

impl PlanPage {
    fn of(&self, track: &Track) -> Vec<&StepRow> {
        self.steps.iter().filter(|step| step.state.says.family == track.family).collect()
    }

    fn is_next(track: &Track, step: &StepRow) -> bool {
        track.next == Some(step.state.id)
    }

    /// The next step of each family, by week.
    fn next_up(&self) -> Vec<&StepRow> {
        let is_next = |step: &&StepRow| self.tracks.iter().any(|one| Self::is_next(one, step));
        self.steps.iter().filter(is_next).collect()
    }

    /// Whether the week of a step is over.
    fn is_past(&self, step: &StepRow) -> bool {
        let week = self.at.learner.starts_on.and_then(|from| week_of(from, self.at.now()));
        week.is_some_and(|week| week > i64::from(step.state.says.week))
    }

    /// One line below a step.
    fn line(&self, step: &StepRow) -> String {
        let StepState { says, practised, .. } = &step.state;
        if let (Some(at), Some(by)) = (step.signed_at, &step.signed_by) {
            let first = by.split(' ').next().unwrap_or_default();
            let day = self.at.day(at).format("%-d %B");
            return format!("{}: signed off by {first}, {day}", says.rung.title());
        }
        format!("{practised} of {}, week {}: {}", says.target, says.week, says.rung.title())
    }

    /// Steps that are signed off, the last first.
    fn badges(&self) -> Vec<&StepRow> {
        let mut signed: Vec<_> = self.steps.iter().filter(|step| step.state.is_signed).collect();
        signed.sort_by_key(|step| std::cmp::Reverse(step.signed_at));
        signed
    }

    fn is_warned(track: &Track) -> bool {
        track.done * 4 < track.target
    }

    /// Where the way out of a finding leads, for whoever may go it.
    fn way(&self, finding: &Finding) -> Option<(String, &'static str)> {
        match finding.way_out {
            WayOut::MakePlan(_) => {
                self.at.is_master().then(|| (self.at.url("/plan"), "Make the plan"))
            }
            _ if self.at.learns() => Some((self.at.url("/log"), "Log practice")),
            _ => Some((self.at.url("/feedback"), "Say something")),
        }
    }

    fn all_evidence(&self) -> i64 {
        self.evidence.first().map_or(0, |(row, _)| row.all)
    }

    fn all_feedback(&self) -> i64 {
        self.feedback.first().map_or(0, |(row, _)| row.all)
    }

    /// What the visitor was asked.
    fn asked(&self) -> Option<&str> {
        let me = self.at.visitor.actor.member;
        let asked = self.at.learner.asked.iter().find(|one| one.member == me);
        asked.map(|one| one.about.as_str())
    }

    fn squad_url(&self) -> String {
        let slug = self.at.learner.squad_slug.as_deref().unwrap_or_default();
        crate::squads::url(&self.org, slug)
    }

    fn reflected(&self) -> &str {
        self.reflection.as_ref().map_or("", |row| &row.text)
    }

    fn reflection_version(&self) -> i32 {
        self.reflection.as_ref().map_or(0, |row| row.version)
    }
}

fn weeks(at: &At, states: &[StepState]) -> Vec<Week> {
    let Some(weeks) = at.learner.weeks else { return vec![] };
    let from = at.learner.starts_on.map(|from| (at.now() - from).num_days() / 7 + 1);
    let now = from.unwrap_or_default();
    let class = |n: i16| match i64::from(n) {
        n if n < now => "past",
        n if n == now => "now",
        _ => "",
    };
    (1..=weeks).map(|n| Week { n, class: class(n), milestone: milestone(states, n) }).collect()
}

/// Four statements, beside those that find the visitor and the apprenticeship.
pub async fn show(at: At, State(pool): State<PgPool>) -> Result<Response> {
    let (tenant, id, me) = (at.visitor.tenant(), at.learner.id, at.visitor.actor.member);
    let steps = db::steps(&pool, tenant, id).await?;
    let evidence = db::evidence(&pool, tenant, id, None, None, FEW + 2).await?;
    let feedback = db::feedback(&pool, tenant, id, None, None, FEW).await?;
    let mut reflection = None;
    if at.standing.may_read_reflections()
        && let Some(week) = at.week()
    {
        reflection = db::reflections(&pool, tenant, id, me, Some(week)).await?.pop();
    }
    let states: Vec<_> = steps.iter().map(|step| step.state.clone()).collect();
    let (now, zone) = (at.visitor.actor.at, at.visitor.time_zone);
    let findings = if at.goes_on() { at.design().findings(at.visitor.today()) } else { vec![] };
    page(&PlanPage {
        shell: at.shell(),
        org: at.visitor.slug.clone(),
        evidence: evidence.into_iter().map(|row| (row.clone(), at.shown(row.on_day))).collect(),
        feedback: feedback
            .into_iter()
            .map(|row| (row.clone(), moment(row.at, now, zone)))
            .collect(),
        findings,
        tracks: Family::ALL.iter().map(|family| Track::of(*family, &states)).collect(),
        weeks: weeks(&at, &states),
        reflection,
        steps,
        at,
    })
}
