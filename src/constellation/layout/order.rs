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

/// More things in the middle than this stay in the order of their names: there are too many orders to try them all.
const MAX_SEATED: usize = 6;
/// How near a line may come to something that it does not lead to.
const NEAR: f64 = 30.0;

/// Which place each of the things in the middle takes, so that `lines` from them to the edge are short and pass none of
/// the others. Without lines nothing moves.
pub(super) fn seat(places: &[Point], lines: &[(usize, Point)]) -> Vec<usize> {
    let first: Vec<usize> = (0..places.len()).collect();
    if lines.is_empty() || places.len() > MAX_SEATED {
        return first;
    }
    let cost = |at: &[usize]| -> f64 {
        let of_line = |(thing, end): &(usize, Point)| {
            let own = places[at[*thing]];
            let others = places.iter().enumerate().filter(|(place, _)| *place != at[*thing]);
            let passed = others.filter(|(_, place)| gap(**place, own, *end) < NEAR).count();
            own.distance(*end) + 2.0 * CROSSING * super::float(passed)
        };
        lines.iter().map(of_line).sum()
    };
    let mut best = (cost(&first), first.clone());
    let mut order = first;
    try_orders(&mut order, 0, &mut |order| {
        let now = cost(order);
        if now + 1e-6 < best.0 {
            best = (now, order.to_vec());
        }
    });
    best.1
}

/// Every order of what comes from `from` on.
fn try_orders(order: &mut [usize], from: usize, look: &mut impl FnMut(&[usize])) {
    if from + 1 >= order.len() {
        return look(order);
    }
    for next in from..order.len() {
        order.swap(from, next);
        try_orders(order, from + 1, look);
        order.swap(from, next);
    }
}

/// How far `point` is from the line between `a` and `b`.
fn gap(point: Point, a: Point, b: Point) -> f64 {
    let whole = a.distance(b);
    if whole < 1e-9 {
        return point.distance(a);
    }
    let along = ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / (whole * whole);
    point.distance(a.towards(b, along.clamp(0.0, 1.0)))
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
    fn who_stands_in_the_middle_turns_to_those_they_are_tied_to() {
        let places = super::super::spread(3, Point::new(0.0, 0.0), Point::new(100.0, 100.0));
        assert_eq!(seat(&places, &[]), [0, 1, 2]);
        // The first stands at the top and is tied to somebody below, past the two others.
        let at = seat(&places, &[(0, Point::new(-250.0, 150.0)), (1, Point::new(0.0, -300.0))]);
        assert_eq!(at, [2, 0, 1]);
        assert_eq!(seat(&[Point::default(); 9], &[(0, Point::default())]).len(), 9);
    }

    #[test]
    fn nobody_leaves_their_sector() {
        let places = super::super::spread(6, Point::new(0.0, 0.0), Point::new(100.0, 100.0));
        let at = arrange(&[0, 0, 0, 1, 1, 1], &places, &[(0, End::Squad(4)), (3, End::Squad(1))]);
        assert!(at[..3].iter().all(|squad| *squad < 3), "{at:?}");
    }
}
