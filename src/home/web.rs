//! The home page of an organization.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::db::{self, Garden, Glance, Totals};
use super::domain::{Action, Backlog, Hand, Held, Person, Standing, Thing, things};
use crate::backlog::{self, ItemKey};
use crate::constellation::{self, MapCard};
use crate::design::{self, Viewer, Way};
use crate::error::Result;
use crate::flow::BLOCKED_DAYS;
use crate::ids::ProductId;
use crate::organizations::{Visitor, unfinished};
use crate::products;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Routes, Who, page};

/// The addresses of home.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}", Who::Member, home)
}

// GET /o/{org}

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    shell: Shell,
    org: String,
    name: String,
    common_purpose: String,
    /// The map, of an organization that it shows squad by squad.
    map: Option<MapCard>,
    garden: Garden,
    backlogs: Vec<Backlog>,
    /// Squads whose findings are being worked out.
    behind: usize,
    things: Vec<Thing>,
    more: usize,
    glance: Glance,
    counts: Counts,
    person: Person,
    now: DateTime<Utc>,
    zone: Tz,
}

/// The numbers of the page that the frame has counted already.
#[derive(Default)]
struct Counts {
    squads: i64,
    core_teams: i64,
    members: i64,
}

fn counted(n: i64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

impl HomePage {
    /// "8 squads, 3 core teams, 96 members. Last change yesterday, 16:40 by Ingrid Solheim."
    fn sentence(&self) -> String {
        let counts = &self.counts;
        let last = self.glance.recent.first().map(|last| {
            let when = ui::inside(&ui::when(last.at, self.now, self.zone));
            let who =
                last.member_name.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
            format!(" Last change {when}{who}.")
        });
        format!(
            "{}, {}, {}.{}",
            counted(counts.squads, "squad", "squads"),
            counted(counts.core_teams, "core team", "core teams"),
            counted(counts.members, "member", "members"),
            last.unwrap_or_default()
        )
    }

    fn within(&self) -> String {
        let Totals { in_range, active, .. } = self.garden.totals;
        format!("{in_range} with 6 to 10 members, {active} active")
    }

    fn placed(&self) -> String {
        format!("{} in squads", self.garden.totals.in_squads)
    }

    fn of(&self) -> String {
        format!("of {}", self.garden.totals.squads)
    }

    /// The squads of the table.
    fn rows(&self) -> Vec<&Standing> {
        self.garden.squads.iter().filter(|squad| squad.is_listed).collect()
    }

    /// The visitor's own squads, for those who do not design.
    fn own(&self) -> Vec<&Standing> {
        let own = self.garden.squads.iter().filter(|squad| squad.is_own);
        own.filter(|_| !self.may_design()).collect()
    }

    fn at(&self, path: &str) -> String {
        format!("/o/{}{path}", self.org)
    }

    fn squad_url(&self, squad: &Standing) -> String {
        format!("/o/{}/squads/{}", self.org, squad.slug)
    }

    fn has_more(&self) -> bool {
        i64::try_from(self.rows().len()).is_ok_and(|rows| rows < self.garden.totals.squads)
    }

    /// What a squad has in hand, of each product that it serves.
    fn hands(&self, squad: &Standing) -> Vec<(&Backlog, &Hand)> {
        let all = self.backlogs.iter().flat_map(|it| it.hands.iter().map(move |hand| (it, hand)));
        all.filter(|(_, hand)| hand.squad == squad.id).collect()
    }

    fn item_key(backlog: &Backlog, item: &Held) -> String {
        ItemKey::new(&backlog.key, item.number).to_string()
    }

    fn item_url(&self, backlog: &Backlog, item: &Held) -> String {
        backlog::item_url(&self.org, &backlog.slug, &ItemKey::new(&backlog.key, item.number))
    }

    /// The lane of a squad on the board.
    fn lane_url(&self, backlog: &Backlog, hand: &Hand) -> String {
        format!("{}?squad={}", products::url(&self.org, &backlog.slug), hand.slug)
    }

    /// The squad that a thing is about.
    fn squad_of(&self, thing: &Thing) -> Option<&Standing> {
        let about = thing.about?;
        self.garden.squads.iter().find(|squad| squad.id == about)
    }

    /// The one action of a thing; none where the visitor may only look.
    fn way(&self, thing: &Thing) -> Option<Way> {
        Ways::new(&self.org, self.person.clone(), &self.garden.squads, &self.backlogs).of(thing)
    }

    fn moment(&self, at: &DateTime<Utc>) -> Moment {
        ui::moment(*at, self.now, self.zone)
    }

    fn may_design(&self) -> bool {
        self.person.roles.may_design()
    }

    fn may_administer(&self) -> bool {
        self.person.roles.may_administer()
    }
}

/// Where the things of a person lead.
pub struct Ways<'a> {
    org: &'a str,
    person: Person,
    viewer: Viewer,
    backlogs: &'a [Backlog],
}

impl<'a> Ways<'a> {
    /// For a person and the squads and backlogs that the things are about.
    pub fn new(org: &'a str, person: Person, squads: &[Standing], backlogs: &'a [Backlog]) -> Self {
        let own = squads.iter().filter(|squad| squad.is_own).map(|squad| squad.id);
        let viewer = Viewer::new(person.roles, own.collect());
        Self { org, person, viewer, backlogs }
    }

    /// A page of a product, by its id as the garden's squads are.
    fn product_url(&self, product: ProductId, below: &str) -> String {
        let slug = self.backlogs.iter().find(|it| it.id == product).map_or("", |it| &it.slug);
        format!("{}{below}", products::url(self.org, slug))
    }

    /// The one action of a thing; none where the person may only look.
    pub fn of(&self, thing: &Thing) -> Option<Way> {
        let org = self.org;
        let (href, label) = match &thing.action {
            Action::WayOut(way_out) => return design::way(org, way_out, &self.viewer),
            Action::Squad(squad) => (format!("/o/{org}/squads/{squad}"), "Look at the squad"),
            Action::Activate(squad) => (format!("/o/{org}/squads/{squad}"), "Make it active"),
            Action::Group(product) => (self.product_url(*product, "/group"), "Look at the group"),
            Action::Board(product) => (self.product_url(*product, ""), "Look at the board"),
            Action::Blocked(product) => {
                (self.product_url(*product, "/items?blocked=1"), "Look at what waits")
            }
            Action::Proposed(product) => {
                (self.product_url(*product, "/items?stage=proposed"), "Answer them")
            }
            Action::OwnSkills => {
                (format!("/o/{org}/members/{}/skills", self.person.member), "Look at my skills")
            }
            Action::AddMembers => (format!("/o/{org}/members/new"), "Add members"),
        };
        Some(Way { href, label: label.to_owned() })
    }
}

async fn home(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    let today = visitor.actor.at.date_naive();
    let long_ago = visitor.actor.at - TimeDelta::days(BLOCKED_DAYS);
    let mut one = pool.acquire().await?;
    let mut garden = db::garden(&mut *one, &visitor.actor, today).await?;
    let glance = db::glance(&mut *one, &visitor.actor).await?;
    let backlogs = db::backlogs(&mut *one, &visitor.actor, long_ago).await?;
    drop(one);
    let mut behind = 0;
    if garden.totals.is_stale {
        behind = design::refresh_all(&pool, &visitor.actor, today).await?;
        if behind == 0 {
            garden = db::garden(&pool, &visitor.actor, today).await?;
        }
    }
    // A larger map costs more than the rest of the page; it has a page of its own.
    let squads = usize::try_from(garden.totals.squads).unwrap_or_default();
    let map = if (1..=constellation::MAX_SQUADS_ON_ORBIT).contains(&squads) {
        let (sky, _) = constellation::load(&pool, &visitor.actor, today).await?;
        Some(constellation::card(&sky, &visitor.slug))
    } else {
        None
    };
    let home = HomePage { behind, ..home_page(visitor, garden, backlogs, glance, map) };
    Ok(unfinished(behind > 0, page(&home)?))
}

fn home_page(
    visitor: Visitor,
    garden: Garden,
    backlogs: Vec<Backlog>,
    glance: Glance,
    map: Option<MapCard>,
) -> HomePage {
    let shell = visitor.shell(Section::Home);
    let org = shell.org.clone().unwrap_or_default();
    let counts = Counts { squads: org.squads, core_teams: org.core_teams, members: org.members };
    let person = Person {
        member: visitor.actor.member,
        roles: visitor.roles(),
        stale_skills: glance.stale_skills,
        members: counts.members,
    };
    let (things, more) = things(&garden.squads, garden.unseen(person.roles), &backlogs, &person);
    HomePage {
        shell,
        org: visitor.slug,
        name: visitor.organization,
        common_purpose: visitor.common_purpose,
        map,
        garden,
        backlogs,
        behind: 0,
        things,
        more,
        glance,
        counts,
        person,
        now: visitor.actor.at,
        zone: visitor.time_zone,
    }
}
