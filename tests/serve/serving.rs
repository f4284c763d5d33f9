//! A server over its own data folder: started, started again, killed, stopped.
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::program::{Folder, Program, answer, connect, get, run, wait_until};

const PASSWORD: &str = "moss under seven lamps";

#[test]
fn the_first_start_prints_a_setup_link_and_a_start_after_kill_9_keeps_the_data() {
    let folder = Folder::new();
    let data = folder.path().to_str().unwrap();
    let first = Program::over(&folder);
    let link = first.line().unwrap();
    let link = link.strip_prefix(&format!("set up Trellis at http://{}/setup/", first.address));
    assert!(link.is_some_and(|token| token.len() >= 43), "{link:?}");

    let create = |password| {
        let who = ["--email", "ingrid@norvik.example", "--name", "Ingrid Solheim"];
        let what = ["admin", "create", "--organization", "Norvik Energy", "--data", data];
        run(&[what.as_slice(), &who].concat(), password)
    };
    let weak = create("norvik energy");
    let strong = create(PASSWORD);
    first.kill();
    let second = Program::over(&folder);

    assert_eq!(weak.code, Some(1));
    assert_eq!(
        weak.err,
        "trellis: This password is easy to guess. Use a few words that have nothing to do with you or Trellis.\n"
    );
    assert_eq!(strong.code, Some(0), "{}", strong.err);
    assert_eq!(strong.out, "ingrid@norvik.example is admin of Norvik Energy\n");
    assert_eq!(second.status("/readyz"), 200);
    let doctor = run(&["doctor", "--data", data], "");
    assert_eq!(doctor.code, Some(0), "{}{}", doctor.out, doctor.err);
    assert!(doctor.out.contains("(1 organizations)"), "{}", doctor.out);
    assert_eq!(second.stop(), "", "no link once there is an admin");
    folder.wait_until_unused();
}

#[test]
fn two_instances_share_one_data_folder_and_the_last_one_ends_the_database() {
    let folder = Folder::new();
    let first = Program::over(&folder);
    let second = Program::over(&folder);
    assert_eq!((first.status("/readyz"), second.status("/readyz")), (200, 200));

    first.stop();

    assert_eq!(second.status("/readyz"), 200);
    second.stop();
    folder.wait_until_unused();
}

#[test]
fn a_stop_says_so_first_then_finishes_what_is_on_its_way_and_exits_with_0() {
    let folder = Folder::new();
    let data = folder.path().to_str().unwrap();
    let server =
        Program::serve(&["--data", data, "--drain", "700", "--metrics-listen", "127.0.0.1:0"]);
    let metrics = server.metrics.clone().unwrap();
    assert_eq!(server.get("/healthz"), (200, "ok".to_owned()));
    assert_eq!(server.get("/readyz"), (200, "ready".to_owned()));
    assert_eq!(server.status("/metrics"), 404);
    let (status, page) = get(&metrics, "/metrics");
    assert_eq!(status, 200);
    assert!(page.contains("axum_http_requests_total"), "{page}");
    let mut on_its_way = begin_form(&server.address);

    server.terminate();

    wait_until("/readyz says no", || server.status("/readyz") == 503);
    assert_eq!(server.get("/readyz").1, "stopping");
    assert_eq!(server.status("/healthz"), 200, "it still serves");
    wait_until("nobody is let in", || TcpStream::connect(&server.address).is_err());
    on_its_way.write_all(b"=1").unwrap();
    assert_eq!(answer(on_its_way).0, 404);
    let (status, _) = server.ended();
    assert_eq!(status.code(), Some(0));
    folder.wait_until_unused();
}

/// A form of which the last two characters are missing.
fn begin_form(address: &str) -> TcpStream {
    let mut stream = connect(address);
    write!(
        stream,
        "POST /nowhere HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nx"
    )
    .unwrap();
    stream
}

#[test]
fn headers_that_do_not_come_to_an_end_are_cut_off_after_10_seconds() {
    let folder = Folder::new();
    let server = Program::over(&folder);
    let mut slow = connect(&server.address);
    let since = Instant::now();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: slow\r\nX-Never: ending").unwrap();

    let mut rest = vec![];
    let _ = slow.read_to_end(&mut rest); // closed or reset

    let seconds = since.elapsed();
    assert!(seconds >= Duration::from_secs(9) && seconds < Duration::from_secs(14), "{seconds:?}");
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    assert_eq!(server.status("/healthz"), 200);
}
