//! The pipe that tells whether anybody still uses the server, and the shell that watches it.
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::{errno::Errno, fcntl::OFlag, sys::stat::Mode, unistd::mkfifo};

use super::{
    account::Account,
    error::{At, Result},
};

/// Runs the server and watches the lifeline beside it. Started by
/// `sh -c SCRIPT sh LIFELINE LINGER postgres ARGUMENTS...` with the lifeline's read end as its input,
/// which is open before the shell is: whoever starts the server may die at any moment after.
pub(super) const SCRIPT: &str = r#"
lifeline=$1 linger=$2; shift 2
exec 3<&0 0</dev/null
"$@" 3<&- & server=$!
(
  while read -r _ <&3; do :; done
  exec 3<&-
  while [ "$linger" != 0 ]; do
    (sleep "$linger"; kill -INT "$server") & timer=$!
    exec 3<"$lifeline" # waits for the next user
    kill "$timer"
    while read -r _ <&3; do :; done
    exec 3<&-
  done
  while kill -INT "$server" 2>/dev/null; do sleep 1; done # at its very start, it would miss the first
) & watch=$!
exec 3<&-
wait "$server"; status=$?
kill "$watch" 2>/dev/null
exit "$status"
"#;

/// Both ends of a new lifeline.
pub(super) struct Ends {
    /// For who uses the server.
    pub(super) hold: File,
    /// For the shell that runs [`SCRIPT`].
    pub(super) watch: File,
}

/// Makes the lifeline anew, in place of that of an earlier server.
pub(super) fn create(path: &Path, account: &Account) -> Result<Ends> {
    let _ = fs::remove_file(path);
    mkfifo(path, Mode::from_bits_truncate(0o600)).at("creating the lifeline")?;
    account.give(path)?;
    // Opening one end waits for the other, unless it is told not to; the shell's reading shall wait.
    let _reader = open(OpenOptions::new().read(true), path).at(path.display())?;
    let hold = open(OpenOptions::new().write(true), path).at(path.display())?;
    let watch = File::open(path).at(path.display())?;
    Ok(Ends { hold, watch })
}

/// Takes hold of the lifeline; none when no one is at its other end.
pub(super) fn join(path: &Path) -> Result<Option<File>> {
    match open(OpenOptions::new().write(true), path) {
        Ok(file) => Ok(Some(file)),
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                || error.raw_os_error() == Some(Errno::ENXIO as i32) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).at(path.display()),
    }
}

/// Opens one end without waiting for the other.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.custom_flags(OFlag::O_NONBLOCK.bits()).open(path)
}
