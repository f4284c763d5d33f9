-- A dissolved squad has no findings any more: nobody makes its summary again, so nothing waits for that. Rows that a reader is taking
-- away at the same time are left to them: whoever dissolves a squad does not wait for readers.

create or replace function squad_stale_team() returns trigger language plpgsql as $$
begin
    if new.state = 'dissolved' then
        delete from squad_stale
        where organization_id = new.organization_id and team_id = new.id
          and seq in (select q.seq from squad_stale q
                      where q.organization_id = new.organization_id and q.team_id = new.id
                      for update skip locked);
    else
        insert into squad_stale (organization_id, team_id) values (new.organization_id, new.id);
    end if;
    return null;
end
$$;

create or replace function squad_stale_skill() returns trigger language plpgsql as $$
begin
    insert into squad_stale (organization_id, team_id)
    select n.organization_id, n.team_id
    from skill_need n
    join team t on (t.organization_id, t.id) = (n.organization_id, n.team_id) and t.state <> 'dissolved'
    where n.organization_id = new.organization_id and n.skill_id = new.id;
    return null;
end
$$;

delete from squad_stale q
using team t
where (t.organization_id, t.id) = (q.organization_id, q.team_id) and t.state = 'dissolved';
