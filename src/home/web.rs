//! The home page of an organization.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::db::{self, Glance};
use super::domain::{Action, Person, Thing, things};
use crate::design::{
    self, Design, Finding, MAX_MEMBERS, MIN_MEMBERS, SquadDesign, Tally, Viewer, Way,
};
use crate::error::Result;
use crate::missions::MissionText;
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Routes, Who, page};

/// Squads in the table.
const MAX_ROWS: usize = 20;

/// The addresses of home.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}", Who::Member, home)
}

/// A squad in the table, with its findings counted.
struct Row {
    squad: SquadDesign,
    tally: Tally,
    url: String,
}

impl Row {
    fn state(&self) -> &'static str {
        if self.squad.is_active { "" } else { "Forming" }
    }
}

// GET /o/{org}

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    shell: Shell,
    org: String,
    name: String,
    common_purpose: String,
    design: Design,
    rows: Vec<Row>,
    /// The visitor's own squads, for those who do not design.
    own: Vec<Row>,
    tally: Tally,
    things: Vec<Thing>,
    more: usize,
    glance: Glance,
    counts: Counts,
    viewer: Viewer,
    person: Person,
    now: DateTime<Utc>,
    zone: Tz,
}

/// The numbers of the page, each counted once.
#[derive(Default)]
struct Counts {
    squads: i64,
    core_teams: i64,
    members: i64,
    active: usize,
    in_range: usize,
    in_squads: usize,
    missions: usize,
}

impl Counts {
    fn new(shell: &Shell, design: &Design) -> Self {
        let org = shell.org.clone().unwrap_or_default();
        let squads = design.squads.iter();
        let mut placed: Vec<_> = squads
            .clone()
            .flat_map(|squad| &squad.members)
            .map(|placement| placement.member)
            .collect();
        placed.sort_unstable();
        placed.dedup();
        Self {
            squads: org.squads,
            core_teams: org.core_teams,
            members: org.members,
            active: squads.clone().filter(|squad| squad.is_active).count(),
            in_range: squads
                .clone()
                .filter(|squad| (MIN_MEMBERS..=MAX_MEMBERS).contains(&squad.members.len()))
                .count(),
            in_squads: placed.len(),
            missions: squads
                .filter(|squad| squad.mission.as_ref().is_some_and(MissionText::is_complete))
                .count(),
        }
    }

    fn within(&self) -> String {
        format!("{} with 6 to 10 members, {} active", self.in_range, self.active)
    }

    fn placed(&self) -> String {
        format!("{} in squads", self.in_squads)
    }

    fn of(&self) -> String {
        format!("of {}", self.squads)
    }
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

    fn at(&self, path: &str) -> String {
        format!("/o/{}{path}", self.org)
    }

    fn squad_url(&self, squad: &SquadDesign) -> String {
        format!("/o/{}/squads/{}", self.org, squad.slug)
    }

    fn name_of(&self, thing: &Thing) -> String {
        thing.about.map(|id| self.design.name_of(id).to_owned()).unwrap_or_default()
    }

    fn url_of(&self, thing: &Thing) -> Option<String> {
        self.design.squad(thing.about?).map(|squad| self.squad_url(squad))
    }

    /// The one action of a thing; none where the visitor may only look.
    fn way(&self, thing: &Thing) -> Option<Way> {
        let org = &self.org;
        let (href, label) = match &thing.action {
            Action::WayOut(way_out) => return design::way(org, way_out, &self.viewer),
            Action::Squad(squad) => (format!("/o/{org}/squads/{squad}"), "Look at the squad"),
            Action::Activate(squad) => (format!("/o/{org}/squads/{squad}"), "Make it active"),
            Action::OwnSkills => {
                (format!("/o/{org}/members/{}/skills", self.person.member), "Look at my skills")
            }
            Action::AddMembers => (format!("/o/{org}/members/new"), "Add members"),
        };
        Some(Way { href, label: label.to_owned() })
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

async fn home(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    let design = design::load(&pool, visitor.tenant(), visitor.today()).await?;
    let glance = db::glance(&pool, &visitor.actor).await?;
    let findings = design.findings();
    page(&home_page(visitor, design, &findings, glance))
}

fn home_page(visitor: Visitor, design: Design, findings: &[Finding], glance: Glance) -> HomePage {
    let shell = visitor.shell(Section::Home);
    let counts = Counts::new(&shell, &design);
    let me = visitor.actor.member;
    let person = Person {
        member: me,
        roles: visitor.roles(),
        stale_skills: glance.stale_skills,
        members: counts.members,
    };
    let (things, more) = things(&design, findings, &person);
    let row = |squad: &SquadDesign| {
        let own = findings.iter().filter(|finding| finding.squads.contains(&squad.id));
        Row {
            squad: squad.clone(),
            tally: Tally::of(own),
            url: format!("/o/{}/squads/{}", visitor.slug, squad.slug),
        }
    };
    let mine = design.squads.iter().filter(|squad| squad.has(me));
    let viewer = Viewer::new(person.roles, mine.clone().map(|squad| squad.id).collect());
    let own = mine.map(row).collect();
    // Active squads first: they serve customers today.
    let (active, forming): (Vec<_>, Vec<_>) =
        design.squads.iter().partition(|squad| squad.is_active);
    let rows = active.into_iter().chain(forming).take(MAX_ROWS).map(row).collect();
    HomePage {
        shell,
        org: visitor.slug,
        name: visitor.organization,
        common_purpose: visitor.common_purpose,
        tally: Tally::of(findings),
        design,
        rows,
        own,
        things,
        more,
        glance,
        counts,
        viewer,
        person,
        now: visitor.actor.at,
        zone: visitor.time_zone,
    }
}
