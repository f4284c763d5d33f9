//! The pages of health checks.
//!
//! | to read about | open |
//! |---|---|
//! | the squad and the round of an address | `at.rs` |
//! | a squad's health over time, opening a round | `squad.rs` |
//! | a round: who has answered, closing, results, agreeing | `round.rs` |
//! | actions | `actions.rs` |
//! | answering | `vote.rs` |
//! | packs and settings | `packs.rs`, `dimensions.rs` |
//! | health checks of many squads | `schedules.rs` |

mod actions;
mod at;
mod dimensions;
mod packs;
mod round;
mod schedules;
mod squad;
mod vote;

use crate::web::{Routes, Who};

/// The addresses of health checks.
pub fn routes() -> Routes {
    Routes::new()
        .merge(of_squads())
        .merge_unnamed(of_answers())
        .merge(of_packs())
        .merge(of_schedules())
}

fn of_answers() -> Routes {
    Routes::new()
        .get("/o/{org}/squads/{squad}/health/{round}/answer", Who::OwnSquad, vote::ask)
        .post("/o/{org}/squads/{squad}/health/{round}/answer", Who::OwnSquad, vote::save)
}

fn of_squads() -> Routes {
    Routes::new()
        .get("/o/{org}/squads/{squad}/health", Who::Member, squad::show)
        .post("/o/{org}/squads/{squad}/health", Who::SquadMemberOrCoach, squad::open)
        .get("/o/{org}/squads/{squad}/health/new", Who::SquadMemberOrCoach, squad::ask)
        .post("/o/{org}/squads/{squad}/health/actions/{action}", Who::OwnSquad, actions::follow_up)
        .get("/o/{org}/squads/{squad}/health/{round}", Who::Member, round::show)
        .post("/o/{org}/squads/{squad}/health/{round}/close", Who::SquadMemberOrCoach, round::close)
        .post("/o/{org}/squads/{squad}/health/{round}/agree", Who::OwnSquad, round::agree)
        .post("/o/{org}/squads/{squad}/health/{round}/actions", Who::OwnSquad, actions::act)
}

fn of_packs() -> Routes {
    Routes::new()
        .get("/o/{org}/health/packs", Who::Member, packs::list)
        .post("/o/{org}/health/packs", Who::AnyRole, packs::create)
        .get("/o/{org}/health/packs/new", Who::AnyRole, packs::new)
        .post("/o/{org}/health/settings", Who::Admin, packs::set)
        .get("/o/{org}/health/packs/{pack}", Who::Member, packs::show)
        .get("/o/{org}/health/packs/{pack}/edit", Who::AnyRole, packs::edit)
        .post("/o/{org}/health/packs/{pack}/edit", Who::AnyRole, packs::update)
        .post("/o/{org}/health/packs/{pack}/end", Who::AnyRole, packs::end)
        .post("/o/{org}/health/packs/{pack}/resume", Who::AnyRole, packs::resume)
        .get("/o/{org}/health/packs/{pack}/dimensions/new", Who::AnyRole, dimensions::new)
        .post("/o/{org}/health/packs/{pack}/dimensions", Who::AnyRole, dimensions::add)
        .get("/o/{org}/health/packs/{pack}/dimensions/{dimension}", Who::AnyRole, dimensions::edit)
        .post(
            "/o/{org}/health/packs/{pack}/dimensions/{dimension}",
            Who::AnyRole,
            dimensions::reword,
        )
        .post(
            "/o/{org}/health/packs/{pack}/dimensions/{dimension}/move",
            Who::AnyRole,
            dimensions::shift,
        )
        .post(
            "/o/{org}/health/packs/{pack}/dimensions/{dimension}/end",
            Who::AnyRole,
            dimensions::end,
        )
        .post(
            "/o/{org}/health/packs/{pack}/dimensions/{dimension}/resume",
            Who::AnyRole,
            dimensions::resume,
        )
}

fn of_schedules() -> Routes {
    Routes::new()
        .get("/o/{org}/health/schedules", Who::Member, schedules::list)
        .get("/o/{org}/health/schedules/new", Who::Coach, schedules::new)
        .post("/o/{org}/health/schedules", Who::Coach, schedules::create)
        .get("/o/{org}/health/schedules/{schedule}/edit", Who::Coach, schedules::edit)
        .post("/o/{org}/health/schedules/{schedule}/edit", Who::Coach, schedules::update)
        .post("/o/{org}/health/schedules/{schedule}/end", Who::Coach, schedules::end)
}
