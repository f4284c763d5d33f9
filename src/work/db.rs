//! Every SQL statement of My work that belongs to no other feature.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::actor::Actor;
use crate::ids::{MemberId, RoundId};

/// What one person is asked for, beside coaching and check-ins.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The round of a health check; none for feedback.
    pub round: Option<RoundId>,
    /// The word in addresses of the squad, or of the product at which somebody learns.
    pub slug: String,
    /// The squad, or who asks.
    pub who: String,
    /// Their id, if it is a person.
    pub member: Option<MemberId>,
    /// What the round is called, or what the feedback is about.
    pub about: String,
    /// Until when, or since when.
    pub at: DateTime<Utc>,
}

/// Health checks of `actor`'s squads that are open and in which they have answered nothing, the first to close first; and apprentices who
/// have asked them for feedback. Whether somebody has answered is known; what, is not.
pub async fn asked(db: impl PgExecutor<'_>, actor: &Actor) -> sqlx::Result<Vec<Asked>> {
    sqlx::query_as!(
        Asked,
        r#"
        (select r.id as "round?: RoundId", t.slug as "slug!", t.name as "who!", null::uuid as "member?: MemberId",
                r.label as "about!", r.closes_at as "at!"
         from membership x
         join health_round r on r.organization_id = $1 and r.team_id = x.team_id and r.closed_at is null
         join health_round_secret s on s.organization_id = $1 and s.round_id = r.id
         join team t on t.organization_id = $1 and t.id = r.team_id
         where x.organization_id = $1 and x.member_id = $2 and x.until_at is null
           and not exists (select from health_ballot b
                           where b.organization_id = $1 and b.round_id = r.id and b.key = health_ballot_key(s.secret, x.member_id))
         order by r.closes_at, r.id
         limit 10)
        union all
        (select null, p.slug, m.name, m.id, q.about, q.at
         from learning_request q
         join apprenticeship a on a.organization_id = $1 and a.id = q.apprenticeship_id and a.until_at is null
         join product p on p.organization_id = $1 and p.id = a.product_id
         join member m on m.organization_id = $1 and m.id = a.member_id
         where q.organization_id = $1 and q.member_id = $2 and q.answered_at is null
         order by q.at
         limit 10)
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
    )
    .fetch_all(db)
    .await
}
