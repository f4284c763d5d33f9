//! Where everything stands on the map: pure geometry, without markup.
//!
//! The same sky gives the same picture. Everything is first put into one order (by name, then id), so the order in
//! which it came does not matter; nothing is random, and nothing depends on an earlier picture.
//!
//! **One more squad moves the others little.** Squads stand on their orbit at equal distances, beginning at the top.
//! Among `n` squads one more moves each other one by less than one of the `n` distances, and none past another: ties
//! change the order only where that makes their lines shorter. In the map of areas a squad more changes one bubble's
//! size a little and nothing else; in the field of a large area those after it move on by one place.

mod areas;
mod field;
mod labels;
mod orbit;
mod order;

pub use labels::{Label, Side};

use super::domain::{Sky, Tie};

/// How wide each picture is, in its own units.
pub const WIDTH: f64 = 1000.0;
/// More core teams than this are one node.
const MAX_CORE_TEAMS: usize = 12;

/// A picture: what is where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// How high it is.
    pub height: f64,
    /// The rings, from the inside out, as centre and radii.
    pub orbits: Vec<Orbit>,
    /// The lines, below everything.
    pub lines: Vec<Line>,
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// A ring around the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orbit {
    /// Its middle.
    pub center: Point,
    /// Its radii.
    pub radii: Point,
    /// Whether it is the core, which is filled.
    pub is_core: bool,
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

impl Point {
    /// A place.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// How far it is to another.
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    fn towards(self, other: Self, share: f64) -> Self {
        Self::new(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// What a node stands for, by its place in the sorted sky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A squad.
    Squad(usize),
    /// A core team.
    Core(usize),
    /// All core teams together.
    AllCore,
    /// A product.
    Product(usize),
    /// An area, by its place in [`Sky::areas`].
    Area(usize),
}

/// A thing on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Which.
    pub what: What,
    /// Its middle.
    pub at: Point,
    /// Its radius.
    pub r: f64,
    /// Its name beside it.
    pub label: Label,
}

/// A tie between two nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// How; none for all ties between two areas together.
    pub tie: Option<Tie>,
    /// How many ties it stands for, in three steps.
    pub weight: u8,
    /// The start.
    pub from: Point,
    /// Where it bends to.
    pub bend: Point,
    /// The end.
    pub to: Point,
}

/// The picture of a sky: squads on their orbit, or areas if there are too many.
pub fn draw(sky: &Sky) -> Picture {
    if sky.is_large() { areas::draw(sky) } else { orbit::draw(sky) }
}

/// The picture of one area, with all of its squads however many they are.
pub fn draw_area(sky: &Sky) -> Picture {
    if sky.is_large() { field::draw(sky) } else { orbit::draw(sky) }
}

/// A count as a length. No picture has more than four billion of anything.
fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// "14 core teams".
fn core_count(n: usize) -> String {
    format!("{n} core teams")
}

/// The radius of a squad's circle.
fn squad_radius(members: usize) -> f64 {
    22.0 + 1.6 * (float(members.clamp(4, 14)) - 5.0)
}

/// The core teams as nodes around `center`: one each, or one for all.
fn core_places(n: usize, center: Point, radii: Point) -> Vec<(What, Point)> {
    match n {
        0 => vec![],
        1 => vec![(What::Core(0), center)],
        n if n > MAX_CORE_TEAMS => vec![(What::AllCore, center)],
        n => {
            let places = spread(n, center, radii);
            places.into_iter().enumerate().map(|(i, at)| (What::Core(i), at)).collect()
        }
    }
}

/// How large the core's ellipse is.
fn core_radii(n: usize) -> Point {
    let more = float(n.clamp(5, MAX_CORE_TEAMS) - 5);
    Point::new(132.0 + 10.0 * more, 84.0 + 6.0 * more)
}

/// `n` places at equal distances on an ellipse, from the top, clockwise.
fn spread(n: usize, center: Point, radii: Point) -> Vec<Point> {
    let of = float(n.max(1));
    Ring::new(center, radii).at((0..n).map(|i| float(i) / of))
}

/// An ellipse that is walked along at constant speed.
struct Ring {
    center: Point,
    radii: Point,
    /// The way from the top to each step.
    ways: Vec<f64>,
}

impl Ring {
    const STEPS: usize = 360;

    fn new(center: Point, radii: Point) -> Self {
        let mut ring = Self { center, radii, ways: vec![0.0] };
        let mut way = 0.0;
        for step in 0..Self::STEPS {
            way += ring.angle(float(step)).distance(ring.angle(float(step + 1)));
            ring.ways.push(way);
        }
        ring
    }

    fn angle(&self, step: f64) -> Point {
        let angle = (step / float(Self::STEPS))
            .mul_add(std::f64::consts::TAU, -std::f64::consts::FRAC_PI_2);
        Point::new(
            self.center.x + self.radii.x * angle.cos(),
            self.center.y + self.radii.y * angle.sin(),
        )
    }

    /// The places at shares of the whole way round.
    fn at(&self, shares: impl Iterator<Item = f64>) -> Vec<Point> {
        let whole = self.ways[Self::STEPS];
        shares
            .map(|share| {
                let way = share.rem_euclid(1.0) * whole;
                let step = self.ways.partition_point(|end| *end <= way).clamp(1, Self::STEPS);
                let (a, b) = (self.ways[step - 1], self.ways[step]);
                let part = if b > a { (way - a) / (b - a) } else { 0.0 };
                self.angle(float(step - 1) + part)
            })
            .collect()
    }
}

/// A line that bends towards the middle, so that lines of one bundle stay apart.
fn curve(
    tie: Option<Tie>,
    weight: u8,
    from: (Point, f64),
    to: (Point, f64),
    center: Point,
) -> Line {
    let half = from.0.towards(to.0, 0.5);
    // Neighbours are tied by a shallow line; it never bends further than a quarter of its length.
    let share: f64 = if tie == Some(Tie::UsesService) { 0.1 } else { 0.22 };
    let most = from.0.distance(to.0) / 4.0 / half.distance(center).max(1.0);
    let bend = half.towards(center, share.min(most));
    let cut = |end: (Point, f64)| {
        let way = end.0.distance(bend);
        if way > end.1 { end.0.towards(bend, end.1 / way) } else { end.0 }
    };
    Line { tie, weight, from: cut(from), bend, to: cut(to) }
}

#[cfg(test)]
mod tests;
