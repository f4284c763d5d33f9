//! The inverses of changes that carry what was before: each reads the version, then the history, then asks the service.

use chrono_tz::Tz;
use sqlx::PgPool;

use super::super::db::{self, Event};
use super::super::domain::UndoRefused;
use super::must_be_newest;
use crate::accounts::PersonName;
use crate::actor::Actor;
use crate::coaching;
use crate::core_teams;
use crate::error::{Error, Result};
use crate::ids::{CheckInId, MemberId, MetricId, SkillId, TeamId};
use crate::members::{self, Discipline, Profile, TimeZone, Title};
use crate::metrics::{self, NewCheckIn, NewMetric};
use crate::missions::{self, MissionText};
use crate::skills::{self, Rating, SkillDescription, SkillName, in_words, of_words};
use crate::squads::{self, Allocation, Description, Need, Pattern, SquadChanges, SquadName};
use crate::text::Reason;

/// Everything that happens to the membership of one member in one team.
const OF_A_MEMBERSHIP: [&str; 9] = [
    "membership_edited",
    "members_added",
    "member_removed",
    "member_moved",
    "members_swapped",
    "memberships_restored",
    "member_deactivated",
    "squad_imported",
    "core_team_imported",
];

fn changed(sentence: impl Into<String>) -> Error {
    UndoRefused::Changed(sentence.into()).into()
}

/// The share and the hats of a member in a team.
pub async fn membership(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (team, member) = (event.subject(0)?, event.subject(1)?);
    let now = db::membership(pool, actor.tenant, team, member)
        .await?
        .ok_or_else(|| changed("This member has left the team since."))?;
    must_be_newest(pool, actor, event, &OF_A_MEMBERSHIP, (&[team, member], &[])).await?;
    let (share, mut left): (i16, Vec<String>) =
        (event.became("allocation")?, event.became("hats")?);
    left.sort_unstable();
    if (now.allocation, &now.hats) != (share, &left) {
        return Err(changed("The share or the hats were changed since."));
    }
    let names: Vec<String> = event.was("hats")?;
    let hats = db::hats(pool, actor.tenant, &names).await?;
    if hats.len() < names.len() {
        return Err(changed("One of the hats is not in the catalogue any more."));
    }
    let allocation = Allocation::new(event.was("allocation")?)?;
    let (id, version) = (now.id, now.version);
    if now.is_squad {
        squads::service::update_membership(pool, actor, id, version, allocation, &hats).await
    } else {
        core_teams::service::update_membership(pool, actor, id, version, allocation, &hats).await
    }
}

/// Name, pattern and description of a squad.
pub async fn squad(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let id = event.subject(0)?;
    let version = team_version(pool, actor, event).await?;
    let pattern: String = event.was("pattern")?;
    let changes = SquadChanges {
        name: SquadName::parse(&event.was::<String>("name")?)?,
        pattern: Pattern::ALL
            .into_iter()
            .find(|one| one.title() == pattern)
            .ok_or_else(|| event.unreadable("no such pattern"))?,
        description: Description::parse(&event.was::<String>("description")?)?,
    };
    squads::service::update(pool, actor, TeamId(id), version, &changes).await
}

/// Name and description of a core team.
pub async fn core_team(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let id = event.subject(0)?;
    let version = team_version(pool, actor, event).await?;
    let changes = core_teams::NewCoreTeam {
        name: core_teams::CoreTeamName::parse(&event.was::<String>("name")?)?,
        description: Description::parse(&event.was::<String>("description")?)?,
    };
    core_teams::service::update(pool, actor, TeamId(id), version, &changes).await
}

async fn team_version(pool: &PgPool, actor: &Actor, event: &Event) -> Result<i32> {
    let id = event.subject(0)?;
    let version = db::team_version(pool, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let kinds = [
        "squad_edited",
        "core_team_edited",
        "squad_imported",
        "core_team_imported",
        "squad_dissolved",
        "core_team_dissolved",
    ];
    must_be_newest(pool, actor, event, &kinds, (&[id], &[])).await?;
    Ok(version)
}

/// Forming and active.
pub async fn state(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let id = event.subject(0)?;
    let version = db::team_version(pool, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let kinds = ["squad_activated", "squad_returned_to_forming", "squad_dissolved"];
    must_be_newest(pool, actor, event, &kinds, (&[id], &[])).await?;
    if event.kind == "squad_activated" {
        let reason = Reason::parse("Its activation was undone.")?;
        squads::service::return_to_forming(pool, actor, TeamId(id), version, &reason).await
    } else {
        squads::service::activate(pool, actor, TeamId(id), version).await
    }
}

/// The mission: the text before it becomes a new version.
pub async fn mission(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let earlier = db::earlier_mission(pool, actor.tenant, event.id, actor.member)
        .await?
        .ok_or(UndoRefused::NoInverse("it is the first mission; write another"))?;
    must_be_newest(pool, actor, event, &["mission_written"], (&[earlier.squad.0], &[])).await?;
    let zone: Tz = earlier.time_zone.parse().unwrap_or(Tz::UTC);
    let text = MissionText {
        customer: earlier.customer,
        value: earlier.value,
        success: earlier.success,
        review_on: earlier.review_on,
    };
    if text.is_overdue(actor.at.with_timezone(&zone).date_naive()) {
        return Err(changed(
            "The earlier text's review date has passed: write it again with a new one.",
        ));
    }
    missions::service::write(pool, actor, earlier.squad, earlier.version, &text).await?;
    Ok(())
}

/// What a squad needs of a skill.
pub async fn need(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (team, skill) = (event.subject(0)?, event.subject(1)?);
    let version = db::need_version(pool, actor.tenant, team, skill).await?;
    must_be_newest(pool, actor, event, &["need_set", "need_removed"], (&[team, skill], &[]))
        .await?;
    let (team, skill) = (TeamId(team), SkillId(skill));
    if event.before.is_some() {
        let need = Need::new(event.was("level")?, event.was("people")?)?;
        return squads::service::set_need(pool, actor, team, skill, version, need).await;
    }
    let version = version.ok_or_else(|| changed("The squad does not need this any more."))?;
    squads::service::remove_need(pool, actor, team, skill, version).await
}

/// What a metric says.
pub async fn metric(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let id = event.subject(1)?;
    let version = db::metric_version(pool, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let kinds = ["metric_changed", "goal_metric_replaced", "metric_replaced", "metric_ended"];
    must_be_newest(pool, actor, event, &kinds, (&[id], &[])).await?;
    let before: NewMetric = serde_json::from_value(event.before.clone().unwrap_or_default())
        .map_err(|error| event.unreadable(&error.to_string()))?;
    metrics::service::update(pool, actor, MetricId(id), version, &before).await
}

/// The goal metric: the one that was it before is the goal again.
pub async fn goal(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (squad, before) = (event.subject(0)?, event.subject(2)?);
    let version = db::metric_version(pool, actor.tenant, before).await?.ok_or(Error::NotFound)?;
    let kinds = ["goal_metric_chosen", "goal_metric_set", "goal_metric_replaced"];
    must_be_newest(pool, actor, event, &kinds, (&[squad], &[])).await?;
    metrics::service::make_goal(pool, actor, MetricId(before), version).await
}

/// A check-in: what was said is withdrawn, and what was there before is said again. Neither is ever taken out of the list, so both
/// refuse where somebody has corrected it since.
pub async fn check_in(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let id = CheckInId(event.subject(2)?);
    match event.before.clone() {
        Some(before) => {
            let before: NewCheckIn = serde_json::from_value(before)
                .map_err(|error| event.unreadable(&error.to_string()))?;
            metrics::service::correct(pool, actor, id, &before).await.map(drop)
        }
        None => metrics::service::withdraw(pool, actor, id).await.map(drop),
    }
}

/// Name and description of a skill.
pub async fn skill(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (id, version) = skill_version(pool, actor, event, &["skill_changed"]).await?;
    let name = SkillName::parse(&event.was::<String>("name")?)?;
    let description = SkillDescription::parse(&event.was::<String>("description")?)?;
    skills::service::update(pool, actor, id, version, &name, &description).await
}

/// A skill in the catalogue or not.
pub async fn archived(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let kinds = ["skill_archived", "skill_restored"];
    let (id, version) = skill_version(pool, actor, event, &kinds).await?;
    if event.kind == "skill_archived" {
        skills::service::restore(pool, actor, id, version).await
    } else {
        skills::service::archive(pool, actor, id, version).await
    }
}

async fn skill_version(
    pool: &PgPool,
    actor: &Actor,
    event: &Event,
    kinds: &[&str],
) -> Result<(SkillId, i32)> {
    let id = event.subject(0)?;
    let version = db::skill_version(pool, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    must_be_newest(pool, actor, event, kinds, (&[id], &[])).await?;
    Ok((SkillId(id), version))
}

/// What a member said of their skills. A confirmation that the change withdrew has to be given anew.
pub async fn ratings(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let member = event.subject(0)?;
    let skills = &event.subjects[1..];
    let now = db::ratings(pool, actor.tenant, member, skills).await?;
    let kinds = ["skills_rated", "skill_confirmed", "skills_still_true", "skills_imported"];
    must_be_newest(pool, actor, event, &kinds, (&[member], skills)).await?;
    let said = event.before.as_ref().and_then(|before| before.as_object());
    let after = event.after.as_ref().and_then(|after| after.as_object());
    let ratings = now
        .into_iter()
        .map(|rated| {
            let before = said.and_then(|said| said.get(&rated.name));
            let before = before.ok_or_else(|| changed("A skill has another name since."))?;
            let is = in_words(rated.level, rated.wants_to_learn);
            if after.and_then(|after| after.get(&rated.name)?.as_str()) != is.as_deref() {
                return Err(changed(format!("{} was rated anew since.", rated.name)));
            }
            let (level, wants_to_learn) = of_words(before.as_str().unwrap_or_default());
            Ok(Rating { skill: rated.skill, level, wants_to_learn, version: rated.version })
        })
        .collect::<Result<Vec<_>>>()?;
    skills::service::rate(pool, actor, MemberId(member), &ratings).await?;
    Ok(())
}

/// A profile, but for the address, which the history does not keep.
pub async fn profile(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let id = event.subject(0)?;
    let (email, version) = db::member(pool, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let kinds = ["member_changed", "members_imported"];
    must_be_newest(pool, actor, event, &kinds, (&[id], &[])).await?;
    let profile = Profile {
        name: PersonName::parse(&event.was::<String>("name")?)?,
        email: members::parse_email(email.as_deref().unwrap_or_default())?,
        discipline: Discipline::parse(&event.was::<String>("discipline")?)?,
        title: Title::parse(&event.was::<String>("title")?)?,
        time_zone: TimeZone::parse(&event.was::<String>("time_zone")?)?,
    };
    members::service::update(pool, actor, MemberId(id), version, &profile).await
}

/// A coach's own limit of engagements, which is theirs to set.
pub async fn coaching_limit(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let coach = event.subject(0)?;
    if coach != actor.member.0 {
        return Err(Error::Forbidden("A limit is set by the coach whose it is.".into()));
    }
    must_be_newest(pool, actor, event, &["coaching_limit_set"], (&[coach], &[])).await?;
    coaching::service::set_limit(pool, actor, event.was("limit")?).await
}
