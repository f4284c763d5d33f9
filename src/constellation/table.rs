//! The map's data for reading: squads or areas as a list, ties as a matrix.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::domain::{Area, Sky, Star, Tie};
use super::tint::{Tone, tally};
use crate::ids::TeamId;

/// Squads on one page of the list.
pub const PER_PAGE: usize = 100;
/// Ties that are named in a line; the others are counted.
const NAMED: usize = 3;
/// Squads that are named beside a product; the others are counted.
const SERVING: usize = 6;
/// More teams than this are shown as areas in the matrix.
const MAX_TEAMS_IN_MATRIX: usize = 40;

/// A squad in the list.
#[derive(Debug, Clone)]
pub struct Line {
    /// The squad.
    pub squad: Star,
    /// Its page.
    pub href: String,
    /// Its ties to others.
    pub out: Ties,
    /// Others' ties to it.
    pub into: Ties,
}

/// Ties in words: the first few, and how many more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ties {
    /// "hands over to Fair Bills".
    pub named: Vec<String>,
    /// The others.
    pub more: usize,
}

impl Ties {
    fn push(&mut self, words: String) {
        if self.named.len() < NAMED { self.named.push(words) } else { self.more += 1 }
    }
}

impl Line {
    /// Its ties to others, and theirs to it.
    pub fn ties(&self) -> [&Ties; 2] {
        [&self.out, &self.into]
    }
}

/// The squads of one page of the list.
pub fn lines(sky: &Sky, org: &str, page: usize) -> Vec<Line> {
    let names = names(sky);
    let mut out: HashMap<TeamId, Ties> = HashMap::new();
    let mut into: HashMap<TeamId, Ties> = HashMap::new();
    for link in &sky.links {
        let (Some(from), Some(to)) = (names.get(&link.from), names.get(&link.to)) else { continue };
        out.entry(link.from).or_default().push(format!("{} {to}", link.kind.words()));
        into.entry(link.to).or_default().push(format!("{from} {}", link.kind.short()));
    }
    // Whose backlog a squad pulls from stands before its links.
    let mut pulls: HashMap<TeamId, Ties> = HashMap::new();
    for product in &sky.products {
        for squad in &product.squads {
            let words = format!("{} {}", Tie::Pulls.words(), product.name);
            pulls.entry(*squad).or_default().push(words);
        }
    }
    let squads =
        sky.squads.iter().skip(page.saturating_sub(1).saturating_mul(PER_PAGE)).take(PER_PAGE);
    squads
        .map(|squad| Line {
            squad: squad.clone(),
            href: crate::squads::url(org, &squad.slug),
            out: joined(pulls.remove(&squad.id), out.remove(&squad.id)),
            into: into.remove(&squad.id).unwrap_or_default(),
        })
        .collect()
}

/// Ties one after the other.
fn joined(first: Option<Ties>, second: Option<Ties>) -> Ties {
    let mut ties = first.unwrap_or_default();
    let second = second.unwrap_or_default();
    for words in second.named {
        ties.push(words);
    }
    ties.more += second.more;
    ties
}

/// A product in the list.
#[derive(Debug, Clone)]
pub struct ProductLine {
    /// Its name.
    pub name: String,
    /// Its board.
    pub href: String,
    /// Who leads it.
    pub lead: String,
    /// The squads that serve it: names and pages, the first few.
    pub squads: Vec<Head>,
    /// The others.
    pub more: usize,
}

/// The products of a sky.
pub fn product_lines(sky: &Sky, org: &str) -> Vec<ProductLine> {
    let squads: HashMap<TeamId, Head> =
        sky.squads.iter().map(|squad| (squad.id, squad_head(squad, org))).collect();
    sky.products
        .iter()
        .map(|product| {
            let mut serving: Vec<Head> =
                product.squads.iter().filter_map(|squad| squads.get(squad).cloned()).collect();
            serving.sort_by_cached_key(|head| head.name.to_lowercase());
            let more = serving.len().saturating_sub(SERVING);
            serving.truncate(SERVING);
            ProductLine {
                name: product.name.clone(),
                href: crate::products::url(org, &product.slug),
                lead: product.lead.clone(),
                squads: serving,
                more,
            }
        })
        .collect()
}

fn squad_head(squad: &Star, org: &str) -> Head {
    Head { name: squad.name.clone(), href: crate::squads::url(org, &squad.slug) }
}

fn names(sky: &Sky) -> HashMap<TeamId, &str> {
    let squads = sky.squads.iter().map(|squad| (squad.id, squad.name.as_str()));
    squads.chain(sky.core_teams.iter().map(|team| (team.id, team.name.as_str()))).collect()
}

/// An area in the list.
#[derive(Debug, Clone)]
pub struct AreaLine {
    /// The area.
    pub area: Area,
    /// Its map.
    pub href: String,
    /// The area that it has the most ties with, and how many.
    pub most: Option<(String, usize)>,
    /// How many squads have which colour, where the map is coloured.
    pub tones: Vec<(Tone, usize)>,
}

/// The areas of a sky.
pub fn area_lines(sky: &Sky, org: &str) -> Vec<AreaLine> {
    let areas = sky.areas();
    let ties = sky.area_ties(&areas);
    let most = |n: usize| {
        let (a, b, count) = ties.iter().find(|(a, b, _)| *a == n || *b == n)?;
        Some((areas[if *a == n { *b } else { *a }].name.clone(), *count))
    };
    areas
        .iter()
        .enumerate()
        .map(|(n, area)| AreaLine {
            area: area.clone(),
            href: super::coloured(super::area_url(org, &area.name), &sky.colour),
            most: most(n),
            tones: tally(sky, area),
        })
        .collect()
}

/// Who is tied to whom.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Whether rows and columns are areas, and cells are counts.
    pub is_of_areas: bool,
    /// Who is tied to somebody.
    pub columns: Vec<Head>,
    /// Each of them with its ties to the columns.
    pub rows: Vec<(Head, Vec<Cell>)>,
    /// The kinds that occur.
    pub kinds: Vec<Tie>,
}

/// A row's or column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The name.
    pub name: String,
    /// The page.
    pub href: String,
}

/// Where a row and a column meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// How they are tied.
    pub ties: Vec<Tie>,
    /// How many ties there are, between areas.
    pub count: usize,
}

impl Matrix {
    /// Of teams; of areas if there are too many teams.
    pub fn of(sky: &Sky, org: &str, is_area: bool) -> Self {
        let names = names(sky);
        let links = sky
            .links
            .iter()
            .filter(|link| names.contains_key(&link.from) && names.contains_key(&link.to))
            .flat_map(|link| [link.from.0, link.to.0]);
        let pulling = pulls(sky).flat_map(|(squad, product)| [squad.0, product]);
        let tied: BTreeSet<Uuid> = links.chain(pulling).collect();
        let mut matrix = if tied.len() > MAX_TEAMS_IN_MATRIX && !is_area {
            of_areas(sky, org)
        } else {
            of_teams(sky, org, &tied)
        };
        let pulling = pulls(sky).map(|_| Tie::Pulls);
        matrix.kinds = sky.links.iter().map(|link| link.kind).chain(pulling).collect();
        matrix.kinds.sort_unstable();
        matrix.kinds.dedup();
        matrix
    }
}

/// Which squad pulls from the backlog of which product.
fn pulls(sky: &Sky) -> impl Iterator<Item = (TeamId, Uuid)> {
    let squads: BTreeSet<TeamId> = sky.squads.iter().map(|squad| squad.id).collect();
    let all = sky
        .products
        .iter()
        .flat_map(|product| product.squads.iter().map(move |squad| (*squad, product.id)));
    all.filter(move |(squad, _)| squads.contains(squad))
}

fn of_teams(sky: &Sky, org: &str, tied: &BTreeSet<Uuid>) -> Matrix {
    let squads = sky.squads.iter().map(|squad| (squad.id.0, squad_head(squad, org)));
    let core = sky.core_teams.iter().map(|team| {
        (team.id.0, Head { name: team.name.clone(), href: crate::core_teams::url(org, &team.slug) })
    });
    let products = sky.products.iter().map(|product| {
        let href = crate::products::url(org, &product.slug);
        (product.id, Head { name: product.name.clone(), href })
    });
    let heads: Vec<(Uuid, Head)> =
        squads.chain(core).chain(products).filter(|(id, _)| tied.contains(id)).collect();
    let place: HashMap<Uuid, usize> =
        heads.iter().enumerate().map(|(n, (id, _))| (*id, n)).collect();
    let mut rows = vec![vec![Cell::default(); heads.len()]; heads.len()];
    let links = sky.links.iter().map(|link| (link.from.0, link.to.0, link.kind));
    let pulling = pulls(sky).map(|(squad, product)| (squad.0, product, Tie::Pulls));
    for (from, to, kind) in links.chain(pulling) {
        if let (Some(from), Some(to)) = (place.get(&from), place.get(&to)) {
            rows[*from][*to].ties.push(kind);
            rows[*from][*to].count += 1;
        }
    }
    let columns: Vec<_> = heads.into_iter().map(|(_, head)| head).collect();
    Matrix { rows: columns.iter().cloned().zip(rows).collect(), columns, ..Matrix::default() }
}

fn of_areas(sky: &Sky, org: &str) -> Matrix {
    let areas = sky.areas();
    let mut columns: Vec<_> = areas
        .iter()
        .map(|area| Head { name: area.name.clone(), href: super::area_url(org, &area.name) })
        .collect();
    let mut place = BTreeMap::new();
    for (n, area) in areas.iter().enumerate() {
        place.extend(area.squads.iter().map(|squad| (sky.squads[*squad].id.0, n)));
    }
    if !sky.core_teams.is_empty() {
        place.extend(sky.core_teams.iter().map(|team| (team.id.0, columns.len())));
        columns.push(Head { name: "Core teams".into(), href: format!("/o/{org}/core-teams") });
    }
    if !sky.products.is_empty() {
        place.extend(sky.products.iter().map(|product| (product.id, columns.len())));
        columns.push(Head { name: "Products".into(), href: crate::products::list_url(org) });
    }
    let mut rows = vec![vec![Cell::default(); columns.len()]; columns.len()];
    let links = sky.links.iter().map(|link| (link.from.0, link.to.0));
    let pulling = pulls(sky).map(|(squad, product)| (squad.0, product));
    for (from, to) in links.chain(pulling) {
        if let (Some(from), Some(to)) = (place.get(&from), place.get(&to)) {
            rows[*from][*to].count += 1;
        }
    }
    let rows = columns.iter().cloned().zip(rows).collect();
    Matrix { is_of_areas: true, rows, columns, kinds: vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constellation::domain::Link;

    fn sky(n: usize) -> Sky {
        let squads: Vec<_> = (0..n)
            .map(|i| Star {
                id: TeamId(uuid::Uuid::from_u128(u128::try_from(i).unwrap())),
                name: format!("Squad {i:03}"),
                slug: format!("squad-{i}"),
                members: 7,
                is_active: true,
                area: Some(format!("Area {}", i % 3)),
                tally: crate::design::Tally::default(),
                ring: vec![],
                tint: None,
            })
            .collect();
        let links = (0..n)
            .map(|i| Link { from: squads[i].id, to: squads[(i + 1) % n].id, kind: Tie::HandsOver })
            .collect();
        Sky { squads, links, ..Sky::default() }.sorted()
    }

    #[test]
    fn the_matrix_says_who_is_tied_to_whom_and_which_way() {
        let matrix = Matrix::of(&sky(4), "norvik", false);
        assert_eq!((matrix.columns.len(), matrix.is_of_areas), (4, false));
        assert_eq!(matrix.rows[0].1[1].ties, [Tie::HandsOver]);
        assert_eq!(matrix.rows[1].1[0].ties, []);
    }

    #[test]
    fn a_product_stands_in_the_matrix_and_beside_the_squads_that_pull_from_it() {
        let mut sky = sky(4);
        let product =
            |n: u128, name: &str, squads: &[usize]| crate::constellation::domain::Product {
                id: Uuid::from_u128(1_000 + n),
                name: name.to_owned(),
                slug: name.to_lowercase(),
                lead: "Hana Sato".to_owned(),
                squads: squads.iter().map(|n| sky.squads[*n].id).collect(),
            };
        sky.products = vec![product(0, "App", &[2, 0]), product(1, "Kiosk", &[])];

        let matrix = Matrix::of(&sky, "norvik", false);
        assert_eq!(matrix.columns.len(), 5, "a product that nobody serves has no ties");
        assert_eq!(matrix.rows[0].1[4].ties, [Tie::Pulls]);
        assert_eq!(matrix.rows[1].1[4].ties, []);
        assert!(matrix.kinds.contains(&Tie::Pulls));

        let first = lines(&sky, "norvik", 1).remove(0);
        let said = ["pulls from the backlog of App", "hands over to Squad 001"];
        assert_eq!(first.out.named, said);
        let products = product_lines(&sky, "norvik");
        let squads: Vec<_> = products[0].squads.iter().map(|head| head.name.as_str()).collect();
        assert_eq!(squads, ["Squad 000", "Squad 002"]);
        assert_eq!((products[1].squads.len(), products[0].more), (0, 0));
    }

    #[test]
    fn forty_teams_have_their_own_rows_and_forty_one_are_areas() {
        assert!(!Matrix::of(&sky(40), "norvik", false).is_of_areas);
        let areas = Matrix::of(&sky(41), "norvik", false);
        assert!(areas.is_of_areas);
        assert_eq!(
            areas.rows.iter().flat_map(|(_, cells)| cells).map(|cell| cell.count).sum::<usize>(),
            41
        );
    }

    #[test]
    fn the_list_has_its_pages() {
        let sky = sky(201);
        assert_eq!([1, 2, 3, 4].map(|page| lines(&sky, "norvik", page).len()), [100, 100, 1, 0]);
        assert_eq!(lines(&sky, "norvik", usize::MAX).len(), 0);
        assert_eq!(lines(&sky, "norvik", 1)[0].out.named, ["hands over to Squad 001"]);
        assert_eq!(lines(&sky, "norvik", 1)[1].into.named, ["Squad 000 hands over"]);
    }
}
