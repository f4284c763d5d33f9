//! What apprentices and their masters do.

use super::Stage;
use crate::demo::story::LearningAct;
use crate::error::{Error, Result};
use crate::learning::{
    About, EvidenceLink, Feedback, Focus, Learned, NewEvidence, Practised, Reflection, Source,
    Terms as Weeks, WEEKS, service as learning,
};

impl Stage<'_> {
    pub(super) async fn learning(&self, act: &LearningAct) -> Result<()> {
        let (pool, day) = (self.pool, self.last.date_naive());
        let of = |person: &usize| self.apprenticeships.get(person).copied().ok_or(Error::NotFound);
        let by = |person: &usize| self.actor(Some(*person));
        let zone = chrono_tz::Tz::UTC;
        match act {
            LearningAct::Plan { person, lead, focus } => {
                let focus = Focus::parse(focus)?;
                let terms = Weeks { starts_on: day, weeks: WEEKS, focus, squad: None };
                learning::make_plan(pool, &by(lead), of(person)?, &terms, Source::First).await
            }
            LearningAct::Practise { person, at, practised, learned, is_call, item } => {
                let (actor, id) = (by(person), of(person)?);
                let evidence = NewEvidence {
                    step: learning::steps_of(pool, &actor, id, at.0).await?[at.1],
                    on: day,
                    practised: Practised::parse(practised)?,
                    learned: Learned::parse(learned)?,
                    // Who learns in the story learns at its first product.
                    item: item
                        .and_then(|item| self.numbers[0].iter().rev().nth(item))
                        .map(i32::to_string)
                        .unwrap_or_default(),
                    link: EvidenceLink::default(),
                    is_call: *is_call,
                };
                learning::log(pool, &actor, id, zone, &evidence).await.map(drop)
            }
            LearningAct::SignOff { person, lead, at } => {
                let (actor, id) = (by(lead), of(person)?);
                let step = learning::steps_of(pool, &actor, id, at.0).await?[at.1];
                // Nobody has changed it since the plan was made.
                learning::sign_off(pool, &actor, (id, step), 1).await
            }
            LearningAct::Say { person, by: who, text } => {
                let text = Feedback::parse(text)?;
                learning::give_feedback(pool, &by(who), of(person)?, &text, None).await
            }
            LearningAct::Ask { person, whom, about } => {
                let (whom, about) = ([self.members[*whom]], About::parse(about)?);
                learning::ask(pool, &by(person), of(person)?, &whom, &about).await
            }
            LearningAct::Reflect { person, week, text } => {
                let (which, text) = ((of(person)?, *week), Reflection::parse(text)?);
                learning::reflect(pool, &by(person), which, zone, 0, &text).await
            }
        }
    }
}
