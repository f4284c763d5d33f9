//! Starting a server or joining the one that runs, and leaving it.
use std::{
    fs::{self, File, OpenOptions},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use nix::sys::signal;

use super::{
    Options,
    account::Account,
    binaries,
    cluster::{Paths, SUPERUSER, lock_file},
    error::{At, Error, Result},
    lifeline,
};

/// Names the socket's file; no TCP port is opened.
const PORT: u16 = 5432;

/// How long a server may take to be ready; after a crash it has to recover first.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long the last user waits for the server to shut down.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How long a living server may be without anybody at its lifeline before it is asked to end.
const UNWATCHED_LIMIT: Duration = Duration::from_secs(5);
/// How often a server that fails at once is tried again, since processes of a killed one may still be
/// ending, and how long each time is waited for them.
const ATTEMPTS: u32 = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(200);

/// A running server, in use by this process until it is [stopped](Server::stop) or dropped.
#[derive(Debug)]
pub struct Server {
    paths: Paths,
    lifeline: Option<File>,
    users: File,
    linger: u32,
    child: Option<Child>,
    started_by_us: bool,
    initialised_by_us: bool,
}

impl Server {
    /// Starts the server, or joins the one that runs, and waits until it accepts connections.
    ///
    /// Blocks for as long as that takes; from async code, call it in `spawn_blocking`.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let account = Account::choose(&options.dir.join("data"))?;
        let mut paths = Paths::prepare(&options.dir, &account)?;
        account.check_reaches(&paths.root)?;
        let start_lock = lock_file(&paths.root.join("start.lock"))?;
        start_lock.lock().at("locking start.lock")?;
        let users = lock_file(&paths.root.join("users.lock"))?;
        users.lock_shared().at("locking users.lock")?;
        paths.follow_running();

        let initialised_by_us = !paths.data.join("PG_VERSION").exists();
        if initialised_by_us {
            let bindir = binaries::find(options, &paths.data)?;
            paths.initdb(&bindir, &account, options.durable, &start_lock)?;
        }
        let mut server = Self {
            paths,
            lifeline: None,
            users,
            linger: options.linger,
            child: None,
            started_by_us: false,
            initialised_by_us,
        };
        if let Err(error) = server.bring_up(&account, options) {
            server.lifeline = None; // or dropping it would wait for start.lock, which is held here
            return Err(error);
        }
        Ok(server)
    }

    /// Whether this process started it, rather than joined it.
    pub fn started_by_us(&self) -> bool {
        self.started_by_us
    }

    /// Whether this process created its data.
    pub fn initialised_by_us(&self) -> bool {
        self.initialised_by_us
    }

    /// The folder of the unix socket.
    pub fn socket_dir(&self) -> &Path {
        &self.paths.run
    }

    /// The superuser's connection URL, for sqlx, psql and other clients like libpq.
    pub fn url(&self, database: &str) -> String {
        self.url_as(SUPERUSER, database)
    }

    /// The connection URL of a role.
    pub(super) fn url_as(&self, role: &str, database: &str) -> String {
        format!("postgres:///{database}?host={}&port={PORT}&user={role}", self.paths.run.display())
    }

    /// Lets go of the server, and if nobody else uses it waits until it has shut down.
    pub fn stop(mut self) -> Result<(), Error> {
        self.release()
    }

    fn bring_up(&mut self, account: &Account, options: &Options) -> Result<()> {
        let begun = Instant::now();
        let deadline = begun + START_LIMIT;
        let mut attempts = 0;
        while Instant::now() < deadline {
            self.lifeline = lifeline::join(&self.paths.lifeline())?;
            if self.lifeline.is_some() {
                if self.wait_ready(deadline)? {
                    return Ok(());
                }
                self.lifeline = None; // it was on its way out, or failed: once more
            } else if let Some(running) = self.paths.running() {
                if begun.elapsed() > UNWATCHED_LIMIT {
                    let _ = signal::kill(running.pid, signal::SIGINT);
                }
            } else {
                self.spawn(account, options)?;
                if self.wait_ready(deadline)? {
                    return Ok(());
                }
                self.lifeline = None;
                attempts += 1;
                if let Err(error) = self.check_child()
                    && attempts > ATTEMPTS
                {
                    return Err(error);
                }
                self.child = None;
                sleep(BETWEEN_ATTEMPTS);
            }
            sleep(Duration::from_millis(10));
        }
        Err(self.timeout())
    }

    /// Starts the shell that runs and watches the server, and takes hold of the lifeline.
    fn spawn(&mut self, account: &Account, options: &Options) -> Result<()> {
        let bindir = binaries::find(options, &self.paths.data)?;
        let Paths { data, run, log, .. } = &self.paths;
        let _ = fs::remove_file(run.join(format!(".s.PGSQL.{PORT}.lock")));
        let ends = lifeline::create(&self.paths.lifeline(), account)?;
        let log = OpenOptions::new().create(true).append(true).open(log).at(log.display())?;
        let mut command = account.command("/bin/sh");
        command
            .args(["-c", lifeline::SCRIPT, "sh"])
            .arg(self.paths.lifeline())
            .arg(options.linger.to_string())
            .arg(bindir.join("postgres"))
            .arg("-D")
            .arg(data);
        let mut set = |setting: &str| {
            command.args(["-c", setting]);
        };
        set("listen_addresses=");
        set("unix_socket_permissions=0700");
        set(&format!("unix_socket_directories={}", run.display()));
        set(&format!("port={PORT}"));
        set("cluster_name=trellis");
        if !options.durable {
            set("fsync=off");
            set("synchronous_commit=off");
            set("full_page_writes=off");
        }
        for (name, value) in &options.settings {
            set(&format!("{name}={value}"));
        }
        if let Some(stale) = self.paths.recorded() {
            // This is no server's, or it would have been joined. PostgreSQL itself would only see that
            // some process has the number, and not start; it does take the number given here for
            // nobody else's, and still makes sure that no process of the earlier server is left.
            command.env("PG_GRANDPARENT_PID", stale.pid.to_string());
            // The new server may get the same number, and is not ready before it says so itself.
            let file = self.paths.pid_file();
            let text = fs::read_to_string(&file).at(file.display())?;
            fs::write(&file, text.replace("ready", "stale")).at(file.display())?;
        }
        let child = command
            .current_dir(data)
            .process_group(0) // Ctrl-C is for the program, which leaves in its own time
            .stdin(ends.watch)
            .stdout(log.try_clone().at("the log")?)
            .stderr(Stdio::from(log))
            .spawn()
            .at("starting sh")?;
        self.lifeline = Some(ends.hold);
        self.child = Some(child);
        self.started_by_us = true;
        Ok(())
    }

    /// True once the server accepts connections, false when it is going down instead.
    fn wait_ready(&mut self, deadline: Instant) -> Result<bool> {
        while Instant::now() < deadline {
            if self.check_child().is_err() {
                return Ok(false);
            }
            let running = self.paths.running();
            match running.as_ref().map(|running| &*running.state) {
                Some("ready") => return Ok(true),
                Some("stopping") => return Ok(false),
                None if self.child.is_none() => return Ok(false),
                _ => sleep(Duration::from_millis(5)),
            }
        }
        Err(self.timeout())
    }

    /// An error when the server that this process started has ended.
    fn check_child(&mut self) -> Result<()> {
        let Some(child) = &mut self.child else {
            return Ok(());
        };
        match child.try_wait().at("waiting for sh")? {
            None => Ok(()),
            Some(status) => Err(Error::Failed {
                what: "the database server",
                status: status.to_string(),
                output: self.paths.log_tail(),
            }),
        }
    }

    fn release(&mut self) -> Result<()> {
        if self.lifeline.is_none() {
            return Ok(());
        }
        let start_lock = lock_file(&self.paths.root.join("start.lock"))?;
        start_lock.lock().at("locking start.lock")?;
        self.users.unlock().at("unlocking users.lock")?;
        self.lifeline = None;
        if self.linger > 0 || self.users.try_lock().is_err() {
            return Ok(());
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while self.paths.running().is_some() && Instant::now() < deadline {
            if let Some(child) = &mut self.child {
                let _ = child.try_wait();
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn timeout(&self) -> Error {
        Error::Timeout { dir: self.paths.data.clone(), log: self.paths.log.clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.release();
    }
}
