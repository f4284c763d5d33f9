//! The folder of a server: what lies where in it, how the cluster comes to be, and who is alive.
use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Seek},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::Pid;

use super::{
    account::Account,
    error::{At, Error, Result},
    fetch,
};

/// The role that `initdb` creates.
pub(super) const SUPERUSER: &str = "postgres";

/// The longest path of a folder that has room for `/run/.s.PGSQL.5432` in a socket's path, which
/// may have 103 bytes on macOS and 107 on Linux.
const LONGEST_ROOT: usize = 75;

/// Where things are in the folder of a server.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    pub(super) root: PathBuf,
    pub(super) data: PathBuf,
    /// The socket and the lifeline; elsewhere, if the folder's own path cannot be a socket's.
    pub(super) run: PathBuf,
    pub(super) log: PathBuf,
}

/// The living server of a cluster, from its `postmaster.pid`.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: Pid,
    /// `starting`, `ready` or `stopping`.
    pub(super) state: String,
    /// The folder of its socket, once it has one.
    socket_dir: PathBuf,
}

impl Paths {
    /// Creates the folder and makes it the account's, closed to everybody else.
    pub(super) fn prepare(root: &Path, account: &Account) -> Result<Self> {
        fs::create_dir_all(root).at(root.display())?;
        let root = fs::canonicalize(root).at(root.display())?;
        refuse_occupied(&root)?;
        lock_file(&root.join("start.lock"))?; // marks the folder as ours before anything else does
        close(&root, account)?;
        let paths = Self {
            data: root.join("data"),
            run: socket_dir(&root),
            log: root.join("postgres.log"),
            root,
        };
        let made = DirBuilder::new().mode(0o700).create(&paths.run);
        made.or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        })
        .at(paths.run.display())?;
        let found = fs::symlink_metadata(&paths.run).at(paths.run.display())?;
        // In a folder for everybody, somebody else may have put it, or a link to a folder of ours.
        let is_ours = found.is_dir() && account.is(found.uid());
        if !is_ours && !paths.run.starts_with(&paths.root) {
            return Err(Error::Foreign(paths.run));
        }
        close(&paths.run, account)?;
        Ok(paths)
    }

    /// Takes the socket's folder from the living server, if there is one: who started it may have
    /// had another folder for temporary files.
    pub(super) fn follow_running(&mut self) {
        if let Some(running) = self.running()
            && running.socket_dir.is_absolute()
        {
            self.run = running.socket_dir;
        }
    }

    /// The named pipe that every user of the server holds.
    pub(super) fn lifeline(&self) -> PathBuf {
        self.run.join("lifeline")
    }

    /// `postmaster.pid`, which a killed server leaves behind.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.data.join("postmaster.pid")
    }

    /// What `postmaster.pid` says, true or not.
    pub(super) fn recorded(&self) -> Option<Running> {
        let text = fs::read_to_string(self.pid_file()).ok()?;
        let line = |number| text.lines().nth(number).unwrap_or_default().trim();
        Some(Running {
            pid: Pid::from_raw(line(0).parse().ok()?),
            state: line(7).to_owned(),
            socket_dir: line(4).into(),
        })
    }

    /// The server of this cluster, if it is alive. After a crash of the machine or the container, the
    /// number in the file may be another process's, or a zombie's.
    pub(super) fn running(&self) -> Option<Running> {
        let recorded = self.recorded()?;
        let arguments = if Path::new("/proc/self/cmdline").exists() {
            let text = fs::read(format!("/proc/{}/cmdline", recorded.pid)).ok()?; // a zombie's is empty
            String::from_utf8_lossy(&text).replace('\0', " ")
        } else {
            let mut ps = Command::new("ps");
            ps.args(["-ww", "-o", "args=", "-p", &recorded.pid.to_string()]);
            String::from_utf8_lossy(&ps.output().ok()?.stdout).into_owned()
        };
        let program = arguments.split(' ').next().unwrap_or_default();
        let is_ours =
            program.ends_with("postgres") && arguments.contains(&*self.data.to_string_lossy());
        is_ours.then_some(recorded)
    }

    /// The end of the server's log, for an error's text.
    pub(super) fn log_tail(&self) -> String {
        let mut text = vec![];
        let mut read = || -> io::Result<usize> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(io::SeekFrom::Start(length.saturating_sub(2000)))?;
            file.read_to_end(&mut text)
        };
        let _ = read();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Creates the cluster. `start_lock` is held by `initdb` too, so that, should this process be
    /// killed, the next one waits for it to end.
    pub(super) fn initdb(
        &self,
        bindir: &Path,
        account: &Account,
        durable: bool,
        start_lock: &File,
    ) -> Result<()> {
        // Best first; a build without ICU, or older than 17, or a C library without C.UTF-8, refuses some. The search knows
        // the letters of all languages only by the character type, whatever the provider.
        const LOCALES: [&[&str]; 6] = [
            &["--locale=C", "--lc-ctype=C.UTF-8", "--locale-provider=icu", "--icu-locale=und"],
            &[
                "--locale=C",
                "--lc-ctype=C.UTF-8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            &["--locale=C.UTF-8"],
            &["--locale=C", "--locale-provider=icu", "--icu-locale=und"],
            &["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
            &["--locale=C"],
        ];
        let fresh = self.root.join("data.new");
        let mut failure = None;
        for locale in LOCALES {
            let _ = fs::remove_dir_all(&fresh);
            let mut command = account.command(bindir.join("initdb"));
            command
                .arg("-D")
                .arg(&fresh)
                .args(["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8"])
                .args(locale)
                .current_dir(&self.root)
                .stdin(start_lock.try_clone().at("start.lock")?);
            if !durable {
                command.arg("--no-sync");
            }
            let output = command.output().at("starting initdb")?;
            if output.status.success() {
                return fs::rename(&fresh, &self.data).at(self.data.display());
            }
            failure.get_or_insert(Error::Failed {
                what: "initdb",
                status: output.status.to_string(),
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        failure.map_or(Ok(()), Err)
    }
}

/// Opens a file to lock, which stays when it is unlocked.
pub(super) fn lock_file(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .at(path.display())
}

/// Refuses a folder with other things in it: as root, it would be taken from its owner.
fn refuse_occupied(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root).at(root.display())? {
        let name = entry.at(root.display())?.file_name();
        if !fetch::is_fetched(&name) && !root.join("start.lock").exists() {
            return Err(Error::Occupied(root.to_owned()));
        }
    }
    Ok(())
}

/// Makes a folder the account's, and closes it to everybody else.
fn close(dir: &Path, account: &Account) -> Result<()> {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).at(dir.display())?;
    account.give(dir)
}

/// Where the socket is: in the folder, unless its path is too long for a socket, or has characters
/// that the server's settings or a connection URL would read otherwise.
fn socket_dir(root: &Path) -> PathBuf {
    let bytes = root.as_os_str().as_encoded_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-".contains(b);
    if bytes.len() < LONGEST_ROOT && bytes.iter().all(plain) {
        return root.join("run");
    }
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    env::temp_dir().join(format!("trellis-pg-{hash:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_beside_its_data_unless_the_path_is_long_or_has_odd_characters() {
        let short = Path::new("/srv/trellis/postgres");
        let long = Path::new("/srv").join("x".repeat(LONGEST_ROOT));

        assert_eq!(socket_dir(short), short.join("run"));
        assert!(socket_dir(&long).starts_with(env::temp_dir()));
        assert!(socket_dir(Path::new("/srv/50% of us, & you")).starts_with(env::temp_dir()));
        assert_ne!(socket_dir(&long), socket_dir(&long.join("other")));
    }
}
