-- Health checks: packs of dimensions, rounds of squads, ballots while a round is open, and what is left of them after its closing (H6).
--
-- H6 stands in the schema: a ballot exists only while its round is open, a result only of a round that is closed and has answers enough,
-- and neither a result nor a closed round ever changes. What the service adds to that is told in src/health/mod.rs.

-- The last health check of a squad that was closed (S9), and the organization's settings.
alter table team add column if not exists health_closed_at timestamptz;
alter table organization add column if not exists health_cadence_weeks smallint not null default 8
    constraint organization_health_cadence_check check (health_cadence_weeks between 1 and 52);
alter table organization add column if not exists health_threshold smallint not null default 4
    constraint organization_health_threshold_check check (health_threshold between 3 and 10);

-- What a round asks about.
create table health_pack (
    organization_id  uuid        not null,
    id               uuid        not null,
    name             text        not null,
    slug             text        not null,
    about            text        not null default '',
    kind             text        not null,
    ended_at         timestamptz,
    version          integer     not null default 1,
    constraint health_pack_pkey primary key (organization_id, id),
    constraint health_pack_organization_fkey foreign key (organization_id) references organization (id),
    constraint health_pack_slug_key unique (organization_id, slug),
    constraint health_pack_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint health_pack_name_check check (char_length(name) between 1 and 60),
    constraint health_pack_about_check check (char_length(about) <= 300),
    constraint health_pack_kind_check check (kind in ('spotify', 'customer_value_squad', 'cognitive_load', 'psychological_safety', 'own'))
);
create unique index health_pack_name_key on health_pack (organization_id, lower(name)) where ended_at is null;

-- A dimension of a pack. One that has ended is in no new round; what was answered stays.
create table health_dimension (
    organization_id  uuid        not null,
    id               uuid        not null,
    pack_id          uuid        not null,
    position         smallint    not null,
    -- The newest wording.
    version          integer     not null default 1,
    ended_at         timestamptz,
    constraint health_dimension_pkey primary key (organization_id, id),
    constraint health_dimension_pack_fkey foreign key (organization_id, pack_id) references health_pack (organization_id, id)
);
create index health_dimension_pack_idx on health_dimension (organization_id, pack_id, position);

-- The wordings of a dimension. Another wording is another version; none is ever changed, so that a line can break where the words did.
create table health_dimension_version (
    organization_id  uuid     not null,
    dimension_id     uuid     not null,
    version          integer  not null,
    name             text     not null,
    green            text     not null,
    amber            text     not null,
    red              text     not null,
    constraint health_dimension_version_pkey primary key (organization_id, dimension_id, version),
    constraint health_dimension_version_dimension_fkey foreign key (organization_id, dimension_id) references health_dimension (organization_id, id),
    constraint health_dimension_version_version_check check (version >= 1),
    constraint health_dimension_version_name_check check (char_length(name) between 1 and 40),
    constraint health_dimension_version_green_check check (char_length(green) between 1 and 200),
    constraint health_dimension_version_amber_check check (char_length(amber) between 1 and 200),
    constraint health_dimension_version_red_check check (char_length(red) between 1 and 200)
);

-- The same health check for many squads, every so many weeks.
create table health_schedule (
    organization_id  uuid        not null,
    id               uuid        not null,
    name             text        not null,
    pack_id          uuid        not null,
    cadence_weeks    smallint    not null,
    starts_on        date        not null,
    open_days        smallint    not null,
    mode             text        not null,
    created_at       timestamptz not null,
    ended_at         timestamptz,
    version          integer     not null default 1,
    constraint health_schedule_pkey primary key (organization_id, id),
    constraint health_schedule_pack_fkey foreign key (organization_id, pack_id) references health_pack (organization_id, id),
    constraint health_schedule_name_check check (char_length(name) between 1 and 80),
    constraint health_schedule_cadence_check check (cadence_weeks between 1 and 52),
    -- A round is over before the next one begins.
    constraint health_schedule_open_days_check check (open_days between 1 and 60 and open_days <= cadence_weeks * 7),
    constraint health_schedule_mode_check check (mode in ('anonymous', 'open'))
);

create table health_schedule_squad (
    organization_id  uuid not null,
    schedule_id      uuid not null,
    team_id          uuid not null,
    constraint health_schedule_squad_pkey primary key (organization_id, schedule_id, team_id),
    constraint health_schedule_squad_schedule_fkey foreign key (organization_id, schedule_id) references health_schedule (organization_id, id),
    constraint health_schedule_squad_team_fkey foreign key (organization_id, team_id) references team (organization_id, id)
);

-- A health check of one squad.
create table health_round (
    organization_id  uuid        not null,
    id               uuid        not null,
    team_id          uuid        not null,
    pack_id          uuid        not null,
    -- The schedule that opened it, and the day on which its period began.
    schedule_id      uuid,
    period_on        date,
    -- What it is called: "November 2026".
    label            text        not null,
    -- Anonymous, or open: then names stay with the answers. It is said on the page before the first answer and never changes.
    mode             text        not null,
    -- A window until a day, or a session whose end reveals the answers to all at once.
    reveal           text        not null,
    -- The organization's setting when it was opened.
    threshold        smallint    not null,
    opened_at        timestamptz not null,
    closes_at        timestamptz not null,
    closed_at        timestamptz,
    -- Set at closing: who could have answered, how many did, and whether those are enough for anything to be shown.
    eligible         smallint,
    answered         smallint,
    is_shown         boolean,
    opened_event     uuid        not null,
    closed_event     uuid,
    version          integer     not null default 1,
    is_open          boolean     generated always as (case when closed_at is null then true end) stored,
    constraint health_round_pkey primary key (organization_id, id),
    constraint health_round_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint health_round_pack_fkey foreign key (organization_id, pack_id) references health_pack (organization_id, id),
    constraint health_round_schedule_fkey foreign key (organization_id, schedule_id) references health_schedule (organization_id, id),
    constraint health_round_opened_event_fkey foreign key (organization_id, opened_event) references event (organization_id, id) deferrable initially deferred,
    constraint health_round_closed_event_fkey foreign key (organization_id, closed_event) references event (organization_id, id) deferrable initially deferred,
    constraint health_round_label_check check (char_length(label) between 1 and 60),
    constraint health_round_mode_check check (mode in ('anonymous', 'open')),
    constraint health_round_reveal_check check (reveal in ('window', 'session')),
    constraint health_round_threshold_check check (threshold between 3 and 10),
    constraint health_round_period_check check ((schedule_id is null) = (period_on is null)),
    constraint health_round_closes_check check (closes_at > opened_at),
    constraint health_round_closed_check check (
        (closed_at is null) = (closed_event is null) and (closed_at is null) = (eligible is null)
        and (closed_at is null) = (answered is null) and (closed_at is null) = (is_shown is null)),
    -- H6: under the threshold nothing is shown.
    constraint health_round_shown_check check (is_shown = (answered >= threshold) and answered <= eligible),
    -- However many instances there are: one round of a schedule for each squad and period …
    constraint health_round_period_key unique (organization_id, schedule_id, team_id, period_on),
    -- … and one open round of a pack for each squad.
    constraint health_round_open_key unique (organization_id, team_id, pack_id, is_open),
    -- For what exists only while a round is open, or only once it is shown.
    constraint health_round_is_open_key unique (organization_id, id, is_open),
    constraint health_round_is_shown_key unique (organization_id, id, is_shown)
);
create index health_round_team_idx on health_round (organization_id, team_id, opened_at desc);
create index health_round_closes_idx on health_round (closes_at) where closed_at is null;

-- What a round asks: the wording is frozen.
create table health_round_dimension (
    organization_id  uuid     not null,
    round_id         uuid     not null,
    position         smallint not null,
    dimension_id     uuid     not null,
    version          integer  not null,
    constraint health_round_dimension_pkey primary key (organization_id, round_id, dimension_id),
    constraint health_round_dimension_position_key unique (organization_id, round_id, position),
    constraint health_round_dimension_round_fkey foreign key (organization_id, round_id) references health_round (organization_id, id),
    constraint health_round_dimension_version_fkey foreign key (organization_id, dimension_id, version)
        references health_dimension_version (organization_id, dimension_id, version)
);

-- While a round is open: the secret from which the keys of its ballots are made. Nothing but the database has it, and it is destroyed
-- at closing.
create table health_round_secret (
    organization_id  uuid    not null,
    round_id         uuid    not null,
    secret           bytea   not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    is_open          boolean generated always as (true) stored,
    constraint health_round_secret_pkey primary key (organization_id, round_id),
    constraint health_round_secret_open_fkey foreign key (organization_id, round_id, is_open) references health_round (organization_id, id, is_open)
);

-- The key of somebody's ballot in a round: a keyed hash, so that without the secret a ballot is nobody's.
create function health_ballot_key(secret bytea, member uuid) returns bytea language sql immutable as $$
    select sha256(secret || sha256(secret || uuid_send(member)))
$$;

-- While a round is open: what was answered. No member, no time, no number; changed by whoever has the key, deleted at closing.
create table health_ballot (
    organization_id  uuid    not null,
    round_id         uuid    not null,
    key              bytea   not null,
    dimension_id     uuid    not null,
    colour           text    not null,
    trend            text,
    comment          text    not null default '',
    is_open          boolean generated always as (true) stored,
    constraint health_ballot_pkey primary key (organization_id, round_id, key, dimension_id),
    constraint health_ballot_open_fkey foreign key (organization_id, round_id, is_open) references health_round (organization_id, id, is_open),
    constraint health_ballot_dimension_fkey foreign key (organization_id, round_id, dimension_id)
        references health_round_dimension (organization_id, round_id, dimension_id),
    constraint health_ballot_colour_check check (colour in ('green', 'amber', 'red')),
    constraint health_ballot_trend_check check (trend in ('better', 'same', 'worse')),
    constraint health_ballot_comment_check check (char_length(comment) <= 500)
);

-- After closing, and only of a dimension with answers enough: how many gave which. The squad then agrees on a colour and an arrow.
create table health_result (
    organization_id  uuid     not null,
    round_id         uuid     not null,
    dimension_id     uuid     not null,
    green            smallint not null,
    amber            smallint not null,
    red              smallint not null,
    -- All three are nought where too few compared it with the round before.
    better           smallint not null default 0,
    same             smallint not null default 0,
    worse            smallint not null default 0,
    agreed_colour    text,
    agreed_trend     text,
    version          integer  not null default 1,
    is_shown         boolean  generated always as (true) stored,
    constraint health_result_pkey primary key (organization_id, round_id, dimension_id),
    constraint health_result_shown_fkey foreign key (organization_id, round_id, is_shown)
        references health_round (organization_id, id, is_shown) deferrable initially deferred,
    constraint health_result_dimension_fkey foreign key (organization_id, round_id, dimension_id)
        references health_round_dimension (organization_id, round_id, dimension_id),
    constraint health_result_counts_check check (least(green, amber, red, better, same, worse) >= 0 and better + same + worse <= green + amber + red),
    -- The least that a threshold can be; a round's own is held by a trigger.
    constraint health_result_enough_check check (green + amber + red >= 3),
    constraint health_result_agreed_colour_check check (agreed_colour in ('green', 'amber', 'red')),
    constraint health_result_agreed_trend_check check (agreed_trend in ('better', 'same', 'worse'))
);

-- After closing: what was written beside the answers, in an order of chance. No member, no time.
create table health_comment (
    organization_id  uuid     not null,
    round_id         uuid     not null,
    dimension_id     uuid     not null,
    place            smallint not null,
    body             text     not null,
    constraint health_comment_pkey primary key (organization_id, round_id, dimension_id, place),
    constraint health_comment_result_fkey foreign key (organization_id, round_id, dimension_id)
        references health_result (organization_id, round_id, dimension_id),
    constraint health_comment_body_check check (char_length(body) between 1 and 500)
);

-- After the closing of a round that was announced as open, and of no other: who answered what.
create table health_open_answer (
    organization_id  uuid    not null,
    round_id         uuid    not null,
    dimension_id     uuid    not null,
    member_id        uuid    not null,
    colour           text    not null,
    trend            text,
    comment          text    not null default '',
    constraint health_open_answer_pkey primary key (organization_id, round_id, dimension_id, member_id),
    constraint health_open_answer_result_fkey foreign key (organization_id, round_id, dimension_id)
        references health_result (organization_id, round_id, dimension_id),
    constraint health_open_answer_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint health_open_answer_colour_check check (colour in ('green', 'amber', 'red')),
    constraint health_open_answer_trend_check check (trend in ('better', 'same', 'worse'))
);

-- What a squad wants to do after a round: the squad's, nobody's in it (H9). It stands first in the next round.
create table health_action (
    organization_id  uuid        not null,
    id               uuid        not null,
    round_id         uuid        not null,
    team_id          uuid        not null,
    dimension_id     uuid,
    -- The first or the second of its round.
    place            smallint    not null,
    body             text        not null,
    due_on           date,
    state            text        not null default 'open',
    -- What came of it.
    followed_up      text        not null default '',
    followed_up_at   timestamptz,
    made_at          timestamptz not null,
    made_event       uuid        not null,
    state_event      uuid,
    version          integer     not null default 1,
    constraint health_action_pkey primary key (organization_id, id),
    constraint health_action_round_fkey foreign key (organization_id, round_id) references health_round (organization_id, id),
    constraint health_action_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint health_action_dimension_fkey foreign key (organization_id, round_id, dimension_id)
        references health_round_dimension (organization_id, round_id, dimension_id),
    constraint health_action_made_event_fkey foreign key (organization_id, made_event) references event (organization_id, id) deferrable initially deferred,
    constraint health_action_state_event_fkey foreign key (organization_id, state_event) references event (organization_id, id) deferrable initially deferred,
    constraint health_action_place_check check (place in (1, 2)),
    constraint health_action_place_key unique (organization_id, round_id, place),
    constraint health_action_body_check check (char_length(body) between 1 and 200),
    constraint health_action_followed_up_check check (char_length(followed_up) <= 300),
    constraint health_action_state_check check (state in ('open', 'done', 'dropped') and (state = 'open') = (followed_up_at is null))
);
create index health_action_team_idx on health_action (organization_id, team_id) where state = 'open';

-- H6: a closed round is closed for ever, and its counts are frozen.
create function health_round_keep() returns trigger language plpgsql as $$
begin
    if (new.mode, new.threshold, new.team_id, new.pack_id) is distinct from (old.mode, old.threshold, old.team_id, old.pack_id)
       or old.closed_at is not null
          and (new.closed_at, new.eligible, new.answered, new.is_shown) is distinct from (old.closed_at, old.eligible, old.answered, old.is_shown) then
        raise exception using errcode = 'check_violation', constraint = 'health_round_frozen',
            message = 'a closed health check never changes';
    end if;
    return new;
end
$$;
create trigger health_round_keep before update on health_round for each row execute function health_round_keep();

create function health_result_keep() returns trigger language plpgsql as $$
begin
    if (new.round_id, new.dimension_id, new.green, new.amber, new.red, new.better, new.same, new.worse)
       is distinct from (old.round_id, old.dimension_id, old.green, old.amber, old.red, old.better, old.same, old.worse) then
        raise exception using errcode = 'check_violation', constraint = 'health_result_frozen',
            message = 'the results of a health check never change';
    end if;
    return new;
end
$$;
create trigger health_result_keep before update on health_result for each row execute function health_result_keep();

-- H6: results are written at the closing and never after it, and only where there are answers enough.
create function health_result_check() returns trigger language plpgsql as $$
declare
    of_round health_round;
begin
    select * into of_round from health_round where organization_id = new.organization_id and id = new.round_id for share;
    if of_round.closed_at is not null or new.green + new.amber + new.red < of_round.threshold then
        raise exception using errcode = 'check_violation', constraint = 'health_result_at_closing',
            message = 'results are written at the closing, of dimensions with answers enough';
    end if;
    return null;
end
$$;
create trigger health_result_check after insert on health_result for each row execute function health_result_check();

-- Names stay only with the answers of a round that was announced as open.
create function health_open_answer_check() returns trigger language plpgsql as $$
begin
    if not exists (select from health_round where organization_id = new.organization_id and id = new.round_id and mode = 'open') then
        raise exception using errcode = 'check_violation', constraint = 'health_open_answer_mode',
            message = 'the answers of an anonymous health check are nobody''s';
    end if;
    return null;
end
$$;
create trigger health_open_answer_check after insert on health_open_answer for each row execute function health_open_answer_check();
