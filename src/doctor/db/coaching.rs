//! What is off with coaching (H5).

use sqlx::PgExecutor;

/// Coaching that nobody of the squad began, that no coach pulled, that one side agreed to alone, or that somebody else ended; counts that
/// are wrong; and events that tell what a private note says. Who was in a squad is asked for the moment of the event.
pub async fn coaching(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with said as materialized (
            select v.organization_id, v.id, v.member_id, v.kind, v.at, r.team_id, r.id as request_id,
                   exists (select from membership m
                           where (m.organization_id, m.team_id, m.member_id) = (v.organization_id, r.team_id, v.member_id)
                             and m.from_at <= v.at and (m.until_at is null or m.until_at >= v.at)) as by_member
            from coaching_request r
            join event v on v.organization_id = r.organization_id and v.id in (r.raised_event, r.state_event, r.pulled_event)
        )
        select format('%s: the coaching request %s was not begun by a member of its squad', o.slug, r.id) as "off!"
        from coaching_request r
        join organization o on o.id = r.organization_id
        left join said s on (s.organization_id, s.request_id, s.id) = (r.organization_id, r.id, r.raised_event)
        where not coalesce(s.by_member and s.member_id = r.raised_by
                           and s.kind = case when r.offer_id is null then 'coaching_requested' else 'coaching_offer_accepted' end, false)
        union all
        select format('%s: the coaching request %s was assigned to a coach', o.slug, r.id)
        from coaching_request r
        join organization o on o.id = r.organization_id
        left join said s on (s.organization_id, s.request_id, s.id) = (r.organization_id, r.id, r.pulled_event)
        left join coaching_offer f on (f.organization_id, f.id) = (r.organization_id, r.offer_id)
        where r.coach_id is not null
          and not coalesce((s.kind = 'coaching_pulled' and s.member_id = r.coach_id)
                           or (s.kind = 'coaching_offer_accepted' and s.id = r.raised_event and f.by_id = r.coach_id), false)
        union all
        select format('%s: the coaching request %s was %s by somebody else than its squad', o.slug, r.id, r.state)
        from coaching_request r
        join organization o on o.id = r.organization_id
        left join said s on (s.organization_id, s.request_id, s.id) = (r.organization_id, r.id, r.state_event)
        where r.state in ('closed', 'withdrawn') and not coalesce(s.by_member or (r.state = 'withdrawn' and s.kind = 'squad_dissolved'), false)
        union all
        select format('%s: version %s of what is agreed for %s was not agreed to by its coach or its squad', o.slug, a.version, a.request_id)
        from coaching_agreement a
        join organization o on o.id = a.organization_id
        left join event c on (c.organization_id, c.id) = (a.organization_id, a.coach_event)
        left join event s on (s.organization_id, s.id) = (a.organization_id, a.squad_event)
        where (a.coach_event is not null and c.member_id is distinct from a.coach_id)
           or (a.squad_event is not null and (s.member_id is distinct from a.squad_by or a.squad_by = a.coach_id))
        union all
        select format('%s: the offer of coaching %s was answered by somebody else than its squad', o.slug, f.id)
        from coaching_offer f
        join organization o on o.id = f.organization_id
        left join event v on (v.organization_id, v.id) = (f.organization_id, f.answered_event)
        where f.state in ('accepted', 'declined')
          and (f.answered_by = f.by_id or v.member_id is distinct from f.answered_by
               or not exists (select from membership m
                              where (m.organization_id, m.team_id, m.member_id) = (f.organization_id, f.team_id, f.answered_by)
                                and m.from_at <= f.answered_at and (m.until_at is null or m.until_at >= f.answered_at)))
        union all
        select format('%s: a dissolved squad has the coaching request %s open', o.slug, r.id)
        from coaching_request r
        join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
        join organization o on o.id = r.organization_id
        where t.state = 'dissolved' and r.state not in ('closed', 'withdrawn')
        union all
        select format('%s: the coach %s has %s in hand, and %s are counted', o.slug, c.member_id, n.n, c.in_hand)
        from coaching_coach c
        join organization o on o.id = c.organization_id
        cross join lateral (select count(*) as n from coaching_request r
                            where (r.organization_id, r.coach_id) = (c.organization_id, c.member_id) and r.in_hand) n
        where n.n <> c.in_hand
        union all
        select format('%s: an event (%s) tells what a private note says', o.slug, v.id)
        from coaching_note n
        join event v on (v.organization_id, v.id) = (n.organization_id, n.event_id)
        join organization o on o.id = n.organization_id
        where n.is_private and (v.before is not null and v.before::text like '%' || left(n.text, 40) || '%'
                                or v.after is not null and (v.kind = 'coaching_note_written' or v.after ->> 'note' is not null))
        "#,
    )
    .fetch_all(db)
    .await
}
