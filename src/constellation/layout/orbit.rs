//! Up to two dozen squads: core teams in the middle, products around them, squads at the edge, near the customer.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::labels::{Side, Want, place};
use super::order::{End, arrange, seat};
use super::{
    Line, Node, Orbit, Picture, Point, Ring, WIDTH, What, core_places, core_radii, curve, float,
    squad_radius,
};
use crate::constellation::domain::{Link, Sky, Tie};

/// Past so many squads every second one stands further in, so that names have room.
const ONE_ROW: usize = 12;
/// How far outside of its circle a squad's ring reaches.
const RING: f64 = 9.0;

/// Who stands where.
struct Places {
    at: BTreeMap<Uuid, (Point, f64)>,
    nodes: Vec<(What, Point, f64)>,
}

/// Draws it.
pub(super) fn draw(sky: &Sky) -> Picture {
    let n = sky.squads.len();
    let more = float(n.max(ONE_ROW) - ONE_ROW);
    let edge = Point::new(if n > ONE_ROW { 410.0 } else { 424.0 }, 258.0 + 8.0 * more);
    let height = if n > ONE_ROW { 2.0 * edge.y + 150.0 } else { 650.0 };
    let center = Point::new(WIDTH / 2.0, height / 2.0 + 3.0);
    let core = core_radii(sky.core_teams.len());
    let middle =
        Point::new(268.0_f64.max(core.x + 80.0), 166.0_f64.max(core.y + 62.0) + 4.0 * more);

    let (order, groups) = sectors(sky);
    let ring = Ring::new(center, edge);
    let slots = float(order.len().max(1));
    let mut places = ring.at((0..order.len()).map(|slot| float(slot) / slots));
    if n > ONE_ROW {
        for at in places.iter_mut().skip(1).step_by(2) {
            *at = at.towards(center, 0.15);
        }
    }

    let mut known = Places { at: BTreeMap::new(), nodes: vec![] };
    let cores = core_places(sky.core_teams.len(), center, core);
    for (what, at) in &cores {
        match what {
            What::Core(i) => drop(known.at.insert(sky.core_teams[*i].id.0, (*at, 17.0))),
            _ => known.at.extend(sky.core_teams.iter().map(|team| (team.id.0, (*at, 17.0)))),
        }
    }
    for (i, product) in sky.products.iter().enumerate() {
        let mine: Vec<_> = (0..order.len()).filter(|slot| groups[*slot] == i).map(float).collect();
        let mean = mine.iter().sum::<f64>() / float(mine.len().max(1));
        let at = Ring::new(center, middle).at(std::iter::once(mean / slots))[0];
        known.nodes.push((What::Product(i), at, 23.0));
        known.at.insert(product.id, (at, 23.0));
    }

    // Slots without a squad keep a sector open for a product that nobody serves yet.
    let taken: Vec<_> = (0..order.len()).filter(|slot| order[*slot].is_some()).collect();
    let squads: Vec<usize> = taken.iter().filter_map(|slot| order[*slot]).collect();
    let of: BTreeMap<Uuid, usize> =
        squads.iter().enumerate().map(|(n, squad)| (sky.squads[*squad].id.0, n)).collect();
    let places: Vec<Point> = taken.iter().map(|slot| places[*slot]).collect();
    let sector: Vec<usize> = taken.iter().map(|slot| groups[*slot]).collect();
    let ends = ends(sky);
    let arranged = |known: &Places| {
        let lines: Vec<(usize, End)> =
            ends.iter().filter_map(|(a, b, _)| line(&of, known, *a, *b)).collect();
        arrange(&sector, &places, &lines)
    };
    // First the squads around core teams in the order of their names, then the core teams among these squads, then
    // the squads once more.
    let first: BTreeMap<Uuid, Point> = arranged(&known)
        .into_iter()
        .zip(&places)
        .map(|(n, at)| (sky.squads[squads[n]].id.0, *at))
        .collect();
    for (what, at) in seated(sky, &cores, &ends, &first) {
        if let What::Core(i) = what {
            known.at.insert(sky.core_teams[i].id.0, (at, 17.0));
        }
        known.nodes.push((what, at, 17.0));
    }
    for (place, n) in arranged(&known).into_iter().enumerate() {
        let squad = squads[n];
        let r = squad_radius(sky.squads[squad].members);
        known.nodes.push((What::Squad(squad), places[place], r));
        known.at.insert(sky.squads[squad].id.0, (places[place], r + RING));
    }

    let lines = lines_between(sky, &known.at, center);
    let mut orbits = vec![];
    if !sky.core_teams.is_empty() {
        orbits.push(Orbit { center, radii: core, is_core: true });
    }
    if !sky.products.is_empty() {
        orbits.push(Orbit { center, radii: middle, is_core: false });
    }
    if n > 0 {
        orbits.push(Orbit { center, radii: edge, is_core: false });
    }
    Picture { height, orbits, lines, nodes: name(sky, known.nodes, height, height / 3.0) }
}

/// The core teams at places where they look towards the squads that they are tied to.
fn seated(
    sky: &Sky,
    cores: &[(What, Point)],
    ends: &[(Uuid, Uuid, Tie)],
    squads: &BTreeMap<Uuid, Point>,
) -> Vec<(What, Point)> {
    let place = |id: &Uuid| {
        cores
            .iter()
            .position(|(what, _)| matches!(what, What::Core(i) if sky.core_teams[*i].id.0 == *id))
    };
    let lines: Vec<(usize, Point)> = ends
        .iter()
        .flat_map(|(a, b, _)| [(a, b), (b, a)])
        .filter_map(|(core, squad)| Some((place(core)?, *squads.get(squad)?)))
        .collect();
    let points: Vec<Point> = cores.iter().map(|(_, at)| *at).collect();
    let order = seat(&points, &lines);
    cores.iter().zip(order).map(|((what, _), at)| (*what, points[at])).collect()
}

/// The squads in the order of their sectors, with the product that each sector belongs to. A product that no squad
/// serves has an empty place; squads without a product come last.
fn sectors(sky: &Sky) -> (Vec<Option<usize>>, Vec<usize>) {
    let mut order = vec![];
    let mut groups = vec![];
    let mut is_placed = vec![false; sky.squads.len()];
    for (i, product) in sky.products.iter().enumerate() {
        let before = order.len();
        for (n, squad) in sky.squads.iter().enumerate() {
            if !is_placed[n] && product.squads.contains(&squad.id) {
                is_placed[n] = true;
                order.push(Some(n));
            }
        }
        if order.len() == before {
            order.push(None);
        }
        groups.resize(order.len(), i);
    }
    order.extend((0..sky.squads.len()).filter(|n| !is_placed[*n]).map(Some));
    groups.resize(order.len(), sky.products.len());
    (order, groups)
}

/// All ties, those to products among them.
fn ends(sky: &Sky) -> Vec<(Uuid, Uuid, Tie)> {
    let links = sky.links.iter().map(|Link { from, to, kind }| (from.0, to.0, *kind));
    let pulls = sky
        .products
        .iter()
        .flat_map(|product| product.squads.iter().map(|squad| (squad.0, product.id, Tie::Pulls)));
    links.chain(pulls).collect()
}

/// A tie of a squad on the orbit.
fn line(of: &BTreeMap<Uuid, usize>, known: &Places, a: Uuid, b: Uuid) -> Option<(usize, End)> {
    match (of.get(&a), of.get(&b)) {
        (Some(a), Some(b)) => Some((*a, End::Squad(*b))),
        (Some(a), None) => Some((*a, End::Fixed(known.at.get(&b)?.0))),
        (None, Some(b)) => Some((*b, End::Fixed(known.at.get(&a)?.0))),
        (None, None) => None,
    }
}

/// The nodes with their names: squads first, since theirs matter most. In the `upper` part they stand above.
pub(super) fn name(
    sky: &Sky,
    nodes: Vec<(What, Point, f64)>,
    height: f64,
    upper: f64,
) -> Vec<Node> {
    let mut nodes = nodes;
    nodes.sort_by_key(|(what, ..)| match what {
        What::Squad(n) => (0, *n),
        What::Product(n) => (1, *n),
        What::Core(n) | What::Area(n) => (2, *n),
        What::AllCore => (3, 0),
    });
    let all = super::core_count(sky.core_teams.len());
    let wants: Vec<_> = nodes
        .iter()
        .map(|(what, at, r)| match what {
            What::Squad(n) => Want {
                name: &sky.squads[*n].name,
                at: *at,
                r: r + RING,
                size: 13.0,
                first: if at.y < upper { Side::Above } else { Side::Below },
                widest: 150.0,
            },
            What::Product(n) => Want {
                name: &sky.products[*n].name,
                at: *at,
                r: r + 3.0,
                size: 13.0,
                first: Side::Below,
                widest: 130.0,
            },
            What::Core(n) | What::Area(n) => Want {
                name: &sky.core_teams[*n].name,
                at: *at,
                r: *r,
                size: 11.5,
                first: Side::Below,
                widest: 110.0,
            },
            What::AllCore => {
                Want { name: &all, at: *at, r: *r, size: 11.5, first: Side::Below, widest: 110.0 }
            }
        })
        .collect();
    let labels = place(&wants, height);
    nodes
        .into_iter()
        .zip(labels)
        .map(|((what, at, r), label)| Node { what, at, r, label })
        .collect()
}

/// The lines between those who stand somewhere.
pub(super) fn lines_between(
    sky: &Sky,
    at: &BTreeMap<Uuid, (Point, f64)>,
    center: Point,
) -> Vec<Line> {
    ends(sky)
        .into_iter()
        .filter_map(|(a, b, tie)| {
            let (a, b) = (at.get(&a)?, at.get(&b)?);
            (a.0 != b.0).then(|| curve(Some(tie), 1, *a, *b, center))
        })
        .collect()
}
