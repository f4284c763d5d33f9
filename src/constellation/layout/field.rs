//! A large area: all of its squads in rows, like a field, with the core teams that they are tied to above. Those who are
//! tied stand beside one another, and lines stand only between neighbours: longer ones, and those to core teams, would
//! cover the field. The table and the matrix have them all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::orbit::{lines_between, name};
use super::{MAX_CORE_TEAMS, Picture, Point, WIDTH, What, float, squad_radius};
use crate::constellation::domain::Sky;

/// Squads in a row.
const IN_A_ROW: usize = 8;
/// The distance between two squads in a row.
const ACROSS: f64 = 117.0;
/// The distance between two rows.
const DOWN: f64 = 128.0;

/// The longest line between two circles.
const NEXT: f64 = 84.0;

/// Draws it.
pub(super) fn draw(sky: &Sky) -> Picture {
    let mut nodes = vec![];
    let mut at = BTreeMap::new();
    let n = sky.core_teams.len();
    let top = if n == 0 { 0.0 } else { 84.0 };
    if n > MAX_CORE_TEAMS {
        let here = Point::new(WIDTH / 2.0, 40.0);
        nodes.push((What::AllCore, here, 17.0));
    } else {
        for i in 0..n {
            let here = Point::new(WIDTH * (float(i) + 0.5) / float(n), 40.0);
            nodes.push((What::Core(i), here, 17.0));
        }
    }
    for (i, squad) in order(sky).into_iter().enumerate() {
        let star = &sky.squads[squad];
        let (row, column) = (i / IN_A_ROW, i % IN_A_ROW);
        let inset = if row % 2 == 0 { 61.0 } else { 61.0 + ACROSS / 2.0 };
        let here = Point::new(inset + ACROSS * float(column), top + 48.0 + DOWN * float(row));
        let r = squad_radius(star.members) * 0.85;
        nodes.push((What::Squad(squad), here, r));
        at.insert(star.id.0, (here, r + 8.0));
    }
    let rows = sky.squads.len().div_ceil(IN_A_ROW);
    let height = top + 20.0 + DOWN * float(rows);
    let center = Point::new(WIDTH / 2.0, height / 2.0);
    let mut lines = lines_between(sky, &at, center);
    lines.retain(|line| line.from.distance(line.to) < NEXT);
    Picture { height, orbits: vec![], lines, nodes: name(sky, nodes, height, 0.0) }
}

/// The squads so that those who are tied follow one another: from the first by name to whoever it is tied to, first to
/// those who have the fewest other ties, and so on.
fn order(sky: &Sky) -> Vec<usize> {
    let place: BTreeMap<Uuid, usize> =
        sky.squads.iter().enumerate().map(|(n, squad)| (squad.id.0, n)).collect();
    let mut tied = vec![vec![]; sky.squads.len()];
    for link in &sky.links {
        if let (Some(a), Some(b)) = (place.get(&link.from.0), place.get(&link.to.0)) {
            tied[*a].push(*b);
            tied[*b].push(*a);
        }
    }
    for all in &mut tied {
        all.sort_unstable();
        all.dedup();
    }
    let mut order = vec![];
    let mut is_placed = vec![false; sky.squads.len()];
    for first in 0..sky.squads.len() {
        let mut next = vec![first];
        while let Some(squad) = next.pop() {
            if std::mem::replace(&mut is_placed[squad], true) {
                continue;
            }
            order.push(squad);
            let mut more: Vec<_> = tied[squad].iter().copied().filter(|n| !is_placed[*n]).collect();
            // The last one is taken first.
            more.sort_by_key(|n| Reverse((tied[*n].len(), *n)));
            next.extend(more);
        }
    }
    order
}
