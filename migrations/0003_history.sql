-- The append-only history (H12): who, when, what, before, after. Written in the transaction of the change.
create table event (
    organization_id  uuid        not null,
    id               uuid        not null,
    -- In the order of writing, for readers that ask "what is new since …"; not without gaps.
    seq              bigint      not null generated always as identity,
    at               timestamptz not null,
    -- Who did it; null for what the program did by itself.
    member_id        uuid,
    kind             text        not null,
    -- What is said after the actor's name: "added Aisha Rahman to Fair Bills".
    summary          text        not null,
    -- The ids of everything that this is about.
    subjects         uuid[]      not null,
    before           jsonb,
    after            jsonb,
    reason           text,
    ip               text,
    request_id       text,
    constraint event_pkey primary key (organization_id, id),
    constraint event_organization_fkey foreign key (organization_id) references organization (id),
    constraint event_member_fkey foreign key (organization_id, member_id) references member (organization_id, id)
);
create index event_at_idx on event (organization_id, at desc, id desc);
create index event_member_idx on event (organization_id, member_id, at desc, id desc);
create index event_kind_idx on event (organization_id, kind, at desc, id desc);
create index event_seq_idx on event (organization_id, seq);
create index event_subjects_idx on event using gin (subjects);

-- Events are never edited, by nobody.
create function event_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = 'event_append_only',
        message = 'events are never edited';
end
$$;
create trigger event_append_only before update or delete on event
    for each row execute function event_refuse_change();
create trigger event_no_truncate before truncate on event
    for each statement execute function event_refuse_change();
