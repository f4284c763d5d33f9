//! What the squads of the story ask of the coach, and what comes of it.

use super::{Act, Author, COACH_AT};
use crate::coaching::Helped;

/// What happens in coaching. Requests by their place in the story.
#[derive(Debug, Clone, PartialEq)]
pub enum CoachingAct {
    Ask {
        squad: usize,
        by: usize,
        topic: &'static str,
        tried: &'static str,
        better: &'static str,
        /// The question of the health check that led to it, by its place.
        about: Option<usize>,
    },
    /// By the leader.
    Offer {
        squad: usize,
        topic: &'static str,
        offered: &'static str,
    },
    Pull {
        request: usize,
    },
    /// By the coach; the last day in days from today.
    Write {
        request: usize,
        goal: &'static str,
        exit: &'static str,
        ends_in: i64,
        sessions: i16,
    },
    Agree {
        request: usize,
        by: usize,
    },
    /// On a day, in days ago.
    Plan {
        request: usize,
        on: i64,
    },
    /// The last session that was planned took place.
    Meet {
        request: usize,
        note: &'static str,
    },
    /// For the coach alone.
    Remember {
        request: usize,
        note: &'static str,
    },
    LookBack {
        request: usize,
        seen: &'static str,
    },
    Close {
        request: usize,
        by: usize,
        helped: Helped,
        stays: &'static str,
    },
}

/// Where a squad of the story needs help in its health checks, and asks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trouble {
    /// The squad, by its place.
    pub squad: usize,
    /// The question, by its place.
    pub question: usize,
    /// When the squad asks, in days ago.
    pub asked: i64,
    /// Whether it goes better since.
    pub is_over: bool,
}

/// Learning and well-being of two squads.
pub const TROUBLES: [Trouble; 2] = [LEARNING, WELL_BEING];
const LEARNING: Trouble = Trouble { squad: 2, question: 8, asked: 120, is_over: true };
const WELL_BEING: Trouble = Trouble { squad: 5, question: 9, asked: 5, is_over: false };

use CoachingAct::{Agree, Ask, Close, LookBack, Meet, Offer, Plan, Pull, Remember, Write};

impl Author {
    /// Three requests that wait, two that go on, one that is over, and an offer of the leader.
    pub(super) fn coaching(&mut self) {
        let [bills, charging, solar, pumps, outages, landlords] = [0, 2, 3, 4, 5, 7];
        let by = [bills, charging, pumps, outages, landlords].map(|at| self.squads[at].roster[0]);
        let [in_bills, in_charging, in_pumps, in_outages, in_landlords] = by;
        let mut tell = |day, act| self.act(day, Act::Coaching(act));
        self::closed(&mut tell, charging, in_charging);
        self::going_on(&mut tell, (bills, in_bills), (landlords, in_landlords));
        tell(
            WELL_BEING.asked,
            Ask {
                squad: outages,
                by: in_outages,
                topic: "Pace is hurting us and we avoid the talk",
                tried: "We said it in two retrospectives and went back to work.",
                better: "We would like someone to hold the room for 90 minutes.",
                about: Some(WELL_BEING.question),
            },
        );
        tell(
            3,
            Offer {
                squad: solar,
                topic: "Split without losing pace",
                offered: "You are close to ten. I can bring somebody who has split a squad before.",
            },
        );
        tell(
            2,
            Ask {
                squad: pumps,
                by: in_pumps,
                topic: "Who decides on spare parts?",
                tried: "",
                better: "Three decisions were overruled in October. Help us agree who decides.",
                about: None,
            },
        );
        tell(
            1,
            Ask {
                squad: charging,
                by: in_charging,
                topic: "Story mapping for the apprentices",
                tried: "",
                better: "They want to run it themselves next month.",
                about: None,
            },
        );
    }
}

/// The first request: over.
fn closed(tell: &mut impl FnMut(i64, CoachingAct), squad: usize, by: usize) {
    let request = 0;
    tell(
        LEARNING.asked,
        Ask {
            squad,
            by,
            topic: "Retrospectives that change something",
            tried: "A new format every other week.",
            better: "One thing is different after each of them.",
            about: Some(LEARNING.question),
        },
    );
    tell(118, Pull { request });
    tell(
        117,
        Write {
            request,
            goal: "The squad ends each retrospective with one experiment and looks at it next time.",
            exit: "Three retrospectives in a row, run by three members.",
            ends_in: -70,
            sessions: 3,
        },
    );
    tell(116, Agree { request, by });
    for (day, note) in [
        (110, "We took one thing instead of nine."),
        (96, "The experiment failed, and everybody knew why."),
        (82, "Rosa ran it. I only kept the time."),
    ] {
        tell(day + 3, Plan { request, on: day });
        tell(day - 1, Meet { request, note });
    }
    tell(
        75,
        LookBack { request, seen: "Three in a row, by three members. Two experiments were kept." },
    );
    tell(
        74,
        Close {
            request,
            by,
            helped: Helped::Yes,
            stays: "One experiment each time, written on the board, and whoever has never run one runs the next.",
        },
    );
}

/// The second and the third: with sessions that took place and one to come.
fn going_on(
    tell: &mut impl FnMut(i64, CoachingAct),
    first: (usize, usize),
    second: (usize, usize),
) {
    let ((bills, in_bills), (landlords, in_landlords)) = (first, second);
    tell(
        34,
        Ask {
            squad: bills,
            by: in_bills,
            topic: "Saying no to the seventh thing",
            tried: "A limit on the board. We pull over it when somebody calls.",
            better: "We finish before we begin, and can say why.",
            about: None,
        },
    );
    tell(32, Pull { request: 1 });
    tell(
        31,
        Write {
            request: 1,
            goal: "The squad says no together, and to whom.",
            exit: "Four weeks without an item over the limit.",
            ends_in: 20,
            sessions: 4,
        },
    );
    tell(30, Agree { request: 1, by: in_bills });
    for (day, note) in [
        (24, "Everybody wrote down who asks. It is four people, not forty."),
        (10, "They practised a no that offers something. Two were used this week."),
    ] {
        tell(day + 3, Plan { request: 1, on: day });
        tell(day - 1, Meet { request: 1, note });
    }
    tell(
        9,
        Remember {
            request: 1,
            note: "Two of them look at one person before they answer. Ask about it gently.",
        },
    );
    tell(7, Plan { request: 1, on: -3 });
    tell(
        1,
        Write {
            request: 1,
            goal: "The squad says no together, and to whom.",
            exit: "Four weeks without an item over the limit, and one no that was thanked for.",
            ends_in: 34,
            sessions: 5,
        },
    );
    tell(
        20,
        Ask {
            squad: landlords,
            by: in_landlords,
            topic: "Learn from tenant visits",
            tried: "Two visits. We came back with opinions.",
            better: "We come back with what we saw, and it changes the next item.",
            about: None,
        },
    );
    tell(18, Pull { request: 2 });
    tell(
        17,
        Write {
            request: 2,
            goal: "Two members prepare, hold and tell of a visit by themselves.",
            exit: "A visit without the coach, of which an item came.",
            ends_in: 40,
            sessions: 4,
        },
    );
    tell(16, Agree { request: 2, by: in_landlords });
    tell(12, Plan { request: 2, on: 9 });
    tell(8, Meet { request: 2, note: "We wrote the three questions that we will not ask." });
    tell(6, Plan { request: 2, on: -2 });
}

/// Who pulls.
pub const PULLER: usize = COACH_AT;
