//! The pages of coaching.
//!
//! | to read about | open |
//! |---|---|
//! | the board: who waits, what one has in hand, what is over | `board.rs` |
//! | a coach's cards, on the board and beside the dashboard of health | `cards.rs` |
//! | a squad's coaching: asking, offers, its own history | `squad.rs`, `ask.rs` |
//! | a request: its page and what is done on it | `show.rs`, `change.rs` |
//! | the agreement | `agreement.rs` |

mod agreement;
mod ask;
mod at;
mod board;
mod cards;
mod change;
mod show;
mod squad;

use crate::web::{Routes, Who};

/// The addresses of coaching.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/health", Who::Member, cards::dashboard)
        .get("/o/{org}/coaching", Who::Member, board::board)
        .post("/o/{org}/coaching/limit", Who::Coach, board::limit)
        .get("/o/{org}/coaching/{request}", Who::Member, show::show)
        .post("/o/{org}/coaching/{request}/pull", Who::Coach, change::pull)
        .post("/o/{org}/coaching/{request}/let-go", Who::Coaching, change::let_go)
        .get("/o/{org}/coaching/{request}/agreement", Who::Coaching, agreement::edit)
        .post("/o/{org}/coaching/{request}/agreement", Who::Coaching, agreement::save)
        .post("/o/{org}/coaching/{request}/agree", Who::Coaching, change::agree)
        .post("/o/{org}/coaching/{request}/sessions", Who::Coaching, change::plan)
        .post("/o/{org}/coaching/{request}/sessions/{meeting}/held", Who::Coaching, change::held)
        .post(
            "/o/{org}/coaching/{request}/sessions/{meeting}/cancel",
            Who::Coaching,
            change::cancel,
        )
        .post("/o/{org}/coaching/{request}/notes", Who::Coaching, change::note)
        .post("/o/{org}/coaching/{request}/look-back", Who::RequestsCoach, change::look_back)
        .post("/o/{org}/coaching/{request}/close", Who::OwnSquad, change::close)
        .post("/o/{org}/coaching/{request}/withdraw", Who::OwnSquad, change::withdraw)
        .get("/o/{org}/squads/{squad}/coaching", Who::Member, squad::show)
        .get("/o/{org}/squads/{squad}/coaching/new", Who::OwnSquad, ask::new)
        .post("/o/{org}/squads/{squad}/coaching/new", Who::OwnSquad, ask::create)
        .get("/o/{org}/squads/{squad}/coaching/offer", Who::CoachOrLeader, ask::offer)
        .post("/o/{org}/squads/{squad}/coaching/offer", Who::CoachOrLeader, ask::make_offer)
        .post("/o/{org}/coaching/offers/{offer}/accept", Who::OwnSquad, squad::accept)
        .post("/o/{org}/coaching/offers/{offer}/decline", Who::OwnSquad, squad::decline)
        .post("/o/{org}/coaching/offers/{offer}/withdraw", Who::Offerer, squad::withdraw)
}
