//! CONTRACT section 3, first table: what happens in Zoom, and what the calendar then shows.

use rstest::rstest;
use slotbridge::demo::account::Place;

use super::bench::{Bench, at, booking, name_of};
use super::ics;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

#[rstest]
fn booked_an_entry_appears(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 1, "{run:#?}");
    assert_eq!(run.bookings()["actions"][0]["verb"], "create");
    assert_eq!(run.bookings()["actions"][0]["side"], "calendar");
    assert_eq!(run.bookings()["actions"][0]["id"], id.as_str());
    assert_eq!(bench.shelf.names(), [name_of(&id)]);
    bench.is_settled();
}

#[rstest]
fn notes_place_and_attendees_change_the_entry_follows(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some(""));

    bench
        .account
        .set_notes(&id, "Bring the offer; and, maybe, \\ a pen.\nSecond line");
    assert_eq!(bench.pass().bookings()["updated"], 1);
    let entry = bench.entry(&id);
    let notes = "Bring the offer; and, maybe, \\ a pen.\nSecond line";
    assert_eq!(ics::notes(&entry).as_deref(), Some(notes));

    bench
        .account
        .set_location(&id, Place::from("Room 7, 2nd floor"));
    assert_eq!(bench.pass().bookings()["updated"], 1);
    let entry = bench.entry(&id);
    assert_eq!(
        ics::value(&entry, "LOCATION").as_deref(),
        Some("Room 7, 2nd floor")
    );
    assert_eq!(ics::value(&entry, "URL"), None);
    assert_eq!(ics::value(&entry, "CONFERENCE"), None);

    bench
        .account
        .add_attendee(&id, "Dan Example", "dan@example.org");
    bench.account.add_guest(&id, "eve@example.org");
    assert_eq!(bench.pass().bookings()["updated"], 1);
    let description = ics::value(&bench.entry(&id), "DESCRIPTION").unwrap();
    assert!(
        description.contains("Dan Example <dan@example.org>"),
        "{description}"
    );
    assert!(description.contains("eve@example.org"), "{description}");
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some(notes));
    bench.is_settled();
}

#[rstest]
fn rescheduled_the_same_entry_moves(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::new(side, "alarm = \"10m\"");
    let id = bench.book(3);
    let other = bench.book(4);
    bench.pass();
    let before = bench.entry(&id);
    bench.account.clear_log();

    let new = bench.account.reschedule(&id, at(5, 14)).unwrap();
    let run = bench.pass();
    assert_eq!(run.bookings()["updated"], 1, "{run:#?}");
    assert_eq!(run.bookings()["created"], 0, "{run:#?}");
    assert_eq!(run.bookings()["deleted"], 0, "{run:#?}");
    assert_eq!(bench.entries().len(), 2);
    let after = bench.entry(&id);
    let uid = ics::value(&after, "UID").unwrap();
    assert_eq!(uid, format!("{id}@scheduler.slotbridge"));
    let start = at(5, 14).strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(ics::value(&after, "DTSTART"), Some(start));
    assert_eq!(
        ics::value(&after, "X-SLOTBRIDGE-EVENT-ID"),
        Some(new.clone())
    );
    assert!(after.contains("BEGIN:VALARM"), "{after}");
    let sequence = |text: &str| -> u32 {
        ics::value(text, "SEQUENCE").map_or(0, |number| number.parse().unwrap())
    };
    assert!(sequence(&after) > sequence(&before), "{after}");
    assert!(bench.account.cancellations().is_empty());
    assert!(!bench.is_cancelled(&new) && !bench.is_cancelled(&other));
    bench.is_settled();

    // And once more: the first id still names it.
    bench.account.reschedule(&new, at(6, 8)).unwrap();
    assert_eq!(bench.pass().bookings()["updated"], 1);
    assert_eq!(bench.entries().len(), 2);
    let start = at(6, 8).strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(ics::value(&bench.entry(&id), "DTSTART"), Some(start));
    bench.is_settled();
}

#[rstest]
fn cancelled_the_entry_is_deleted(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("cancelled", "deleted", "purged")] how: &str,
) {
    let bench = Bench::new(side, "cancelled_in_zoom = \"delete\"");
    let (id, other) = (bench.book(3), bench.book(4));
    bench.pass();
    end(&bench, &id, how);
    let run = bench.pass();
    assert_eq!(run.bookings()["deleted"], 1, "{run:#?}");
    assert_eq!(bench.shelf.names(), [name_of(&other)]);
    bench.is_settled();
}

#[rstest]
fn cancelled_the_entry_is_marked(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("cancelled", "deleted", "purged")] how: &str,
) {
    let bench = Bench::new(side, "cancelled_in_zoom = \"mark\"");
    let (id, _other) = (bench.book(3), bench.book(4));
    bench.pass();
    let before = bench.entry(&id);
    end(&bench, &id, how);
    bench.pass();
    let after = bench.entry(&id);
    assert_eq!(ics::value(&after, "STATUS").as_deref(), Some("CANCELLED"));
    assert_ne!(
        ics::value(&after, "SEQUENCE"),
        ics::value(&before, "SEQUENCE")
    );
    for kept in ["SUMMARY", "DESCRIPTION", "DTSTART", "LOCATION"] {
        assert_eq!(ics::value(&after, kept), ics::value(&before, kept));
    }
    bench.is_settled();
}

#[rstest]
fn a_pending_booking_is_tentative_until_it_is_approved(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    let mut asked = booking(3);
    asked.pending = true;
    let id = bench.account.book(asked);
    bench.pass();
    let before = bench.entry(&id);
    assert_eq!(ics::value(&before, "STATUS").as_deref(), Some("TENTATIVE"));
    bench.is_settled();
    bench.account.approve(&id);
    bench.pass();
    let after = bench.entry(&id);
    assert_eq!(ics::value(&after, "STATUS").as_deref(), Some("CONFIRMED"));
    assert_ne!(
        ics::value(&after, "SEQUENCE"),
        ics::value(&before, "SEQUENCE")
    );
    bench.is_settled();
}

#[test]
fn a_cancelled_booking_that_was_never_seen_makes_no_entry() {
    let bench = Bench::new(Radicale, "");
    let (gone, there) = (bench.book(3), bench.book(4));
    bench.account.cancel(&gone);
    bench.pass();
    assert_eq!(bench.shelf.names(), [name_of(&there)]);
}

fn end(bench: &Bench, id: &str, how: &str) {
    let done = match how {
        "cancelled" => bench.account.cancel(id),
        "deleted" => bench.account.delete(id),
        "purged" => bench.account.purge(id),
        other => panic!("{other}"),
    };
    assert!(done);
}
