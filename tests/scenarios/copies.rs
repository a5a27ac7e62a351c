//! What a fresh reading found: copies, many moves at once, appointments that are over.

use slotbridge::demo::account::{Fault, NewBooking};

use super::bench::{Bench, at, name_of};
use super::ics;
use super::side::Side::Vdir;

#[test]
fn a_slow_rename_cancels_nothing() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(3);
    bench.pass();
    let original = name_of(&ids[0]);
    let text = bench.entry(&ids[0]);
    bench.shelf.put("renamed.ics", &text);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "a copy is told: {run:#?}");
    bench.shelf.delete(&original);
    bench.clean_passes(2);
    assert!(bench.account.cancellations().is_empty());
    bench.account.set_notes(&ids[0], "news");
    bench.pass();
    let moved = bench.shelf.read("renamed.ics").unwrap();
    assert_eq!(ics::notes(&moved).as_deref(), Some("news"));
    assert!(!bench.shelf.names().contains(&original));
    bench.is_settled();
}

#[test]
fn a_copy_that_is_removed_again_is_forgotten() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(3);
    bench.pass();
    // It is listed before the original, which must stay the one that counts.
    bench.shelf.put("a-copy.ics", &bench.entry(&ids[0]));
    bench.lose_state();
    assert_eq!(bench.sync(&["--json"]).code, 1);
    bench.shelf.delete("a-copy.ics");
    bench.clean_passes(2);
    assert!(bench.account.cancellations().is_empty());
    assert!(bench.shelf.names().contains(&name_of(&ids[0])));
    bench.is_settled();
}

#[test]
fn many_reschedules_at_once_keep_their_entries() {
    let bench = Bench::new(Vdir, "");
    let ids: Vec<String> = (0..8)
        .map(|n| {
            let mail = format!("booker{n}@example.org");
            bench
                .account
                .book(NewBooking::new(at(3 + n, 9), "Booker", &mail))
        })
        .collect();
    bench.pass();
    let before = bench.entries();
    for (n, id) in (0..).zip(&ids[..7]) {
        bench.edit(id, |text| ics::with(text, &format!("SUMMARY:Mine {n}")));
        let new = bench.account.reschedule(id, at(40 + n, 10));
        assert!(new.is_some());
        // Lists show nothing of the old one, as where cancelled bookings are not shown.
        assert!(bench.account.purge(id));
    }
    bench.clean_passes(2);
    let after = bench.entries();
    assert!(before.keys().eq(after.keys()), "{:?}", after.keys());
    for (n, id) in (0..7).zip(&ids) {
        let title = ics::value(&bench.entry(id), "SUMMARY");
        assert_eq!(title, Some(format!("Mine {n}")));
    }
    bench.is_settled();
}

#[test]
fn a_reschedule_is_recognised_without_the_state() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(3);
    bench.pass();
    bench.edit(&ids[0], |text| ics::with(text, "SUMMARY:Mine"));
    let new = bench.account.reschedule(&ids[0], at(50, 10)).unwrap();
    bench.lose_state();
    bench.clean_passes(2);
    let entry = bench.entry(&ids[0]);
    assert_eq!(ics::value(&entry, "SUMMARY").as_deref(), Some("Mine"));
    assert_eq!(ics::value(&entry, "X-SLOTBRIDGE-EVENT-ID"), Some(new));
    assert_eq!(bench.entries().len(), 3);
    bench.is_settled();
}

#[test]
fn tidying_up_what_is_over_cancels_nothing() {
    let bench = Bench::new(Vdir, "");
    let id = bench.book(-3);
    bench.book(3);
    bench.pass();
    bench.delete_entry(&id);
    bench.clean_passes(2);
    assert!(bench.account.cancellations().is_empty());
    assert_eq!(bench.entries().len(), 1);
    bench.is_settled();
}

#[test]
fn a_client_that_drops_the_description_clears_no_notes() {
    let bench = Bench::new(Vdir, "");
    let id = bench.book(3);
    bench.account.set_notes(&id, "from Zoom");
    bench.pass();
    bench.edit(&id, |text| ics::without(text, "DESCRIPTION"));
    bench.clean_passes(2);
    assert_eq!(bench.zoom_notes(&id), "from Zoom");
}

#[test]
fn what_is_held_stays_held_however_few_are_left_of_it() {
    let bench = Bench::new(Vdir, "");
    let ids = bench.book_many(10);
    bench.pass();
    for id in &ids[..7] {
        assert!(bench.account.purge(id));
    }
    assert_eq!(bench.sync(&["--json"]).code, 1);
    let held = bench.waiting("held");
    assert_eq!(held.len(), 7);
    for one in &held[..5] {
        let run = bench.run(&["held", "release", one["id"].as_str().unwrap()]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    // Two are left, fewer than the guard minds; a pass that cannot ask for them changes nothing.
    assert_eq!(bench.sync(&["--json"]).code, 1);
    assert_eq!(bench.entries().len(), 5);
    let faults = bench.account.faults();
    faults.always("GET", "/v2/scheduler/events/", Fault::Status(500));
    bench.sync(&["--json"]);
    bench.account.faults().clear();
    assert_eq!(bench.waiting("held").len(), 2);
    assert_eq!(bench.sync(&["--json"]).code, 1);
    assert_eq!(bench.entries().len(), 5, "deleted without leave");
}
