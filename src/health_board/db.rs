//! Every SQL statement about the dashboard: all of them read. The rows are written by the database (`migrations/0255_health_board.sql`).

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::domain::{Cell, Column, Period, Row, Seen};
use crate::actor::Tenant;
use crate::ids::{DimensionId, PackId, RoundId, TeamId};

/// A pack that squads answer, or did.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Its id.
    pub id: PackId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// The month in which a round of it was closed last.
    pub used: Option<NaiveDate>,
    /// Its dimensions in their order, those that have ended last.
    pub columns: Vec<Column>,
}

/// The packs with their dimensions, by name: those that can be used, and those that were.
pub async fn packs(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<Pack>> {
    let rows = sqlx::query!(
        r#"
        select p.id as "pack: PackId", p.name as pack_name, p.slug, b.month as "used?",
               d.id as "id: DimensionId", v.name, d.ended_at is not null as "is_ended!"
        from health_pack p
        left join lateral (select month from health_board
                           where organization_id = p.organization_id and pack_id = p.id order by month desc limit 1) b on true
        join health_dimension d on (d.organization_id, d.pack_id) = (p.organization_id, p.id)
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.id, d.version)
        where p.organization_id = $1 and (p.ended_at is null or b.month is not null)
        order by lower(p.name), p.id, d.ended_at is not null, d.position, d.id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await?;
    let mut packs: Vec<Pack> = vec![];
    for row in rows {
        let column = Column { id: row.id, name: row.name, is_ended: row.is_ended };
        match packs.last_mut().filter(|pack| pack.id == row.pack) {
            Some(pack) => pack.columns.push(column),
            None => packs.push(Pack {
                id: row.pack,
                name: row.pack_name,
                slug: row.slug,
                used: row.used,
                columns: vec![column],
            }),
        }
    }
    Ok(packs)
}

/// The squads that are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Area {
    /// All.
    #[default]
    All,
    /// Those of a pattern, by its word.
    Pattern(String),
    /// Those that serve a product, by its word in addresses.
    Product(String),
}

/// A part of the table.
#[derive(Debug, Clone)]
pub struct Part {
    /// The pack.
    pub pack: PackId,
    /// When the rounds were closed.
    pub period: Period,
    /// Whose they are.
    pub area: Area,
    /// The last squad of the part before: its name in small letters, and its id.
    pub after: Option<(String, Uuid)>,
    /// How many squads at most.
    pub limit: i64,
}

macro_rules! rows {
    ($db:expr, $tenant:expr, $part:expr, $where:literal, $of:expr) => {{
        let (from, to) = $part.period.range();
        let (name, id) = $part.after.clone().unwrap_or_default();
        sqlx::query_as!(
            Row,
            r#"
            select t.id as "team: TeamId", t.name, t.slug, b.round_id as "round: RoundId", b.closed_on,
                   b.eligible, b.answered, b.threshold, b.is_shown, b.before_on,
                   b.dimensions as "dimensions: Vec<DimensionId>", b.cells, b.months
            from team t
            -- Squad by squad, the newest first: as many rows are read as are shown.
            cross join lateral (select * from health_board b
                                where b.organization_id = $1 and b.pack_id = $2 and b.team_id = t.id and b.month >= $3 and b.month < $4
                                order by b.month desc limit 1) b
            where t.organization_id = $1 and t.kind = 'squad' and t.state <> 'dissolved' and (lower(t.name), t.id) > ($5, $6)
            "# + $where + r#"
            order by lower(t.name), t.id
            limit $7
            "#,
            $tenant.organization_id().0,
            $part.pack.0,
            from,
            to,
            name,
            id,
            $part.limit,
            $of,
        )
        .fetch_all($db)
        .await
    }};
}

/// The newest round of each squad in the period, by the squads' names; squads without one are left out.
pub async fn rows(db: impl PgExecutor<'_>, tenant: Tenant, part: &Part) -> sqlx::Result<Vec<Row>> {
    match &part.area {
        Area::All => rows!(db, tenant, part, "and $8::text = ''", ""),
        Area::Pattern(word) => rows!(db, tenant, part, "and t.pattern = $8", word),
        Area::Product(slug) => rows!(
            db,
            tenant,
            part,
            r#"and exists (select from product_squad s join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
                           where s.organization_id = $1 and s.team_id = t.id and s.until_at is null and p.slug = $8 and p.ended_at is null)"#,
            slug
        ),
    }
}

/// Who takes part in the rounds of a pack that are open: nothing of what was answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Open {
    /// How many rounds are open.
    pub rounds: i64,
    /// How many can answer.
    pub members: i64,
    /// How many have.
    pub answered: i64,
    /// The last day on which one of them closes.
    pub until: Option<NaiveDate>,
}

/// What stands beside the table.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Who takes part.
    pub open: Open,
    /// The products by name: name and word in addresses.
    pub products: Vec<(String, String)>,
}

/// See [`Beside`]; nobody takes part in no pack.
pub async fn beside(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    pack: Option<PackId>,
) -> sqlx::Result<Beside> {
    let row = sqlx::query!(
        r#"
        select array(select name from product
                     where organization_id = $1 and ended_at is null order by lower(name), id) as "names!",
               array(select slug from product
                     where organization_id = $1 and ended_at is null order by lower(name), id) as "slugs!",
               o.rounds as "rounds!", o.members as "members!", o.answered as "answered!", o.until
        from (select count(*) as rounds, coalesce(sum(t.member_count), 0)::bigint as members,
                     coalesce(sum((select count(distinct b.key) from health_ballot b
                                   where b.organization_id = $1 and b.round_id = r.id)), 0)::bigint as answered,
                     max((r.closes_at at time zone 'UTC')::date) as until
              from health_round r
              join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
              where r.organization_id = $1 and r.pack_id = $2 and r.closed_at is null) o
        "#,
        tenant.organization_id().0,
        pack.map(|pack| pack.0),
    )
    .fetch_one(db)
    .await?;
    let open =
        Open { rounds: row.rounds, members: row.members, answered: row.answered, until: row.until };
    Ok(Beside { open, products: row.names.into_iter().zip(row.slugs).collect() })
}

/// A dimension by which squads can be coloured, with its pack.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// Its id.
    pub id: DimensionId,
    /// Its name.
    pub name: String,
    /// The pack's.
    pub pack: PackId,
    /// The pack's name.
    pub pack_name: String,
}

/// The dimensions of the packs that somebody has answered.
pub async fn dimensions(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<Dimension>> {
    let used = packs(db, tenant).await?.into_iter().filter(|pack| pack.used.is_some());
    let of = |pack: Pack| {
        let (id, name) = (pack.id, pack.name);
        let asked = pack.columns.into_iter().filter(|column| !column.is_ended);
        asked.map(move |column| Dimension {
            id: column.id,
            name: column.name,
            pack: id,
            pack_name: name.clone(),
        })
    };
    Ok(used.flat_map(of).collect())
}

/// What is shown of a dimension in each squad's newest round; squads that were not asked, or too few of whom answered, are not among them.
pub async fn latest(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    dimension: &Dimension,
) -> sqlx::Result<HashMap<TeamId, Cell>> {
    let part = Part {
        pack: dimension.pack,
        period: Period::Latest,
        area: Area::All,
        after: None,
        limit: i64::MAX,
    };
    let rows = rows(db, tenant, &part).await?;
    let cells = rows.into_iter().filter_map(|row| match row.seen(dimension.id) {
        Seen::Shown(cell) => Some((row.team, cell)),
        Seen::TooFew | Seen::NotAsked => None,
    });
    Ok(cells.collect())
}
