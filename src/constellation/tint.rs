//! Squads in the colours of a health dimension, or of where it is going: the map with `?colour=`. Colour never stands alone: each squad has
//! a sign and a word, and the table the same. What is not known has no colour (H6).

use std::collections::HashMap;
use std::fmt::Write as _;

use super::domain::{Area, Sky};
use crate::health::{Colour, Trend};
use crate::health_board::{Cell, Dimension, trend_words};
use crate::ids::TeamId;

/// The end of the word of a trend in addresses.
const TREND: &str = ".trend";

/// By what squads are coloured.
#[derive(Debug, Clone)]
pub struct Colouring {
    /// The dimension.
    pub dimension: Dimension,
    /// By where it is going.
    pub is_trend: bool,
}

impl Colouring {
    /// What an address asks for, if it is a dimension.
    pub fn parse(word: &str, dimensions: &[Dimension]) -> Option<Self> {
        let (id, is_trend) = match word.strip_suffix(TREND) {
            Some(id) => (id, true),
            None => (word, false),
        };
        let id = id.parse().ok()?;
        let dimension = dimensions.iter().find(|one| one.id == id)?.clone();
        Some(Self { dimension, is_trend })
    }

    /// The word in addresses.
    pub fn word(&self) -> String {
        format!("{}{}", self.dimension.id, if self.is_trend { TREND } else { "" })
    }

    /// "Pace", "Pace: change".
    pub fn title(&self) -> String {
        format!("{}{}", self.dimension.name, if self.is_trend { ": change" } else { "" })
    }

    fn tint(&self, cell: Option<&Cell>) -> Tint {
        let name = &self.dimension.name;
        if self.is_trend {
            return match cell.and_then(Cell::trend) {
                Some(trend) => Tint {
                    tone: Tone::of_trend(trend),
                    words: format!("{name} {}", trend_words(trend)),
                },
                None => Tint { tone: Tone::Unknown, words: format!("{name}: no change known") },
            };
        }
        match cell {
            Some(cell) => {
                let colour = cell.colour();
                Tint { tone: Tone::of(colour), words: format!("{name} {}", said(colour)) }
            }
            None => Tint { tone: Tone::Unknown, words: format!("{name} not known") },
        }
    }
}

fn said(colour: Colour) -> String {
    colour.title().to_lowercase()
}

/// The colour and the sign of a squad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Too few answers, or none; without a sign.
    Unknown,
    /// Going well: a circle.
    Good,
    /// Getting better: an arrow up.
    Better,
    /// As before: an arrow to the right.
    Same,
    /// Some trouble: a triangle.
    Warn,
    /// Getting worse: an arrow down.
    Worse,
    /// Needs help: a square.
    Bad,
}

impl Tone {
    fn of(colour: Colour) -> Self {
        match colour {
            Colour::Green => Self::Good,
            Colour::Amber => Self::Warn,
            Colour::Red => Self::Bad,
        }
    }

    fn of_trend(trend: Trend) -> Self {
        match trend {
            Trend::Better => Self::Better,
            Trend::Same => Self::Same,
            Trend::Worse => Self::Worse,
        }
    }

    /// The tones of what is coloured, in the order of the legend.
    pub fn all(is_trend: bool) -> [Self; 4] {
        if is_trend {
            [Self::Better, Self::Same, Self::Worse, Self::Unknown]
        } else {
            [Self::Good, Self::Warn, Self::Bad, Self::Unknown]
        }
    }

    /// How it looks.
    pub fn class(self) -> &'static str {
        match self {
            Self::Unknown => "h-none",
            Self::Good | Self::Better => "h-good",
            Self::Same => "h-same",
            Self::Warn => "h-warn",
            Self::Bad | Self::Worse => "h-bad",
        }
    }

    /// The class of the ring around a squad.
    pub fn ring(self) -> &'static str {
        match self {
            Self::Unknown => "seg h-none",
            Self::Good | Self::Better => "seg h-good",
            Self::Same => "seg h-same",
            Self::Warn => "seg h-warn",
            Self::Bad | Self::Worse => "seg h-bad",
        }
    }

    /// The class of a squad's dot in an area.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Unknown => "dot none",
            Self::Good | Self::Better => "dot good",
            Self::Same => "dot",
            Self::Warn => "dot warn",
            Self::Bad | Self::Worse => "dot bad",
        }
    }

    /// Whether its sign is a line, not an area.
    pub fn is_arrow(self) -> bool {
        matches!(self, Self::Better | Self::Same | Self::Worse)
    }

    /// The sign as a path that begins in its middle; nothing where nothing is known.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Good => "m-5 0a5 5 0 1 1 10 0a5 5 0 1 1-10 0",
            Self::Warn => "m0-5.500 5.500 10h-11z",
            Self::Bad => "m-4.500-4.500h9v9h-9z",
            Self::Better => "m-4 4 8-8m-6 0h6v6",
            Self::Same => "m-5 0h10m-4-4 4 4-4 4",
            Self::Worse => "m-4-4 8 8m0-6v6h-6",
        }
    }

    /// What it says of so many squads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unknown => "not known",
            Self::Good => "going well",
            Self::Warn => "some trouble",
            Self::Bad => "need help",
            Self::Better => "getting better",
            Self::Same => "same as before",
            Self::Worse => "getting worse",
        }
    }
}

/// What is said of a squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tint {
    /// Its colour and sign.
    pub tone: Tone,
    /// "Pace going well".
    pub words: String,
}

/// The squads of an area by their tones: only those that have some.
pub fn tally(sky: &Sky, area: &Area) -> Vec<(Tone, usize)> {
    let mut tones: Vec<(Tone, usize)> = vec![];
    for n in &area.squads {
        let Some(tint) = &sky.squads[*n].tint else { continue };
        match tones.iter_mut().find(|(tone, _)| *tone == tint.tone) {
            Some((_, count)) => *count += 1,
            None => tones.push((tint.tone, 1)),
        }
    }
    tones.sort_unstable_by_key(|(tone, _)| (*tone == Tone::Unknown, *tone));
    tones
}

/// "; 3 going well, 1 not known".
pub fn tally_words(tally: &[(Tone, usize)]) -> String {
    let mut words = String::new();
    for (n, (tone, count)) in tally.iter().enumerate() {
        let _ = write!(words, "{}{count} {}", if n == 0 { "; " } else { ", " }, tone.words());
    }
    words
}

impl Sky {
    /// The same sky in the colours of a dimension.
    #[must_use]
    pub fn tinted(mut self, colouring: &Colouring, cells: &HashMap<TeamId, Cell>) -> Self {
        self.colour = colouring.word();
        for squad in &mut self.squads {
            squad.tint = Some(colouring.tint(cells.get(&squad.id)));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Counts, Outcome};
    use crate::ids::{DimensionId, PackId};

    fn dimension() -> Dimension {
        let (id, pack) = (DimensionId::new(), PackId::new());
        Dimension { id, name: "Pace".to_owned(), pack, pack_name: "Health".to_owned() }
    }

    #[test]
    fn an_address_says_by_what_squads_are_coloured() {
        let pace = dimension();
        let found = |word: String| Colouring::parse(&word, std::slice::from_ref(&pace));
        let one = found(pace.id.to_string()).unwrap();
        assert_eq!((one.title(), one.word()), ("Pace".to_owned(), pace.id.to_string()));
        let two = found(format!("{}.trend", pace.id)).unwrap();
        assert_eq!(two.title(), "Pace: change");
        assert_eq!(two.word(), format!("{}.trend", pace.id));
        assert!(found("pace".to_owned()).is_none());
        assert!(found(DimensionId::new().to_string()).is_none());
    }

    #[test]
    fn what_is_not_known_has_no_colour() {
        let colouring = |is_trend| Colouring { dimension: dimension(), is_trend };
        let counts = Counts { green: 0, amber: 1, red: 5 };
        let cell = Cell::new(Outcome { counts, ..Outcome::default() }, None);
        let said = |is_trend, cell: Option<&Cell>| {
            let tint = colouring(is_trend).tint(cell);
            (tint.tone, tint.words)
        };
        assert_eq!(said(false, None), (Tone::Unknown, "Pace not known".to_owned()));
        assert_eq!(said(false, cell.as_ref()), (Tone::Bad, "Pace needs help".to_owned()));
        assert_eq!(said(true, cell.as_ref()), (Tone::Unknown, "Pace: no change known".to_owned()));
    }
}
