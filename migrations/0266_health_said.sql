-- What a squad's own page says of its health, said once.

-- The arrow that is shown of a result: what the squad agreed on, else what most said; of two that as many said, the worse.
create function health_board_arrow(r health_result) returns text language sql immutable as $$
    select coalesce(r.agreed_trend,
                    case when r.better + r.same + r.worse = 0 then null
                         when r.worse >= greatest(r.same, r.better) then 'worse'
                         when r.same >= r.better then 'same'
                         else 'better' end)
$$;

-- A round: what it is called and, once it is closed and enough answered (H6), the colour and the arrow of each dimension.
create view health_said as
select r.organization_id, r.team_id, r.opened_at, r.closed_at,
       jsonb_build_object(
           'round', r.id, 'pack', p.name, 'label', r.label, 'closes_at', r.closes_at, 'threshold', r.threshold,
           'lines', (select coalesce(jsonb_agg(jsonb_build_object('name', v.name, 'dimension', d.dimension_id,
                                                                  'colour', (array['green', 'amber', 'red'])[health_board_colour(x)],
                                                                  'trend', health_board_arrow(x)) order by d.position), '[]')
                     from health_result x
                     join health_round_dimension d on (d.organization_id, d.round_id, d.dimension_id) = (x.organization_id, x.round_id, x.dimension_id)
                     join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
                     where x.organization_id = r.organization_id and x.round_id = r.id)) as said
from health_round r
join health_pack p on (p.organization_id, p.id) = (r.organization_id, r.pack_id);
