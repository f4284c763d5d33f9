//! chromedriver and the Chromium behind it, as child processes of the test.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde_json::Value;

/// The variable that makes a missing browser a failure, instead of a walk that is not taken.
const REQUIRED: &str = "TRELLIS_BROWSER";

/// A chromedriver of the test's own; at its end all its browsers end too.
pub struct Driver {
    process: Child,
    /// Host and port.
    address: String,
    chromium: PathBuf,
    sessions: Mutex<Vec<String>>,
}

impl Driver {
    /// Starts chromedriver. Where it or Chromium is missing it says so loudly, and there is nothing to walk with.
    ///
    /// # Panics
    /// If it is missing and `TRELLIS_BROWSER=required`.
    pub fn start() -> Option<Self> {
        let chromium = installed(&["chromium", "chromium-browser", "google-chrome"]);
        let (Some(driver), Some(chromium)) = (installed(&["chromedriver"]), chromium) else {
            let missing =
                "chromium or chromedriver is not installed (apt install chromium chromium-driver)";
            assert!(env::var_os(REQUIRED).is_none_or(|it| it != "required"), "{missing}");
            let test = thread::current().name().unwrap_or_default().to_owned();
            // Not eprintln, which the test harness keeps to itself while a test passes.
            let _ = writeln!(io::stderr(), "\nNOT WALKED: {test}: {missing}\n");
            return None;
        };
        let mut process = Command::new(driver)
            .arg("--port=0")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split_once("successfully on port ").map(|(_, n)| n.to_owned()))
            .expect("chromedriver says its port");
        thread::spawn(move || lines.for_each(drop)); // a full pipe would stop it
        let address = format!("127.0.0.1:{}", port.trim_end_matches('.'));
        Some(Self { process, address, chromium, sessions: Mutex::default() })
    }

    /// Where it takes commands.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The browser that it starts.
    pub fn chromium(&self) -> &Path {
        &self.chromium
    }

    /// Ends this session too at the end.
    pub fn remember(&self, session: String) {
        self.sessions.lock().unwrap().push(session);
    }

    /// Keeps what a browser shows, for whoever looks into a failure.
    fn keep_picture(&self, session: &str, number: usize) -> Option<PathBuf> {
        let answer = ask(&self.address, "GET", &format!("/session/{session}/screenshot"))?;
        let answer: Value = serde_json::from_str(&answer).ok()?;
        let picture = BASE64_STANDARD.decode(answer["value"].as_str()?).ok()?;
        let test = thread::current().name().unwrap_or("walk").replace("::", "-");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{number}.png"));
        fs::write(&path, picture).ok()?;
        Some(path)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let sessions = self.sessions.lock().map(|all| all.clone()).unwrap_or_default();
        for (number, session) in sessions.iter().enumerate() {
            if thread::panicking()
                && let Some(path) = self.keep_picture(session, number)
            {
                eprintln!("the browser showed {}", path.display());
            }
            let _ = ask(&self.address, "DELETE", &format!("/session/{session}"));
        }
        // The group is its own: a Chromium that hangs ends with it.
        let group = Pid::from_raw(i32::try_from(self.process.id()).unwrap_or_default());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

/// A request without a body, from where nothing can be awaited; answers the body.
fn ask(address: &str, method: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").ok()?;
    // chromedriver does not close the connection.
    let mut answer = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        answer.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(n) = line.strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// The first of some programs that is on the path.
fn installed(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file())
    })
}
