//! The page of the constellation.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use sqlx::PgPool;

use super::domain::{self, Sky};
use super::map::Map;
use super::table::{self, AreaLine, Line, Matrix, PER_PAGE, ProductLine};
use super::{area_url, db, url};
use crate::error::{Error, Result};
use crate::organizations::{Visitor, unfinished};
use crate::web::shell::{Section, Shell};
use crate::web::{Query, Routes, Who, page};

/// The addresses of the constellation.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/constellation", Who::Member, show)
}

// GET /o/{org}/constellation?view=map|list|matrix&area=…&page=…

/// The same data in three forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum View {
    #[default]
    Map,
    List,
    Matrix,
}

impl View {
    fn word(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::List => "list",
            Self::Matrix => "matrix",
        }
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    view: View,
    area: Option<String>,
    page: Option<usize>,
}

#[derive(Template)]
#[template(path = "constellation/show.html")]
struct ShowPage {
    shell: Shell,
    org: String,
    may_design: bool,
    view: View,
    area: Option<String>,
    sub: String,
    is_empty: bool,
    /// Squads whose findings are being worked out.
    behind: usize,
    map: Option<Map>,
    areas: Vec<AreaLine>,
    lines: Vec<Line>,
    products: Vec<ProductLine>,
    matrix: Matrix,
    previous: Option<String>,
    next: Option<String>,
}

impl ShowPage {
    fn title(&self) -> &str {
        self.area.as_deref().unwrap_or("Constellation")
    }

    fn at(&self, view: View) -> String {
        at(&self.org, view, self.area.as_deref(), 1)
    }

    fn whole(&self) -> String {
        at(&self.org, self.view, None, 1)
    }
}

/// The page's own address in another form.
fn at(org: &str, view: View, area: Option<&str>, page: usize) -> String {
    let mut address = area.map_or_else(|| url(org), |area| area_url(org, area));
    let mut add = |text: String| {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&text);
    };
    if view != View::Map {
        add(format!("view={}", view.word()));
    }
    if page > 1 {
        add(format!("page={page}"));
    }
    address
}

fn sub(sky: &Sky, is_area: bool) -> String {
    let squads = domain::squads(sky.squads.len());
    let in_range = sky.squads.iter().filter(|squad| squad.is_in_range()).count();
    let core = match sky.core_teams.len() {
        1 => "1 core team".to_owned(),
        n => format!("{n} core teams"),
    };
    if is_area {
        return format!("{squads} in this area, {in_range} with 6 to 10 members.");
    }
    let products = match sky.products.len() {
        0 => String::new(),
        1 => ", 1 product".to_owned(),
        n => format!(", {n} products"),
    };
    format!("{squads} at the customer edge, {in_range} with 6 to 10 members{products}, and {core}.")
}

async fn show(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let today = visitor.actor.at.date_naive();
    let (whole, behind) = db::load(&pool, &visitor.actor, today).await?;
    let sky = match &wanted.area {
        Some(area) => whole.area(area).ok_or(Error::NotFound)?,
        None => whole,
    };
    let shown = ShowPage { behind, ..shown(&visitor, wanted, &sky) };
    Ok(unfinished(behind > 0, page(&shown)?))
}

/// The page of a sky, or of one area.
fn shown(visitor: &Visitor, wanted: Wanted, sky: &Sky) -> ShowPage {
    let Wanted { view, area, page } = wanted;
    let org = &visitor.slug;
    let pages = sky.squads.len().div_ceil(PER_PAGE).max(1);
    let page = page.unwrap_or(1).clamp(1, pages);
    let map = (view == View::Map && !sky.squads.is_empty()).then(|| match &area {
        Some(area) => Map::of_area(sky, org, area),
        None => Map::of(sky, org),
    });
    let are_areas = view == View::Map && area.is_none() && sky.is_large();
    let has_lines = view != View::Matrix && !are_areas;
    let to = |page: usize| at(org, View::List, area.as_deref(), page);
    ShowPage {
        shell: visitor.shell(Section::Constellation),
        org: org.clone(),
        may_design: visitor.roles().may_design(),
        view,
        sub: sub(sky, area.is_some()),
        is_empty: sky.squads.is_empty(),
        behind: 0,
        map,
        areas: if are_areas { table::area_lines(sky, org) } else { vec![] },
        lines: if has_lines { table::lines(sky, org, page) } else { vec![] },
        products: if view == View::Matrix || page > 1 {
            vec![]
        } else {
            table::product_lines(sky, org)
        },
        matrix: if view == View::Matrix {
            Matrix::of(sky, org, area.is_some())
        } else {
            Matrix::default()
        },
        previous: (has_lines && page > 1).then(|| to(page - 1)),
        next: (has_lines && page < pages).then(|| to(page + 1)),
        area,
    }
}
