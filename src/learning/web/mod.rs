//! The pages of learning.
//!
//! | to read about | open |
//! |---|---|
//! | the apprenticeship of an address | `at.rs` |
//! | the list of the organization | `list.rs` |
//! | the plan, and making and changing it | `plan.rs`, `terms.rs` |
//! | a step, sign-offs | `steps.rs` |
//! | practice: the form and the log | `log.rs` |
//! | feedback and asking for it | `feedback.rs` |
//! | reflections | `reflections.rs` |

mod at;
mod feedback;
mod list;
mod log;
mod plan;
mod reflections;
mod steps;
mod terms;

use crate::web::{Routes, Who};

/// The addresses of learning.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/learning", Who::Member, list::list)
        .get("/o/{org}/products/{product}/learning/{learner}", Who::Member, plan::show)
        .get("/o/{org}/products/{product}/learning/{learner}/plan", Who::LeadPm, terms::ask)
        .post("/o/{org}/products/{product}/learning/{learner}/plan", Who::LeadPm, terms::save)
        .post("/o/{org}/products/{product}/learning/{learner}/template", Who::LeadPm, terms::keep)
        .get("/o/{org}/products/{product}/learning/{learner}/steps/new", Who::LeadPm, steps::new)
        .post("/o/{org}/products/{product}/learning/{learner}/steps", Who::LeadPm, steps::add)
        .get(
            "/o/{org}/products/{product}/learning/{learner}/steps/{step}",
            Who::Member,
            steps::show,
        )
        .get(
            "/o/{org}/products/{product}/learning/{learner}/steps/{step}/edit",
            Who::LeadPm,
            steps::edit,
        )
        .post(
            "/o/{org}/products/{product}/learning/{learner}/steps/{step}/edit",
            Who::LeadPm,
            steps::update,
        )
        .post(
            "/o/{org}/products/{product}/learning/{learner}/steps/{step}/remove",
            Who::LeadPm,
            steps::remove,
        )
        .post(
            "/o/{org}/products/{product}/learning/{learner}/steps/{step}/sign-off",
            Who::LeadPm,
            steps::sign_off,
        )
        .post(
            "/o/{org}/products/{product}/learning/{learner}/steps/{step}/take-back",
            Who::LeadPm,
            steps::take_back,
        )
        .get("/o/{org}/products/{product}/learning/{learner}/log", Who::Apprentice, log::ask)
        .post("/o/{org}/products/{product}/learning/{learner}/log", Who::Apprentice, log::save)
        .get("/o/{org}/products/{product}/learning/{learner}/practice", Who::Member, log::list)
        .get("/o/{org}/products/{product}/learning/{learner}/feedback", Who::Member, feedback::list)
        .post(
            "/o/{org}/products/{product}/learning/{learner}/feedback",
            Who::Member,
            feedback::give,
        )
        .get("/o/{org}/products/{product}/learning/{learner}/ask", Who::Apprentice, feedback::ask)
        .post("/o/{org}/products/{product}/learning/{learner}/ask", Who::Apprentice, feedback::send)
        .get(
            "/o/{org}/products/{product}/learning/{learner}/reflections",
            Who::ApprenticeOrLeadPm,
            reflections::list,
        )
        .post(
            "/o/{org}/products/{product}/learning/{learner}/reflections",
            Who::Apprentice,
            reflections::save,
        )
}
