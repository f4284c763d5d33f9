-- Moving an item holds it and the one below which it goes, and then looks at what stands around: one journey to the database instead of two.
create function backlog_held(organization uuid, product uuid, moved integer, anchor integer, sought text)
returns table (
    id uuid, title text, stage text, rank text, anchor_rank text,
    -- The next rank below the anchor, of any stage and not the item's own; the numbers of the stage
    -- that is sought, its own where none is, directly above and below it.
    next_rank text, above integer, below integer
)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    perform from backlog_item
    where organization_id = organization and product_id = product and number in (moved, anchor)
    order by id for no key update;
    -- A statement of its own: it sees what was committed while the one before waited.
    return query
    select i.id, i.title, i.stage, i.rank, a.rank,
           (select n.rank from backlog_item n
            where n.organization_id = organization and n.product_id = product and n.rank > a.rank and n.id <> i.id order by n.rank limit 1),
           (select n.number from backlog_item n
            where n.organization_id = organization and n.product_id = product and n.stage = coalesce(sought, i.stage) and n.rank < i.rank
            order by n.rank desc limit 1),
           (select n.number from backlog_item n
            where n.organization_id = organization and n.product_id = product and n.stage = coalesce(sought, i.stage) and n.rank > i.rank
            order by n.rank limit 1)
    from backlog_item i
    left join backlog_item a on a.organization_id = organization and a.product_id = product and a.number = anchor
    where i.organization_id = organization and i.product_id = product and i.number = moved;
end
$$;
