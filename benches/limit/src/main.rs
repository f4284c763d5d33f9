//! The limit app: the data of Trellis' pages, read in one statement for the session and one for the page, and rendered with
//! nothing around it: no frame, no rights, no findings, no headers, no log. And one change: an item gets another rank, with its event.
//! `limit DATABASE_URL PORT`.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Html;
use axum::routing::{get, post};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// The pages: a name and a statement that answers rows of texts, for the organization `$1` and what the address names, `$2`.
const PAGES: [(&str, &str); 9] = [
    (
        "home",
        "select array[t.name, t.state, t.member_count::text, s.breaches::text, s.warnings::text, g.name]
         from team t join squad_summary s on (s.organization_id, s.team_id) = (t.organization_id, t.id)
         left join metric g on (g.organization_id, g.team_id) = (t.organization_id, t.id) and g.is_goal and g.ended_at is null
         where t.organization_id = $1 and t.kind = 'squad' and t.state <> 'dissolved' and $2 = $2
         order by s.breaches desc, lower(t.name), t.id limit 36",
    ),
    (
        "squad",
        "select array[m.name, m.discipline, x.allocation::text, r.skills]
         from team t
         join membership x on (x.organization_id, x.team_id) = (t.organization_id, t.id) and x.until_at is null
         join member m on (m.organization_id, m.id) = (x.organization_id, x.member_id)
         cross join lateral (select string_agg(k.name || ' ' || l.level, ', ') as skills
                             from member_skill l join skill k on (k.organization_id, k.id) = (l.organization_id, l.skill_id)
                             where (l.organization_id, l.member_id) = (m.organization_id, m.id)) r
         where t.organization_id = $1 and t.slug = $2
         union all
         select array[i.customer, i.value, i.success, i.review_on::text]
         from team t join mission i on (i.organization_id, i.team_id, i.version) = (t.organization_id, t.id, t.mission_version)
         where t.organization_id = $1 and t.slug = $2
         union all
         select array[f->>'title', f->>'reason']
         from team t join squad_summary s on (s.organization_id, s.team_id) = (t.organization_id, t.id), jsonb_array_elements(s.findings) f
         where t.organization_id = $1 and t.slug = $2
         union all
         (select array[e.summary, e.at::text] from team t join event e on e.organization_id = t.organization_id and e.subjects @> array[t.id]
          where t.organization_id = $1 and t.slug = $2 order by e.at desc limit 5)",
    ),
    (
        "squads",
        "select array[t.name, t.slug, t.state, t.pattern, t.member_count::text, g.name, s.able::text, s.breaches::text, s.warnings::text, s.advice::text]
         from team t join squad_summary s on (s.organization_id, s.team_id) = (t.organization_id, t.id)
         left join metric g on (g.organization_id, g.team_id) = (t.organization_id, t.id) and g.is_goal and g.ended_at is null
         where t.organization_id = $1 and t.kind = 'squad' and t.state <> 'dissolved' and $2 = $2
         order by lower(t.name), t.id limit 51",
    ),
    (
        "members",
        "select array[m.name, m.title, m.discipline, x.teams, r.skills]
         from (select * from member where organization_id = $1 and deactivated_at is null and $2 = $2 order by lower(name), id limit 51) m
         cross join lateral (select string_agg(t.name || ' ' || x.allocation, ', ') as teams
                             from membership x join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
                             where (x.organization_id, x.member_id) = (m.organization_id, m.id) and x.until_at is null) x
         cross join lateral (select string_agg(k.name || ' ' || l.level, ', ') as skills
                             from (select * from member_skill where (organization_id, member_id) = (m.organization_id, m.id)
                                   order by level desc limit 3) l
                             join skill k on (k.organization_id, k.id) = (l.organization_id, l.skill_id)) r
         order by lower(m.name), m.id",
    ),
    (
        "member",
        "select array[m.name, m.title, m.discipline, m.time_zone] from member m where m.organization_id = $1 and m.id = $2::uuid
         union all
         select array[t.name, x.allocation::text, x.from_at::text]
         from membership x join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
         where x.organization_id = $1 and x.member_id = $2::uuid
         union all
         select array[k.name, l.level::text, l.rated_at::text]
         from member_skill l join skill k on (k.organization_id, k.id) = (l.organization_id, l.skill_id)
         where l.organization_id = $1 and l.member_id = $2::uuid",
    ),
    (
        "design",
        "select array[m.name, m.title, m.discipline, (100 - coalesce(x.taken, 0))::text, x.teams, r.skills]
         from member m
         left join (select x.member_id, sum(x.allocation) as taken, string_agg(t.name, ', ') as teams
                    from membership x join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
                    where x.organization_id = $1 and x.until_at is null group by x.member_id) x on x.member_id = m.id
         left join (select l.member_id, string_agg(l.level::text, ' ') as skills, count(*) as n
                    from team t join skill_need d on (d.organization_id, d.team_id) = (t.organization_id, t.id)
                    join member_skill l on (l.organization_id, l.skill_id) = (d.organization_id, d.skill_id) and l.level >= d.level
                    where t.organization_id = $1 and t.slug = $2 group by l.member_id) r on r.member_id = m.id
         where m.organization_id = $1 and m.deactivated_at is null
         order by r.n desc nulls last, coalesce(x.taken, 0), lower(m.name), m.id limit 40",
    ),
    (
        "constellation",
        "select array[t.name, t.slug, t.member_count::text, t.state, t.pattern, s.breaches::text, s.warnings::text, s.advice::text]
         from team t left join squad_summary s on (s.organization_id, s.team_id) = (t.organization_id, t.id)
         where t.organization_id = $1 and t.state <> 'dissolved' and $2 = $2
         union all
         select array[l.from_team_id::text, l.to_team_id::text, l.kind] from link l where l.organization_id = $1 and l.until_at is null",
    ),
    (
        "find",
        "select array[k.name, m.name, m.title, l.level::text]
         from skill k
         join member_skill l on (l.organization_id, l.skill_id) = (k.organization_id, k.id) and l.level >= 3
         join member m on (m.organization_id, m.id) = (l.organization_id, l.member_id) and m.deactivated_at is null
         where k.organization_id = $1 and k.search @@ to_tsquery('simple', $2 || ':*')
         order by l.level desc, lower(m.name) limit 40",
    ),
    (
        "board",
        "select array[p.key || '-' || i.number, i.title, left(i.why, 140), i.breadth, i.class, i.stage, t.name, i.blocked_reason,
                      left(i.effect, 140), i.stage_at::date::text, i.number::text]
         from product p
         cross join lateral (
             (select * from backlog_item r where r.organization_id = $1 and r.product_id = p.id and r.stage = 'ready' order by r.rank limit 30)
             union all
             (select h.* from product_squad s
              cross join (values ('in_progress', '-infinity'), ('learning', '-infinity'), ('done', date_trunc('month', now()))) as w (stage, since)
              cross join lateral (select * from backlog_item h where h.organization_id = $1 and h.product_id = p.id and h.squad_id = s.team_id
                                  and h.stage = w.stage and h.stage_at >= w.since
                                  order by h.stage_at, h.id limit 30) h
              where s.organization_id = $1 and s.product_id = p.id and s.standing)) i
         left join team t on (t.organization_id, t.id) = ($1, i.squad_id)
         where p.organization_id = $1 and p.slug = $2",
    ),
];

#[derive(Template)]
#[template(path = "rows.html")]
struct Rows {
    title: &'static str,
    rows: Vec<Vec<Option<String>>>,
}

/// As many bytes for a card as a board's card needs: an address, a menu, what it is about, why, a badge.
#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    rows: Vec<Vec<Option<String>>>,
}

/// The dashboard: a row of the table as it is kept, and what it becomes.
#[derive(sqlx::FromRow)]
struct Kept {
    name: String,
    slug: String,
    round_id: sqlx::types::Uuid,
    eligible: i16,
    answered: i16,
    is_shown: bool,
    dimensions: Vec<sqlx::types::Uuid>,
    names: Vec<String>,
    cells: Vec<u8>,
    months: Vec<u8>,
}

struct HeatCell {
    class: &'static str,
    look: &'static str,
    arrow: &'static str,
    said: &'static str,
    turn: &'static str,
    green: u8,
    amber: u8,
    red: u8,
}

struct HeatRow {
    name: String,
    slug: String,
    round_id: sqlx::types::Uuid,
    eligible: i16,
    answered: i16,
    is_shown: bool,
    cells: Vec<HeatCell>,
    months: Vec<(u8, u8, u8)>,
}

#[derive(Template)]
#[template(path = "heat.html")]
struct Heat {
    columns: Vec<(sqlx::types::Uuid, String)>,
    bars: BTreeSet<(u8, u8, u8)>,
    rows: Vec<HeatRow>,
    across: Vec<(usize, usize, usize)>,
}

fn heat_cell(of: &[u8]) -> HeatCell {
    let (green, amber, red) = (of[0], of[1], of[2]);
    let (class, look, said) = if red >= amber.max(green) {
        ("bad", "r", "Needs help")
    } else if amber >= green {
        ("warn", "a", "Some trouble")
    } else {
        ("good", "g", "Going well")
    };
    let (better, same, worse) = (of[3], of[4], of[5]);
    let (arrow, turn) = if better + same + worse == 0 {
        ("", "")
    } else if worse >= same.max(better) {
        ("w", ", getting worse")
    } else if same >= better {
        ("s", ", same as before")
    } else {
        ("u", ", getting better")
    };
    HeatCell { class, look, arrow, said, turn, green, amber, red }
}

/// `GET /{organization}/heatmap/-`: all squads by all dimensions, from the rows that are kept.
async fn heatmap(
    State(pool): State<Arc<PgPool>>,
    Path((organization, limit)): Path<(String, i64)>,
    headers: HeaderMap,
) -> Result<Html<String>, StatusCode> {
    let tenant = tenant(&pool, &organization, &headers).await?;
    let kept: Vec<Kept> = sqlx::query_as(
        "select t.name, t.slug, b.round_id, b.eligible, b.answered, b.is_shown, b.dimensions, b.cells, b.months,
                case when row_number() over () = 1 then (select array_agg(v.name order by d.position) from health_dimension d
                    join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.id, d.version)
                    where d.organization_id = $1 and d.pack_id = p.id) else '{}' end as names
         from health_pack p
         join team t on t.organization_id = p.organization_id and t.kind = 'squad' and t.state <> 'dissolved'
         cross join lateral (select * from health_board b where b.organization_id = $1 and b.pack_id = p.id and b.team_id = t.id
                             order by b.month desc limit 1) b
         where p.organization_id = $1 and p.slug = 'how-we-work'
         order by lower(t.name), t.id limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(&*pool)
    .await
    .map_err(failed)?;
    let names = kept.iter().find(|row| !row.names.is_empty()).map(|row| row.names.clone());
    let ids = kept.first().map(|row| row.dimensions.clone()).unwrap_or_default();
    let columns: Vec<_> = ids.into_iter().zip(names.unwrap_or_default()).collect();
    let rows: Vec<HeatRow> = kept
        .into_iter()
        .map(|row| HeatRow {
            cells: row.cells.chunks_exact(12).map(heat_cell).collect(),
            months: row.months.chunks_exact(4).map(|of| (of[0], of[1], of[2])).collect(),
            name: row.name,
            slug: row.slug,
            round_id: row.round_id,
            eligible: row.eligible,
            answered: row.answered,
            is_shown: row.is_shown,
        })
        .collect();
    let shown = || rows.iter().filter(|row| row.is_shown);
    let bars = shown().flat_map(|row| &row.cells).map(|c| (c.green, c.amber, c.red)).collect();
    let of = |n: usize, class: &str| shown().filter(|row| row.cells[n].class == class).count();
    let across = (0..columns.len()).map(|n| (of(n, "good"), of(n, "warn"), of(n, "bad"))).collect();
    let html = Heat { columns, bars, rows, across }.render();
    html.map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn page(
    State(pool): State<Arc<PgPool>>,
    Path((organization, name, word)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Html<String>, StatusCode> {
    let tenant = tenant(&pool, &organization, &headers).await?;
    let (title, sql) =
        PAGES.iter().find(|(title, _)| *title == name).ok_or(StatusCode::NOT_FOUND)?;
    let rows =
        sqlx::query_scalar(*sql).bind(tenant).bind(word).fetch_all(&*pool).await.map_err(failed)?;
    let html =
        if *title == "board" { Board { rows }.render() } else { Rows { title, rows }.render() };
    html.map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// `POST /{organization}/move/{product}?{number}`: the item's rank is written again, a little longer or shorter.
async fn change(
    State(pool): State<Arc<PgPool>>,
    Path((organization, product)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<StatusCode, StatusCode> {
    let tenant = tenant(&pool, &organization, &headers).await?;
    let number: i32 = query.and_then(|query| query.parse().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let mut tx = pool.begin().await.map_err(failed)?;
    sqlx::query(
        "update backlog_item set rank = left(rank, 8) || case when length(rank) > 8 then '' else 'V' end, version = version + 1
         where organization_id = $1 and number = $3 and product_id = (select id from product where organization_id = $1 and slug = $2)",
    )
    .bind(tenant)
    .bind(product)
    .bind(number)
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    sqlx::query(
        "insert into event (organization_id, id, at, kind, summary, subjects) values ($1, gen_random_uuid(), now(), 'limit', 'moved it', '{}')",
    )
    .bind(tenant)
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a request costs that asks for one row.
async fn select(
    State(pool): State<Arc<PgPool>>,
    Path(organization): Path<String>,
) -> Result<String, StatusCode> {
    sqlx::query_scalar("select name from organization where slug = $1")
        .bind(organization)
        .fetch_one(&*pool)
        .await
        .map_err(failed)
}

/// The same after the session was looked up.
async fn session(
    State(pool): State<Arc<PgPool>>,
    Path(organization): Path<String>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    tenant(&pool, &organization, &headers).await?;
    select(State(pool), Path(organization)).await
}

fn failed(_: sqlx::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// The organization of the session, one statement.
async fn tenant(
    pool: &PgPool,
    organization: &str,
    headers: &HeaderMap,
) -> Result<sqlx::types::Uuid, StatusCode> {
    let cookies =
        headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token =
        cookies.split("; ").find_map(|pair| pair.strip_prefix("session=")).unwrap_or_default();
    let hash = Sha256::digest(token.as_bytes());
    sqlx::query_scalar(
        "select m.organization_id from session s join member m on m.user_id = s.user_id join organization o on o.id = m.organization_id
         where s.token_hash = $1 and o.slug = $2 and s.expires_at > now()",
    )
    .bind(&hash[..])
    .bind(organization)
    .fetch_optional(pool)
    .await
    .map_err(failed)?
    .ok_or(StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (url, port) = (arguments.next().expect("DATABASE_URL"), arguments.next().expect("PORT"));
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .test_before_acquire(false)
        .connect(&url)
        .await
        .expect("the database answers");
    let app = Router::new()
        .route("/{organization}/hello", get(async || "hello"))
        .route("/{organization}/select", get(select))
        .route("/{organization}/session", get(session))
        .route("/{organization}/heatmap/{limit}", get(heatmap))
        .route("/{organization}/{page}/{word}", get(page))
        .route("/{organization}/move/{product}", post(change))
        .with_state(Arc::new(pool));
    let listener =
        tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    axum::serve(listener, app).await.expect("it serves");
}
