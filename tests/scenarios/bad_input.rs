//! What people and machines get wrong: each a clear message with file or object, cause and remedy,
//! the right exit code, and nothing lost.

use std::fs;
use std::time::Duration;

use rstest::rstest;
use slotbridge::demo::account::{Door, Fault};

use super::bench::{Bench, EVENTS, Run, at, name_of};
use super::ics;
use super::servers::PASSWORD;
use super::side::Shelf;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// The exit code, and all of these words in what was said.
fn told(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:#?}");
    for word in words {
        assert!(run.said().contains(word), "{word} is missing: {run:#?}");
    }
    for secret in [
        PASSWORD,
        "demo-client-secret",
        "Bob Example",
        "bob3@example.org",
    ] {
        assert!(!run.said().contains(secret), "{secret} is told: {run:#?}");
    }
}

#[test]
fn a_wrong_password_of_the_calendar() {
    let bench = Bench::new(Radicale, "");
    bench.book(3);
    bench.configure(|text| text.replace(PASSWORD, "not it"));
    told(&bench.sync(&[]), 3, &["401", "hint:", "password"]);
    told(&bench.sync(&["--json"]), 3, &["401", "password"]);
    bench.configure(|text| text);
    bench.pass();
}

#[test]
fn a_wrong_secret_of_the_zoom_app() {
    let bench = Bench::new(Radicale, "");
    bench.book(3);
    bench.configure(|text| text.replace("demo-client-secret", "not-it"));
    told(&bench.sync(&[]), 3, &["hint:", "client"]);
    assert!(bench.calendar_writes().is_empty());
    bench.configure(|text| text);
    bench.pass();
}

#[test]
fn a_secret_file_that_is_not_there() {
    let bench = Bench::new(Radicale, "");
    let quoted = format!("\"{PASSWORD}\"");
    bench.configure(|text| text.replace(&quoted, "{ file = \"/nowhere/secret\" }"));
    told(&bench.sync(&[]), 3, &["/nowhere/secret", "calendar"]);
}

#[rstest]
fn a_collection_that_is_not_there_names_those_that_are(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    bench.book(3);
    bench.pass();
    let Shelf::Caldav { path, proxy, .. } = &bench.shelf else {
        unreachable!()
    };
    let url = format!("url = \"http://127.0.0.1:{}{path}\"", proxy.port());
    let server = format!(
        "url = \"http://127.0.0.1:{}/\"\ncollection = \"Nonsense\"",
        proxy.port()
    );
    bench.configure(|text| text.replace(&url, &server));
    let run = bench.sync(&[]);
    assert!(matches!(run.code, 1 | 2 | 4), "{run:#?}");
    told(&run, run.code, &["Nonsense", "Scenario", "hint:"]);
    assert!(bench.account.cancellations().is_empty());
    bench.configure(|text| text);
    bench.clean_passes(2);
    bench.is_settled();
}

#[test]
fn an_address_without_a_calendar() {
    let bench = Bench::new(Radicale, "");
    bench.book(3);
    bench.configure(|text| text.replace("/alice/t", "/alice/nothing-t"));
    let run = bench.sync(&[]);
    assert!(matches!(run.code, 1 | 4), "{run:#?}");
    told(&run, run.code, &["hint:"]);
    assert!(bench.zoom_writes().is_empty());
}

#[test]
fn a_calendar_that_may_only_be_read() {
    let mut bench = Bench::new(Radicale, "");
    bench.book_many(2);
    bench.shelf.make_read_only();
    bench.configure(|text| text);
    let run = bench.sync(&[]);
    assert!(matches!(run.code, 1 | 3), "{run:#?}");
    told(&run, run.code, &["403", "read", "hint:"]);
    assert!(bench.entries().is_empty());
    assert!(bench.zoom_writes().is_empty());
}

#[rstest]
fn somebody_elses_events_are_left_alone(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let theirs = ["holiday", "dentist@example.org", "a b"];
    for (day, name) in (1..).zip(theirs) {
        let text = ics::foreign(name, "Private: dentist", at(day, 9));
        bench
            .shelf
            .put(&format!("{}.ics", name.replace(' ', "-")), &text);
    }
    let before = bench.entries();
    let ids = bench.book_many(3);
    bench.pass();
    bench.account.cancel(&ids[0]);
    bench.delete_entry(&ids[1]);
    bench.pass();
    bench.is_settled();
    bench.lose_state();
    bench.clean_passes(2);
    bench.is_settled();
    let after = bench.entries();
    assert_eq!(after.len(), before.len() + 1);
    for (name, text) in &before {
        assert_eq!(after.get(name), Some(text), "{name}");
    }
    // Deleted by their owner, they concern nobody.
    for name in before.keys() {
        bench.shelf.delete(name);
    }
    bench.is_settled();
    let run = bench.sync(&["-v"]);
    assert!(!run.said().contains("dentist"), "{run:#?}");
}

#[test]
fn a_broken_file_is_told_and_the_others_go_on() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(3);
    bench.pass();
    let whole = bench.entry(&ids[0]);
    let half = &whole[..whole.len() / 2];
    bench.shelf.put(&name_of(&ids[0]), half);
    bench.account.set_notes(&ids[1], "news");
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        told(&run, 1, &[&name_of(&ids[0])]);
        assert_eq!(bench.shelf.read(&name_of(&ids[0])).as_deref(), Some(half));
    }
    assert_eq!(ics::notes(&bench.entry(&ids[1])).as_deref(), Some("news"));
    assert!(!bench.is_cancelled(&ids[0]));
    // A change in Zoom does not write over it either.
    bench.account.set_notes(&ids[0], "more");
    assert_eq!(bench.sync(&["--json"]).code, 1);
    assert_eq!(bench.shelf.read(&name_of(&ids[0])).as_deref(), Some(half));
    bench.shelf.put(&name_of(&ids[0]), &whole);
    bench.change_state(|line| {
        let waits = "\"not_before\":\"";
        match line.split_once(waits) {
            Some((before, rest)) => {
                let (_, after) = rest.split_once('"').unwrap();
                format!("{before}{waits}2020-01-01T00:00:00Z\"{after}")
            }
            None => line.to_owned(),
        }
    });
    bench.clean_passes(2);
    assert_eq!(ics::notes(&bench.entry(&ids[0])).as_deref(), Some("more"));
    bench.is_settled();
}

#[rstest]
#[case::empty("")]
#[case::no_calendar("hello, world\n")]
#[case::binary("\u{0}\u{1}\u{2}BEGIN:VCALENDAR\n")]
#[case::no_uid(
    "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n"
)]
fn a_strange_file_of_somebody_else_disturbs_nothing(#[case] text: &str) {
    let bench = Bench::new(Vdir, "");
    bench.book_many(2);
    bench.shelf.put("theirs.ics", text);
    let run = bench.sync(&["--json"]);
    assert!(matches!(run.code, 0 | 1), "{run:#?}");
    if run.code == 1 {
        told(&run, 1, &["theirs.ics"]);
    }
    assert_eq!(bench.shelf.names().len(), 3);
    assert_eq!(bench.shelf.read("theirs.ics").as_deref(), Some(text));
    assert_eq!(run.bookings()["created"], 2);
}

#[test]
fn two_files_with_one_uid_are_told_and_neither_is_touched() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(2);
    bench.pass();
    let text = bench.entry(&ids[0]);
    bench.shelf.put("copy.ics", &text);
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        told(&run, 1, &["copy.ics", "UID"]);
        assert_eq!(bench.shelf.read("copy.ics").as_deref(), Some(text.as_str()));
        assert_eq!(bench.entry(&ids[0]), text);
    }
    assert_eq!(bench.account.live_ids().len(), 2);
    bench.shelf.delete("copy.ics");
    bench.clean_passes(1);
    bench.is_settled();
    assert_eq!(bench.account.live_ids().len(), 2);
}

#[rstest]
fn an_entry_that_was_renamed_is_the_same_entry(#[values(Radicale, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(4);
    bench.pass();
    let text = bench.entry(&ids[0]);
    bench.delete_entry(&ids[0]);
    bench.shelf.put("another-name.ics", &text);
    bench.clean_passes(2);
    assert!(!bench.is_cancelled(&ids[0]));
    assert_eq!(bench.entries().len(), 4);
    bench.account.set_notes(&ids[0], "found again");
    bench.pass();
    let text = bench.shelf.read("another-name.ics").unwrap();
    assert_eq!(ics::notes(&text).as_deref(), Some("found again"));
    bench.is_settled();
}

#[rstest]
fn a_clock_that_is_off_by_an_hour_is_told(
    #[values(3600, -3600)] ahead: i64,
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    bench.book(3);
    bench.proxy().shift_clock(ahead);
    let run = bench.sync(&["--json"]);
    let way = if ahead > 0 { "behind" } else { "ahead" };
    told(&run, 1, &["clock", way, "timedatectl"]);
    assert_eq!(bench.entries().len(), 1);
    bench.proxy().shift_clock(0);
    bench.pass();
    bench.is_settled();
}

#[test]
fn a_full_disk_loses_nothing() {
    let bench = Bench::new(Radicale, "");
    bench.book_many(6);
    // No file may grow beyond 8 blocks of 512 octets, as on a disk that is full.
    let run = limited(&bench, 8);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(
        run.stderr.contains("hint:") || run.stdout.contains("hint"),
        "{run:#?}"
    );
    bench.clean_passes(2);
    assert_eq!(bench.entries().len(), 6);
    bench.is_settled();

    bench.account.fill(40);
    let run = limited(&bench, 64);
    assert!(run.code >= 0, "a signal ended it: {run:#?}");
    bench.clean_passes(2);
    assert_eq!(bench.entries().len(), 46);
    assert!(bench.account.cancellations().is_empty());
    bench.is_settled();
    assert_eq!(bench.run(&["state", "verify"]).code, 0);
}

/// A pass that may write files of so many blocks only. SIGXFSZ is ignored, so that writing fails.
fn limited(bench: &Bench, blocks: u32) -> Run {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    // The program itself: who hears what it writes (tests/heard) could not write it down.
    let binary = env!("CARGO_BIN_EXE_slotbridge");
    Run::of(&mut bench.wrapped("sh", &["-c", &script, binary], &["sync"]))
}

#[test]
fn a_full_disk_under_a_directory_leaves_no_half_file() {
    let bench = Bench::new(Vdir, "");
    let id = bench.book(3);
    bench.pass();
    let before = bench.entries();
    let long = "x".repeat(900);
    bench.account.set_notes(&id, &long);
    let run = limited(&bench, 1);
    assert_ne!(run.code, 0, "{run:#?}");
    assert_eq!(bench.entries(), before);
    bench.clean_passes(2);
    assert_eq!(ics::notes(&bench.entry(&id)), Some(long));
    bench.is_settled();
}

#[test]
fn a_state_that_another_process_holds() {
    let bench = Bench::new(Radicale, "");
    bench.book(3);
    bench.pass();
    bench.account.clear_log();
    // Zoom takes its time, so that the other process is surely in the middle of its pass.
    let late = Fault::DelayAfter(Duration::from_secs(20));
    bench.account.faults().once("GET", EVENTS, late);
    let mut holder = bench.command(&["sync"]).spawn().unwrap();
    while bench.account.request_count(Door::Api) == 0 {
        std::thread::yield_now();
    }
    let run = bench.sync(&[]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    told(&run, 5, &[bench.state().to_str().unwrap(), "hint:"]);
    bench.pass();
}

#[test]
fn every_mistake_in_the_configuration_is_told_at_once() {
    let bench = Bench::new(Radicale, "deleted_in_calender = \"hold\"\ngrace = \"soon\"");
    let run = bench.sync(&[]);
    let file = bench.config();
    told(
        &run,
        2,
        &[
            "deleted_in_calender",
            "deleted_in_calendar",
            "grace",
            file.to_str().unwrap(),
        ],
    );
    bench.configure(|text| text.replace("name = \"work\"", "name = \"werk\""));
    told(&bench.sync(&[]), 2, &["work", "werk"]);
    bench.configure(|_| "[zoom\n".to_owned());
    told(&bench.sync(&[]), 2, &[file.to_str().unwrap()]);
}

#[test]
fn a_configuration_file_that_is_not_there() {
    let bench = Bench::new(Radicale, "");
    fs::remove_file(bench.config()).unwrap();
    told(&bench.sync(&[]), 2, &[bench.config().to_str().unwrap()]);
}

#[test]
fn a_calendar_server_that_is_down() {
    let bench = Bench::new(Radicale, "");
    bench.book_many(2);
    bench.pass();
    let Shelf::Caldav { proxy, .. } = &bench.shelf else {
        unreachable!()
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = listener.local_addr().unwrap().port();
    drop(listener);
    let (here, there) = (format!(":{}/", proxy.port()), format!(":{dead}/"));
    bench.account.clear_log();
    bench.configure(|text| text.replace(&here, &there));
    told(&bench.sync(&[]), 4, &["hint:"]);
    assert!(bench.zoom_writes().is_empty());
    bench.configure(|text| text);
    bench.clean_passes(2);
    bench.is_settled();
}

#[test]
fn zoom_is_down() {
    let mut bench = Bench::new(Radicale, "");
    let ids = bench.book_many(2);
    bench.pass();
    let before = bench.entries();
    bench.stop_zoom();
    told(&bench.sync(&[]), 4, &["hint:"]);
    bench.delete_entry(&ids[0]);
    told(&bench.sync(&["--json"]), 4, &[]);
    bench.start_zoom();
    bench.clean_passes(2);
    assert!(bench.is_cancelled(&ids[0]));
    assert_eq!(bench.entries().len(), before.len() - 1);
    bench.is_settled();
}
