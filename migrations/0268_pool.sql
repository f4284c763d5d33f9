-- The people who could join a squad: found in what an organization has of its own, in indexes alone, and read in full only where they are shown.

create index member_pool_idx on member (organization_id, id) include (name) where deactivated_at is null;
create or replace function designer_pool(
    organization uuid, squad uuid, shown uuid[], missing_skills uuid[], missing_levels smallint[], words text, sought uuid[],
    least_free integer, page bigint, enough bigint, crowd integer, or_everybody boolean
)
returns table (
    id uuid, place bigint, total bigint, name text, title text, discipline text, places jsonb, skills uuid[], levels smallint[],
    moved jsonb
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    return query
    with inside as materialized (
        select s.member_id from membership s
        where s.organization_id = organization and s.team_id = squad and s.until_at is null
    ), able as materialized (
        select gap.skill_id, k.member_id, k.level
        from unnest(missing_skills, missing_levels) as gap (skill_id, level)
        join member_skill k on k.organization_id = organization and k.skill_id = gap.skill_id and k.level >= gap.level
    ), closing as (
        select a.member_id, count(*) as gaps, bool_or(a.skill_id = any(sought)) as is_closing
        from able a
        group by a.member_id
    ), somebody as materialized (
        select m.id, lower(m.name) as word, coalesce(c.gaps, 0) as gaps,
               greatest(100 - l.share, 0)::bigint as free, l.squads,
               (cardinality(sought) = 0 or coalesce(c.is_closing, false)
                or (or_everybody and not exists (select from closing x
                                                 where x.is_closing and x.member_id not in (select i.member_id from inside i))))
               and 100 - l.share >= least_free
               and (words is null
                    or exists (select from member d
                               where (d.organization_id, d.id) = (organization, m.id)
                                 and position(lower(words) in lower(d.name || ' ' || d.title || ' ' || d.discipline)) > 0)
                    or exists (select from member_skill k
                               join skill s on (s.organization_id, s.id) = (k.organization_id, k.skill_id)
                               where k.organization_id = organization and k.member_id = m.id and k.level is not null
                                 and position(lower(words) in lower(s.name)) > 0)) as is_asked
        from member m
        join member_load l on l.organization_id = organization and l.member_id = m.id
        left join closing c on c.member_id = m.id
        where m.organization_id = organization and m.deactivated_at is null
          and m.id not in (select i.member_id from inside i)
    ), asked as (
        select id, row_number() over (order by gaps desc, free desc, word, id) as place,
               (select count(*) from somebody where is_asked)                  as total
        from (select id, gaps, free, word
              from somebody
              where is_asked
              order by gaps desc, free desc, word, id
              limit page) a
    ), best as (
        select distinct on (a.skill_id) f.id
        from able a
        join somebody f on f.id = a.member_id
        where f.free >= enough and f.squads < crowd
        order by a.skill_id, f.free desc, a.level desc, f.word, f.id
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
    cross join lateral (select * from member d where (d.organization_id, d.id) = (organization, chosen.id) offset 0) m
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
