//! What squads and the coach do with one another. Without a coach who can sign in, what the squads ask for waits.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::Stage;
use super::health::PACK;
use crate::actor::Role;
use crate::coaching::{
    Ask, Better, ExitCriteria, FindingCode, Goal, LookedBack, NoteText, Offered, Stays, Terms,
    Topic, Tried, service as coaching,
};
use crate::demo::story::{CoachingAct, PULLER};
use crate::error::{Error, Result};
use crate::health::service as health;
use crate::ids::{CoachingId, CoachingSessionId};

/// A request of the story.
#[derive(Debug)]
pub(super) struct Coached {
    id: CoachingId,
    is_pulled: bool,
    /// The newest version of its agreement.
    version: i32,
    /// The session that was planned last.
    session: Option<CoachingSessionId>,
}

impl Stage<'_> {
    pub(super) async fn coaching(&mut self, act: &CoachingAct) -> Result<()> {
        let (pool, coach) = (self.pool, self.actor(Some(PULLER)));
        match act {
            CoachingAct::Ask { squad, by, topic, tried, better, about } => {
                let mut dimension = None;
                if let Some(question) = about {
                    let (_, questions) = health::pack_of(pool, &self.leader(), PACK).await?;
                    dimension = questions.get(*question).copied();
                }
                let ask = Ask {
                    topic: Topic::parse(topic)?,
                    tried: Tried::parse(tried)?,
                    better: Better::parse(better)?,
                    dimension,
                    finding: FindingCode::default(),
                };
                let (actor, squad) = (self.actor(Some(*by)), self.squads[*squad]);
                let id = coaching::ask(pool, &actor, squad, &ask).await?;
                self.coached.push(Coached { id, is_pulled: false, version: 0, session: None });
                Ok(())
            }
            CoachingAct::Offer { squad, topic, offered } => {
                let (actor, squad) = (self.leader(), self.squads[*squad]);
                let (topic, offered) = (Topic::parse(topic)?, Offered::parse(offered)?);
                coaching::offer(pool, &actor, squad, &topic, &offered).await.map(drop)
            }
            CoachingAct::Pull { request } => {
                let coached = self.coached.get_mut(*request).ok_or(Error::NotFound)?;
                if coach.roles.has(Role::Coach) {
                    coaching::pull(pool, &coach, coached.id).await?;
                    coached.is_pulled = true;
                }
                Ok(())
            }
            other => self.coached(other).await,
        }
    }

    /// What comes of a request that was pulled.
    async fn coached(&mut self, act: &CoachingAct) -> Result<()> {
        let (pool, coach) = (self.pool, self.actor(Some(PULLER)));
        let (request, by) = match act {
            CoachingAct::Agree { request, by } | CoachingAct::Close { request, by, .. } => {
                (*request, self.actor(Some(*by)))
            }
            CoachingAct::Write { request, .. }
            | CoachingAct::Plan { request, .. }
            | CoachingAct::Meet { request, .. }
            | CoachingAct::Remember { request, .. }
            | CoachingAct::LookBack { request, .. } => (*request, coach),
            _ => return Ok(()),
        };
        let (today, now) = (self.today, self.last.date_naive());
        let one = self.coached.get_mut(request).ok_or(Error::NotFound)?;
        if !one.is_pulled {
            return Ok(());
        }
        match act {
            CoachingAct::Write { goal, exit, ends_in, sessions, .. } => {
                let terms = Terms {
                    goal: Goal::parse(goal)?,
                    exit: ExitCriteria::parse(exit)?,
                    ends_on: today + TimeDelta::days(*ends_in),
                    sessions: *sessions,
                };
                coaching::write_agreement(pool, &by, one.id, one.version, &terms, now).await?;
                one.version += 1;
                Ok(())
            }
            CoachingAct::Agree { .. } => coaching::agree(pool, &by, one.id, one.version).await,
            CoachingAct::Plan { on, .. } => {
                let starts_at = ten_o_clock(today, *on);
                let session = coaching::plan_session(pool, &by, one.id, starts_at).await?;
                one.session = Some(session);
                Ok(())
            }
            CoachingAct::Meet { note, .. } => {
                let session = one.session.ok_or(Error::NotFound)?;
                let text = NoteText::parse(note)?;
                let note = coaching::NewNote { text, is_private: false };
                coaching::hold_session(pool, &by, (one.id, session), Some(&note)).await
            }
            CoachingAct::Remember { note, .. } => {
                let note = coaching::NewNote { text: NoteText::parse(note)?, is_private: true };
                coaching::write_note(pool, &by, one.id, one.session, &note).await
            }
            CoachingAct::LookBack { seen, .. } => {
                coaching::look_back(pool, &by, one.id, &LookedBack::parse(seen)?).await
            }
            CoachingAct::Close { helped, stays, .. } => {
                let stays = Stays::parse(stays)?;
                coaching::close(pool, &by, one.id, (*helped, &stays)).await
            }
            _ => Ok(()),
        }
    }
}

/// Ten o'clock on a day, in days before `today`; in days after it where they are below zero.
fn ten_o_clock(today: chrono::NaiveDate, days_ago: i64) -> DateTime<Utc> {
    let days = Days::new(days_ago.unsigned_abs());
    let day = if days_ago < 0 { today + days } else { today - days };
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(10)
}
