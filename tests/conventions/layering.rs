//! Who may import whom: a search in the text, since the compiler keeps only private modules apart.

use std::fs;
use std::path::{Path, PathBuf};

/// The features in their order: one may use those before it.
const ORDER: [&str; 30] = [
    "history",
    "accounts",
    "organizations",
    "live",
    "skills",
    "missions",
    "metrics",
    "design",
    "squads",
    "core_teams",
    "links",
    "members",
    "products",
    "backlog",
    "flow",
    "learning",
    "health",
    "health_board",
    "coaching",
    "undo",
    "exchange",
    "designer",
    "constellation",
    "finder",
    "home",
    "work",
    "demo",
    "setup",
    "doctor",
    "serve",
];

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

pub fn all() -> Vec<(PathBuf, String)> {
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

/// The text without its unit tests, comments and documentation.
pub fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The layer of a file: the name of the file, or of the folder that holds the layer's parts.
fn layer(path: &Path) -> String {
    let names: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let after_src = names.iter().rposition(|name| name == "src").unwrap();
    names
        .get(after_src + 2)
        .map_or_else(String::new, |name| name.trim_end_matches(".rs").to_owned())
}

fn feature(path: &Path) -> String {
    let names: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let after_src = names.iter().rposition(|name| name == "src").unwrap();
    names[after_src + 1].trim_end_matches(".rs").to_owned()
}

fn assert_none(broken: &[String]) {
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn sql_stands_only_in_db_files() {
    let allowed = ["transaction", "database", "postgres"];
    let mut broken = vec![];
    for (path, text) in all() {
        let is_db = layer(&path) == "db" || path.file_name().is_some_and(|name| name == "db.rs");
        if !is_db
            && !allowed.contains(&feature(&path).as_str())
            && code(&text).contains("sqlx::query")
        {
            broken.push(format!("{}: SQL belongs into db.rs", path.display()));
        }
    }
    assert_none(&broken);
}

#[test]
fn the_domain_is_pure() {
    let never = [
        "axum",
        "askama",
        "sqlx::query",
        "PgPool",
        "PgConnection",
        "async fn",
        "Utc::now",
        "fastrand",
        "crate::error",
    ];
    let mut broken = vec![];
    for (path, text) in all().into_iter().filter(|(path, _)| layer(path) == "domain") {
        for word in never {
            if code(&text).contains(word) {
                broken.push(format!("{}: the domain does not know {word}", path.display()));
            }
        }
    }
    assert_none(&broken);
}

#[test]
fn storage_and_use_cases_know_nothing_of_pages() {
    let mut broken = vec![];
    for (path, text) in
        all().into_iter().filter(|(path, _)| matches!(layer(path).as_str(), "db" | "service"))
    {
        for word in ["axum", "askama", "crate::web"] {
            if code(&text).contains(word) {
                broken.push(format!("{}: {} does not know {word}", path.display(), layer(&path)));
            }
        }
    }
    assert_none(&broken);
}

#[test]
fn a_feature_uses_only_those_before_it() {
    let mut broken = vec![];
    for (path, text) in all() {
        let own = feature(&path);
        let Some(place) = ORDER.iter().position(|feature| *feature == own) else { continue };
        // The extractor of every page below /o/{org}: pages of earlier features need it too.
        let text = code(&text).replace("crate::organizations::Visitor", "");
        for later in &ORDER[place + 1..] {
            if text.contains(&format!("crate::{later}::")) {
                broken.push(format!("{}: {own} comes before {later}", path.display()));
            }
        }
    }
    assert_none(&broken);
}

#[test]
fn routes_are_added_only_with_who_may_use_them() {
    let allowed = ["web", "serve"];
    let mut broken = vec![];
    for (path, text) in all() {
        if !allowed.contains(&feature(&path).as_str()) && code(&text).contains(".route(") {
            broken.push(format!("{}: add routes with web::Routes", path.display()));
        }
    }
    assert_none(&broken);
}

#[test]
fn every_module_says_what_it_is_for() {
    let broken: Vec<_> = all()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| format!("{}: begin with //!", path.display()))
        .collect();
    assert_none(&broken);
}

#[test]
fn no_file_is_too_long_to_know() {
    let broken: Vec<_> = all()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 600)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert_none(&broken);
}

/// There is no query on tenant data without its organization. The global tables are few and named here; the
/// doctor and the finding of a visitor's own organizations look across on purpose.
#[test]
fn every_query_on_tenant_data_names_the_organization() {
    let tables = [
        "member",
        "invitation",
        "event",
        "skill",
        "member_skill",
        "team",
        "team_slug",
        "hat",
        "membership",
        "membership_hat",
        "skill_need",
        "mission",
        "metric",
        "metric_token",
        "check_in",
        "link",
        "import",
        "presence",
        "open_seat",
        "product",
        "product_slug",
        "product_squad",
        "product_hat",
        "apprenticeship",
        "backlog_item",
        "backlog_transition",
        "backlog_passed_over",
        "backlog_comment",
        "backlog_template",
        "backlog_import",
        "learning_plan",
        "learning_step",
        "learning_evidence",
        "learning_sign_off",
        "learning_reflection",
        "learning_request",
        "learning_feedback",
        "learning_template",
        "health_pack",
        "health_dimension",
        "health_dimension_version",
        "health_schedule",
        "health_schedule_squad",
        "health_round",
        "health_round_dimension",
        "health_round_secret",
        "health_ballot",
        "health_result",
        "health_comment",
        "health_open_answer",
        "health_action",
        "health_board",
        "coaching_coach",
        "coaching_offer",
        "coaching_request",
        "coaching_agreement",
        "coaching_session",
        "coaching_note",
    ];
    let across = ["src/doctor/", "src/accounts/db"];
    let mut broken = vec![];
    for (path, text) in all() {
        let shown = path.display().to_string();
        if across.iter().any(|allowed| shown.contains(allowed))
            || !(layer(&path) == "db" || path.ends_with("db.rs"))
        {
            continue;
        }
        for (n, statement) in text.split("sqlx::query").enumerate().skip(1) {
            let end = statement
                .find(".fetch")
                .or_else(|| statement.find(".execute"))
                .unwrap_or(statement.len());
            let sql = &statement[..end];
            let words: Vec<_> = sql.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            let is_tenants = words.windows(2).any(|pair| {
                matches!(pair[0], "from" | "join" | "into" | "update") && tables.contains(&pair[1])
            });
            if is_tenants && !sql.contains("organization_id") {
                broken.push(format!("{shown}: statement {n} does not name the organization"));
            }
        }
    }
    assert_none(&broken);
}
