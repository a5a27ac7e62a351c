//! Bookings, busy time and hours in one calendar: none of them is taken for another.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, name_of};
use super::busy::Sink;
use super::hours::{OBJECT, ZONE, bench_with, local, off};
use super::hours_text::{by_hand, with_times};
use super::side::Side::{self, Radicale, Vdir, Xandikos};

fn flows(sink: Sink) -> String {
    format!(
        "[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\"]\nto = \"{}\"\n\
         future = \"30d\"\n[host.hours]\ncalendar = \"work\"\n",
        sink.word()
    )
}

fn bench(side: Side, sink: Sink) -> Bench {
    let bench = bench_with(side, &flows(sink), AccountOptions::default());
    bench.set_zoom_week(["00:00-24:00"; 7]);
    bench
}

#[rstest]
fn one_calendar_holds_all_three_and_ten_passes_write_nothing(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(side, sink);
    bench.add_zoom_override(off(8));
    bench.has_event("dentist", local(4, 13, 15));
    let id = bench.book(3);
    bench.pass();
    assert!(bench.shelf.read(&name_of(&id)).is_some());
    assert_eq!(bench.hours_told().dates.len(), 1);
    let run = bench.stays(10);
    assert_eq!(
        run.busy()["seen"],
        1,
        "only one event blocks time: {run:#?}"
    );
    assert_eq!(run.bookings()["seen"], 1, "{run:#?}");
    if sink == Sink::Blocks {
        assert_eq!(bench.block_spans(), [local(4, 13, 15)]);
        assert_eq!(bench.overrides(), [off(8)]);
    } else {
        assert!(bench.block_spans().is_empty());
    }
}

#[rstest]
fn with_the_state_lost_each_is_recognised(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(side, sink);
    bench.has_event("dentist", local(4, 13, 15));
    bench.book(3);
    bench.pass();
    let names = bench.shelf.names();
    bench.lose_state();
    bench.stays(3);
    assert_eq!(bench.shelf.names(), names);
}

#[rstest]
fn a_change_in_each_reaches_the_other_side_in_one_pass(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(side, sink);
    bench.set_zoom_week(["08:00-20:00"; 7]);
    bench.has_event("dentist", local(4, 13, 15));
    let id = bench.book(3);
    bench.pass();
    bench.has_event("dentist", local(6, 13, 15));
    bench.account.cancel(&id);
    let other = bench.book(5);
    bench.edit_hours(|text| with_times(text, "080000", "090000"));
    bench.account.clear_log();
    bench.pass();
    assert_eq!(bench.zoom_week(), ["09:00-20:00"; 7]);
    bench.only_patch();
    assert!(
        bench.shelf.read(&name_of(&id)).is_none() && bench.shelf.read(&name_of(&other)).is_some()
    );
    assert_eq!(
        bench.shelf.names().contains(&OBJECT.to_owned()),
        side != Radicale
    );
    bench.stays(3);
}

/// A person's own program keeps the hours there under a name of its own.
#[rstest]
fn hours_under_another_name_are_neither_busy_nor_a_booking(
    #[values(Xandikos, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench_with(side, &flows(sink), AccountOptions::default());
    bench.set_zoom_week(["08:00-20:00"; 7]);
    let week = [("MO,TU,WE,TH,FR,SA,SU", "08:00-20:00")];
    bench.shelf.put("theirs.ics", &by_hand(ZONE, &week, ""));
    bench.has_event("dentist", local(4, 13, 15));
    bench.book(3);
    let run = bench.pass();
    assert_eq!(run.busy()["failed"], 0, "{run:#?}");
    assert_eq!(bench.shelf.names().len(), 3, "{:?}", bench.shelf.names());
    let run = bench.writes_nothing(10);
    assert_eq!(run.busy()["seen"], 1, "{run:#?}");
    if side != Vdir {
        let log = bench.calendar_log();
        assert_eq!(log.len(), 30, "one for each flow and pass: {log:#?}");
    }
}
