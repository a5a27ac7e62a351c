//! What a person is told: by `status`, on a terminal, and by the log of the daemon.

use std::path::Path;

use rstest::rstest;
use serde_json::Value;
use slotbridge::demo::account::Fault;

use super::bench::{Bench, EVENTS, Run};
use super::daemon::{Daemon, listening};
use super::hours::{WEEK, in_step};
use super::side::Side::Vdir;

#[test]
fn the_log_is_quiet_while_nothing_changes_and_loud_once_when_something_does() {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    let mut daemon = Daemon::spawn(&mut bench.command(&["run"]));
    daemon.until("pass done");
    let thrice = |code: i32| {
        for _ in 0..3 {
            assert_eq!(bench.sync(&[]).code, code);
        }
    };
    thrice(0);
    let broken = Fault::Status(404);
    bench.account.faults().always("GET", EVENTS, broken);
    thrice(1);
    bench.account.faults().clear();
    thrice(0);
    let id = bench.book(2);
    thrice(0);
    assert!(bench.entries().contains_key(&super::bench::name_of(&id)));
    daemon.until("created=1");
    let logged = daemon.logged();
    daemon.end();
    let count = |word: &str| logged.matches(word).count();
    // The first, when it fails, when it is over, and when something is written.
    assert_eq!(count("pass done"), 4, "{logged}");
    assert_eq!(count(" WARN "), 1, "{logged}");
    assert_eq!(count("had failed and is well again"), 1, "{logged}");
    assert_eq!(count(" ERROR "), 0, "{logged}");
}

#[test]
fn the_line_of_a_flow_says_how_that_flow_is() {
    let mut bench = Bench::new(Vdir, "");
    bench.set_flows("[host.bookings]\ncalendar = \"work\"\n[host.hours]\ncalendar = \"work\"\navailability = \"Nope\"\n");
    bench.configure(listening);
    let mut daemon = Daemon::spawn(&mut bench.command(&["run"]));
    let bookings = daemon.until("flow=\"bookings\"");
    let hours = daemon.until("flow=\"hours\"");
    daemon.end();
    assert!(bookings.contains("ok=true"), "{bookings}");
    assert!(hours.contains("ok=false"), "{hours}");
}

#[test]
fn a_pass_of_long_ago_is_not_all_done() {
    let bench = Bench::new(Vdir, "");
    bench.pass();
    assert_eq!(bench.run(&["status"]).code, 0);
    let changed = bench.change_state(|line| {
        let finished = "\"finished\":\"";
        match line
            .split_once(finished)
            .filter(|_| line.contains("status/"))
        {
            Some((before, rest)) => {
                let (_, after) = rest.split_once('"').unwrap();
                format!("{before}{finished}2026-01-05T08:00:00Z\"{after}")
            }
            None => line.to_owned(),
        }
    });
    assert_eq!(changed, 1);
    let status = bench.run(&["status"]);
    assert_eq!(status.code, 1, "{status:#?}");
    for words in ["out of date", "no pass for", "no daemon runs"] {
        assert!(status.stdout.contains(words), "{words}: {status:#?}");
    }
    assert!(bench.run(&["status", "--json"]).host()["overdue"].is_i64());
    bench.pass();
    assert_eq!(bench.run(&["status"]).code, 0);
}

#[test]
fn sync_and_status_agree_about_a_conflict_that_a_rule_settled() {
    let bench = in_step(Vdir, "zoom");
    let mut week = WEEK;
    week[4] = "19:00-24:00";
    bench.set_zoom_week(week);
    bench.lose_state();
    for code in [1, 0] {
        assert_eq!(bench.sync(&[]).code, code);
        let status = bench.run(&["status"]);
        assert_eq!(status.code, code, "{status:#?}");
        assert!(status.stdout.contains("settled by a rule"), "{status:#?}");
    }
}

#[test]
fn what_is_held_is_not_said_to_be_tried_again() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(5);
    bench.pass();
    for id in &ids {
        bench.delete_entry(id);
    }
    assert_eq!(bench.sync(&[]).code, 1);
    let status = bench.run(&["status"]);
    assert_eq!(status.code, 1);
    assert!(status.stdout.contains("waits for you"), "{status:#?}");
    assert!(
        status.stdout.contains("see `slotbridge held`"),
        "{status:#?}"
    );
    for untrue in ["failing", "tries again", "nothing to do"] {
        assert!(!status.stdout.contains(untrue), "{untrue}: {status:#?}");
    }
    let status = bench.run(&["status", "--json"]);
    assert_eq!(status.host()["failing"].as_array().unwrap().len(), 0);
}

/// Runs it on a terminal with so many columns.
fn on_a_terminal(bench: &Bench, columns: u32, environment: (&str, &str), words: &[&str]) -> String {
    let typist = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/typist.py");
    let program = assert_cmd::cargo::cargo_bin("slotbridge");
    let script = format!(
        "stty cols {columns} rows 50; exec {} \"$@\"",
        program.display()
    );
    let before = [
        typist.to_str().unwrap(),
        "[]",
        "/bin/sh",
        "-c",
        &script,
        "sh",
    ];
    let mut command = bench.wrapped("python3", &before, words);
    command.env("TERM", "xterm-256color");
    command.env(environment.0, environment.1);
    let run = Run::of(&mut command);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    told["seen"].as_str().unwrap().to_owned()
}

/// A host of whom there is much to say.
fn much_to_say() -> Bench {
    let mut bench = Bench::new(Vdir, "");
    bench.set_flows("[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\"]\n[host.hours]\ncalendar = \"work\"\navailability = \"Nope\"\n");
    bench.book_many(2);
    assert_ne!(bench.sync(&[]).code, 0);
    bench
}

#[rstest]
fn narrow_terminals_are_written_to_line_by_line(
    #[values("status", "check")] command: &str,
    #[values(40, 80)] columns: u32,
) {
    let bench = much_to_say();
    let seen = on_a_terminal(&bench, columns, ("NO_COLOR", "1"), &[command]);
    let mut long = 0;
    for line in seen.lines() {
        // What has no space in it cannot be wrapped.
        let words = line.trim_start();
        let fits = line.chars().count() <= columns as usize;
        assert!(fits || !words.contains(' '), "{line:?} in\n{seen}");
        long += usize::from(line.chars().count() > columns as usize / 2);
    }
    assert!(long > 3, "{seen}");
    assert!(seen.contains("Nope") || seen.contains("of [host.hours]") || seen.contains("hours"));
}

#[rstest]
fn a_terminal_that_wants_text_alone_gets_no_escape_sequence(
    #[values(("TERM", "dumb"), ("NO_COLOR", "1"))] plain: (&str, &str),
) {
    let bench = much_to_say();
    let commands: [&[&str]; 9] = [
        &["sync"],
        &["-vv", "sync"],
        &["status"],
        &["check"],
        &["held"],
        &["conflicts"],
        &["zoom", "availability", "list"],
        &["sync", "--help"],
        &["sync", "--no-such-option"],
    ];
    for words in commands {
        let seen = on_a_terminal(&bench, 80, plain, words);
        assert!(!seen.contains('\u{1b}'), "{words:?}: {seen:?}");
    }
    let seen = on_a_terminal(&bench, 80, ("LANG", "C"), &["status"]);
    assert!(
        seen.contains('\u{1b}'),
        "elsewhere there are colours: {seen:?}"
    );
}
