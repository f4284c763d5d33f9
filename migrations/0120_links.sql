-- Links: typed, directed ties between two teams, each with a liaison on either side.

-- A liaison is named by their membership, so that the reference carries the team: by no path can somebody be the
-- liaison of a team that they were never in. When the membership ends, the seat is open; the row stays.
create unique index membership_team_key on membership (organization_id, team_id, id);
-- The new index begins with the same columns.
drop index membership_team_idx;

-- A tie from one team to another; current while it has no end. H12: the beginning and the end each name the event
-- that tells of them.
create table link (
    organization_id  uuid        not null,
    id               uuid        not null,
    kind             text        not null,
    from_team_id     uuid        not null,
    to_team_id       uuid        not null,
    purpose          text        not null,
    -- The memberships of the liaisons; nothing until somebody is named.
    from_liaison_id  uuid,
    to_liaison_id    uuid,
    review_on        date        not null,
    from_at          timestamptz not null,
    until_at         timestamptz,
    from_event       uuid        not null,
    until_event      uuid,
    version          integer     not null default 1,
    constraint link_pkey primary key (organization_id, id),
    constraint link_organization_fkey foreign key (organization_id) references organization (id),
    constraint link_from_team_fkey foreign key (organization_id, from_team_id) references team (organization_id, id),
    constraint link_to_team_fkey foreign key (organization_id, to_team_id) references team (organization_id, id),
    constraint link_from_liaison_fkey foreign key (organization_id, from_team_id, from_liaison_id) references membership (organization_id, team_id, id),
    constraint link_to_liaison_fkey foreign key (organization_id, to_team_id, to_liaison_id) references membership (organization_id, team_id, id),
    constraint link_from_event_fkey foreign key (organization_id, from_event) references event (organization_id, id) deferrable initially deferred,
    constraint link_until_event_fkey foreign key (organization_id, until_event) references event (organization_id, id) deferrable initially deferred,
    constraint link_kind_check check (kind in ('collaborates_with', 'hands_over_to', 'informs', 'depends_on')),
    -- No team is tied to itself.
    constraint link_teams_check check (from_team_id <> to_team_id),
    constraint link_purpose_check check (char_length(purpose) between 1 and 300),
    constraint link_until_check check (until_at >= from_at and (until_at is null) = (until_event is null))
);
-- Between two teams there is one link of a kind in each direction.
create unique index link_current_key on link (organization_id, from_team_id, to_team_id, kind) where until_at is null;
create index link_to_idx on link (organization_id, to_team_id) where until_at is null;

-- At commit: no current link leads to or from a dissolved team. The rows of both teams are held, so that a team that is
-- being dissolved at the same time is seen, whoever commits first.
create function link_check_teams() returns trigger language plpgsql as $$
begin
    perform from team t
    where t.organization_id = new.organization_id and t.id in (new.from_team_id, new.to_team_id)
    order by t.id for share;
    if exists (select from link l
               join team t on t.organization_id = l.organization_id and t.id in (l.from_team_id, l.to_team_id)
               where l.organization_id = new.organization_id and l.id = new.id and l.until_at is null and t.state = 'dissolved') then
        raise exception using errcode = 'check_violation', constraint = 'link_team_dissolved',
            message = 'a link leads to no dissolved team';
    end if;
    return null;
end
$$;
create constraint trigger link_check_teams after insert or update on link
    deferrable initially deferred for each row when (new.until_at is null) execute function link_check_teams();

create function team_check_links() returns trigger language plpgsql as $$
begin
    if exists (select from link l
               where l.organization_id = new.organization_id and l.until_at is null and new.id in (l.from_team_id, l.to_team_id)) then
        raise exception using errcode = 'check_violation', constraint = 'link_team_dissolved',
            message = 'the links of a team end with it';
    end if;
    return null;
end
$$;
create constraint trigger team_check_links after update on team
    deferrable initially deferred for each row when (new.state = 'dissolved' and old.state <> 'dissolved') execute function team_check_links();
