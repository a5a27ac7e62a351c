//! The five traps that a peer's engine fell into (S1 to S5), each followed by clean passes.

use rstest::rstest;
use slotbridge::demo::account::Fault;

use super::bench::{Bench, EVENTS, name_of};
use super::ics;
use super::proxy::Break;
use super::side::Side::{self, Radicale, Xandikos};

const BROKEN: Break = Break::Answer(500, &[]);

fn three_clean_passes(bench: &Bench) {
    for _ in 0..3 {
        bench.pass();
    }
    bench.is_settled();
}

#[rstest]
fn s1_an_update_whose_write_to_the_calendar_fails_once_is_made_later(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    bench.account.set_notes(&id, "news");
    bench.proxy().on_nth(1, "PUT", BROKEN);
    assert_ne!(bench.sync(&["--json"]).code, 0);
    three_clean_passes(&bench);
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some("news"));
}

#[rstest]
fn s1_an_update_whose_write_to_zoom_fails_once_is_made_later(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.pass();
    bench.edit(&id, |text| ics::with_notes(text, "news"));
    bench
        .account
        .faults()
        .always("PATCH", EVENTS, Fault::Status(500));
    assert_ne!(bench.sync(&["--json"]).code, 0);
    bench.account.faults().clear();
    three_clean_passes(&bench);
    assert_eq!(bench.zoom_notes(&id), "news");
    assert_eq!(ics::notes(&bench.entry(&id)).as_deref(), Some("news"));
}

#[rstest]
fn s2_a_token_that_expired_loses_no_deletion_made_meanwhile(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(4);
    bench.pass();
    bench.delete_entry(&ids[1]);
    let changed = bench.change_state(|line| {
        if line.contains("\"token:") {
            line.replace("token:", "token:gone-")
        } else {
            line.to_owned()
        }
    });
    assert!(changed > 0, "there is no token in the state");
    bench.clean_passes(2);
    three_clean_passes(&bench);
    assert_eq!(bench.account.live_ids().len(), 3);
    assert!(bench.is_cancelled(&ids[1]));
    assert_eq!(bench.entries().len(), 3);
}

#[rstest]
fn s3_both_sides_edited_and_nobody_resolves_is_reported_every_time(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let id = bench.book(3);
    bench.account.set_notes(&id, "agreed");
    bench.pass();
    bench.account.set_notes(&id, "Zoom's");
    bench.edit(&id, |text| ics::with_notes(text, "the calendar's"));
    for pass in 0..4 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "pass {pass}: {run:#?}");
        assert_eq!(run.bookings()["conflicts"], 1, "pass {pass}: {run:#?}");
        assert_eq!(bench.zoom_notes(&id), "Zoom's");
        assert_eq!(
            ics::notes(&bench.entry(&id)).as_deref(),
            Some("the calendar's")
        );
    }
}

#[rstest]
fn s4_a_create_whose_write_fails_once_is_made_later(
    #[values(Radicale, Xandikos)] side: Side,
    #[values(false, true)] others: bool,
) {
    let bench = Bench::new(side, "");
    if others {
        bench.book_many(2);
        bench.pass();
    }
    let id = bench.book(9);
    bench.proxy().on_nth(1, "PUT", BROKEN);
    assert_ne!(bench.sync(&["--json"]).code, 0);
    three_clean_passes(&bench);
    assert!(bench.shelf.names().contains(&name_of(&id)));
}

#[rstest]
fn s5_a_delete_whose_write_to_the_calendar_fails_once_is_made_later(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(3);
    bench.pass();
    bench.account.cancel(&ids[0]);
    bench.proxy().on_nth(1, "DELETE", BROKEN);
    assert_ne!(bench.sync(&["--json"]).code, 0);
    three_clean_passes(&bench);
    assert_eq!(bench.entries().len(), 2);
}

#[rstest]
fn s5_a_delete_whose_cancellation_in_zoom_fails_once_is_made_later(
    #[values(Radicale, Xandikos)] side: Side,
) {
    let bench = Bench::new(side, "");
    let ids = bench.book_many(3);
    bench.pass();
    bench.delete_entry(&ids[0]);
    bench
        .account
        .faults()
        .always("PATCH", EVENTS, Fault::Status(500));
    assert_ne!(bench.sync(&["--json"]).code, 0);
    bench.account.faults().clear();
    three_clean_passes(&bench);
    assert!(bench.is_cancelled(&ids[0]));
    assert_eq!(bench.account.live_ids().len(), 2);
}
