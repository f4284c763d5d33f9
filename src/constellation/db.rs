//! Reading an organization as a sky: the design's own statements, and one more.

use std::collections::HashMap;

use sqlx::PgExecutor;

use super::domain::{CoreTeam, Link, Sky, Star};
use crate::actor::Tenant;
use crate::design::{Design, Severity};
use crate::ids::TeamId;
use crate::squads::Pattern;

/// The sky of a design that is loaded already: 1 statement. Findings and links are the design's.
pub async fn load(db: impl PgExecutor<'_>, tenant: Tenant, design: &Design) -> sqlx::Result<Sky> {
    let teams = sqlx::query!(
        r#"
        select t.id                                                                     as "id: TeamId",
               t.kind                                                                   as "kind!",
               t.name                                                                   as "name!",
               t.slug                                                                   as "slug!",
               t.member_count                                                           as "members!",
               t.state = 'active'                                                       as "is_active!",
               t.pattern
        from team t
        where t.organization_id = $1 and t.state <> 'dissolved'
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await?;

    let mut findings: HashMap<TeamId, (usize, Severity)> = HashMap::new();
    for finding in design.findings() {
        for squad in &finding.squads {
            let of = findings.entry(*squad).or_insert((0, finding.severity));
            *of = (of.0 + 1, of.1.min(finding.severity));
        }
    }
    let mut sky = Sky::default();
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
        let found = findings.get(&team.id);
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
            findings: found.map_or(0, |(n, _)| *n),
            worst: found.map(|(_, worst)| *worst),
            ring: vec![],
        });
    }
    let links = design.links.iter();
    sky.links = links
        .map(|link| Link { from: link.from.team, to: link.to.team, kind: link.kind.into() })
        .collect();
    // Products come in here, as one statement, once there is a table of them.
    Ok(sky.sorted())
}
