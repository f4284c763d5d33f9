//! Reading an organization as a sky.

use chrono::NaiveDate;
use sqlx::PgPool;

use super::domain::{CoreTeam, Link, Sky, Star};
use crate::actor::{Actor, Tenant};
use crate::design::{self, LinkKind, Tally};
use crate::ids::TeamId;
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

/// Findings are those of the squads' summaries; how many of those are out of date on `today` is beside it.
async fn read(pool: &PgPool, tenant: Tenant, today: NaiveDate) -> sqlx::Result<(Sky, usize)> {
    let teams = sqlx::query!(
        r#"
        select t.id                                                                     as "id: TeamId",
               t.kind                                                                   as "kind!",
               t.name                                                                   as "name!",
               t.slug                                                                   as "slug!",
               t.member_count                                                           as "members!",
               t.state = 'active'                                                       as "is_active!",
               t.pattern,
               coalesce(s.breaches, 0)                                                  as "breaches!",
               coalesce(s.warnings, 0)                                                  as "warnings!",
               coalesce(s.advice, 0)                                                    as "advice!",
               coalesce(s.is_touched or s.rules <> $2 or s.turns_on <= $3, false)       as "is_stale!"
        from team t
        left join squad_summed s on (s.organization_id, s.team_id) = (t.organization_id, t.id)
        where t.organization_id = $1 and t.state <> 'dissolved'
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        design::rules(),
        today,
    )
    .fetch_all(pool)
    .await?;

    let small = |n: i32| usize::try_from(n).unwrap_or_default();
    let mut sky = Sky::default();
    let mut stale = 0;
    for team in teams {
        let members = usize::try_from(team.members).unwrap_or_default();
        if team.kind == "core_team" {
            sky.core_teams.push(CoreTeam {
                id: team.id,
                name: team.name,
                slug: team.slug,
                members,
            });
            continue;
        }
        stale += usize::from(team.is_stale);
        let tally = Tally {
            breaches: small(team.breaches),
            warnings: small(team.warnings),
            advice: small(team.advice),
        };
        sky.squads.push(Star {
            id: team.id,
            name: team.name,
            slug: team.slug,
            members,
            is_active: team.is_active,
            area: team
                .pattern
                .and_then(|word| Pattern::parse(&word).ok())
                .map(|of| of.title().to_owned()),
            findings: tally.all(),
            worst: tally.worst(),
            ring: vec![],
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
    .fetch_all(pool)
    .await?;
    // A kind that no code knows is no tie.
    sky.links = links
        .into_iter()
        .filter_map(|row| {
            Some(Link { from: row.from, to: row.to, kind: LinkKind::parse(&row.kind)?.into() })
        })
        .collect();
    // Products come in here, as one statement, once there is a table of them.
    Ok((sky.sorted().divided(Pattern::Own.title()), stale))
}
