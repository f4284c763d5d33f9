-- The coach's dashboard: one row for each squad, pack and month in which the squad closed a health check, with everything that is shown of
-- it there. So the dashboard reads as many rows as it shows squads, however many rounds there were.
--
-- A row is made of results alone (health_result), and these exist only where they may be shown (H6). It is written in the transaction that
-- closes the round, or that writes what the squad agreed on, by the triggers below; src/doctor makes every row again and compares.
create table health_board (
    organization_id  uuid     not null,
    pack_id          uuid     not null,
    team_id          uuid     not null,
    -- The first day of the month; of the rounds that were closed in it, the newest counts.
    month            date     not null,
    round_id         uuid     not null,
    closed_on        date     not null,
    eligible         smallint not null,
    answered         smallint not null,
    threshold        smallint not null,
    is_shown         boolean  not null,
    -- When the last round before it that is shown was closed.
    before_on        date,
    -- What was asked, in the order of the round.
    dimensions       uuid[]   not null,
    -- For each of them 12 bytes: green, amber, red; better, same, worse; the agreed colour and arrow (0 none, else 1 to 3 from the best);
    -- green, amber, red and the agreed colour of the round before, if it asked in the same words. All are 0 where nothing is shown.
    cells            bytea    not null,
    -- For each of six months up to this one 4 bytes: how many dimensions were green, amber, red, and not shown. All are 0 without a round.
    months           bytea    not null,
    constraint health_board_pkey primary key (organization_id, pack_id, team_id, month),
    constraint health_board_round_fkey foreign key (organization_id, round_id) references health_round (organization_id, id),
    constraint health_board_team_fkey foreign key (organization_id, team_id) references team (organization_id, id),
    constraint health_board_month_check check (extract(day from month) = 1),
    constraint health_board_cells_check check (length(cells) = 12 * cardinality(dimensions)),
    constraint health_board_months_check check (length(months) = 24)
);
-- Which pack was used last.
create index health_board_month_idx on health_board (organization_id, pack_id, month);

create function health_board_month(at timestamptz) returns date language sql immutable as $$
    select date_trunc('month', at at time zone 'UTC')::date
$$;

create function health_board_byte(n integer) returns text language sql immutable as $$
    select lpad(to_hex(least(greatest(coalesce(n, 0), 0), 255)), 2, '0')
$$;

-- The place of a word, from the best: green, amber, red; better, same, worse.
create function health_board_place(word text) returns integer language sql immutable as $$
    select case word when 'green' then 1 when 'amber' then 2 when 'red' then 3 when 'better' then 1 when 'same' then 2 when 'worse' then 3 else 0 end
$$;

-- The colour that is shown: what the squad agreed on, else what most said, of two the worse.
create function health_board_colour(r health_result) returns integer language sql immutable as $$
    select case when r.agreed_colour is not null then health_board_place(r.agreed_colour)
                when r.red >= greatest(r.amber, r.green) then 3
                when r.amber >= r.green then 2
                else 1 end
$$;

-- The rows of a squad's rounds of a pack as they are now, from a month on.
create function health_board_rows(organization uuid, pack uuid, team uuid, since date)
returns setof health_board language sql stable as $$
    with closed as materialized (
        select distinct on (health_board_month(r.closed_at)) r.id, r.closed_at, r.eligible, r.answered, r.threshold, r.is_shown,
               health_board_month(r.closed_at) as month
        from health_round r
        where r.organization_id = organization and r.pack_id = pack and r.team_id = team and r.closed_at is not null
        order by health_board_month(r.closed_at), r.closed_at desc, r.id desc
    ), tally as materialized (
        select c.month,
               count(*) filter (where x.round_id is not null and health_board_colour(x) = 1) as green,
               count(*) filter (where x.round_id is not null and health_board_colour(x) = 2) as amber,
               count(*) filter (where x.round_id is not null and health_board_colour(x) = 3) as red,
               count(*) filter (where x.round_id is null) as unknown
        from closed c
        join health_round_dimension d on (d.organization_id, d.round_id) = (organization, c.id)
        left join health_result x on (x.organization_id, x.round_id, x.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
        where c.month > since - interval '6 months'
        group by c.month
    )
    select organization, pack, team, c.month, c.id, (c.closed_at at time zone 'UTC')::date, c.eligible, c.answered, c.threshold, c.is_shown,
           (b.closed_at at time zone 'UTC')::date, coalesce(asked.dimensions, '{}'), coalesce(asked.cells, ''), lived.months
    from closed c
    left join lateral (select r.id, r.closed_at from health_round r
                       where r.organization_id = organization and r.pack_id = pack and r.team_id = team and r.is_shown
                         and (r.closed_at, r.id) < (c.closed_at, c.id)
                       order by r.closed_at desc, r.id desc limit 1) b on true
    cross join lateral (
        select array_agg(d.dimension_id order by d.position) as dimensions,
               decode(string_agg(
                   health_board_byte(x.green) || health_board_byte(x.amber) || health_board_byte(x.red)
                   || health_board_byte(x.better) || health_board_byte(x.same) || health_board_byte(x.worse)
                   || health_board_byte(health_board_place(x.agreed_colour)) || health_board_byte(health_board_place(x.agreed_trend))
                   || case when x.round_id is null then '00000000'
                           else health_board_byte(y.green) || health_board_byte(y.amber) || health_board_byte(y.red)
                                || health_board_byte(health_board_place(y.agreed_colour)) end,
                   '' order by d.position), 'hex') as cells
        from health_round_dimension d
        left join health_result x on (x.organization_id, x.round_id, x.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
        left join health_round_dimension e on (e.organization_id, e.round_id, e.dimension_id, e.version) = (organization, b.id, d.dimension_id, d.version)
        left join health_result y on (y.organization_id, y.round_id, y.dimension_id) = (e.organization_id, e.round_id, e.dimension_id)
        where d.organization_id = organization and d.round_id = c.id) asked
    cross join lateral (
        select decode(string_agg(health_board_byte(t.green::integer) || health_board_byte(t.amber::integer) || health_board_byte(t.red::integer)
                                 || health_board_byte(t.unknown::integer), '' order by ago desc), 'hex') as months
        from generate_series(0, 5) ago
        left join tally t on t.month = (c.month - make_interval(months => ago))::date) lived
    where c.month >= since
$$;

create function health_board_write(organization uuid, round uuid) returns void language plpgsql as $$
declare
    of_round health_round;
begin
    -- Who writes results of one round writes its row one after the other: what was committed while they waited is seen below.
    select * into of_round from health_round where organization_id = organization and id = round for no key update;
    insert into health_board
    select * from health_board_rows(organization, of_round.pack_id, of_round.team_id, health_board_month(of_round.closed_at))
    on conflict (organization_id, pack_id, team_id, month) do update
    set round_id = excluded.round_id, closed_on = excluded.closed_on, eligible = excluded.eligible, answered = excluded.answered,
        threshold = excluded.threshold, is_shown = excluded.is_shown, before_on = excluded.before_on, dimensions = excluded.dimensions,
        cells = excluded.cells, months = excluded.months;
end
$$;

create function health_board_closed() returns trigger language plpgsql as $$
begin
    perform health_board_write(new.organization_id, new.id);
    return null;
end
$$;
create trigger health_board_opened after insert on health_round for each row when (new.closed_at is not null)
    execute function health_board_closed();
create trigger health_board_closed after update of closed_at on health_round for each row
    when (old.closed_at is null and new.closed_at is not null) execute function health_board_closed();

create function health_board_agreed() returns trigger language plpgsql as $$
begin
    perform health_board_write(new.organization_id, new.round_id);
    return null;
end
$$;
create trigger health_board_agreed after update of agreed_colour, agreed_trend on health_result for each row
    when ((old.agreed_colour, old.agreed_trend) is distinct from (new.agreed_colour, new.agreed_trend)) execute function health_board_agreed();

insert into health_board
select b.*
from (select distinct organization_id, pack_id, team_id from health_round where closed_at is not null) s
cross join lateral health_board_rows(s.organization_id, s.pack_id, s.team_id, '-infinity') b;
