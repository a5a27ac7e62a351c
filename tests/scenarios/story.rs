//! One change of every kind on both sides, and what must come of it however the passes between
//! went: nothing twice, nothing lost.

use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, at, name_of};
use super::ics;
use super::side::Side;

/// A bench on which everything is about to happen.
pub struct Story {
    pub bench: Bench,
    /// Notes are changed in Zoom.
    noted: String,
    /// Notes are changed in the calendar, and a colour is added.
    edited: String,
    /// Its entry is deleted.
    deleted: String,
    /// It is cancelled in Zoom.
    cancelled: String,
    /// It is rescheduled: the id that it has after that.
    moved: (String, String),
    /// It is booked.
    booked: String,
}

impl Story {
    /// Seven bookings in step, then one change of every kind.
    pub fn begin(side: Side) -> Self {
        let options = AccountOptions {
            page_limit: 3,
            ..AccountOptions::default()
        };
        let bench = Bench::with(side, "", options);
        let ids = bench.book_many(7);
        bench.pass();
        bench.is_settled();
        let id = |number: usize| ids[number].clone();
        assert!(bench.account.set_notes(&ids[0], "from Zoom"));
        bench.edit(&ids[1], |text| {
            ics::with_notes(&ics::adding(text, "COLOR:olive"), "from the calendar")
        });
        bench.delete_entry(&ids[2]);
        assert!(bench.account.cancel(&ids[3]));
        let new = bench.account.reschedule(&ids[4], at(20, 11)).unwrap();
        let booked = bench.book(30);
        bench.account.clear_log();
        bench.clear_calendar_log();
        Self {
            noted: id(0),
            edited: id(1),
            deleted: id(2),
            cancelled: id(3),
            moved: (id(4), new),
            booked,
            bench,
        }
    }

    /// The passes after the fault settle, what was to happen happened once, and a further pass
    /// writes nothing.
    pub fn end(&self) {
        let bench = &self.bench;
        bench.clean_passes(3);
        let entries = bench.entries();
        assert_eq!(entries.len(), 6, "{:?}", entries.keys());
        let entry = |id: &str| &entries[&name_of(id)];
        assert_eq!(ics::notes(entry(&self.noted)).as_deref(), Some("from Zoom"));
        assert_eq!(bench.zoom_notes(&self.edited), "from the calendar");
        let edited = entry(&self.edited);
        assert_eq!(ics::notes(edited).as_deref(), Some("from the calendar"));
        assert_eq!(ics::value(edited, "COLOR").as_deref(), Some("olive"));
        assert!(!entries.contains_key(&name_of(&self.deleted)));
        assert_eq!(
            bench.account.cancellations(),
            std::slice::from_ref(&self.deleted)
        );
        assert!(!entries.contains_key(&name_of(&self.cancelled)));
        let moved = entry(&self.moved.0);
        assert_eq!(
            ics::value(moved, "X-SLOTBRIDGE-EVENT-ID").as_ref(),
            Some(&self.moved.1)
        );
        let start = at(20, 11).strftime("%Y%m%dT%H%M%SZ").to_string();
        assert_eq!(ics::value(moved, "DTSTART"), Some(start));
        let booked = ics::value(entry(&self.booked), "X-SLOTBRIDGE-EVENT-ID");
        assert_eq!(booked.as_ref(), Some(&self.booked));
        bench.is_settled();
        bench.is_settled();
        assert_eq!(bench.account.live_ids().len(), 6);
    }
}
