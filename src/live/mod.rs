//! Live pages: what one person changes is on the others' screens within a second, on every instance.
//!
//! - Each open page holds one stream (server-sent events). It carries no content, only "something here changed"
//!   with the number of the newest event; the page then fetches itself again and takes over what is different. So
//!   a stream cannot show anybody what the page would not show them, and a lost or doubled message does no harm.
//! - On every connect and reconnect the page is told at once, so that nothing is missed in between.
//! - After a commit the instance tells its own pages ([`crate::hints`]) and, outside any transaction, sends one coalesced
//!   NOTIFY for the others. A NOTIFY may be lost, and behind a pooler of transactions always is: every instance also asks the
//!   history every 2 seconds, and every half a second while it has no listening connection.
//! - The history is numbered in the order of writing and not of committing. The instance therefore reads the last minute again each
//!   time and remembers what it has seen there ([`Window`]): a transaction that commits late is found too. A minute
//!   is twice what a request may last.
//! - A stream ends within 30 seconds of its session, its membership or its roles (RELIABILITY R13): all streams of an instance are
//!   checked together every 10 seconds, and they end when that cannot be done for half a minute.
//! - A stream belongs to one organization and hears nothing of another (H10). Opening one asks the database one thing, so
//!   that all those of an instance that stopped can come to another one at once.
//! - Everything that waits here is coalesced and bounded: per stream one signal, however slow its reader is; per
//!   organization one hint, however much happens.
//!
//! | to read about | open |
//! |---|---|
//! | the kinds of pages and what concerns them; the window | `domain.rs` |
//! | who is connected, and what they are told | [`Hub`] in `hub.rs` |
//! | the tasks of an instance: reading, NOTIFY, LISTEN, the guard, presence | `tasks.rs` |
//! | what a browser receives | `stream.rs` |
//! | the macros for pages | `templates/components/live.html` |
//! | what the browser does with it | `static/app.js` |

mod db;
mod domain;
mod hub;
mod stream;
mod tasks;
mod web;

pub use domain::*;
pub use hub::Hub;
pub use tasks::Running;
pub use web::routes;
