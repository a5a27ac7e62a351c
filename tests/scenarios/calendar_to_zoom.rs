//! CONTRACT section 3, second table: what a person does in their calendar, and what Zoom then shows.

use rstest::rstest;

use super::bench::{Bench, EVENTS, at, name_of};
use super::ics;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// A reschedule page that Zoom names for a booking.
fn manage_url(bench: &Bench, id: &str) -> String {
    bench.account.event(id).unwrap()["manage_url"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[rstest]
fn an_entry_deleted_cancels_the_booking_which_is_asked_by_id_first(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(4);
    bench.pass();
    bench.account.clear_log();
    bench.delete_entry(&ids[0]);
    let run = bench.pass();
    assert_eq!(run.bookings()["cancelled"], 1, "{run:#?}");
    assert_eq!(bench.account.cancellations(), [ids[0].clone()]);
    let about_it = bench.account.requests().into_iter();
    let about_it: Vec<String> = about_it
        .filter(|seen| seen.path == format!("{EVENTS}/{}", ids[0]))
        .map(|seen| seen.method)
        .collect();
    assert_eq!(
        about_it.first().map(String::as_str),
        Some("GET"),
        "{about_it:?}"
    );
    assert!(bench.is_cancelled(&ids[0]));
    assert_eq!(bench.entries().len(), 3);
    bench.is_settled();
    assert_eq!(bench.account.live_ids().len(), 3);
}

#[rstest]
fn an_entry_deleted_comes_back_where_that_is_wanted(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "deleted_in_calendar = \"restore\"");
    let ids = bench.book_many(4);
    bench.pass();
    let before = bench.entry(&ids[0]);
    bench.delete_entry(&ids[0]);
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 1, "{run:#?}");
    let after = bench.entry(&ids[0]);
    for same in [
        "UID",
        "DTSTART",
        "DTEND",
        "SUMMARY",
        "DESCRIPTION",
        "STATUS",
    ] {
        assert_eq!(ics::value(&after, same), ics::value(&before, same));
    }
    assert!(!bench.is_cancelled(&ids[0]));
    bench.is_settled();
}

#[rstest]
fn an_entry_deleted_is_held_where_that_is_wanted(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "deleted_in_calendar = \"hold\"");
    let ids = bench.book_many(4);
    bench.pass();
    bench.delete_entry(&ids[0]);
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(run.bookings()["held"], 1, "{run:#?}");
        assert!(!bench.is_cancelled(&ids[0]));
        assert_eq!(bench.entries().len(), 3);
    }
    let held = bench.waiting("held");
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["booking"], ids[0].as_str());
    let released = bench.run(&["held", "release", held[0]["id"].as_str().unwrap()]);
    assert_eq!(released.code, 0, "{released:#?}");
    bench.pass();
    assert!(bench.is_cancelled(&ids[0]));
    assert_eq!(bench.account.cancellations().len(), 1);
    bench.is_settled();
}

#[rstest]
fn an_entry_deleted_within_the_grace_cancels_nothing_and_may_come_back(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let mut bench = Bench::new(side, "grace = \"1h\"");
    let ids = bench.book_many(4);
    bench.pass();
    let text = bench.entry(&ids[0]);
    bench.delete_entry(&ids[0]);
    bench.is_settled();
    assert!(!bench.is_cancelled(&ids[0]));
    bench.shelf.put(&name_of(&ids[0]), &text);
    bench.clean_passes(2);
    bench.is_settled();
    assert!(!bench.is_cancelled(&ids[0]));

    bench.delete_entry(&ids[0]);
    bench.is_settled();
    bench.set_bookings("grace = \"0s\"");
    bench.pass();
    assert!(bench.is_cancelled(&ids[0]));
    bench.is_settled();
}

#[rstest]
fn notes_edited_reach_zoom(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.account.set_notes(&id, "Old");
    bench.pass();
    bench.account.clear_log();
    let notes = "New; with, all \\ of it\n\nand a third line \u{1f600}";
    bench.edit(&id, |text| ics::with_notes(text, notes));
    let run = bench.pass();
    assert_eq!(run.bookings()["noted"], 1, "{run:#?}");
    assert_eq!(bench.zoom_notes(&id), notes);
    assert_eq!(
        bench.account.patches().len(),
        1,
        "{:?}",
        bench.account.patches()
    );
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some(notes));
    bench.is_settled();

    bench.edit(&id, |text| ics::with_notes(text, ""));
    bench.pass();
    assert_eq!(bench.zoom_notes(&id), "");
    bench.is_settled();
}

#[rstest]
fn a_moved_entry_is_put_back_and_recorded_with_the_manage_link(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "moved_in_calendar = \"restore\"");
    let id = bench.book(3);
    bench.pass();
    let start = ics::value(&bench.entry(&id), "DTSTART");
    bench.edit(&id, moved);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.bookings()["conflicts"], 1, "{run:#?}");
    assert_eq!(ics::value(&bench.entry(&id), "DTSTART"), start);
    let conflicts = bench.waiting("conflicts");
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0]["manage_url"], manage_url(&bench, &id).as_str());
    assert_eq!(conflicts[0]["field"], "time");
    let wish = at(3, 15).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert!(
        conflicts[0]["calendar"]
            .as_str()
            .unwrap()
            .starts_with(&wish),
        "{conflicts:?}"
    );
    let shown = bench.run(&["conflicts", "show", conflicts[0]["id"].as_str().unwrap()]);
    assert!(
        shown.stdout.contains(&manage_url(&bench, &id)),
        "{shown:#?}"
    );
    bench.is_settled();
    assert!(!bench.is_cancelled(&id));
}

#[rstest]
fn a_moved_entry_stays_where_that_is_wanted(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "moved_in_calendar = \"keep\"");
    let id = bench.book(3);
    bench.pass();
    bench.edit(&id, moved);
    let wished = ics::value(&bench.entry(&id), "DTSTART");
    bench.clean_passes(1);
    assert_eq!(ics::value(&bench.entry(&id), "DTSTART"), wished);
    bench.is_settled();
    // A later change of the notes in Zoom does not move it back.
    bench.account.set_notes(&id, "By the way");
    bench.pass();
    assert_eq!(ics::value(&bench.entry(&id), "DTSTART"), wished);
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some("By the way"));
    bench.is_settled();
}

#[rstest]
fn an_entry_marked_cancelled_is_like_a_deleted_one(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("delete", "mark")] in_zoom: &str,
) {
    let bench = Bench::new(side, &format!("cancelled_in_zoom = \"{in_zoom}\""));
    let ids = bench.book_many(4);
    bench.pass();
    bench.edit(&ids[0], |text| ics::with(text, "STATUS:CANCELLED"));
    bench.pass();
    assert_eq!(bench.account.cancellations(), [ids[0].clone()]);
    let left = bench.entries();
    if in_zoom == "delete" {
        assert_eq!(left.len(), 3);
    } else {
        let status = ics::value(&left[&name_of(&ids[0])], "STATUS");
        assert_eq!(status.as_deref(), Some("CANCELLED"));
    }
    bench.is_settled();
}

#[rstest]
fn an_entry_marked_cancelled_follows_the_policy_for_deleted_ones(
    #[values(Radicale, Xandikos)] side: Side,
    #[values("restore", "hold")] deleted: &str,
) {
    let bench = Bench::new(side, &format!("deleted_in_calendar = \"{deleted}\""));
    let ids = bench.book_many(4);
    bench.pass();
    bench.edit(&ids[0], |text| ics::with(text, "STATUS:CANCELLED"));
    let run = bench.sync(&["--json"]);
    assert!(!bench.is_cancelled(&ids[0]));
    if deleted == "hold" {
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(bench.waiting("held").len(), 1);
    } else {
        bench.clean_passes(1);
        let status = ics::value(&bench.entry(&ids[0]), "STATUS");
        assert_eq!(status.as_deref(), Some("CONFIRMED"));
        bench.is_settled();
    }
}

/// Six hours later, in the words of a program that writes local times.
fn moved(text: &str) -> String {
    let start = at(3, 15).strftime("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    let end = at(3, 16).strftime("DTEND:%Y%m%dT%H%M%SZ").to_string();
    ics::with(&ics::with(text, &start), &end)
}
