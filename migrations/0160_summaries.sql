-- What lists, maps and home say about a squad, kept beside it, so that a page of them costs the rows that it shows and not a design.
-- It is what the design rules said when it was last read: the program writes it, the database only knows when it is out of date.

create table squad_summary (
    organization_id  uuid       not null,
    team_id          uuid       not null,
    -- The rules that it was made with; others make it out of date.
    rules            bigint     not null default 0,
    -- The first day on which the same design says something else, such as the day after a mission's review date.
    turns_on         date,
    breaches         smallint   not null default 0,
    warnings         smallint   not null default 0,
    advice           smallint   not null default 0,
    -- How many members can analyze, decide, solve and act.
    able             smallint[] not null default '{0,0,0,0}',
    has_mission      boolean    not null default false,
    -- Has all that an active squad needs (H7).
    is_ready         boolean    not null default false,
    -- What stands on the squad's page, the worst first.
    findings         jsonb      not null default '[]',
    -- Who is named in them as a way out.
    suggested        uuid[]     not null default '{}',
    version          integer    not null default 1,
    constraint squad_summary_pkey primary key (organization_id, team_id),
    constraint squad_summary_team_fkey foreign key (organization_id, team_id) references team (organization_id, id) on delete cascade,
    constraint squad_summary_able_check check (cardinality(able) = 4)
);
create index squad_summary_suggested_idx on squad_summary using gin (suggested);

-- Squads whose summary is out of date. Writers only add rows here, so that nobody who changes a design waits for somebody who changes
-- another part of it, or who reads; a reader takes away the rows that it saw before it read the design.
create table squad_stale (
    organization_id  uuid   not null,
    team_id          uuid   not null,
    seq              bigint not null generated always as identity,
    constraint squad_stale_pkey primary key (organization_id, team_id, seq)
);

create function squad_stale_teams() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select distinct s.organization_id, s.team_id
    from changed c
    join squad_summary s on (s.organization_id, s.team_id) = (c.organization_id, c.team_id);
    return null;
end
$$;

-- A member counts in every squad that they are in, and where they are named as a way out.
create function squad_stale_members() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select s.organization_id, s.team_id
    from changed c
    join membership m on (m.organization_id, m.member_id) = (c.organization_id, c.member_id) and m.until_at is null
    join squad_summary s on (s.organization_id, s.team_id) = (m.organization_id, m.team_id)
    union
    select s.organization_id, s.team_id
    from squad_summary s
    join changed c on c.organization_id = s.organization_id and c.member_id = any (s.suggested)
    where s.suggested && (select array_agg(member_id) from changed);
    return null;
end
$$;

create function squad_stale_member() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select s.organization_id, s.team_id
    from squad_summary s
    where s.organization_id = new.organization_id
      and (s.suggested && array[new.id]
           or exists (select from membership m
                      where m.organization_id = new.organization_id and m.member_id = new.id
                        and m.team_id = s.team_id and m.until_at is null));
    return null;
end
$$;

create function squad_stale_skill() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select n.organization_id, n.team_id from skill_need n
    where n.organization_id = new.organization_id and n.skill_id = new.id;
    return null;
end
$$;

create function squad_stale_team() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id) values (new.organization_id, new.id);
    return null;
end
$$;

create function squad_summary_begin() returns trigger language plpgsql as $$
begin
    insert into squad_summary (organization_id, team_id) values (new.organization_id, new.id);
    return null;
end
$$;

create trigger squad_summary_begin after insert on team for each row
    when (new.kind = 'squad') execute function squad_summary_begin();
create trigger squad_stale_updated after update on team for each row
    when (new.kind = 'squad' and (old.state, old.mission_version) is distinct from (new.state, new.mission_version))
    execute function squad_stale_team();

create trigger squad_stale_teams_inserted after insert on membership
    referencing new table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_teams_updated after update on membership
    referencing new table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_teams_deleted after delete on membership
    referencing old table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_members_inserted after insert on membership
    referencing new table as changed for each statement execute function squad_stale_members();
create trigger squad_stale_members_updated after update on membership
    referencing new table as changed for each statement execute function squad_stale_members();
create trigger squad_stale_members_deleted after delete on membership
    referencing old table as changed for each statement execute function squad_stale_members();

create trigger squad_stale_inserted after insert on member_skill
    referencing new table as changed for each statement execute function squad_stale_members();
create trigger squad_stale_updated after update on member_skill
    referencing new table as changed for each statement execute function squad_stale_members();
create trigger squad_stale_deleted after delete on member_skill
    referencing old table as changed for each statement execute function squad_stale_members();

create trigger squad_stale_updated after update on member for each row
    when ((old.name, old.discipline, old.deactivated_at) is distinct from (new.name, new.discipline, new.deactivated_at))
    execute function squad_stale_member();
create trigger squad_stale_updated after update on skill for each row
    when (old.name is distinct from new.name) execute function squad_stale_skill();

create trigger squad_stale_inserted after insert on skill_need
    referencing new table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_updated after update on skill_need
    referencing new table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_deleted after delete on skill_need
    referencing old table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_inserted after insert on metric
    referencing new table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_updated after update on metric
    referencing new table as changed for each statement execute function squad_stale_teams();
create trigger squad_stale_deleted after delete on metric
    referencing old table as changed for each statement execute function squad_stale_teams();

insert into squad_summary (organization_id, team_id)
select organization_id, id from team where kind = 'squad';
