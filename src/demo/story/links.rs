//! Who is linked to whom in the story.

use super::{Act, Author, KINDS, Team, Tie};
use crate::links::LinkKind::{self, CollaboratesWith, DependsOn, HandsOverTo, Informs};

/// One end of a link: a kind of squad, or a core team.
type End = (bool, usize);

/// The place of a kind among [`KINDS`].
const fn squad(kind: usize) -> End {
    (true, kind)
}

const fn core(team: usize) -> End {
    (false, team)
}

/// What ties a squad of each kind: from, how, to, what for, and the day of the review in days from today. Small
/// Business, the seventh kind, is an island on purpose.
const TIES: [(End, LinkKind, End, &str, i64); 12] = [
    (squad(0), DependsOn, core(0), "A refund is on the customer's account within two days.", 75),
    (squad(0), DependsOn, core(1), "Readings are complete before a bill is made.", -12),
    (squad(1), HandsOverTo, squad(0), "The first bill starts from the reading of moving day.", 40),
    (squad(1), CollaboratesWith, squad(7), "Landlord and tenant sign one change of tenant.", 110),
    (squad(2), CollaboratesWith, squad(3), "One visit for the charger and the roof.", -35),
    (squad(2), DependsOn, core(1), "Quarter-hour readings show the cheapest hours.", 60),
    (squad(3), HandsOverTo, squad(4), "Homes that take a heat pump with their panels.", 130),
    (squad(5), Informs, squad(0), "Who sat in the dark gets no bill for it.", 90),
    (squad(5), DependsOn, core(1), "Meters say which homes are without power.", 25),
    (squad(7), DependsOn, core(0), "Deposits go back when a flat changes hands.", 150),
    (core(2), Informs, squad(1), "What people who moved told us this month.", 50),
    (core(2), Informs, squad(5), "How people live through an outage, in their words.", 100),
];

/// The kinds that keep in touch with their namesake elsewhere.
const NAMESAKES: [usize; 4] = [0, 2, 3, 5];

impl Author {
    /// The links of the squads of a group. The first `squads` of the story are those that are there today.
    pub(super) fn links(&mut self, group: usize, squads: usize) {
        let first = group * KINDS.len();
        let at = |(is_squad, n): End| match is_squad {
            true if first + n < squads => Some(Team::Squad(first + n)),
            true => None,
            false => Some(Team::Core(n)),
        };
        for (n, (from, kind, to, purpose, review_in)) in TIES.into_iter().enumerate() {
            if let (Some(from), Some(to)) = (at(from), at(to)) {
                // One in four has a seat that nobody has taken yet.
                self.tie(from, kind, to, purpose, review_in, !(n + group).is_multiple_of(4));
            }
        }
        if group == 0 {
            let purpose = "Payments that fail because a meter was read wrongly.";
            self.tie(Team::Core(1), Informs, Team::Core(0), purpose, 70, true);
            self.dissolved_link(squads);
            self.ended_link(squads);
            return;
        }
        for kind in NAMESAKES.into_iter().filter(|kind| first + kind < squads) {
            let (here, there) =
                (Team::Squad(first + kind), Team::Squad(first + kind - KINDS.len()));
            let purpose = "One way of doing it in both places, and the better one of two.";
            let review_in = if (group + kind).is_multiple_of(5) { -15 } else { 120 };
            self.tie(here, CollaboratesWith, there, purpose, review_in, true);
        }
    }

    /// The day on which both teams work, and who would be liaison.
    fn ends(&self, team: Team) -> (i64, Option<usize>) {
        match team {
            Team::Squad(n) => {
                let squad = &self.squads[n];
                (squad.founded - 12, squad.roster.first().copied())
            }
            Team::Core(n) => (super::BEGINNING - 20, self.cores[n].first().copied()),
        }
    }

    fn tie(
        &mut self,
        from: Team,
        kind: LinkKind,
        to: Team,
        purpose: &'static str,
        review_in: i64,
        is_named: bool,
    ) {
        let ((one, of_from), (two, of_to)) = (self.ends(from), self.ends(to));
        let liaisons = [of_from, of_to.filter(|_| is_named)];
        let tie = Tie { from, kind, to, purpose, liaisons, review_in };
        self.act(one.min(two), Act::Link(tie));
    }

    /// The link of the squad that was dissolved, which ended with it.
    fn dissolved_link(&mut self, squads: usize) {
        let (from, to) = (Team::Squad(squads), Team::Core(1));
        let purpose = "New meters are read from their first day.";
        let tie =
            Tie { from, kind: HandsOverTo, to, purpose, liaisons: [None, None], review_in: -180 };
        self.act(360, Act::Link(tie));
    }

    /// A link that is needed no more.
    fn ended_link(&mut self, squads: usize) {
        if squads < 2 {
            return;
        }
        let (from, to) = (Team::Squad(1), Team::Core(0));
        let (founded, liaison) = self.ends(from);
        let purpose = "Deposits are paid before moving day.";
        let liaisons = [liaison, None];
        let tie = Tie { from, kind: DependsOn, to, purpose, liaisons, review_in: 30 };
        self.act(founded, Act::Link(tie.clone()));
        let reason = "New customers pay no deposit any more.";
        self.act(45, Act::Unlink { tie, reason });
    }
}
