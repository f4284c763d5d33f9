//! The pages of squads.
//!
//! | to read about | open |
//! |---|---|
//! | the list and the form of a new squad | `list.rs` |
//! | the squad's page, its activity, activation | `show.rs` |
//! | the matrix of members and skills | `matrix.rs` |
//! | editing, returning to forming, dissolving | `change.rs` |
//! | staffing: who is in, who could join | `staff.rs` |
//! | choosing who joins | `picks.rs` |
//! | one membership: edit, move, remove | `membership.rs` |
//! | swapping members, and which swap closes a gap | `swap.rs` |
//! | what the squad needs | `needs.rs` |

mod at;
mod change;
mod list;
mod matrix;
mod membership;
mod needs;
mod picks;
mod show;
mod staff;
mod swap;

pub use at::{At, Head, address, last_change, slug_of};
pub use picks::{AddForm, Candidates, Picks, PicksQuery, joined};

use crate::web::{Routes, Who};

/// The addresses of squads.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/squads", Who::Member, list::list)
        .get("/o/{org}/squads/new", Who::Designer, list::new)
        .post("/o/{org}/squads", Who::Designer, list::create)
        .get("/o/{org}/squads/{squad}", Who::Member, show::show)
        .get("/o/{org}/squads/{squad}/activity", Who::Member, show::activity)
        .post("/o/{org}/squads/{squad}/activate", Who::Designer, show::activate)
        .get("/o/{org}/squads/{squad}/edit", Who::Designer, change::edit)
        .post("/o/{org}/squads/{squad}/edit", Who::Designer, change::update)
        .get("/o/{org}/squads/{squad}/return", Who::Designer, change::ask_return)
        .post("/o/{org}/squads/{squad}/return", Who::Designer, change::return_to_forming)
        .get("/o/{org}/squads/{squad}/dissolve", Who::Designer, change::ask_dissolve)
        .post("/o/{org}/squads/{squad}/dissolve", Who::Designer, change::dissolve)
        .get("/o/{org}/squads/{squad}/members", Who::Member, staff::show)
        .post("/o/{org}/squads/{squad}/members", Who::Designer, staff::add)
        .get("/o/{org}/squads/{squad}/members/{membership}/edit", Who::Designer, membership::edit)
        .post(
            "/o/{org}/squads/{squad}/members/{membership}/edit",
            Who::Designer,
            membership::update,
        )
        .get(
            "/o/{org}/squads/{squad}/members/{membership}/move",
            Who::Designer,
            membership::ask_move,
        )
        .post("/o/{org}/squads/{squad}/members/{membership}/move", Who::Designer, membership::move_)
        .get("/o/{org}/squads/{squad}/members/{membership}/swap", Who::Designer, swap::ask_for)
        .post("/o/{org}/squads/{squad}/members/{membership}/swap", Who::Designer, swap::swap_for)
        .get(
            "/o/{org}/squads/{squad}/members/{membership}/remove",
            Who::Designer,
            membership::ask_remove,
        )
        .post(
            "/o/{org}/squads/{squad}/members/{membership}/remove",
            Who::Designer,
            membership::remove,
        )
        .get("/o/{org}/squads/{squad}/swap", Who::Designer, swap::ask)
        .post("/o/{org}/squads/{squad}/swap", Who::Designer, swap::swap)
        .get("/o/{org}/squads/{squad}/needs", Who::SquadMember, needs::show)
        .post("/o/{org}/squads/{squad}/needs", Who::SquadMember, needs::add)
        .post("/o/{org}/squads/{squad}/needs/{skill}", Who::SquadMember, needs::change)
        .post("/o/{org}/squads/{squad}/needs/{skill}/remove", Who::SquadMember, needs::remove)
}
