//! The page of what waits for one person.

mod asked;
mod start;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::db;
use super::domain::{InFlow, Near, OwnPlan, first};
use super::url;
use crate::backlog::{self, ItemKey};
use crate::coaching::{self, Helped, MyTask};
use crate::design::WayOut;
use crate::error::Result;
use crate::flow::BLOCKED_DAYS;
use crate::home::{self, Action, Garden, Person, Standing, Ways, counted, things};
use crate::ids::MemberId;
use crate::learning;
use crate::metrics::{self, CheckInForm};
use crate::organizations::{Visitor, unfinished};
use crate::products;
use crate::web::page;
use crate::web::shell::{Section, Shell};
use crate::web::ui;
use crate::web::{Routes, Who};

/// The addresses of My work, and of where somebody begins.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/work", Who::Member, work).get(
        "/o/{org}/start",
        Who::Member,
        start::start,
    )
}

// GET /o/{org}/work

/// Something that waits for the person.
struct Thing {
    /// Its picture.
    icon: &'static str,
    /// The classes of its picture.
    colour: &'static str,
    /// The squad, product or person that it is about, with their page.
    about: Option<(String, String)>,
    /// What is.
    title: String,
    /// Why it matters.
    reason: String,
    /// The one action.
    act: Act,
}

/// What is done about a thing.
enum Act {
    /// It leads to where it is done.
    Go { href: String, label: String },
    /// A button, with what it sends; and another one, for the other answer.
    Press {
        action: String,
        label: &'static str,
        sends: Vec<(&'static str, String)>,
        other: Option<(String, &'static str)>,
    },
    /// The squad says whether coaching helped.
    Confirm { action: String, id: String },
    /// A check-in.
    CheckIn(Box<CheckInForm>),
    /// Nothing here.
    None,
}

/// A product that the person leads.
struct LedCard {
    name: String,
    href: String,
    words: String,
}

/// What they learn at a product.
struct PlanCard {
    product: String,
    href: String,
    week: String,
    /// The step that comes next.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "work/work.html")]
struct WorkPage {
    shell: Shell,
    org: String,
    things: Vec<Thing>,
    more: usize,
    own: Vec<Standing>,
    led: Vec<LedCard>,
    plans: Vec<PlanCard>,
    here: String,
    behind: usize,
}

impl WorkPage {
    fn squad_url(&self, squad: &Standing) -> String {
        crate::squads::url(&self.org, &squad.slug)
    }

    fn led_title(&self) -> &'static str {
        if self.led.len() == 1 { "Your product" } else { "Your products" }
    }

    /// "4 things wait for you, the nearest first."
    fn sentence(&self) -> String {
        match self.things.len() + self.more {
            0 => "Nobody waits for you now.".to_owned(),
            1 => "One thing waits for you.".to_owned(),
            n if self.more > 0 => format!("{n} things wait for you. These are the nearest ten."),
            n => format!("{n} things wait for you, the nearest first."),
        }
    }
}

/// What the things of a page are made with.
struct Maker<'a> {
    org: &'a str,
    here: &'a str,
    member: MemberId,
    now: DateTime<Utc>,
    today: NaiveDate,
    zone: Tz,
}

impl Maker<'_> {
    fn press(&self, action: String, label: &'static str) -> Act {
        Act::Press { action, label, sends: vec![("next", self.here.to_owned())], other: None }
    }

    /// Something of coaching.
    #[expect(clippy::too_many_lines, reason = "a table of what can be done")]
    fn coaching(&self, task: &MyTask) -> Option<(Near, Thing)> {
        let request = task.request.map(|id| coaching::url(self.org, id));
        let at = |below: &str| request.as_ref().map(|url| format!("{url}{below}"));
        let day = self.day(task.at);
        let quoted = |text: &str| {
            if text.is_empty() { String::new() } else { format!(" “{text}”") }
        };
        let about = Some((task.squad.clone(), coaching::squad_url(self.org, &task.slug)));
        let of = |near, icon, title: String, reason: String, act| {
            Some((
                near,
                Thing { icon, colour: "f-ico info", about: about.clone(), title, reason, act },
            ))
        };
        let topic = sentence(&task.topic);
        match task.kind.as_str() {
            "confirm" => of(
                Near::Waits,
                "message-circle",
                format!("Did the coaching help? {topic}"),
                format!("{} has looked back with you:{}", task.other, quoted(&task.more)),
                Act::Confirm { action: at("/close")?, id: task.request?.to_string() },
            ),
            "agree" => {
                let sends = vec![
                    ("next", self.here.to_owned()),
                    ("version", task.version.unwrap_or_default().to_string()),
                ];
                let other = Some((request.clone()?, "Read it"));
                of(
                    Near::Waits,
                    "handshake",
                    format!("Agree on the coaching: {topic}"),
                    format!(
                        "It holds once both sides have agreed. The goal:{}",
                        quoted(&task.more)
                    ),
                    Act::Press { action: at("/agree")?, label: "Agree", sends, other },
                )
            }
            "offer" => {
                let offers = format!("/o/{}/coaching/offers/{}", self.org, task.offer?);
                let sends = vec![("next", self.here.to_owned())];
                let other = Some((format!("{offers}/decline"), "Decline"));
                of(
                    Near::Waits,
                    "hand-helping",
                    format!("{} offers coaching: {topic}", task.other),
                    format!(
                        "Nothing begins before your squad accepts, and declining is fine.{}",
                        quoted(&task.more)
                    ),
                    Act::Press {
                        action: format!("{offers}/accept"),
                        label: "Accept",
                        sends,
                        other,
                    },
                )
            }
            "met" => {
                let session = format!("/sessions/{}", task.session?);
                let sends = vec![("next", self.here.to_owned())];
                let other = Some((at(&format!("{session}/cancel"))?, "It did not"));
                of(
                    Near::Waits,
                    "calendar",
                    format!("Did the session take place? {topic}"),
                    format!("It was planned for {day}, with {}.", task.other),
                    Act::Press {
                        action: at(&format!("{session}/held"))?,
                        label: "It took place",
                        sends,
                        other,
                    },
                )
            }
            "write" => of(
                Near::Waits,
                "handshake",
                format!("Agree with the squad: {topic}"),
                format!(
                    "You have pulled it {day}. Goal, exit criteria and end date are still open."
                ),
                Act::Go { href: at("/agreement")?, label: "Write what you agree on".to_owned() },
            ),
            "look_back" => of(
                Near::Due,
                "rotate-ccw",
                format!("Look back: {topic}"),
                format!("The last day was {day}. Then the squad says whether it helped."),
                Act::Go { href: request.clone()?, label: "Look back".to_owned() },
            ),
            "pull" => of(
                Near::Can,
                "life-buoy",
                topic,
                format!(
                    "{} asked {day}, and nobody has pulled it.{}",
                    task.other,
                    quoted(&task.more)
                ),
                self.press(at("/pull")?, "Pull"),
            ),
            _ => None,
        }
    }

    /// The products that the person leads.
    fn led(&self, flows: &[InFlow], backlogs: &[home::Backlog]) -> Vec<LedCard> {
        let card = |flow: &InFlow| {
            let backlog = backlogs.iter().find(|backlog| backlog.slug == flow.slug);
            let proposed = backlog.map_or(0, |backlog| backlog.proposed);
            LedCard {
                name: flow.product.clone(),
                href: products::url(self.org, &flow.slug),
                words: format!(
                    "{}, {}",
                    counted(flow.ready, "ready", "ready"),
                    counted(proposed, "proposed", "proposed")
                ),
            }
        };
        flows.iter().map(card).collect()
    }

    /// The plans by which they learn.
    fn plans(&self, plans: &[OwnPlan]) -> Vec<PlanCard> {
        let card = |own: &OwnPlan| PlanCard {
            product: own.product.clone(),
            href: learning::url(self.org, &own.slug, self.member),
            week: match own.plan {
                Some(_) => own.week_line(self.today),
                None => format!("{} has not made it yet.", own.lead),
            },
            next: own.steps.first().map(|step| step.title.clone()),
        };
        plans.iter().map(card).collect()
    }

    /// A moment as a day in the middle of a sentence.
    fn day(&self, at: DateTime<Utc>) -> String {
        ui::inside(&ui::day(at.with_timezone(&self.zone).date_naive(), self.today))
    }

    /// A day as its month, with the year where it is another one.
    fn month(&self, day: NaiveDate) -> String {
        let form = if day.year() == self.today.year() { "%B" } else { "%B %Y" };
        day.format(form).to_string()
    }

    /// What the person's squads have in hand: what waits for something, and room for more.
    fn in_hand(&self, backlogs: &[home::Backlog], squads: &[Standing]) -> Vec<(Near, Thing)> {
        let mut all = vec![];
        for backlog in backlogs {
            let product = products::url(self.org, &backlog.slug);
            for hand in &backlog.hands {
                let Some(squad) = squads.iter().find(|squad| squad.id == hand.squad) else {
                    continue;
                };
                let about = Some((squad.name.clone(), crate::squads::url(self.org, &squad.slug)));
                for item in hand.items.iter().filter(|item| item.blocked) {
                    let key = ItemKey::new(&backlog.key, item.number);
                    let sends = vec![
                        ("do", format!("unblock:{}", item.number)),
                        ("from", "work".to_owned()),
                    ];
                    let other =
                        Some((backlog::item_url(self.org, &backlog.slug, &key), "Look at it"));
                    let act = Act::Press {
                        action: format!("{product}/move"),
                        label: "It goes on",
                        sends,
                        other,
                    };
                    let title = format!("{key} waits: {}", sentence(&item.title));
                    let reason = "Say so as soon as it goes on, or ask who can help.".to_owned();
                    all.push((
                        Near::Squad,
                        Thing {
                            icon: "hourglass",
                            colour: "f-ico warn",
                            about: about.clone(),
                            title,
                            reason,
                            act,
                        },
                    ));
                }
                if hand.load.has_room() && backlog.is_waiting {
                    let title = format!("There is room for the next item of {}.", backlog.name);
                    let reason = format!(
                        "In hand: {}. Your squad pulls; nobody assigns.",
                        hand.load.words()
                    );
                    let act = Act::Go {
                        href: format!("{product}?squad={}", hand.slug),
                        label: "Pull the next one".to_owned(),
                    };
                    all.push((
                        Near::Can,
                        Thing {
                            icon: "hand",
                            colour: "f-ico info",
                            about: about.clone(),
                            title,
                            reason,
                            act,
                        },
                    ));
                }
            }
        }
        all
    }
}

/// A title as a sentence: with a full stop, unless it ends one by itself.
fn sentence(title: &str) -> String {
    let stop = if title.ends_with(['.', '?', '!', '…']) { "" } else { "." };
    format!("{title}{stop}")
}

fn marks(severity: &str) -> (&'static str, &'static str, Near) {
    match severity {
        "breach" => ("octagon-alert", "f-ico bad", Near::Squad),
        "warning" => ("triangle-alert", "f-ico warn", Near::Can),
        "passes" => ("circle-check", "f-ico good", Near::Can),
        _ => ("info", "f-ico info", Near::Think),
    }
}

/// Five statements, beside the one that finds the visitor.
async fn work(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    let actor = &visitor.actor;
    let (today, here) = (actor.at.date_naive(), url(&visitor.slug));
    let (mut garden, mut behind) = (home::garden(&pool, actor, today).await?, 0);
    if garden.totals.is_stale {
        behind = crate::design::refresh_all(&pool, actor, today).await?;
        garden = home::garden(&pool, actor, today).await?;
    }
    let blocked = actor.at - TimeDelta::days(BLOCKED_DAYS);
    let backlogs = home::backlogs(&pool, actor, blocked).await?;
    let due = metrics::due(
        &pool,
        actor.tenant,
        actor.member,
        visitor.today(),
        (visitor.slug.as_str(), here.as_str()),
    )
    .await?;
    let tasks = coaching::tasks(&pool, actor, visitor.today()).await?;
    let asked = db::asked(&pool, actor, visitor.today()).await?;
    let maker = Maker {
        org: &visitor.slug,
        here: &here,
        member: actor.member,
        now: actor.at,
        today: visitor.today(),
        zone: visitor.time_zone,
    };
    let mut all: Vec<(Near, Thing)> =
        tasks.iter().filter_map(|task| maker.coaching(task)).collect();
    all.extend(maker.asked(&asked));
    all.extend(due.into_iter().map(|due| {
        let when = ui::inside(&ui::day(due.metric.due_on, visitor.today()));
        let reason = if due.is_overdue {
            format!("It was due {when}. Your squad sees where it stands only if somebody says so.")
        } else {
            format!("It is due {when}.")
        };
        let thing = Thing {
            icon: "chart-line",
            colour: if due.is_overdue { "f-ico warn" } else { "f-ico info" },
            about: Some((due.squad, due.squad_url)),
            title: format!("Check in: {}.", due.form.name),
            reason,
            act: Act::CheckIn(Box::new(due.form)),
        };
        (Near::Due, thing)
    }));
    all.extend(maker.in_hand(&backlogs, &garden.squads));
    all.extend(of_home(&visitor, &garden, &backlogs));
    let (things, more) = first(all);
    let own: Vec<_> = garden.squads.into_iter().filter(|squad| squad.is_own).collect();
    let (led, plans) = (maker.led(&asked.flows, &backlogs), maker.plans(&asked.plans));
    let page_ = WorkPage {
        shell: visitor.shell(Section::MyWork),
        org: visitor.slug.clone(),
        things,
        more,
        own,
        led,
        plans,
        here,
        behind,
    };
    Ok(unfinished(behind > 0, page(&page_)?))
}

/// What home says of the person's squads and products. A check-in that is overdue stands here with its form already.
fn of_home(visitor: &Visitor, garden: &Garden, backlogs: &[home::Backlog]) -> Vec<(Near, Thing)> {
    let person = Person {
        member: visitor.actor.member,
        roles: visitor.roles(),
        stale_skills: 0,
        members: visitor.counts.members,
    };
    let (all, _) = things(&garden.squads, 0, backlogs, &person);
    let ways = Ways::new(&visitor.slug, person, &garden.squads, backlogs);
    let all = all
        .into_iter()
        .filter(|thing| !matches!(thing.action, Action::WayOut(WayOut::CheckIn { .. })));
    all.map(|thing| {
        let (icon, colour, near) = marks(thing.severity);
        let squad = garden.squads.iter().find(|squad| Some(squad.id) == thing.about);
        let act = match ways.of(&thing) {
            Some(way) => Act::Go { href: way.href, label: way.label },
            None => Act::None,
        };
        let about =
            squad.map(|squad| (squad.name.clone(), crate::squads::url(&visitor.slug, &squad.slug)));
        (near, Thing { icon, colour, about, title: thing.title, reason: thing.reason, act })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_ends_as_a_sentence_does() {
        assert_eq!(sentence("Pace is hurting us"), "Pace is hurting us.");
        assert_eq!(sentence("Who decides on spare parts?"), "Who decides on spare parts?");
    }
}
