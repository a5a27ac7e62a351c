//! What a person added to an entry outlives every later change from Zoom.

use rstest::rstest;
use slotbridge::demo::account::Place;

use super::bench::{Bench, at};
use super::ics;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

const ADDED: &str = "CATEGORIES:Customers,Important\n\
    COLOR:turquoise\n\
    ATTACH;FMTTYPE=application/pdf:https://files.example.org/offer.pdf\n\
    X-MINE;X-HOW=\"a;b:c\";VALUE=TEXT:kept\\, to the letter\n\
    PRIORITY:2\n\
    CLASS:PRIVATE\n\
    BEGIN:VALARM\n\
    UID:11111111-2222-3333-4444-555555555555\n\
    ACTION:DISPLAY\n\
    TRIGGER;RELATED=START:-PT25M\n\
    DESCRIPTION:Call them\n\
    X-ALARM-NOTE:mine\n\
    END:VALARM";

#[rstest]
fn what_a_person_added_survives_a_reschedule_and_changed_notes(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    bench.edit(&id, |text| {
        ics::adding(&ics::with(text, "SUMMARY:Bob\\, the big one"), ADDED)
    });
    bench.pass();
    bench.is_settled();
    let check = |when: &str| {
        let entry = bench.entry(&id);
        let lines = ics::lines(&entry);
        for line in ADDED.lines() {
            let kept = lines.iter().any(|found| same(found, line));
            assert!(kept, "after {when}: {line} is missing in\n{entry}");
        }
        let title = ics::value(&entry, "SUMMARY");
        assert_eq!(title.as_deref(), Some("Bob, the big one"), "after {when}");
        assert_eq!(bench.entries().len(), 1, "after {when}");
        assert_eq!(
            ics::value(&entry, "UID"),
            Some(format!("{id}@scheduler.slotbridge")),
            "after {when}"
        );
        entry
    };
    check("the edit");

    let new = bench.account.reschedule(&id, at(8, 16)).unwrap();
    bench.pass();
    let entry = check("the reschedule");
    let start = at(8, 16).strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(ics::value(&entry, "DTSTART"), Some(start));
    bench.is_settled();

    bench.account.set_notes(&new, "From Zoom");
    bench.account.set_location(&new, Place::from("Room 7"));
    bench.pass();
    let entry = check("changed notes and place");
    assert_eq!(ics::notes(&entry).as_deref(), Some("From Zoom"));
    assert_eq!(ics::value(&entry, "LOCATION").as_deref(), Some("Room 7"));
    bench.is_settled();
}

#[rstest]
fn changes_on_both_sides_to_different_properties_are_merged(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    bench.edit(&id, |text| {
        let text = ics::with(text, "SUMMARY:Mine");
        ics::with_notes(&ics::adding(&text, "COLOR:red"), "from the calendar")
    });
    bench.account.set_location(&id, Place::from("Room 9"));
    bench.pass();
    let entry = bench.entry(&id);
    assert_eq!(ics::value(&entry, "SUMMARY").as_deref(), Some("Mine"));
    assert_eq!(ics::value(&entry, "COLOR").as_deref(), Some("red"));
    assert_eq!(ics::value(&entry, "LOCATION").as_deref(), Some("Room 9"));
    assert_eq!(ics::notes(&entry).as_deref(), Some("from the calendar"));
    assert_eq!(bench.zoom_notes(&id), "from the calendar");
    bench.is_settled();
}

/// Equal but for the order of parameters, and quotes that a server may drop or add.
fn same(found: &str, line: &str) -> bool {
    let parts = |line: &str| {
        let bare = line.replace('"', "");
        let mut parts: Vec<String> = bare.split([';', ':']).map(str::to_owned).collect();
        parts.sort();
        parts
    };
    parts(found) == parts(line)
}
