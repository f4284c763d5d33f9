-- What several statements read alike, said once.

-- Links that have not ended, with the names of their ends and liaisons.
create view link_named as
select l.organization_id, l.id, l.kind, l.purpose, l.review_on,
       l.from_team_id   as from_team,
       f.name           as from_name,
       f.slug           as from_slug,
       f.kind = 'squad' as from_is_squad,
       fm.id            as from_member,
       fm.name          as from_member_name,
       l.to_team_id     as to_team,
       t.name           as to_name,
       t.slug           as to_slug,
       t.kind = 'squad' as to_is_squad,
       tm.id            as to_member,
       tm.name          as to_member_name
from link l
join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
left join membership fs on (fs.organization_id, fs.id) = (l.organization_id, l.from_liaison_id) and fs.until_at is null
left join member fm on (fm.organization_id, fm.id) = (fs.organization_id, fs.member_id)
left join membership ts on (ts.organization_id, ts.id) = (l.organization_id, l.to_liaison_id) and ts.until_at is null
left join member tm on (tm.organization_id, tm.id) = (ts.organization_id, ts.member_id)
where l.until_at is null;

-- Squads that are forming or active as a design has them, without their members.
create view squad_designed as
select t.organization_id, t.id, t.name, t.slug,
       t.state = 'active' as is_active,
       m.customer, m.value, m.success, m.review_on,
       g.id               as goal,
       g.name             as goal_name,
       g.unit             as goal_unit,
       g.direction        as goal_direction,
       g.baseline         as goal_baseline,
       g.target           as goal_target,
       g.target_high      as goal_high,
       g.cadence_days     as goal_cadence,
       (select count(*) from metric x
        where x.organization_id = t.organization_id and x.team_id = t.id and x.ended_at is null) as live_metrics,
       array(select n.skill_id from skill_need n
             where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as need_skills,
       array(select n.level from skill_need n
             where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as need_levels,
       array(select n.people from skill_need n
             where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as need_members
from team t
left join mission m on (m.organization_id, m.team_id, m.version) = (t.organization_id, t.id, t.mission_version)
left join metric g on (g.organization_id, g.team_id) = (t.organization_id, t.id) and g.is_goal and g.ended_at is null
where t.kind = 'squad' and t.state <> 'dissolved';

-- A squad's summary, and whether a change has touched it since it was made.
create view squad_summed as
select s.organization_id, s.team_id, s.rules, s.turns_on, s.breaches, s.warnings, s.advice, s.able, s.has_mission, s.is_ready,
       s.findings, s.suggested, s.version,
       -- One look per row at an index: as `exists`, the whole table would be read to be hashed.
       coalesce((select true from squad_stale q
                 where (q.organization_id, q.team_id) = (s.organization_id, s.team_id) limit 1), false) as is_touched
from squad_summary s;
