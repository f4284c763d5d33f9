//! Carrying a plan out: ids for what is new, one event for each team that is made or changed, one for the members
//! and one for the skills, and a handful of statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::db::{
    self, MemberToWrite, MembershipToWrite, RatingToWrite, TeamChangeToWrite, TeamToWrite,
};
use super::domain::FieldChange;
use super::plan::{Changes, Standing, TeamKey};
use super::words::TeamKind;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{EventId, HatId, MemberId, MembershipId, SkillId, TeamId};
use crate::squads::{teams, wanted_slug};

/// Ids by what the plan calls things.
struct Ids {
    members: HashMap<String, MemberId>,
    skills: HashMap<String, SkillId>,
    teams: HashMap<TeamKey, TeamId>,
    hats: HashMap<String, HatId>,
}

/// What was found by this name a moment ago, under the same locks.
fn found<K: std::hash::Hash + Eq, V: Copy>(map: &HashMap<K, V>, key: &K) -> Result<V> {
    map.get(key).copied().ok_or_else(|| {
        Error::Internal(anyhow::anyhow!("a plan names something that is neither there nor new"))
    })
}

/// Somebody else added the same name, address or membership while this import was on its way: the transaction is
/// tried again as a whole and finds it there.
fn met(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(database) if database.is_unique_violation() => Error::Again,
        _ => error.into(),
    }
}

/// Carries `changes` out.
pub async fn carry_out(
    tx: &mut PgConnection,
    actor: &Actor,
    now: &Standing,
    changes: Changes,
) -> Result<()> {
    let mut ids = Ids {
        members: now.members.iter().map(|(email, member)| (email.clone(), member.id)).collect(),
        skills: now.skills.iter().map(|(key, skill)| (key.clone(), skill.id)).collect(),
        teams: now.teams.iter().map(|(key, team)| (key.clone(), team.id)).collect(),
        hats: now.hats.iter().map(|(key, (id, _))| (key.clone(), *id)).collect(),
    };
    let mut events = vec![];
    write_members(tx, actor, &changes, &mut ids, &mut events).await?;
    write_skills(tx, actor, &changes, &mut ids, &mut events).await?;
    let about_teams = team_events(now, &changes, &mut ids)?;
    write_teams(tx, actor, &changes, &ids, &about_teams).await?;
    write_memberships(tx, actor, &changes, &mut ids, &about_teams).await?;
    events.extend(about_teams.into_values());
    if !events.is_empty() {
        history::record_all(tx, actor, &events).await?;
    }
    Ok(())
}

fn of_changes(changes: &[FieldChange], pick: fn(&FieldChange) -> &String) -> Value {
    changes.iter().map(|change| (change.field.clone(), json!(pick(change)))).collect()
}

fn before(changes: &[FieldChange]) -> Value {
    of_changes(changes, |change| &change.before)
}

fn after(changes: &[FieldChange]) -> Value {
    of_changes(changes, |change| &change.after)
}

fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

async fn write_members(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &Changes,
    ids: &mut Ids,
    events: &mut Vec<NewEvent>,
) -> Result<()> {
    let (new, edited) = (&changes.new_members, &changes.changed_members);
    if new.is_empty() && edited.is_empty() {
        return Ok(());
    }
    let mut to_add = vec![];
    for member in new {
        let id = MemberId::new();
        ids.members.insert(member.email.clone(), id);
        to_add.push(MemberToWrite {
            id,
            email: Some(&member.email),
            name: &member.name,
            title: &member.title,
            discipline: &member.discipline,
            time_zone: &member.time_zone,
        });
    }
    let to_change: Vec<_> = edited
        .iter()
        .map(|member| MemberToWrite {
            id: member.id,
            email: None,
            name: &member.name,
            title: &member.title,
            discipline: &member.discipline,
            time_zone: &member.time_zone,
        })
        .collect();
    db::insert_members(tx, actor, &to_add).await.map_err(met)?;
    db::update_members(tx, actor.tenant, &to_change).await?;

    let summary = match (new.len(), edited.len()) {
        (new, 0) => format!("imported {}", counted(new, "member")),
        (0, edited) => format!("changed {} by an import", counted(edited, "member")),
        (new, edited) => format!("imported {} and changed {edited}", counted(new, "member")),
    };
    let subjects = to_add.iter().chain(&to_change).map(|member| member.id.0);
    let names: Vec<_> = new.iter().map(|member| &member.name).collect();
    let list = |pick: fn(&[FieldChange]) -> Value| -> Value {
        edited
            .iter()
            .map(|member| json!({"name": member.name, "fields": pick(&member.changes)}))
            .collect()
    };
    let was = (!edited.is_empty()).then(|| json!({"changed": list(before)}));
    let is = json!({"added": names, "changed": list(after)});
    events.push(NewEvent::new("members_imported", summary, subjects).change(was, is));
    Ok(())
}

async fn write_skills(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &Changes,
    ids: &mut Ids,
    events: &mut Vec<NewEvent>,
) -> Result<()> {
    if changes.ratings.is_empty() {
        return Ok(());
    }
    let new: Vec<_> =
        changes.new_skills.iter().map(|(key, name)| (key, SkillId::new(), name.as_str())).collect();
    ids.skills.extend(new.iter().map(|(key, id, _)| ((*key).clone(), *id)));
    let to_add: Vec<_> = new.iter().map(|(_, id, name)| (*id, *name)).collect();
    let ratings = changes.ratings.iter().map(|rating| {
        Ok(RatingToWrite {
            member_id: found(&ids.members, &rating.email)?,
            skill_id: found(&ids.skills, &rating.skill)?,
            level: rating.level,
            wants_to_learn: rating.wants_to_learn,
        })
    });
    let ratings: Vec<_> = ratings.collect::<Result<_>>()?;
    db::insert_skills(tx, actor.tenant, &to_add).await.map_err(met)?;
    db::upsert_ratings(tx, actor, &ratings).await?;

    let members: HashSet<Uuid> = ratings.iter().map(|rating| rating.member_id.0).collect();
    let skills: HashSet<Uuid> = ratings.iter().map(|rating| rating.skill_id.0).collect();
    let summary = format!(
        "imported {} of {}",
        counted(ratings.len(), "skill level"),
        counted(members.len(), "member")
    );
    let is = json!({
        "skills_new_in_the_catalogue": to_add.iter().map(|(_, name)| name).collect::<Vec<_>>(),
        "levels": changes.ratings.iter().map(|rating| json!({
            "member": ids.members.get(&rating.email), "skill": rating.skill, "level": rating.level, "wants_to_learn": rating.wants_to_learn,
        })).collect::<Vec<_>>(),
    });
    let subjects = members.into_iter().chain(skills);
    events.push(NewEvent::new("skills_imported", summary, subjects).change(None, is));
    Ok(())
}

/// One event for each team that is made or changed, naming those who join it.
fn team_events(
    now: &Standing,
    changes: &Changes,
    ids: &mut Ids,
) -> Result<BTreeMap<TeamKey, NewEvent>> {
    let mut joining: HashMap<&TeamKey, Vec<(&str, Uuid)>> = HashMap::new();
    for membership in &changes.new_memberships {
        let member = found(&ids.members, &membership.email)?;
        joining.entry(&membership.team).or_default().push((&membership.name, member.0));
    }
    let new: HashMap<_, _> = changes.new_teams.iter().map(|team| (&team.key, team)).collect();
    ids.teams.extend(changes.new_teams.iter().map(|team| (team.key.clone(), TeamId::new())));
    let mut events = BTreeMap::new();
    for key in changes.touched_teams() {
        let joined = joining.remove(key).unwrap_or_default();
        let names: Vec<&str> = joined.iter().map(|(name, _)| *name).collect();
        let members = counted(names.len(), "member");
        let adjusted =
            changes.changed_memberships.iter().filter(|membership| membership.team == *key);
        let mut was = json!({});
        let mut is = json!({});
        let summary = if let Some(team) = new.get(key) {
            is["name"] = json!(team.name);
            is["kind"] = json!(key.0);
            is["pattern"] = json!(team.pattern);
            is["description"] = json!(team.description);
            format!("imported {} with {members}", team.name)
        } else {
            let name = now.teams.get(key).map(|team| team.name.as_str()).unwrap_or_default();
            if names.is_empty() {
                format!("changed {name} by an import")
            } else {
                format!("imported {members} into {name}")
            }
        };
        if let Some(team) = changes.changed_teams.iter().find(|team| team.key == *key) {
            was["team"] = before(&team.changes);
            is["team"] = after(&team.changes);
        }
        let mut subjects = vec![found(&ids.teams, key)?.0];
        subjects.extend(joined.iter().map(|(_, member)| *member));
        for membership in adjusted {
            was["memberships"][&membership.name] = before(&membership.changes);
            is["memberships"][&membership.name] = after(&membership.changes);
            subjects.push(membership.member.0);
        }
        is["added"] = json!(names);
        let was = (was != json!({})).then_some(was);
        let is_squad = key.0 == TeamKind::Squad;
        let event = NewEvent::new(
            if is_squad { "squad_imported" } else { "core_team_imported" },
            summary,
            subjects,
        );
        events.insert(key.clone(), event.change(was, is));
    }
    Ok(events)
}

fn event_of(events: &BTreeMap<TeamKey, NewEvent>, key: &TeamKey) -> Result<EventId> {
    let event = events.get(key).map(|event| event.id);
    event.ok_or_else(|| Error::Internal(anyhow::anyhow!("a team changes without an event")))
}

/// The first free one among `fair-bills`, `fair-bills-2`, ….
fn free_slug(kind: TeamKind, name: &str, taken: &mut HashSet<(TeamKind, String)>) -> String {
    let base = wanted_slug(name);
    let numbered = (2_u32..).map(|n| format!("{base}-{n}"));
    let mut candidates = std::iter::once(base.clone()).chain(numbered);
    let free = candidates.find(|slug| !taken.contains(&(kind, slug.clone()))).unwrap_or(base);
    taken.insert((kind, free.clone()));
    free
}

async fn write_teams(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &Changes,
    ids: &Ids,
    events: &BTreeMap<TeamKey, NewEvent>,
) -> Result<()> {
    if !changes.new_teams.is_empty() {
        let mut taken = db::slugs(tx, actor.tenant).await?;
        let mut to_add = vec![];
        for team in &changes.new_teams {
            let kind = team.key.0;
            to_add.push(TeamToWrite {
                id: found(&ids.teams, &team.key)?,
                kind: kind.word(),
                name: &team.name,
                slug: free_slug(kind, &team.name, &mut taken),
                pattern: team.pattern.as_deref(),
                description: &team.description,
                state: if kind == TeamKind::Squad { "forming" } else { "active" },
                event: event_of(events, &team.key)?,
            });
        }
        db::insert_teams(tx, actor, &to_add).await.map_err(met)?;
    }
    if !changes.changed_teams.is_empty() {
        let mut to_change = vec![];
        for team in &changes.changed_teams {
            to_change.push(TeamChangeToWrite {
                id: found(&ids.teams, &team.key)?,
                pattern: team.pattern.as_deref(),
                description: &team.description,
            });
        }
        db::update_teams(tx, actor.tenant, &to_change).await?;
    }
    Ok(())
}

async fn write_memberships(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &Changes,
    ids: &mut Ids,
    events: &BTreeMap<TeamKey, NewEvent>,
) -> Result<()> {
    let (new, edited) = (&changes.new_memberships, &changes.changed_memberships);
    if new.is_empty() && edited.is_empty() {
        return Ok(());
    }
    let new_hats: Vec<_> =
        changes.new_hats.iter().map(|(key, name)| (key, HatId::new(), name.as_str())).collect();
    ids.hats.extend(new_hats.iter().map(|(key, id, _)| ((*key).clone(), *id)));
    let to_add: Vec<_> = new_hats.iter().map(|(_, id, name)| (*id, *name)).collect();
    teams::insert_hats(tx, actor.tenant, &to_add).await.map_err(met)?;

    let mut worn = vec![];
    let mut wear = |membership: MembershipId, hats: &[String]| -> Result<()> {
        for hat in hats {
            worn.push((membership, found(&ids.hats, hat)?));
        }
        Ok(())
    };
    let mut to_begin = vec![];
    for membership in new {
        let id = MembershipId::new();
        wear(id, &membership.hats)?;
        to_begin.push(MembershipToWrite {
            id,
            team_id: found(&ids.teams, &membership.team)?,
            member_id: found(&ids.members, &membership.email)?,
            allocation: membership.allocation,
            event: event_of(events, &membership.team)?,
        });
    }
    let mut to_change = vec![];
    for membership in edited {
        wear(membership.id, &membership.hats)?;
        to_change.push((membership.id, membership.allocation));
    }
    db::insert_memberships(tx, actor, &to_begin).await.map_err(met)?;
    db::update_memberships(tx, actor.tenant, &to_change).await?;
    Ok(teams::insert_worn(tx, actor.tenant, &worn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_team_has_an_address_of_its_own() {
        let mut taken = HashSet::from([(TeamKind::Squad, "otters".to_owned())]);
        let mut slug = |kind, name| free_slug(kind, name, &mut taken);
        assert_eq!(slug(TeamKind::Squad, "Otters"), "otters-2");
        assert_eq!(slug(TeamKind::Squad, "otters!"), "otters-3");
        assert_eq!(slug(TeamKind::CoreTeam, "Otters"), "otters");
        assert_eq!(slug(TeamKind::Squad, "New"), "team-new");
        let id = "0198a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b";
        assert_eq!(slug(TeamKind::CoreTeam, id), format!("team-{id}"));
        assert_eq!(slug(TeamKind::CoreTeam, "!!"), "team");
    }
}
