//! Making the demo.

use chrono::{DateTime, Days, TimeDelta, Utc};
use sqlx::PgPool;

use super::company::{ADMIN, NAME, PURPOSE};
use super::made::{Account, Made, MadeOrganization};
use super::stage::Stage;
use super::story::{self, BEGINNING};
use super::{Options, db};
use crate::accounts::service::{NewUser, create_user_in, end_sessions_in, open_session_in};
use crate::accounts::{
    Browser, CurrentUser, Email, PASSWORD_MIN_TRUSTED, Passwords, PersonName, is_short_for_trusted,
};
use crate::actor::{Actor, Origin, Role, Roles};
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::MemberId;
use crate::organizations::service::{Accepting, Invitee, accept, find_held, invite};
use crate::organizations::{CommonPurpose, OrganizationName};
use crate::{secret, setup};

/// The variable with the password of all accounts.
const PASSWORD: &str = "TRELLIS_DEMO_PASSWORD";
/// How many squads the demo of the setup has, and its seed.
const USUAL: (usize, u64) = (8, 42);

/// Makes demo organizations.
pub async fn fill(
    pool: &PgPool,
    passwords: &Passwords,
    clock: &Clock,
    options: &Options,
) -> anyhow::Result<Made> {
    let now = clock.now();
    let mut maker = Maker { pool, passwords, now, given: None };
    if let Some(given) = std::env::var(PASSWORD).ok().filter(|given| !given.is_empty()) {
        if is_short_for_trusted(&given) {
            eprintln!(
                "demo: {PASSWORD} has fewer than {PASSWORD_MIN_TRUSTED} characters, so admins and leaders choose another one when they sign in"
            );
        }
        let hash = passwords.hash(&given).await?;
        maker.given = Some((given, hash));
    }
    let outsider = maker.outsider().await?;
    let mut made = Made::default();
    for (number, seed) in (0..options.organizations).zip(options.seed..) {
        if options.organizations > 1 || options.squads > 20 {
            eprintln!("demo: organization {} of {}", number + 1, options.organizations);
        }
        let mut organization = maker.company(seed, options.squads).await?;
        organization.accounts.push(outsider.clone());
        made.organizations.push(organization);
    }
    Ok(made)
}

/// Fills the organization of `actor`, which is new, with the demo. Nobody else can sign in, so that there are no
/// passwords to be told; the actor does what the leader does.
pub async fn into_organization(pool: &PgPool, actor: &Actor) -> Result<()> {
    let (squads, seed) = USUAL;
    let story = story::tell(seed, squads);
    let mut stage = Stage::new(pool, &story, actor.at.date_naive(), actor, None).await?;
    stage.open().await?;
    stage.go_on().await
}

struct Maker<'a> {
    pool: &'a PgPool,
    passwords: &'a Passwords,
    now: DateTime<Utc>,
    /// The password that all accounts get, with its hash.
    given: Option<(String, String)>,
}

impl Maker<'_> {
    /// A password and its hash.
    async fn password(&self) -> Result<(String, String)> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let password: String = secret::token().chars().take(20).collect();
        let hash = self.passwords.hash(&password).await?;
        Ok((password, hash))
    }

    /// The user of an organization that has nothing to do with the others.
    async fn outsider(&self) -> Result<Account> {
        let domain = db::free_domain(self.pool, "outside").await?;
        let (account, _) = self
            .found(("outsider", "Oda Utne"), &domain, "Outside", "To look in from outside.")
            .await?;
        Ok(account)
    }

    /// Founds an organization, on the day on which its story begins.
    async fn found(
        &self,
        (role, admin): (&'static str, &str),
        domain: &str,
        name: &str,
        purpose: &str,
    ) -> Result<(Account, Actor)> {
        let (password, password_hash) = self.password().await?;
        let local = slug::slugify(admin).replace('-', ".");
        let user = NewUser {
            email: Email::parse(&format!("{local}@{domain}"))?,
            name: PersonName::parse(admin)?,
            password_hash,
        };
        let (name, purpose) = (OrganizationName::parse(name)?, CommonPurpose::parse(purpose)?);
        let at = self.now - Days::new(BEGINNING.unsigned_abs() + 1);
        let actor =
            setup::service::found(self.pool, &user, &name, &purpose, at, &Origin::default())
                .await?;
        let email = user.email.to_string();
        Ok((Account { role, email, password, member_id: actor.member }, actor))
    }

    /// One company with its accounts.
    async fn company(&self, seed: u64, squads: usize) -> Result<MadeOrganization> {
        let pool = self.pool;
        let domain = db::free_domain(pool, "norvik").await?;
        let (account, admin) = self.found(("admin", ADMIN.0), &domain, NAME, PURPOSE).await?;
        let mut accounts = vec![account];

        let story = story::tell(seed, squads);
        let mut stage =
            Stage::new(pool, &story, self.now.date_naive(), &admin, Some(&domain)).await?;
        stage.open().await?;
        let early = admin.at + TimeDelta::days(1) + TimeDelta::hours(12);
        let mut member = None;
        for (role, person) in stage.who_sign_in() {
            let roles: Roles = match role {
                "leader" => [Role::Leader].into_iter().collect(),
                "coach" => [Role::Coach].into_iter().collect(),
                _ => {
                    // Comes to the company later than these.
                    member = Some((role, person));
                    continue;
                }
            };
            let actor = Actor { at: early, ..admin.clone() };
            let name = &story.people[person].name;
            let (account, user) = self
                .sign_up(&actor, role, (stage.member(person), name), stage.email(person)?, roles)
                .await?;
            accounts.push(account);
            stage.sign_up(person, user);
        }
        stage.go_on().await?;
        let mut member_squad = None;
        if let Some((role, person)) = member {
            let actor = Actor { at: self.now - TimeDelta::hours(1), ..admin.clone() };
            let (id, name) = (stage.member(person), &story.people[person].name);
            let (account, _) = self
                .sign_up(&actor, role, (id, name), stage.email(person)?, Roles::default())
                .await?;
            member_squad = db::squad_of(pool, admin.tenant, id).await?;
            accounts.push(account);
        }
        let summary = db::summary(pool, admin.tenant).await?;
        Ok(MadeOrganization { summary, accounts, member_squad })
    }

    /// Invites a member, who makes an account and accepts.
    async fn sign_up(
        &self,
        admin: &Actor,
        role: &'static str,
        (member, name): (MemberId, &str),
        email: Option<Email>,
        roles: Roles,
    ) -> Result<(Account, Actor)> {
        let (pool, at) = (self.pool, admin.at);
        let email = email.map_or_else(|| Email::parse(""), Ok)?;
        let made = invite(pool, admin, u32::MAX, &Invitee::Member(member), &email, roles).await?;
        let held = find_held(pool, &made.token.unwrap_or_default(), at).await?;

        let (password, password_hash) = self.password().await?;
        let name = PersonName::parse(name)?;
        let new = NewUser { email: email.clone(), name: name.clone(), password_hash };
        let mut tx = pool.begin().await?;
        let id = create_user_in(&mut tx, &new, at).await?;
        open_session_in(&mut tx, id, at, &Origin::default(), "Demo").await?;
        let session = db::session(&mut *tx, id).await?;
        tx.commit().await?;
        let user = CurrentUser {
            id,
            session,
            name: name.to_string(),
            email: email.to_string(),
            at,
            origin: Origin::default(),
        };
        accept(pool, self.passwords, &held, Accepting::User(&user), &nobody(), at).await?;
        let mut tx = pool.begin().await?;
        end_sessions_in(&mut tx, id, None).await?;
        tx.commit().await?;

        let account = Account { role, email: email.to_string(), password, member_id: member };
        let actor =
            Actor { user: Some(id), member, name: name.to_string(), roles, ..admin.clone() };
        Ok((account, actor))
    }
}

/// The browser of the command line.
fn nobody() -> Browser {
    Browser {
        session: None,
        device: None,
        user_agent: "Demo".into(),
        origin: Origin::default(),
        network: String::new(),
    }
}
