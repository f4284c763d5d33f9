-- What products and the items of their backlogs are found by.

-- A product as a squad is: its name as it is written, and its words by their stems. The number of its items changes often and is no part
-- of it.
alter table product add column search tsvector generated always as (
    strip(to_tsvector('simple', name) || to_tsvector('english', name || ' ' || description))) stored;
create index product_search_idx on product using gin (organization_id, search) with (fastupdate = off);

create trigger finder_words_inserted after insert on product
    referencing new table as changed for each statement execute function finder_words_inserted();
create trigger finder_words_updated after update of name, description on product for each row
    when (old.search is distinct from new.search) execute function finder_words_updated();
insert into finder_word (organization_id, word)
select one.organization_id, one.word
from (select distinct p.organization_id, unnest(tsvector_to_array(p.search)) as word from product p) one
where not exists (select from finder_word w where (w.organization_id, w.word) = (one.organization_id, one.word));

-- Items are found by the index that lists search as well. It begins with the organization now, so that nobody's question looks through the
-- items of others; and what was written since its last tidying, which every question reads, stays small. A list for it is kept
-- all the same, since items are moved far more often than they are looked for. Their words are not kept for spelling.
drop index backlog_item_search_idx;
create index backlog_item_search_idx on backlog_item using gin (organization_id, search) with (gin_pending_list_limit = 128);
