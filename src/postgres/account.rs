//! Whom the server's processes run as: Postgres refuses to be root.
use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{Uid, User, geteuid};

use super::error::{At, Error, Result};

/// Variables that would send the server or `initdb` to some other cluster.
const FOREIGN_VARIABLES: [&str; 7] =
    ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PG_GRANDPARENT_PID"];

/// The account of the server's processes; none means this process's own.
#[derive(Debug)]
pub(super) struct Account(Option<User>);

impl Account {
    /// This process's own account, unless it is root's: then the owner of the data that are there,
    /// or else `postgres`, or else `nobody`.
    pub(super) fn choose(data: &Path) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        let owner = fs::metadata(data)
            .ok()
            .and_then(|data| User::from_uid(Uid::from_raw(data.uid())).ok().flatten());
        let named = |name| User::from_name(name).ok().flatten();
        [owner, named("postgres"), named("nobody")]
            .into_iter()
            .flatten()
            .find(|user| !user.uid.is_root())
            .map(|user| Self(Some(user)))
            .ok_or(Error::NoAccount)
    }

    /// Makes the account the owner of a file or folder.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |user| {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).at(path.display())
        })
    }

    /// Whether the owner with this number is the account, or this process.
    pub(super) fn is(&self, uid: u32) -> bool {
        uid == geteuid().as_raw() || self.0.as_ref().is_some_and(|user| user.uid.as_raw() == uid)
    }

    /// A command that the account runs, in an environment without surprises.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        for name in FOREIGN_VARIABLES {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("TZ", "UTC");
        command
    }

    /// Refuses a folder that the account cannot enter, since a folder above it is closed.
    pub(super) fn check_reaches(&self, dir: &Path) -> Result<()> {
        let Some(user) = &self.0 else { return Ok(()) };
        let entered = self
            .command("/bin/sh")
            .args(["-c", "cd \"$1\"", "sh"])
            .arg(dir)
            .current_dir("/")
            .stderr(Stdio::null())
            .status()
            .at("starting sh")?;
        if entered.success() {
            return Ok(());
        }
        Err(Error::Unreachable { user: user.name.clone(), dir: dir.to_owned() })
    }
}
