//! Killed just between two steps: after a source was listed and before it is read, and after Zoom
//! did what it was asked and before that is committed.

use std::time::Duration;

use rstest::rstest;
use slotbridge::demo::account::Fault;

use super::bookable::Desk;
use super::servers::{Radicale, Server, Xandikos};

/// Longer than any test waits: whoever hears the answer was not killed.
const LATE: Fault = Fault::DelayAfter(Duration::from_secs(40));

#[rstest]
fn what_was_listed_and_not_read_is_read_by_the_next_pass(
    #[values("zoom_calendar", "availability")] sink: &str,
    #[values(Radicale::start, Xandikos::start)] server: fn() -> Server,
) {
    let mut desk = Desk::with(sink, 21, Some(server()));
    let free = desk.free();
    let stops = |desk: &Desk| {
        let (_, relay) = desk.server.as_ref().unwrap();
        relay.stop_at_read();
        desk.is_killed_once(|desk| desk.server.as_ref().unwrap().1.has_stopped());
        relay.let_go();
    };
    // The very first pass, with several at once.
    for day in 2..8 {
        desk.somebody_adds_on(day);
    }
    stops(&desk);
    assert!(desk.account.blocks().is_empty());
    desk.settles(sink, &free);
    // Only one that is new, changed, and gone between the two.
    desk.somebody_adds_on(9);
    stops(&desk);
    stops(&desk);
    desk.settles(sink, &free);
    desk.somebody_moves_the_last();
    stops(&desk);
    desk.settles(sink, &free);
    desk.somebody_moves_the_last();
    stops(&desk);
    desk.somebody_deletes_the_last();
    desk.settles(sink, &free);
}

#[rstest]
fn what_zoom_did_and_nobody_wrote_down_is_not_done_twice(
    #[values("zoom_calendar", "availability")] sink: &str,
) {
    let mut desk = Desk::with(sink, 22, None);
    let free = desk.free();
    for day in 2..8 {
        desk.somebody_adds_on(day);
    }
    desk.settles(sink, &free);
    let (path, methods) = if sink == "zoom_calendar" {
        ("/v2/calendars/", ["POST", "PATCH", "DELETE"])
    } else {
        ("/v2/scheduler/availability/", ["PATCH", "PATCH", "PATCH"])
    };
    let changes: [fn(&mut Desk); 3] = [
        |desk| desk.somebody_adds_on(9),
        Desk::somebody_moves_the_last,
        Desk::somebody_deletes_the_last,
    ];
    for (change, method) in changes.into_iter().zip(methods) {
        change(&mut desk);
        let before = stands(&desk);
        desk.account.faults().once(method, path, LATE);
        desk.is_killed_once(|desk| stands(desk) != before);
        assert_eq!(desk.account.faults().waiting(), 0, "{method}");
        desk.account.faults().clear();
        let after = stands(&desk);
        desk.settles(sink, &free);
        assert_eq!(stands(&desk), after, "{method}: it was done already");
    }
}

/// What stands in Zoom because of us.
fn stands(desk: &Desk) -> String {
    let overrides = desk.account.overrides(desk.account.availability_id());
    format!("{:?} {overrides:?}", desk.account.blocks())
}
