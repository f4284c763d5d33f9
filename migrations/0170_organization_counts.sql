-- How many teams and members an organization has, for the frame of every page: counting them each time would cost the more, the
-- larger it is.

-- Differences, of which the sum is the count. Writers only add rows here, so that nobody who founds a squad waits for somebody who
-- adds a member, as they would for one row of the organization; the program adds the rows of an organization up from time to time.
create table organization_count (
    organization_id  uuid    not null,
    seq              bigint  not null generated always as identity,
    active           integer not null default 0,
    forming          integer not null default 0,
    dissolved        integer not null default 0,
    core_teams       integer not null default 0,
    members          integer not null default 0,
    constraint organization_count_pkey primary key (organization_id, seq)
);

-- `active`, `forming` and `dissolved` are squads; `core_teams` and `members` are those that are not dissolved or deactivated.

create function organization_count_teams_inserted() returns trigger language plpgsql as $$
begin
    insert into organization_count (organization_id, active, forming, dissolved, core_teams)
    select c.organization_id,
           count(*) filter (where c.kind = 'squad' and c.state = 'active'),
           count(*) filter (where c.kind = 'squad' and c.state = 'forming'),
           count(*) filter (where c.kind = 'squad' and c.state = 'dissolved'),
           count(*) filter (where c.kind = 'core_team' and c.state <> 'dissolved')
    from changed c
    group by c.organization_id;
    return null;
end
$$;
create function organization_count_teams_deleted() returns trigger language plpgsql as $$
begin
    insert into organization_count (organization_id, active, forming, dissolved, core_teams)
    select c.organization_id,
           -count(*) filter (where c.kind = 'squad' and c.state = 'active'),
           -count(*) filter (where c.kind = 'squad' and c.state = 'forming'),
           -count(*) filter (where c.kind = 'squad' and c.state = 'dissolved'),
           -count(*) filter (where c.kind = 'core_team' and c.state <> 'dissolved')
    from changed c
    group by c.organization_id;
    return null;
end
$$;
create function organization_count_team_updated() returns trigger language plpgsql as $$
begin
    insert into organization_count (organization_id, active, forming, dissolved, core_teams)
    values (new.organization_id,
            (new.kind = 'squad' and new.state = 'active')::int - (old.kind = 'squad' and old.state = 'active')::int,
            (new.kind = 'squad' and new.state = 'forming')::int - (old.kind = 'squad' and old.state = 'forming')::int,
            (new.kind = 'squad' and new.state = 'dissolved')::int - (old.kind = 'squad' and old.state = 'dissolved')::int,
            (new.kind = 'core_team' and new.state <> 'dissolved')::int
                - (old.kind = 'core_team' and old.state <> 'dissolved')::int);
    return null;
end
$$;
create trigger organization_count_inserted after insert on team
    referencing new table as changed for each statement execute function organization_count_teams_inserted();
create trigger organization_count_deleted after delete on team
    referencing old table as changed for each statement execute function organization_count_teams_deleted();
create trigger organization_count_updated after update on team for each row
    when ((old.kind, old.state) is distinct from (new.kind, new.state)) execute function organization_count_team_updated();

create function organization_count_members_inserted() returns trigger language plpgsql as $$
begin
    insert into organization_count (organization_id, members)
    select c.organization_id, count(*) from changed c where c.deactivated_at is null group by c.organization_id;
    return null;
end
$$;
create function organization_count_members_deleted() returns trigger language plpgsql as $$
begin
    insert into organization_count (organization_id, members)
    select c.organization_id, -count(*) from changed c where c.deactivated_at is null group by c.organization_id;
    return null;
end
$$;
create function organization_count_member_updated() returns trigger language plpgsql as $$
begin
    insert into organization_count (organization_id, members)
    values (new.organization_id, case when new.deactivated_at is null then 1 else -1 end);
    return null;
end
$$;
create trigger organization_count_inserted after insert on member
    referencing new table as changed for each statement execute function organization_count_members_inserted();
create trigger organization_count_deleted after delete on member
    referencing old table as changed for each statement execute function organization_count_members_deleted();
create trigger organization_count_updated after update on member for each row
    when ((old.deactivated_at is null) is distinct from (new.deactivated_at is null))
    execute function organization_count_member_updated();

insert into organization_count (organization_id, active, forming, dissolved, core_teams, members)
select o.id,
       (select count(*) from team t where t.organization_id = o.id and t.kind = 'squad' and t.state = 'active'),
       (select count(*) from team t where t.organization_id = o.id and t.kind = 'squad' and t.state = 'forming'),
       (select count(*) from team t where t.organization_id = o.id and t.kind = 'squad' and t.state = 'dissolved'),
       (select count(*) from team t where t.organization_id = o.id and t.kind = 'core_team' and t.state <> 'dissolved'),
       (select count(*) from member m where m.organization_id = o.id and m.deactivated_at is null)
from organization o;

-- The list of squads in the order of its pages, without the others between.
create index team_squads_idx on team (organization_id, lower(name), id) where kind = 'squad' and state <> 'dissolved';
-- The disciplines in use, one after the other without the members between.
create index member_discipline_idx on member (organization_id, lower(discipline), discipline) where deactivated_at is null;
-- The teams of a member, those of the past too.
create index membership_person_idx on membership (organization_id, member_id);
