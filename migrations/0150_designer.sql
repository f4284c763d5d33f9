-- Open seats: what a squad under design looks for, before anybody is found.

-- A seat is no member: it counts neither for 6 to 10 nor for coverage. It goes when somebody takes it, or when nobody
-- looks for it any more; its history is in the events.
create table open_seat (
    organization_id  uuid        not null,
    id               uuid        not null,
    team_id          uuid        not null,
    title            text        not null,
    since            timestamptz not null,
    event_id         uuid        not null,
    constraint open_seat_pkey primary key (organization_id, id),
    constraint open_seat_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint open_seat_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint open_seat_title_check check (char_length(title) between 1 and 80)
);
create index open_seat_team_idx on open_seat (organization_id, team_id);
