//! Names beside nodes: where each has room, in how many lines, and how much of it.

use super::{Point, WIDTH};

/// The distance between two lines of a name, in its size.
const LINE: f64 = 1.22;

/// A name as it is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Label {
    /// Its lines; none where there was no room at all.
    pub lines: Vec<String>,
    /// Where the first line stands: its anchor and baseline.
    pub at: Point,
    /// The distance between lines.
    pub step: f64,
    /// On which side of the node.
    pub side: Side,
    /// Left, top, right and bottom of what it covers.
    pub bounds: [f64; 4],
}

/// The side of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Below it, centred.
    #[default]
    Below,
    /// Above it, centred.
    Above,
    /// To its right.
    Right,
    /// To its left.
    Left,
}

/// A name that looks for its place.
pub(super) struct Want<'a> {
    pub name: &'a str,
    pub at: Point,
    /// How far the node reaches.
    pub r: f64,
    /// The size of the letters.
    pub size: f64,
    /// Where it stands if it can.
    pub first: Side,
    /// How wide it may be.
    pub widest: f64,
}

/// About how wide a text is, in letters of `size`.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(letter).sum::<f64>() * size
}

fn letter(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | '\'' | '|' | '!' | ':' | ';' | 'í' | 'ì' | 'ł' => 0.3,
        'f' | 't' | 'r' | 'I' | ' ' | '-' | '(' | ')' | '/' => 0.4,
        'm' | 'w' | 'M' | 'W' | '—' | '…' | '@' | '%' => 0.95,
        c if c.is_uppercase() => 0.74,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' => 0.0,
        c if c >= '\u{1100}' => 1.1,
        c if c.is_alphabetic() && c > '\u{2af}' => 0.68,
        _ => 0.62,
    }
}

/// The name in lines of at most `widest`; the last one is shortened if `lines` do not hold it all, which the second
/// value says.
fn wrap(name: &str, size: f64, widest: f64, lines: usize) -> (Vec<String>, bool) {
    let mut all: Vec<String> = vec![];
    let mut words = name.split_whitespace().peekable();
    let mut whole = true;
    while let Some(word) = words.next() {
        let with = all.last().map(|line| format!("{line} {word}"));
        match with {
            Some(with) if width(&with, size) <= widest => {
                if let Some(line) = all.last_mut() {
                    *line = with;
                }
            }
            Some(with) if all.len() == lines => {
                let rest = words.by_ref().fold(with, |text, word| text + " " + word);
                if let Some(line) = all.last_mut() {
                    *line = shorten(&rest, size, widest);
                }
                whole = false;
            }
            _ if width(word, size) <= widest => all.push(word.to_owned()),
            _ => {
                all.push(shorten(word, size, widest));
                whole = false;
            }
        }
    }
    (all, whole)
}

fn shorten(text: &str, size: f64, widest: f64) -> String {
    if width(text, size) <= widest {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = widest - width("…", size);
    for c in text.chars() {
        room -= letter(c) * size;
        if room < 0.0 {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

/// Finds a place for each name: none covers another, or a node, or leaves the picture. Whole names come first, then
/// shortened ones; where there is no room at all there is no name.
pub(super) fn place(wants: &[Want<'_>], height: f64) -> Vec<Label> {
    let nodes: Vec<[f64; 4]> = wants
        .iter()
        .map(|want| {
            let Point { x, y } = want.at;
            [x - want.r, y - want.r, x + want.r, y + want.r]
        })
        .collect();
    let mut placed: Vec<Label> = vec![];
    for (own, want) in wants.iter().enumerate() {
        let is_free = |label: &Label| {
            let b = &label.bounds;
            b[0] >= 2.0
                && b[1] >= 2.0
                && b[2] <= WIDTH - 2.0
                && b[3] <= height - 2.0
                && !placed.iter().any(|other| !other.lines.is_empty() && overlap(b, &other.bounds))
                && !nodes.iter().enumerate().any(|(n, node)| n != own && overlap(b, node))
        };
        let label = candidates(want).find(is_free);
        placed.push(label.unwrap_or_default());
    }
    placed
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn candidates<'a>(want: &'a Want<'_>) -> impl Iterator<Item = Label> + 'a {
    let other = match want.first {
        Side::Below => Side::Above,
        Side::Above => Side::Below,
        Side::Right => Side::Left,
        Side::Left => Side::Right,
    };
    let outwards = if want.at.x > WIDTH / 2.0 { Side::Right } else { Side::Left };
    let inwards = if outwards == Side::Right { Side::Left } else { Side::Right };
    let mut sides = vec![want.first, other, outwards, inwards];
    sides.dedup();
    let forms = [(1.0, 1), (1.0, 2), (0.72, 2), (0.72, 3), (0.5, 2), (0.5, 3)];
    [true, false].into_iter().flat_map(move |must_be_whole| {
        let sides = sides.clone();
        sides.into_iter().flat_map(move |side| {
            forms.into_iter().filter_map(move |(share, lines)| {
                let (lines, is_whole) = wrap(want.name, want.size, want.widest * share, lines);
                (is_whole == must_be_whole && !lines.is_empty()).then(|| at_side(want, side, lines))
            })
        })
    })
}

fn at_side(want: &Want<'_>, side: Side, lines: Vec<String>) -> Label {
    let Point { x, y } = want.at;
    let (letters, step) = (want.size, want.size * LINE);
    let wide = lines.iter().map(|line| width(line, letters)).fold(0.0, f64::max) + 4.0;
    let high = step * super::float(lines.len());
    let (left, top) = match side {
        Side::Below => (x - wide / 2.0, y + want.r + 3.0),
        Side::Above => (x - wide / 2.0, y - want.r - 3.0 - high),
        Side::Right => (x + want.r + 4.0, y - high / 2.0),
        Side::Left => (x - want.r - 4.0 - wide, y - high / 2.0),
    };
    let anchor = match side {
        Side::Right => left + 2.0,
        Side::Left => left + wide - 2.0,
        Side::Below | Side::Above => x,
    };
    let bounds = [left, top, left + wide, top + high];
    Label { lines, at: Point::new(anchor, top + letters * 0.95), step, side, bounds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_gets_two_lines_and_a_very_long_one_is_shortened() {
        assert_eq!(wrap("Fair Bills", 13.0, 150.0, 1), (vec!["Fair Bills".to_owned()], true));
        let (lines, whole) = wrap("Household energy savings advice", 13.0, 150.0, 2);
        assert!(whole && lines.len() == 2, "{lines:?}");
        let (lines, whole) =
            wrap("Kundenservice für gewerbliche Großabnehmer in der Region", 13.0, 90.0, 2);
        assert!(!whole && lines[1].ends_with('…'), "{lines:?}");
        assert!(lines.iter().all(|line| width(line, 13.0) <= 90.0), "{lines:?}");
        assert_eq!(wrap("", 13.0, 90.0, 2).0, Vec::<String>::new());
    }
}
