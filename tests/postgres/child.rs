//! Programs that use a server, as child processes: this test binary again, asked for one test only.
use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use trellis::postgres::{Options, Server, fetch};

/// What the child process is to do; unset in an ordinary test run.
const TASK: &str = "TRELLIS_TEST_CHILD";
const FOLDER: &str = "TRELLIS_TEST_CHILD_FOLDER";

/// The other end: does nothing, unless this process was started by [`Program`].
#[test]
fn a_program_does_what_its_parent_asks() {
    let Ok(task) = env::var(TASK) else { return };
    let folder = env::var_os(FOLDER).unwrap();
    match &*task {
        "hold" => hold(&Options { durable: false, ..Options::new(folder) }),
        "fetch" => match fetch(Path::new(&folder)) {
            Ok(bindir) => eprintln!("fetched {}", bindir.display()),
            Err(error) => eprintln!("refused {error}"),
        },
        _ => panic!("no such task: {task}"),
    }
}

/// Uses a server until the parent closes the pipe.
fn hold(options: &Options) {
    match Server::start(options) {
        Err(error) => eprintln!("refused {error}"),
        Ok(server) => {
            let started = server.started_by_us();
            eprintln!("started {started} {}", server.url("postgres"));
            let _ = std::io::stdin().read_to_end(&mut vec![]);
            server.stop().unwrap();
        }
    }
}

/// A child process that uses a server, or does something else with a folder.
pub struct Program {
    process: Child,
    output: BufReader<ChildStderr>,
}

/// What a program says when its server is up.
pub struct Started {
    pub by_itself: bool,
    pub url: String,
}

impl Program {
    /// Starts a program that starts or joins the server.
    pub fn hold(folder: &Path) -> Self {
        Self::run("hold", folder, &[])
    }

    /// Starts a program with a task and environment variables.
    pub fn run(task: &str, folder: &Path, variables: &[(&str, &OsStr)]) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child::a_program_does_what_its_parent_asks"])
            .args(["--nocapture", "--test-threads=1"])
            .env(TASK, task)
            .env(FOLDER, folder)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stderr.take().unwrap());
        Self { process, output }
    }

    /// Waits until the server is up.
    pub fn started(&mut self) -> Started {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        let ["started", by_itself, url] = words[..] else {
            panic!("{line}");
        };
        Started { by_itself: by_itself.parse().unwrap(), url: url.to_owned() }
    }

    /// Waits until the program has ended by itself, and returns all it said.
    pub fn said(mut self) -> String {
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        text
    }

    /// Asks the program to leave, and waits until it has.
    pub fn leave(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }

    /// Ends the program with `kill -9`.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
