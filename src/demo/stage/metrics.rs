//! The metrics of squads, and what was said of them.

use chrono::{Days, NaiveTime, TimeDelta};

use super::{MORNING, Stage};
use crate::demo::company::Goal;
use crate::demo::story::{BESIDE, MetricAct};
use crate::error::{Error, Result};
use crate::metrics::{Aim, Cadence, MetricName, NewCheckIn, NewMetric, Note, Unit, service};

/// A metric of the company that is looked at every two weeks.
pub(super) fn metric((name, unit, direction, baseline, target): Goal) -> Result<NewMetric> {
    Ok(NewMetric {
        name: MetricName::parse(name)?,
        unit: Unit::parse(unit)?,
        aim: Aim::new(direction, Some(baseline), target, None)?,
        baseline: Some(baseline),
        cadence: Cadence::TwoWeeks,
    })
}

impl Stage<'_> {
    pub(super) async fn metric(&mut self, act: &MetricAct) -> Result<()> {
        match act {
            MetricAct::Add { squad, by, at } => {
                let (kind, goal) = BESIDE[*at];
                let (actor, team) = (self.actor(Some(*by)), self.squads[*squad]);
                let id = service::add(self.pool, &actor, team, kind, &metric(goal)?).await?;
                self.metrics.insert((*squad, Some(*at)), id);
                Ok(())
            }
            MetricAct::CheckIns { squad, of, said } => {
                let Some(first) = said.first() else { return Ok(()) };
                let metric = self.metrics.get(&(*squad, *of)).copied().ok_or(Error::NotFound)?;
                let at = |day: i64| {
                    let day = self.today - Days::new(day.unsigned_abs());
                    day.and_time(NaiveTime::MIN).and_utc() + MORNING + TimeDelta::hours(2)
                };
                let past = said.iter().map(|one| {
                    let (value, confidence) = (one.value, Some(one.confidence));
                    let new = NewCheckIn { value, confidence, note: Note::parse(one.note)? };
                    Ok((at(one.day), self.members[one.by], new))
                });
                let past = past.collect::<Result<Vec<_>>>()?;
                let actor = self.actor(Some(first.by));
                service::check_in_past(self.pool, &actor, metric, &past).await
            }
        }
    }
}
