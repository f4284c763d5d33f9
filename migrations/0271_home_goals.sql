-- The table of squads on home says how their goal metrics stand: the dozen newest values of each of the few that it has.

create index check_in_correction_idx on check_in (organization_id, metric_id, corrects_id) where corrects_id is not null;

drop function garden_shown;
create function garden_shown(organization uuid, me uuid, program bigint, today date)
returns table (
    id uuid, name text, slug text, is_active boolean, members integer, is_ready boolean, is_own boolean, is_listed boolean,
    breaches smallint, warnings smallint, advice smallint, findings jsonb, customer text, value text, goal uuid, goal_name text,
    goal_unit text, goal_direction text, goal_baseline double precision, goal_target double precision, goal_high double precision,
    goal_cadence integer, goal_values double precision[], all_squads bigint, all_active bigint, all_in_range bigint,
    all_missions bigint, all_in_squads bigint,
    all_breaches bigint, all_warnings bigint, all_advice bigint, all_lines bigint, all_troubled bigint, is_stale boolean
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    return query
    with live as materialized (
        select t.id, t.state, t.member_count, lower(t.name) as word,
               s.breaches, s.warnings, s.advice, s.is_ready, s.has_mission,
               s.rules <> program or coalesce(s.turns_on <= today, false) as is_old
        from team t
        join squad_summary s on (s.organization_id, s.team_id) = (t.organization_id, t.id)
        where t.organization_id = organization and t.kind = 'squad' and t.state <> 'dissolved'
    ), total as (
        select count(*)                                                            as squads,
               count(*) filter (where state = 'active')                            as active,
               count(*) filter (where member_count between 6 and 10)               as in_range,
               count(*) filter (where has_mission)                                 as missions,
               coalesce(sum(breaches), 0)                                          as breaches,
               coalesce(sum(warnings), 0)                                          as warnings,
               coalesce(sum(advice), 0)                                            as advice,
               count(*) filter (where breaches > 0)
                   + count(*) filter (where is_ready and state = 'forming')
                   + count(*) filter (where warnings > 0)                          as lines,
               count(*) filter (where breaches > 0 and state = 'active')           as troubled,
               bool_or(is_old) or exists (select from squad_stale q join live l on l.id = q.team_id
                                          where q.organization_id = organization) as is_stale,
               (select count(*) from member_load m where m.organization_id = organization and m.squads > 0) as in_squads
        from live
    ), picked as materialized (
        select id, bool_or(is_own) as is_own, bool_or(is_listed) as is_listed, bool_or(not is_listed) as is_read
        from (select l.id, true as is_own, false as is_listed
              from membership m
              join live l on l.id = m.team_id
              where m.organization_id = organization and m.member_id = me and m.until_at is null
              union all
              (select t.id, false, true
               from team t
               where t.organization_id = organization and t.kind = 'squad' and t.state <> 'dissolved'
               order by t.state, lower(t.name), t.id
               limit 20)
              union all
              (select id, false, false
               from live
               order by case when breaches > 0 then 0
                             when is_ready and state = 'forming' then 1
                             when warnings > 0 then 2
                             else 3 end,
                        state, word, id
               limit 20)) p
        group by id
    )
    select t.id,
           t.name,
           t.slug,
           t.state = 'active' as is_active,
           t.member_count as members,
           s.is_ready,
           p.is_own,
           p.is_listed,
           s.breaches,
           s.warnings,
           s.advice,
           case when p.is_own then s.findings when p.is_read then s.foremost else '[]' end as findings,
           m.customer,
           m.value,
           g.id as goal,
           g.name as goal_name,
           g.unit as goal_unit,
           g.direction as goal_direction,
           g.baseline as goal_baseline,
           g.target as goal_target,
           g.target_high as goal_high,
           g.cadence_days as goal_cadence,
           -- As `check_in_standing` has them; what was corrected is looked for once for each metric and not for each value.
           case when p.is_listed then array(select c.value
                                            from (select c.value, c.at, c.entered_at, c.id
                                                  from check_in c
                                                  where c.organization_id = organization and c.metric_id = g.id and c.value is not null
                                                    and c.id <> all (array(select n.corrects_id from check_in n
                                                                           where n.organization_id = organization
                                                                             and n.metric_id = g.id and n.corrects_id is not null))
                                                  order by c.at desc, c.entered_at desc, c.id desc
                                                  limit 12) c
                                            order by c.at, c.entered_at, c.id) end as goal_values,
           o.squads as all_squads,
           o.active as all_active,
           o.in_range as all_in_range,
           o.missions as all_missions,
           o.in_squads as all_in_squads,
           o.breaches as all_breaches,
           o.warnings as all_warnings,
           o.advice as all_advice,
           o.lines as all_lines,
           o.troubled as all_troubled,
           o.is_stale
    from picked p
    cross join total o
    join lateral (select * from team t where (t.organization_id, t.id) = (organization, p.id) offset 0) t on true
    join lateral (select * from squad_summary s where (s.organization_id, s.team_id) = (organization, p.id) offset 0) s on true
    left join lateral (
        select customer, value
        from mission
        where p.is_own and (organization_id, team_id, version) = (organization, p.id, t.mission_version)
        offset 0
    ) m on true
    left join lateral (
        select *
        from metric
        where (organization_id, team_id) = (organization, p.id) and is_goal and ended_at is null
        offset 0
    ) g on true
    order by t.state, lower(t.name), t.id;
end
$$;
