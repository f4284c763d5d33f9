-- What a review of the security found.

-- H6: statistics of these two tables would hold notes, colours, keys and secrets, and keep them after the closing, for Postgres replaces
-- them only when a later look finds rows. So nothing is ever sampled from them, and what was of an answer is dropped, which is what a change
-- of a column's type does first. Trellis vacuums both itself, every minute, so Postgres need not look at them of its own accord.
alter table health_ballot
    alter column organization_id set statistics 0,
    alter column round_id        set statistics 0,
    alter column key             set statistics 0,
    alter column dimension_id    set statistics 0,
    alter column colour          set statistics 0,
    alter column trend           set statistics 0,
    alter column comment         set statistics 0,
    alter column is_open         set statistics 0,
    set (autovacuum_enabled = false, toast.autovacuum_enabled = false);
alter table health_round_secret
    alter column organization_id set statistics 0,
    alter column round_id        set statistics 0,
    alter column secret          set statistics 0,
    alter column is_open         set statistics 0,
    set (autovacuum_enabled = false);
alter table health_ballot
    alter column key     type bytea,
    alter column colour  type text,
    alter column trend   type text,
    alter column comment type text;
alter table health_round_secret alter column secret type bytea;

-- A coach who is in a squad leaves its coaching to another, also where they have offered it: nobody is outside and inside at once.
create or replace function coaching_request_check_coach() returns trigger language plpgsql as $$
begin
    if not exists (select from event e
                   join member c on (c.organization_id, c.id) = (e.organization_id, new.coach_id)
                   where e.organization_id = new.organization_id and e.id = new.pulled_event
                     and 'coach' = any (c.roles) and c.deactivated_at is null
                     and case e.kind
                         when 'coaching_pulled' then e.member_id = new.coach_id
                         when 'coaching_offer_accepted' then e.id = new.raised_event
                              and exists (select from coaching_offer o
                                          where (o.organization_id, o.id, o.by_id) = (new.organization_id, new.offer_id, new.coach_id))
                         else false end) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_pulled_by_coach',
            message = 'a coach pulls a request; nobody assigns it';
    end if;
    if exists (select from membership m
               where (m.organization_id, m.team_id, m.member_id) = (new.organization_id, new.team_id, new.coach_id) and m.until_at is null) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_coach_outside',
            message = 'a coach does not coach their own squad';
    end if;
    return null;
end
$$;

-- Of two admins who change the settings of health checks at once, the second is told.
alter table organization add column if not exists health_settings_version integer not null default 1;
