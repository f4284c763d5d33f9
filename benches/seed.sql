-- A large organization that is the same each time, for load tests and for the tests of what a page may cost. Defines
--
--     pg_temp.seed(organization uuid, squads integer, pool integer, at timestamptz)
--     pg_temp.seed_sessions(organization uuid, sessions integer, at timestamptz, prefix text)
--     pg_temp.seed_board(organization uuid, slug text, key text, items integer, at timestamptz)
--     pg_temp.seed_health(organization uuid, rounds integer, at timestamptz)
--
-- The first fills an organization that has an admin and its four core capabilities, in one transaction: squads of 6 to 10, one in ten
-- of them forming, with missions, metrics, needs, links and events, and `pool` members who are in no squad. The squad number 0 is
-- "Squad 00000", forming with 5 members, to be designed. The database's triggers keep counts and summaries as ever.
-- The second gives its first members users with open sessions, whose tokens are the prefix and 'bench-session-0', 'bench-session-1', …; all are leaders.
-- The third gives a seeded organization a product with so many items, 500 at least: 26 of each of six squads are in progress, as many with
-- customers and done this month, the others ready, proposed and done long ago. The member of session 0 leads it,
-- and two others learn. Past the triggers, so
-- for a superuser only: to make 50,000 items step by step takes minutes.
-- The fourth gives the squads so many closed health checks of eleven dimensions, one each month, of which a few have too few answers.
-- The triggers make the rows of the dashboard as ever.

-- An id that is the same each time, with a time in it, as ids of version 7 have.
create function pg_temp.id(what text, n bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1767225600000 + n), 12, '0') || '7' || substr(md5(what || n), 1, 3) || '8' || substr(md5(what || n), 4, 15))::uuid
$$;

-- A number from 0 to 255 that looks like chance.
create function pg_temp.chance(what text, n bigint, m bigint) returns integer language sql immutable as $$
    select ('x' || substr(md5(what || n || ':' || m), 1, 2))::bit(8)::integer
$$;

create function pg_temp.seed(org uuid, squads integer, pool integer, at timestamptz) returns void language plpgsql as $$
declare
    salt text := org::text;
begin
    create temp table s on commit drop as
    select i, pg_temp.id('squad' || salt, i) as id, case when i = 0 then 5 else 6 + i % 5 end as size, i > 0 and i % 10 <> 3 as is_active
    from generate_series(0, squads - 1) i;
    create temp table p on commit drop as
    select s.i * 10 + k as n, s.i, pg_temp.id('member' || salt, s.i * 10 + k) as id from s, generate_series(0, size - 1) k
    union all
    select 1000000 + k, null, pg_temp.id('member' || salt, 1000000 + k) from generate_series(0, pool - 1) k;
    analyze s;
    analyze p;

    insert into event (organization_id, id, at, kind, summary, subjects)
    select org, pg_temp.id('event' || salt, s.i * 8 + k), at - interval '1 day' - make_interval(mins => s.i * 8 + k), 'seeded',
           'changed Squad ' || lpad(s.i::text, 5, '0'), array[s.id]
    from s, generate_series(0, 3) k
    order by s.i desc, k desc;

    insert into member (organization_id, id, name, email, discipline, title, created_at)
    select org, p.id,
           (array['Aisha','Bruno','Chen','Dagny','Emre','Farah','Goran','Hana','Ivo','Jia','Kofi','Lena'])[1 + pg_temp.chance('first', n, 0) % 12]
           || ' ' || (array['Berg','Costa','Duarte','Eide','Farouk','Gruber','Haugen','Ito','Jensen','Khan'])[1 + pg_temp.chance('last', n, 0) % 10]
           || ' ' || n,
           'm' || n || '@' || salt || '.example',
           (array['engineering','design','service','marketing','data','operations'])[1 + n % 6], 'Specialist', at
    from p;

    insert into skill (organization_id, id, name, description)
    select org, pg_temp.id('skill' || salt, k), 'Craft ' || chr(65 + k), 'What craft ' || chr(65 + k) || ' is good for' from generate_series(0, 23) k;
    insert into member_skill (organization_id, member_id, skill_id, level, rated_at)
    select org, p.id, k.id, 1 + pg_temp.chance('level', p.n, k.place) % 5, at - interval '20 days'
    from p, (select id, row_number() over (order by capability, name) as place from skill where organization_id = org) k
    where pg_temp.chance('has', p.n, k.place) < 44;

    insert into team (organization_id, id, kind, name, slug, pattern, description, state, state_at, state_event, mission_version, created_at)
    select org, s.id, 'squad', 'Squad ' || lpad(i::text, 5, '0'), 'squad-' || lpad(i::text, 5, '0'),
           (array['geographic','account_based','journey_stage','product_or_service'])[1 + i % 4], 'Works for household ' || i,
           case when is_active then 'active' else 'forming' end, at - interval '30 days', pg_temp.id('event' || salt, i * 8), 1, at - interval '60 days'
    from s;
    insert into team_slug (organization_id, kind, slug, team_id) select org, 'squad', slug, id from team where organization_id = org and kind = 'squad';
    insert into mission (organization_id, team_id, version, customer, value, success, review_on, author_id, at, event_id)
    select org, s.id, 1, 'Households in district ' || i, 'They understand their bill and trust it', 'Fewer calls about bills',
           (at + interval '90 days')::date, pg_temp.id('member' || salt, 0), at - interval '30 days', pg_temp.id('event' || salt, i * 8)
    from s;
    insert into metric (organization_id, id, team_id, name, kind, unit, direction, baseline, target, cadence_days, is_goal, created_at, checked_at)
    select org, pg_temp.id('metric' || salt, i), s.id, 'First bill correct', 'customer_value', '%', 'up', 90, 97, 7, true, at - interval '30 days', at
    from s;
    insert into check_in (organization_id, id, metric_id, at, value, confidence, note, member_id, entered_at, event_id)
    select org, pg_temp.id('check-in' || salt, s.i * 16 + n), pg_temp.id('metric' || salt, s.i), at - n * interval '2 days', 95.5 - n * 0.4, 'on_track',
           'The change for people who move pays off.', pg_temp.id('member' || salt, 0), at - n * interval '2 days', pg_temp.id('event' || salt, s.i * 8)
    from s, generate_series(0, 11) n;
    insert into skill_need (organization_id, team_id, skill_id, level, people)
    select org, s.id, pg_temp.id('skill' || salt, (i * 3 + k) % 24), 3, 1 + k % 2 from s, generate_series(0, 2) k;
    insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event)
    select org, pg_temp.id('membership' || salt, n), s.id, p.id, 80, at - interval '30 days', pg_temp.id('event' || salt, s.i * 8)
    from p join s on s.i = p.i;
    -- Every fifth squad lends one of its members to the next one.
    insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event)
    select org, pg_temp.id('lent' || salt, s.i), s.id, pg_temp.id('member' || salt, (s.i - 1) * 10), 20, at - interval '30 days',
           pg_temp.id('event' || salt, s.i * 8)
    from s where s.i % 5 = 1;
    insert into link (organization_id, id, kind, from_team_id, to_team_id, purpose, review_on, from_at, from_event)
    select org, pg_temp.id('link' || salt, s.i), 'informs', s.id, o.id, 'A refund is there within two days', (at + interval '90 days')::date,
           at - interval '30 days', pg_temp.id('event' || salt, s.i * 8)
    from s join s o on o.i = s.i + 1 where s.i % 2 = 1;
end
$$;

create function pg_temp.seed_sessions(org uuid, sessions integer, at timestamptz, prefix text) returns void language plpgsql as $$
declare
    salt text := org::text;
begin
    create temp table u on commit drop as
    select i, pg_temp.id('user' || salt, i) as id, m.id as member_id, m.name, m.email
    from (select row_number() over (order by email) - 1 as i, id, name, email from member
          where organization_id = org and user_id is null and deactivated_at is null) m
    where i < sessions;
    insert into user_account (id, email, name, password_hash, created_at) select id, email, name, '-', at from u;
    update member m set user_id = u.id, roles = '{leader}' from u where m.organization_id = org and m.id = u.member_id;
    insert into session (id, token_hash, user_id, created_at, last_seen_at, expires_at, idle_seconds, ip, user_agent)
    select pg_temp.id('session' || salt, i), sha256(convert_to(prefix || 'bench-session-' || i, 'utf8')), id, at, at, at + interval '1 day', 86400, '127.0.0.1', 'bench'
    from u;
end
$$;

create function pg_temp.seed_board(org uuid, board text, word text, n integer, at timestamptz) returns void language plpgsql as $$
declare
    salt text := org::text;
    product uuid := pg_temp.id('product' || salt || word, 0);
    began uuid := pg_temp.id('event' || salt, 8);
    lead uuid := (select id from member where organization_id = org and roles = '{leader}' order by email limit 1);
begin
    set local session_replication_role = replica;
    insert into product (organization_id, id, name, slug, key, lead_id, lead_event, lead_at, wip_policy, items, squads, created_at)
    values (org, product, 'Product ' || board, board, word, lead, began, at, 'warn', n, 6, at - interval '1 year');
    insert into product_slug (organization_id, slug, product_id) values (org, board, product);
    insert into product_squad (organization_id, id, product_id, team_id, from_at, from_event, in_progress, learning)
    select org, pg_temp.id('serves' || salt || word, i), product, pg_temp.id('squad' || salt, i), at - interval '1 year', began, 26, 26
    from generate_series(1, 6) i;
    insert into apprenticeship (organization_id, id, product_id, member_id, from_at, from_event, may_order)
    select org, pg_temp.id('learns' || salt || word, row_number() over (order by m.id)), product, m.id, at - interval '1 month', began, true
    from member m where m.organization_id = org and m.roles = '{leader}' and m.id <> lead order by m.id limit 2;

    create temp table b on commit drop as
    select i, case when i <= 468 then (array['in_progress', 'learning', 'done'])[1 + i % 3]
                   else (array['ready', 'ready', 'done', 'ready', 'proposed', 'ready', 'done', 'ready'])[1 + i % 8] end as stage,
           pg_temp.id('squad' || salt, 1 + i / 3 % 6) as squad
    from generate_series(1, n) i;
    insert into backlog_item (organization_id, id, product_id, number, title, why, breadth, class, stage, rank, squad_id, stage_at, stage_event,
                              effect, proposed_by, proposed_at)
    select org, pg_temp.id('item' || salt || word, i), product, i,
           (array['Explain the winter bill', 'Show what charging costs at night', 'Say when the engineer comes', 'Move house without a call'])[1 + i % 4] || ' ' || i,
           'Every third household calls us about it, and nobody can tell them what they will pay in March.',
           (array['task', 'feature', 'problem', 'outcome'])[1 + i % 4], 'standard', stage, lpad(to_hex(i), 6, '0') || '00',
           case when stage in ('in_progress', 'learning', 'done') then squad end,
           case when i <= 468 then at - make_interval(mins => i) else at - make_interval(days => 40 + i % 300) end, began,
           case when stage = 'done' then 'Calls about it fell by a fifth' else '' end, pg_temp.id('member' || salt, 20), at - interval '400 days'
    from b;
    insert into backlog_transition (organization_id, item_id, product_id, at, from_stage, to_stage, squad_id, event_id)
    select org, x.id, product, x.stage_at - make_interval(days => 4 * (s.place - s.of)), s.before, s.stage, case when s.place > 1 then x.squad_id end,
           pg_temp.id('event' || salt, 8 + s.place)
    from b
    join backlog_item x on x.organization_id = org and x.id = pg_temp.id('item' || salt || word, b.i)
    cross join lateral (select place::integer, stage, lag(stage) over (order by place) as before, count(*) over ()::integer as of
                        from unnest(case b.stage when 'proposed' then array['proposed'] when 'ready' then array['ready']
                                                 when 'in_progress' then array['ready', 'in_progress']
                                                 when 'learning' then array['ready', 'in_progress', 'learning']
                                                 else array['ready', 'in_progress', 'done'] end) with ordinality as w (stage, place)) s;
    set local session_replication_role = origin;
end
$$;

create function pg_temp.seed_health(org uuid, rounds integer, at timestamptz) returns void language plpgsql as $$
declare
    salt text := org::text;
    pack uuid := pg_temp.id('pack' || salt, 0);
    ago integer;
begin
    insert into health_pack (organization_id, id, name, slug, kind) values (org, pack, 'How we work', 'how-we-work', 'own');
    create temp table d on commit drop as
    select k, pg_temp.id('dimension' || salt, k) as id,
           (array['Mission','Customer value','Decision rights','Skills','Pace','Learning','Support','Well-being','Teamwork','Releases','Fun'])[k] as name
    from generate_series(1, 11) k;
    insert into health_dimension (organization_id, id, pack_id, position) select org, id, pack, k from d;
    insert into health_dimension_version (organization_id, dimension_id, version, name, green, amber, red)
    select org, id, 1, name, 'It goes well.', 'Some trouble.', 'It needs help.' from d;
    for ago in reverse rounds - 1 .. 0 loop
        create temp table r on commit drop as
        select t.id as team_id, pg_temp.id('round' || salt, n * 1000 + ago) as id, t.state_event as event, n, t.eligible,
               case when pg_temp.chance('few', n, ago) < 12 then 2
                    else greatest(4, t.eligible - pg_temp.chance('away', n, ago) % 3) end as answered,
               at - make_interval(months => ago) as closed_at
        from (select t.*, row_number() over (order by t.name) - 1 as n, greatest(t.member_count, 4) as eligible from team t
              where t.organization_id = org and t.kind = 'squad' and t.state <> 'dissolved') t;
        insert into health_round (organization_id, id, team_id, pack_id, label, mode, reveal, threshold, opened_at, closes_at, opened_event)
        select org, id, team_id, pack, to_char(closed_at, 'FMMonth YYYY'), 'anonymous', 'window', 4, closed_at - interval '7 days', closed_at, event from r;
        insert into health_round_dimension (organization_id, round_id, position, dimension_id, version)
        select org, r.id, d.k, d.id, 1 from r, d;
        insert into health_result (organization_id, round_id, dimension_id, green, amber, red, better, same, worse)
        select org, x.id, d.id, x.answered - x.amber - x.red, x.amber, x.red, x.better, x.answered - x.better - x.worse, x.worse
        from d cross join lateral (
            select r.id, r.answered,
                   least(r.answered, pg_temp.chance('amber', r.n * 100 + d.k, ago / 3) % 5) as amber,
                   least(r.answered - least(r.answered, pg_temp.chance('amber', r.n * 100 + d.k, ago / 3) % 5),
                         greatest(0, pg_temp.chance('red', r.n * 100 + d.k, ago / 2) % 7 - 3)) as red,
                   pg_temp.chance('better', r.n * 100 + d.k, ago) % 3 as better, pg_temp.chance('worse', r.n * 100 + d.k, ago) % 3 as worse
            from r where r.answered >= 4) x;
        update health_round h set closed_at = r.closed_at, closed_event = r.event, eligible = r.eligible, answered = r.answered,
                                  is_shown = r.answered >= h.threshold
        from r where h.organization_id = org and h.id = r.id;
        drop table r;
    end loop;
end
$$;
