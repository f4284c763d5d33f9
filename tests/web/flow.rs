//! Flow: every figure of the page against a count of the same events that shares no code with it, findings, the page itself.
//!
//! The count is by brute force: it keeps what happened as a list of its own, written while the events are made, and asks of every day
//! anew where each item stood at its end.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use trellis::actor::Actor;
use trellis::backlog::{Breadth, NewItem, service};

use crate::backlog::{Group, group, item, outcome, reason};
use crate::harness::{Answer, TestApp};

/// Something that happened to an item.
#[derive(Debug, Clone)]
struct Happened {
    item: i32,
    at: DateTime<Utc>,
    /// Where the item stands since.
    stage: &'static str,
    /// Who pulled it.
    pulled_by: Option<usize>,
}

/// What happened, and how broad the items are.
#[derive(Default)]
struct Story {
    happened: Vec<Happened>,
    breadths: BTreeMap<i32, &'static str>,
}

const NAMES: [&str; 2] = ["Fair Bills", "EV at Home"];

impl Story {
    fn note(&mut self, item: i32, at: DateTime<Utc>, stage: &'static str, by: Option<usize>) {
        self.happened.push(Happened { item, at, stage, pulled_by: by });
    }

    /// Where an item stands at the end of a day, and who holds or did it.
    fn at_end(&self, item: i32, day: NaiveDate) -> Option<(&'static str, Option<usize>)> {
        let until: Vec<_> = self
            .happened
            .iter()
            .filter(|it| it.item == item && it.at.date_naive() <= day)
            .collect();
        let last = until.last()?;
        let by = until.iter().rev().find_map(|it| it.pulled_by);
        let holds = ["in_progress", "learning", "done"].contains(&last.stage);
        Some((last.stage, by.filter(|_| holds)))
    }

    fn items(&self) -> BTreeSet<i32> {
        self.happened.iter().map(|it| it.item).collect()
    }

    /// How many days lie from the last pull before an event to a day, counted one by one.
    fn days_since_pull(&self, item: i32, until: DateTime<Utc>, day: NaiveDate) -> usize {
        let mut pulls = self.happened.iter().filter(|it| it.item == item && it.at <= until);
        let pulled = pulls.rfind(|it| it.pulled_by.is_some()).unwrap().at;
        pulled.date_naive().iter_days().take_while(|passing| *passing <= day).count()
    }

    /// What was done: item, by whom, when, and after how many days.
    fn done(&self, from: NaiveDate, of: Option<usize>) -> Vec<(i32, usize, NaiveDate, usize)> {
        let mut done = vec![];
        for it in self.happened.iter().filter(|it| it.stage == "done") {
            let day = it.at.date_naive();
            let by = self.at_end(it.item, day).unwrap().1.unwrap();
            if day >= from && of.is_none_or(|of| of == by) {
                done.push((it.item, by, day, self.days_since_pull(it.item, it.at, day)));
            }
        }
        done
    }
}

/// The smallest number within which so many percent lie.
fn within(days: &[usize], percent: usize) -> usize {
    let lie = |most: usize| days.iter().filter(|n| **n <= most).count() * 100;
    (0..10_000).find(|most| lie(*most) >= percent * days.len()).unwrap()
}

fn long(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

fn some_days(n: usize) -> String {
    if n == 1 { "1 day".to_owned() } else { format!("{n} days") }
}

fn word(breadth: Breadth) -> &'static str {
    match breadth {
        Breadth::Task => "Task",
        Breadth::Feature => "Feature",
        Breadth::Problem => "Problem",
        Breadth::Outcome => "Outcome",
    }
}

fn at(actor: &Actor, at: DateTime<Utc>) -> Actor {
    Actor { at, ..actor.clone() }
}

/// Some months in the life of two squads, by chance and the same each time.
async fn live(app: &TestApp, group: &Group, first: NaiveDate, last: NaiveDate) -> Story {
    let mut chance = fastrand::Rng::with_seed(7);
    let mut story = Story::default();
    let (pool, product, lead) = (&app.pool, group.product, group.lead.actor());
    let mut now: BTreeMap<i32, (&'static str, usize)> = BTreeMap::new();
    for day in first.iter_days().take_while(|day| *day <= last) {
        let midnight = day.and_hms_opt(0, 0, 0).unwrap().and_utc();
        let mut minutes: Vec<i64> = (0..6).map(|_| chance.i64(0..1440)).collect();
        minutes.sort_unstable();
        // Whatever happens at midnight belongs to the day that begins.
        minutes[0] *= i64::from(chance.bool());
        let mut moments = minutes
            .into_iter()
            .zip(0..)
            .map(|(minute, n)| midnight + TimeDelta::minutes(minute) + TimeDelta::microseconds(n));
        let open = now.values().filter(|(stage, _)| *stage == "ready").count();
        if open < 4 && chance.u8(0..3) == 0 {
            let breadth = Breadth::ALL[chance.usize(0..4)];
            let moment = moments.next().unwrap();
            let new = NewItem { breadth, ..item("A problem") };
            let number = service::propose(pool, &at(&lead, moment), product, &new).await.unwrap();
            story.breadths.insert(number, word(breadth));
            story.note(number, moment, "proposed", None);
            now.insert(number, ("proposed", 0));
        }
        for squad in 0..2 {
            let (team, member) = (group.squads[squad].0, group.squads[squad].1.actor());
            let in_stage = |stage: &str| -> Vec<i32> {
                let own = now.iter().filter(|(_, it)| it.0 == stage);
                own.filter(|(_, it)| stage == "ready" || it.1 == squad).map(|it| *it.0).collect()
            };
            let (ready, doing, learning) =
                (in_stage("ready"), in_stage("in_progress"), in_stage("learning"));
            let moment = moments.next().unwrap();
            let who = at(&member, moment);
            match chance.u8(0..10) {
                0..=2 if doing.len() < 3 && !ready.is_empty() => {
                    let number = *chance.choice(&ready).unwrap();
                    let why = reason("It fits");
                    service::pull(pool, &who, product, number, team, Some(&why)).await.unwrap();
                    story.note(number, moment, "in_progress", Some(squad));
                    now.insert(number, ("in_progress", squad));
                }
                3 if !doing.is_empty() && learning.len() < 3 => {
                    let number = *chance.choice(&doing).unwrap();
                    service::learn(pool, &who, product, number, None).await.unwrap();
                    story.note(number, moment, "learning", None);
                    now.insert(number, ("learning", squad));
                }
                4 if !learning.is_empty() && doing.len() < 3 => {
                    let number = *chance.choice(&learning).unwrap();
                    service::resume(pool, &who, product, number, None).await.unwrap();
                    story.note(number, moment, "in_progress", None);
                    now.insert(number, ("in_progress", squad));
                }
                5 if !doing.is_empty() => {
                    let number = *chance.choice(&doing).unwrap();
                    let why = reason("Not now");
                    service::give_back(pool, &who, product, number, &why).await.unwrap();
                    story.note(number, moment, "ready", None);
                    now.insert(number, ("ready", squad));
                }
                6 | 7 if !doing.is_empty() || !learning.is_empty() => {
                    let number = chance.choice([doing, learning].concat()).unwrap();
                    let effect = outcome("Calls −9 %");
                    service::finish(pool, &who, product, number, &effect).await.unwrap();
                    story.note(number, moment, "done", None);
                    now.insert(number, ("done", squad));
                }
                _ => {}
            }
        }
        let waiting: Vec<i32> =
            now.iter().filter(|(_, it)| it.0 == "proposed").map(|it| *it.0).collect();
        if let Some(number) = chance.choice(waiting).filter(|_| chance.bool()) {
            let moment = moments.next().unwrap();
            let who = at(&lead, moment);
            if chance.u8(0..6) == 0 {
                let why = reason("Nobody has it");
                service::drop_item(pool, &who, product, number, &why).await.unwrap();
                story.note(number, moment, "dropped", None);
                now.insert(number, ("dropped", 0));
            } else {
                service::make_ready(pool, &who, product, number).await.unwrap();
                story.note(number, moment, "ready", None);
                now.insert(number, ("ready", 0));
            }
        }
    }
    story
}

/// The cells of the table in a card, row by row.
fn rows(page: &Answer, card: &str) -> Vec<String> {
    let table = format!("[aria-labelledby=\"{card}\"] .twin");
    let columns = page.count(&format!("{table} thead th")).max(1);
    let cells = page.texts(&format!("{table} tbody tr > *"));
    cells.chunks(columns).map(|row| row.join(" | ")).collect()
}

/// Compares one view of the page with the story.
fn compare(page: &Answer, story: &Story, from: NaiveDate, today: NaiveDate, of: Option<usize>) {
    let done = story.done(from, of);
    let took: Vec<usize> = done.iter().map(|it| it.3).collect();
    let is_ours = |by: Option<usize>| of.is_none() || by == of;

    // Cycle times and their percentiles.
    let mut told = rows(page, "c-h");
    told.sort();
    let mut counted: Vec<String> = done
        .iter()
        .map(|(item, by, day, took)| {
            format!("NA-{item} | {} | {} | {took}", NAMES[*by], long(*day))
        })
        .collect();
    counted.sort();
    assert_eq!(told, counted);
    assert!(took.len() >= 5, "the story is too quiet: {took:?}");
    let of_all = [50, 85, 95].map(|percent| within(&took, percent));
    let [half, most, nearly] = of_all.map(some_days);
    assert_eq!(
        page.text("[aria-labelledby=c-h] .twin p"),
        format!("50 % within {half}, 85 % within {most}, 95 % within {nearly}.")
    );
    assert_eq!(
        page.text("[aria-labelledby=c-h] > header p"),
        format!("85 % of items are done within {most}.")
    );

    compare_ages(page, story, today, (of, of_all[1]));

    // Throughput.
    let mut counted = vec![];
    let mut monday = from;
    while monday <= today {
        let week: Vec<NaiveDate> = monday.iter_days().take(7).collect();
        let n = done.iter().filter(|it| week.contains(&it.2)).count();
        let running = if week.contains(&today) { " not over" } else { "" };
        counted.push(format!("{}{running} | {n}", long(monday)));
        monday = week[6] + Days::new(1);
    }
    counted.reverse();
    assert_eq!(rows(page, "t-h"), counted);

    // Cumulative flow.
    let mut counted = vec![];
    for day in from.iter_days().take_while(|day| *day <= today) {
        if day.weekday() != Weekday::Sun && day != today {
            continue;
        }
        let standing: Vec<_> =
            story.items().into_iter().filter_map(|item| story.at_end(item, day)).collect();
        let n = |sought: &str| {
            standing.iter().filter(|(stage, by)| *stage == sought && is_ours(*by)).count()
        };
        let finished = done.iter().filter(|it| it.2 <= day).count();
        let mut cells = vec![long(day)];
        if of.is_none() {
            cells.extend([n("proposed").to_string(), n("ready").to_string()]);
        }
        cells.extend([n("in_progress"), n("learning"), finished].map(|n| n.to_string()));
        counted.push(cells.join(" | "));
    }
    counted.reverse();
    assert_eq!(rows(page, "u-h"), counted);
    compare_breadths(page, story, (from, today), of);
}

/// What is in work, with its age.
fn compare_ages(
    page: &Answer,
    story: &Story,
    today: NaiveDate,
    (of, most): (Option<usize>, usize),
) {
    let is_ours = |by: Option<usize>| of.is_none() || by == of;
    let mut told = rows(page, "g-h");
    told.sort();
    let mut counted = vec![];
    let (mut in_progress, mut learning) = (0, 0);
    for item in story.items() {
        let (stage, by) = story.at_end(item, today).unwrap();
        let said = match stage {
            "in_progress" if is_ours(by) => {
                in_progress += 1;
                "In progress"
            }
            "learning" if is_ours(by) => {
                learning += 1;
                "Learning"
            }
            _ => continue,
        };
        let until = today.and_hms_opt(23, 59, 59).unwrap().and_utc();
        let age = story.days_since_pull(item, until, today);
        let old = if age > most { "older than 85 %: " } else { "" };
        counted.push(format!("NA-{item} A problem | {} | {said} | {old}{age}", NAMES[by.unwrap()]));
    }
    counted.sort();
    assert_eq!(told, counted);
    assert_eq!(
        page.text(".stat:first-child dd"),
        format!("{} {in_progress} in progress, {learning} learning", in_progress + learning)
    );
}

/// What was pulled in each month.
fn compare_breadths(
    page: &Answer,
    story: &Story,
    (from, today): (NaiveDate, NaiveDate),
    of: Option<usize>,
) {
    let mut months: Vec<(i32, u32)> = vec![];
    for day in from.iter_days().take_while(|day| *day <= today) {
        if !months.contains(&(day.year(), day.month())) {
            months.push((day.year(), day.month()));
        }
    }
    let counted = months.iter().rev().map(|(year, month)| {
        let pulled = story.happened.iter().filter(|it| {
            let day = it.at.date_naive();
            it.pulled_by == of && day >= from && (day.year(), day.month()) == (*year, *month)
        });
        let breadths: Vec<_> = pulled.map(|it| story.breadths[&it.item]).collect();
        let n = |sought| breadths.iter().filter(|it| **it == sought).count().to_string();
        let name = NaiveDate::from_ymd_opt(*year, *month, 1).unwrap().format("%B %Y").to_string();
        [name, n("Task"), n("Feature"), n("Problem"), n("Outcome")].join(" | ")
    });
    let counted: Vec<_> = if of.is_some() { counted.collect() } else { vec![] };
    assert_eq!(rows(page, "b-h"), counted);
}

#[tokio::test]
async fn every_figure_is_what_a_count_by_hand_says() {
    let app = TestApp::new().await;
    let group = group(&app, &NAMES).await;
    let first = app.clock().now().date_naive() + Days::new(1);
    let today = first + Days::new(300);
    let story = live(&app, &group, first, today - Days::new(1)).await;
    let noon = today.and_hms_opt(12, 0, 0).unwrap().and_utc();
    app.clock().advance(noon - app.clock().now());
    let mut somebody = app.member("Wei Zhang").await;

    let monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()));
    for weeks in [13_u64, 26, 52] {
        let from = monday - Days::new(7 * (weeks - 1));
        for (of, squad) in [(None, ""), (Some(0), "fair-bills"), (Some(1), "ev-at-home")] {
            let path = format!("/products/norvik-app/flow?squad={squad}&weeks={weeks}");
            let page = somebody.get(&app.at(&path)).await;
            page.assert_ok();
            compare(&page, &story, from, today, of);
            // H9: nobody's name is near a figure.
            for name in ["Member of Fair Bills", "Member of EV at Home", "Hana Sato"] {
                assert!(!page.html.contains(name), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn before_the_first_pull_the_page_says_what_it_is_for() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut somebody = app.member("Wei Zhang").await;
    let path = app.at("/products/norvik-app/flow");

    let page = somebody.get(&path).await;
    page.assert_ok();
    assert_eq!(page.text(".empty h3"), "Nothing was pulled in these weeks");
    assert_eq!(page.count("svg.flow"), 0);
    assert_eq!(page.text(".tabs [aria-current=page]"), "Flow");
    assert!(page.text(".defs").contains("Both days count"));

    crate::backlog::ready(&app, &group, 4).await;
    let (squad, member) = group.squad(&app, 0);
    service::pull(&app.pool, &member, group.product, 1, squad, None).await.unwrap();
    let page = somebody.get(&path).await;
    assert_eq!(page.text("[aria-labelledby=c-h] .empty h3"), "Nothing is done yet in these weeks");
    assert_eq!(rows(&page, "g-h"), ["NA-1 Problem 0 | Fair Bills | In progress | 1"]);

    service::finish(&app.pool, &member, group.product, 1, &outcome("It helps")).await.unwrap();
    let page = somebody.get(&path).await;
    assert_eq!(
        page.text("[aria-labelledby=c-h] > header p"),
        "1 item is done in these weeks: percentiles are told from 5 on."
    );
    assert_eq!(page.count(".flow .lv"), 0);
    assert_eq!(page.text("[aria-labelledby=g-h] .empty h3"), "Nothing is in hand");
}

#[tokio::test]
async fn what_is_worth_a_look_is_said_with_a_way_out() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills", "EV at Home"]).await;
    let (pool, product) = (&app.pool, group.product);
    for n in 0..8 {
        let new = NewItem { breadth: Breadth::Task, ..item(&format!("Task {n}")) };
        let lead = group.lead(&app);
        service::propose(pool, &lead, product, &new).await.unwrap();
        service::make_ready(pool, &lead, product, n + 1).await.unwrap();
    }
    let (squad, start) = group.squad(&app, 0);
    let after = |days| at(&start, start.at + TimeDelta::days(days));
    let pull = async |number, days| {
        service::pull(pool, &after(days), product, number, squad, None).await.unwrap();
    };
    for number in 1..=5 {
        pull(number, 0).await;
        let effect = outcome("It helps");
        service::finish(pool, &after(2), product, number, &effect).await.unwrap();
    }
    pull(6, 53).await;
    pull(7, 53).await;
    let why = reason("Waits for the meter");
    service::block(pool, &after(53), product, 7, &why).await.unwrap();

    // On day 55 nothing is to be said: 3 days old as 85 % were, blocked for 2, not yet 8 weeks.
    let said = async |days: i64| {
        app.clock().advance(after(days).at - app.clock().now());
        let mut visitor = app.member("Wei Zhang").await;
        let page = visitor.get(&app.at("/products/norvik-app/flow")).await;
        page.assert_ok();
        let found = page.texts("[aria-labelledby=f-h] .strong");
        (found, page.attribute("[aria-labelledby=f-h] .ways a", "href"))
    };
    assert_eq!(said(55).await, (vec![], None));
    let (found, way) = said(56).await;
    assert_eq!(
        found,
        [
            "NA-6 is in hand for 4 days.",
            "NA-7 is blocked for 3 days.",
            "NA-7 is in hand for 4 days.",
            "Fair Bills has pulled only tasks and features for 8 weeks.",
        ]
    );
    assert_eq!(way, Some(app.at("/products/norvik-app/items/NA-6")));

    // A limit that is lowered below what is in hand.
    sqlx::query("update product_squad set wip_limit = 1 where team_id = $1")
        .bind(squad)
        .execute(pool)
        .await
        .unwrap();
    let (found, way) = said(56).await;
    assert_eq!(found[0], "Fair Bills has 2 items in progress, over its limit of 1.");
    assert_eq!(way, Some(app.at("/products/norvik-app?squad=fair-bills")));
}

#[tokio::test]
async fn the_page_is_for_members_and_follows_the_product() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    let path = app.at("/products/norvik-app/flow");

    let outside = app.stranger().await.get(&path).await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
    let mut member = app.member("Wei Zhang").await;
    member.get(&path).await.assert_ok();
    member.get(&format!("{path}?squad=nobody&weeks=many")).await.assert_ok();
    let by_id = member.get(&app.at(&format!("/products/{}/flow", group.product))).await;
    assert_eq!(by_id.location.as_deref(), Some(path.as_str()));
    assert_eq!(member.get(&app.at("/products/other/flow")).await.status, StatusCode::NOT_FOUND);
}
