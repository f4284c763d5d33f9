-- Links are part of what is said about a squad: a change of one makes the summaries of both its squads out of date.

create function squad_stale_links() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select distinct s.organization_id, s.team_id
    from changed c
    join squad_summary s on s.organization_id = c.organization_id and s.team_id in (c.from_team_id, c.to_team_id);
    return null;
end
$$;
create trigger squad_stale_inserted after insert on link
    referencing new table as changed for each statement execute function squad_stale_links();
create trigger squad_stale_updated after update on link
    referencing new table as changed for each statement execute function squad_stale_links();
create trigger squad_stale_deleted after delete on link
    referencing old table as changed for each statement execute function squad_stale_links();

-- A team is named on the pages of those that it is linked to.
create function squad_stale_name() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select s.organization_id, s.team_id
    from link l
    join squad_summary s on s.organization_id = l.organization_id and s.team_id in (l.from_team_id, l.to_team_id)
    where l.organization_id = new.organization_id and l.until_at is null and new.id in (l.from_team_id, l.to_team_id);
    return null;
end
$$;
create trigger squad_stale_named after update on team for each row
    when (old.name is distinct from new.name) execute function squad_stale_name();
