//! Skills, their levels, and how well a need is covered.

/// One of the four core capabilities of every squad (CVS: "analyze, decide, solve problems, and act").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Finds out what is.
    Analyze,
    /// Decides what to do.
    Decide,
    /// Solves the problem.
    Solve,
    /// Acts with the customer.
    Act,
}

impl Capability {
    /// The four, in their order.
    pub const ALL: [Self; 4] = [Self::Analyze, Self::Decide, Self::Solve, Self::Act];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Decide => "decide",
            Self::Solve => "solve",
            Self::Act => "act",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Analyze => "Analyze",
            Self::Decide => "Decide",
            Self::Solve => "Solve",
            Self::Act => "Act",
        }
    }

    /// The capability of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.word() == word)
    }
}
