//! The picture as markup needs it: numbers in their final form, names, addresses, and words for those who do not see it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;

use super::domain::{self, Area, RingSegment, Sky, Star, Tie};
use super::layout::{self, Label, Line, Node, Orbit, Picture, Point, Side, WIDTH, What};
use super::tint::{self, Tone};
use crate::design::Severity;

/// The map of a sky, as SVG. Every node is a link whose name begins with what is written beside it.
#[derive(Debug, Clone, Template)]
#[template(path = "constellation/map.html")]
pub struct Map {
    height: String,
    label: String,
    orbits: Vec<[String; 5]>,
    lines: Vec<(String, String)>,
    tips: String,
    nodes: Vec<Mark>,
    stars: String,
    /// What its signs mean.
    pub legend: Legend,
}

impl HtmlSafe for Map {}

/// A node.
#[derive(Debug, Clone)]
struct Mark {
    kind: &'static str,
    href: String,
    name: String,
    x: String,
    y: String,
    r: String,
    /// Segments of the ring, or the dots of a bubble: class and path.
    ring: Vec<(&'static str, String)>,
    /// The corners of a product.
    corners: String,
    /// The corner of a core team's square.
    corner: (String, String),
    icon: Option<(&'static str, String, String)>,
    count: Option<(String, String)>,
    alert: Option<Alert>,
    /// The sign of a colour.
    sign: Option<Sign>,
    lines: Vec<(String, String, String)>,
    /// Whether the lines say only a part of the name.
    is_cut: bool,
    anchor: &'static str,
}

/// The sign that a rule finds something.
#[derive(Debug, Clone)]
struct Alert {
    class: &'static str,
    x: String,
    y: String,
    path: String,
    /// How many squads, at an area.
    number: Option<(String, String)>,
}

/// The sign of a colour, so that the colour is not alone.
#[derive(Debug, Clone)]
struct Sign {
    tone: Tone,
    x: String,
    y: String,
}

/// A number of a picture: one decimal, and none where it says nothing.
fn short(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

impl Map {
    /// The whole organization `org`.
    pub fn of(sky: &Sky, org: &str) -> Self {
        let products = sky.products.len();
        let label = if sky.is_large() {
            format!(
                "Constellation map: {} in {} areas and {} core teams. The table below has the same data.",
                domain::squads(sky.squads.len()),
                sky.areas().len(),
                sky.core_teams.len()
            )
        } else {
            let products =
                if products == 0 { String::new() } else { format!(", {products} products") };
            format!(
                "Constellation map: {}{products} and {} core teams. The table below has the same data.",
                domain::squads(sky.squads.len()),
                sky.core_teams.len()
            )
        };
        Self::drawn(&layout::draw(sky), sky, org, label)
    }

    /// One area of it.
    pub fn of_area(sky: &Sky, org: &str, area: &str) -> Self {
        let label = format!(
            "Map of {area}: {} and the core teams they are tied to. The table below has the same data.",
            domain::squads(sky.squads.len())
        );
        Self::drawn(&layout::draw_area(sky), sky, org, label)
    }

    fn drawn(picture: &Picture, sky: &Sky, org: &str, label: String) -> Self {
        let areas = if sky.is_large() { sky.areas() } else { vec![] };
        Self {
            height: short(picture.height.ceil()),
            label,
            orbits: picture.orbits.iter().map(orbit).collect(),
            lines: lines(&picture.lines),
            tips: tips(&picture.lines),
            nodes: picture.nodes.iter().map(|node| mark(node, sky, &areas, org)).collect(),
            stars: stars(picture.height),
            legend: Legend::of(sky, picture),
        }
    }
}

fn orbit(orbit: &Orbit) -> [String; 5] {
    let class = if orbit.is_core { "c" } else { "s" };
    [
        class.to_owned(),
        short(orbit.center.x),
        short(orbit.center.y),
        short(orbit.radii.x),
        short(orbit.radii.y),
    ]
}

/// A quiet background: the same few dots on every map of one height.
fn stars(height: f64) -> String {
    let mut path = String::new();
    let mut seed: u32 = 11;
    let mut next = |to: f64| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1_u32 << 24) * to
    };
    for _ in 0..70 {
        let (x, y) = (10.0 + next(WIDTH - 20.0), 10.0 + next(height - 20.0));
        let _ = write!(path, "M{x:.0} {y:.0}h0");
    }
    path
}

/// All lines of one look as one path.
fn lines(lines: &[Line]) -> Vec<(String, String)> {
    let mut paths: BTreeMap<(Option<Tie>, u8), String> = BTreeMap::new();
    for line in lines {
        let Line { tie, weight, from, bend, to } = line;
        let path = paths.entry((*tie, *weight)).or_default();
        let _ = write!(
            path,
            "M{:.0} {:.0}Q{:.0} {:.0} {:.0} {:.0}",
            from.x, from.y, bend.x, bend.y, to.x, to.y
        );
    }
    let class = |tie: Option<Tie>, weight| match tie {
        Some(tie) => tie.class().to_owned(),
        None => format!("tie w{weight}"),
    };
    paths.into_iter().map(|((tie, weight), path)| (class(tie, weight), path)).collect()
}

/// The arrow heads of directed ties.
fn tips(lines: &[Line]) -> String {
    let mut path = String::new();
    for line in lines.iter().filter(|line| line.tie.is_some_and(Tie::is_directed)) {
        let Line { to, bend, .. } = line;
        let way = to.distance(*bend).max(0.1);
        let (dx, dy) = ((to.x - bend.x) / way, (to.y - bend.y) / way);
        let wing =
            |side: f64| (to.x - 8.0 * dx - side * 4.0 * dy, to.y - 8.0 * dy + side * 4.0 * dx);
        let (a, b) = (wing(1.0), wing(-1.0));
        let _ =
            write!(path, "M{:.1} {:.1}L{:.1} {:.1} {:.1} {:.1}z", a.0, a.1, to.x, to.y, b.0, b.1);
    }
    path
}

fn mark(node: &Node, sky: &Sky, areas: &[Area], org: &str) -> Mark {
    let Point { x, y } = node.at;
    let mut mark = Mark {
        kind: "",
        href: String::new(),
        name: String::new(),
        x: short(x),
        y: short(y),
        r: short(node.r),
        ring: vec![],
        corners: String::new(),
        corner: (short(x - 17.0), short(y - 17.0)),
        icon: None,
        count: None,
        alert: None,
        sign: None,
        lines: written(&node.label),
        is_cut: node.label.lines.iter().any(|line| line.ends_with('…')),
        anchor: match node.label.side {
            Side::Right => "st",
            Side::Left => "en",
            Side::Above | Side::Below => "",
        },
    };
    let icon = |name, size: f64| Some((name, short(x - size / 2.0), short(y - size / 2.0)));
    match node.what {
        What::Squad(n) => squad(&mut mark, node, &sky.squads[n], org),
        What::Core(n) => {
            let team = &sky.core_teams[n];
            mark.kind = "core";
            mark.href = crate::core_teams::url(org, &team.slug);
            mark.name = format!("{}, core team, {}", team.name, domain::members(team.members));
            mark.icon = icon("layers", 16.0);
        }
        What::AllCore => {
            mark.kind = "core";
            mark.href = format!("/o/{org}/core-teams");
            mark.name = format!("{} core teams", sky.core_teams.len());
            mark.icon = icon("layers", 16.0);
        }
        What::Product(n) => {
            let product = &sky.products[n];
            mark.kind = "prod";
            mark.href = crate::products::url(org, &product.slug);
            mark.name = format!(
                "{}, product of {}, one backlog pulled by {}",
                product.name,
                product.lead,
                domain::squads(product.squads.len())
            );
            mark.corners = (0..6_u8)
                .map(|i| {
                    let angle = (60.0 * f64::from(i) - 30.0).to_radians();
                    format!("{},{}", short(x + 23.0 * angle.cos()), short(y + 23.0 * angle.sin()))
                })
                .collect::<Vec<_>>()
                .join(" ");
            mark.icon = icon("package", 18.0);
        }
        What::Area(n) => area(&mut mark, node, &areas[n], sky, org),
    }
    mark
}

fn written(label: &Label) -> Vec<(String, String, String)> {
    let mut y = label.at.y;
    let mut lines = vec![];
    for line in &label.lines {
        lines.push((short(label.at.x), short(y), line.clone()));
        y += label.step;
    }
    lines
}

fn squad(mark: &mut Mark, node: &Node, star: &Star, org: &str) {
    let Point { x, y } = node.at;
    mark.kind = if star.is_active { "squad" } else { "squad forming" };
    mark.href = crate::squads::url(org, &star.slug);
    mark.name = format!("{}, {}", star.name, star.words());
    mark.ring = ring(node.at, node.r + 6.0, star);
    if let Some(tint) = star.tint.as_ref().filter(|tint| tint.tone != Tone::Unknown) {
        let (x, y) = (short(x - node.r * 0.78 - 4.0), short(y - node.r * 0.78 - 4.0));
        mark.sign = Some(Sign { tone: tint.tone, x, y });
    }
    mark.count = Some((star.members.to_string(), short(y + 5.5)));
    let class = match star.tally.worst() {
        Some(Severity::Breach) => "alert",
        Some(Severity::Warning) => "alert soft",
        Some(Severity::Advice) | None => return,
    };
    let (x, y) = (x + node.r * 0.78 + 4.0, y - node.r * 0.78 - 4.0);
    mark.alert = Some(Alert {
        class,
        path: format!("M{} {}v4.6m0 3.3v.1", short(x), short(y - 4.0)),
        x: short(x),
        y: short(y),
        number: None,
    });
}

/// A whole circle.
fn whole(at: Point, r: f64) -> String {
    let Point { x, y } = at;
    let (left, wide) = (x - r, 2.0 * r);
    let half = |way: f64| format!("a{r:.1} {r:.1} 0 1 1 {way:.1} 0");
    format!("M{left:.1} {y:.1}{}{}", half(wide), half(-wide))
}

/// The ring: one segment for each dimension of the latest health check, the best first. Without a check it is one
/// quiet line that says only whether the size is within 6 to 10: whole if so, broken if not. It has no colour of
/// health, so that nothing unknown looks good.
fn ring(at: Point, r: f64, star: &Star) -> Vec<(&'static str, String)> {
    if let Some(tint) = &star.tint {
        return vec![(tint.tone.ring(), whole(at, r))];
    }
    if star.ring.is_empty() {
        let class = if star.is_in_range() { "quiet" } else { "quiet off" };
        return vec![(class, whole(at, r))];
    }
    let mut segments = star.ring.clone();
    segments.sort_unstable();
    let n = f64::from(u32::try_from(segments.len()).unwrap_or(u32::MAX));
    let step = 360.0 / n;
    let gap = (step / 4.0).min(4.0);
    let mut paths: BTreeMap<RingSegment, String> = BTreeMap::new();
    let mut from = -90.0_f64;
    for segment in segments {
        let point = |degrees: f64| {
            let angle = degrees.to_radians();
            (at.x + r * angle.cos(), at.y + r * angle.sin())
        };
        let (a, b) = (point(from + gap), point(from + step - gap));
        let large = u8::from(step - 2.0 * gap > 180.0);
        let path = paths.entry(segment).or_default();
        let _ =
            write!(path, "M{:.1} {:.1}A{r:.1} {r:.1} 0 {large} 1 {:.1} {:.1}", a.0, a.1, b.0, b.1);
        from += step;
    }
    let class = |segment| match segment {
        RingSegment::Good => "seg h-good",
        RingSegment::Warn => "seg h-warn",
        RingSegment::Bad => "seg h-bad",
        RingSegment::None => "seg h-none",
    };
    paths.into_iter().map(|(segment, path)| (class(segment), path)).collect()
}

fn area(mark: &mut Mark, node: &Node, area: &Area, sky: &Sky, org: &str) {
    let Point { x, y } = node.at;
    mark.kind = "area";
    mark.href = super::coloured(super::area_url(org, &area.name), &sky.colour);
    let mut name = format!(
        "{}, {}, {}; {}",
        area.name,
        domain::squads(area.squads.len()),
        domain::members(area.members),
        domain::findings(area.findings)
    );
    for (n, say) in [(area.breaches, "with a breach"), (area.warnings, "with a warning")] {
        if n > 0 {
            let _ = write!(name, "; {} {say}", domain::squads(n));
        }
    }
    let tones = tint::tally(sky, area);
    mark.name = name + &tint::tally_words(&tones);
    mark.count = Some((area.squads.len().to_string(), short(y + 7.0)));
    mark.ring = dots(node, area, sky);
    // The number says of how many squads the worst is true: of those that need help, where the map is coloured by that.
    let in_tone = |sought: &[Tone]| -> usize {
        tones.iter().filter(|(tone, _)| sought.contains(tone)).map(|(_, n)| n).sum()
    };
    let (worst, soft) = if tones.is_empty() {
        (area.breaches, area.warnings)
    } else {
        (in_tone(&[Tone::Bad, Tone::Worse]), in_tone(&[Tone::Warn]))
    };
    let (n, class) = match (worst, soft) {
        (0, 0) => return,
        (0, n) => (n, "alert soft"),
        (n, _) => (n, "alert"),
    };
    // Outside of the bubble, so that it covers no dot.
    let (x, y) = (x + 0.71 * (node.r + 7.0), y - 0.71 * (node.r + 7.0));
    mark.alert = Some(Alert {
        class,
        path: String::new(),
        x: short(x),
        y: short(y),
        number: Some((n.to_string(), short(y + 4.0))),
    });
}

/// One dot for each squad of an area, as seeds lie in a flower: the quiet ones inside, those with a finding outside.
fn dots(node: &Node, area: &Area, sky: &Sky) -> Vec<(&'static str, String)> {
    let rank = |squad: &Star| match (&squad.tint, squad.tally.worst()) {
        (Some(tint), _) => (tint.tone, tint.tone.dot()),
        (None, Some(Severity::Breach)) => (Tone::Bad, "dot bad"),
        (None, Some(Severity::Warning)) => (Tone::Warn, "dot warn"),
        (None, Some(Severity::Advice) | None) => (Tone::Good, "dot"),
    };
    let mut squads: Vec<_> = area.squads.iter().map(|n| rank(&sky.squads[*n])).collect();
    squads.sort_unstable();
    let (inner, outer) = (17.0_f64.min(node.r * 0.6), node.r - 6.0);
    let all = f64::from(u32::try_from(squads.len()).unwrap_or(u32::MAX));
    let mut paths: Vec<(&'static str, String)> = vec![];
    let mut i = 0.5;
    for (_, class) in squads {
        let r = (inner * inner + i / all * (outer * outer - inner * inner)).sqrt();
        let angle: f64 = i * 2.399_963;
        let (x, y) = (node.at.x + r * angle.cos(), node.at.y + r * angle.sin());
        if paths.last().is_none_or(|(last, _)| *last != class) {
            paths.push((class, String::new()));
        }
        if let Some((_, path)) = paths.last_mut() {
            let _ = write!(path, "M{x:.0} {y:.0}h0");
        }
        i += 1.0;
    }
    paths
}

/// What the signs of a map mean: those that it shows.
#[derive(Debug, Clone, Template)]
#[template(path = "constellation/legend.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is one sign of the legend")]
pub struct Legend {
    has_core_teams: bool,
    has_products: bool,
    is_large: bool,
    has_area_ties: bool,
    is_field: bool,
    has_health: bool,
    has_forming: bool,
    ties: Vec<Tie>,
    /// What the colours mean.
    tones: Vec<Tone>,
}

impl HtmlSafe for Legend {}

impl Legend {
    fn of(sky: &Sky, picture: &Picture) -> Self {
        let shows = |sought: fn(What) -> bool| picture.nodes.iter().any(|node| sought(node.what));
        let is_large = shows(|what| matches!(what, What::Area(_)));
        let mut ties: Vec<_> = picture.lines.iter().filter_map(|line| line.tie).collect();
        ties.sort_unstable();
        ties.dedup();
        Self {
            has_core_teams: shows(|what| matches!(what, What::Core(_) | What::AllCore)),
            has_products: shows(|what| matches!(what, What::Product(_))),
            is_large,
            has_area_ties: is_large && !picture.lines.is_empty(),
            is_field: sky.is_large() && !is_large && !sky.links.is_empty(),
            has_health: sky.squads.iter().any(|squad| !squad.ring.is_empty()),
            has_forming: sky.squads.iter().any(|squad| !squad.is_active),
            ties,
            tones: tones(sky),
        }
    }
}

/// The colours of a map that has some.
fn tones(sky: &Sky) -> Vec<Tone> {
    let found = sky.squads.iter().filter_map(|squad| squad.tint.as_ref());
    let mut tones: Vec<_> = found.map(|tint| tint.tone).collect();
    tones.sort_unstable();
    tones.dedup();
    tones
}

/// The map for a card of another page, with its legend.
#[derive(Debug, Clone, Template)]
#[template(path = "constellation/card.html")]
pub struct MapCard {
    map: Option<Map>,
    url: String,
}

impl HtmlSafe for MapCard {}

/// The card of the map: `{{ card }}` in a template. The sky is a sorted one, as [`super::load`] gives it.
pub fn card(sky: &Sky, org: &str) -> MapCard {
    MapCard {
        map: (!sky.squads.is_empty() || !sky.core_teams.is_empty()).then(|| Map::of(sky, org)),
        url: super::url(org),
    }
}
