//! A folder for one test's server, and a look at the processes that belong to it.
use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{Connection, PgConnection};
use trellis::postgres::{Options, Server};
use uuid::Uuid;

/// A folder that is removed at the end, after what still runs in it was killed.
pub struct Folder(PathBuf);

impl Folder {
    /// The folder's path; the server creates it.
    pub fn new() -> Self {
        Self(unused_path())
    }

    /// A folder whose path ends in this.
    pub fn below(rest: &str) -> Self {
        Self(unused_path().join(rest))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// How the tests run a server here: as an application does, but without waiting for the disk.
    pub fn options(&self) -> Options {
        Options { durable: false, ..Options::new(&self.0) }
    }

    /// Creates the cluster, and leaves the server stopped.
    pub fn initialise(&self) {
        self.start().stop().unwrap();
    }

    pub fn start(&self) -> Server {
        Server::start(&self.options()).unwrap()
    }

    /// The error with which the server does not start.
    pub fn refusal(&self) -> String {
        Server::start(&self.options()).unwrap_err().to_string()
    }

    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The account that the server runs as.
    pub fn owner(&self) -> (u32, u32) {
        let data = fs::metadata(self.data()).unwrap();
        (data.uid(), data.gid())
    }

    /// The server's processes, the shell beside it, and their children.
    pub fn processes(&self) -> Vec<(Pid, String)> {
        let mut ps = Command::new("ps");
        ps.args(["-A", "-ww", "-o", "pid=", "-o", "ppid=", "-o", "args="]);
        let output = String::from_utf8_lossy(&ps.output().unwrap().stdout).into_owned();
        let path = format!("{}/", self.0.display());
        let mut found: Vec<(Pid, String)> = vec![];
        let mut left: Vec<_> = output.lines().filter_map(process).collect();
        loop {
            let (ours, others): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|(_, parent, args)| {
                    args.contains(&path) || found.iter().any(|(pid, _)| pid == parent)
                });
            if ours.is_empty() {
                return found;
            }
            found.extend(ours.into_iter().map(|(pid, _, args)| (pid, args)));
            left = others;
        }
    }

    /// Ends everything with `kill -9`, without a chance to tidy up.
    pub fn kill_everything(&self) {
        self.kill_those(|_| true);
    }

    /// Ends the shell beside the server, and so all that watches over it.
    pub fn kill_shells(&self) {
        self.kill_those(|args| args.starts_with("/bin/sh"));
    }

    fn kill_those(&self, is_one: impl Fn(&str) -> bool) {
        for (pid, args) in self.processes() {
            if is_one(&args) {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
    }

    /// Waits for the server's processes to be gone.
    pub fn wait_until_gone(&self) {
        wait_until("every process is gone", || self.processes().is_empty());
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.kill_everything();
        let temporary = fs::canonicalize(env::temp_dir()).unwrap();
        let name = self.0.strip_prefix(&temporary).unwrap().iter().next();
        let _ = fs::remove_dir_all(temporary.join(name.unwrap()));
    }
}

fn unused_path() -> PathBuf {
    let name = Uuid::now_v7().simple().to_string();
    let temporary = fs::canonicalize(env::temp_dir()).unwrap();
    temporary.join(format!("trellis-{}", &name[20..]))
}

/// Splits a line of `ps`.
fn process(line: &str) -> Option<(Pid, Pid, String)> {
    let mut words = line.split_whitespace();
    let pid = Pid::from_raw(words.next()?.parse().ok()?);
    let parent = Pid::from_raw(words.next()?.parse().ok()?);
    Some((pid, parent, words.collect::<Vec<_>>().join(" ")))
}

/// Looks again and again until it is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        sleep(Duration::from_millis(15));
    }
}

/// Whether a server answers at this URL.
pub fn answers(url: &str) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Ok(mut connection) = PgConnection::connect(url).await else {
            return false;
        };
        let answer = sqlx::query_scalar("select 1").fetch_one(&mut connection);
        answer.await.is_ok_and(|one: i32| one == 1)
    })
}
