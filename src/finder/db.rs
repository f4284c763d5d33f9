//! Every SQL statement of the finder. Words arrive in two arrays, which `finder_query` turns into what is asked for.

use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::domain::{Looked, MARK, Word};
use crate::actor::Tenant;
use crate::ids::{MemberId, SkillId, TeamId};
use crate::skills::Level;

fn split(words: &[Word]) -> (Vec<String>, Vec<bool>) {
    words.iter().map(|word| (word.text.clone(), word.is_prefix)).unzip()
}

/// How the database marks the words that matched.
fn marks() -> String {
    format!("StartSel={},StopSel={},HighlightAll=true", MARK.0, MARK.1)
}

/// Looks for each word by itself; for the first few that are not there (`corrected`) also for words that are spelled like them, which
/// a text has or had.
pub async fn look(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    words: &[Word],
    corrected: usize,
) -> sqlx::Result<Vec<Looked>> {
    let (texts, prefixes) = split(words);
    sqlx::query_as!(
        Looked,
        r#"
        select word.is_found as "is_found!",
               word.stem     as "stem!",
               case when word.is_found or word.is_stop
                         or count(*) filter (where not (word.is_found or word.is_stop)) over (order by word.n) > $4 then '{}'
                    else array(select finder_near($1, word.text, word.stem)) end as "near!"
        from (select asked.n, asked.text,
                     to_tsvector('english', asked.text) = '' as is_stop,
                     coalesce((ts_lexize('english_stem', asked.text))[1], asked.text) as stem,
                     exists (select from member m
                             where m.organization_id = $1 and m.deactivated_at is null and m.search @@ asked.query)
                     or exists (select from team t
                                where t.organization_id = $1 and t.state <> 'dissolved' and t.search @@ asked.query)
                     or exists (select from skill s
                                where s.organization_id = $1 and s.archived_at is null and s.search @@ asked.query)
                     or exists (select from mission i
                                join team t on (t.organization_id, t.id, t.mission_version) = (i.organization_id, i.team_id, i.version)
                                where i.organization_id = $1 and i.search @@ asked.query and t.state <> 'dissolved')
                     or exists (select from product p
                                where p.organization_id = $1 and p.ended_at is null and p.search @@ asked.query)
                     or exists (select from backlog_item b
                                where b.organization_id = $1
                                  and b.search @@ to_tsquery('simple', coalesce((ts_lexize('english_stem', asked.text))[1], asked.text) || ':*')
                                  and b.stage in ('proposed', 'ready', 'in_progress', 'learning'))
                         as is_found
              from (select n, text, finder_query(text, is_prefix) as query
                    from unnest($2::text[], $3::boolean[]) with ordinality as given (text, is_prefix, n)) asked
              offset 0) word
        order by word.n
        "#,
        tenant.organization_id().0,
        &texts,
        &prefixes,
        i64::try_from(corrected).unwrap_or(i64::MAX),
    )
    .fetch_all(db)
    .await
}

/// A member who is found.
#[derive(Debug, Clone)]
pub struct MemberHit {
    pub id: MemberId,
    /// The name as it is.
    pub plain: String,
    /// Name and title with marks.
    pub name: String,
    pub title: String,
    /// The skills that fit, the best first, three at most.
    pub skills: Json<Vec<CanDo>>,
    /// What their teams leave of their time, in percent.
    pub free: i64,
    /// How many members are found.
    pub total: i64,
}

/// A skill that fits, at somebody's level.
#[derive(Debug, Clone, Deserialize)]
pub struct CanDo {
    pub name: String,
    pub level: Level,
}

/// Skills whose members are looked for: those that fit the most words.
const FITTING: i64 = 20;
/// Members who fit best and are freest, of whom the names are put in order; more than are ever shown.
const RANKED: i64 = 200;

/// Members by name, title and discipline, and by the skills that they have: who fits more of the words first, then by level
/// and free share.
pub async fn members(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    words: &[Word],
    limit: i64,
) -> sqlx::Result<Vec<MemberHit>> {
    let (texts, prefixes) = split(words);
    sqlx::query_as!(
        MemberHit,
        r#"
        with word as materialized (
            select 1 << n::int as bit, finder_query(text, is_prefix) as query
            from unnest($2::text[], $3::boolean[]) with ordinality as given (text, is_prefix, n)
        ), fitting as materialized (
            select s.id, s.name, bit_or(word.bit) as bits, count(*) as words
            from word join skill s on s.organization_id = $1 and s.archived_at is null and s.search @@ word.query
            group by s.id, s.name
            order by count(*) desc, lower(s.name), s.id
            limit $7
        ), hit as materialized (
            select m.id, word.bit as in_text, 0 as in_skills, null::bigint as score
            from word
            cross join lateral (select m.id from member m where m.organization_id = $1 and m.search @@ word.query offset 0) m
            union all
            select r.member_id, 0, k.bits, k.words * 10 + r.level
            from fitting k join member_skill r on r.organization_id = $1 and r.skill_id = k.id and r.level is not null
        ), ranked as (
            select h.id, h.words, h.in_text, h.score, count(*) over () as total
            from (select id, max(score) as score, bit_count(bit_or(in_text | in_skills)::bit(32)) as words,
                         bit_count(bit_or(in_text)::bit(32)) as in_text, least(coalesce(sum(taken), 0), 100) as taken
                  from (select id, in_text, in_skills, score, null::smallint as taken from hit
                        union all
                        -- Where more are found than are put in order, what everybody's teams take, in one pass.
                        select x.member_id, 0, 0, null, x.allocation
                        from membership x
                        where x.organization_id = $1 and x.until_at is null and (select count(*) from hit) > $6) one
                  group by id
                  having bit_or(in_text | in_skills) <> 0) h
            where h.id not in (select m.id from member m where m.organization_id = $1 and m.deactivated_at is not null)
            order by h.words desc, h.score desc nulls last, h.in_text desc, h.taken, h.id
            limit $6
        ), found as materialized (
            select m.id, m.name, m.title, m.discipline, r.words, r.in_text, r.score, r.total,
                   greatest(100 - coalesce((select sum(x.allocation) from membership x
                                            where x.organization_id = $1 and x.member_id = r.id and x.until_at is null), 0), 0) as free
            from ranked r join member m on m.organization_id = $1 and m.id = r.id
            order by r.words desc, r.score desc nulls last, r.in_text desc, free desc, lower(m.name), m.id
            limit $4
        )
        select f.id as "id: MemberId",
               f.name as plain,
               ts_headline('simple', f.name, every.query, $5) as "name!",
               ts_headline('english', concat_ws(' · ', nullif(f.title, ''), nullif(f.discipline, '')), every.query, $5) as "title!",
               coalesce((select json_agg(json_build_object('name', top.name, 'level', top.level)
                                         order by top.words desc, top.level desc, lower(top.name))
                         from (select k.name, r.level, k.words
                               from fitting k
                               join member_skill r on r.organization_id = $1 and r.member_id = f.id and r.skill_id = k.id
                                                      and r.level is not null
                               order by k.words desc, r.level desc, lower(k.name)
                               limit 3) top), '[]') as "skills!: Json<Vec<CanDo>>",
               f.free::bigint as "free!",
               f.total as "total!"
        from found f, (select (string_agg(query::text, ' | ') filter (where numnode(query) > 0))::tsquery as query from word) every
        order by f.words desc, f.score desc nulls last, f.in_text desc, f.free desc, lower(f.name), f.id
        "#,
        tenant.organization_id().0,
        &texts,
        &prefixes,
        limit,
        marks(),
        RANKED,
        FITTING,
    )
    .fetch_all(db)
    .await
}

/// A squad or core team that is found.
#[derive(Debug, Clone)]
pub struct TeamHit {
    pub id: TeamId,
    pub is_squad: bool,
    /// The name as it is.
    pub plain: String,
    /// The name with marks.
    pub name: String,
    pub slug: String,
    pub is_forming: bool,
    /// Its mission or description, whichever fits, else whom it serves; with marks.
    pub about: String,
    /// How many of its members can do what is asked for, alone or better.
    pub able: i64,
    /// In which skills, two at most.
    pub skills: Vec<String>,
    /// How many teams of this kind are found.
    pub total: i64,
}

/// Squads by name, description, mission and by what their members can do; core teams by name and description. At most
/// `limit` of each kind, the squads first.
pub async fn teams(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    words: &[Word],
    limit: i64,
) -> sqlx::Result<Vec<TeamHit>> {
    let (texts, prefixes) = split(words);
    sqlx::query_as!(
        TeamHit,
        r#"
        with word as materialized (
            select 1 << n::int as bit, finder_query(text, is_prefix) as query
            from unnest($2::text[], $3::boolean[]) with ordinality as given (text, is_prefix, n)
        ), fitting as materialized (
            select s.id, s.name, bit_or(word.bit) as bits, count(*) as words
            from word join skill s on s.organization_id = $1 and s.archived_at is null and s.search @@ word.query
            group by s.id, s.name
            order by count(*) desc, lower(s.name), s.id
            limit $7
        ), able as materialized (
            select x.team_id, count(*) as members, bit_or(one.bits) as bits
            from (select r.member_id, bit_or(k.bits) as bits
                  from fitting k join member_skill r on r.organization_id = $1 and r.skill_id = k.id and r.level >= $6
                  group by r.member_id) one
            join membership x on x.organization_id = $1 and x.member_id = one.member_id and x.until_at is null
            group by x.team_id
        ), hit as (
            select t.id, word.bit as in_text, 0 as in_skills
            from word
            cross join lateral (select t.id from team t where t.organization_id = $1 and t.search @@ word.query offset 0) t
            union all
            select t.id, word.bit, 0
            from word
            cross join lateral (select i.organization_id, i.team_id, i.version from mission i
                                where i.organization_id = $1 and i.search @@ word.query offset 0) i
            join team t on (t.organization_id, t.id, t.mission_version) = (i.organization_id, i.team_id, i.version)
            union all
            select able.team_id, 0, able.bits
            from able
        ), found as materialized (
            select t.id, t.kind, t.name, t.slug, t.state, t.description, t.mission_version,
                   coalesce(able.members, 0) as able,
                   count(*) over (partition by t.kind) as total,
                   row_number() over (partition by t.kind
                                      order by h.words desc, h.in_text desc, able.members desc nulls last, lower(t.name), t.id) as place
            from (select id, bit_count(bit_or(in_text | in_skills)::bit(32)) as words, bit_count(bit_or(in_text)::bit(32)) as in_text
                  from hit group by id) h
            join team t on t.organization_id = $1 and t.id = h.id and t.state <> 'dissolved' and (t.kind = 'squad' or h.in_text > 0)
            left join able on able.team_id = h.id
        )
        select f.id as "id: TeamId",
               f.kind = 'squad' as "is_squad!",
               f.name as plain,
               ts_headline('english', f.name, every.query, $5) as "name!",
               f.slug,
               f.state = 'forming' as "is_forming!",
               ts_headline('english',
                           case when i.search @@ every.query
                                then concat_ws(' · ', nullif(i.customer, ''), nullif(i.value, ''), nullif(i.success, ''))
                                when to_tsvector('english', f.description) @@ every.query then f.description
                                else coalesce(nullif(i.customer, ''), f.description) end,
                           every.query, $5) as "about!",
               f.able as "able!",
               case when f.able = 0 then '{}' else
                    array(with own as materialized (
                              select r.skill_id, count(*) as members
                              from membership x
                              join member_skill r on r.organization_id = $1 and r.member_id = x.member_id and r.level >= $6
                              where x.organization_id = $1 and x.team_id = f.id and x.until_at is null
                              group by r.skill_id)
                          select k.name from own join fitting k on k.id = own.skill_id
                          order by k.words desc, own.members desc, lower(k.name)
                          limit 2) end as "skills!",
               f.total as "total!"
        from found f
        cross join (select (string_agg(query::text, ' | ') filter (where numnode(query) > 0))::tsquery as query from word) every
        left join mission i on i.organization_id = $1 and i.team_id = f.id and i.version = f.mission_version
        where f.place <= $4
        order by f.kind desc, f.place
        "#,
        tenant.organization_id().0,
        &texts,
        &prefixes,
        limit,
        marks(),
        Level::ABLE.number(),
        FITTING,
    )
    .fetch_all(db)
    .await
}

/// A skill that is found.
#[derive(Debug, Clone)]
pub struct SkillHit {
    pub id: SkillId,
    /// Name and description with marks.
    pub name: String,
    pub description: String,
    /// How many members can do it alone or better, and how many of them can teach it.
    pub able: i64,
    pub teach: i64,
    /// How many skills are found.
    pub total: i64,
}

/// Skills by name and description: what fits more of the words first.
pub async fn skills(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    words: &[Word],
    limit: i64,
) -> sqlx::Result<Vec<SkillHit>> {
    let (texts, prefixes) = split(words);
    sqlx::query_as!(
        SkillHit,
        r#"
        with word as materialized (
            select n, finder_query(text, is_prefix) as query
            from unnest($2::text[], $3::boolean[]) with ordinality as given (text, is_prefix, n)
        ), found as materialized (
            select s.id, s.name, s.description, count(*) as words, count(*) over () as total
            from word join skill s on s.organization_id = $1 and s.archived_at is null and s.search @@ word.query
            group by s.organization_id, s.id
            order by count(*) desc, lower(s.name), s.id
            limit $4
        ), counted as materialized (
            select r.skill_id, count(*) as able, count(*) filter (where r.level >= $7) as teach
            from found
            join member_skill r on r.organization_id = $1 and r.skill_id = found.id and r.level >= $6
            where r.member_id not in (select m.id from member m where m.organization_id = $1 and m.deactivated_at is not null)
            group by r.skill_id
        )
        select f.id as "id: SkillId",
               ts_headline('english', f.name, every.query, $5) as "name!",
               ts_headline('english', f.description, every.query, $5) as "description!",
               coalesce(c.able, 0) as "able!",
               coalesce(c.teach, 0) as "teach!",
               f.total as "total!"
        from found f
        cross join (select (string_agg(query::text, ' | ') filter (where numnode(query) > 0))::tsquery as query from word) every
        left join counted c on c.skill_id = f.id
        order by f.words desc, lower(f.name), f.id
        "#,
        tenant.organization_id().0,
        &texts,
        &prefixes,
        limit,
        marks(),
        Level::ABLE.number(),
        Level::TEACHES.number(),
    )
    .fetch_all(db)
    .await
}

/// A product or an item of its backlog that is found.
#[derive(Debug, Clone)]
pub struct WorkHit {
    /// The number of the item; none for a product.
    pub number: Option<i32>,
    /// The letters of the product.
    pub key: String,
    /// The product's word in addresses.
    pub slug: String,
    /// The product's name as it is.
    pub product: String,
    /// The name or title with marks.
    pub name: String,
    /// The product's description, or the first line of why an item matters; with marks.
    pub about: String,
    /// Where an item stands.
    pub stage: Option<String>,
    /// Who leads the product, or the squad that holds the item.
    pub who: Option<String>,
    /// How many squads serve the product.
    pub squads: i64,
    /// How many of this kind are found; items are counted as far as they are put in order.
    pub total: i64,
}

/// Products by name and description, what fits more of the words first; and items that are open and have every word, those with
/// all of them in the title first, then those in work. At most `limit` of each kind, the products first. Of items that fit no more
/// than `RANKED` are read.
pub async fn work(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    words: &[Word],
    limit: i64,
) -> sqlx::Result<Vec<WorkHit>> {
    let (texts, prefixes) = split(words);
    sqlx::query_as!(
        WorkHit,
        r#"
        with word as materialized (
            select n, text, finder_query(text, is_prefix) as query
            from unnest($2::text[], $3::boolean[]) with ordinality as given (text, is_prefix, n)
        ), every as materialized (
            select (string_agg(query::text, ' | ') filter (where numnode(query) > 0))::tsquery as query,
                   -- An item's words are kept as they are written: a stem is asked for as their beginning.
                   to_tsquery('simple', string_agg(coalesce((ts_lexize('english_stem', text))[1], text) || ':*', ' & ')
                                        filter (where to_tsvector('english', text) <> '')) as all_words
            from word
        ), product_found as materialized (
            select p.id, p.name, p.key, p.slug, p.description, p.lead_id, count(*) as words, count(*) over () as total
            from word join product p on p.organization_id = $1 and p.ended_at is null and p.search @@ word.query
            group by p.organization_id, p.id
            order by count(*) desc, lower(p.name), p.id
            limit $4
        ), fitting as materialized (
            select i.id, i.product_id, i.number, i.title, i.why, i.stage, i.squad_id, i.rank
            from every cross join backlog_item i
            where i.organization_id = $1 and i.search @@ every.all_words and i.stage in ('proposed', 'ready', 'in_progress', 'learning')
            limit $6
        ), item_found as materialized (
            select f.*, count(*) over () as total,
                   row_number() over (order by to_tsvector('simple', f.title) @@ every.all_words desc,
                                               array_position(array['in_progress', 'learning', 'ready', 'proposed'], f.stage),
                                               f.product_id, f.rank) as place
            from fitting f cross join every
            order by place
            limit $4
        )
        select number, key as "key!", slug as "slug!", product as "product!", name as "name!", about as "about!",
               stage as "stage?", who, squads as "squads!", total as "total!"
        from (
        select null::integer as number, f.key, f.slug, f.name as product,
               ts_headline('english', f.name, every.query, $5) as name,
               ts_headline('english', f.description, every.query, $5) as about,
               null as stage, l.name as who,
               (select count(*) from product_squad ps
                where ps.organization_id = $1 and ps.product_id = f.id and ps.until_at is null) as squads,
               f.total, 0::bigint as place, f.words as fit
        from product_found f cross join every
        join member l on l.organization_id = $1 and l.id = f.lead_id
        union all
        select f.number, p.key, p.slug, p.name,
               ts_headline('simple', f.title, every.all_words, $5),
               ts_headline('simple', left(split_part(f.why, e'\n', 1), 140), every.all_words, $5),
               f.stage, t.name, 0, f.total, f.place, 0
        from item_found f cross join every
        join product p on p.organization_id = $1 and p.id = f.product_id
        left join team t on t.organization_id = $1 and t.id = f.squad_id
        ) hit
        order by place, fit desc, lower(product), key
        "#,
        tenant.organization_id().0,
        &texts,
        &prefixes,
        limit,
        marks(),
        RANKED,
    )
    .fetch_all(db)
    .await
}

/// The item with a key: the letters of its product, and its number.
pub async fn keyed(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    (letters, number): (&str, i32),
) -> sqlx::Result<Option<WorkHit>> {
    sqlx::query_as!(
        WorkHit,
        r#"
        select i.number as "number?", p.key, p.slug, p.name as product, i.title as name,
               left(split_part(i.why, e'\n', 1), 140) as "about!", i.stage as "stage?", t.name as "who?", 0::bigint as "squads!",
               1::bigint as "total!"
        from product p
        join backlog_item i on (i.organization_id, i.product_id) = (p.organization_id, p.id) and i.number = $3
        left join team t on (t.organization_id, t.id) = (i.organization_id, i.squad_id)
        where p.organization_id = $1 and p.key = $2
        "#,
        tenant.organization_id().0,
        letters,
        number,
    )
    .fetch_optional(db)
    .await
}
