//! Both sides changed the same thing: it is said each time until a person decides, and no text is
//! lost.

use rstest::rstest;
use serde_json::Value;

use super::bench::{Bench, at};
use super::ics;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// Notes that differ on both sides; the id of the booking and of the conflict.
fn differing(bench: &Bench) -> (String, String) {
    let id = bench.book(3);
    bench.account.set_notes(&id, "agreed");
    bench.pass();
    bench.account.set_notes(&id, "Zoom's");
    bench.edit(&id, |text| ics::with_notes(text, "the calendar's"));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.bookings()["conflicts"], 1, "{run:#?}");
    let conflicts = bench.waiting("conflicts");
    assert_eq!(conflicts.len(), 1, "{conflicts:#?}");
    (id, word(&conflicts[0], "id"))
}

fn word(conflict: &Value, key: &str) -> String {
    conflict[key].as_str().unwrap().to_owned()
}

#[rstest]
fn notes_edited_on_both_sides_wait_and_both_texts_are_kept(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "");
    let (id, conflict) = differing(&bench);
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(run.bookings()["conflicts"], 1, "{run:#?}");
        let conflicts = bench.waiting("conflicts");
        assert_eq!(conflicts.len(), 1);
        assert_eq!(word(&conflicts[0], "id"), conflict);
        assert_eq!(word(&conflicts[0], "zoom"), "Zoom's");
        assert_eq!(word(&conflicts[0], "calendar"), "the calendar's");
        assert_eq!(bench.zoom_notes(&id), "Zoom's");
        assert_eq!(
            ics::notes(&bench.entry(&id)).as_deref(),
            Some("the calendar's")
        );
    }
    let shown = bench.run(&["conflicts", "show", &conflict]);
    assert!(
        shown.stdout.contains("Zoom's") && shown.stdout.contains("the calendar's"),
        "{shown:#?}"
    );
    // A neighbour is not affected.
    bench.book(5);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.bookings()["created"], 1, "{run:#?}");
}

#[rstest]
fn keep_zoom_brings_zooms_text_into_the_entry(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let (id, conflict) = differing(&bench);
    let run = bench.run(&["conflicts", "keep-zoom", &conflict]);
    assert_eq!(run.code, 0, "{run:#?}");
    bench.pass();
    assert_eq!(bench.zoom_notes(&id), "Zoom's");
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some("Zoom's"));
    bench.is_settled();
}

#[rstest]
fn keep_calendar_brings_the_entrys_text_to_zoom(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let (id, conflict) = differing(&bench);
    let run = bench.run(&["conflicts", "keep-calendar", &conflict]);
    assert_eq!(run.code, 0, "{run:#?}");
    bench.pass();
    assert_eq!(bench.zoom_notes(&id), "the calendar's");
    assert_eq!(
        ics::notes(&bench.entry(&id)).as_deref(),
        Some("the calendar's")
    );
    bench.is_settled();
}

#[rstest]
fn a_conflict_that_the_sides_solve_themselves_is_over(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    let (id, _) = differing(&bench);
    bench.account.set_notes(&id, "the calendar's");
    bench.clean_passes(2);
    bench.is_settled();
    let open = bench.waiting("conflicts").into_iter();
    assert_eq!(
        open.filter(|conflict| conflict["standing"] == "open")
            .count(),
        0
    );
}

#[rstest]
fn different_lines_of_the_notes_are_merged(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.account.set_notes(&id, "one\ntwo\nthree\nfour\nfive");
    bench.pass();
    bench.account.set_notes(&id, "ONE\ntwo\nthree\nfour\nfive");
    bench.edit(&id, |text| {
        ics::with_notes(text, "one\ntwo\nthree\nfour\nFIVE")
    });
    bench.pass();
    let merged = "ONE\ntwo\nthree\nfour\nFIVE";
    assert_eq!(bench.zoom_notes(&id), merged);
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some(merged));
    bench.is_settled();
}

#[rstest]
fn an_entry_moved_while_its_booking_was_rescheduled_follows_zoom(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    bench.edit(&id, |text| {
        let start = at(4, 7).strftime("DTSTART:%Y%m%dT%H%M%SZ").to_string();
        let end = at(4, 8).strftime("DTEND:%Y%m%dT%H%M%SZ").to_string();
        ics::with(&ics::with(text, &start), &end)
    });
    bench.account.reschedule(&id, at(6, 10)).unwrap();
    bench.sync(&["--json"]);
    let start = at(6, 10).strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(ics::value(&bench.entry(&id), "DTSTART"), Some(start));
    bench.is_settled();
    assert_eq!(bench.entries().len(), 1);
    assert_eq!(bench.account.live_ids().len(), 1);
}

#[test]
fn a_wish_to_move_cannot_be_granted_and_says_how_it_can() {
    let bench = Bench::new(Radicale, "");
    let id = bench.book(3);
    bench.pass();
    bench.edit(&id, |text| {
        let start = at(4, 7).strftime("DTSTART:%Y%m%dT%H%M%SZ").to_string();
        let end = at(4, 8).strftime("DTEND:%Y%m%dT%H%M%SZ").to_string();
        ics::with(&ics::with(text, &start), &end)
    });
    assert_eq!(bench.sync(&["--json"]).code, 1);
    let conflict = word(&bench.waiting("conflicts")[0], "id");
    let run = bench.run(&["conflicts", "keep-calendar", &conflict]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(
        run.stderr.contains("https://scheduler.zoom.us/"),
        "{run:#?}"
    );
    bench.pass();
    let run = bench.run(&["conflicts", "keep-zoom", &conflict]);
    assert_eq!(run.code, 0, "{run:#?}");
    bench.pass();
    assert!(bench.waiting("conflicts").is_empty());
}
