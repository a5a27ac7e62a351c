//! A damaged state: what each command does about it, and that it is said.

use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;

use super::machine::Alive;

fn harm(state: &Path) {
    fs::write(state.join("db/db"), "nonsense".repeat(1000)).unwrap();
}

fn aside(state: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(state).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let damaged = |path: &PathBuf| path.to_string_lossy().contains("damaged");
    paths.filter(damaged).collect()
}

#[rstest]
#[case::with_an_export(true)]
#[case::without_an_export(false)]
fn a_damaged_state_costs_one_exit_code_and_no_login(#[case] exported: bool) {
    let alive = Alive::user();
    alive.book();
    assert_eq!(alive.sync().0, 0);
    // The configured token is spent by now; only the state knows the one after it.
    alive.account.expire_access_tokens();
    assert_eq!(alive.sync().0, 0);
    let state = alive.machine.state();
    assert_eq!(
        fs::read_dir(state.join("exports")).unwrap().count(),
        1,
        "sync writes the daily export"
    );
    if !exported {
        fs::remove_dir_all(state.join("exports")).unwrap();
    }
    alive.account.expire_access_tokens();
    harm(&state);

    let (code, json) = alive.sync();
    assert_eq!(code, 5, "{json}");
    let host = &json["hosts"][0];
    assert_eq!(host["ok"], false);
    assert_eq!(host["bookings"]["seen"], 1, "the pass went on: {json}");
    assert_eq!(host["bookings"]["created"], 0, "{json}");
    assert_eq!(host["errors"].as_array().unwrap().len(), 1, "{json}");
    let error = &host["errors"][0];
    let says = |key: &str, word: &str| error[key].as_str().unwrap().contains(word);
    assert!(says("doing", "opening the state"), "{error}");
    assert!(says("cause", "it was damaged"), "{error}");
    assert!(says("hint", "slotbridge state verify"), "{error}");
    let aside = aside(&state);
    assert_eq!(aside.len(), 1);
    assert!(says("cause", &aside[0].to_string_lossy()), "{error}");

    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(fs::read_dir(&alive.calendar).unwrap().count(), 1);
}

#[rstest]
#[case(&["status"])]
#[case(&["conflicts"])]
#[case(&["conflicts", "show", "abc"])]
#[case(&["held", "list"])]
#[case(&["held", "release", "abc"])]
#[case(&["state", "verify"])]
#[case(&["state", "export"])]
#[case(&["sync", "--dry-run"])]
fn only_a_pass_touches_a_damaged_state(#[case] words: &[&str]) {
    let alive = Alive::server_to_server();
    assert_eq!(alive.sync().0, 0);
    let state = alive.machine.state();
    harm(&state);
    let before = fs::read(state.join("db/db")).unwrap();
    let (code, out, error) = alive.machine.run(words);
    assert_eq!(code, 5, "{out}{error}");
    assert!(
        error.contains("is damaged")
            && error.contains(&state.join("db").display().to_string())
            && error.contains("slotbridge sync")
            && error.contains("slotbridge state rebuild"),
        "{error}"
    );
    assert!(aside(&state).is_empty());
    assert!(fs::read(state.join("db/db")).unwrap() == before);
    assert_eq!(alive.sync().0, 5, "the pass still reports it");
    assert_eq!(alive.sync().0, 0);
}

#[test]
fn a_deleted_database_is_no_damage() {
    let alive = Alive::server_to_server();
    assert_eq!(alive.sync().0, 0);
    fs::remove_dir_all(alive.machine.state().join("db")).unwrap();
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
}

#[test]
fn the_daemon_says_that_its_state_was_damaged_and_goes_on() {
    let alive = Alive::server_to_server();
    assert_eq!(alive.sync().0, 0);
    harm(&alive.machine.state());
    let mut daemon = alive.machine.daemon();
    let line = daemon.until("it was damaged; ");
    assert!(line.contains("ERROR"), "{line}");
    daemon.until("pass done");
    let (code, _, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
}
