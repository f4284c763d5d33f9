-- Squads and core teams, who is in them, what they need, their mission and their metrics.

-- A squad or a core team: they share names, addresses, memberships and (later) links.
create table team (
    organization_id  uuid        not null,
    id               uuid        not null,
    kind             text        not null,
    name             text        not null,
    slug             text        not null,
    -- Squads only: geographic, account-based, journey stage, …
    pattern          text,
    description      text        not null default '',
    -- A core team is active until it is dissolved.
    state            text        not null,
    state_reason     text        not null default '',
    state_at         timestamptz not null,
    state_event      uuid        not null,
    -- Kept by a trigger on membership, at every isolation level and by every path.
    member_count     integer     not null default 0,
    -- The newest version of its mission, 0 when it has none.
    mission_version  integer     not null default 0,
    created_at       timestamptz not null,
    version          integer     not null default 1,
    constraint team_pkey primary key (organization_id, id),
    constraint team_organization_fkey foreign key (organization_id) references organization (id),
    constraint team_state_event_fkey foreign key (organization_id, state_event) references event (organization_id, id) deferrable initially deferred,
    constraint team_kind_check check (kind in ('squad', 'core_team')),
    constraint team_state_check check (state in ('forming', 'active', 'dissolved') and (kind = 'squad' or state <> 'forming')),
    constraint team_pattern_check check ((kind = 'squad') = (pattern is not null)),
    constraint team_name_check check (char_length(name) between 1 and 80),
    constraint team_member_count_check check (member_count >= 0),
    -- H1: a squad never has more than 10 members.
    constraint squad_max_members check (kind <> 'squad' or member_count <= 10)
);
create unique index team_name_key on team (organization_id, kind, lower(name)) where state <> 'dissolved';
create index team_list_idx on team (organization_id, kind, state, lower(name), id);

-- Every address a team has had: a rename keeps the old one as a redirect.
create table team_slug (
    organization_id  uuid not null,
    kind             text not null,
    slug             text not null,
    team_id          uuid not null,
    constraint team_slug_pkey primary key (organization_id, kind, slug),
    constraint team_slug_team_fkey foreign key (organization_id, team_id) references team (organization_id, id)
);

-- The organization's catalogue of hats: functions that somebody wears without their being a title.
create table hat (
    organization_id  uuid not null,
    id               uuid not null,
    name             text not null,
    constraint hat_pkey primary key (organization_id, id),
    constraint hat_organization_fkey foreign key (organization_id) references organization (id),
    constraint hat_name_check check (char_length(name) between 1 and 40)
);
create unique index hat_name_key on hat (organization_id, lower(name));

-- A member in a team for a period; current while it has no end. The allocation is a rough share used for
-- warnings, never time recording. H12: the beginning and the end each name the event that tells of them.
create table membership (
    organization_id  uuid        not null,
    id               uuid        not null,
    team_id          uuid        not null,
    member_id        uuid        not null,
    allocation       smallint    not null,
    from_at          timestamptz not null,
    until_at         timestamptz,
    from_event       uuid        not null,
    until_event      uuid,
    version          integer     not null default 1,
    constraint membership_pkey primary key (organization_id, id),
    constraint membership_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint membership_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint membership_from_event_fkey foreign key (organization_id, from_event) references event (organization_id, id) deferrable initially deferred,
    constraint membership_until_event_fkey foreign key (organization_id, until_event) references event (organization_id, id) deferrable initially deferred,
    constraint membership_until_check check (until_at >= from_at and (until_at is null) = (until_event is null)),
    constraint membership_allocation_check check (allocation between 10 and 100 and allocation % 10 = 0)
);
create unique index membership_current_key on membership (organization_id, team_id, member_id) where until_at is null;
create index membership_member_idx on membership (organization_id, member_id) where until_at is null;
create index membership_team_idx on membership (organization_id, team_id);

create table membership_hat (
    organization_id  uuid not null,
    membership_id    uuid not null,
    hat_id           uuid not null,
    constraint membership_hat_pkey primary key (organization_id, membership_id, hat_id),
    constraint membership_hat_membership_fkey foreign key (organization_id, membership_id) references membership (organization_id, id) on delete cascade,
    constraint membership_hat_hat_fkey foreign key (organization_id, hat_id) references hat (organization_id, id)
);

-- A squad needs a skill, at a level or above, in at least so many members.
create table skill_need (
    organization_id  uuid     not null,
    team_id          uuid     not null,
    skill_id         uuid     not null,
    level            smallint not null,
    people           smallint not null,
    version          integer  not null default 1,
    constraint skill_need_pkey primary key (organization_id, team_id, skill_id),
    constraint skill_need_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint skill_need_skill_fkey foreign key (organization_id, skill_id) references skill (organization_id, id),
    constraint skill_need_level_check check (level between 1 and 5),
    constraint skill_need_people_check check (people between 1 and 10)
);

-- The versions of a squad's mission. An edit makes a new one; none is ever changed.
create table mission (
    organization_id  uuid        not null,
    team_id          uuid        not null,
    version          integer     not null,
    customer         text        not null,
    value            text        not null,
    success          text        not null,
    review_on        date,
    author_id        uuid        not null,
    at               timestamptz not null,
    event_id         uuid        not null,
    constraint mission_pkey primary key (organization_id, team_id, version),
    constraint mission_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint mission_author_fkey foreign key (organization_id, author_id) references member (organization_id, id),
    constraint mission_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint mission_version_check check (version >= 1)
);

-- A metric belongs to a squad, never to a person (H9). One live metric may be the goal metric.
create table metric (
    organization_id  uuid        not null,
    id               uuid        not null,
    team_id          uuid        not null,
    name             text        not null,
    kind             text        not null,
    unit             text        not null default '',
    direction        text        not null,
    baseline         double precision,
    target           double precision not null,
    -- With direction 'within': the range is from target to target_high.
    target_high      double precision,
    cadence_days     integer     not null,
    is_goal          boolean     not null default false,
    created_at       timestamptz not null,
    ended_at         timestamptz,
    ended_reason     text        not null default '',
    version          integer     not null default 1,
    constraint metric_pkey primary key (organization_id, id),
    constraint metric_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint metric_kind_check check (kind in ('customer_value', 'flow', 'quality', 'learning')),
    constraint metric_direction_check check (direction in ('up', 'down', 'within')),
    constraint metric_range_check check ((direction = 'within') = (target_high is not null) and (target_high is null or target_high >= target)),
    constraint metric_cadence_check check (cadence_days between 1 and 366),
    constraint metric_name_check check (char_length(name) between 1 and 80)
);
create unique index metric_goal_key on metric (organization_id, team_id) where is_goal and ended_at is null;
create index metric_team_idx on metric (organization_id, team_id);

-- H1 by every path: the count is a column of the team's row, changed by whoever changes memberships. The update
-- is also the lock: two writers of one squad wait for one another, whatever their isolation level.
create function membership_count_inserted() returns trigger language plpgsql as $$
begin
    update team set member_count = member_count + change.n
    from (select organization_id, team_id, count(*) as n from added
          where until_at is null group by organization_id, team_id) as change
    where (team.organization_id, team.id) = (change.organization_id, change.team_id);
    return null;
end
$$;
create function membership_count_deleted() returns trigger language plpgsql as $$
begin
    update team set member_count = member_count - change.n
    from (select organization_id, team_id, count(*) as n from gone
          where until_at is null group by organization_id, team_id) as change
    where (team.organization_id, team.id) = (change.organization_id, change.team_id);
    return null;
end
$$;
create function membership_count_updated() returns trigger language plpgsql as $$
begin
    update team set member_count = member_count + change.n
    from (select organization_id, team_id, sum(n) as n
          from (select organization_id, team_id, 1 as n from added where until_at is null
                union all
                select organization_id, team_id, -1 from gone where until_at is null) as row
          group by organization_id, team_id
          having sum(n) <> 0) as change
    where (team.organization_id, team.id) = (change.organization_id, change.team_id);
    return null;
end
$$;
create trigger membership_count_inserted after insert on membership
    referencing new table as added for each statement execute function membership_count_inserted();
create trigger membership_count_deleted after delete on membership
    referencing old table as gone for each statement execute function membership_count_deleted();
create trigger membership_count_updated after update on membership
    referencing old table as gone new table as added for each statement execute function membership_count_updated();

-- At commit: an active squad has at least 6 members (H1); a squad that becomes active has a complete mission and
-- a customer value goal metric (H7); a dissolved team has nobody.
create function team_check_state() returns trigger language plpgsql as $$
declare
    now_is team;
begin
    select * into now_is from team where organization_id = new.organization_id and id = new.id;
    if now_is.state = 'dissolved' and now_is.member_count > 0 then
        raise exception using errcode = 'check_violation', constraint = 'team_dissolved_is_empty',
            message = 'a dissolved team has no members';
    end if;
    if now_is.kind = 'squad' and now_is.state = 'active' and now_is.member_count < 6 then
        raise exception using errcode = 'check_violation', constraint = 'squad_min_members',
            message = 'an active squad never has fewer than 6 members';
    end if;
    if now_is.kind = 'squad' and now_is.state = 'active' and (tg_op = 'INSERT' or old.state <> 'active') then
        if not exists (select from mission m
                       where m.organization_id = new.organization_id and m.team_id = new.id and m.version = now_is.mission_version
                         and m.customer <> '' and m.value <> '' and m.success <> '' and m.review_on is not null) then
            raise exception using errcode = 'check_violation', constraint = 'squad_active_mission',
                message = 'a squad becomes active only with a complete mission';
        end if;
        if not exists (select from metric m
                       where m.organization_id = new.organization_id and m.team_id = new.id
                         and m.is_goal and m.kind = 'customer_value' and m.ended_at is null) then
            raise exception using errcode = 'check_violation', constraint = 'squad_active_goal_metric',
                message = 'a squad becomes active only with a customer value goal metric';
        end if;
    end if;
    return null;
end
$$;
create constraint trigger team_check_state after insert or update on team
    deferrable initially deferred for each row execute function team_check_state();
