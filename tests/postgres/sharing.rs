//! One server, its users, and their comings and goings.
use crate::{
    child::Program,
    folder::{Folder, answers},
};

#[test]
fn the_first_start_creates_the_data_and_later_ones_find_them() {
    let folder = Folder::new();

    let cold = folder.start();
    assert!(cold.started_by_us() && cold.initialised_by_us());
    assert!(answers(&cold.url("postgres")));
    assert!(!folder.processes().is_empty());
    cold.stop().unwrap();
    folder.wait_until_gone();

    let warm = folder.start();
    assert!(warm.started_by_us() && !warm.initialised_by_us());
    assert!(answers(&warm.url("postgres")));
}

#[test]
fn of_eight_programs_at_once_one_starts_the_server_and_all_use_it() {
    let folder = Folder::new();

    let mut programs: Vec<_> = (0..8).map(|_| Program::hold(folder.path())).collect();
    let started: Vec<_> = programs.iter_mut().map(Program::started).collect();

    assert_eq!(started.iter().filter(|one| one.by_itself).count(), 1);
    assert!(started.iter().all(|one| answers(&one.url)));
    programs.into_iter().for_each(Program::leave);
    folder.wait_until_gone();
}

#[test]
fn the_server_stays_while_a_second_program_comes_and_goes() {
    let folder = Folder::new();
    let mut first = Program::hold(folder.path());
    let url = first.started().url;

    let mut second = Program::hold(folder.path());
    assert!(!second.started().by_itself);
    second.leave();

    assert!(answers(&url));
    first.leave();
    folder.wait_until_gone();
}

#[test]
fn the_server_outlives_the_program_that_started_it_while_another_uses_it() {
    let folder = Folder::new();
    let mut first = Program::hold(folder.path());
    first.started();
    let mut second = Program::hold(folder.path());
    let url = second.started().url;

    first.kill();

    assert!(answers(&url));
    second.leave();
    folder.wait_until_gone();
}
