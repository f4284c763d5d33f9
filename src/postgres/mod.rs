//! A Postgres server that belongs to the programs using it, so that Trellis runs without one
//! being set up.
//!
//! [`Server::start`] finds the Postgres binaries of this machine, creates a cluster in a folder
//! the first time, and runs it on a unix socket inside that folder; no TCP port is opened. Several
//! programs may use one folder at once: the first one starts the server, later ones join it, and it
//! is shut down cleanly when the last one is gone, however that one ended.
//!
//! # The lifeline
//!
//! How "gone" is known: every user holds the write end of a named pipe, the lifeline. A shell
//! process next to the server reads it, gets end-of-file when the last holder has closed it or has
//! died (the kernel closes it on `kill -9` too), and asks the server for a fast shutdown.
//!
//! # The locks
//!
//! `start.lock` is held while a server is brought up and while the last user waits for its end, so
//! that nobody joins a server that is going down. `users.lock` is held shared by every user: who can
//! have it exclusively was the last one. Both are locks of the kernel and end with their holders.
//!
//! # The account
//!
//! Postgres refuses to run as root. When this process is root, the server's processes run as the
//! owner of the data if there are any, or else as `postgres`, or else as `nobody`, and own the
//! folder.
//!
//! # What may go wrong
//!
//! A server that was killed leaves its `postmaster.pid`, whose number may by now be another
//! process's. The file is never deleted, since with it would go Postgres's own protection against
//! two servers on one cluster; the next server is told that the number is stale instead. A cluster
//! is made in `data.new` and renamed when it is complete, so that a half-made one is never used.
//!
//! | to read about | open |
//! |---|---|
//! | starting, joining, stopping | `server.rs` |
//! | the pipe and the shell that watches it | `lifeline.rs` |
//! | the folder, `initdb`, `postmaster.pid` | `cluster.rs` |
//! | where Postgres is looked for | `binaries.rs` |
//! | fetching it where none is installed | `fetch.rs` |
//! | whom the server runs as | `account.rs` |
//! | the database and the role of Trellis | `prepare.rs` |
use std::path::PathBuf;

mod account;
mod binaries;
mod cluster;
mod error;
mod fetch;
mod lifeline;
mod prepare;
mod server;

pub use error::Error;
pub use fetch::fetch;
pub use prepare::prepare;
pub use server::Server;

/// Where a server keeps its data, and how it runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Holds everything: the cluster, the socket, the log, the locks. A folder of the server's own.
    pub dir: PathBuf,
    /// The folder with `initdb` and `postgres`, before all others that are searched.
    pub bindir: Option<PathBuf>,
    /// `false` trades safety at power loss for speed; for tests only.
    pub durable: bool,
    /// How many seconds the server outlives its last user.
    pub linger: u32,
    /// Settings of the server by name, as in `postgresql.conf`; only who starts the server sets them.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A durable server in `dir`, which stops when its last user is gone.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), bindir: None, durable: true, linger: 0, settings: vec![] }
    }

    /// A server that is fast, not durable, and bridges the gaps between the processes of a test run.
    #[must_use]
    pub fn for_tests(mut self) -> Self {
        self.durable = false;
        self.linger = 10;
        self
    }

    /// Adds a setting of the server, as in `postgresql.conf`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}
