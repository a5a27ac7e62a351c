//! Hours that a person wrote by hand, with more in them than Zoom can have.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, Run};
use super::hours::{WEEK, ZONE, bench_with, date, flows, in_step, local, week_with};
use super::hours_text::by_hand;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

const DAYS: [(&str, &str); 2] = [("MO,TU", "09:00-12:00"), ("SA", "20:00-24:00")];

/// `DAYS` in Zoom.
fn plain() -> [&'static str; 7] {
    let mut week = [""; 7];
    (week[0], week[1], week[5]) = ("09:00-12:00", "09:00-12:00", "20:00-24:00");
    week
}

/// What no hours in Zoom can say.
fn odd(kind: &str) -> String {
    let slot = |lines: &str| {
        format!(
            "BEGIN:AVAILABLE\nUID:odd@example.org\nDTSTAMP:20260101T000000Z\nSUMMARY:Private words\n\
             DTSTART;TZID={ZONE}:20240103T140000\nDTEND;TZID={ZONE}:20240103T150000\n{lines}END:AVAILABLE\n"
        )
    };
    match kind {
        "monthly" => slot("RRULE:FREQ=MONTHLY;BYDAY=1WE\n"),
        "every other week" => slot("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE\n"),
        "until" => slot("RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20990101T000000Z\n"),
        "priorities" => format!(
            "END:VAVAILABILITY\nBEGIN:VAVAILABILITY\nUID:by-hand@example.org\nDTSTAMP:20260101T000000Z\n\
             PRIORITY:3\nSUMMARY:Private words\nDTSTART;TZID={ZONE}:{}T000000\nDTEND;TZID={ZONE}:20990101T000000\n",
            date(20).strftime("%Y%m%d")
        ),
        other => panic!("{other}"),
    }
}

/// The note that something is left out, without a word of the person's.
#[track_caller]
fn says_what_is_left_out(run: &Run) {
    assert_eq!(run.code, 1, "{run:#?}");
    let errors = run.errors();
    assert!(errors.contains("what Zoom cannot express"), "{run:#?}");
    assert!(errors.contains("plain weekly AVAILABLEs"), "{run:#?}");
    assert!(!run.said().contains("Private words"), "{run:#?}");
}

fn with(bench: &Bench, kind: &str) -> Option<String> {
    bench.put_hours(&by_hand(ZONE, &DAYS, &odd(kind)));
    bench.hours_text()
}

#[rstest]
fn it_is_read_as_far_as_it_goes_and_never_written_over(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("monthly", "every other week", "until", "priorities")] kind: &str,
) {
    let bench = in_step(side, "zoom");
    let text = with(&bench, kind);
    bench.account.clear_log();
    bench.clear_calendar_log();
    says_what_is_left_out(&bench.sync(&["--json"]));
    assert_eq!(bench.zoom_week(), plain(), "what can be said is followed");
    bench.only_patch();
    let status = bench.status();
    assert!(
        status.stdout.contains("what Zoom cannot express"),
        "{status:#?}"
    );
    // Zoom changes: the text is still the person's, and what does not follow is said by name.
    let mut week = plain();
    week[4] = "07:00-08:00";
    bench.set_zoom_week(week);
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        says_what_is_left_out(&run);
        assert!(run.errors().contains("friday"), "{run:#?}");
        assert_eq!(bench.hours_text(), text);
        assert_eq!(bench.zoom_week(), week, "nor is Zoom put back");
    }
    assert!(bench.calendar_writes().is_empty());
    // Made plain, both directions are there again.
    bench.put_hours(&by_hand(ZONE, &DAYS, ""));
    bench.pass();
    assert_eq!(bench.zoom_week(), week);
    assert!(bench.hours_text().unwrap().contains("FR"));
    bench.stays(2);
}

#[rstest]
fn at_a_first_meeting_it_is_not_written_over_either(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("zoom", "calendar", "hold")] wins: &str,
) {
    let bench = bench_with(side, &flows(wins), AccountOptions::default());
    let text = with(&bench, "monthly");
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        says_what_is_left_out(&run);
        assert_eq!(bench.hours_text(), text);
    }
    let expected = match wins {
        "calendar" => plain(),
        _ => WEEK,
    };
    assert_eq!(bench.zoom_week(), expected);
    assert!(bench.calendar_writes().is_empty());
}

#[rstest]
fn what_the_calendar_changes_goes_on_reaching_zoom(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_step(side, "zoom");
    bench.put_hours(&by_hand(
        ZONE,
        &[
            ("MO,TU", "09:00-12:00"),
            ("MO,TU", "13:00-17:00"),
            ("TH", "00:00-24:00"),
            ("FR", "18:00-24:00"),
            ("SU", "10:00-11:00"),
        ],
        &odd("monthly"),
    ));
    bench.account.clear_log();
    says_what_is_left_out(&bench.sync(&["--json"]));
    assert!(
        bench.zoom_writes().is_empty(),
        "the plain part is as agreed"
    );
    bench.edit_hours(|text| text.replace("T180000", "T190000"));
    says_what_is_left_out(&bench.sync(&["--json"]));
    assert_eq!(bench.zoom_week(), week_with(&[(4, "19:00-24:00")]));
    bench.only_patch();
}

/// A person's own program chooses its own names.
#[rstest]
fn hours_under_another_name_are_found_and_stay_there(#[values(Xandikos, Vdir)] side: Side) {
    let bench = bench_with(side, &flows("calendar"), AccountOptions::default());
    let name = "A8C1-office-hours.ics";
    bench.has_event("dentist", local(3, 9, 10));
    bench.shelf.put(name, &by_hand(ZONE, &DAYS, ""));
    let text = bench.shelf.read(name);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "both differ, the calendar wins: {run:#?}");
    assert_eq!(bench.zoom_week(), plain());
    assert_eq!(bench.shelf.read(name), text);
    assert_eq!(bench.hours_text(), None, "no second one is made");
    let run = bench.writes_nothing(3);
    if side != Vdir {
        let log = bench.calendar_log();
        assert_eq!(log.len(), 3, "one for each pass: {log:#?}\n{run:#?}");
    }
    // Zoom's change goes into it.
    let mut week = plain();
    week[4] = "07:00-08:00";
    bench.set_zoom_week(week);
    bench.pass();
    let after = bench.shelf.read(name).unwrap();
    assert!(
        after.contains("SUMMARY:My office hours") && after.contains("FR"),
        "{after}"
    );
    assert_eq!(bench.hours_text(), None);
    bench.lose_state();
    bench.writes_nothing(2);
    // Gone from there, they come back as ours.
    bench.shelf.delete(name);
    bench.pass();
    assert_eq!(bench.hours_told().week, week);
    bench.stays(2);
}

#[rstest]
fn two_under_other_names_are_said_and_neither_is_taken(#[values(Xandikos, Vdir)] side: Side) {
    let bench = bench_with(side, &flows("calendar"), AccountOptions::default());
    bench.shelf.put("one.ics", &by_hand(ZONE, &DAYS, ""));
    let other = by_hand(ZONE, &DAYS[..1], "").replace("by-hand", "other");
    bench.shelf.put("two.ics", &other);
    let before = bench.entries();
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.errors().contains("keep one of them"), "{run:#?}");
    assert_eq!(
        (bench.zoom_week(), bench.entries()),
        (WEEK.map(str::to_owned), before)
    );
    bench.shelf.delete("two.ics");
    bench.clean_passes(2);
    assert_eq!(bench.zoom_week(), plain());
}
