-- Products and their product groups: one lead PM, the squads that serve, hats for the whole group, apprentices.
--
-- What is not here is meant: no column and no table says who is a squad's PM, gives a squad or a person a backlog, or assigns work to
-- a person. A product has one lead PM, its squads pull from its one backlog, and who in a squad does what is the squad's own affair.

-- How many products a squad serves, and how many a member leads or learns at: kept by triggers, at every isolation level and by every
-- path. The update is also the lock, so that whoever dissolves the squad or lets the member go waits, and a check is enough.
alter table team add column products integer not null default 0;
alter table member add column products_led integer not null default 0;
alter table member add column apprenticeships integer not null default 0;
-- Only squads serve products: a core team offers services to squads.
alter table team add constraint team_products_check check (products >= 0 and (kind = 'squad' or products = 0));
-- A dissolved squad serves no product.
alter table team add constraint team_dissolved_serves check (state <> 'dissolved' or products = 0);
-- A product always has a lead PM who is there (H3): who leads one hands it over before they leave.
alter table member add constraint member_leads check (products_led >= 0 and (deactivated_at is null or products_led = 0));
-- Who leaves is nobody's apprentice.
alter table member add constraint member_learns check (apprenticeships >= 0 and (deactivated_at is null or apprenticeships = 0));

-- A product. H3: the lead PM is a column that is never empty, so that there is exactly one at any moment and a hand-over is one step.
-- H2: the product is its backlog; there is nothing else to which an item could belong.
create table product (
    organization_id  uuid        not null,
    id               uuid        not null,
    name             text        not null,
    slug             text        not null,
    description      text        not null default '',
    -- What the keys of its items begin with: NA in NA-214.
    key              text        not null,
    lead_id          uuid        not null,
    -- H12: the event that tells how the lead PM came to be: the founding or the newest hand-over.
    lead_event       uuid        not null,
    lead_at          timestamptz not null,
    -- What happens when a squad pulls over its WIP limit.
    wip_policy       text        not null default 'block',
    -- The number of its last item; numbers are not given twice.
    items            integer     not null default 0,
    -- How many squads serve it and how many apprentices it has now, kept by triggers: whoever changes them writes this row, and so
    -- waits for whoever hands the product over.
    squads           integer     not null default 0,
    apprentices      integer     not null default 0,
    created_at       timestamptz not null,
    ended_at         timestamptz,
    ended_event      uuid,
    ended_reason     text        not null default '',
    version          integer     not null default 1,
    constraint product_pkey primary key (organization_id, id),
    constraint product_organization_fkey foreign key (organization_id) references organization (id),
    constraint product_lead_fkey foreign key (organization_id, lead_id) references member (organization_id, id),
    constraint product_lead_event_fkey foreign key (organization_id, lead_event) references event (organization_id, id) deferrable initially deferred,
    constraint product_ended_event_fkey foreign key (organization_id, ended_event) references event (organization_id, id) deferrable initially deferred,
    -- Kept after the product has ended, since the keys of its items stay in texts and in people's heads.
    constraint product_key_key unique (organization_id, key),
    constraint product_name_check check (char_length(name) between 1 and 80),
    constraint product_key_check check (key ~ '^[A-Z]{2,5}$'),
    constraint product_wip_policy_check check (wip_policy in ('warn', 'reason', 'block')),
    constraint product_items_check check (items >= 0),
    -- A product that has ended has no squads and no apprentices.
    constraint product_squads_check check (squads >= 0 and (ended_at is null or squads = 0)),
    constraint product_apprentices_check check (apprentices >= 0 and (ended_at is null or apprentices = 0)),
    constraint product_ended_check check ((ended_at is null) = (ended_event is null) and (ended_at is null) = (ended_reason = ''))
);
create unique index product_name_key on product (organization_id, lower(name)) where ended_at is null;
create index product_list_idx on product (organization_id, lower(name), id) where ended_at is null;
create index product_lead_idx on product (organization_id, lead_id) where ended_at is null;

-- Every address a product has had: a rename keeps the old one as a redirect.
create table product_slug (
    organization_id  uuid not null,
    slug             text not null,
    product_id       uuid not null,
    constraint product_slug_pkey primary key (organization_id, slug),
    constraint product_slug_product_fkey foreign key (organization_id, product_id) references product (organization_id, id)
);

-- A squad that serves a product; current while it has no end. The squad has no backlog of its own: it pulls from the product's, as
-- far as its two limits allow. H12: the beginning and the end each name the event that tells of them.
create table product_squad (
    organization_id  uuid        not null,
    id               uuid        not null,
    product_id       uuid        not null,
    team_id          uuid        not null,
    -- How many items the squad has in progress, and how many it is learning from.
    wip_limit        smallint    not null default 3,
    learning_limit   smallint    not null default 3,
    from_at          timestamptz not null,
    until_at         timestamptz,
    from_event       uuid        not null,
    until_event      uuid,
    version          integer     not null default 1,
    -- True while it is current and nothing afterwards, so that other tables can refer to a current service by a foreign key.
    standing         boolean     generated always as (case when until_at is null then true end) stored,
    constraint product_squad_pkey primary key (organization_id, id),
    constraint product_squad_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint product_squad_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint product_squad_from_event_fkey foreign key (organization_id, from_event) references event (organization_id, id) deferrable initially deferred,
    constraint product_squad_until_event_fkey foreign key (organization_id, until_event) references event (organization_id, id) deferrable initially deferred,
    -- A squad serves a product once at a time.
    constraint product_squad_current_key unique (organization_id, product_id, team_id, standing),
    constraint product_squad_wip_limit_check check (wip_limit between 1 and 20),
    constraint product_squad_learning_limit_check check (learning_limit between 1 and 20),
    constraint product_squad_until_check check (until_at >= from_at and (until_at is null) = (until_event is null))
);
create index product_squad_team_idx on product_squad (organization_id, team_id) where until_at is null;

-- Who wears a hat for the whole product group, beside the hats of the memberships.
create table product_hat (
    organization_id  uuid        not null,
    id               uuid        not null,
    product_id       uuid        not null,
    member_id        uuid        not null,
    hat              text        not null,
    from_at          timestamptz not null,
    until_at         timestamptz,
    from_event       uuid        not null,
    until_event      uuid,
    standing         boolean     generated always as (case when until_at is null then true end) stored,
    constraint product_hat_pkey primary key (organization_id, id),
    constraint product_hat_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint product_hat_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint product_hat_from_event_fkey foreign key (organization_id, from_event) references event (organization_id, id) deferrable initially deferred,
    constraint product_hat_until_event_fkey foreign key (organization_id, until_event) references event (organization_id, id) deferrable initially deferred,
    constraint product_hat_hat_check check (hat in ('analyst', 'coach')),
    constraint product_hat_current_key unique (organization_id, product_id, member_id, hat, standing),
    constraint product_hat_until_check check (until_at >= from_at and (until_at is null) = (until_event is null))
);
create index product_hat_member_idx on product_hat (organization_id, member_id) where until_at is null;

-- A member who learns the lead PM's craft at a product, with its lead PM as the master: whoever that is, so that it is said nowhere
-- else. Current while it has no end; its end has an outcome.
create table apprenticeship (
    organization_id  uuid        not null,
    id               uuid        not null,
    product_id       uuid        not null,
    member_id        uuid        not null,
    from_at          timestamptz not null,
    until_at         timestamptz,
    from_event       uuid        not null,
    until_event      uuid,
    outcome          text,
    -- The lead PM's delegation: the apprentice orders the backlog, and whatever they order is marked as theirs.
    may_order        boolean     not null default false,
    version          integer     not null default 1,
    standing         boolean     generated always as (case when until_at is null then true end) stored,
    constraint apprenticeship_pkey primary key (organization_id, id),
    constraint apprenticeship_product_fkey foreign key (organization_id, product_id) references product (organization_id, id),
    constraint apprenticeship_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint apprenticeship_from_event_fkey foreign key (organization_id, from_event) references event (organization_id, id) deferrable initially deferred,
    constraint apprenticeship_until_event_fkey foreign key (organization_id, until_event) references event (organization_id, id) deferrable initially deferred,
    constraint apprenticeship_current_key unique (organization_id, product_id, member_id, standing),
    constraint apprenticeship_outcome_check check (outcome in ('lead_pm_elsewhere', 'other_hat', 'ended')),
    constraint apprenticeship_until_check check (until_at >= from_at and (until_at is null) = (until_event is null) and (until_at is null) = (outcome is null)),
    -- A delegation ends with the apprenticeship.
    constraint apprenticeship_may_order_check check (until_at is null or not may_order)
);
create index apprenticeship_member_idx on apprenticeship (organization_id, member_id) where until_at is null;

-- The counts. Each also writes the row that it counts in, for two who do at once what cannot both be: under read committed the
-- second waits and then sees the first, under repeatable read it fails.
create function product_count_led() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.ended_at is null then
        update member set products_led = products_led - 1 where organization_id = old.organization_id and id = old.lead_id;
    end if;
    if tg_op <> 'DELETE' and new.ended_at is null then
        update member set products_led = products_led + 1 where organization_id = new.organization_id and id = new.lead_id;
    end if;
    return null;
end
$$;
create trigger product_led_inserted after insert or delete on product
    for each row execute function product_count_led();
create trigger product_led_updated after update on product
    for each row when ((old.lead_id, old.ended_at is null) is distinct from (new.lead_id, new.ended_at is null))
    execute function product_count_led();

create function product_squad_count() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.until_at is null then
        update team set products = products - 1 where organization_id = old.organization_id and id = old.team_id;
        update product set squads = squads - 1 where organization_id = old.organization_id and id = old.product_id;
    end if;
    if tg_op <> 'DELETE' and new.until_at is null then
        update team set products = products + 1 where organization_id = new.organization_id and id = new.team_id;
        update product set squads = squads + 1 where organization_id = new.organization_id and id = new.product_id;
    end if;
    return null;
end
$$;
create trigger product_squad_inserted after insert or delete on product_squad
    for each row execute function product_squad_count();
create trigger product_squad_updated after update on product_squad
    for each row when ((old.product_id, old.team_id, old.until_at is null) is distinct from (new.product_id, new.team_id, new.until_at is null))
    execute function product_squad_count();

create function apprenticeship_count() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.until_at is null then
        update member set apprenticeships = apprenticeships - 1 where organization_id = old.organization_id and id = old.member_id;
        update product set apprentices = apprentices - 1 where organization_id = old.organization_id and id = old.product_id;
    end if;
    if tg_op <> 'DELETE' and new.until_at is null then
        update member set apprenticeships = apprenticeships + 1 where organization_id = new.organization_id and id = new.member_id;
        update product set apprentices = apprentices + 1 where organization_id = new.organization_id and id = new.product_id;
    end if;
    return null;
end
$$;
create trigger apprenticeship_inserted after insert or delete on apprenticeship
    for each row execute function apprenticeship_count();
create trigger apprenticeship_updated after update on apprenticeship
    for each row when ((old.product_id, old.member_id, old.until_at is null) is distinct from (new.product_id, new.member_id, new.until_at is null))
    execute function apprenticeship_count();

-- At commit, H3: an apprentice is never the lead PM of the same product. Asked from both sides; whoever comes second has written the
-- product's row after the first.
create function product_check_lead() returns trigger language plpgsql as $$
begin
    if exists (select from product p
               join apprenticeship a on (a.organization_id, a.product_id, a.member_id) = (p.organization_id, p.id, p.lead_id)
               where p.organization_id = new.organization_id and a.until_at is null and p.ended_at is null
                 and p.id = case tg_table_name when 'product' then new.id else (to_jsonb(new) ->> 'product_id')::uuid end) then
        raise exception using errcode = 'check_violation', constraint = 'product_lead_is_no_apprentice',
            message = 'an apprentice is never the lead PM of the same product';
    end if;
    return null;
end
$$;
create constraint trigger product_check_lead_inserted after insert on product
    deferrable initially deferred for each row execute function product_check_lead();
create constraint trigger product_check_lead after update on product
    deferrable initially deferred for each row when (old.lead_id <> new.lead_id) execute function product_check_lead();
create constraint trigger apprenticeship_check_lead after insert or update on apprenticeship
    deferrable initially deferred for each row when (new.until_at is null) execute function product_check_lead();
