-- Who can solve this?: what the texts of members, teams, missions and skills are found by.
--
-- Words are kept in two ways. Names as they are written (simple), so that "Will" and "The Otters" are found and a word is found
-- while it is being typed; prose by its English stems without stop words (english), so that "batteries" finds "battery" and "the"
-- finds nothing. One query asks for both.

-- Both extensions come with Postgres and are trusted: the owner of the database may create them.
create extension if not exists pg_trgm;
-- For indexes that begin with the organization, so that none looks through the others' words.
create extension if not exists btree_gin;

alter table member add column search tsvector generated always as (
    strip(to_tsvector('simple', name) || to_tsvector('english', title || ' ' || discipline))) stored;
alter table team add column search tsvector generated always as (
    strip(to_tsvector('simple', name) || to_tsvector('english', name || ' ' || description))) stored;
alter table mission add column search tsvector generated always as (
    strip(to_tsvector('english', customer || ' ' || value || ' ' || success))) stored;
alter table skill add column search tsvector generated always as (
    strip(to_tsvector('simple', name) || to_tsvector('english', name || ' ' || description))) stored;

create index member_search_idx on member using gin (organization_id, search);
create index team_search_idx on team using gin (organization_id, search);
create index mission_search_idx on mission using gin (organization_id, search);
create index skill_search_idx on skill using gin (organization_id, search);

-- For words that are spelled a little differently; used by finder_near only.
create index member_near_idx on member using gin (organization_id, (name || ' ' || title || ' ' || discipline) gin_trgm_ops);
create index team_near_idx on team using gin (organization_id, (name || ' ' || description) gin_trgm_ops);
create index mission_near_idx on mission using gin (organization_id, (customer || ' ' || value || ' ' || success) gin_trgm_ops);
create index skill_near_idx on skill using gin (organization_id, (name || ' ' || description) gin_trgm_ops);

-- One word, which holds letters and digits only, as it is asked for.
create function finder_query(word text, is_prefix boolean) returns tsquery language sql immutable parallel safe as $$
    select case when to_tsvector('english', word) = '' then to_tsquery('simple', term)
                else to_tsquery('simple', term) || to_tsquery('english', term) end
    from (select word || case when is_prefix then ':*' else '' end as term) asked
$$;

-- The words of an organization that are spelled like one that it does not have, or like its stem; the nearest first. A transposition
-- leaves few trigrams as they were ("Ingird" shares 3 of 7 with "Ingrid"), so the threshold is low and the caller looks again.
-- The setting is for this statement, and plpgsql, because a function that carries a setting of an extension could not be
-- restored by a role that is no superuser.
create function finder_near(of_organization uuid, typed text, stem text) returns setof text language plpgsql as $$
begin
    perform set_config('pg_trgm.word_similarity_threshold', '0.3', true);
    return query
        select near.lexeme
        from (select distinct unnest(tsvector_to_array(found.search)) as lexeme
              from (select m.search from member m
                    where m.organization_id = of_organization and m.deactivated_at is null
                      and typed <% (m.name || ' ' || m.title || ' ' || m.discipline)
                    union all
                    select t.search from team t
                    where t.organization_id = of_organization and t.state <> 'dissolved' and typed <% (t.name || ' ' || t.description)
                    union all
                    select i.search from mission i
                    join team t on (t.organization_id, t.id, t.mission_version) = (i.organization_id, i.team_id, i.version)
                    where i.organization_id = of_organization and t.state <> 'dissolved'
                      and typed <% (i.customer || ' ' || i.value || ' ' || i.success)
                    union all
                    select s.search from skill s
                    where s.organization_id = of_organization and s.archived_at is null and typed <% (s.name || ' ' || s.description)
                   ) found) near
        order by greatest(similarity(near.lexeme, typed), similarity(near.lexeme, stem)) desc, near.lexeme
        limit 20;
end
$$;
