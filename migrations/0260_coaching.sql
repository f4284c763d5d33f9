-- Coaching by pull (H5): a squad's member asks, or accepts an offer; a coach pulls it; both agree; the squad says whether it helped.
-- Nobody assigns it: every row names the event by which it began, and at commit is looked whose event that was.

-- A coach's own limit, and how many engagements they have in hand at this moment: for the limit alone. What was is not counted (H9).
create table coaching_coach (
    organization_id   uuid      not null,
    member_id         uuid      not null,
    engagement_limit  smallint  not null default 3,
    in_hand           smallint  not null default 0,
    constraint coaching_coach_pkey primary key (organization_id, member_id),
    constraint coaching_coach_member_fkey foreign key (organization_id, member_id) references member (organization_id, id),
    constraint coaching_coach_limit_check check (engagement_limit between 1 and 12),
    constraint coaching_coach_in_hand_check check (in_hand >= 0)
);

-- What a leader or coach offers a squad. Nothing begins by it; what was answered stays so.
create table coaching_offer (
    organization_id  uuid        not null,
    id               uuid        not null,
    team_id          uuid        not null,
    by_id            uuid        not null,
    topic            text        not null,
    offered          text        not null,
    made_at          timestamptz not null,
    made_event       uuid        not null,
    state            text        not null default 'open',
    answered_by      uuid,
    answered_at      timestamptz,
    answered_event   uuid,
    -- Why not, if somebody wants to say.
    reason           text        not null default '',
    -- That it was accepted, for the request that rests on it.
    accepted         boolean     generated always as (case when state = 'accepted' then true end) stored,
    constraint coaching_offer_pkey primary key (organization_id, id),
    constraint coaching_offer_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint coaching_offer_by_fkey foreign key (organization_id, by_id) references member (organization_id, id),
    constraint coaching_offer_answered_by_fkey foreign key (organization_id, answered_by) references member (organization_id, id),
    constraint coaching_offer_made_event_fkey foreign key (organization_id, made_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_offer_answered_event_fkey foreign key (organization_id, answered_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_offer_accepted_key unique (organization_id, team_id, id, accepted),
    constraint coaching_offer_state_check check (state in ('open', 'accepted', 'declined', 'withdrawn')),
    constraint coaching_offer_answered_check check ((state = 'open') = (answered_at is null) and (state = 'open') = (answered_event is null)
                                                    and (state in ('accepted', 'declined')) = (answered_by is not null)),
    constraint coaching_offer_topic_check check (char_length(topic) between 1 and 120),
    constraint coaching_offer_offered_check check (char_length(offered) between 1 and 1000),
    constraint coaching_offer_reason_check check (char_length(reason) <= 500)
);
create index coaching_offer_team_idx on coaching_offer (organization_id, team_id, made_at desc);

create table coaching_request (
    organization_id  uuid        not null,
    id               uuid        not null,
    team_id          uuid        not null,
    topic            text        not null,
    tried            text        not null default '',
    better           text        not null default '',
    -- What led to it: a dimension of a health check by its name, a finding by its code.
    dimension        text        not null default '',
    finding          text        not null default '',
    raised_by        uuid        not null,
    raised_at        timestamptz not null,
    raised_event     uuid        not null,
    -- The offer that was accepted by it.
    offer_id         uuid,
    offer_accepted   boolean     generated always as (case when offer_id is not null then true end) stored,
    state            text        not null default 'open',
    state_at         timestamptz not null,
    state_event      uuid        not null,
    coach_id         uuid,
    pulled_at        timestamptz,
    pulled_event     uuid,
    -- The version of the agreement that is in force.
    agreed_version   integer,
    agreed           boolean     generated always as (case when agreed_version is not null then true end) stored,
    -- What the squad says in the end.
    helped           text,
    stays            text        not null default '',
    -- What the two saw when they looked back.
    looked_back      text        not null default '',
    in_hand          boolean     generated always as (case when coach_id is not null and state in ('open', 'agreed', 'active', 'review') then true end) stored,
    version          integer     not null default 1,
    constraint coaching_request_pkey primary key (organization_id, id),
    constraint coaching_request_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint coaching_request_raised_by_fkey foreign key (organization_id, raised_by) references member (organization_id, id),
    constraint coaching_request_coach_fkey foreign key (organization_id, coach_id) references member (organization_id, id),
    constraint coaching_request_raised_event_fkey foreign key (organization_id, raised_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_request_state_event_fkey foreign key (organization_id, state_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_request_pulled_event_fkey foreign key (organization_id, pulled_event) references event (organization_id, id) deferrable initially deferred,
    -- H5: an offer that was made to this squad and accepted, once.
    constraint coaching_request_offer_fkey foreign key (organization_id, team_id, offer_id, offer_accepted)
        references coaching_offer (organization_id, team_id, id, accepted),
    constraint coaching_request_offer_key unique (organization_id, offer_id),
    constraint coaching_request_raised_key unique (organization_id, raised_event),
    constraint coaching_request_state_check check (state in ('open', 'agreed', 'active', 'review', 'closed', 'withdrawn')),
    constraint coaching_request_coach_check check ((coach_id is null) = (pulled_at is null) and (coach_id is null) = (pulled_event is null)
                                                   and (coach_id is not null or state in ('open', 'withdrawn'))),
    constraint coaching_request_agreed_check check (case when state in ('agreed', 'active', 'review', 'closed') then agreed_version is not null
                                                         when state = 'open' then agreed_version is null else true end),
    constraint coaching_request_closed_check check ((state = 'closed') = (helped is not null) and helped in ('yes', 'partly', 'no')),
    constraint coaching_request_topic_check check (char_length(topic) between 1 and 120),
    constraint coaching_request_tried_check check (char_length(tried) <= 1000),
    constraint coaching_request_better_check check (char_length(better) <= 1000),
    constraint coaching_request_dimension_check check (char_length(dimension) <= 80),
    constraint coaching_request_finding_check check (finding ~ '^([A-Z][0-9]{1,2})?$'),
    constraint coaching_request_stays_check check (char_length(stays) <= 1000),
    constraint coaching_request_looked_back_check check (char_length(looked_back) <= 1000)
);
-- The board: who waits, the oldest first; what a coach has in hand; what became of a squad's requests; what is over.
create index coaching_request_waiting_idx on coaching_request (organization_id, raised_at, id) where state = 'open' and coach_id is null;
create index coaching_request_in_hand_idx on coaching_request (organization_id, coach_id) where in_hand;
create index coaching_request_team_idx on coaching_request (organization_id, team_id, raised_at desc, id desc);
create index coaching_request_over_idx on coaching_request (organization_id, state_at desc, id desc) where state in ('closed', 'withdrawn');
create index coaching_request_pulled_idx on coaching_request (organization_id, pulled_at) where pulled_at is not null;

-- What the two agree on. An edit makes a new version, which nobody has agreed to but its author.
create table coaching_agreement (
    organization_id  uuid        not null,
    request_id       uuid        not null,
    version          integer     not null,
    -- With whom: another coach agrees anew.
    coach_id         uuid        not null,
    goal             text        not null,
    exit_criteria    text        not null,
    ends_on          date        not null,
    sessions         smallint    not null,
    at               timestamptz not null,
    event_id         uuid        not null,
    coach_at         timestamptz,
    coach_event      uuid,
    squad_by         uuid,
    squad_at         timestamptz,
    squad_event      uuid,
    mutual           boolean     generated always as (case when coach_event is not null and squad_event is not null then true end) stored,
    constraint coaching_agreement_pkey primary key (organization_id, request_id, version),
    constraint coaching_agreement_request_fkey foreign key (organization_id, request_id) references coaching_request (organization_id, id),
    constraint coaching_agreement_coach_fkey foreign key (organization_id, coach_id) references member (organization_id, id),
    constraint coaching_agreement_squad_by_fkey foreign key (organization_id, squad_by) references member (organization_id, id),
    constraint coaching_agreement_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_agreement_coach_event_fkey foreign key (organization_id, coach_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_agreement_squad_event_fkey foreign key (organization_id, squad_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_agreement_mutual_key unique (organization_id, request_id, version, coach_id, mutual),
    -- Two different people agree.
    constraint coaching_agreement_two_check check (squad_by <> coach_id),
    constraint coaching_agreement_signed_check check ((coach_at is null) = (coach_event is null) and (squad_at is null) = (squad_event is null)
                                                      and (squad_at is null) = (squad_by is null)),
    constraint coaching_agreement_version_check check (version > 0),
    constraint coaching_agreement_goal_check check (char_length(goal) between 1 and 500),
    constraint coaching_agreement_exit_check check (char_length(exit_criteria) between 1 and 1000),
    constraint coaching_agreement_sessions_check check (sessions between 1 and 20)
);
-- In force is only what this coach and the squad have both agreed to.
alter table coaching_request add constraint coaching_request_agreement_fkey
    foreign key (organization_id, id, agreed_version, coach_id, agreed)
    references coaching_agreement (organization_id, request_id, version, coach_id, mutual);

create table coaching_session (
    organization_id  uuid        not null,
    id               uuid        not null,
    request_id       uuid        not null,
    starts_at        timestamptz not null,
    state            text        not null default 'planned',
    planned_event    uuid        not null,
    -- It took place, or was called off.
    ended_event      uuid,
    version          integer     not null default 1,
    constraint coaching_session_pkey primary key (organization_id, id),
    constraint coaching_session_request_fkey foreign key (organization_id, request_id) references coaching_request (organization_id, id),
    constraint coaching_session_request_key unique (organization_id, request_id, id),
    constraint coaching_session_planned_event_fkey foreign key (organization_id, planned_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_session_ended_event_fkey foreign key (organization_id, ended_event) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_session_state_check check (state in ('planned', 'held', 'cancelled') and (state = 'planned') = (ended_event is null))
);

-- Notes are for everybody, or for whoever wrote them: no event, export or search has the text of a private one, and every statement
-- that reads notes leaves out the private ones of others.
create table coaching_note (
    organization_id  uuid        not null,
    id               uuid        not null,
    request_id       uuid        not null,
    session_id       uuid,
    author_id        uuid        not null,
    at               timestamptz not null,
    is_private       boolean     not null,
    text             text        not null,
    event_id         uuid        not null,
    constraint coaching_note_pkey primary key (organization_id, id),
    constraint coaching_note_request_fkey foreign key (organization_id, request_id) references coaching_request (organization_id, id),
    constraint coaching_note_session_fkey foreign key (organization_id, request_id, session_id) references coaching_session (organization_id, request_id, id),
    constraint coaching_note_author_fkey foreign key (organization_id, author_id) references member (organization_id, id),
    constraint coaching_note_event_fkey foreign key (organization_id, event_id) references event (organization_id, id) deferrable initially deferred,
    constraint coaching_note_text_check check (char_length(text) between 1 and 2000)
);
create index coaching_note_request_idx on coaching_note (organization_id, request_id, at desc, id desc);

-- A request stays its squad's, with how it began, and goes one way. It is withdrawn, never deleted.
create function coaching_request_check_step() returns trigger language plpgsql as $$
begin
    if (old.id, old.team_id, old.raised_by, old.raised_at, old.raised_event) is distinct from (new.id, new.team_id, new.raised_by, new.raised_at, new.raised_event)
       or old.offer_id is distinct from new.offer_id then
        raise exception using errcode = 'check_violation', constraint = 'coaching_request_stays',
            message = 'a coaching request stays with its squad and its beginning';
    end if;
    if old.state <> new.state and (old.state_event = new.state_event or not case old.state
            when 'open' then new.state in ('agreed', 'withdrawn')
            when 'agreed' then new.state in ('active', 'withdrawn')
            when 'active' then new.state in ('review', 'withdrawn')
            when 'review' then new.state in ('closed', 'withdrawn')
            else false end) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_request_steps',
            message = 'coaching goes from open to agreed, active, review and closed, or is withdrawn';
    end if;
    if old.state in ('closed', 'withdrawn') or (old.coach_id is distinct from new.coach_id and old.state <> 'open') then
        raise exception using errcode = 'check_violation', constraint = 'coaching_request_steps',
            message = 'what is over stays so, and an agreement stays with its coach';
    end if;
    return new;
end
$$;
create trigger coaching_request_steps before update on coaching_request
    for each row execute function coaching_request_check_step();

create function coaching_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = tg_name,
        message = 'what was said in coaching is kept as it was';
end
$$;
create trigger coaching_request_no_delete before delete on coaching_request
    for each row execute function coaching_refuse_change();
create trigger coaching_offer_no_delete before delete on coaching_offer
    for each row execute function coaching_refuse_change();
-- An answer is final, and an offer goes to no other squad.
create trigger coaching_offer_final before update on coaching_offer
    for each row when (old.state <> 'open' or (old.team_id, old.by_id, old.topic, old.offered, old.made_event)
                                              is distinct from (new.team_id, new.by_id, new.topic, new.offered, new.made_event))
    execute function coaching_refuse_change();
-- What somebody agreed to does not change under them, and no agreement is taken back.
create trigger coaching_agreement_final before update on coaching_agreement
    for each row when ((old.coach_id, old.goal, old.exit_criteria, old.ends_on, old.sessions, old.event_id)
                       is distinct from (new.coach_id, new.goal, new.exit_criteria, new.ends_on, new.sessions, new.event_id)
                       or (old.coach_event is not null and old.coach_event is distinct from new.coach_event)
                       or (old.squad_event is not null and old.squad_event is distinct from new.squad_event))
    execute function coaching_refuse_change();
create trigger coaching_agreement_no_delete before delete on coaching_agreement
    for each row execute function coaching_refuse_change();
create trigger coaching_note_final before update or delete on coaching_note
    for each row execute function coaching_refuse_change();

-- Whether an event was made by a member who is in a squad at this moment.
create function coaching_event_is_by_squad(organization uuid, event uuid, team uuid) returns boolean language sql stable as $$
    select exists (select from event e
                   join membership m on (m.organization_id, m.member_id) = (e.organization_id, e.member_id)
                   join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
                   where e.organization_id = $1 and e.id = $2 and m.team_id = $3 and m.until_at is null and t.kind = 'squad')
$$;

-- At commit, H5: it began with a member of that squad, by a request or by the acceptance of an offer.
create function coaching_request_check_start() returns trigger language plpgsql as $$
begin
    if not coaching_event_is_by_squad(new.organization_id, new.raised_event, new.team_id)
       or not exists (select from event e
                      where e.organization_id = new.organization_id and e.id = new.raised_event and e.member_id = new.raised_by
                        and e.kind = case when new.offer_id is null then 'coaching_requested' else 'coaching_offer_accepted' end
                        and new.id = any (e.subjects)) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_started_by_squad',
            message = 'coaching starts with a squad''s member';
    end if;
    return null;
end
$$;
create constraint trigger coaching_request_check_start after insert on coaching_request
    deferrable initially deferred for each row execute function coaching_request_check_start();

-- At commit: the coach has pulled it, by an event of their own; or has offered it to the squad, which accepted.
create function coaching_request_check_coach() returns trigger language plpgsql as $$
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
    return null;
end
$$;
create constraint trigger coaching_request_check_coach_inserted after insert on coaching_request
    deferrable initially deferred for each row when (new.coach_id is not null) execute function coaching_request_check_coach();
create constraint trigger coaching_request_check_coach after update on coaching_request
    deferrable initially deferred for each row when (new.coach_id is not null and old.pulled_event is distinct from new.pulled_event)
    execute function coaching_request_check_coach();

-- At commit: the squad closes and withdraws, or is dissolved.
create function coaching_request_check_end() returns trigger language plpgsql as $$
begin
    if not coaching_event_is_by_squad(new.organization_id, new.state_event, new.team_id)
       and not (new.state = 'withdrawn'
                and exists (select from team t where (t.organization_id, t.id, t.state_event, t.state)
                                                   = (new.organization_id, new.team_id, new.state_event, 'dissolved'))) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_ended_by_squad',
            message = 'the squad says whether it helped, and may withdraw';
    end if;
    return null;
end
$$;
create constraint trigger coaching_request_check_end after update on coaching_request
    deferrable initially deferred for each row
    when (new.state in ('closed', 'withdrawn') and old.state <> new.state) execute function coaching_request_check_end();

-- At commit: each side agreed by itself.
create function coaching_agreement_check_signed() returns trigger language plpgsql as $$
begin
    if (new.coach_event is not null
        and not exists (select from event e where (e.organization_id, e.id, e.member_id) = (new.organization_id, new.coach_event, new.coach_id)))
       or (new.squad_event is not null
           and not exists (select from event e where (e.organization_id, e.id, e.member_id) = (new.organization_id, new.squad_event, new.squad_by)))
       or (new.squad_event is not null and (tg_op = 'INSERT' or old.squad_event is null)
           and not coaching_event_is_by_squad(new.organization_id, new.squad_event,
                   (select r.team_id from coaching_request r where (r.organization_id, r.id) = (new.organization_id, new.request_id)))) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_agreed_by_both',
            message = 'the coach and a member of the squad each agree by themselves';
    end if;
    return null;
end
$$;
create constraint trigger coaching_agreement_check_signed after insert or update on coaching_agreement
    deferrable initially deferred for each row execute function coaching_agreement_check_signed();

-- At commit: an offer is made by who may, and answered by the squad; its author may withdraw it.
create function coaching_offer_check() returns trigger language plpgsql as $$
begin
    if not exists (select from event e where (e.organization_id, e.id, e.member_id) = (new.organization_id, new.made_event, new.by_id))
       or (new.state in ('accepted', 'declined')
           and (new.answered_by = new.by_id
                or not exists (select from event e where (e.organization_id, e.id, e.member_id) = (new.organization_id, new.answered_event, new.answered_by))
                or not coaching_event_is_by_squad(new.organization_id, new.answered_event, new.team_id))) then
        raise exception using errcode = 'check_violation', constraint = 'coaching_offer_by_squad',
            message = 'another member of the squad answers an offer';
    end if;
    return null;
end
$$;
create constraint trigger coaching_offer_check after insert or update on coaching_offer
    deferrable initially deferred for each row execute function coaching_offer_check();

-- How many a coach has in hand. One more is refused where their own limit is reached; a limit that is lowered leaves them what they have.
create function coaching_count(organization uuid, coach uuid, n integer) returns void language plpgsql as $$
declare
    now_is record;
begin
    insert into coaching_coach (organization_id, member_id) values ($1, $2) on conflict do nothing;
    update coaching_coach c set in_hand = c.in_hand + n
    where c.organization_id = $1 and c.member_id = $2
    returning c.in_hand, c.engagement_limit into now_is;
    if n > 0 and now_is.in_hand > now_is.engagement_limit then
        raise exception using errcode = 'check_violation', constraint = 'coaching_limit',
            message = 'the coach''s own limit is reached';
    end if;
end
$$;
create function coaching_request_counted() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.in_hand then
        perform coaching_count(old.organization_id, old.coach_id, -1);
    end if;
    if new.in_hand then
        perform coaching_count(new.organization_id, new.coach_id, 1);
    end if;
    return null;
end
$$;
create trigger coaching_request_inserted after insert on coaching_request
    for each row when (new.coach_id is not null) execute function coaching_request_counted();
create trigger coaching_request_updated after update on coaching_request
    for each row when ((old.coach_id, old.in_hand) is distinct from (new.coach_id, new.in_hand)) execute function coaching_request_counted();

-- With a squad goes what was asked for it and offered to it: the event of its dissolution tells of that too.
create function coaching_dissolved() returns trigger language plpgsql as $$
begin
    update coaching_request r set state = 'withdrawn', state_at = new.state_at, state_event = new.state_event, version = r.version + 1
    where (r.organization_id, r.team_id) = (new.organization_id, new.id) and r.state not in ('closed', 'withdrawn');
    update coaching_offer o set state = 'withdrawn', answered_at = new.state_at, answered_event = new.state_event
    where (o.organization_id, o.team_id) = (new.organization_id, new.id) and o.state = 'open';
    return null;
end
$$;
create trigger team_dissolved_coaching after update on team
    for each row when (new.state = 'dissolved' and old.state <> 'dissolved') execute function coaching_dissolved();
