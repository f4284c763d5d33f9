//! Plays a story through the use cases of the features, each act by whoever does it and on its day.

mod coaching;
mod health;
mod items;
mod learning;
mod metrics;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use sqlx::PgPool;

use super::company::{CORE_TEAMS, CRAFTS, DISSOLVED, KINDS};
use super::db;
use super::story::{
    Act, COACH_AT, Joining, LEADER_AT, Mission, PRODUCTS, Person, ProductAct, Story, Team, Tie,
};
use crate::accounts::{Email, PersonName};
use crate::actor::{Actor, Origin, Roles, Tenant};
use crate::core_teams::{self, CoreTeamName, NewCoreTeam};
use crate::error::{Error, Result};
use crate::ids::{ApprenticeshipId, HatId, LinkId, MemberId, MetricId, ProductId, SkillId, TeamId};
use crate::links::{self, NewLink, Purpose, Terms};
use crate::members::{self, Discipline, Profile, TimeZone, Title};
use crate::metrics::{Direction, NewMetric};
use crate::missions::{self, Customer, MissionText, Success, Value};
use crate::products::{
    GroupHat, ItemKeyPrefix, NewProduct, ProductDescription, ProductName, WipLimit,
    service as products,
};
use crate::skills::{self, Level, SkillDescription, SkillName};
use crate::squads::{
    self, Allocation, Description, Need, NewMembership, NewSquad, Pattern, SquadName,
};
use crate::text::Reason;

/// When the day of the demo's people begins, in UTC.
const MORNING: TimeDelta = TimeDelta::hours(7);

/// Where a story is played: an organization, and what of the story is there already.
pub struct Stage<'a> {
    pool: &'a PgPool,
    story: &'a Story,
    today: NaiveDate,
    /// Who designs.
    leader: Actor,
    /// Who has an account, by their place among the people.
    signed_up: BTreeMap<usize, Actor>,
    /// The part of addresses after the `@`; nobody has an address without it.
    domain: Option<String>,
    last: DateTime<Utc>,
    members: Vec<MemberId>,
    squads: Vec<TeamId>,
    core_teams: Vec<TeamId>,
    links: Vec<(Tie, LinkId)>,
    products: Vec<ProductId>,
    /// The numbers of each product's items.
    numbers: Vec<Vec<i32>>,
    apprenticeships: BTreeMap<usize, ApprenticeshipId>,
    coached: Vec<coaching::Coached>,
    /// Those of each squad: the goal, and the others by their place among those beside it.
    metrics: BTreeMap<(usize, Option<usize>), MetricId>,
    skills: Vec<SkillId>,
    hats: BTreeMap<String, HatId>,
}

impl<'a> Stage<'a> {
    /// An organization that nothing has happened in yet, as `leader` sees it.
    pub async fn new(
        pool: &'a PgPool,
        story: &'a Story,
        today: NaiveDate,
        leader: &Actor,
        domain: Option<&str>,
    ) -> Result<Self> {
        let (nobody, none) = (MemberId(uuid::Uuid::nil()), TeamId(uuid::Uuid::nil()));
        Ok(Self {
            pool,
            story,
            today,
            leader: Actor { once: None, ..leader.clone() },
            signed_up: BTreeMap::new(),
            domain: domain.map(ToOwned::to_owned),
            last: DateTime::<Utc>::MIN_UTC,
            members: vec![nobody; story.people.len()],
            squads: vec![none; story.squads.len()],
            core_teams: vec![],
            links: vec![],
            products: vec![],
            numbers: vec![vec![]; PRODUCTS.len()],
            apprenticeships: BTreeMap::new(),
            coached: vec![],
            metrics: BTreeMap::new(),
            skills: db::capabilities(pool, leader.tenant).await?,
            hats: db::hats(pool, leader.tenant).await?.into_iter().collect(),
        })
    }

    /// The member that somebody of the story has become.
    pub fn member(&self, person: usize) -> MemberId {
        self.members[person]
    }

    /// Somebody acts with an account and its roles from now on; the leader designs.
    pub fn sign_up(&mut self, person: usize, actor: Actor) {
        if person == LEADER_AT {
            self.leader = actor.clone();
        }
        self.signed_up.insert(person, actor);
    }

    /// Somebody's address.
    pub fn email(&self, person: usize) -> Result<Option<Email>> {
        let Some(domain) = &self.domain else { return Ok(None) };
        let local = slug::slugify(&self.story.people[person].name).replace('-', ".");
        Ok(Some(Email::parse(&format!("{local}@{domain}"))?))
    }

    /// Plays the first act, by which leader and coach become members.
    pub async fn open(&mut self) -> Result<()> {
        self.play(0..1).await
    }

    /// Plays the rest.
    pub async fn go_on(&mut self) -> Result<()> {
        self.play(1..self.story.acts.len()).await?;
        self.health().await
    }

    async fn play(&mut self, acts: std::ops::Range<usize>) -> Result<()> {
        for at in acts {
            if at > 0 && at % 2000 == 0 {
                eprintln!("demo: {at} of {} steps", self.story.acts.len());
            }
            let (day, act) = &self.story.acts[at];
            self.last = self.time(*day);
            self.perform(act).await?;
        }
        Ok(())
    }

    /// A time on a day, after everything that has happened.
    fn time(&self, days_ago: i64) -> DateTime<Utc> {
        let day = self.today - Days::new(days_ago.unsigned_abs());
        let morning = day.and_time(NaiveTime::MIN).and_utc() + MORNING;
        morning.max(self.last.checked_add_signed(TimeDelta::minutes(1)).unwrap_or(morning))
    }

    fn leader(&self) -> Actor {
        Actor { at: self.last, ..self.leader.clone() }
    }

    fn tenant(&self) -> Tenant {
        self.leader.tenant
    }

    /// Somebody of the story, or the leader.
    fn actor(&self, person: Option<usize>) -> Actor {
        let Some(person) = person else { return self.leader() };
        if let Some(actor) = self.signed_up.get(&person) {
            return Actor { at: self.last, ..actor.clone() };
        }
        Actor {
            tenant: self.tenant(),
            user: None,
            member: self.members[person],
            name: self.story.people[person].name.clone(),
            roles: Roles::default(),
            at: self.last,
            once: None,
            origin: Origin::default(),
        }
    }

    async fn perform(&mut self, act: &Act) -> Result<()> {
        let (pool, leader) = (self.pool, self.leader());
        match act {
            Act::AddMembers(people) => self.add_members(people).await,
            Act::AddCrafts => self.add_crafts().await,
            Act::FoundCoreTeam { team, members } => self.found_core_team(*team, members).await,
            Act::Found { squad } => self.found(*squad).await,
            Act::Join { squad, who } => {
                let new = who.iter().map(|one| self.joining(one)).collect::<Result<Vec<_>>>()?;
                squads::service::add_members(pool, &leader, self.squads[*squad], &new).await
            }
            Act::Need { squad, skill, people } => {
                let (team, skill) = (self.squads[*squad], self.skills[*skill]);
                let need = Need::new(Level::ABLE.number(), *people)?;
                squads::service::set_need(pool, &leader, team, skill, None, need).await
            }
            Act::Write { squad, by, mission } => {
                let (team, text) = (self.squads[*squad], self.text(mission)?);
                let (_, base) = db::versions(pool, self.tenant(), team).await?;
                missions::service::write(pool, &self.actor(*by), team, base, &text).await.map(drop)
            }
            Act::SetGoal { squad, by } => {
                let (team, goal) = (self.squads[*squad], self.goal(*squad)?);
                let by = self.actor(*by);
                let id = crate::metrics::service::set_goal(pool, &by, team, &goal).await?;
                self.metrics.insert((*squad, None), id);
                Ok(())
            }
            Act::Rate { person, ratings } => {
                let ratings = ratings.iter().map(|one| {
                    Ok(skills::Rating {
                        skill: self.skills[one.skill],
                        level: one.level.map(Level::new).transpose()?,
                        wants_to_learn: one.wants_to_learn,
                        version: 0,
                    })
                });
                let ratings = ratings.collect::<Result<Vec<_>>>()?;
                let (actor, member) = (self.actor(Some(*person)), self.members[*person]);
                skills::service::rate(pool, &actor, member, &ratings).await.map(drop)
            }
            Act::Confirm { person, skill, by } => {
                let (member, skill) = (self.members[*person], self.skills[*skill]);
                let version = db::rating_version(pool, self.tenant(), member, skill).await?;
                let by = self.actor(Some(*by));
                skills::service::confirm(pool, &by, member, skill, version).await
            }
            Act::Deactivate { person, reason } => {
                let member = self.members[*person];
                let version = db::member_version(pool, self.tenant(), member).await?;
                let reason = Reason::parse(reason)?;
                members::service::deactivate(pool, &leader, member, version, &reason)
                    .await
                    .map(drop)
            }
            Act::Learning(act) => self.learning(act).await,
            Act::Coaching(act) => self.coaching(act).await,
            Act::Metric(act) => self.metric(act).await,
            Act::Product(act) => self.product(act).await,
            Act::Past { product, items } => self.past(*product, items).await,
            Act::Item(act) => self.item(act).await,
            Act::Link(tie) => self.link(tie).await,
            Act::Unlink { tie, reason } => self.unlink(tie, reason).await,
            change => self.design(change).await,
        }
    }

    /// What a leader does to a squad that is there.
    async fn design(&self, act: &Act) -> Result<()> {
        let (pool, tenant, leader) = (self.pool, self.tenant(), self.leader());
        let membership = async |squad: usize, person: usize| {
            db::membership(pool, tenant, self.squads[squad], self.members[person]).await
        };
        let version = async |squad: usize| {
            db::versions(pool, tenant, self.squads[squad]).await.map(|(version, _)| version)
        };
        match act {
            Act::Activate { squad } => {
                let (team, version) = (self.squads[*squad], version(*squad).await?);
                squads::service::activate(pool, &leader, team, version).await
            }
            Act::ReturnToForming { squad, reason } => {
                let (team, version) = (self.squads[*squad], version(*squad).await?);
                let reason = Reason::parse(reason)?;
                squads::service::return_to_forming(pool, &leader, team, version, &reason).await
            }
            Act::Dissolve { squad, reason } => {
                let (team, version) = (self.squads[*squad], version(*squad).await?);
                let reason = Reason::parse(reason)?;
                squads::service::dissolve(pool, &leader, team, version, &reason).await
            }
            Act::Remove { squad, person, reason } => {
                let out = membership(*squad, *person).await?;
                let reason = Some(Reason::parse(reason)?);
                squads::service::remove_member(pool, &leader, out, reason).await
            }
            Act::Swap { squad, out, joining } => {
                let out = membership(*squad, *out).await?;
                let NewMembership { member, allocation, hats } = self.joining(joining)?;
                squads::service::swap(pool, &leader, out, member, allocation, &hats).await.map(drop)
            }
            Act::Move { person, from, to, allocation } => {
                let (out, to) = (membership(*from, *person).await?, self.squads[*to]);
                let allocation = Allocation::new(*allocation)?;
                squads::service::move_member(pool, &leader, out, to, allocation).await
            }
            other => Err(Error::Internal(anyhow::anyhow!("nobody plays {other:?}"))),
        }
    }

    async fn add_members(&mut self, people: &[usize]) -> Result<()> {
        for some in people.chunks(members::SEVERAL_MAX) {
            let lines = some.iter().map(|at| Ok((*at, self.profile(*at)?)));
            let lines = lines.collect::<Result<Vec<_>>>()?;
            members::service::add_several(self.pool, &self.leader(), &lines, true).await?;
        }
        let added = db::members_of(self.pool, self.tenant(), self.last).await?;
        let added: BTreeMap<_, _> = added.into_iter().collect();
        for at in people {
            if let Some(id) = added.get(&self.story.people[*at].name) {
                self.members[*at] = *id;
            }
        }
        Ok(())
    }

    fn profile(&self, at: usize) -> Result<Profile> {
        let Person { name, discipline, title, time_zone, .. } = &self.story.people[at];
        Ok(Profile {
            name: PersonName::parse(name)?,
            email: self.email(at)?,
            discipline: Discipline::parse(discipline)?,
            title: Title::parse(title)?,
            time_zone: TimeZone::parse(time_zone)?,
        })
    }

    async fn add_crafts(&mut self) -> Result<()> {
        for (name, description) in CRAFTS {
            let name = SkillName::parse(name)?;
            let description = SkillDescription::parse(description)?;
            let skill =
                skills::service::create(self.pool, &self.leader(), &name, &description).await?;
            self.skills.push(skill);
        }
        Ok(())
    }

    fn team(&self, team: Team) -> TeamId {
        match team {
            Team::Squad(at) => self.squads[at],
            Team::Core(at) => self.core_teams[at],
        }
    }

    async fn link(&mut self, tie: &Tie) -> Result<()> {
        let (from, to) = (self.team(tie.from), self.team(tie.to));
        let mut seats = [None, None];
        for ((team, person), seat) in [from, to].into_iter().zip(tie.liaisons).zip(&mut seats) {
            if let Some(person) = person {
                let member = self.members[person];
                *seat = Some(db::membership(self.pool, self.tenant(), team, member).await?);
            }
        }
        let terms = Terms {
            kind: tie.kind,
            purpose: Purpose::parse(tie.purpose)?,
            from_liaison: seats[0],
            to_liaison: seats[1],
            review_on: self.today + TimeDelta::days(tie.review_in),
        };
        let (leader, new) = (self.leader(), NewLink { from, to, terms });
        let day = self.last.date_naive();
        let link = links::service::create(self.pool, &leader, day, &new).await?;
        self.links.push((tie.clone(), link));
        Ok(())
    }

    async fn product(&mut self, act: &ProductAct) -> Result<()> {
        let (pool, leader) = (self.pool, self.leader());
        match act {
            ProductAct::Begin { product, lead } => {
                let told = &PRODUCTS[*product];
                let new = NewProduct {
                    name: ProductName::parse(told.name)?,
                    description: ProductDescription::parse(told.description)?,
                    key: Some(ItemKeyPrefix::parse(told.key)?),
                    lead: self.members[*lead],
                };
                self.products.push(products::create(pool, &leader, &new).await?);
                Ok(())
            }
            ProductAct::Serve { product, squad } => {
                let (product, squad) = (self.products[*product], self.squads[*squad]);
                let first = (WipLimit::FIRST, WipLimit::FIRST);
                products::serve(pool, &leader, product, squad, first).await.map(drop)
            }
            // Without accounts nobody has the role of a coach.
            ProductAct::Wear { hat: GroupHat::Coach, person, .. }
                if !self.signed_up.contains_key(person) =>
            {
                Ok(())
            }
            ProductAct::Wear { product, hat, person } => {
                let (product, member) = (self.products[*product], self.members[*person]);
                products::give_hat(pool, &leader, product, *hat, member).await.map(drop)
            }
            ProductAct::Learn { product, person } => {
                let (product, member) = (self.products[*product], self.members[*person]);
                let begun = products::begin_apprenticeship(pool, &leader, product, member).await?;
                self.apprenticeships.insert(*person, begun);
                Ok(())
            }
            ProductAct::Delegate { product, person } => {
                let product = self.products[*product];
                let lead = db::lead_of(pool, self.tenant(), product).await?;
                let lead = self.members.iter().position(|member| *member == lead);
                let begun = *self.apprenticeships.get(person).ok_or(Error::NotFound)?;
                // Nobody has changed it since it began.
                products::delegate(pool, &self.actor(lead), begun, 1, true).await
            }
            ProductAct::HandOver { product, to } => {
                let (product, to) = (self.products[*product], self.members[*to]);
                // Nobody has changed it since it began.
                products::hand_over(pool, &leader, product, 1, to).await
            }
        }
    }

    async fn unlink(&self, tie: &Tie, reason: &str) -> Result<()> {
        let reason = Reason::parse(reason)?;
        let made = self.links.iter().find(|(made, _)| made == tie);
        let (_, link) = made.ok_or(Error::NotFound)?;
        // Nobody has changed it since it was made.
        links::service::end(self.pool, &self.leader(), *link, 1, &reason).await
    }

    async fn found_core_team(&mut self, team: usize, members: &[usize]) -> Result<()> {
        let (name, description, _) = CORE_TEAMS[team];
        let new = NewCoreTeam {
            name: CoreTeamName::parse(name)?,
            description: Description::parse(description)?,
        };
        let leader = self.leader();
        let team = core_teams::service::create(self.pool, &leader, &new).await?;
        self.core_teams.push(team);
        let who: Vec<_> = members
            .iter()
            .map(|person| NewMembership {
                member: self.members[*person],
                allocation: Allocation::FULL,
                hats: vec![],
            })
            .collect();
        core_teams::service::add_members(self.pool, &leader, team, &who).await
    }

    async fn found(&mut self, at: usize) -> Result<()> {
        let squad = &self.story.squads[at];
        let (pattern, description) = match squad.kind {
            Some(kind) => (KINDS[kind].pattern, KINDS[kind].description),
            None => (Pattern::TigerTeam, DISSOLVED.1),
        };
        let new = NewSquad {
            name: SquadName::parse(&squad.name)?,
            pattern,
            description: Description::parse(description)?,
        };
        self.squads[at] = squads::service::create(self.pool, &self.leader(), &new).await?;
        Ok(())
    }

    fn joining(&self, joining: &Joining) -> Result<NewMembership> {
        let hat = joining.hat.and_then(|name| self.hats.get(name)).copied();
        Ok(NewMembership {
            member: self.members[joining.person],
            allocation: Allocation::new(joining.allocation)?,
            hats: hat.into_iter().collect(),
        })
    }

    fn text(&self, mission: &Mission) -> Result<MissionText> {
        Ok(MissionText {
            customer: Customer::parse(&mission.customer)?,
            value: Value::parse(mission.value)?,
            success: Success::parse(mission.success)?,
            review_on: Some(self.today + TimeDelta::days(mission.review_in)),
        })
    }

    fn goal(&self, squad: usize) -> Result<NewMetric> {
        metrics::metric(match self.story.squads[squad].kind {
            Some(kind) => KINDS[kind].goal,
            None => ("Homes with a new meter", "%", Direction::Up, 12.0, 100.0),
        })
    }

    /// The members who can sign in besides the admin: role, and place among the people.
    pub fn who_sign_in(&self) -> Vec<(&'static str, usize)> {
        let member = self.story.squads.iter().find_map(|squad| squad.roster.first());
        let mut all = vec![("leader", LEADER_AT), ("coach", COACH_AT)];
        all.extend(member.map(|person| ("member", *person)));
        all
    }
}
