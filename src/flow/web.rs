//! The page of a product's flow: figures, pictures with their tables, findings, definitions.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use super::charts::{self, Chart};
use super::db;
use super::domain::{
    FINDING_WEEKS, Finding, Flow, Held, History, InWork, MIN_FINISHED, Pulled, Server, View, Way,
    findings,
};
use crate::backlog::{At, Breadth};
use crate::error::Result;
use crate::ids::TeamId;
use crate::web::shell::{Section, Shell};
use crate::web::{Query, Routes, Who, page};

/// How many weeks can be looked at; the second if nothing else is asked for.
const WEEKS: [u64; 3] = [13, 26, 52];
/// Lines of a table, and findings of the page.
const MAX_LINES: usize = 100;
const MAX_FINDINGS: usize = 20;

/// The addresses of flow.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/products/{product}/flow", Who::Member, show)
}

// GET /o/{org}/products/{product}/flow?squad=&weeks=

/// What is asked for. A word that is none of ours asks for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FlowQuery {
    squad: String,
    weeks: String,
}

impl FlowQuery {
    fn weeks(&self) -> u64 {
        let asked = self.weeks.parse().ok().filter(|weeks| WEEKS.contains(weeks));
        asked.unwrap_or(WEEKS[1])
    }
}

/// A finding with its way out.
struct Found {
    finding: Finding,
    href: String,
    label: String,
}

/// An item in hand.
struct AgeLine {
    key: String,
    href: String,
    title: String,
    squad: String,
    stage: &'static str,
    age: i64,
    is_old: bool,
}

/// An item that was done.
struct DoneLine {
    key: String,
    href: String,
    squad: String,
    done: NaiveDate,
    days: i64,
}

#[derive(Template)]
#[template(path = "flow/show.html")]
struct FlowPage {
    shell: Shell,
    squads: Vec<db::Server>,
    squad: Option<String>,
    weeks: u64,
    view: View,
    flow: Flow,
    found: Vec<Found>,
    more_findings: usize,
    ages: Vec<AgeLine>,
    done: Vec<DoneLine>,
    throughput_chart: Chart,
    cycle_chart: Chart,
    age_chart: Chart,
    cumulative_chart: Chart,
    breadth_chart: Option<Chart>,
    at: At,
}

impl FlowPage {
    /// The same page with another squad or another number of weeks.
    fn asked(&self, squad: &str, weeks: u64) -> String {
        let squad = if squad.is_empty() { String::new() } else { format!("squad={squad}&") };
        self.at.url(&format!("/flow?{squad}weeks={weeks}"))
    }

    /// The same for all squads.
    fn all_url(&self) -> String {
        self.asked("", self.weeks)
    }

    fn squad_slug(&self) -> &str {
        let chosen = self.view.squad;
        let of = self.squads.iter().find(|squad| Some(squad.team) == chosen);
        of.map_or("", |squad| &squad.slug)
    }

    fn choices(&self) -> Vec<(String, String, bool)> {
        let squads = self.squads.iter();
        squads
            .map(|squad| {
                let is_chosen = Some(squad.team) == self.view.squad;
                (squad.name.clone(), self.asked(&squad.slug, self.weeks), is_chosen)
            })
            .collect()
    }

    fn windows(&self) -> Vec<(String, String, bool)> {
        let window = |weeks: &u64| {
            (format!("{weeks} weeks"), self.asked(self.squad_slug(), *weeks), *weeks == self.weeks)
        };
        WEEKS.iter().map(window).collect()
    }

    /// What the page is.
    fn sub(&self) -> String {
        let with = self.squad.as_ref().map(|name| format!(" with {name}")).unwrap_or_default();
        format!("How items go from the backlog to done{with}, in calendar days.")
    }

    /// Whose flow it is.
    fn of(&self) -> &str {
        self.squad.as_deref().unwrap_or(&self.at.product.name)
    }

    fn in_work(&self) -> String {
        let (in_progress, learning) = self.flow.in_work();
        format!("{in_progress} in progress, {learning} learning")
    }

    /// What was done in the last week that is over.
    fn last_week(&self) -> usize {
        self.flow.weeks.iter().rev().find(|week| !week.is_running).map_or(0, |week| week.done)
    }

    /// The service level expectation in a sentence.
    fn expectation(&self) -> String {
        match self.flow.percentiles {
            Some(it) => format!("85 % of items are done within {}.", charts::days(it.p85)),
            None => self.too_few(),
        }
    }

    fn too_few(&self) -> String {
        let n = self.flow.finished.len();
        let are = if n == 1 { "is" } else { "are" };
        format!(
            "{} {are} done in these weeks: percentiles are told from {MIN_FINISHED} on.",
            charts::items(n)
        )
    }

    fn p85(&self) -> String {
        self.flow.percentiles.map_or_else(|| "–".to_owned(), |it| charts::days(it.p85))
    }

    /// The days at whose end the table says how many stood where: each Sunday, and the last day.
    fn week_ends(&self) -> Vec<&(NaiveDate, super::domain::Counts)> {
        let last = self.flow.days.len().saturating_sub(1);
        let days = self.flow.days.iter().enumerate();
        let mut ends: Vec<_> =
            days.filter(|(n, _)| n % 7 == 6 || *n == last).map(|(_, day)| day).collect();
        ends.reverse();
        ends
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn day(day: &NaiveDate) -> String {
        day.format("%-d %B %Y").to_string()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn month(day: &NaiveDate) -> String {
        day.format("%B %Y").to_string()
    }

    /// The stages that are drawn: class and name, from the top down.
    fn stages(&self) -> Vec<(&'static str, &'static str)> {
        let n = if self.view.squad.is_some() { 3 } else { 4 };
        charts::STAGES[..n].iter().rev().map(|(class, name, _)| (*class, *name)).collect()
    }

    fn breadths() -> Vec<(&'static str, &'static str)> {
        Breadth::ALL.iter().map(|it| (charts::breadth_class(*it), it.title())).collect()
    }

    /// Whether this page draws fewer than there are.
    fn is_cut(&self) -> bool {
        self.flow.finished.len() > charts::MAX_DOTS
    }
}

fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.date_naive()
}

fn found(
    at: &At,
    history: &History,
    squads: &[db::Server],
    items: &[InWork],
    today: NaiveDate,
) -> Vec<Found> {
    if at.product.is_ended {
        return vec![];
    }
    let servers: Vec<Server> = squads
        .iter()
        .map(|squad| Server {
            team: squad.team,
            name: squad.name.clone(),
            load: squad.load,
            pulling_since: squad.pulling_since.map(day_of),
        })
        .collect();
    let pulls = history.steps.iter().filter(|step| step.is_pull());
    let pulls: Vec<Pulled> = pulls
        .filter_map(|step| {
            Some(Pulled { squad: step.squad?, on: step.day(), breadth: step.breadth })
        })
        .collect();
    let p85 = Flow::of(history, View::weeks(FINDING_WEEKS, today, None)).percentiles;
    let slug = |team: TeamId| squads.iter().find(|it| it.team == team).map_or("", |it| &it.slug);
    findings(&servers, items, &pulls, p85.map(|it| it.p85), today)
        .into_iter()
        .map(|finding| {
            let (href, label) = match &finding.way {
                Way::Lane(team) => {
                    (at.url(&format!("?squad={}", slug(*team))), "Look at its lane".to_owned())
                }
                Way::Item(number) => {
                    (at.item_url(*number, ""), format!("Look at {}", at.product.item_key(*number)))
                }
                Way::Propose => (at.url("/items/new"), "Add a customer problem".to_owned()),
            };
            Found { finding, href, label }
        })
        .collect()
}

async fn show(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<FlowQuery>,
) -> Result<Response> {
    page(&flow_page(&pool, at, &query).await?)
}

/// Four statements, beside those that find the visitor and the product.
async fn flow_page(pool: &PgPool, at: At, query: &FlowQuery) -> Result<FlowPage> {
    let (tenant, product) = (at.visitor.tenant(), at.product.id);
    let (today, weeks) = (day_of(at.visitor.actor.at), query.weeks());
    let squads = db::squads(pool, tenant, product).await?;
    let since = View::weeks(weeks.max(FINDING_WEEKS), today, None).from;
    let history = db::history(pool, tenant, product, since).await?;
    let known = db::in_hand(pool, tenant, product).await?;
    let chosen = squads.iter().find(|squad| squad.slug == query.squad);
    let (team, squad) = (chosen.map(|it| it.team), chosen.map(|it| it.name.clone()));
    let view = View::weeks(weeks, today, team);
    let flow = Flow::of(&history, view);
    let name = |team: TeamId| {
        let of = squads.iter().find(|it| it.team == team);
        of.map_or_else(|| "another squad".to_owned(), |it| it.name.clone())
    };
    let blocked = |held: &Held| known.get(&held.item).and_then(|it| it.blocked_at).map(day_of);
    let items: Vec<InWork> = flow
        .held
        .iter()
        .map(|held| InWork {
            key: at.product.item_key(held.number),
            squad: name(held.squad),
            age: held.age(today),
            blocked_on: blocked(held),
        })
        .collect();
    let asked: Vec<db::Server> =
        squads.iter().filter(|it| team.is_none_or(|team| it.team == team)).cloned().collect();
    let mut found = found(&at, &history, &asked, &items, today);
    let more_findings = found.len().saturating_sub(MAX_FINDINGS);
    found.truncate(MAX_FINDINGS);
    let ages: Vec<AgeLine> = flow
        .held
        .iter()
        .map(|held| AgeLine {
            key: at.product.item_key(held.number).to_string(),
            href: at.item_url(held.number, ""),
            title: known.get(&held.item).map_or_else(String::new, |it| it.title.clone()),
            squad: name(held.squad),
            stage: held.stage.title(),
            age: held.age(today),
            is_old: flow.percentiles.is_some_and(|it| held.age(today) > it.p85),
        })
        .collect();
    let bars: Vec<_> = ages
        .iter()
        .map(|it| {
            let words = format!("{} {}: {} in hand", it.key, it.title, charts::days(it.age));
            (it.key.clone(), it.age, words)
        })
        .collect();
    let done = flow.finished.iter().rev().take(MAX_LINES);
    let done = done.map(|one| DoneLine {
        key: at.product.item_key(one.number).to_string(),
        href: at.item_url(one.number, ""),
        squad: name(one.squad),
        done: one.done,
        days: one.days(),
    });
    Ok(FlowPage {
        shell: at.visitor.shell(Section::Products),
        throughput_chart: charts::throughput(&flow.weeks, view),
        cycle_chart: charts::cycle_times(&flow, view, |number| {
            at.product.item_key(number).to_string()
        }),
        age_chart: charts::ages(&bars, flow.percentiles),
        cumulative_chart: charts::cumulative(&flow, view),
        breadth_chart: team.map(|_| charts::breadths(&flow.months)),
        done: done.collect(),
        squad,
        weeks,
        view,
        found,
        more_findings,
        ages,
        squads,
        flow,
        at,
    })
}
