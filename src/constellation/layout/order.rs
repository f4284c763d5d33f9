//! The order of squads on their orbit, so that lines are short and cross little.

use super::Point;

/// Past so many lines crossings are not counted: short lines cross little by themselves.
const MAX_LINES: usize = 80;
/// How often the orbit is walked around.
const WALKS: usize = 10;
/// How much longer lines may be for one crossing less.
const CROSSING: f64 = 90.0;

/// The other end of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// A squad on the orbit.
    Squad(usize),
    /// Something that stays where it is.
    Fixed(Point),
}

/// Which squad stands at each place. Neighbours of one group change places as long as that makes the picture better;
/// without lines nothing moves.
pub(super) fn arrange(groups: &[usize], places: &[Point], lines: &[(usize, End)]) -> Vec<usize> {
    let n = places.len();
    let mut at: Vec<usize> = (0..n).collect();
    if n < 3 || lines.is_empty() {
        return at;
    }
    let mut best = cost(&at, places, lines);
    for _ in 0..WALKS {
        let mut is_better = false;
        for distance in [1, 2] {
            for i in 0..n {
                let j = (i + distance) % n;
                if groups[at[i]] != groups[at[j]] {
                    continue;
                }
                at.swap(i, j);
                let now = cost(&at, places, lines);
                if now + 1e-6 < best {
                    best = now;
                    is_better = true;
                } else {
                    at.swap(i, j);
                }
            }
        }
        if !is_better {
            break;
        }
    }
    at
}

fn cost(at: &[usize], places: &[Point], lines: &[(usize, End)]) -> f64 {
    let mut of = vec![Point::default(); at.len()];
    for (place, squad) in at.iter().enumerate() {
        of[*squad] = places[place];
    }
    let drawn: Vec<(Point, Point)> = lines
        .iter()
        .map(|(squad, end)| {
            let end = match end {
                End::Squad(other) => of[*other],
                End::Fixed(point) => *point,
            };
            (of[*squad], end)
        })
        .collect();
    let mut cost: f64 = drawn.iter().map(|(a, b)| a.distance(*b)).sum();
    if drawn.len() <= MAX_LINES {
        for (i, a) in drawn.iter().enumerate() {
            let crossed = drawn[i + 1..].iter().filter(|b| cross(*a, **b)).count();
            cost += super::float(crossed) * CROSSING;
        }
    }
    cost
}

fn cross(a: (Point, Point), b: (Point, Point)) -> bool {
    let side = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    side(a.0, a.1, b.0) * side(a.0, a.1, b.1) < -1e-9
        && side(b.0, b.1, a.0) * side(b.0, b.1, a.1) < -1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squads_that_are_tied_come_closer_and_without_ties_all_stay() {
        let places = super::super::spread(6, Point::new(0.0, 0.0), Point::new(100.0, 100.0));
        assert_eq!(arrange(&[0; 6], &places, &[]), [0, 1, 2, 3, 4, 5]);
        let lines = [(0, End::Squad(3)), (1, End::Squad(4))];
        let at = arrange(&[0; 6], &places, &lines);
        let identity: Vec<_> = (0..6).collect();
        assert!(cost(&at, &places, &lines) < cost(&identity, &places, &lines));
    }

    #[test]
    fn nobody_leaves_their_sector() {
        let places = super::super::spread(6, Point::new(0.0, 0.0), Point::new(100.0, 100.0));
        let at = arrange(&[0, 0, 0, 1, 1, 1], &places, &[(0, End::Squad(4)), (3, End::Squad(1))]);
        assert!(at[..3].iter().all(|squad| *squad < 3), "{at:?}");
    }
}
