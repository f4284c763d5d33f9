//! Trellis as a child process, with a data folder or a database of its own.
//!
//! Included by the test binaries with `#[path = "../support/program.rs"] mod program;`.
use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use uuid::Uuid;

/// How long the tests wait for anything at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// A data folder that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    /// A path that nothing has; the program makes the folder.
    pub fn new() -> Self {
        let name = Uuid::now_v7().simple().to_string();
        let temporary = fs::canonicalize(env::temp_dir()).unwrap();
        Self(temporary.join(format!("trellis-{}", &name[20..])))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until no process names the folder any more: program, database server, or the shell beside it.
    pub fn wait_until_unused(&self) {
        let path = format!("{}/", self.0.display());
        wait_until("no server is left", || {
            let ps = Command::new("ps").args(["-A", "-ww", "-o", "args="]).output().unwrap();
            !String::from_utf8_lossy(&ps.stdout).contains(&path)
        });
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program without the environment of whoever runs the tests.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trellis"));
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("TRELLIS_") || name.starts_with("DATABASE_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// What a command that ends by itself has said.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command to its end.
pub fn run(arguments: &[&str], input: &str) -> Said {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()); // it may not want any
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server.
pub struct Program {
    process: Child,
    lines: Receiver<String>,
    /// Host and port that it listens on.
    pub address: String,
    /// Host and port of `/metrics`, if it has said so.
    pub metrics: Option<String>,
}

impl Program {
    /// Starts a server on a free port and waits until it listens.
    pub fn serve(arguments: &[&str]) -> Self {
        Self::serve_at("127.0.0.1:0", arguments)
    }

    /// Starts a server at a host and port, for one that was there before, and waits until it listens.
    pub fn serve_at(address: &str, arguments: &[&str]) -> Self {
        let mut process = command(&[])
            .args(["serve", "--listen", address])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut program = Self { process, lines, address: String::new(), metrics: None };
        while program.address.is_empty() {
            let line = program.line().expect("the server listens");
            if let Some(url) = line.strip_prefix("metrics on http://") {
                program.metrics = Some(url.trim_end_matches("/metrics").to_owned());
            }
            if let Some(address) = line.strip_prefix("listening on http://") {
                address.clone_into(&mut program.address);
            }
        }
        program
    }

    /// Starts a server over a data folder.
    pub fn over(folder: &Folder) -> Self {
        Self::serve(&["--data", folder.path().to_str().unwrap()])
    }

    /// The next line that it prints; none when it has ended, or prints nothing for a while.
    pub fn line(&self) -> Option<String> {
        self.lines.recv_timeout(PATIENCE).ok()
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let pid = i32::try_from(self.process.id()).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    }

    /// Waits for its end; answers how it ended and what it printed until then.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = self.process.wait().unwrap();
        let rest: Vec<_> = self.lines.iter().collect();
        (status, rest.join("\n"))
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(self) -> String {
        self.terminate();
        let (status, rest) = self.ended();
        assert!(status.success(), "{status}");
        rest
    }

    /// Ends it with `kill -9`.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Opens a page: its status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    /// The status of a page.
    pub fn status(&self, path: &str) -> u16 {
        self.get(path).0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Opens a page at a host and port: its status and body.
pub fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    answer(stream)
}

/// A connection that gives up after some seconds.
pub fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What comes until the server closes the connection.
pub fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    (status, body.to_owned())
}

/// Looks again and again until it is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        sleep(Duration::from_millis(15));
    }
}
