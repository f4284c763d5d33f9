//! What a person may do with members.

use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::db::{self, MemberPage, Part};
use super::domain::{
    Departure, EDITORS, Member, MemberEmailTaken, Namesakes, Numbered, PEERS, Profile,
    SeveralRefused, folded, names, refuse_namesakes,
};
use crate::accounts::service::end_sessions_in;
use crate::actor::{ADMINS, Actor, DESIGNERS, Roles};
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::MemberId;
use crate::organizations::service::revoke_all_in;
use crate::squads::service::leave_all_in;
use crate::text::Reason;
use crate::transaction::{Begun, begin};

impl MemberPage {
    /// The member as the rules know them.
    pub fn member(&self) -> Result<Member> {
        Ok(Member {
            id: self.id,
            name: self.name.clone(),
            user: self.user_id,
            roles: Roles::parse(&self.roles)?,
            is_deactivated: self.deactivated_at.is_some(),
        })
    }
}

fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

/// Adds a member. A name that is there already is taken only with `namesakes`, as by [`add_several`].
pub async fn add(
    pool: &PgPool,
    actor: &Actor,
    profile: &Profile,
    namesakes: bool,
) -> Result<MemberId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    if !namesakes {
        let there = db::names_in_use(&mut *tx, actor.tenant, &[folded(profile)]).await?;
        if !there.is_empty() {
            return Err(Namesakes::One.into());
        }
    }
    let id = MemberId::new();
    db::insert_all(&mut tx, actor.tenant, &[(id, profile)], actor.at)
        .await
        .on_constraint("member_email_key", MemberEmailTaken)?;
    let event =
        NewEvent::new("member_added", format!("added {} as a member", profile.name), [id.0])
            .change(None, said(profile));
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Adds several members or, if one of the lines is wrong, nobody. One event names them all. Names that are there
/// already are taken only with `namesakes`, once somebody has said that they are other people's.
pub async fn add_several(
    pool: &PgPool,
    actor: &Actor,
    lines: &[Numbered],
    namesakes: bool,
) -> Result<usize> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let address = |profile: &Profile| profile.email.as_ref().map(|it| it.as_str().to_owned());
    let emails: Vec<_> = lines.iter().filter_map(|(_, profile)| address(profile)).collect();
    let taken = db::taken_emails(&mut *tx, actor.tenant, &emails).await?;
    let refused: Vec<_> = lines
        .iter()
        .filter(|(_, profile)| address(profile).is_some_and(|email| taken.contains(&email)))
        .map(|(line, profile)| (*line, profile.line(), MemberEmailTaken.to_string()))
        .collect();
    if !refused.is_empty() {
        return Err(SeveralRefused::of(refused).into());
    }
    if !namesakes {
        let there = db::names_in_use(&mut *tx, actor.tenant, &names(lines)).await?;
        refuse_namesakes(lines, &there)?;
    }
    let members: Vec<_> = lines.iter().map(|(_, profile)| (MemberId::new(), profile)).collect();
    db::insert_all(&mut tx, actor.tenant, &members, actor.at)
        .await
        .on_constraint("member_email_key", MemberEmailTaken)?;
    let names: Vec<_> = members.iter().map(|(_, profile)| profile.name.as_str()).collect();
    let summary = match names[..] {
        [one] => format!("added {one} as a member"),
        [first, second] => format!("added {first} and {second} as members"),
        [first, second, ..] => {
            format!("added {first}, {second} and {} more as members", names.len() - 2)
        }
        [] => return tx.done(0).await,
    };
    let event = NewEvent::new("members_added", summary, members.iter().map(|(id, _)| id.0))
        .change(None, json!({"members": names}));
    history::record(&mut tx, actor, event).await?;
    tx.done(members.len()).await
}

/// Writes a profile. Only admins change the address, which is account data.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    id: MemberId,
    version: i32,
    profile: &Profile,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    let saved = db::lock(&mut tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    if !saved.member()?.may_be_edited_by(actor) {
        return Err(Error::Forbidden(EDITORS.into()));
    }
    let email = profile.email.as_ref().map(ToString::to_string);
    if email != saved.email && !actor.roles.may_administer() {
        return Err(Error::Forbidden(ADMINS.into()));
    }
    let fresh = db::update_profile(&mut tx, actor.tenant, id, version, profile)
        .await
        .on_constraint("member_email_key", MemberEmailTaken)?;
    if !fresh {
        return Err(Error::Stale);
    }
    if email != saved.email {
        // Whoever has the old address does not come in by it.
        revoke_all_in(&mut tx, actor, id).await?;
    }
    let whose = if actor.member == id {
        "their profile".to_owned()
    } else {
        format!("the profile of {}", saved.name)
    };
    let before = json!({
        "name": saved.name, "discipline": saved.discipline, "title": saved.title, "time_zone": saved.time_zone,
        "email_changed": false,
    });
    let mut after = said(profile);
    after["email_changed"] = Value::Bool(email != saved.email);
    let event =
        NewEvent::new("member_changed", format!("edited {whose}"), [id.0]).change(before, after);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// What the history says of a profile. Not the address: everybody reads the history.
fn said(profile: &Profile) -> Value {
    json!({
        "name": profile.name, "discipline": profile.discipline, "title": profile.title,
        "time_zone": profile.time_zone.name(),
    })
}

/// The names of the products that somebody leads.
pub(super) fn led(parts: &[Part]) -> Vec<&str> {
    parts.iter().filter(|part| part.is_lead()).map(|part| part.name.as_str()).collect()
}

/// Deactivates a member: they leave all teams, where an active squad that falls under 6 returns to forming, their
/// apprenticeships and hats at products end, and they are signed out everywhere. All of it is one event (H12). Who
/// leads a product hands it over first (H3).
pub async fn deactivate(
    pool: &PgPool,
    actor: &Actor,
    id: MemberId,
    version: i32,
    reason: &Reason,
) -> Result<Departure> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let saved = db::lock(&mut tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let member = saved.member()?;
    if !member.may_be_moved_by(actor) {
        return Err(Error::Forbidden(PEERS.into()));
    }
    let parts = db::parts(&mut *tx, actor.tenant, id).await?;
    member.may_leave(db::count_admins(&mut *tx, actor.tenant).await?, &led(&parts))?;
    let event = NewEvent::new("member_deactivated", format!("deactivated {}", saved.name), [id.0]);
    let forming = format!("{} left the organization: {reason}", saved.name);
    let left = leave_all_in(&mut tx, actor, id, event.id, &forming).await?;
    let tenant = actor.tenant;
    let mut products = db::end_apprenticeships(&mut tx, tenant, id, actor.at, event.id).await?;
    products.extend(db::end_hats(&mut tx, tenant, id, actor.at, event.id).await?);
    if !db::update_deactivated(&mut tx, actor.tenant, id, version, Some(actor.at)).await? {
        return Err(Error::Stale);
    }
    revoke_all_in(&mut tx, actor, id).await?;
    if let Some(user) = saved.user_id {
        end_sessions_in(&mut tx, user, None).await?;
    }
    let in_teams = |after: bool| -> Vec<Value> {
        let sizes = left.iter().map(|team| {
            let (members, state) = match (after, team.returned_to_forming) {
                (false, true) => (team.before, Some("active")),
                (true, true) => (team.after, Some("forming")),
                (false, false) => (team.before, None),
                (true, false) => (team.after, None),
            };
            match state {
                Some(state) => json!({"team": team.name, "members": members, "state": state}),
                None => json!({"team": team.name, "members": members}),
            }
        });
        sizes.collect()
    };
    let at_products: Vec<String> =
        parts.iter().map(|part| format!("{} of {}", part.title(), part.name)).collect();
    let mut event = event
        .change(
            json!({"active": true, "teams": in_teams(false), "products": at_products}),
            json!({"active": false, "teams": in_teams(true), "products": []}),
        )
        .because(reason.as_str());
    event.subjects.extend(left.iter().map(|team| team.team.0));
    products.sort_unstable();
    products.dedup();
    event.subjects.extend(products.iter().map(|product| product.0));
    history::record(&mut tx, actor, event).await?;
    let returned = left.into_iter().filter(|team| team.returned_to_forming).map(|team| team.name);
    let departure = Departure { name: saved.name, returned: returned.collect() };
    tx.done(departure).await
}

/// Brings a member back, without the teams they were in.
pub async fn reactivate(pool: &PgPool, actor: &Actor, id: MemberId, version: i32) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    must_design(actor)?;
    let name = reactivate_in(&mut tx, actor, id, Some(version)).await?;
    let event = NewEvent::new("member_reactivated", format!("reactivated {name}"), [id.0])
        .change(json!({"active": false}), json!({"active": true}));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Brings a member back in a change that somebody else records, and answers their name; without a `version` as they are.
pub async fn reactivate_in(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MemberId,
    version: Option<i32>,
) -> Result<String> {
    let saved = db::lock(&mut *tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let member = saved.member()?;
    if !member.may_be_moved_by(actor) {
        return Err(Error::Forbidden(PEERS.into()));
    }
    member.may_return()?;
    let version = version.unwrap_or(saved.version);
    if !db::update_deactivated(&mut *tx, actor.tenant, id, version, None).await? {
        return Err(Error::Stale);
    }
    if let Some(user) = saved.user_id {
        // A session that was opened meanwhile was not an admin's or leader's: a new one is.
        end_sessions_in(tx, user, None).await?;
    }
    Ok(saved.name)
}
