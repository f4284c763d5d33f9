-- Check-ins: what a metric says now, how sure the squad is of its target, and why. Tokens with which another program checks in. And what
-- design rules ask of both metrics and health: when the next look is due.

-- When the squad's last health round closed (S9), and what the organization asks of health checks.
alter table team add column health_closed_at timestamptz;
alter table organization
    add column health_cadence_weeks smallint not null default 8,
    add column health_threshold     smallint not null default 4,
    add constraint organization_health_cadence_check check (health_cadence_weeks between 1 and 52),
    add constraint organization_health_threshold_check check (health_threshold between 3 and 10);

alter table metric
    -- The metric in whose place it came.
    add column replaces_id uuid,
    -- The time of its newest check-in that stands.
    add column checked_at  timestamptz,
    -- The day by which the next one is due.
    add column due_on      date generated always as ((coalesce(checked_at, created_at) at time zone 'UTC')::date + cadence_days) stored,
    add constraint metric_replaces_fkey foreign key (organization_id, replaces_id) references metric (organization_id, id),
    add constraint metric_replaces_key unique (organization_id, replaces_id),
    add constraint metric_team_key unique (organization_id, team_id, id),
    -- H7: only what a customer gets can be a squad's goal.
    add constraint metric_goal_kind_check check (kind = 'customer_value' or not is_goal);

-- What another program may do instead of a person: check in to one metric. The token itself is shown once and kept nowhere.
create table metric_token (
    organization_id  uuid        not null,
    id               uuid        not null,
    metric_id        uuid        not null,
    -- What it is for: "Billing's nightly report".
    name             text        not null,
    token_hash       bytea       not null,
    created_by       uuid        not null,
    created_at       timestamptz not null,
    last_used_on     date,
    revoked_at       timestamptz,
    constraint metric_token_pkey primary key (organization_id, id),
    constraint metric_token_hash_key unique (token_hash),
    constraint metric_token_metric_fkey foreign key (organization_id, metric_id) references metric (organization_id, id),
    constraint metric_token_metric_key unique (organization_id, metric_id, id),
    constraint metric_token_created_by_fkey foreign key (organization_id, created_by) references member (organization_id, id),
    constraint metric_token_name_check check (char_length(name) between 1 and 80),
    constraint metric_token_hash_check check (octet_length(token_hash) = 32)
);

-- A look at a metric. None is ever changed: what was wrong is corrected by a new one, which names it; one without a value withdraws it.
create table check_in (
    organization_id  uuid        not null,
    id               uuid        not null,
    metric_id        uuid        not null,
    -- When the value was so; a correction keeps it.
    at               timestamptz not null,
    value            double precision,
    -- Whether the target will be reached; a program need not say.
    confidence       text,
    note             text        not null default '',
    corrects_id      uuid,
    -- Who said so: a member of the squad, or a program by its token.
    member_id        uuid,
    token_id         uuid,
    entered_at       timestamptz not null,
    event_id         uuid        not null,
    constraint check_in_pkey primary key (organization_id, id),
    constraint check_in_metric_fkey foreign key (organization_id, metric_id) references metric (organization_id, id),
    constraint check_in_metric_key unique (organization_id, metric_id, id),
    constraint check_in_corrects_fkey foreign key (organization_id, metric_id, corrects_id) references check_in (organization_id, metric_id, id),
    -- A check-in is corrected once; then the correction is what is corrected.
    constraint check_in_corrects_key unique (organization_id, corrects_id),
    constraint check_in_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint check_in_token_fkey foreign key (organization_id, metric_id, token_id) references metric_token (organization_id, metric_id, id),
    constraint check_in_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint check_in_confidence_check check (confidence in ('on_track', 'at_risk', 'off_track')),
    constraint check_in_note_check check (char_length(note) <= 300),
    constraint check_in_value_check check (value is not null and value between -1e12 and 1e12 or value is null and corrects_id is not null),
    constraint check_in_corrects_check check (corrects_id <> id),
    constraint check_in_author_check check (num_nonnulls(member_id, token_id) = 1),
    constraint check_in_said_check check (member_id is null or (confidence is null) = (value is null))
);
create index check_in_metric_idx on check_in (organization_id, metric_id, at);

create function check_in_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = 'check_in_append_only',
        message = 'check-ins are never edited: a new one corrects';
end
$$;
create trigger check_in_append_only before update or delete on check_in
    for each row execute function check_in_refuse_change();

-- A metric that has ended takes no check-in; one of the past may still be corrected.
create function check_in_needs_live_metric() returns trigger language plpgsql as $$
begin
    perform from metric
    where organization_id = new.organization_id and id = new.metric_id and ended_at is null
    for key share;
    if not found then
        raise exception using errcode = 'check_violation', constraint = 'check_in_metric_live',
            message = 'a metric that has ended takes no check-in';
    end if;
    return null;
end
$$;
create constraint trigger check_in_metric_live after insert on check_in
    for each row when (new.corrects_id is null) execute function check_in_needs_live_metric();

-- The check-ins that hold: neither corrected nor a withdrawal.
create view check_in_standing as
select c.organization_id, c.metric_id, c.id, c.at, c.value, c.confidence, c.note, c.member_id, c.token_id, c.entered_at
from check_in c
where c.value is not null
  and not exists (select from check_in n where (n.organization_id, n.corrects_id) = (c.organization_id, c.id));

-- A check-in in good time changes nothing that a design rule says: only the day on which the next one is overdue, which comes later than
-- the summary expects, so it is made again once more than it needs to be. One that was overdue, and every other change, counts at once.
create function squad_stale_metrics() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select distinct s.organization_id, s.team_id
    from changed c
    join before b on (b.organization_id, b.id) = (c.organization_id, c.id)
    join squad_summary s on (s.organization_id, s.team_id) = (c.organization_id, c.team_id)
    where (b.version, b.ended_at, b.is_goal, b.name, b.cadence_days)
          is distinct from (c.version, c.ended_at, c.is_goal, c.name, c.cadence_days)
       or c.due_on < b.due_on
       or b.due_on < (c.checked_at at time zone 'UTC')::date;
    return null;
end
$$;
drop trigger squad_stale_updated on metric;
create trigger squad_stale_updated after update on metric
    referencing new table as changed old table as before for each statement execute function squad_stale_metrics();

drop trigger squad_stale_updated on team;
create trigger squad_stale_updated after update on team for each row
    when (new.kind = 'squad' and (old.state, old.mission_version, old.health_closed_at) is distinct from (new.state, new.mission_version, new.health_closed_at))
    execute function squad_stale_team();

create function squad_stale_organization() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select organization_id, id from team
    where organization_id = new.id and kind = 'squad' and state <> 'dissolved';
    return null;
end
$$;
create trigger squad_stale_updated after update on organization for each row
    when (old.health_cadence_weeks <> new.health_cadence_weeks)
    execute function squad_stale_organization();

create or replace view squad_designed as
select t.organization_id, t.id, t.name, t.slug,
       t.state = 'active' as is_active,
       m.customer, m.value, m.success, m.review_on,
       g.id               as goal,
       g.name             as goal_name,
       g.unit             as goal_unit,
       g.direction        as goal_direction,
       g.baseline         as goal_baseline,
       g.target           as goal_target,
       g.target_high      as goal_high,
       g.cadence_days     as goal_cadence,
       (select count(*) from metric x
        where x.organization_id = t.organization_id and x.team_id = t.id and x.ended_at is null) as live_metrics,
       array(select n.skill_id from skill_need n
             where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as need_skills,
       array(select n.level from skill_need n
             where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as need_levels,
       array(select n.people from skill_need n
             where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as need_members,
       -- Its live metrics, with the day by which each is to be checked in.
       (select coalesce(jsonb_agg(jsonb_build_object('metric', x.id, 'name', x.name, 'due_on', x.due_on) order by x.due_on, x.id), '[]')
        from metric x
        where x.organization_id = t.organization_id and x.team_id = t.id and x.ended_at is null) as looks,
       (t.health_closed_at at time zone 'UTC')::date as health_closed_on,
       (coalesce(t.health_closed_at, t.created_at) at time zone 'UTC')::date + 7 * o.health_cadence_weeks as health_due_on
from team t
join organization o on o.id = t.organization_id
left join mission m on (m.organization_id, m.team_id, m.version) = (t.organization_id, t.id, t.mission_version)
left join metric g on (g.organization_id, g.team_id) = (t.organization_id, t.id) and g.is_goal and g.ended_at is null
where t.kind = 'squad' and t.state <> 'dissolved';
