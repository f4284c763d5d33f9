//! What the rules say about how often a squad looks at its numbers and at itself: S6 and S9.

use chrono::NaiveDate;

use super::domain::{MAX_LIVE_METRICS, SquadDesign};
use super::findings::{Code, Finding, Severity, WayOut, finding};

/// S6.
pub(super) fn metrics(squad: &SquadDesign, today: NaiveDate) -> Vec<Finding> {
    let mut findings = Vec::new();
    if squad.goal.is_none() {
        findings.push(finding(
            squad,
            Code::S6,
            Severity::Warning,
            "There is no goal metric.".to_owned(),
            "How would a customer notice? Choose one number that says so.".to_owned(),
            WayOut::SetGoalMetric(squad.id),
        ));
    }
    if squad.looks.len() > MAX_LIVE_METRICS {
        findings.push(finding(
            squad,
            Code::S6,
            Severity::Warning,
            format!("{} live metrics, more than {MAX_LIVE_METRICS}.", squad.looks.len()),
            "Whoever watches everything steers by nothing. End the ones that change no decision."
                .to_owned(),
            WayOut::ReviewMetrics(squad.id),
        ));
    }
    findings.extend(overdue(squad, today));
    findings
}

/// The last part of S6: one finding for all check-ins that are overdue.
fn overdue(squad: &SquadDesign, today: NaiveDate) -> Option<Finding> {
    let late: Vec<_> = squad.looks.iter().filter(|look| look.due_on < today).collect();
    let (title, way_out) = match late[..] {
        [] => return None,
        [look] => (
            format!("The check-in of “{}” is overdue.", look.name),
            WayOut::CheckIn { squad: squad.id, metric: look.metric },
        ),
        _ => (format!("{} check-ins are overdue.", late.len()), WayOut::ReviewMetrics(squad.id)),
    };
    let day = late[0].due_on.format("%-d %B %Y");
    let reason = format!(
        "{} by {day}. A number that nobody looks at steers nothing: check in, or end the metric.",
        if late.len() == 1 { "It was due" } else { "The first was due" }
    );
    Some(finding(squad, Code::S6, Severity::Warning, title, reason, way_out))
}

/// S9.
pub(super) fn health(squad: &SquadDesign, today: NaiveDate) -> Option<Finding> {
    let health = squad.health.filter(|health| squad.is_active && health.due_on < today)?;
    let title = match health.last {
        Some(last) => format!("No health check since {}.", last.format("%-d %B %Y")),
        None => "No health check yet.".to_owned(),
    };
    let reason = format!(
        "The organization asks for one by {}. A few minutes each show the squad what to tend first.",
        health.due_on.format("%-d %B %Y")
    );
    let way_out = WayOut::CheckHealth(squad.id);
    Some(finding(squad, Code::S9, Severity::Advice, title, reason, way_out))
}
