-- How much of each member's time is taken, and in how many squads they are: kept beside the member, so that whoever looks for somebody
-- with time reads one row of each and does not add up everybody's memberships.

create table member_load (
    organization_id  uuid    not null,
    member_id        uuid    not null,
    -- The sum of the allocations of the current memberships, in percent.
    share            integer not null default 0,
    -- Current memberships in squads.
    squads           integer not null default 0,
    constraint member_load_pkey primary key (organization_id, member_id),
    constraint member_load_member_fkey foreign key (organization_id, member_id) references member (organization_id, id) on delete cascade,
    constraint member_load_check check (share >= 0 and squads >= 0)
);

create function member_load_begin() returns trigger language plpgsql as $$
begin
    insert into member_load (organization_id, member_id) values (new.organization_id, new.id);
    return null;
end
$$;
create trigger member_load_begin after insert on member for each row execute function member_load_begin();

-- The triggers' names put them after those that count members and hold the team's row: team first, then its people.
-- Adds what has changed, in the order of the members, so that two changes of the same people never wait for one another.
create function member_load_add(organizations uuid[], members uuid[], shares bigint[], in_squads bigint[]) returns void language plpgsql as $$
begin
    perform from member_load l
    where (l.organization_id, l.member_id) in (select * from unnest(organizations, members))
    order by l.organization_id, l.member_id
    for no key update;
    update member_load l
    set share = l.share + c.share, squads = l.squads + c.squads
    from unnest(organizations, members, shares, in_squads) as c (organization_id, member_id, share, squads)
    where (l.organization_id, l.member_id) = (c.organization_id, c.member_id);
end
$$;

create function member_load_inserted() returns trigger language plpgsql as $$
begin
    perform member_load_add(array_agg(c.organization_id), array_agg(c.member_id), array_agg(c.share), array_agg(c.squads))
    from (select a.organization_id, a.member_id, sum(a.allocation) as share, count(*) filter (where t.kind = 'squad') as squads
          from added a
          join team t on (t.organization_id, t.id) = (a.organization_id, a.team_id)
          where a.until_at is null
          group by a.organization_id, a.member_id) as c
    having count(*) > 0;
    return null;
end
$$;
create function member_load_deleted() returns trigger language plpgsql as $$
begin
    perform member_load_add(array_agg(c.organization_id), array_agg(c.member_id), array_agg(-c.share), array_agg(-c.squads))
    from (select g.organization_id, g.member_id, sum(g.allocation) as share, count(*) filter (where t.kind = 'squad') as squads
          from gone g
          join team t on (t.organization_id, t.id) = (g.organization_id, g.team_id)
          where g.until_at is null
          group by g.organization_id, g.member_id) as c
    having count(*) > 0;
    return null;
end
$$;
create function member_load_updated() returns trigger language plpgsql as $$
begin
    perform member_load_add(array_agg(c.organization_id), array_agg(c.member_id), array_agg(c.share), array_agg(c.squads))
    from (select r.organization_id, r.member_id, sum(r.sign * r.allocation) as share,
                 coalesce(sum(r.sign) filter (where t.kind = 'squad'), 0) as squads
          from (select organization_id, team_id, member_id, allocation, 1 as sign from added where until_at is null
                union all
                select organization_id, team_id, member_id, allocation, -1 from gone where until_at is null) as r
          join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
          group by r.organization_id, r.member_id
          having sum(r.sign * r.allocation) <> 0 or coalesce(sum(r.sign) filter (where t.kind = 'squad'), 0) <> 0) as c
    having count(*) > 0;
    return null;
end
$$;
create trigger membership_load_inserted after insert on membership
    referencing new table as added for each statement execute function member_load_inserted();
create trigger membership_load_deleted after delete on membership
    referencing old table as gone for each statement execute function member_load_deleted();
create trigger membership_load_updated after update on membership
    referencing old table as gone new table as added for each statement execute function member_load_updated();

insert into member_load (organization_id, member_id, share, squads)
select m.organization_id, m.id, coalesce(sum(x.allocation), 0), count(t.id) filter (where t.kind = 'squad')
from member m
left join membership x on (x.organization_id, x.member_id) = (m.organization_id, m.id) and x.until_at is null
left join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
group by m.organization_id, m.id;
