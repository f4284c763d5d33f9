//! Items: finding them, holding them, writing them.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::backlog::domain::{Breadth, Class, Comment, ItemTitle, NewItem, Rank, Stage, Why};
use crate::ids::{CommentId, EventId, ItemId, MemberId, MetricId, ProductId, TeamId};

/// An item as a use case needs it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Its number in the product.
    pub number: i32,
    /// What it is about.
    pub title: ItemTitle,
    /// Why it matters.
    pub why: Why,
    /// How much it leaves open.
    pub breadth: Breadth,
    /// How it is treated.
    pub class: Class,
    /// Where it stands.
    pub stage: Stage,
    /// Its place in the order.
    pub rank: Rank,
    /// Who holds it, or did it.
    pub squad: Option<TeamId>,
    /// What the squad waits for; empty if nothing.
    pub blocked_reason: String,
    /// The metric it is about.
    pub metric: Option<MetricId>,
    /// Who proposed it.
    pub proposed_by: MemberId,
    /// For the next edit.
    pub version: i32,
}

impl Item {
    /// Whether its squad waits for something.
    pub fn is_blocked(&self) -> bool {
        !self.blocked_reason.is_empty()
    }
}

/// Loads items by their numbers and holds their rows until the transaction ends, in the order of their ids.
pub async fn lock_items(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    numbers: &[i32],
) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"
        select id as "id: ItemId", number, title as "title: ItemTitle", why as "why: Why", breadth, class, stage, rank as "rank: Rank",
               squad_id as "squad: TeamId", blocked_reason, metric_id as "metric: MetricId", proposed_by as "proposed_by: MemberId", version
        from backlog_item
        where organization_id = $1 and product_id = $2 and number = any($3)
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        product.0,
        numbers,
    )
    .fetch_all(tx)
    .await
}

/// An item by its number, not held.
pub async fn find_item(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    number: i32,
) -> sqlx::Result<Option<Item>> {
    sqlx::query_as!(
        Item,
        r#"
        select id as "id: ItemId", number, title as "title: ItemTitle", why as "why: Why", breadth, class, stage, rank as "rank: Rank",
               squad_id as "squad: TeamId", blocked_reason, metric_id as "metric: MetricId", proposed_by as "proposed_by: MemberId", version
        from backlog_item
        where organization_id = $1 and product_id = $2 and number = $3
        "#,
        tenant.organization_id().0,
        product.0,
        number,
    )
    .fetch_optional(db)
    .await
}

/// What an item begins as.
pub struct Beginning<'a> {
    /// Its id.
    pub id: ItemId,
    /// Its product.
    pub product: ProductId,
    /// Its number.
    pub number: i32,
    /// What it says.
    pub new: &'a NewItem,
    /// Its place.
    pub rank: &'a Rank,
    /// Who proposes it.
    pub by: MemberId,
    /// When.
    pub at: DateTime<Utc>,
    /// The event that tells of it.
    pub event: EventId,
}

/// Adds a proposed item.
pub async fn insert_item(
    tx: &mut PgConnection,
    tenant: Tenant,
    item: &Beginning<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into backlog_item (organization_id, id, product_id, number, title, why, breadth, stage, rank, stage_at, stage_event,
                                  metric_id, proposed_by, proposed_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'proposed', $8, $9, $10, $11, $12, $9)
        "#,
        tenant.organization_id().0,
        item.id.0,
        item.product.0,
        item.number,
        item.new.title.as_str(),
        item.new.why.as_str(),
        item.new.breadth.word(),
        item.rank.as_str(),
        item.at,
        item.event.0,
        item.new.metric.map(|id| id.0),
        item.by.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes what an item says; answers whether `version` was the newest.
pub async fn update_item(
    tx: &mut PgConnection,
    tenant: Tenant,
    item: ItemId,
    version: i32,
    new: &NewItem,
    class: Class,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update backlog_item
        set title = $4, why = $5, breadth = $6, metric_id = $7, class = $8, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        item.0,
        version,
        new.title.as_str(),
        new.why.as_str(),
        new.breadth.word(),
        new.metric.map(|id| id.0),
        class.word(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The stage that an item comes to.
pub struct Arrival<'a> {
    /// Where it stands from now on.
    pub stage: Stage,
    /// Who holds it, or did it.
    pub squad: Option<TeamId>,
    /// When.
    pub at: DateTime<Utc>,
    /// The event that tells of it.
    pub event: EventId,
    /// Its place, where that changes.
    pub rank: Option<&'a Rank>,
    /// What became of it, where it is done.
    pub effect: Option<&'a str>,
    /// The metric on which that shows.
    pub metric: Option<MetricId>,
}

impl<'a> Arrival<'a> {
    /// An arrival at a stage.
    pub fn at(stage: Stage, at: DateTime<Utc>, event: EventId) -> Self {
        Self { stage, squad: None, at, event, rank: None, effect: None, metric: None }
    }

    /// In the hands of a squad.
    #[must_use]
    pub fn with(mut self, squad: TeamId) -> Self {
        self.squad = Some(squad);
        self
    }

    /// At a place.
    #[must_use]
    pub fn ranked(mut self, rank: &'a Rank) -> Self {
        self.rank = Some(rank);
        self
    }
}

/// Brings an item to a stage, not before it came to the one before; what it waited for there is over. The schema writes the step down and counts what squads have in hand.
pub async fn move_item(
    tx: &mut PgConnection,
    tenant: Tenant,
    item: ItemId,
    to: &Arrival<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update backlog_item
        set stage = $3, squad_id = $4, stage_at = greatest(stage_at, $5), stage_event = $6, rank = coalesce($7, rank), effect = coalesce($8, effect),
            metric_id = coalesce($9, metric_id), blocked_at = null, blocked_reason = '', version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        item.0,
        to.stage.word(),
        to.squad.map(|id| id.0),
        to.at,
        to.event.0,
        to.rank.map(Rank::as_str),
        to.effect,
        to.metric.map(|id| id.0),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Says what a squad waits for, or that it waits no longer.
pub async fn set_blocked(
    tx: &mut PgConnection,
    tenant: Tenant,
    item: ItemId,
    blocked: Option<(&str, DateTime<Utc>)>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update backlog_item set blocked_at = $3, blocked_reason = $4, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        item.0,
        blocked.map(|(_, at)| at),
        blocked.map_or("", |(reason, _)| reason),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives items a breadth or a class.
pub async fn set_words(
    tx: &mut PgConnection,
    tenant: Tenant,
    items: &[ItemId],
    breadth: Option<Breadth>,
    class: Option<Class>,
) -> sqlx::Result<()> {
    let ids: Vec<_> = items.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        update backlog_item set breadth = coalesce($3, breadth), class = coalesce($4, class), version = version + 1
        where organization_id = $1 and id = any($2)
        "#,
        tenant.organization_id().0,
        &ids,
        breadth.map(Breadth::word),
        class.map(Class::word),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Who holds an item, or did it: the squad's name, and who took the newest step.
pub async fn holder(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    item: ItemId,
) -> sqlx::Result<Option<(String, String)>> {
    let row = sqlx::query!(
        r#"
        select t.name as squad, coalesce(m.name, 'Somebody') as "who!"
        from backlog_item i
        join team t on (t.organization_id, t.id) = (i.organization_id, i.squad_id)
        join backlog_transition s on (s.organization_id, s.item_id) = (i.organization_id, i.id) and s.to_stage = 'in_progress'
        join event e on (e.organization_id, e.id) = (s.organization_id, s.event_id)
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
        where i.organization_id = $1 and i.id = $2
        order by s.at desc, s.event_id desc
        limit 1
        "#,
        tenant.organization_id().0,
        item.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.squad, row.who)))
}

/// An item that a squad has in hand.
pub struct InHand {
    /// Its number.
    pub number: i32,
    /// What it is about.
    pub title: String,
}

/// What a squad has in hand for a product at a stage, of a class or of all, the oldest first.
pub async fn in_hand(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    (product, squad): (ProductId, TeamId),
    (stage, class): (Stage, Option<Class>),
) -> sqlx::Result<Vec<InHand>> {
    sqlx::query_as!(
        InHand,
        r#"
        select number, title
        from backlog_item
        where organization_id = $1 and product_id = $2 and squad_id = $3 and stage = $4 and ($5::text is null or class = $5)
        order by stage_at, id
        limit 50
        "#,
        tenant.organization_id().0,
        product.0,
        squad.0,
        stage.word(),
        class.map(Class::word),
    )
    .fetch_all(db)
    .await
}

/// A ready item above another one.
pub struct Above {
    /// Its id.
    pub id: ItemId,
    /// Its number.
    pub number: i32,
}

/// The ready items of the class standard above a rank, from the top.
pub async fn above(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    rank: &Rank,
    limit: i64,
) -> sqlx::Result<Vec<Above>> {
    sqlx::query_as!(
        Above,
        r#"
        select id as "id: ItemId", number
        from backlog_item
        where organization_id = $1 and product_id = $2 and stage = 'ready' and rank < $3
        order by rank
        limit $4
        "#,
        tenant.organization_id().0,
        product.0,
        rank.as_str(),
        limit,
    )
    .fetch_all(db)
    .await
}

/// Notes that items were passed over by one that was pulled from below them.
pub async fn insert_passed_over(
    tx: &mut PgConnection,
    tenant: Tenant,
    items: &[ItemId],
    (pulled, squad): (ItemId, TeamId),
    (reason, at): (&str, DateTime<Utc>),
    event: EventId,
) -> sqlx::Result<()> {
    let ids: Vec<_> = items.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        insert into backlog_passed_over (organization_id, item_id, pulled_id, squad_id, at, reason, event_id)
        select $1, id, $3, $4, $5, $6, $7 from unnest($2::uuid[]) as id
        "#,
        tenant.organization_id().0,
        &ids,
        pulled.0,
        squad.0,
        at,
        reason,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds a comment.
pub async fn insert_comment(
    tx: &mut PgConnection,
    tenant: Tenant,
    item: ItemId,
    (by, at): (MemberId, DateTime<Utc>),
    text: &Comment,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into backlog_comment (organization_id, id, item_id, author_id, at, text, event_id)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        tenant.organization_id().0,
        CommentId::new().0,
        item.0,
        by.0,
        at,
        text.as_str(),
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
