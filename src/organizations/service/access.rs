//! Who may come in, with which roles (RELIABILITY R13: what ends, ends the sessions).

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::must_administer;
use crate::accounts::service::{allow, create_reset_in, end_sessions_in, rotate_session_in};
use crate::actor::{Actor, Role, Roles, Tenant};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, SessionId, UserId};
use crate::organizations::LastAdmin;
use crate::organizations::db::{self, AccessRow};
use crate::transaction::{Begun, begin};

/// Changes the roles of a member and ends their sessions. For roles of one's own, this session stays and gets the
/// token that is answered.
pub async fn change_roles(
    pool: &PgPool,
    actor: &Actor,
    session: SessionId,
    member: MemberId,
    roles: Roles,
    version: i32,
) -> Result<Option<String>> {
    let mut tx = match begin::<()>(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(None),
    };
    must_administer(actor)?;
    let target = lock_target(&mut tx, actor, member).await?;
    let before = Roles::parse(&target.roles)?;
    if target.version != version {
        return Err(Error::Stale);
    }
    if before == roles {
        tx.done(()).await?;
        return Ok(None);
    }
    if before.has(Role::Admin) && !roles.has(Role::Admin) && target.user_id.is_some() {
        keep_an_admin(&mut tx, actor.tenant).await?;
    }
    db::update_access(&mut tx, actor.tenant, member, target.user_id, roles).await?;
    let summary = format!("changed the roles of {} to {roles}", target.name);
    let event = NewEvent::new("roles_changed", summary, [member.0])
        .change(json!({"roles": before.words()}), json!({"roles": roles.words()}));
    history::record(&mut tx, actor, event).await?;
    let token = end_their_sessions(&mut tx, actor, session, target.user_id).await?;
    tx.done(()).await?;
    Ok(token)
}

/// Takes the account and the roles from a member, who stays in the organization and in its teams. Their sessions end;
/// one's own stays, with the token that is answered.
pub async fn remove_access(
    pool: &PgPool,
    actor: &Actor,
    session: SessionId,
    member: MemberId,
    version: i32,
) -> Result<Option<String>> {
    let mut tx = match begin::<()>(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(None),
    };
    must_administer(actor)?;
    let target = lock_target(&mut tx, actor, member).await?;
    let user = target.user_id.ok_or(Error::NotFound)?;
    if target.version != version {
        return Err(Error::Stale);
    }
    let before = Roles::parse(&target.roles)?;
    if before.has(Role::Admin) {
        keep_an_admin(&mut tx, actor.tenant).await?;
    }
    db::update_access(&mut tx, actor.tenant, member, None, Roles::default()).await?;
    let summary = format!("removed the access of {}", target.name);
    let event = NewEvent::new("access_removed", summary, [member.0]).change(
        json!({"roles": before.words(), "signs_in": true}),
        json!({"roles": [], "signs_in": false}),
    );
    history::record(&mut tx, actor, event).await?;
    let token = end_their_sessions(&mut tx, actor, session, Some(user)).await?;
    tx.done(()).await?;
    Ok(token)
}

/// Signs a member out of every browser; of every other one, if it is oneself.
pub async fn sign_out_everywhere(
    pool: &PgPool,
    actor: &Actor,
    session: SessionId,
    member: MemberId,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_administer(actor)?;
    let target = lock_target(&mut tx, actor, member).await?;
    let user = target.user_id.ok_or(Error::NotFound)?;
    let summary = format!("signed {} out everywhere", target.name);
    history::record(&mut tx, actor, NewEvent::new("sessions_ended", summary, [member.0])).await?;
    end_sessions_in(&mut tx, user, (actor.user == Some(user)).then_some(session)).await?;
    tx.done(()).await
}

/// Makes a link with which a member chooses a new password, and answers its token; nothing when the same form came
/// before, since the token is kept nowhere.
pub async fn make_reset_link(
    pool: &PgPool,
    actor: &Actor,
    per_hour: u32,
    member: MemberId,
) -> Result<Option<String>> {
    let key = actor.tenant.organization_id().to_string();
    allow(pool, "reset_links", &key, per_hour, f64::from(per_hour) / 60.0, actor.at).await?;
    let mut tx = match begin::<()>(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(None),
    };
    must_administer(actor)?;
    let target = lock_target(&mut tx, actor, member).await?;
    let user = target.user_id.ok_or(Error::NotFound)?;
    let token = create_reset_in(&mut tx, user, actor.at).await?;
    let summary = format!("made a link for a new password for {}", target.name);
    let event = NewEvent::new("reset_link_made", summary, [member.0]);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await?;
    Ok(Some(token))
}

/// Locks the member whom it is about and the one who acts, and looks under the lock whether they may still.
pub(super) async fn lock_target(
    tx: &mut PgConnection,
    actor: &Actor,
    member: MemberId,
) -> Result<AccessRow> {
    let rows = db::lock_members(tx, actor.tenant, &[actor.member, member]).await?;
    let acting = rows.iter().find(|row| row.id == actor.member).ok_or(Error::NotFound)?;
    must_administer(&Actor { roles: Roles::parse(&acting.roles)?, ..actor.clone() })?;
    rows.into_iter().find(|row| row.id == member).ok_or(Error::NotFound)
}

/// H11. Whoever takes an admin away comes through here, so the organization's row is the lock.
async fn keep_an_admin(tx: &mut PgConnection, tenant: Tenant) -> Result<()> {
    if db::lock_admin_count(tx, tenant).await? > 1 { Ok(()) } else { Err(LastAdmin.into()) }
}

async fn end_their_sessions(
    tx: &mut PgConnection,
    actor: &Actor,
    session: SessionId,
    user: Option<UserId>,
) -> Result<Option<String>> {
    let Some(user) = user else { return Ok(None) };
    if actor.user != Some(user) {
        end_sessions_in(tx, user, None).await?;
        return Ok(None);
    }
    end_sessions_in(tx, user, Some(session)).await?;
    Ok(Some(rotate_session_in(tx, user, session, actor.at, &actor.origin).await?))
}
