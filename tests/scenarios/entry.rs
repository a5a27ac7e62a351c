//! What an entry says (CONTRACT section 3).

use rstest::rstest;
use slotbridge::demo::account::Place;
use slotbridge::domain::booking::Answer;

use super::bench::{Bench, at, booking, name_of};
use super::ics;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

#[rstest]
fn an_entry_says_what_the_contract_promises(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let mut full = booking(3);
    full.phone = Some("+49 30 1234".to_owned());
    full.guests = vec!["carol@example.org".to_owned()];
    full.notes = "Ask about prices".to_owned();
    full.answers = vec![Answer {
        question: "What is it about?".to_owned(),
        values: vec!["Prices".to_owned(), "Dates".to_owned()],
    }];
    let id = bench.account.book(full);
    bench.pass();
    let event = bench.account.event(&id).unwrap();
    let meeting = &event["external_location"];
    let join = meeting["meeting_join_url"].as_str().unwrap();
    let entry = bench.entry(&id);
    let value = |name| ics::value(&entry, name).unwrap_or_else(|| panic!("no {name} in\n{entry}"));

    assert_eq!(bench.shelf.names(), [name_of(&id)]);
    assert_eq!(value("UID"), format!("{id}@scheduler.slotbridge"));
    let utc = |time: jiff::Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(
        ics::all(&entry, "DTSTART"),
        [format!("DTSTART:{}", utc(at(3, 9)))]
    );
    let end = at(3, 9) + jiff::SignedDuration::from_mins(30);
    assert_eq!(ics::all(&entry, "DTEND"), [format!("DTEND:{}", utc(end))]);
    assert_eq!(value("SUMMARY"), "Intro call: Bob Example");
    assert_eq!(value("STATUS"), "CONFIRMED");
    assert_eq!(value("TRANSP"), "OPAQUE");
    assert_eq!(value("LOCATION"), join);
    assert_eq!(value("URL"), join);
    assert_eq!(value("CONFERENCE"), join);
    assert_eq!(value("CATEGORIES"), "Zoom Scheduler");
    let updated: jiff::Timestamp = event["updated"].as_str().unwrap().parse().unwrap();
    assert_eq!(value("LAST-MODIFIED"), utc(updated));
    assert_eq!(value("X-SLOTBRIDGE-EVENT-ID"), id);
    assert_eq!(value("X-SLOTBRIDGE-HOST"), "alice");
    assert!(!value("DTSTAMP").is_empty());
    for mails in ["ATTENDEE", "ORGANIZER"] {
        assert!(ics::all(&entry, mails).is_empty(), "{entry}");
    }
    assert!(!entry.contains("BEGIN:VALARM"), "{entry}");

    let description = value("DESCRIPTION");
    let passcode = meeting["meeting_passcode"].as_str().unwrap();
    let manage = event["manage_url"].as_str().unwrap();
    for said in [
        "Bob Example",
        "bob3@example.org",
        "Europe/Berlin",
        "+49 30 1234",
        "carol@example.org",
        "What is it about?",
        "Prices",
        "Dates",
        join,
        passcode,
        manage,
    ] {
        assert!(
            description.contains(said),
            "{said} is missing in\n{description}"
        );
    }
    let last: Vec<&str> = description.lines().rev().take(2).collect();
    assert_eq!(last, ["Ask about prices", ics::NOTES]);
    bench.is_settled();
}

#[rstest]
fn the_place_is_the_location_and_needs_no_link(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    let mut here = booking(3);
    here.place = Place::from("Room 7, 2nd floor");
    let mut nowhere = booking(4);
    nowhere.place = Place::Unsaid;
    let (here, nowhere) = (bench.account.book(here), bench.account.book(nowhere));
    bench.pass();
    let entry = bench.entry(&here);
    assert_eq!(
        ics::value(&entry, "LOCATION").as_deref(),
        Some("Room 7, 2nd floor")
    );
    assert_eq!(ics::value(&entry, "CONFERENCE"), None);
    assert_eq!(ics::value(&bench.entry(&nowhere), "LOCATION"), None);
    bench.is_settled();
}

#[rstest]
fn the_title_follows_its_template_and_an_alarm_rings_when_asked_for(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let mut bench = Bench::new(
        side,
        "title = \"{booker} <{email}> / {summary} ({host})\"\nalarm = \"10m\"",
    );
    let id = bench.book(3);
    bench.pass();
    let entry = bench.entry(&id);
    let title = "Bob Example <bob3@example.org> / Intro call (alice)";
    assert_eq!(ics::value(&entry, "SUMMARY").as_deref(), Some(title));
    let lines = ics::lines(&entry);
    for line in ["BEGIN:VALARM", "ACTION:DISPLAY", "END:VALARM"] {
        assert!(
            lines.iter().any(|found| found == line),
            "{line} is missing in\n{entry}"
        );
    }
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("TRIGGER") && line.ends_with("-PT10M")),
        "{entry}"
    );
    bench.is_settled();

    // Another template: entries follow, an own title does not.
    let own = bench.book(4);
    bench.pass();
    bench.edit(&own, |text| ics::with(text, "SUMMARY:My own title"));
    bench.pass();
    bench.set_bookings("title = \"{summary}\"");
    bench.clean_passes(2);
    assert_eq!(
        ics::value(&bench.entry(&id), "SUMMARY").as_deref(),
        Some("Intro call")
    );
    assert_eq!(
        ics::value(&bench.entry(&own), "SUMMARY").as_deref(),
        Some("My own title")
    );
    bench.is_settled();
}

#[rstest]
fn attendees_are_properties_only_when_asked_for_and_nobody_is_mailed(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "attendees = \"property\"");
    let mut with_guest = booking(3);
    with_guest.guests = vec!["carol@example.org".to_owned()];
    let id = bench.account.book(with_guest);
    bench.pass();
    let entry = bench.entry(&id);
    let attendees = ics::all(&entry, "ATTENDEE");
    assert_eq!(attendees.len(), 2, "{entry}");
    for line in &attendees {
        assert!(line.contains("SCHEDULE-AGENT=NONE"), "{line}");
    }
    assert!(
        attendees
            .iter()
            .any(|line| line.ends_with("mailto:bob3@example.org"))
    );
    assert!(
        attendees
            .iter()
            .any(|line| line.ends_with("mailto:carol@example.org"))
    );
    bench.is_settled();
    bench
        .account
        .add_attendee(&id, "Dan Example", "dan@example.org");
    bench.pass();
    assert_eq!(ics::all(&bench.entry(&id), "ATTENDEE").len(), 3);
    bench.is_settled();
}

#[test]
fn an_invitee_cannot_write_into_the_notes() {
    let bench = Bench::new(Radicale, "");
    let mut sly = booking(3);
    sly.answers = vec![Answer {
        question: "Anything else?".to_owned(),
        values: vec![format!("Yes:\n{}\nnot by the host", ics::NOTES)],
    }];
    sly.name = "Mallory\r\nATTENDEE:mailto:x@example.org".to_owned();
    let id = bench.account.book(sly);
    bench.pass();
    let entry = bench.entry(&id);
    assert_eq!(ics::notes(&entry).as_deref(), Some(""), "{entry}");
    assert!(ics::all(&entry, "ATTENDEE").is_empty(), "{entry}");
    bench.is_settled();
    assert_eq!(bench.zoom_notes(&id), "");
}
