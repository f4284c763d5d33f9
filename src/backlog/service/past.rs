//! A backlog's past, written at once: for the demo, whose squads have worked for a year before anybody looks. No page leads here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{find_product, met};
use crate::actor::Actor;
use crate::backlog::db::{self, PastStep, Product};
use crate::backlog::domain::{ItemTitle, PastItem, PastRefused, Rank, Stage, check_past};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{ItemId, MemberId, ProductId, TeamId};
use crate::transaction::{Begun, begin};

/// Writes items with all that happened to them until now, below everything that is there, in their order; answers their numbers. The
/// rules are those of the single steps, and so are the events: one for each step, by whoever took it and at its time.
pub async fn past(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    items: &[PastItem],
) -> Result<Vec<i32>> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let mut squads = BTreeMap::new();
    for squad in db::squads(&mut *tx, actor.tenant, product).await? {
        if let Some(lane) = db::lock_lane(&mut tx, actor.tenant, product, squad.id).await? {
            squads.insert(squad.id, lane);
        }
    }
    let loads = squads.iter().map(|(squad, lane)| (*squad, lane.load)).collect();
    check_past(items, &loads, group.policy, actor.at)?;
    let n = i32::try_from(items.len()).map_err(|error| Error::Internal(error.into()))?;
    let last = db::take_numbers(&mut tx, actor.tenant, product, n).await?.ok_or(Error::NotFound)?;
    let (_, mut rank) = db::ends(&mut *tx, actor.tenant, product).await?;
    let mut writer = Writer { actor, group: &group, events: vec![] };
    let mut begun = vec![];
    for (number, item) in (last - n + 1..).zip(items) {
        let below =
            Rank::below(rank.as_ref(), number).map_err(|room| Error::Internal(room.into()))?;
        rank = Some(below.clone());
        let id = ItemId::new();
        let summary =
            format!("proposed {} for {}", writer.said(number, &item.new.title), group.name);
        let after = json!({"title": item.new.title, "breadth": item.new.breadth.word()});
        let event = NewEvent::new("item_proposed", summary, [id.0, product.0]).change(None, after);
        let event = writer.tell(item.proposed, event);
        begun.push(db::Proposed { id, number, rank: below, event, item });
    }
    db::insert_begun(&mut tx, actor.tenant, product, &begun).await.map_err(met)?;
    writer.ready(&mut tx, &begun).await?;
    let names = squads.into_iter().map(|(squad, lane)| (squad, lane.name)).collect();
    for wave in waves(&begun, &loads_of(&loads)) {
        writer.work(&mut tx, &wave, &names).await?;
    }
    history::record_each(&mut tx, actor.tenant, &writer.events).await?;
    tx.done(begun.iter().map(|it| it.number).collect()).await
}

/// How many items a squad has room for.
fn loads_of(loads: &BTreeMap<TeamId, crate::backlog::domain::Load>) -> BTreeMap<TeamId, usize> {
    let room = |load: &crate::backlog::domain::Load| {
        usize::try_from(load.wip_limit.min(load.learning_limit).max(1)).unwrap_or(1)
    };
    loads.iter().map(|(squad, load)| (*squad, room(load))).collect()
}

/// The work in waves, none of which is more than a squad has room for: each is over before the next begins, whenever it was. What is
/// still in hand comes last.
fn waves<'a, 'b>(
    begun: &'a [db::Proposed<'b>],
    rooms: &BTreeMap<TeamId, usize>,
) -> Vec<Vec<&'a db::Proposed<'b>>> {
    let mut waves: Vec<Vec<&db::Proposed<'_>>> = vec![];
    for (squad, room) in rooms {
        let of_squad = || {
            begun.iter().filter(|it| it.item.work.as_ref().is_some_and(|work| work.squad == *squad))
        };
        let is_done =
            |it: &&db::Proposed<'_>| it.item.work.as_ref().is_some_and(|work| work.done.is_some());
        let (done, open): (Vec<_>, Vec<_>) = of_squad().partition(is_done);
        let parts = done.chunks(*room).chain((!open.is_empty()).then_some(open.as_slice()));
        for (n, part) in parts.enumerate() {
            if waves.len() <= n {
                waves.push(vec![]);
            }
            waves[n].extend(part);
        }
    }
    waves
}

struct Writer<'a> {
    actor: &'a Actor,
    group: &'a Product,
    events: Vec<(DateTime<Utc>, MemberId, NewEvent)>,
}

impl Writer<'_> {
    /// Keeps an event; answers its id.
    fn tell(
        &mut self,
        (at, by): (DateTime<Utc>, MemberId),
        event: NewEvent,
    ) -> crate::ids::EventId {
        let id = event.id;
        self.events.push((at, by, event));
        id
    }

    fn said(&self, number: i32, title: &ItemTitle) -> String {
        format!("{} “{title}”", self.group.item_key(number))
    }

    async fn ready(&mut self, tx: &mut PgConnection, begun: &[db::Proposed<'_>]) -> Result<()> {
        let mut steps = vec![];
        for it in begun {
            let Some(taken) = it.item.ready else { continue };
            let summary = format!("made ready {}", self.said(it.number, &it.item.new.title));
            let event = NewEvent::new("item_made_ready", summary, [it.id.0, self.group.id.0])
                .change(json!({"stage": "proposed"}), json!({"stage": "ready"}));
            let event = self.tell(taken, event);
            steps.push(PastStep { id: it.id, squad: None, at: taken.0, event, effect: "" });
        }
        Ok(db::step_all(tx, self.actor.tenant, Stage::Ready, &steps).await?)
    }

    async fn work(
        &mut self,
        tx: &mut PgConnection,
        wave: &[&db::Proposed<'_>],
        names: &BTreeMap<TeamId, String>,
    ) -> Result<()> {
        for stage in [Stage::InProgress, Stage::Learning, Stage::Done] {
            let mut steps = vec![];
            for it in wave {
                let Some(work) = &it.item.work else { continue };
                let all = it.item.steps();
                let Some(at) = all.iter().position(|(to, _)| *to == stage) else { continue };
                let (taken, before) = (all[at].1, all[at - 1].0);
                let name = names
                    .get(&work.squad)
                    .ok_or_else(|| PastRefused::Squad(it.item.new.title.to_string()))?;
                let effect = work.done.as_ref().filter(|_| stage == Stage::Done);
                let effect = effect.map_or("", |(_, outcome)| outcome.effect.as_str());
                let said = self.said(it.number, &it.item.new.title);
                let subjects = [it.id.0, self.group.id.0, work.squad.0];
                let event = match stage {
                    Stage::InProgress => {
                        NewEvent::new("item_pulled", format!("pulled {said} for {name}"), subjects)
                    }
                    Stage::Learning => {
                        let summary = format!("went to customers with {said} for {name}");
                        NewEvent::new("item_with_customers", summary, subjects)
                    }
                    _ => NewEvent::new(
                        "item_finished",
                        format!("finished {said} for {name}"),
                        subjects,
                    ),
                };
                let event = event.change(
                    json!({"stage": before.word()}),
                    json!({"stage": stage.word(), "squad": name, "effect": effect}),
                );
                let event = self.tell(taken, event);
                steps.push(PastStep {
                    id: it.id,
                    squad: Some(work.squad),
                    at: taken.0,
                    event,
                    effect,
                });
            }
            if !steps.is_empty() {
                db::step_all(tx, self.actor.tenant, stage, &steps).await?;
            }
        }
        Ok(())
    }
}
