//! `--dry-run`, `--host`, `--full`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rstest::rstest;

use super::bench::{Bench, at};
use super::ics;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

#[rstest]
fn a_dry_run_prints_the_plan_and_changes_nothing_anywhere(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(5);
    bench.pass();
    bench.account.cancel(&ids[0]);
    bench.delete_entry(&ids[1]);
    bench.edit(&ids[2], |text| ics::with_notes(text, "from the calendar"));
    bench.account.set_notes(&ids[3], "from Zoom");
    bench.account.reschedule(&ids[4], at(40, 9)).unwrap();
    let booked = bench.book(20);
    let entries = bench.entries();
    let state = exported(&bench);
    bench.account.clear_log();
    bench.clear_calendar_log();
    for round in 0..2 {
        let run = bench.sync(&["--dry-run", "--json"]);
        assert_eq!(run.code, 0, "round {round}: {run:#?}");
        assert_eq!(run.json["dry_run"], true);
        let counts = run.bookings();
        for (count, expected) in [
            ("created", 1),
            ("updated", 2),
            ("deleted", 1),
            ("cancelled", 1),
            ("noted", 1),
        ] {
            assert_eq!(counts[count], expected, "{count}, round {round}: {run:#?}");
        }
        let verbs: Vec<&str> = run.bookings()["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|action| action["verb"].as_str().unwrap())
            .collect();
        for verb in ["create", "update", "delete", "cancel", "note"] {
            assert!(verbs.contains(&verb), "{verb} in {verbs:?}");
        }
    }
    let words = bench.sync(&["--dry-run"]);
    assert!(words.stdout.contains("nothing was changed"), "{words:#?}");
    assert!(words.stdout.contains(&booked), "{words:#?}");
    assert!(bench.zoom_writes().is_empty(), "{:?}", bench.zoom_writes());
    assert!(
        bench.calendar_writes().is_empty(),
        "{:?}",
        bench.calendar_writes()
    );
    assert_eq!(bench.entries(), entries);
    assert_eq!(exported(&bench), state);

    // And then it is done.
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 1, "{run:#?}");
    assert_eq!(bench.account.cancellations(), [ids[1].clone()]);
    bench.is_settled();
}

#[test]
fn a_dry_run_before_the_first_pass_leaves_no_trace() {
    let bench = Bench::new(Vdir, "");
    bench.book_many(3);
    let run = bench.sync(&["--dry-run", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.bookings()["created"], 3, "{run:#?}");
    assert!(bench.entries().is_empty());
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 3, "{run:#?}");
}

#[test]
fn one_host_of_two_is_synced_when_asked_for() {
    let bench = Bench::new(Radicale, "");
    bench.book_many(2);
    let other = bench.home.path().join("other");
    fs::create_dir(&other).unwrap();
    bench.configure(|text| {
        format!(
            "{text}\n[[calendar]]\nname = \"other\"\nkind = \"vdir\"\npath = \"{}\"\n\
             [[host]]\nname = \"bob\"\nzoom_user = \"me\"\n[host.bookings]\ncalendar = \"other\"\n",
            other.display()
        )
    });
    let run = bench.sync(&["--host", "bob", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json["hosts"].as_array().unwrap().len(), 1);
    assert_eq!(run.host()["name"], "bob");
    assert_eq!(fs::read_dir(&other).unwrap().count(), 2);
    assert!(bench.entries().is_empty());
    let run = bench.sync(&["--host", "carol"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(
        run.stderr.contains("alice") && run.stderr.contains("bob"),
        "{run:#?}"
    );
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json["hosts"].as_array().unwrap().len(), 2);
    assert_eq!(bench.entries().len(), 2);
    assert_eq!(fs::read_dir(&other).unwrap().count(), 2);
}

#[rstest]
fn a_full_pass_finds_what_a_server_forgot_to_tell(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(4);
    bench.pass();
    bench.delete_entry(&ids[0]);
    // The cursor moves past the deletion, as if the server had never told of it.
    let token = bench.shelf.sync_token();
    let moved = bench.change_state(|line| {
        let Some((before, rest)) = line.split_once("\"token:") else {
            return line.to_owned();
        };
        let (_, after) = rest.split_once('"').unwrap();
        format!("{before}\"token:{token}\"{after}")
    });
    assert!(moved > 0);
    bench.is_settled();
    assert!(!bench.is_cancelled(&ids[0]));
    let run = bench.sync(&["--full", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(bench.is_cancelled(&ids[0]), "{run:#?}");
    bench.is_settled();
    assert_eq!(bench.entries().len(), 3);
}

/// The state, without the time of the export and its digest.
fn exported(bench: &Bench) -> BTreeMap<String, String> {
    let path = bench.home.path().join("before-and-after");
    fs::remove_file(&path).ok();
    let run = bench.run(&["state", "export", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run:#?}");
    records(&path)
}

/// What is private to one process (quota counters, tokens) may change in a dry run; what both
/// sides agreed may not.
fn records(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap();
    let records = text.lines().filter_map(|line| {
        let record: serde_json::Value = serde_json::from_str(line).ok()?;
        let key = record["key"].as_str()?.to_owned();
        let ours = [
            "link/",
            "known/",
            "position/",
            "conflict/",
            "held/",
            "retry/",
            "begun/",
            "uid/",
            "href/",
        ];
        let kept = ours.iter().any(|kind| key.starts_with(kind));
        kept.then(|| (key, record["value"].to_string()))
    });
    let records: BTreeMap<String, String> = records.collect();
    assert!(!records.is_empty(), "no records in\n{text}");
    records
}
