//! Health checks: how a squad sees itself, dimension by dimension, round after round. They are for the squad; nobody is ranked, nothing is
//! averaged over dimensions, and no figure is kept of a person (H9).
//!
//! - A *pack* is a list of *dimensions*, each with a name and a sentence for green, amber and red. Rewording makes another version; a
//!   round freezes those that it asks, and a line over rounds breaks where the words changed.
//! - A *round* is one squad's. It is open until a day, or a session that somebody ends; then it is closed for ever. A *schedule* opens
//!   rounds of many squads when their day comes: whichever instance is first, the database lets there be one for each squad and period.
//! - Members of the squad answer, and change their answers until the closing. Members and coaches open and close.
//! - After the closing the squad agrees on a colour and an arrow, and takes one or two actions, which stand first in the next round.
//!
//! # H6: what keeps an answer nobody's
//!
//! **While a round is open** its answers lie in `health_ballot`, under a key that is a keyed hash of the member's id. The key's secret lies in
//! `health_round_secret`; the database makes it and computes with it, so that neither the program nor a statement's log ever has it. Only
//! three statements read a ballot: those that answer, for the member who asks; the question *whether* somebody has answered; the closing. No
//! other page, file, event or error knows of it, so there is nothing to show before the closing, to anybody, by any route.
//!
//! **Answering leaves no trace beside the ballot.** It records no event and keeps no time. It claims no one-time key: beside that the user's
//! id would stand with a hash of the form, and a form with nine possible answers is found by trying. (Answering twice is the same as
//! once.) It tells no live page, and an [`Answer`] prints as one word, should it ever come into a log. The row of a ballot has no id, no
//! number and no sequence; its transaction writes nothing else, so its `xmin` is shared with no row that names somebody. There is no list of
//! participation to be compared with it: who has answered is computed from the secret while there is one.
//!
//! **The closing** is one transaction that holds the round against answers (they share it, [`service::answer`] waits or is told). In one statement
//! it writes the sums of each dimension that at least the threshold answered, and the notes in an order of chance; then it deletes the
//! ballots and destroys the secret. So everything that is left has one `xmin`, one time (the round's), and a physical order that says nothing.
//! Answers to a dimension that too few answered are never written anywhere else; the same holds for comparisons with the round before. Who
//! answered is forgotten too: of a closed round only how many did is known.
//!
//! **Nothing can be found by subtraction.** Before the closing there are no sums. Afterwards they are frozen by a trigger, whoever leaves, is removed or
//! comes late: there are no two states of a round to compare. The threshold is frozen at the opening, so that nobody lowers it under an open round.
//!
//! **The database's own statistics know no ballot.** Postgres samples columns to plan queries, and keeps the samples when the rows are gone. Of
//! ballots and secrets it samples nothing, and leaves their vacuuming to the program.
//!
//! **The schema holds this by itself**: a ballot and a secret refer to an *open* round and a result to a *shown* one, by foreign keys over
//! generated columns, so that a round cannot be closed while there are ballots, and nothing can be written for one that is not shown; triggers
//! refuse to change counts, to write results after the closing, to reopen, and to keep names in an anonymous round.
//! `tests/web/health` tries to break it: by rows' order, times, ids, `xmin`, events, one-time keys, and by reading every table as text.
//!
//! **Only sums leave the squad**: the notes, and the names of an open round, are read by those who are in it now and came before the closing.
//! Whoever joins a squad later, be it for a minute, reads nothing of what was written before.
//!
//! **A round can be announced as open, with names.** That is chosen when it is opened, printed on the voting page, and cannot be changed. Before the closing
//! and under the threshold nothing of it is shown either.
//!
//! # What this cannot do
//!
//! - Whoever can read the database while a round is open can compute the keys, and so can whoever has a backup, a replica or an archived
//!   write-ahead log of that time. Backups should be kept no longer than they are needed, and archives of the log be treated like them.
//! - A log of statements with their parameters would hold the member, the colour and the note of an answer in one line. Postgres writes none
//!   unless it is told to (`log_statement`, `log_min_duration_statement`); where it is, `log_parameter_max_length = 0` keeps them out.
//!   `trellis doctor` says where it is not so.
//! - Deleted rows lie in the files of the tables until they are vacuumed. [`service::tend`] does so every minute, as far as Trellis owns
//!   the tables and no transaction is older. That gives their room free and does not wipe it: the bytes stay until something is written over
//!   them, in the files, in a base backup of them, and in old blocks of the file system.
//! - The program can be changed by who runs it, and a proxy in front sees the forms that pass through it. A log of the proxy has who was when
//!   at the pages of answering, and where it keeps sizes, they say something of the answers: "red" is shorter than "green", and a page draws
//!   what was answered. It should log neither addresses nor sizes of `…/answer`. Trellis' own log does not say who answers.
//! - Who may open rounds may ask the same squad again and again, and compare two sums between which one person came or left. How many
//!   have answered is known to the organization while a round is open; who has, to the squad. Rounds far apart and a larger
//!   threshold help.
//! - If all who answered say the same, everybody knows what each of them said; and who votes in a squad of four with three others who tell
//!   each other their answers, tells them theirs. A larger threshold helps, and so does asking only what can be talked about.
//! - People are known by their words. Notes are shown without a name, and not without a style.
//!
//! | to read about | open |
//! |---|---|
//! | colours, trends, modes, texts | `domain/words.rs` |
//! | who may do what, days, names of rounds, refusals | `domain/rules.rs` |
//! | counts, what is shown, spread, lines that break | `domain/results.rs` |
//! | ballots, and what the closing writes | `db/ballots.rs` |
//! | opening, answering, closing | `service/rounds.rs` |
//! | agreeing, actions | `service/results.rs` |
//! | packs, settings | `service/packs.rs`, `migrations/0251_health_packs.sql` |
//! | schedules, and what the program does by itself | `service/schedules.rs` |
//! | the schema | `migrations/0250_health.sql` |
//! | the pages | `web/` |

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::routes;

use crate::ids::RoundId;

/// The address of a squad's health over time.
pub fn squad_url(organization: &str, squad: &str) -> String {
    format!("{}/health", crate::squads::url(organization, squad))
}

/// The address of a round.
pub fn round_url(organization: &str, squad: &str, round: RoundId) -> String {
    format!("{}/{round}", squad_url(organization, squad))
}

/// The address of the packs.
pub fn packs_url(organization: &str) -> String {
    format!("/o/{organization}/health/packs")
}

/// The address of the schedules.
pub fn schedules_url(organization: &str) -> String {
    format!("/o/{organization}/health/schedules")
}
