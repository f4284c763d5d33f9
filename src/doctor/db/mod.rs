//! Every SQL statement of the doctor. Each answers lines about what is off, and none when all is well.
//!
//! No statement here takes a [`Tenant`](crate::actor::Tenant): the doctor looks at all organizations.

mod backlog;
mod coaching;
mod health;
mod health_board;
mod learning;
mod metrics;
mod products;
mod statements;

pub use backlog::{holders, in_hand, orders};
pub use coaching::coaching;
pub use health::secrecy;
pub use health_board::{board, boards};
pub use learning::learned;
pub use metrics::checked_in;
pub use products::*;
pub use statements::{LOG_SETTINGS, logged};

use sqlx::{AssertSqlSafe, PgConnection, PgExecutor, PgPool, Postgres, Transaction};

/// A transaction that sees one moment, changes nothing, and may take its time.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = pool.begin_with("begin isolation level repeatable read, read only").await?;
    sqlx::query("set local statement_timeout = 0").execute(&mut *tx).await?;
    Ok(tx)
}

/// How many rows there are to look at.
pub struct Counts {
    pub organizations: i64,
    pub teams: i64,
    pub active_squads: i64,
    pub memberships: i64,
    pub metrics: i64,
    pub check_ins: i64,
    pub links: i64,
    pub products: i64,
    pub items: i64,
    pub plans: i64,
    pub coaching: i64,
    pub rounds: i64,
    pub events: i64,
    pub slugs: i64,
    pub references: i64,
}

/// Counts what there is.
pub async fn count(db: impl PgExecutor<'_>) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"
        select (select count(*) from organization)                                       as "organizations!",
               (select count(*) from team)                                               as "teams!",
               (select count(*) from team where kind = 'squad' and state = 'active')     as "active_squads!",
               (select count(*) from membership)                                         as "memberships!",
               (select count(*) from metric)                                             as "metrics!",
               (select count(*) from check_in)                                           as "check_ins!",
               (select count(*) from link)                                               as "links!",
               (select count(*) from product)                                            as "products!",
               (select count(*) from backlog_item)                                       as "items!",
               (select count(*) from learning_plan)                                      as "plans!",
               (select count(*) from coaching_request)                                   as "coaching!",
               (select count(*) from health_round)                                       as "rounds!",
               (select count(*) from event)                                              as "events!",
               (select count(*) from team_slug)                                          as "slugs!",
               (select count(*) from pg_constraint c
                where c.contype = 'f' and c.connamespace = current_schema()::regnamespace) as "references!"
        "#,
    )
    .fetch_one(db)
    .await
}

/// H1: sizes, counted from the memberships.
pub async fn sizes(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the %s %s %s (%s) has %s members', o.slug, t.state, replace(t.kind, '_', ' '), t.name, t.id, n.members) as "off!"
        from team t
        join organization o on o.id = t.organization_id
        cross join lateral (select count(*) as members from membership m
                            where (m.organization_id, m.team_id) = (t.organization_id, t.id) and m.until_at is null) as n
        where (t.kind = 'squad' and n.members > 10)
           or (t.kind = 'squad' and t.state = 'active' and n.members < 6)
           or (t.state = 'dissolved' and n.members > 0)
        order by o.slug, t.name, t.id
        "#,
    )
    .fetch_all(db)
    .await
}

/// H7: what an active squad had at the moment it became active. A goal metric that was replaced since still counts.
pub async fn activations(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the active squad %s (%s) %s', o.slug, t.name, t.id, lacks.what) as "off!"
        from team t
        join organization o on o.id = t.organization_id
        cross join lateral (
            select 'became active without a complete mission' as what
            where not exists (select from mission m
                              where (m.organization_id, m.team_id) = (t.organization_id, t.id) and m.at <= t.state_at
                                and m.customer <> '' and m.value <> '' and m.success <> '' and m.review_on is not null
                                and not exists (select from mission newer
                                                where (newer.organization_id, newer.team_id) = (m.organization_id, m.team_id)
                                                  and newer.version > m.version and newer.at <= t.state_at))
            union all
            select 'became active without a customer value metric'
            where not exists (select from metric m
                              where (m.organization_id, m.team_id) = (t.organization_id, t.id) and m.kind = 'customer_value'
                                and m.created_at <= t.state_at and (m.ended_at is null or m.ended_at >= t.state_at))
            union all
            select 'has a mission that is not complete'
            where exists (select from mission m
                          where (m.organization_id, m.team_id, m.version) = (t.organization_id, t.id, t.mission_version)
                            and (m.customer = '' or m.value = '' or m.success = '' or m.review_on is null))
        ) as lacks
        where t.kind = 'squad' and t.state = 'active'
        order by o.slug, t.name, t.id, lacks.what
        "#,
    )
    .fetch_all(db)
    .await
}

/// H9: the tables of numbers know no person. An author is who wrote a number down, not whom it is about.
pub async fn numbers_of_people(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('the column %s of the table %s names a person', a.attname, a.attrelid::regclass) as "off!"
        from pg_attribute a
        where a.attrelid = 'metric'::regclass and not a.attisdropped and a.attname in ('member_id', 'user_id', 'person_id')
        union all
        select format('%s: the metric %s (%s) belongs to the core team %s', o.slug, m.name, m.id, t.name)
        from metric m
        join organization o on o.id = m.organization_id
        join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
        where t.kind <> 'squad'
        "#,
    )
    .fetch_all(db)
    .await
}

/// H10: keys and references that leave the organization out.
pub async fn loose_keys(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with tenant_table as (
            select c.oid, a.attnum, a.attnotnull
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
            where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
        )
        select format('the table %s may have rows without an organization', t.oid::regclass) as "off!"
        from tenant_table t
        where not t.attnotnull
        union all
        select format('the key %s of the table %s does not begin with the organization', k.conname, t.oid::regclass)
        from tenant_table t
        join pg_constraint k on k.conrelid = t.oid and k.contype = 'p' and k.conkey[1] <> t.attnum
        union all
        select format('the reference %s from %s to %s does not carry the organization', f.conname, t.oid::regclass, other.oid::regclass)
        from tenant_table t
        join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
        join tenant_table other on other.oid = f.confrelid
        where not exists (select from unnest(f.conkey, f.confkey) as pair (mine, theirs)
                          where pair.mine = t.attnum and pair.theirs = other.attnum)
        "#,
    )
    .fetch_all(db)
    .await
}

/// H11: admins who are active and can sign in, and their count in the organization's row.
pub async fn admins(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the organization %s (%s) has %s admins who can sign in, and counts %s',
                      o.slug, o.name, o.id, n.admins, o.admin_count) as "off!"
        from organization o
        cross join lateral (select count(*) as admins from member m
                            where m.organization_id = o.id and 'admin' = any (m.roles)
                              and m.deactivated_at is null and m.user_id is not null) as n
        where n.admins < 1 or n.admins <> o.admin_count
        order by o.slug
        "#,
    )
    .fetch_all(db)
    .await
}

/// H12: changes of which no event tells, or another one does.
pub async fn untold(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with told (organization_id, what, id, event_id, about) as (
            select m.organization_id, 'the beginning of the membership of ' || p.name || ' in ' || t.name, m.id, m.from_event, array[m.team_id, m.member_id]
            from membership m
            join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
            join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
            union all
            select m.organization_id, 'the end of the membership of ' || p.name || ' in ' || t.name, m.id, m.until_event, array[m.team_id, m.member_id]
            from membership m
            join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
            join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
            where m.until_at is not null
            union all
            select t.organization_id, 'the state of ' || t.name, t.id, t.state_event, array[t.id] from team t
            union all
            select m.organization_id, 'version ' || m.version || ' of the mission of ' || t.name, t.id, m.event_id, array[m.team_id]
            from mission m
            join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
            union all
            select l.organization_id, 'the beginning of the link from ' || f.name || ' to ' || t.name, l.id, l.from_event, array[l.id, f.id, t.id]
            from link l
            join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
            join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
            union all
            select l.organization_id, 'the end of the link from ' || f.name || ' to ' || t.name, l.id, l.until_event, array[l.id, f.id, t.id]
            from link l
            join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
            join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
            where l.until_at is not null
            union all
            select t.organization_id, 'a step of ' || p.key || '-' || i.number, t.item_id, t.event_id, array[i.id, p.id]
            from backlog_transition t
            join backlog_item i on (i.organization_id, i.id) = (t.organization_id, t.item_id)
            join product p on (p.organization_id, p.id) = (i.organization_id, i.product_id)
            union all
            select p.organization_id, 'the lead PM of ' || p.name, p.id, p.lead_event, array[p.id, p.lead_id] from product p
            union all
            select p.organization_id, 'the end of the product ' || p.name, p.id, p.ended_event, array[p.id]
            from product p where p.ended_at is not null
            union all
            select s.organization_id, 'when ' || t.name || ' began to serve ' || p.name, s.id, s.from_event, array[p.id, t.id]
            from product_squad s
            join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
            join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
            union all
            select s.organization_id, 'when ' || t.name || ' stopped serving ' || p.name, s.id, s.until_event, array[p.id, t.id]
            from product_squad s
            join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
            join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
            where s.until_at is not null
            union all
            select h.organization_id, 'the beginning of a hat of ' || m.name || ' at ' || p.name, h.id, h.from_event, array[p.id, m.id]
            from product_hat h
            join product p on (p.organization_id, p.id) = (h.organization_id, h.product_id)
            join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
            union all
            select h.organization_id, 'the end of a hat of ' || m.name || ' at ' || p.name, h.id, h.until_event, array[p.id, m.id]
            from product_hat h
            join product p on (p.organization_id, p.id) = (h.organization_id, h.product_id)
            join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
            where h.until_at is not null
            union all
            select a.organization_id, 'the beginning of the apprenticeship of ' || m.name || ' at ' || p.name, a.id, a.from_event, array[p.id, m.id]
            from apprenticeship a
            join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
            join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
            union all
            select a.organization_id, 'the end of the apprenticeship of ' || m.name || ' at ' || p.name, a.id, a.until_event, array[p.id, m.id]
            from apprenticeship a
            join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
            join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
            where a.until_at is not null
        )
        select format('%s: no event tells of %s (%s)', o.slug, told.what, told.id) as "off!"
        from told
        join organization o on o.id = told.organization_id
        where not exists (select from event e
                          where (e.organization_id, e.id) = (told.organization_id, told.event_id) and e.subjects @> told.about)
        order by o.slug, told.what, told.id
        "#,
    )
    .fetch_all(db)
    .await
}

/// The counts that triggers and services keep in a team's row.
pub async fn counts(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with team_now as (
            select o.slug, t.name, t.id, t.member_count, t.mission_version,
                   (select count(*) from membership m
                    where (m.organization_id, m.team_id) = (t.organization_id, t.id) and m.until_at is null) as members,
                   (select coalesce(max(m.version), 0) from mission m
                    where (m.organization_id, m.team_id) = (t.organization_id, t.id))                        as newest,
                   (select count(*) from mission m
                    where (m.organization_id, m.team_id) = (t.organization_id, t.id))                        as missions
            from team t
            join organization o on o.id = t.organization_id
        ), member_now as (
            select o.slug, m.name, m.id, l.share, l.squads, l.word, m.deactivated_at, n.taken, n.in_squads
            from member m
            join organization o on o.id = m.organization_id
            left join member_load l on (l.organization_id, l.member_id) = (m.organization_id, m.id)
            cross join lateral (
                select coalesce(sum(x.allocation), 0) as taken, count(t.id) filter (where t.kind = 'squad') as in_squads
                from membership x
                join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
                where (x.organization_id, x.member_id) = (m.organization_id, m.id) and x.until_at is null) n
        )
        select format('%s: %s (%s) counts %s members and has %s', slug, name, id, member_count, members) as "off!"
        from team_now where member_count <> members
        union all
        select format('%s: the newest mission of %s (%s) should be %s and is %s', slug, name, id, mission_version, newest)
        from team_now where mission_version <> newest
        union all
        select format('%s: %s (%s) has %s missions up to version %s', slug, name, id, missions, newest)
        from team_now where missions <> newest
        union all
        select format('%s: %s (%s) counts %s %% in %s squads and has %s %% in %s', slug, name, id, share, squads, taken, in_squads)
        from member_now where (share, squads) is distinct from (taken::int, in_squads::int)
        union all
        select format('%s: %s (%s) is found among those who could join a squad by %L', slug, name, id, word)
        from member_now where word is distinct from case when deactivated_at is null then lower(name) end
        "#,
    )
    .fetch_all(db)
    .await
}

/// Memberships that cannot be.
pub async fn memberships(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: %s (%s) is deactivated and still in %s (%s)', o.slug, p.name, p.id, t.name, t.id) as "off!"
        from membership m
        join organization o on o.id = m.organization_id
        join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
        join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
        where m.until_at is null and p.deactivated_at is not null
        union all
        select format('%s: %s (%s) is in %s (%s) twice at once', o.slug, p.name, p.id, t.name, t.id)
        from membership m
        join membership later on (later.organization_id, later.team_id, later.member_id) = (m.organization_id, m.team_id, m.member_id)
            and later.id <> m.id and (later.from_at, later.id) > (m.from_at, m.id)
            and (m.until_at is null or m.until_at > later.from_at)
        join organization o on o.id = m.organization_id
        join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
        join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
        "#,
    )
    .fetch_all(db)
    .await
}

/// Links that cannot be: of a team that is no more, of one team alone, twice at once, or with a liaison who was
/// never in their team or left it before they were named.
pub async fn links(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with tie as (
            select l.*, format('%s: the link from %s to %s (%s)', o.slug, coalesce(f.name, 'nowhere'), coalesce(t.name, 'nowhere'), l.id) as said,
                   f.state as from_state, t.state as to_state
            from link l
            join organization o on o.id = l.organization_id
            left join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
            left join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
        )
        select said || ' leads from or to a dissolved team' as "off!"
        from tie where until_at is null and 'dissolved' in (from_state, to_state)
        union all
        select said || ' ties a team to itself, or to one of another organization'
        from tie where from_team_id = to_team_id or num_nulls(from_state, to_state) > 0
        union all
        select tie.said || ' is there twice'
        from tie
        join link other on (other.organization_id, other.from_team_id, other.to_team_id, other.kind)
                         = (tie.organization_id, tie.from_team_id, tie.to_team_id, tie.kind) and other.id < tie.id
        where tie.until_at is null and other.until_at is null
        union all
        select format('%s has a liaison who was never in their team (membership %s)', tie.said, side.seat)
        from tie
        cross join lateral (values (tie.from_team_id, tie.from_liaison_id), (tie.to_team_id, tie.to_liaison_id)) as side (team, seat)
        join membership m on m.organization_id = tie.organization_id and m.id = side.seat
        where m.team_id <> side.team or m.until_at < tie.from_at
        "#,
    )
    .fetch_all(db)
    .await
}

/// Teams that nobody finds under the address that is shown.
pub async fn slugs(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the address %s does not lead to %s (%s)', o.slug, t.slug, t.name, t.id) as "off!"
        from team t
        join organization o on o.id = t.organization_id
        where not exists (select from team_slug s
                          where (s.organization_id, s.kind, s.slug, s.team_id) = (t.organization_id, t.kind, t.slug, t.id))
        order by o.slug, t.name, t.id
        "#,
    )
    .fetch_all(db)
    .await
}

/// References that lead nowhere, of all tables. The catalog says which references there are, so that a table of
/// tomorrow is checked too; it also quotes the names, which is why the statements may be put together here.
pub async fn dangling(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let statements = sqlx::query_scalar!(
        r#"
        select format(
            'select format(''%%s: a row of %1$s refers by %2$s to (%%s), which is not there'',
                           coalesce((select slug from organization o where o.id = %3$s), ''everywhere''), concat_ws('', '', %4$s))
             from %1$s as mine
             where num_nulls(%4$s) = 0
               and not exists (select from %5$s as theirs where (%6$s) = (%4$s))
             limit 100',
            f.conrelid::regclass, f.conname,
            case when exists (select from pg_attribute a
                              where a.attrelid = f.conrelid and a.attname = 'organization_id' and not a.attisdropped)
                 then 'mine.organization_id' else 'null' end,
            (select string_agg(format('mine.%I', a.attname), ', ' order by key.at)
             from unnest(f.conkey) with ordinality as key (attnum, at)
             join pg_attribute a on a.attrelid = f.conrelid and a.attnum = key.attnum),
            f.confrelid::regclass,
            (select string_agg(format('theirs.%I', a.attname), ', ' order by key.at)
             from unnest(f.confkey) with ordinality as key (attnum, at)
             join pg_attribute a on a.attrelid = f.confrelid and a.attnum = key.attnum)) as "statement!"
        from pg_constraint f
        where f.contype = 'f' and f.connamespace = current_schema()::regnamespace
        order by f.conname
        "#,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut off = vec![];
    for statement in statements {
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut *db).await?;
        off.extend(rows);
    }
    Ok(off)
}

/// How many triggers and constraints [`guards`] looks for.
pub const GUARDS: i64 = 110;

/// Triggers and constraints that hold the rules by every path and are gone, switched off or never validated.
#[expect(clippy::too_many_lines, reason = "a table")]
pub async fn guards(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with wanted (kind, of, name) as (values
            ('trigger',    'event',        'event_append_only'),
            ('trigger',    'event',        'event_no_truncate'),
            ('trigger',    'member',       'member_count_admins'),
            ('trigger',    'organization', 'organization_admin'),
            ('trigger',    'membership',   'membership_count_inserted'),
            ('trigger',    'membership',   'membership_count_deleted'),
            ('trigger',    'membership',   'membership_count_updated'),
            ('trigger',    'membership',   'membership_load_inserted'),
            ('trigger',    'membership',   'membership_load_deleted'),
            ('trigger',    'membership',   'membership_load_updated'),
            ('trigger',    'member',       'member_load_begin'),
            ('trigger',    'member',       'member_load_name'),
            ('trigger',    'team',         'team_check_state'),
            ('trigger',    'team',         'team_check_links'),
            ('trigger',    'link',         'link_check_teams'),
            ('trigger',    'product',      'product_led_inserted'),
            ('trigger',    'product',      'product_led_updated'),
            ('trigger',    'product',      'product_check_lead_inserted'),
            ('trigger',    'product',      'product_check_lead'),
            ('trigger',    'product_squad', 'product_squad_inserted'),
            ('trigger',    'product_squad', 'product_squad_updated'),
            ('trigger',    'apprenticeship', 'apprenticeship_inserted'),
            ('trigger',    'apprenticeship', 'apprenticeship_updated'),
            ('trigger',    'apprenticeship', 'apprenticeship_check_lead'),
            ('constraint', 'team',         'team_products_check'),
            ('constraint', 'team',         'team_dissolved_serves'),
            ('constraint', 'member',       'member_leads'),
            ('constraint', 'member',       'member_learns'),
            ('constraint', 'product',      'product_lead_fkey'),
            ('constraint', 'product',      'product_lead_event_fkey'),
            ('constraint', 'product',      'product_key_key'),
            ('constraint', 'product',      'product_squads_check'),
            ('constraint', 'product',      'product_apprentices_check'),
            ('constraint', 'product_squad', 'product_squad_current_key'),
            ('constraint', 'apprenticeship', 'apprenticeship_current_key'),
            ('trigger',    'backlog_item', 'backlog_item_inserted'),
            ('trigger',    'backlog_item', 'backlog_item_updated'),
            ('trigger',    'backlog_item', 'backlog_item_stays'),
            ('trigger',    'backlog_item', 'backlog_item_no_delete'),
            ('trigger',    'backlog_transition', 'backlog_transition_append_only'),
            ('trigger',    'backlog_transition', 'backlog_transition_no_truncate'),
            ('trigger',    'backlog_transition', 'backlog_transition_check_member'),
            ('trigger',    'backlog_passed_over', 'backlog_passed_over_append_only'),
            ('constraint', 'backlog_item', 'backlog_item_holder_fkey'),
            ('constraint', 'backlog_item', 'backlog_item_holder_check'),
            ('constraint', 'backlog_item', 'backlog_item_number_key'),
            ('constraint', 'backlog_item', 'backlog_item_rank_key'),
            ('constraint', 'backlog_item', 'backlog_item_stage_event_fkey'),
            ('constraint', 'backlog_item', 'backlog_item_effect_check'),
            ('constraint', 'backlog_transition', 'backlog_transition_steps'),
            ('constraint', 'backlog_transition', 'backlog_transition_event_fkey'),
            ('constraint', 'product_squad', 'product_squad_in_hand_check'),
            ('constraint', 'product_squad', 'product_squad_expedite_check'),
            ('constraint', 'product_squad', 'product_squad_ended_check'),
            ('trigger',    'coaching_request', 'coaching_request_steps'),
            ('trigger',    'coaching_request', 'coaching_request_no_delete'),
            ('trigger',    'coaching_request', 'coaching_request_check_start'),
            ('trigger',    'coaching_request', 'coaching_request_check_coach'),
            ('trigger',    'coaching_request', 'coaching_request_check_coach_inserted'),
            ('trigger',    'coaching_request', 'coaching_request_check_end'),
            ('trigger',    'coaching_request', 'coaching_request_inserted'),
            ('trigger',    'coaching_request', 'coaching_request_updated'),
            ('trigger',    'coaching_agreement', 'coaching_agreement_final'),
            ('trigger',    'coaching_agreement', 'coaching_agreement_no_delete'),
            ('trigger',    'coaching_agreement', 'coaching_agreement_check_signed'),
            ('trigger',    'coaching_offer', 'coaching_offer_final'),
            ('trigger',    'coaching_offer', 'coaching_offer_no_delete'),
            ('trigger',    'coaching_offer', 'coaching_offer_check'),
            ('trigger',    'coaching_note', 'coaching_note_final'),
            ('trigger',    'team',         'team_dissolved_coaching'),
            ('constraint', 'coaching_request', 'coaching_request_offer_fkey'),
            ('constraint', 'coaching_request', 'coaching_request_offer_key'),
            ('constraint', 'coaching_request', 'coaching_request_raised_event_fkey'),
            ('constraint', 'coaching_request', 'coaching_request_pulled_event_fkey'),
            ('constraint', 'coaching_request', 'coaching_request_state_event_fkey'),
            ('constraint', 'coaching_request', 'coaching_request_agreement_fkey'),
            ('constraint', 'coaching_request', 'coaching_request_agreed_check'),
            ('constraint', 'coaching_request', 'coaching_request_coach_check'),
            ('constraint', 'coaching_request', 'coaching_request_closed_check'),
            ('constraint', 'coaching_agreement', 'coaching_agreement_two_check'),
            ('constraint', 'team',         'squad_max_members'),
            ('constraint', 'team',         'team_member_count_check'),
            ('constraint', 'team',         'team_state_check'),
            ('constraint', 'team',         'team_state_event_fkey'),
            ('constraint', 'membership',   'membership_team_fkey'),
            ('constraint', 'membership',   'membership_member_fkey'),
            ('constraint', 'membership',   'membership_from_event_fkey'),
            ('constraint', 'membership',   'membership_until_event_fkey'),
            ('constraint', 'membership',   'membership_until_check'),
            ('constraint', 'mission',      'mission_event_fkey'),
            ('constraint', 'metric',       'metric_team_fkey'),
            ('constraint', 'metric',       'metric_goal_kind_check'),
            ('constraint', 'check_in',     'check_in_metric_fkey'),
            ('constraint', 'check_in',     'check_in_corrects_key'),
            ('constraint', 'check_in',     'check_in_event_fkey'),
            ('constraint', 'metric_token', 'metric_token_hash_key'),
            ('trigger',    'check_in',     'check_in_append_only'),
            ('trigger',    'check_in',     'check_in_metric_live'),
            ('constraint', 'link',         'link_from_team_fkey'),
            ('constraint', 'link',         'link_to_team_fkey'),
            ('constraint', 'link',         'link_from_liaison_fkey'),
            ('constraint', 'link',         'link_to_liaison_fkey'),
            ('constraint', 'link',         'link_from_event_fkey'),
            ('constraint', 'link',         'link_until_event_fkey'),
            ('constraint', 'link',         'link_teams_check'),
            ('constraint', 'link',         'link_until_check'),
            ('index',      'membership',   'membership_current_key'),
            ('index',      'metric',       'metric_goal_key'),
            ('index',      'link',         'link_current_key'),
            ('index',      'team',         'team_name_key')
        )
        select format('the %s %s on the table %s is gone or switched off', kind, name, of) as "off!"
        from wanted
        where not case kind
            when 'trigger' then exists (select from pg_trigger g
                                        where g.tgrelid = to_regclass(of) and g.tgname = name and g.tgenabled in ('O', 'A'))
            when 'constraint' then exists (select from pg_constraint c where c.conrelid = to_regclass(of) and c.conname = name)
            else exists (select from pg_index i where i.indrelid = to_regclass(of) and i.indexrelid = to_regclass(name)
                           and i.indisunique and i.indisvalid)
        end
        union all
        select format('triggers of the table %s are switched off', g.tgrelid::regclass)
        from pg_trigger g
        join pg_class c on c.oid = g.tgrelid and c.relnamespace = current_schema()::regnamespace
        where g.tgisinternal and g.tgenabled = 'D'
        group by g.tgrelid
        union all
        select format('the constraint %s on the table %s was never validated', c.conname, c.conrelid::regclass)
        from pg_constraint c
        where c.connamespace = current_schema()::regnamespace and not c.convalidated
        "#,
    )
    .fetch_all(db)
    .await
}
