//! The page of the constellation.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use sqlx::PgPool;

use super::domain::{self, Sky};
use super::map::Map;
use super::table::{self, AreaLine, Line, Matrix, PER_PAGE, ProductLine};
use super::tint::Colouring;
use super::{area_url, coloured, db, url};
use crate::error::{Error, Result};
use crate::health_board::{self, Dimension};
use crate::organizations::{Visitor, unfinished};
use crate::web::shell::{Section, Shell};
use crate::web::{Query, Routes, Who, page};

/// The addresses of the constellation.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/constellation", Who::Member, show)
}

// GET /o/{org}/constellation?view=map|list|matrix&area=…&colour=…&page=…

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
    colour: String,
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
    /// By what the squads can be coloured, and are.
    dimensions: Vec<Dimension>,
    colouring: Option<Colouring>,
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

/// The dimensions of a pack to choose among: the pack's name, and of each choice what it is called, its word, and whether it is chosen.
type PackChoice<'a> = (&'a str, Vec<(String, String, bool)>);

impl ShowPage {
    fn title(&self) -> &str {
        self.area.as_deref().unwrap_or("Constellation")
    }

    fn at(&self, view: View) -> String {
        at(&self.org, view, self.area.as_deref(), &self.colour(), 1)
    }

    fn whole(&self) -> String {
        at(&self.org, self.view, None, &self.colour(), 1)
    }

    /// The same without colours, where it has some.
    fn clear(&self) -> Option<String> {
        let plain = || at(&self.org, self.view, self.area.as_deref(), "", 1);
        self.colouring.as_ref().map(|_| plain())
    }

    /// The name of what the squads are coloured by.
    fn coloured_by(&self) -> Option<String> {
        self.colouring.as_ref().map(Colouring::title)
    }

    fn colour(&self) -> String {
        self.colouring.as_ref().map_or_else(String::new, Colouring::word)
    }

    /// The dimensions by their packs: what each is called, its word, and whether the squads are coloured by it.
    fn colours(&self) -> Vec<PackChoice<'_>> {
        let mut packs: Vec<PackChoice<'_>> = vec![];
        let colour = self.colour();
        for dimension in &self.dimensions {
            let of = [false, true].map(|is_trend| {
                let one = Colouring { dimension: dimension.clone(), is_trend };
                let word = one.word();
                (one.title(), word.clone(), word == colour)
            });
            match packs.last_mut().filter(|(name, _)| *name == dimension.pack_name) {
                Some((_, all)) => all.extend(of),
                None => packs.push((&dimension.pack_name, of.to_vec())),
            }
        }
        packs
    }
}

/// The page's own address in another form.
fn at(org: &str, view: View, area: Option<&str>, colour: &str, page: usize) -> String {
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
    coloured(address, colour)
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
    let (mut whole, behind) = db::load(&pool, &visitor.actor, today).await?;
    let dimensions = health_board::dimensions(&pool, visitor.tenant()).await?;
    let colouring = Colouring::parse(&wanted.colour, &dimensions);
    if let Some(colouring) = &colouring {
        let cells = health_board::latest(&pool, visitor.tenant(), &colouring.dimension).await?;
        whole = whole.tinted(colouring, &cells);
    }
    let sky = match &wanted.area {
        Some(area) => whole.area(area).ok_or(Error::NotFound)?,
        None => whole,
    };
    let shown = ShowPage { dimensions, behind, ..shown(&visitor, wanted, colouring, &sky) };
    Ok(unfinished(behind > 0, page(&shown)?))
}

/// The page of a sky, or of one area.
fn shown(visitor: &Visitor, wanted: Wanted, colouring: Option<Colouring>, sky: &Sky) -> ShowPage {
    let Wanted { view, area, page, .. } = wanted;
    let colour = colouring.as_ref().map_or_else(String::new, Colouring::word);
    let org = &visitor.slug;
    let pages = sky.squads.len().div_ceil(PER_PAGE).max(1);
    let page = page.unwrap_or(1).clamp(1, pages);
    let map = (view == View::Map && !sky.squads.is_empty()).then(|| match &area {
        Some(area) => Map::of_area(sky, org, area),
        None => Map::of(sky, org),
    });
    let are_areas = view == View::Map && area.is_none() && sky.is_large();
    let has_lines = view != View::Matrix && !are_areas;
    let to = |page: usize| at(org, View::List, area.as_deref(), &colour, page);
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
        dimensions: vec![],
        colouring,
        area,
    }
}
