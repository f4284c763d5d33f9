//! More than two dozen squads: one bubble for each area, on an orbit around the core teams, or in rows when there are
//! many areas.

use super::labels::{Side, Want, place};
use super::{
    Node, Orbit, Picture, Point, WIDTH, What, core_places, core_radii, curve, float, spread,
};
use crate::constellation::domain::{Area, Sky};

/// So many areas have room on the orbit.
const ON_ORBIT: usize = 12;
/// Bubbles in a row when there are more.
const IN_A_ROW: usize = 6;
/// Few small areas are drawn so much larger.
const MOST_SCALE: f64 = 1.6;
/// So many ties between areas are drawn: the biggest.
const MAX_TIES: usize = 12;

/// Draws it.
pub(super) fn draw(sky: &Sky) -> Picture {
    let areas = sky.areas();
    let (places, center, height, core) =
        if areas.len() > ON_ORBIT { in_rows(&areas) } else { on_orbit(&areas) };
    let core_size = core_radii(sky.core_teams.len());
    let mut nodes: Vec<(What, Point, f64)> =
        places.iter().enumerate().map(|(n, (at, r))| (What::Area(n), *at, *r)).collect();
    let mut orbits = vec![];
    if core {
        let around = core_places(sky.core_teams.len(), center, core_size);
        nodes.extend(around.into_iter().map(|(what, at)| (what, at, 17.0)));
        if !sky.core_teams.is_empty() {
            orbits.push(Orbit { center, radii: core_size, is_core: true });
        }
    } else if !sky.core_teams.is_empty() {
        nodes.push((What::AllCore, center, 17.0));
    }
    let mut ties = sky.area_ties(&areas);
    // Between rows a line would run across other bubbles; the table and the matrix say it there.
    ties.truncate(if core { MAX_TIES } else { 0 });
    let most = ties.first().map_or(1, |(_, _, n)| *n);
    let lines = ties
        .into_iter()
        .map(|(a, b, n)| {
            let weight = if n * 3 > most * 2 {
                3
            } else if n * 3 > most {
                2
            } else {
                1
            };
            curve(None, weight, places[a], places[b], center)
        })
        .collect();
    Picture { height, orbits, lines, nodes: name(sky, &areas, nodes, height) }
}

type Layout = (Vec<(Point, f64)>, Point, f64, bool);

/// Each squad has about the same room, whichever area it is in.
fn radius(area: &Area, scale: f64) -> f64 {
    (26.0 + 10.0 * float(area.squads.len()).sqrt()) * scale
}

fn on_orbit(areas: &[Area]) -> Layout {
    let all: f64 = areas.iter().map(|area| 2.0 * radius(area, 1.0)).sum();
    let widest = areas.iter().map(|area| radius(area, 1.0)).fold(30.0, f64::max);
    // A bubble is never larger than what leaves the core its place, and all of them have room on their way.
    let scale = (1500.0 / all).min(86.0 / widest).min(MOST_SCALE);
    let widest = widest * scale;
    let height = 720.0;
    let center = Point::new(WIDTH / 2.0, height / 2.0);
    let edge = Point::new(WIDTH / 2.0 - widest - 24.0, height / 2.0 - widest - 46.0);
    let places = spread(areas.len(), center, edge);
    let sized = places.into_iter().zip(areas.iter().map(|area| radius(area, scale))).collect();
    (sized, center, height, true)
}

fn in_rows(areas: &[Area]) -> Layout {
    let widest = areas.iter().map(|area| radius(area, 1.0)).fold(30.0, f64::max);
    let scale = (64.0 / widest).min(1.0);
    let (across, down) = (WIDTH / float(IN_A_ROW), 190.0);
    let place = |(n, area): (usize, &Area)| {
        let x = across * (float(n % IN_A_ROW) + 0.5);
        (Point::new(x, 170.0 + down * float(n / IN_A_ROW)), radius(area, scale))
    };
    let places = areas.iter().enumerate().map(place).collect();
    let height = 100.0 + down * float(areas.len().div_ceil(IN_A_ROW));
    (places, Point::new(WIDTH / 2.0, 34.0), height, false)
}

fn name(sky: &Sky, areas: &[Area], nodes: Vec<(What, Point, f64)>, height: f64) -> Vec<Node> {
    let all = super::core_count(sky.core_teams.len());
    let wants: Vec<_> = nodes
        .iter()
        .map(|(what, at, r)| {
            let (name, size, widest) = match what {
                What::Area(n) => (areas[*n].name.as_str(), 13.0, 150.0),
                What::Core(n) | What::Squad(n) | What::Product(n) => {
                    (sky.core_teams[*n].name.as_str(), 11.5, 110.0)
                }
                What::AllCore => (all.as_str(), 11.5, 110.0),
            };
            let first = if at.y < height / 3.0
                && matches!(what, What::Area(_))
                && areas.len() <= ON_ORBIT
            {
                Side::Above
            } else {
                Side::Below
            };
            Want { name, at: *at, r: *r, size, first, widest }
        })
        .collect();
    let labels = place(&wants, height);
    nodes
        .into_iter()
        .zip(labels)
        .map(|((what, at, r), label)| Node { what, at, r, label })
        .collect()
}
