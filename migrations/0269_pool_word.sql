-- The people who could join a squad, from one row of each: the word by which they are sorted stands beside how much of their time is taken,
-- and whoever is deactivated has none. Where those are asked for who close a gap, nobody else is looked at. What is shown of somebody
-- comes as a row for each of their teams, without being put together and taken apart again.

alter table member_load add column word text;
update member_load l
set word = lower(m.name)
from member m
where (m.organization_id, m.id) = (l.organization_id, l.member_id) and m.deactivated_at is null;
alter table member_load drop constraint member_load_pkey,
    add constraint member_load_pkey primary key (organization_id, member_id) include (share, squads, word);
drop index member_pool_idx;

create or replace function member_load_begin() returns trigger language plpgsql as $$
begin
    insert into member_load (organization_id, member_id, word)
    values (new.organization_id, new.id, case when new.deactivated_at is null then lower(new.name) end);
    return null;
end
$$;
create function member_load_name() returns trigger language plpgsql as $$
begin
    update member_load
    set word = case when new.deactivated_at is null then lower(new.name) end
    where (organization_id, member_id) = (new.organization_id, new.id);
    return null;
end
$$;
create trigger member_load_name after update of name, deactivated_at on member for each row execute function member_load_name();

drop function designer_pool;
create function designer_pool(
    organization uuid, squad uuid, shown uuid[], missing_skills uuid[], missing_levels smallint[], words text, sought uuid[],
    least_free integer, page bigint, enough bigint, crowd integer, or_everybody boolean
)
returns table (
    id uuid, place bigint, total bigint, name text, title text, discipline text, skills uuid[], levels smallint[],
    membership uuid, team uuid, team_name text, slug text, share smallint, is_squad boolean, is_active boolean, members integer
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_memoize = off
as $$
#variable_conflict use_column
declare
    inside constant uuid[] := array(select s.member_id from membership s
                                    where s.organization_id = organization and s.team_id = squad and s.until_at is null);
    on_page uuid[];
    everybody bigint;
    best uuid[];
begin
    if words is null and cardinality(sought) > 0
       and (not or_everybody
            or exists (select from unnest(missing_skills, missing_levels) as gap (skill_id, level)
                       join member_skill k on k.organization_id = organization and k.skill_id = gap.skill_id and k.level >= gap.level
                       join member_load l on l.organization_id = organization and l.member_id = k.member_id
                       where gap.skill_id = any(sought) and l.word is not null and l.member_id <> all(inside))) then
        with able as materialized (
            select gap.n, k.member_id, k.level, gap.skill_id = any(sought) as is_sought
            from unnest(missing_skills, missing_levels) with ordinality as gap (skill_id, level, n)
            join member_skill k on k.organization_id = organization and k.skill_id = gap.skill_id and k.level >= gap.level
        ), somebody as materialized (
            select c.member_id, l.word, c.gaps, c.is_closing and 100 - l.share >= least_free as is_asked, l.share, l.squads
            from (select member_id, count(*) as gaps, bool_or(is_sought) as is_closing from able a group by member_id) c
            join member_load l on l.organization_id = organization and l.member_id = c.member_id and l.word is not null
            where c.member_id <> all(inside)
        ), free as materialized (
            select a.n, f.member_id, a.level, f.share, f.word, min(f.share) over (partition by a.n) as least
            from able a
            join somebody f on f.member_id = a.member_id
            where 100 - f.share >= enough and f.squads < crowd
        )
        select array(select member_id from somebody where is_asked
                     order by gaps desc, least(share, 100), word, member_id limit page),
               (select count(*) from somebody where is_asked),
               array(select distinct on (n) member_id from free where share = least order by n, level desc, word, member_id)
        into on_page, everybody, best;
    else
        with able as materialized (
            select gap.n, k.member_id, k.level, gap.skill_id = any(sought) as is_sought
            from unnest(missing_skills, missing_levels) with ordinality as gap (skill_id, level, n)
            join member_skill k on k.organization_id = organization and k.skill_id = gap.skill_id and k.level >= gap.level
        ), somebody as materialized (
            select l.member_id, l.word, coalesce(c.gaps, 0) as gaps, l.share, l.squads,
                   (cardinality(sought) = 0 or or_everybody or coalesce(c.is_closing, false))
                   and 100 - l.share >= least_free
                   and (words is null
                        or exists (select from member d
                                   where (d.organization_id, d.id) = (organization, l.member_id)
                                     and position(lower(words) in lower(d.name || ' ' || d.title || ' ' || d.discipline)) > 0)
                        or exists (select from member_skill k
                                   join skill s on (s.organization_id, s.id) = (k.organization_id, k.skill_id)
                                   where k.organization_id = organization and k.member_id = l.member_id and k.level is not null
                                     and position(lower(words) in lower(s.name)) > 0)) as is_asked
            from member_load l
            left join (select member_id, count(*) as gaps, bool_or(is_sought) as is_closing from able a group by member_id) c
                on c.member_id = l.member_id
            where l.organization_id = organization and l.word is not null and l.member_id <> all(inside)
        ), free as materialized (
            select a.n, f.member_id, a.level, f.share, f.word, min(f.share) over (partition by a.n) as least
            from able a
            join somebody f on f.member_id = a.member_id
            where 100 - f.share >= enough and f.squads < crowd
        )
        select array(select member_id from somebody where is_asked
                     order by gaps desc, least(share, 100), word, member_id limit page),
               (select count(*) from somebody where is_asked),
               array(select distinct on (n) member_id from free where share = least order by n, level desc, word, member_id)
        into on_page, everybody, best;
    end if;
    return query
    select m.id, c.place, everybody, m.name, m.title, m.discipline,
           r.skills, r.levels,
           x.id, t.id, t.name, t.slug, x.allocation, t.kind = 'squad', t.state = 'active', t.member_count
    from (select u.id, u.n as place from unnest(on_page) with ordinality as u (id, n)
          union all
          select distinct b.id, null::bigint from unnest(best) as b (id) where b.id <> all(on_page)) c
    join member m on m.organization_id = organization and m.id = c.id
    left join membership x on x.organization_id = organization and x.member_id = c.id and x.until_at is null
    left join team t on t.organization_id = organization and t.id = x.team_id
    cross join lateral (
        select coalesce(array_agg(k.skill_id), '{}') as skills, coalesce(array_agg(k.level), '{}') as levels
        from member_skill k
        where k.organization_id = organization and k.member_id = c.id and k.skill_id = any(shown) and k.level is not null
    ) r
    order by c.place, m.id, x.allocation desc, lower(t.name), t.id;
end
$$;
