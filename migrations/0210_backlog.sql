-- The one backlog of each product: ordered items, who holds them, and every step that they made.
--
-- What is not here is meant: an item belongs to a product and to nothing else (H2). No squad and no person has a backlog, and nobody
-- assigns: a squad holds an item because one of its members pulled it, and which of them works on it is the squad's own affair.

-- What a squad has in hand of a product, kept by triggers on the items at every isolation level and by every path. The update is
-- also the lock: two pulls of one squad wait for one another, and those of two squads do not.
alter table product_squad add column in_progress smallint not null default 0;
alter table product_squad add column expedite smallint not null default 0;
alter table product_squad add column learning smallint not null default 0;
alter table product_squad add constraint product_squad_in_hand_check check (in_progress >= 0 and learning >= 0);
-- One expedited item at a time, whatever the policy.
alter table product_squad add constraint product_squad_expedite_check check (expedite between 0 and 1);
-- Whoever stops serving has nothing in hand.
alter table product_squad add constraint product_squad_ended_check check (until_at is null or (in_progress = 0 and expedite = 0 and learning = 0));

-- An item of a product's backlog: NA-214 is number 214 of the product with the key NA.
create table backlog_item (
    organization_id  uuid        not null,
    id               uuid        not null,
    product_id       uuid        not null,
    number           integer     not null,
    title            text        not null,
    -- Why it matters to the customer.
    why              text        not null default '',
    breadth          text        not null,
    class            text        not null default 'standard',
    stage            text        not null,
    -- Its place in the order, kept through all stages: an item that a squad returns is where it was. Compared bytewise.
    rank             text        collate "C" not null,
    -- The squad that holds it, and of what is done the squad that did it.
    squad_id         uuid,
    -- Since when it is in its stage, and the event that tells of it (H12).
    stage_at         timestamptz not null,
    stage_event      uuid        not null,
    -- What a squad waits for while it holds the item.
    blocked_at       timestamptz,
    blocked_reason   text        not null default '',
    -- The metric that it is about.
    metric_id        uuid,
    -- What became of it.
    effect           text        not null default '',
    proposed_by      uuid        not null,
    proposed_at      timestamptz not null,
    version          integer     not null default 1,
    -- True while a squad holds it and nothing otherwise, so that the reference below asks only then.
    holding          boolean     generated always as (case when stage in ('in_progress', 'learning') then true end) stored,
    search           tsvector    generated always as (to_tsvector('simple', title || ' ' || why)) stored,
    constraint backlog_item_pkey primary key (organization_id, id),
    constraint backlog_item_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint backlog_item_squad_fkey foreign key (organization_id, squad_id) references team (organization_id, id),
    constraint backlog_item_metric_fkey foreign key (organization_id, metric_id) references metric (organization_id, id),
    constraint backlog_item_proposed_by_fkey foreign key (organization_id, proposed_by) references member (organization_id, id),
    constraint backlog_item_stage_event_fkey foreign key (organization_id, stage_event) references event (organization_id, id) deferrable initially deferred,
    -- H4: who holds an item serves the product, and goes on doing so while they hold it.
    constraint backlog_item_holder_fkey foreign key (organization_id, product_id, squad_id, holding)
        references product_squad (organization_id, product_id, team_id, standing),
    -- H4: an item is held by exactly one squad when it is in progress or with customers, and before that by none.
    constraint backlog_item_holder_check check (case when stage in ('in_progress', 'learning') then squad_id is not null
                                                     when stage = 'done' then true else squad_id is null end),
    constraint backlog_item_number_key unique (organization_id, product_id, number),
    -- H2: no two items share a rank. Asked at the end of a statement, for one that writes the ranks of a neighbourhood anew.
    constraint backlog_item_rank_key unique (organization_id, product_id, rank) deferrable initially immediate,
    constraint backlog_item_rank_check check (rank ~ '^[0-9A-Za-z]{8,63}$'),
    constraint backlog_item_number_check check (number > 0),
    constraint backlog_item_title_check check (char_length(title) between 1 and 160),
    constraint backlog_item_breadth_check check (breadth in ('task', 'feature', 'problem', 'outcome')),
    constraint backlog_item_class_check check (class in ('standard', 'expedite')),
    constraint backlog_item_stage_check check (stage in ('proposed', 'ready', 'in_progress', 'learning', 'done', 'dropped')),
    constraint backlog_item_blocked_check check ((blocked_at is null) = (blocked_reason = '')
                                                 and (blocked_at is null or stage in ('in_progress', 'learning'))),
    -- Done asks for the effect, of what a squad did here.
    constraint backlog_item_effect_check check (stage <> 'done' or squad_id is null or effect <> '')
);
-- The columns of the board and the pages of the list, in their order.
create index backlog_item_stage_idx on backlog_item (organization_id, product_id, stage, rank, id);
create index backlog_item_lane_idx on backlog_item (organization_id, product_id, squad_id, stage, stage_at, id) where squad_id is not null;
create index backlog_item_blocked_idx on backlog_item (organization_id, product_id, rank) where blocked_at is not null;
create index backlog_item_search_idx on backlog_item using gin (search);

-- Every step of every item, append-only: the only source of flow. Written by the trigger below, so that no path forgets it.
create table backlog_transition (
    organization_id  uuid        not null,
    item_id          uuid        not null,
    product_id       uuid        not null,
    at               timestamptz not null,
    -- Nothing for an item that is new.
    from_stage       text,
    to_stage         text        not null,
    -- The squad that took the step: pulled, returned, went on or finished.
    squad_id         uuid,
    event_id         uuid        not null,
    constraint backlog_transition_pkey primary key (organization_id, item_id, event_id),
    constraint backlog_transition_item_fkey foreign key (organization_id, item_id) references backlog_item (organization_id, id),
    constraint backlog_transition_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint backlog_transition_squad_fkey foreign key (organization_id, squad_id) references team (organization_id, id),
    constraint backlog_transition_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    -- The steps there are. An item that is brought along from elsewhere may begin done or dropped, and never in a squad's hands.
    constraint backlog_transition_steps check (case coalesce(from_stage, '')
        when '' then to_stage in ('proposed', 'ready', 'done', 'dropped')
        when 'proposed' then to_stage in ('ready', 'dropped')
        when 'ready' then to_stage in ('in_progress', 'proposed', 'dropped')
        when 'in_progress' then to_stage in ('learning', 'done', 'ready')
        when 'learning' then to_stage in ('done', 'in_progress', 'ready')
        when 'dropped' then to_stage = 'proposed'
        else false end)
);
create index backlog_transition_product_idx on backlog_transition (organization_id, product_id, at);
create index backlog_transition_squad_idx on backlog_transition (organization_id, squad_id, at) where squad_id is not null;

create function backlog_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = 'backlog_append_only',
        message = 'what happened in a backlog is never edited';
end
$$;
create trigger backlog_transition_append_only before update or delete on backlog_transition
    for each row execute function backlog_refuse_change();
create trigger backlog_transition_no_truncate before truncate on backlog_transition
    for each statement execute function backlog_refuse_change();

-- Counts one item more or less in a squad's hands. One more is refused where the product's policy is to block and the limit is
-- reached (H4); a limit that is lowered, or a policy that becomes stricter, leaves what is in hand alone.
create function backlog_count(organization uuid, product uuid, squad uuid, stage text, class text, n integer) returns void language plpgsql as $$
declare
    now_is record;
begin
    update product_squad ps
    set in_progress = ps.in_progress + case when $4 = 'in_progress' and $5 = 'standard' then n else 0 end,
        expedite = ps.expedite + case when $4 = 'in_progress' and $5 = 'expedite' then n else 0 end,
        learning = ps.learning + case when $4 = 'learning' then n else 0 end
    where ps.organization_id = $1 and ps.product_id = $2 and ps.team_id = $3 and ps.standing
    returning ps.in_progress, ps.learning, ps.wip_limit, ps.learning_limit into now_is;
    if not found then
        raise exception using errcode = 'check_violation', constraint = 'backlog_item_holder_fkey',
            message = 'who holds an item serves the product';
    end if;
    if n > 0
       and (case when $4 = 'learning' then now_is.learning > now_is.learning_limit
                 else $5 = 'standard' and now_is.in_progress > now_is.wip_limit end)
       and exists (select from product p where p.organization_id = $1 and p.id = $2 and p.wip_policy = 'block') then
        raise exception using errcode = 'check_violation', constraint = 'backlog_wip_block',
            message = 'the limit of the squad is reached';
    end if;
end
$$;

-- What an item's step does to the counts, and the step itself.
create function backlog_item_stepped() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.holding then
        perform backlog_count(old.organization_id, old.product_id, old.squad_id, old.stage, old.class, -1);
    end if;
    if new.holding then
        perform backlog_count(new.organization_id, new.product_id, new.squad_id, new.stage, new.class, 1);
    end if;
    if tg_op = 'INSERT' or old.stage <> new.stage then
        insert into backlog_transition (organization_id, item_id, product_id, at, from_stage, to_stage, squad_id, event_id)
        values (new.organization_id, new.id, new.product_id, new.stage_at, case when tg_op = 'UPDATE' then old.stage end, new.stage,
                coalesce(new.squad_id, case when tg_op = 'UPDATE' then old.squad_id end), new.stage_event);
    end if;
    return null;
end
$$;
create trigger backlog_item_inserted after insert on backlog_item
    for each row execute function backlog_item_stepped();
create trigger backlog_item_updated after update on backlog_item
    for each row when ((old.stage, old.squad_id, old.class) is distinct from (new.stage, new.squad_id, new.class))
    execute function backlog_item_stepped();

-- H2: an item stays in its backlog, under its number. Items are dropped, never deleted. H4: what a squad holds goes to no other squad:
-- it is returned first.
create function backlog_item_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = 'backlog_item_stays',
        message = 'an item stays in its backlog, and with the squad that holds it';
end
$$;
create trigger backlog_item_stays before update on backlog_item
    for each row when ((old.product_id, old.number, old.id) is distinct from (new.product_id, new.number, new.id)
                       or (old.squad_id is not null and new.squad_id is not null and old.squad_id <> new.squad_id))
    execute function backlog_item_refuse_change();
create trigger backlog_item_no_delete before delete on backlog_item
    for each row execute function backlog_item_refuse_change();

-- At commit, H4: only its members pull, return and finish. Whoever left the squad meanwhile is seen here.
create function backlog_transition_check_member() returns trigger language plpgsql as $$
begin
    if not exists (select from event e
                   join membership m on (m.organization_id, m.member_id) = (e.organization_id, e.member_id)
                   where e.organization_id = new.organization_id and e.id = new.event_id and m.team_id = new.squad_id and m.until_at is null) then
        raise exception using errcode = 'check_violation', constraint = 'backlog_transition_by_member',
            message = 'only the members of a squad pull, return and finish';
    end if;
    return null;
end
$$;
create constraint trigger backlog_transition_check_member after insert on backlog_transition
    deferrable initially deferred for each row when (new.squad_id is not null and new.from_stage is not null)
    execute function backlog_transition_check_member();

-- An item was passed over: a squad pulled one from below it, and said why.
create table backlog_passed_over (
    organization_id  uuid        not null,
    item_id          uuid        not null,
    -- The one that was pulled.
    pulled_id        uuid        not null,
    squad_id         uuid        not null,
    at               timestamptz not null,
    reason           text        not null,
    event_id         uuid        not null,
    constraint backlog_passed_over_pkey primary key (organization_id, item_id, event_id),
    constraint backlog_passed_over_item_fkey foreign key (organization_id, item_id) references backlog_item (organization_id, id),
    constraint backlog_passed_over_pulled_fkey foreign key (organization_id, pulled_id) references backlog_item (organization_id, id),
    constraint backlog_passed_over_squad_fkey foreign key (organization_id, squad_id) references team (organization_id, id),
    constraint backlog_passed_over_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint backlog_passed_over_reason_check check (char_length(reason) between 1 and 500)
);
create trigger backlog_passed_over_append_only before update or delete on backlog_passed_over
    for each row execute function backlog_refuse_change();

create table backlog_comment (
    organization_id  uuid        not null,
    id               uuid        not null,
    item_id          uuid        not null,
    author_id        uuid        not null,
    at               timestamptz not null,
    text             text        not null,
    event_id         uuid        not null,
    constraint backlog_comment_pkey primary key (organization_id, id),
    constraint backlog_comment_item_fkey foreign key (organization_id, item_id) references backlog_item (organization_id, id),
    constraint backlog_comment_author_fkey foreign key (organization_id, author_id) references member (organization_id, id),
    constraint backlog_comment_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint backlog_comment_text_check check (char_length(text) between 1 and 4000)
);
create index backlog_comment_item_idx on backlog_comment (organization_id, item_id, at, id);

-- A product's own way of putting an item, beside those that every product begins with.
create table backlog_template (
    organization_id  uuid        not null,
    id               uuid        not null,
    product_id       uuid        not null,
    name             text        not null,
    title            text        not null default '',
    why              text        not null default '',
    breadth          text        not null,
    version          integer     not null default 1,
    constraint backlog_template_pkey primary key (organization_id, id),
    constraint backlog_template_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint backlog_template_breadth_check check (breadth in ('task', 'feature', 'problem', 'outcome')),
    constraint backlog_template_name_check check (char_length(name) between 1 and 80)
);
create unique index backlog_template_name_key on backlog_template (organization_id, product_id, lower(name));
