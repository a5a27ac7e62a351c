//! Things that go wrong between slotbridge and the calendar's server, each in the middle of a pass
//! with one change of every kind.

use rstest::rstest;

use super::bench::{Bench, name_of};
use super::proxy::Break;
use super::side::Side::{self, Radicale, Xandikos};
use super::story::Story;

const SOON: Break = Break::Answer(429, &[("Retry-After", "1")]);

#[rstest]
#[case::dropped(Break::Before)]
#[case::done_then_dropped(Break::After)]
#[case::half_an_answer(Break::HalfAnswer)]
#[case::error_500(Break::Answer(500, &[]))]
#[case::error_503(Break::Answer(503, &[]))]
#[case::too_fast(SOON)]
fn a_write_goes_wrong(
    #[case] how: Break,
    #[values("PUT", "DELETE")] method: &'static str,
    #[values(Radicale, Xandikos)] side: Side,
) {
    let story = Story::begin(side);
    story.bench.proxy().on_nth(1, method, how);
    story.bench.sync(&["--json"]);
    assert_eq!(story.bench.proxy().heal(), 0, "the fault did not strike");
    story.end();
}

#[rstest]
#[case::dropped(Break::Before)]
#[case::done_then_dropped(Break::After)]
#[case::error_500(Break::Answer(500, &[]))]
#[case::too_fast(SOON)]
fn a_later_write_goes_wrong(#[case] how: Break, #[values(2, 3, 4)] nth: usize) {
    let story = Story::begin(Radicale);
    story.bench.proxy().on_nth(nth, "PUT", how);
    story.bench.sync(&["--json"]);
    story.bench.proxy().heal();
    story.end();
}

#[rstest]
#[case::dropped(Break::Before)]
#[case::done_then_dropped(Break::After)]
#[case::half_an_answer(Break::HalfAnswer)]
#[case::error_500(Break::Answer(500, &[]))]
#[case::too_fast(SOON)]
fn a_reading_goes_wrong(
    #[case] how: Break,
    #[values(1, 2, 3)] nth: usize,
    #[values(Radicale, Xandikos)] side: Side,
) {
    let story = Story::begin(side);
    story.bench.proxy().on_nth(nth, "REPORT", how);
    let run = story.bench.sync(&["--json"]);
    assert!(run.json["hosts"].is_array(), "{run:#?}");
    story.bench.proxy().heal();
    story.end();
}

#[rstest]
#[case::dropped(Break::Before)]
#[case::done_then_dropped(Break::After)]
#[case::error_500(Break::Answer(500, &[]))]
fn everything_goes_wrong_for_a_whole_pass(
    #[case] how: Break,
    #[values("PUT", "DELETE", "REPORT", "*")] method: &'static str,
) {
    let story = Story::begin(Radicale);
    story.bench.proxy().always(method, how);
    let run = story.bench.sync(&["--json"]);
    // Without reports, everything can still be listed by etags and read one by one.
    if method != "REPORT" {
        assert_ne!(run.code, 0, "{run:#?}");
    }
    story.bench.proxy().heal();
    story.end();
}

/// The first pass of all: a booking whose PUT was done, but never answered.
#[rstest]
fn a_creation_that_timed_out_after_it_was_done_is_not_done_twice(
    #[values(Radicale, Xandikos)] side: Side,
    #[values(1, 3)] nth: usize,
) {
    let bench = Bench::new(side, "");
    let mut ids = bench.book_many(4);
    bench.proxy().on_nth(nth, "PUT", Break::After);
    bench.sync(&["--json"]);
    assert_eq!(bench.proxy().heal(), 0);
    bench.clean_passes(2);
    ids.sort();
    let names: Vec<String> = ids.iter().map(|id| name_of(id)).collect();
    assert_eq!(bench.shelf.names(), names);
    bench.is_settled();
    assert!(bench.account.cancellations().is_empty());
}

/// The server has no room: that item is told, and its neighbours are not affected.
#[rstest]
fn a_server_without_room_stops_only_that_item(#[values(Radicale, Xandikos)] side: Side) {
    let bench = Bench::new(side, "");
    bench.book_many(4);
    bench.proxy().on_nth(2, "PUT", Break::Answer(507, &[]));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.errors().contains("507"), "{run:#?}");
    assert_eq!(bench.entries().len(), 3);
    // The daemon waits before it tries again; who asks for a pass by hand is obeyed at once.
    bench.clean_passes(1);
    assert_eq!(bench.entries().len(), 4);
    bench.is_settled();
}

#[rstest]
fn an_object_that_changes_under_our_hands_is_not_overwritten(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    bench.account.set_notes(&id, "from Zoom");
    // The condition fails as if somebody had written in between: nothing may be lost by it.
    bench.proxy().on_nth(1, "PUT", Break::Answer(412, &[]));
    bench.clean_passes(2);
    assert_eq!(bench.proxy().heal(), 0);
    let notes = super::ics::notes(&bench.entry(&id));
    assert_eq!(notes.as_deref(), Some("from Zoom"));
    bench.is_settled();
}
