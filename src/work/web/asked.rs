//! The things that the module's own statement finds: health checks and what follows from them, feedback, plans, flow.

use super::{Act, Maker, Thing, sentence};
use crate::backlog::{self, ItemKey};
use crate::flow::{FINDING_WEEKS, NARROW_WEEKS};
use crate::health;
use crate::health_board;
use crate::learning;
use crate::products::{self, ApprenticeDesign, WayOut};
use crate::web::ui;
use crate::work::db::Asked;
use crate::work::domain::{
    InFlow, Late, Learner, Near, Opinion, OwnPlan, Talk, Vote, Watched, listed,
};

use chrono::TimeDelta;

/// So many squads in which something gets worse are shown; there is a dashboard for the others.
const DRIFTING: usize = 3;

fn go(href: String, label: &str) -> Act {
    Act::Go { href, label: label.to_owned() }
}

impl Maker<'_> {
    /// All of them, in no order among kinds that are equally near but this.
    pub(super) fn asked(&self, asked: &Asked) -> Vec<(Near, Thing)> {
        let mut all: Vec<_> = asked.opinions.iter().map(|one| self.opinion(one)).collect();
        all.extend(asked.votes.iter().map(|one| self.vote(one)));
        all.extend(asked.late.iter().map(|one| self.late(one)));
        all.extend(asked.talks.iter().map(|one| self.talk(one)));
        all.extend(self.drifting(&asked.watched));
        all.extend(asked.plans.iter().flat_map(|one| self.own_plan(one)));
        all.extend(asked.learners.iter().flat_map(|one| self.learner(one)));
        all.extend(asked.flows.iter().flat_map(|one| self.flow(one)));
        all
    }

    fn squad(&self, name: &str, slug: &str) -> (String, String) {
        (name.to_owned(), crate::squads::url(self.org, slug))
    }

    /// A health check that waits for all answers, or for the rest of them.
    fn vote(&self, vote: &Vote) -> (Near, Thing) {
        let day = self.day(vote.until);
        let round = health::round_url(self.org, &vote.slug, vote.round);
        let is_near = vote.until - self.now < TimeDelta::days(2);
        let (reason, label) = if vote.given == 0 {
            let reason = format!(
                "Open until {day}. It takes some minutes, and you can change it until then."
            );
            (reason, "Answer")
        } else {
            let (given, of) = (vote.given, vote.of);
            (format!("You have answered {given} of {of} questions. Open until {day}."), "Go on")
        };
        let thing = Thing {
            icon: "heart-pulse",
            colour: if is_near { "f-ico warn" } else { "f-ico info" },
            about: Some(self.squad(&vote.squad, &vote.slug)),
            title: format!("How is your squad doing? {}.", vote.about),
            reason,
            act: go(format!("{round}/answer"), label),
        };
        (Near::Due, thing)
    }

    fn opinion(&self, opinion: &Opinion) -> (Near, Thing) {
        let plan = learning::url(self.org, &opinion.product, opinion.member);
        let thing = Thing {
            icon: "message-square-text",
            colour: "f-ico info",
            about: Some((opinion.name.clone(), plan.clone())),
            title: "asks for your feedback.".to_owned(),
            reason: format!("“{}”", opinion.about),
            act: go(format!("{plan}/feedback"), "Say something"),
        };
        (Near::Waits, thing)
    }

    /// After the reveal: first what the squad agrees on, then what it does.
    fn talk(&self, talk: &Talk) -> (Near, Thing) {
        let round = health::round_url(self.org, &talk.slug, talk.round);
        let Talk { agreed, of, .. } = talk;
        let (title, reason, act) = if agreed < of {
            let so_far = match agreed {
                0 => "Nothing is agreed on yet.".to_owned(),
                n => format!("{n} of {of} dimensions are agreed on."),
            };
            (
                format!("Agree on colour and arrow: {}.", talk.about),
                format!("The results are there, and you make of them what they mean. {so_far}"),
                go(round, "Talk about it"),
            )
        } else {
            (
                format!("Choose one or two things to do: {}.", talk.about),
                "You have agreed on how it is. They stand first in the next health check."
                    .to_owned(),
                go(format!("{round}#actions"), "Write them down"),
            )
        };
        let about = Some(self.squad(&talk.squad, &talk.slug));
        let thing = Thing { icon: "handshake", colour: "f-ico info", about, title, reason, act };
        (Near::Squad, thing)
    }

    /// An action whose day has passed.
    fn late(&self, late: &Late) -> (Near, Thing) {
        let day = ui::inside(&ui::day(late.due_on, self.today));
        let health = health::squad_url(self.org, &late.slug);
        let thing = Thing {
            icon: "target",
            colour: "f-ico warn",
            about: Some(self.squad(&late.squad, &late.slug)),
            title: format!("What became of it? {}", sentence(&late.body)),
            reason: format!("Your squad wanted to do it until {day}."),
            act: go(format!("{health}#a-{}", late.action), "Say what came of it"),
        };
        (Near::Due, thing)
    }

    /// Where it is getting worse: for a coach, who may offer help and never assigns it.
    fn drifting(&self, watched: &[Watched]) -> Vec<(Near, Thing)> {
        let mut all = vec![];
        let mut more = 0;
        for one in watched {
            let (drifts, unseen) = health_board::drifting(&one.board);
            more += unseen;
            for drift in drifts {
                let line = &one.board.lines[drift.line].row;
                let names = drift.columns.iter().map(|place| &one.board.columns[*place].name);
                let names: Vec<String> = names.cloned().collect();
                let first = one.board.columns[drift.columns[0]].id;
                let verb = if names.len() == 1 { "is" } else { "are" };
                let round = health::round_url(self.org, &line.slug, one.rounds[drift.line]);
                let said = match names.as_slice() {
                    [_] => format!("{}.", drift.why),
                    [name, ..] => format!("{name}: {}.", drift.why),
                    [] => String::new(),
                };
                let thing = Thing {
                    icon: "heart-pulse",
                    colour: "f-ico warn",
                    about: Some(self.squad(&line.name, &line.slug)),
                    title: format!("{} {verb} getting worse.", listed(&names)),
                    reason: format!("{}, {}. {said}", one.pack, self.month(line.closed_on)),
                    act: go(format!("{round}#d-{first}"), "Look at it"),
                };
                all.push((drift.columns.len(), (Near::Can, thing)));
            }
        }
        all.sort_by_key(|(columns, _)| std::cmp::Reverse(*columns));
        more += all.len().saturating_sub(DRIFTING);
        let mut all: Vec<_> = all.into_iter().take(DRIFTING).map(|(_, thing)| thing).collect();
        if let Some((_, last)) = all.last_mut().filter(|_| more > 0) {
            let squads = if more == 1 { "squad is" } else { "squads are" };
            last.reason = format!("{} {more} more {squads} on the dashboard.", last.reason);
        }
        all
    }

    /// What an apprentice is asked for by their own plan: P4, the steps whose week has passed, the reflection of the week.
    fn own_plan(&self, own: &OwnPlan) -> Vec<(Near, Thing)> {
        let plan = learning::url(self.org, &own.slug, self.member);
        let thing = |colour, title, reason, href, label| Thing {
            icon: "sprout",
            colour,
            about: Some((own.product.clone(), products::url(self.org, &own.slug))),
            title,
            reason,
            act: go(href, label),
        };
        let design = ApprenticeDesign {
            member: self.member,
            name: String::new(),
            began: own.from_at.with_timezone(&self.zone).date_naive(),
            plan: own.plan,
            evidence: own.evidence,
            call: own.call,
        };
        let found = design.own_findings(self.today).into_iter().map(|finding| {
            if matches!(finding.way_out, WayOut::MakePlan(_)) {
                let reason = format!("{} makes it. Say what you would like to learn.", own.lead);
                let look = thing("f-ico info", finding.title, reason, plan.clone(), "Look at it");
                return (Near::Can, look);
            }
            let log = format!("{plan}/log");
            (Near::Due, thing("f-ico warn", finding.title, finding.reason, log, "Log practice"))
        });
        let mut all: Vec<_> = found.collect();
        let past: Vec<_> =
            own.past(self.today).iter().map(|step| format!("“{}”", step.title)).collect();
        if !past.is_empty() {
            let (title, them) = match past.as_slice() {
                [_] => ("One step is past its week.".to_owned(), "it"),
                many => (format!("{} steps are past their week.", many.len()), "them"),
            };
            let reason = format!(
                "{}. Practise {them} now, or ask {} to plan {them} for later.",
                listed(&past),
                own.lead
            );
            all.push((
                Near::Due,
                thing("f-ico warn", title, reason, plan.clone(), "Look at the plan"),
            ));
        }
        if let Some(week) = own.unwritten(self.today) {
            let title = format!("You have not looked back at week {week}.");
            let reason = format!(
                "A few sentences are enough. Only you and the lead PM of {}, now {}, can read them.",
                own.product, own.lead
            );
            let href = format!("{plan}/reflections?week={week}");
            all.push((Near::Due, thing("f-ico info", title, reason, href, "Write it down")));
        }
        all
    }

    /// P4: a plan that stands still.
    fn learner(&self, learner: &Learner) -> Vec<(Near, Thing)> {
        let plan = learning::url(self.org, &learner.slug, learner.member);
        let design = ApprenticeDesign {
            member: learner.member,
            name: learner.name.clone(),
            began: learner.from_at.with_timezone(&self.zone).date_naive(),
            plan: learner.plan,
            evidence: learner.evidence,
            call: learner.call,
        };
        let found = design.findings(self.today).into_iter().map(|finding| {
            let label = match finding.way_out {
                WayOut::MakePlan(_) => "Make a plan",
                _ => "Look at the plan",
            };
            let thing = Thing {
                icon: "sprout",
                colour: "f-ico warn",
                about: Some((learner.product.clone(), products::url(self.org, &learner.slug))),
                title: finding.title,
                reason: finding.reason,
                act: go(plan.clone(), label),
            };
            (Near::Can, thing)
        });
        found.collect()
    }

    /// B1 and B2, as far as home does not say them: what is too old, and who pulls only what others thought out.
    fn flow(&self, flow: &InFlow) -> Vec<(Near, Thing)> {
        let product = products::url(self.org, &flow.slug);
        let about = Some((flow.product.clone(), product.clone()));
        let today = self.now.date_naive();
        let mut all = vec![];
        if let Some((old, p85)) = flow.too_old(today) {
            let key = |number| ItemKey::new(&flow.key, number);
            let keys: Vec<_> = old.iter().map(|(item, _)| key(item.number).to_string()).collect();
            let days = if p85 == 1 { "day" } else { "days" };
            let usual = format!(
                "85 % of its items were done within {p85} {days}, in the last {FINDING_WEEKS} weeks."
            );
            let (title, reason, act) = match old.as_slice() {
                [(item, age)] => {
                    let href = backlog::item_url(self.org, &flow.slug, &key(item.number));
                    (
                        format!("{} is in hand for {age} days.", keys[0]),
                        format!("{} holds it. {usual}", item.squad),
                        go(href, "Look at it"),
                    )
                }
                _ => (
                    format!("{} items are in hand for longer than usual.", old.len()),
                    format!("{}. {usual}", listed(&keys)),
                    go(format!("{product}/flow"), "Look at the flow"),
                ),
            };
            let thing = Thing {
                icon: "clock",
                colour: "f-ico warn",
                about: about.clone(),
                title,
                reason,
                act,
            };
            all.push((Near::Can, thing));
        }
        let narrow: Vec<_> = flow.narrow(today).into_iter().map(str::to_owned).collect();
        if !narrow.is_empty() {
            let have = if narrow.len() == 1 { "has" } else { "have" };
            let thing = Thing {
                icon: "info",
                colour: "f-ico info",
                about,
                title: format!(
                    "{} {have} pulled only tasks and features for {NARROW_WEEKS} weeks.",
                    listed(&narrow)
                ),
                reason: "A squad learns most from a customer problem whose solution is open. Is one in the backlog?"
                    .to_owned(),
                act: go(format!("{product}/items/new"), "Add a customer problem"),
            };
            all.push((Near::Think, thing));
        }
        all
    }
}
