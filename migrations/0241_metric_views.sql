-- What pages read of metrics, said once; and two guards of check-ins made tighter and looser.

-- A metric that is being ended waits for the check-in, and the check-in for it.
create or replace function check_in_needs_live_metric() returns trigger language plpgsql as $$
begin
    perform from metric
    where organization_id = new.organization_id and id = new.metric_id and ended_at is null
    for share;
    if not found then
        raise exception using errcode = 'check_violation', constraint = 'check_in_metric_live',
            message = 'a metric that has ended takes no check-in';
    end if;
    return null;
end
$$;

-- What a program checked in without a word on confidence may be given back by whoever undoes its withdrawal.
alter table check_in drop constraint check_in_said_check;

-- A metric with the dozen newest of its check-ins that stand, the oldest first; of one that has ended, with none.
create view metric_said as
select m.organization_id, m.id, m.team_id, m.is_goal, m.created_at, m.ended_at, m.due_on,
       jsonb_build_object(
           'id', m.id, 'squad', m.team_id, 'name', m.name, 'kind', m.kind, 'unit', m.unit, 'direction', m.direction,
           'baseline', m.baseline, 'target', m.target, 'target_high', m.target_high, 'cadence_days', m.cadence_days,
           'is_goal', m.is_goal, 'created_at', m.created_at, 'ended_at', m.ended_at, 'ended_reason', m.ended_reason,
           'replaces', m.replaces_id, 'due_on', m.due_on, 'version', m.version,
           'recent', (select coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'value', r.value, 'confidence', r.confidence, 'note', r.note,
                                                                   'by', coalesce(w.name, k.name), 'is_program', r.token_id is not null)
                                                order by r.at, r.entered_at, r.id), '[]')
                      from (select * from check_in_standing c
                            where c.organization_id = m.organization_id and c.metric_id = m.id and m.ended_at is null
                            order by c.at desc, c.entered_at desc, c.id desc
                            limit 12) r
                      left join member w on (w.organization_id, w.id) = (m.organization_id, r.member_id)
                      left join metric_token k on (k.organization_id, k.id) = (m.organization_id, r.token_id))) as said
from metric m;
