//! Reading an organization as a sky.

use chrono::NaiveDate;
use sqlx::PgPool;
use uuid::Uuid;

use super::domain::{CoreTeam, Link, Product, Sky, Star};
use crate::actor::{Actor, Tenant};
use crate::design::{self, LinkKind, Tally};
use crate::ids::{ProductId, TeamId};
use crate::squads::Pattern;

/// The sky of an organization for `reader`, with how many squads' findings are still being worked out: 2 statements, unless something
/// has changed.
pub async fn load(pool: &PgPool, reader: &Actor, today: NaiveDate) -> sqlx::Result<(Sky, usize)> {
    let tenant = reader.tenant;
    let (sky, stale) = read(pool, tenant, today).await?;
    if stale == 0 {
        return Ok((sky, 0));
    }
    match design::refresh_all(pool, reader, today).await? {
        0 => Ok((read(pool, tenant, today).await?.0, 0)),
        behind => Ok((sky, behind)),
    }
}

/// Teams and products in one statement. Findings are those of the squads' summaries; how many of those are out of date on `today` is beside it.
async fn read(pool: &PgPool, tenant: Tenant, today: NaiveDate) -> sqlx::Result<(Sky, usize)> {
    let mut db = pool.acquire().await?;
    let teams = sqlx::query!(
        r#"
        select t.id                                                                     as "id!: Uuid",
               t.kind                                                                   as "kind!",
               t.name                                                                   as "name!",
               t.slug                                                                   as "slug!",
               t.member_count                                                           as "members!",
               t.state = 'active'                                                       as "is_active!",
               t.pattern                                                                as "pattern?",
               coalesce(s.breaches, 0)                                                  as "breaches!",
               coalesce(s.warnings, 0)                                                  as "warnings!",
               coalesce(s.advice, 0)                                                    as "advice!",
               coalesce(s.is_touched or s.rules <> $2 or s.turns_on <= $3, false)       as "is_stale!",
               served.products                                                          as "products?: Vec<ProductId>",
               null::text                                                               as "lead?"
        from team t
        left join squad_summed s on (s.organization_id, s.team_id) = (t.organization_id, t.id)
        left join (select ps.team_id, array_agg(ps.product_id) as products
                   from product_squad ps
                   where ps.organization_id = $1 and ps.until_at is null
                   group by ps.team_id) as served on served.team_id = t.id
        where t.organization_id = $1 and t.state <> 'dissolved'
        union all
        select p.id, 'product', p.name, p.slug, 0, true, null, 0, 0, 0, false, null, l.name
        from product p
        join member l on (l.organization_id, l.id) = (p.organization_id, p.lead_id)
        where p.organization_id = $1 and p.ended_at is null
        "#,
        tenant.organization_id().0,
        design::rules(),
        today,
    )
    .fetch_all(&mut *db)
    .await?;

    let small = |n: i32| usize::try_from(n).unwrap_or_default();
    let mut sky = Sky::default();
    let (mut stale, mut served) = (0, vec![]);
    for team in teams {
        if let Some(lead) = team.lead {
            let (id, squads) = (team.id, vec![]);
            sky.products.push(Product { id, name: team.name, slug: team.slug, lead, squads });
            continue;
        }
        let id = TeamId(team.id);
        for product in team.products.into_iter().flatten() {
            served.push((product.0, id));
        }
        let members = usize::try_from(team.members).unwrap_or_default();
        if team.kind == "core_team" {
            sky.core_teams.push(CoreTeam { id, name: team.name, slug: team.slug, members });
            continue;
        }
        stale += usize::from(team.is_stale);
        let tally = Tally {
            breaches: small(team.breaches),
            warnings: small(team.warnings),
            advice: small(team.advice),
        };
        sky.squads.push(Star {
            id,
            name: team.name,
            slug: team.slug,
            members,
            is_active: team.is_active,
            area: team
                .pattern
                .and_then(|word| Pattern::parse(&word).ok())
                .map(|of| of.title().to_owned()),
            tally,
            ring: vec![],
            tint: None,
        });
    }
    let links = sqlx::query!(
        r#"
        select from_team_id as "from: TeamId", to_team_id as "to: TeamId", kind
        from link
        where organization_id = $1 and until_at is null
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(&mut *db)
    .await?;
    drop(db);
    // A kind that no code knows is no tie.
    sky.links = links
        .into_iter()
        .filter_map(|row| {
            Some(Link { from: row.from, to: row.to, kind: LinkKind::parse(&row.kind)?.into() })
        })
        .collect();
    for product in &mut sky.products {
        let squads = served.iter().filter(|(one, _)| *one == product.id);
        product.squads = squads.map(|(_, squad)| *squad).collect();
    }
    Ok((sky.sorted().divided(Pattern::Own.title()), stale))
}
