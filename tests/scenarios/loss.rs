//! A side, or the state, is suddenly not what it was: nothing is doubled, nothing is destroyed.

use std::fs;

use rstest::rstest;
use serde_json::Value;
use slotbridge::demo::account::Door;

use super::bench::{Bench, Run, name_of};
use super::ics;
use super::side::Shelf;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// A pass that must not have cancelled anything, and must have said so.
fn refused(bench: &Bench, word: &str) -> Run {
    let live = bench.account.live_ids();
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.errors().contains(word), "{word} is missing: {run:#?}");
    assert_eq!(bench.account.live_ids(), live);
    assert!(bench.account.cancellations().is_empty());
    run
}

fn put_back(bench: &Bench, entries: &std::collections::BTreeMap<String, String>) {
    for (name, text) in entries {
        bench.shelf.put(name, text);
    }
}

fn id_of(held: &Value) -> &str {
    held["id"].as_str().unwrap()
}

#[rstest]
fn the_state_is_deleted_between_two_passes(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "alarm = \"10m\"");
    let ids = bench.book_many(6);
    bench.pass();
    bench.edit(&ids[0], |text| ics::with(text, "SUMMARY:My own title"));
    bench.edit(&ids[1], |text| ics::adding(text, "COLOR:navy"));
    let new = bench
        .account
        .reschedule(&ids[2], super::bench::at(40, 9))
        .unwrap();
    bench.pass();
    let before = bench.entries();
    bench.lose_state();
    bench.account.clear_log();
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 0, "{run:#?}");
    assert_eq!(run.bookings()["deleted"], 0, "{run:#?}");
    let after = bench.entries();
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    assert_eq!(
        ics::value(&bench.entry(&ids[0]), "SUMMARY").as_deref(),
        Some("My own title")
    );
    assert_eq!(
        ics::value(&bench.entry(&ids[1]), "COLOR").as_deref(),
        Some("navy")
    );
    assert!(bench.zoom_writes().is_empty(), "{:?}", bench.zoom_writes());
    bench.is_settled();
    // What is rebuilt works: both ways, and for the one that was rescheduled before.
    bench.edit(&ids[2], |text| ics::with_notes(text, "after the loss"));
    bench.account.set_notes(&ids[3], "from Zoom");
    bench.pass();
    assert_eq!(bench.zoom_notes(&new), "after the loss");
    assert_eq!(
        ics::notes(&bench.entry(&ids[3])).as_deref(),
        Some("from Zoom")
    );
    bench.is_settled();
}

#[rstest]
fn the_state_is_deleted_and_both_sides_change_before_the_next_pass(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(5);
    bench.pass();
    bench.lose_state();
    bench.account.cancel(&ids[0]);
    bench.account.set_notes(&ids[1], "from Zoom");
    bench.edit(&ids[2], |text| ics::with_notes(text, "from the calendar"));
    let booked = bench.book(20);
    bench.clean_passes(2);
    let names = bench.shelf.names();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(!names.contains(&name_of(&ids[0])) && names.contains(&name_of(&booked)));
    assert_eq!(
        ics::notes(&bench.entry(&ids[1])).as_deref(),
        Some("from Zoom")
    );
    assert_eq!(bench.zoom_notes(&ids[2]), "from the calendar");
    assert!(bench.account.cancellations().is_empty());
    bench.is_settled();
}

#[rstest]
fn state_rebuild_is_as_harmless(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    bench.book_many(5);
    bench.pass();
    let before = bench.entries();
    let run = bench.run(&["state", "rebuild"]);
    assert_eq!(run.code, 0, "{run:#?}");
    bench.clean_passes(1);
    assert_eq!(bench.entries().len(), before.len());
    bench.is_settled();
    assert!(bench.zoom_writes().is_empty());
    assert_eq!(bench.run(&["state", "verify"]).code, 0);
}

#[rstest]
fn the_calendar_is_emptied_by_somebody_and_comes_back(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(5, 2)] count: i64,
) {
    let bench = Bench::new(side, "");
    bench.book_many(count);
    bench.pass();
    bench.account.clear_log();
    let entries = bench.entries();
    for name in entries.keys() {
        bench.shelf.delete(name);
    }
    refused(&bench, "gone from the calendar at once");
    let run = refused(&bench, "");
    assert_eq!(run.bookings()["held"], count, "{run:#?}");
    let words = bench.sync(&[]);
    assert_eq!(words.code, 1);
    assert!(words.stdout.contains("slotbridge held"), "{words:#?}");
    let status = bench.run(&["status"]);
    assert_eq!(status.code, 1, "{status:#?}");

    put_back(&bench, &entries);
    bench.clean_passes(2);
    assert!(bench.waiting("held").is_empty());
    assert!(bench.account.cancellations().is_empty());
    assert_eq!(bench.entries().len(), entries.len());
    bench.is_settled();
}

#[rstest]
fn what_is_held_is_released_one_by_one_and_all(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(5);
    bench.pass();
    bench.account.clear_log();
    bench
        .entries()
        .keys()
        .for_each(|name| bench.shelf.delete(name));
    refused(&bench, "gone from the calendar at once");
    let held = bench.waiting("held");
    assert_eq!(held.len(), 5);
    let one = held.iter().find(|held| held["booking"] == ids[2].as_str());
    let run = bench.run(&["held", "release", id_of(one.unwrap())]);
    assert_eq!(run.code, 0, "{run:#?}");
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(bench.account.cancellations(), [ids[2].clone()]);
    assert_eq!(bench.waiting("held").len(), 4);

    let run = bench.run(&["held", "release", "--all"]);
    assert_eq!(run.code, 0, "{run:#?}");
    bench.clean_passes(2);
    assert!(bench.account.live_ids().is_empty());
    assert_eq!(bench.account.cancellations().len(), 5);
    bench.is_settled();
}

#[rstest]
fn what_is_held_is_dropped_and_both_sides_stay(#[values(Radicale, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    bench.book_many(2);
    bench.pass();
    bench.account.clear_log();
    bench
        .entries()
        .keys()
        .for_each(|name| bench.shelf.delete(name));
    refused(&bench, "gone from the calendar at once");
    for held in bench.waiting("held") {
        let run = bench.run(&["held", "drop", id_of(&held)]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    bench.clean_passes(1);
    bench.is_settled();
    assert_eq!(bench.account.live_ids().len(), 2);
    assert!(bench.entries().is_empty());
    // Others go on.
    let id = bench.book(9);
    bench.pass();
    assert_eq!(bench.shelf.names(), [name_of(&id)]);
    let unknown = bench.run(&["held", "drop", "00000000"]);
    assert_ne!(unknown.code, 0);
    assert!(unknown.stderr.contains("held list"), "{unknown:#?}");
}

#[rstest]
#[case::three_are_done(3, 0)]
#[case::four_are_held(4, 4)]
fn cancellations_towards_zoom_are_counted(
    #[case] deleted: usize,
    #[case] held: usize,
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(10);
    bench.pass();
    ids.iter()
        .take(deleted)
        .for_each(|id| bench.delete_entry(id));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.bookings()["held"], held, "{run:#?}");
    assert_eq!(run.code, i32::from(held > 0), "{run:#?}");
    assert_eq!(bench.account.cancellations().len(), deleted - held);
    // Waiting does not wear the guard down.
    let run = bench.sync(&["--json"]);
    assert_eq!(run.bookings()["held"], held, "{run:#?}");
    assert_eq!(bench.account.cancellations().len(), deleted - held);
}

#[rstest]
#[case::five_of_eight(8, 5, 0)]
#[case::six_of_eight(8, 6, 6)]
#[case::six_of_twenty_four(24, 6, 0)]
#[case::seven_of_twenty_four(24, 7, 7)]
fn deletions_in_a_calendar_are_counted(
    #[case] all: i64,
    #[case] cancelled: usize,
    #[case] held: usize,
) {
    let bench = Bench::new(Radicale, "");
    let ids = bench.book_many(all);
    bench.pass();
    ids.iter().take(cancelled).for_each(|id| {
        bench.account.cancel(id);
    });
    let run = bench.sync(&["--json"]);
    assert_eq!(run.bookings()["held"], held, "{run:#?}");
    assert_eq!(run.code, i32::from(held > 0), "{run:#?}");
    assert_eq!(bench.entries().len(), ids.len() - cancelled + held);
    if held > 0 {
        let run = bench.run(&["held", "release", "--all"]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    bench.clean_passes(1);
    assert_eq!(bench.entries().len(), ids.len() - cancelled);
    bench.is_settled();
}

#[rstest]
fn the_calendar_itself_is_deleted(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    bench.book_many(3);
    bench.pass();
    let entries = bench.entries();
    bench.account.clear_log();
    bench.shelf.remove();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert!(matches!(run.code, 1 | 4), "{run:#?}");
        assert!(!run.errors().is_empty() && run.errors() != "[]", "{run:#?}");
        assert!(bench.zoom_writes().is_empty(), "{run:#?}");
    }
    // Made anew and empty: that is a calendar that somebody emptied.
    bench.shelf.make();
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(bench.account.cancellations().is_empty(), "{run:#?}");
    put_back(&bench, &entries);
    bench.clean_passes(3);
    assert_eq!(bench.entries().len(), 3);
    assert_eq!(bench.account.live_ids().len(), 3);
    bench.is_settled();
}

#[test]
fn the_calendar_is_renamed_on_the_server() {
    let bench = Bench::new(Radicale, "");
    bench.book_many(3);
    bench.pass();
    bench.account.clear_log();
    let Shelf::Caldav { server, path, .. } = &bench.shelf else {
        unreachable!()
    };
    let new = format!("{}-renamed/", path.trim_end_matches('/'));
    let to = format!("{}{}", server.url().trim_end_matches('/'), new);
    let (status, answer) = server.request("MOVE", path, &[("Destination", &to)], "");
    if !(200..300).contains(&status) {
        // Radicale moves no collections: the same by hand, where it keeps them.
        let root = server.home().join("data/collection-root");
        let place = |path: &str| root.join(path.trim_matches('/'));
        fs::rename(place(path), place(&new)).unwrap_or_else(|why| panic!("{why}: {answer}"));
    }
    let run = bench.sync(&["--json"]);
    assert!(matches!(run.code, 1 | 4), "{run:#?}");
    let cause = "there is no calendar at the address configured";
    assert!(run.errors().contains(cause), "{run:#?}");
    assert!(run.errors().contains(new.as_str()), "{run:#?}");
    assert!(bench.zoom_writes().is_empty());
    assert_eq!(bench.account.live_ids().len(), 3);
}

#[test]
fn a_directory_that_is_not_mounted_is_no_empty_calendar() {
    let bench = Bench::new(Vdir, "");
    bench.book_many(3);
    bench.pass();
    let Shelf::Vdir(path) = &bench.shelf else {
        unreachable!()
    };
    let away = bench.home.path().join("elsewhere");
    fs::rename(path, &away).unwrap();
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(run.errors().contains(path.to_str().unwrap()), "{run:#?}");
    // The mount point alone.
    fs::create_dir(path).unwrap();
    refused(&bench, "");
    fs::remove_dir(path).unwrap();
    fs::rename(&away, path).unwrap();
    bench.clean_passes(2);
    assert_eq!(bench.account.live_ids().len(), 3);
    assert_eq!(bench.entries().len(), 3);
    bench.is_settled();
}

#[rstest]
fn a_restored_backup_of_the_calendar_brings_nothing_back_twice(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(6);
    bench.pass();
    let backup = bench.entries();
    bench.account.cancel(&ids[0]);
    bench.account.set_notes(&ids[1], "newer");
    bench.pass();
    put_back(&bench, &backup);
    bench.clean_passes(3);
    assert_eq!(bench.entries().len(), 5);
    assert_eq!(bench.zoom_notes(&ids[2]), "");
    assert!(bench.account.cancellations().is_empty());
    bench.is_settled();
    assert!(bench.account.request_count(Door::Api) > 0);
}

#[rstest]
#[case::one(1)]
#[case::several(5)]
fn a_calendar_that_is_at_another_place_now_is_filled_and_cancels_nothing(#[case] count: i64) {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(count);
    bench.pass();
    let Shelf::Vdir(old) = &bench.shelf else {
        panic!("no directory");
    };
    let before = bench.entries();
    let new = bench.home.path().join("another");
    fs::create_dir(&new).unwrap();
    let (from, to) = (old.to_str().unwrap(), new.to_str().unwrap());
    bench.configure(|text| text.replace(from, to));
    bench.pass();
    assert!(bench.account.cancellations().is_empty());
    for id in &ids {
        assert!(new.join(name_of(id)).exists(), "{id}");
    }
    assert_eq!(bench.entries(), before, "the old place is left alone");
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 0, "{run:#?}");
}
