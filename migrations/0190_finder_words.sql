-- What finding costs, bounded: the words of an organization once each, and indexes that answer without the rows.

-- Every word and stem that a text of the organization has or had. Words are only added, by whoever writes the first text with one, and
-- without asking for a lock: two who write the same new word at the same time both add it, and neither waits for the other. A word stays
-- when its text goes, so whoever asks looks whether something still has it.
create table finder_word (
    organization_id  uuid not null,
    word             text not null
);
create index finder_word_idx on finder_word (organization_id, word);
-- Without a list of what is to be added: each question would read it.
create index finder_word_near_idx on finder_word using gin (organization_id, word gin_trgm_ops) with (fastupdate = off);

create function finder_words_inserted() returns trigger language plpgsql as $$
begin
    insert into finder_word (organization_id, word)
    select one.organization_id, one.word
    from (select distinct c.organization_id, unnest(tsvector_to_array(c.search)) as word from changed c) one
    where not exists (select from finder_word w where (w.organization_id, w.word) = (one.organization_id, one.word));
    return null;
end
$$;
create function finder_words_updated() returns trigger language plpgsql as $$
begin
    insert into finder_word (organization_id, word)
    select new.organization_id, one.word
    from unnest(tsvector_to_array(new.search)) as one (word)
    where not exists (select from finder_word w where (w.organization_id, w.word) = (new.organization_id, one.word));
    return null;
end
$$;
create trigger finder_words_inserted after insert on member
    referencing new table as changed for each statement execute function finder_words_inserted();
create trigger finder_words_updated after update on member for each row
    when (old.search is distinct from new.search) execute function finder_words_updated();
create trigger finder_words_inserted after insert on team
    referencing new table as changed for each statement execute function finder_words_inserted();
create trigger finder_words_updated after update on team for each row
    when (old.search is distinct from new.search) execute function finder_words_updated();
create trigger finder_words_inserted after insert on mission
    referencing new table as changed for each statement execute function finder_words_inserted();
create trigger finder_words_updated after update on mission for each row
    when (old.search is distinct from new.search) execute function finder_words_updated();
create trigger finder_words_inserted after insert on skill
    referencing new table as changed for each statement execute function finder_words_inserted();
create trigger finder_words_updated after update on skill for each row
    when (old.search is distinct from new.search) execute function finder_words_updated();

insert into finder_word (organization_id, word)
select organization_id, unnest(tsvector_to_array(search)) from member
union
select organization_id, unnest(tsvector_to_array(search)) from team
union
select organization_id, unnest(tsvector_to_array(search)) from mission
union
select organization_id, unnest(tsvector_to_array(search)) from skill;

drop index member_near_idx, team_near_idx, mission_near_idx, skill_near_idx;

-- Nor have the indexes of what is found a list of what is to be added, which would be read with each word.
alter index member_search_idx set (fastupdate = off);
alter index team_search_idx set (fastupdate = off);
alter index mission_search_idx set (fastupdate = off);
alter index skill_search_idx set (fastupdate = off);
select gin_clean_pending_list('member_search_idx'), gin_clean_pending_list('team_search_idx'),
       gin_clean_pending_list('mission_search_idx'), gin_clean_pending_list('skill_search_idx');

-- As before: the words that are spelled like one that the organization does not have, or like its stem; the nearest first. They may
-- be words of texts that are gone.
create or replace function finder_near(of_organization uuid, typed text, stem text) returns setof text language plpgsql as $$
begin
    perform set_config('pg_trgm.word_similarity_threshold', '0.3', true);
    return query
        select w.word
        from finder_word w
        where w.organization_id = of_organization and (typed <% w.word or stem <% w.word)
          and (abs(char_length(w.word) - char_length(typed)) <= 2 or abs(char_length(w.word) - char_length(stem)) <= 2)
        group by w.word
        order by max(greatest(similarity(w.word, typed), similarity(w.word, stem))) desc, w.word
        limit 20;
end
$$;

-- Who can do something, from the index alone.
create index member_skill_able_idx on member_skill (organization_id, skill_id, level desc, member_id);
drop index member_skill_skill_idx;
-- The few who left, to leave them out without reading those who stay.
create index member_deactivated_idx on member (organization_id, id) where deactivated_at is not null;
