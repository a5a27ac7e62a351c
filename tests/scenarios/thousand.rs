//! A thousand bookings and a real Radicale: exactly a thousand entries, and then next to nothing.

use std::collections::BTreeSet;

use slotbridge::demo::account::{AccountOptions, Door};

use super::bench::{Bench, name_of};
use super::side::Side::Radicale;

#[test]
fn a_thousand_bookings_make_a_thousand_entries_and_the_second_pass_costs_five_requests() {
    let bench = Bench::with(Radicale, "", AccountOptions::default());
    bench.account.fill(1000);
    let run = bench.pass();
    assert_eq!(run.bookings()["created"], 1000);
    assert_eq!(run.bookings()["seen"], 1000);
    let expected: BTreeSet<String> = bench
        .account
        .live_ids()
        .iter()
        .map(|id| name_of(id))
        .collect();
    let names = bench.shelf.names();
    assert_eq!(names.len(), 1000);
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), expected);

    bench.account.clear_log();
    bench.clear_calendar_log();
    let run = bench.pass();
    assert!(bench.zoom_writes().is_empty(), "{:?}", bench.zoom_writes());
    let asked = bench.calendar_log();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert_eq!(asked[0].method, "REPORT");
    assert!(asked[0].answer < 1024, "{asked:#?}");
    assert_eq!(bench.account.request_count(Door::Api), 4);
    assert_eq!(run.host()["requests"]["zoom"], 4, "{run:#?}");
    assert_eq!(run.host()["requests"]["calendar"], 1, "{run:#?}");
    assert_eq!(run.bookings()["seen"], 1000);
    assert_eq!(run.bookings()["unchanged"], 1000);
    for count in [
        "created",
        "updated",
        "deleted",
        "cancelled",
        "noted",
        "held",
        "conflicts",
        "failed",
    ] {
        assert_eq!(run.bookings()[count], 0, "{count}");
    }
    assert_eq!(run.bookings()["actions"].as_array().map(Vec::len), Some(0));
}
