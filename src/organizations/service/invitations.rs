//! Inviting people, and taking an invitation (RELIABILITY R10).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::access::lock_target;
use super::must_administer;
use crate::accounts::service::{
    NewUser, allow, allow_sign_in, create_user_in, end_resets_in, end_sessions_in, find_user_of,
    is_trusted, rotate_session_in, sign_in_browser_in,
};
use crate::accounts::{
    Browser, CurrentUser, Email, EmailTaken, LinkSpent, Passwords, PersonName, SignedIn,
    check_password_of,
};
use crate::actor::{ADMINS, Actor, Role, Roles, Tenant};
use crate::config::Limits;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{InvitationId, MemberId};
use crate::organizations::db::{self, HeldInvitation, NewInvitation};
use crate::organizations::{AcceptRefused, INVITATION_LIFETIME, InviteRefused};
use crate::secret;
use crate::transaction::{Begun, begin};

/// Who is invited.
#[derive(Debug, Clone)]
pub enum Invitee {
    /// A member who does not sign in yet.
    Member(MemberId),
    /// Somebody who becomes a member by it.
    New(PersonName),
}

/// An invitation that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Whom it is for.
    pub member: MemberId,
    /// The token of its link, kept nowhere else; nothing when the same form came before.
    pub token: Option<String>,
}

/// What is kept of [`Made`] for the same form sent again: all but the secret.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    member: MemberId,
}

/// Invites somebody at an address, with roles. An earlier invitation of theirs ends.
pub async fn invite(
    pool: &PgPool,
    actor: &Actor,
    per_hour: u32,
    invitee: &Invitee,
    email: &Email,
    roles: Roles,
) -> Result<Made> {
    allow_invitation(pool, actor, per_hour).await?;
    let mut tx = match begin::<Kept>(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(Kept { member }) => return Ok(Made { member, token: None }),
    };
    must_administer(actor)?;
    let (member, name) = match invitee {
        Invitee::Member(member) => {
            let target = lock_target(&mut tx, actor, *member).await?;
            if target.user_id.is_some() {
                return Err(InviteRefused::SignsInAlready.into());
            }
            if target.email.as_deref() != Some(email.as_str()) {
                db::update_email(&mut tx, actor.tenant, *member, email)
                    .await
                    .on_constraint("member_email_key", InviteRefused::EmailOfAnother)?;
            }
            (*member, target.name)
        }
        Invitee::New(name) => {
            lock_target(&mut tx, actor, actor.member).await?;
            let member = MemberId::new();
            db::insert_invited(&mut tx, actor.tenant, member, name, email, actor.at)
                .await
                .on_constraint("member_email_key", InviteRefused::EmailOfAnother)?;
            (member, name.to_string())
        }
    };
    let token = insert_in(&mut tx, actor, member, email.as_str(), roles).await?;
    let event = NewEvent::new("member_invited", format!("invited {name} as {roles}"), [member.0])
        .change(None, json!({"roles": roles.words()}));
    history::record(&mut tx, actor, event).await?;
    tx.done(Kept { member }).await?;
    Ok(Made { member, token: Some(token) })
}

/// Makes a new link for an invitation that is open or too old; the earlier link ends.
pub async fn renew(
    pool: &PgPool,
    actor: &Actor,
    per_hour: u32,
    invitation: InvitationId,
) -> Result<Made> {
    allow_invitation(pool, actor, per_hour).await?;
    let mut tx = match begin::<Kept>(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(Kept { member }) => return Ok(Made { member, token: None }),
    };
    must_administer(actor)?;
    let open =
        db::find_invitation(&mut *tx, actor.tenant, invitation).await?.ok_or(Error::NotFound)?;
    let member = open.member_id;
    if lock_target(&mut tx, actor, member).await?.user_id.is_some() {
        return Err(InviteRefused::SignsInAlready.into());
    }
    let roles = Roles::parse(&open.roles)?;
    let token = insert_in(&mut tx, actor, member, &open.email, roles).await?;
    let summary = format!("renewed the invitation of {}", open.member_name);
    history::record(&mut tx, actor, NewEvent::new("invitation_renewed", summary, [member.0]))
        .await?;
    tx.done(Kept { member }).await?;
    Ok(Made { member, token: Some(token) })
}

/// Takes an invitation back: its link does nothing any more.
pub async fn revoke(pool: &PgPool, actor: &Actor, invitation: InvitationId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_administer(actor)?;
    let open =
        db::find_invitation(&mut *tx, actor.tenant, invitation).await?.ok_or(Error::NotFound)?;
    lock_target(&mut tx, actor, open.member_id).await?;
    if db::revoke_invitations(&mut tx, actor.tenant, open.member_id, actor.at).await? == 0 {
        return Err(Error::Stale);
    }
    let summary = format!("took back the invitation of {}", open.member_name);
    let event = NewEvent::new("invitation_revoked", summary, [open.member_id.0]);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Takes back the open invitation of a member who leaves; the event is the caller's.
pub async fn revoke_all_in(tx: &mut PgConnection, actor: &Actor, member: MemberId) -> Result<()> {
    db::revoke_invitations(tx, actor.tenant, member, actor.at).await?;
    Ok(())
}

async fn allow_invitation(pool: &PgPool, actor: &Actor, per_hour: u32) -> Result<()> {
    let key = actor.tenant.organization_id().to_string();
    allow(pool, "invitations", &key, per_hour, f64::from(per_hour) / 60.0, actor.at).await
}

async fn insert_in(
    tx: &mut PgConnection,
    actor: &Actor,
    member: MemberId,
    email: &str,
    roles: Roles,
) -> Result<String> {
    if !roles.are_within(actor.roles) {
        return Err(Error::Forbidden(ADMINS.into()));
    }
    db::revoke_invitations(tx, actor.tenant, member, actor.at).await?;
    let token = secret::token();
    let new = NewInvitation {
        id: InvitationId::new(),
        member,
        email,
        roles: &roles.words(),
        token_hash: &secret::sha256(&[token.as_bytes()]),
        invited_by: actor.member,
        at: actor.at,
        expires_at: actor.at + INVITATION_LIFETIME,
    };
    db::insert_invitation(tx, actor.tenant, &new).await?;
    Ok(token)
}

/// Who takes an invitation.
#[derive(Debug)]
pub enum Accepting<'a> {
    /// Somebody without an account, with the name and password of the new one, and how often is too often.
    New(&'a PersonName, &'a str, &'a Limits),
    /// Somebody with an account, who is signed in with it.
    User(&'a CurrentUser),
}

/// What came of taking an invitation.
#[derive(Debug)]
pub enum Accepted {
    /// An account was made, and the browser is signed in.
    SignedIn(SignedIn),
    /// The session of the account has a new token.
    Joined(String),
    /// The account may do more than before, which its password may be too short for: it signs in again.
    SignInAgain,
}

/// The invitation of a token, while it is open.
pub async fn find_held(pool: &PgPool, token: &str, now: DateTime<Utc>) -> Result<HeldInvitation> {
    Ok(db::find_held(pool, &secret::sha256(&[token.as_bytes()]), now).await?.ok_or(LinkSpent)?)
}

/// Takes an invitation, once: the person becomes the user of the member, with the roles that it gives, if the one
/// who invited them may still give those.
pub async fn accept(
    pool: &PgPool,
    passwords: &Passwords,
    held: &HeldInvitation,
    who: Accepting<'_>,
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<Accepted> {
    let roles = Roles::parse(&held.roles)?;
    let email = Email::parse(&held.email)?;
    let password_hash = match who {
        Accepting::New(name, password, limits) => {
            allow_sign_in(pool, limits, browser, now).await?;
            // Seen again by the constraint; here, so that nothing is hashed for it.
            if find_user_of(pool, &email).await?.is_some() {
                return Err(EmailTaken.into());
            }
            let is_trusted = roles.may_design();
            let names = [name.as_str(), held.organization.as_str()];
            check_password_of(password, is_trusted, email.as_str(), names)?;
            passwords.hash(password).await?
        }
        Accepting::User(user) if user.email == held.email => String::new(),
        Accepting::User(_) => return Err(AcceptRefused::OtherAccount(held.email.clone()).into()),
    };

    let mut tx = pool.begin().await?;
    let tenant = Tenant::of(held.organization_id);
    let rows = db::lock_members(&mut tx, tenant, &[held.invited_by, held.member_id]).await?;
    if !db::consume_invitation(&mut tx, tenant, held.id, now).await? {
        return Err(LinkSpent.into());
    }
    let member = rows
        .iter()
        .find(|row| row.id == held.member_id && row.user_id.is_none())
        .ok_or(LinkSpent)?;
    let inviter = rows
        .iter()
        .find(|row| row.id == held.invited_by && row.user_id.is_some())
        .ok_or(AcceptRefused::InviterLacksRoles)?;
    if !roles.are_within(Roles::parse(&inviter.roles)?) {
        return Err(AcceptRefused::InviterLacksRoles.into());
    }
    let mut was_trusted = true;
    let user = match who {
        Accepting::New(name, ..) => {
            let new = NewUser { email, name: name.clone(), password_hash };
            create_user_in(&mut tx, &new, now).await?
        }
        Accepting::User(user) => {
            end_resets_in(&mut tx, user.id, now).await?;
            was_trusted = is_trusted(&mut tx, user.id).await?;
            user.id
        }
    };
    db::update_access(&mut tx, tenant, held.member_id, Some(user), roles)
        .await
        .on_constraint("member_user_key", AcceptRefused::MemberAlready)?;
    let actor = Actor {
        tenant,
        user: Some(user),
        member: held.member_id,
        name: member.name.clone(),
        roles,
        at: now,
        once: None,
        origin: browser.origin.clone(),
    };
    let event = NewEvent::new(
        "invitation_accepted",
        format!("joined as {roles}, invited by {}", held.inviter_name),
        [held.member_id.0],
    )
    .change(
        json!({"roles": member.roles, "signs_in": false}),
        json!({"roles": roles.words(), "signs_in": true}),
    );
    history::record(&mut tx, &actor, event).await?;
    let accepted = match who {
        Accepting::New(..) => {
            Accepted::SignedIn(sign_in_browser_in(&mut tx, user, now, browser).await?)
        }
        Accepting::User(_) if roles.may_design() && !was_trusted => {
            end_sessions_in(&mut tx, user, None).await?;
            Accepted::SignInAgain
        }
        Accepting::User(current) => {
            if roles.has(Role::Admin) {
                // The sessions of an admin are shorter, so the longer ones do not stay.
                end_sessions_in(&mut tx, user, Some(current.session)).await?;
            }
            let origin = &browser.origin;
            Accepted::Joined(rotate_session_in(&mut tx, user, current.session, now, origin).await?)
        }
    };
    tx.commit().await?;
    tracing::info!(%user, organization = %held.organization_id, "an invitation was accepted");
    Ok(accepted)
}
