//! What happens to the items of backlogs.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::{MORNING, Stage};
use crate::actor::Actor;
use crate::backlog::{
    self, Breadth, Bulk, Class, Comment, Effect, ItemTitle, NewItem, Outcome, Why, service as items,
};
use crate::demo::db;
use crate::demo::story::{ItemAct, ItemStep, PastItem, PastWork};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::text::Reason;

impl Stage<'_> {
    /// Who leads a product at this moment.
    async fn lead_of(&self, product: ProductId) -> Result<Actor> {
        let lead = db::lead_of(self.pool, self.tenant(), product).await?;
        Ok(self.actor(self.members.iter().position(|member| *member == lead)))
    }

    pub(super) async fn past(&mut self, at: usize, told: &[PastItem]) -> Result<()> {
        let product = self.products[at];
        let (leads, crews) = (
            db::leads_of(self.pool, self.tenant(), product).await?,
            db::crews_of(self.pool, self.tenant(), product).await?,
        );
        let lead = |when: DateTime<Utc>| {
            let lead = leads.iter().rev().find(|(since, _)| *since <= when).or(leads.first());
            lead.map_or(self.leader.member, |(_, member)| *member)
        };
        // Whoever was there at the time, in turn.
        let one_of = |squad: usize, when: DateTime<Utc>, turn: usize| {
            let crew = || crews.iter().filter(|one| one.team == self.squads[squad]);
            let there: Vec<_> = crew().filter(|one| one.from_at <= when).collect();
            let one = if there.is_empty() {
                crew().next()
            } else {
                there.get(turn % there.len()).copied()
            };
            one.map(|one| one.member).ok_or(Error::NotFound)
        };
        let mut all = vec![];
        for (turn, item) in told.iter().enumerate() {
            // Each step of an item an hour after the one before, if they are on one day.
            let time = |days_ago: i64, step: i64| {
                let day = self.today - Days::new(days_ago.unsigned_abs());
                let minute = i64::try_from(turn * 7 % 50).unwrap_or_default();
                day.and_time(NaiveTime::MIN).and_utc()
                    + MORNING
                    + TimeDelta::minutes(60 * step + minute)
            };
            let by_lead = |days_ago: i64, step: i64| {
                let at = time(days_ago, step);
                (at, lead(at))
            };
            let work = item.work.as_ref().map(|work: &PastWork| {
                let by_squad = |days_ago: i64, step: i64| {
                    let at = time(days_ago, step);
                    Ok::<_, Error>((at, one_of(work.squad, at, turn)?))
                };
                let done = work
                    .done
                    .map(|(day, effect)| Ok::<_, Error>((by_squad(day, 4)?, outcome(effect)?)));
                Ok::<_, Error>(backlog::PastWork {
                    squad: self.squads[work.squad],
                    pulled: by_squad(work.pulled, 2)?,
                    learning: work.learning.map(|day| by_squad(day, 3)).transpose()?,
                    done: done.transpose()?,
                })
            });
            all.push(backlog::PastItem {
                new: new_item(&item.title, item.why, item.breadth)?,
                proposed: by_lead(item.proposed, 0),
                ready: item.ready.map(|day| by_lead(day, 1)),
                work: work.transpose()?,
            });
        }
        let by = self.lead_of(product).await?;
        self.numbers[at] = items::past(self.pool, &by, product, &all).await?;
        Ok(())
    }

    pub(super) async fn item(&self, act: &ItemAct) -> Result<()> {
        let (pool, product) = (self.pool, self.products[act.product]);
        let number = self.numbers[act.product][act.item];
        let lead = self.lead_of(product).await?;
        let holder = async || {
            let member = db::holder_of(pool, self.tenant(), product, number).await?;
            Ok::<_, Error>(self.actor(self.members.iter().position(|one| *one == member)))
        };
        match &act.step {
            ItemStep::Expedite => {
                let change = Bulk::Class(Class::Expedite);
                items::bulk(pool, &lead, product, &[number], change, None).await.map(drop)
            }
            ItemStep::Comment(text) => {
                items::comment(pool, &lead, product, number, &Comment::parse(text)?).await
            }
            ItemStep::Pull { squad, reason } => {
                let crews = db::crews_of(pool, self.tenant(), product).await?;
                let squad = self.squads[*squad];
                let one = crews.iter().find(|one| one.team == squad).ok_or(Error::NotFound)?;
                let one = self.actor(self.members.iter().position(|member| *member == one.member));
                let reason = reason.map(Reason::parse).transpose()?;
                items::pull(pool, &one, product, number, squad, reason.as_ref()).await.map(drop)
            }
            ItemStep::Learn => {
                items::learn(pool, &holder().await?, product, number, None).await.map(drop)
            }
            ItemStep::Return(reason) => {
                let reason = Reason::parse(reason)?;
                items::give_back(pool, &holder().await?, product, number, &reason).await
            }
            ItemStep::Block(reason) => {
                items::block(pool, &holder().await?, product, number, &Reason::parse(reason)?).await
            }
            ItemStep::Finish(effect) => {
                items::finish(pool, &holder().await?, product, number, &outcome(effect)?).await
            }
        }
    }
}

fn new_item(title: &str, why: &str, breadth: Breadth) -> Result<NewItem> {
    Ok(NewItem { title: ItemTitle::parse(title)?, why: Why::parse(why)?, breadth, metric: None })
}

fn outcome(effect: &str) -> Result<Outcome> {
    Ok(Outcome { effect: Effect::parse(effect)?, metric: None })
}
