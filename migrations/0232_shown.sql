-- Home and the designer look at all squads' and members' rows for a few small facts: these stand in the index, so that wide rows, and those of
-- other organizations between them, are not read for it.
alter table squad_summary drop constraint squad_summary_pkey,
    add constraint squad_summary_pkey primary key (organization_id, team_id)
        include (rules, turns_on, breaches, warnings, advice, has_mission, is_ready);
alter table member_load drop constraint member_load_pkey,
    add constraint member_load_pkey primary key (organization_id, member_id) include (share, squads);

-- Statements of the pages that are asked for most, as functions that keep their plan. Postgres plans a statement anew for each call where it
-- believes that knowing the arguments makes it cheaper; for these it does not, and planning them took longer than running them. The
-- setting holds inside the function only: other statements, whose arguments do decide the plan, keep their choice.

-- The board: its cards, `page` of each list, and in a row of its own what stands beside them.
create function board_shown(organization uuid, product uuid, below text, month timestamptz, page bigint)
returns table (
    id uuid, number integer, title text, why text, breadth text, class text, stage text, rank text, squad_id uuid,
    stage_at timestamptz, blocked text, effect text, beside jsonb
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
    select i.id, i.number, i.title,
           -- What a card does not show is not read.
           case when i.stage = 'ready' then left(split_part(i.why, e'\n', 1), 140) else '' end as why,
           i.breadth, i.class, i.stage, i.rank, i.squad_id as squad,
           i.stage_at, i.blocked_reason as blocked, case when i.stage = 'done' then left(i.effect, 140) else '' end as effect,
           null::jsonb as beside
    from ((select * from backlog_item
           where organization_id = organization and product_id = product and stage = 'ready' and rank > coalesce(below, '')
           order by rank limit page)
          union all
          (select held.* from product_squad ps
           cross join (values ('in_progress'), ('learning')) as s (stage)
           cross join lateral (select * from backlog_item h
                               where h.organization_id = organization and h.product_id = product and h.squad_id = ps.team_id and h.stage = s.stage
                               order by h.stage_at, h.id limit page) as held
           where ps.organization_id = organization and ps.product_id = product and ps.standing)
          union all
          (select finished.* from product_squad ps
           cross join lateral (select * from backlog_item d
                               where d.organization_id = organization and d.product_id = product and d.squad_id = ps.team_id and d.stage = 'done'
                                 and d.stage_at >= month
                               order by d.stage_at desc, d.id desc limit page) as finished
           where ps.organization_id = organization and ps.product_id = product and ps.standing)) as i
    union all
    select null, null, null, null, null, null, null, null, null, null, null, null, b.beside
    from board_beside b
    where b.organization_id = organization and b.product_id = product;
end
$$;

-- The squads of an organization as home shows them to `me`, each beside the sums over all. Which ones is decided first, from what is
-- narrow; only they are read in full (`offset 0` keeps the planner from joining everything before).
create function garden_shown(organization uuid, me uuid, program bigint, today date)
returns table (
    id uuid, name text, slug text, is_active boolean, members integer, is_ready boolean, is_own boolean, is_listed boolean,
    breaches smallint, warnings smallint, advice smallint, findings jsonb, customer text, value text, goal uuid, goal_name text,
    goal_unit text, goal_direction text, goal_baseline double precision, goal_target double precision, goal_high double precision,
    goal_cadence integer, all_squads bigint, all_active bigint, all_in_range bigint, all_missions bigint, all_in_squads bigint,
    all_breaches bigint, all_warnings bigint, all_advice bigint, all_lines bigint, all_troubled bigint, is_stale boolean
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
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
               limit 30)) p
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
           case when p.is_read then s.findings else '[]' end as findings,
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

-- Who is in a squad that is designed, by name.
create function designer_inside(organization uuid, squad uuid, shown uuid[])
returns table (
    id uuid, place bigint, total bigint, name text, title text, discipline text, places jsonb, skills uuid[], levels smallint[],
    moved jsonb
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
    select m.id, null::bigint as place, null::bigint as total, m.name, m.title, m.discipline,
           p.places,
           r.skills, r.levels,
           moved.place as moved
    from membership s
    join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
                   'membership', x.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'share', x.allocation,
                   'is_squad', t.kind = 'squad', 'is_active', t.state = 'active', 'members', t.member_count,
                   'hats', array(select c.name from membership_hat h
                                 join hat c on (c.organization_id, c.id) = (h.organization_id, h.hat_id)
                                 where (h.organization_id, h.membership_id) = (x.organization_id, x.id)
                                 order by lower(c.name)))
                   order by x.allocation desc, lower(t.name), t.id) as places
        from membership x
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
        where x.organization_id = m.organization_id and x.member_id = m.id and x.until_at is null
    ) p
    cross join lateral (
        select coalesce(array_agg(k.skill_id), '{}') as skills, coalesce(array_agg(k.level), '{}') as levels
        from member_skill k
        where k.organization_id = m.organization_id and k.member_id = m.id and k.skill_id = any(shown)
          and k.level is not null
    ) r
    left join lateral (
        select jsonb_build_object(
                   'membership', d.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'share', d.allocation,
                   'is_squad', true, 'is_active', t.state = 'active', 'members', t.member_count,
                   'hats', array[]::text[]) as place
        from event e
        join membership d on d.organization_id = e.organization_id and d.team_id = any(e.subjects)
                         and d.member_id = s.member_id and d.until_event = e.id and d.team_id <> s.team_id
        join team t on (t.organization_id, t.id) = (d.organization_id, d.team_id)
        where e.organization_id = s.organization_id and e.id = s.from_event and t.kind = 'squad'
          and t.state <> 'dissolved'
        limit 1
    ) moved on true
    where s.organization_id = organization and s.team_id = squad and s.until_at is null
    order by lower(m.name), m.id;
end
$$;

-- Who could join a squad that is designed: a page of them, and the best for each of the `missing` skills.
create function designer_pool(
    organization uuid, squad uuid, shown uuid[], missing_skills uuid[], missing_levels smallint[], words text, sought uuid[],
    least_free integer, page bigint, enough bigint, crowd integer, or_everybody boolean
)
returns table (
    id uuid, place bigint, total bigint, name text, title text, discipline text, places jsonb, skills uuid[], levels smallint[],
    moved jsonb
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
    with gap as (
        select * from unnest(missing_skills, missing_levels) as g (skill_id, level)
    ), closing as (
        select k.member_id, count(*) as gaps, bool_or(k.skill_id = any(sought)) as is_closing
        from gap
        join member_skill k on k.organization_id = organization and k.skill_id = gap.skill_id and k.level >= gap.level
        group by k.member_id
    ), somebody as (
        select m.id, lower(m.name) as word, coalesce(c.gaps, 0) as gaps,
               greatest(100 - l.share, 0)::bigint as free, l.squads,
               (cardinality(sought) = 0 or coalesce(c.is_closing, false)
                or (or_everybody and not exists (select from closing x
                                        where x.is_closing
                                          and not exists (select from membership s
                                                          where s.organization_id = organization and s.team_id = squad
                                                            and s.member_id = x.member_id and s.until_at is null))))
               and 100 - l.share >= least_free
               and (words is null
                    or position(lower(words) in lower(m.name || ' ' || m.title || ' ' || m.discipline)) > 0
                    or exists (select from member_skill k
                               join skill s on (s.organization_id, s.id) = (k.organization_id, k.skill_id)
                               where k.organization_id = organization and k.member_id = m.id and k.level is not null
                                 and position(lower(words) in lower(s.name)) > 0)) as is_asked
        from member m
        join member_load l on l.organization_id = organization and l.member_id = m.id
        left join closing c on c.member_id = m.id
        where m.organization_id = organization and m.deactivated_at is null
          and not exists (select from membership s
                          where s.organization_id = organization and s.team_id = squad and s.member_id = m.id
                            and s.until_at is null)
    ), asked as (
        select id, row_number() over (order by gaps desc, free desc, word, id) as place,
               (select count(*) from somebody where is_asked)                  as total
        from (select id, gaps, free, word
              from somebody
              where is_asked
              order by gaps desc, free desc, word, id
              limit page) a
    ), best as (
        select distinct on (gap.skill_id) f.id
        from gap
        join member_skill k on k.organization_id = organization and k.skill_id = gap.skill_id and k.level >= gap.level
        join somebody f on f.id = k.member_id
        where f.free >= enough and f.squads < crowd
        order by gap.skill_id, f.free desc, k.level desc, f.word, f.id
    ), chosen as (
        select id, place, total from asked
        union all
        select id, null, null from best where id not in (select id from asked)
    )
    select m.id, chosen.place, chosen.total, m.name, m.title, m.discipline,
           coalesce(p.places, '[]') as places,
           r.skills, r.levels,
           null::jsonb as moved
    from chosen
    join member m on m.organization_id = organization and m.id = chosen.id
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
                   'membership', x.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'share', x.allocation,
                   'is_squad', t.kind = 'squad', 'is_active', t.state = 'active', 'members', t.member_count,
                   'hats', array[]::text[])
                   order by x.allocation desc, lower(t.name), t.id) as places
        from membership x
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
        where x.organization_id = organization and x.member_id = m.id and x.until_at is null
    ) p
    cross join lateral (
        select coalesce(array_agg(k.skill_id), '{}') as skills, coalesce(array_agg(k.level), '{}') as levels
        from member_skill k
        where k.organization_id = organization and k.member_id = m.id and k.skill_id = any(shown) and k.level is not null
    ) r
    order by chosen.place;
end
$$;
