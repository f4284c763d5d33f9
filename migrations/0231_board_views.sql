-- What stands on a board beside its cards, as one value: the board reads it together with them, and a step's question reads it alone.
create view board_beside as
select p.organization_id, p.id as product_id,
       jsonb_build_object(
           -- Counted as far as anybody reads it: 200 and more.
           'ready', (select count(*) from (select from backlog_item i
                                           where i.organization_id = p.organization_id and i.product_id = p.id and i.stage = 'ready' limit 201) r),
           'proposed', (select count(*) from (select from backlog_item i
                                              where i.organization_id = p.organization_id and i.product_id = p.id and i.stage = 'proposed' limit 201) r),
           'hats', (select coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'member', m.id, 'name', m.name, 'hat', h.hat,
                                                                 'is_coach', 'coach' = any (m.roles) and m.deactivated_at is null)
                                              order by lower(m.name), m.id), '[]')
                    from product_hat h
                    join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
                    where h.organization_id = p.organization_id and h.product_id = p.id and h.until_at is null),
           'apprentices', (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'member', m.id, 'name', m.name, 'from_at', a.from_at,
                                                                        'may_order', a.may_order, 'version', a.version)
                                                     order by a.from_at, lower(m.name), m.id), '[]')
                           from apprenticeship a
                           join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
                           where a.organization_id = p.organization_id and a.product_id = p.id and a.until_at is null),
           'lanes', (select coalesce(jsonb_agg(jsonb_build_object(
                                'service', ps.id, 'squad', t.id, 'name', t.name, 'slug', t.slug, 'is_active', t.state = 'active',
                                'load', jsonb_build_object('in_progress', ps.in_progress, 'expedite', ps.expedite, 'learning', ps.learning,
                                                           'wip_limit', ps.wip_limit, 'learning_limit', ps.learning_limit),
                                'goal', g.name,
                                'worn', coalesce((select jsonb_agg(jsonb_build_object('membership', ms.id, 'name', m.name,
                                                                                      'hat', lower(h.name), 'share', ms.allocation)
                                                                   order by ms.allocation desc, lower(m.name), m.id)
                                                  from membership ms
                                                  join membership_hat mh on (mh.organization_id, mh.membership_id) = (ms.organization_id, ms.id)
                                                  join hat h on (h.organization_id, h.id) = (mh.organization_id, mh.hat_id)
                                                                and lower(h.name) in ('ux', 'analyst')
                                                  join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                                                  where ms.organization_id = p.organization_id and ms.team_id = ps.team_id
                                                    and ms.until_at is null), '[]'),
                                'designer', (select jsonb_build_object('membership', ms.id, 'name', m.name)
                                             from membership ms
                                             join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                                             where ms.organization_id = p.organization_id and ms.team_id = ps.team_id
                                               and ms.until_at is null and lower(m.discipline) = 'design'
                                             order by ms.allocation desc, lower(m.name), m.id
                                             limit 1))
                            order by lower(t.name), t.id), '[]')
                     from product_squad ps
                     join team t on (t.organization_id, t.id) = (ps.organization_id, ps.team_id)
                     left join metric g on (g.organization_id, g.team_id) = (t.organization_id, t.id) and g.is_goal and g.ended_at is null
                     where ps.organization_id = p.organization_id and ps.product_id = p.id and ps.standing)) as beside
from product p;
