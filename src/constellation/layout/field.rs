//! A large area: all of its squads in rows, like a field, with the core teams that they are tied to above. Lines stand
//! only between squads: those to core teams would cover the field.

use std::collections::BTreeMap;

use super::orbit::{lines_between, name};
use super::{MAX_CORE_TEAMS, Picture, Point, WIDTH, What, float, squad_radius};
use crate::constellation::domain::Sky;

/// Squads in a row.
const IN_A_ROW: usize = 8;
/// The distance between two squads in a row.
const ACROSS: f64 = 117.0;
/// The distance between two rows.
const DOWN: f64 = 116.0;

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
    for (i, squad) in sky.squads.iter().enumerate() {
        let (row, column) = (i / IN_A_ROW, i % IN_A_ROW);
        let inset = if row % 2 == 0 { 61.0 } else { 61.0 + ACROSS / 2.0 };
        let here = Point::new(inset + ACROSS * float(column), top + 48.0 + DOWN * float(row));
        let r = squad_radius(squad.members) * 0.85;
        nodes.push((What::Squad(i), here, r));
        at.insert(squad.id.0, (here, r + 8.0));
    }
    let rows = sky.squads.len().div_ceil(IN_A_ROW);
    let height = top + 20.0 + DOWN * float(rows);
    let center = Point::new(WIDTH / 2.0, height / 2.0);
    let lines = lines_between(sky, &at, center);
    Picture { height, orbits: vec![], lines, nodes: name(sky, nodes, height, 0.0) }
}
