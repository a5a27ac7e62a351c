//! Things that go wrong at Zoom, each in the middle of a pass with one change of every kind.

use std::time::Duration;

use jiff::SignedDuration;
use rstest::rstest;
use slotbridge::demo::account::{Door, Fault};

use super::bench::{Bench, EVENTS};
use super::side::Side::{Radicale, Xandikos};
use super::story::Story;

const A_SECOND: Option<u64> = Some(1);

#[rstest]
#[case::done_then_dropped(Fault::DropAfter)]
#[case::dropped(Fault::DropBefore)]
#[case::done_and_answered_late(Fault::DelayAfter(Duration::from_secs(1)))]
#[case::half_an_answer(Fault::TruncateBody)]
#[case::error_500(Fault::Status(500))]
#[case::error_503(Fault::Status(503))]
#[case::token_dead(Fault::Unauthorized)]
#[case::too_fast(Fault::ThrottleQps { retry_after: A_SECOND })]
#[case::too_fast_without_a_time(Fault::ThrottleQps { retry_after: None })]
fn a_change_of_a_booking_goes_wrong(#[case] fault: Fault, #[values(1, 2)] nth: usize) {
    let story = Story::begin(Xandikos);
    story
        .bench
        .account
        .faults()
        .on_nth(nth, "PATCH", EVENTS, fault);
    story.bench.sync(&["--json"]);
    let faults = story.bench.account.faults();
    assert_eq!(faults.struck().len(), 1);
    story.end();
}

#[rstest]
#[case::dropped_each_time(Fault::DropAfter)]
#[case::error_500_each_time(Fault::Status(500))]
#[case::half_an_answer_each_time(Fault::TruncateBody)]
#[case::refused_each_time(Fault::Unauthorized)]
fn every_change_goes_wrong_for_a_whole_pass(#[case] fault: Fault) {
    let story = Story::begin(Radicale);
    story.bench.account.faults().always("PATCH", EVENTS, fault);
    story.bench.sync(&["--json"]);
    story.bench.account.faults().clear();
    story.end();
}

#[rstest]
#[case::dropped(Fault::DropBefore)]
#[case::done_then_dropped(Fault::DropAfter)]
#[case::half_an_answer(Fault::TruncateBody)]
#[case::error_500(Fault::Status(500))]
#[case::token_dead(Fault::Unauthorized)]
#[case::too_fast(Fault::ThrottleQps { retry_after: A_SECOND })]
#[case::page_token_stale(Fault::StalePageToken)]
#[case::nothing_listed(Fault::EmptyListing)]
#[case::garbage(Fault::GarbageItem)]
fn reading_bookings_goes_wrong(#[case] fault: Fault, #[values(1, 3)] nth: usize) {
    let story = Story::begin(Xandikos);
    story
        .bench
        .account
        .faults()
        .on_nth(nth, "GET", EVENTS, fault);
    story.bench.sync(&["--json"]);
    story.bench.account.faults().clear();
    story.end();
}

/// Only a cut that leaves out something known can be noticed; one that hides nothing but a new
/// booking looks like the end of the list, whatever a client does.
#[test]
fn a_list_cut_short_on_its_first_page_loses_nothing() {
    let story = Story::begin(Xandikos);
    let faults = story.bench.account.faults();
    faults.on_nth(1, "GET", EVENTS, Fault::CutListing);
    story.bench.sync(&["--json"]);
    story.bench.account.faults().clear();
    story.end();
}

#[rstest]
#[case::dropped(Fault::DropBefore, 4)]
#[case::error_500(Fault::Status(500), 4)]
#[case::half_an_answer(Fault::TruncateBody, 4)]
#[case::token_dead(Fault::Unauthorized, 3)]
#[case::nothing_listed(Fault::EmptyListing, 1)]
#[case::listing_cut(Fault::CutListing, 0)]
fn reading_bookings_goes_wrong_for_a_whole_pass(#[case] fault: Fault, #[case] code: i32) {
    let story = Story::begin(Radicale);
    story
        .bench
        .account
        .faults()
        .always("GET", EVENTS, fault.clone());
    let run = story.bench.sync(&["--json"]);
    if fault != Fault::CutListing {
        assert_eq!(run.code, code, "{run:#?}");
        assert_eq!(story.bench.account.cancellations().len(), 0);
    }
    story.bench.account.faults().clear();
    story.end();
}

#[test]
fn an_empty_listing_deletes_nothing_and_is_refused_aloud() {
    let bench = Bench::new(Radicale, "");
    bench.book_many(8);
    bench.pass();
    let before = bench.entries();
    bench
        .account
        .faults()
        .always("GET", EVENTS, Fault::EmptyListing);
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert!(run.errors().contains("Zoom lists no bookings"), "{run:#?}");
        assert!(bench.calendar_writes().len() <= 8);
        assert_eq!(bench.entries(), before);
    }
    bench.account.faults().clear();
    bench.clean_passes(2);
    assert_eq!(bench.waiting("held").len(), 0);
    bench.is_settled();
}

#[test]
fn one_booking_that_makes_no_sense_stops_only_itself() {
    let bench = Bench::new(Radicale, "");
    bench.book_many(4);
    bench
        .account
        .faults()
        .always("GET", EVENTS, Fault::GarbageItem);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(bench.entries().len(), 3, "{run:#?}");
    bench.account.faults().clear();
    bench.clean_passes(1);
    assert_eq!(bench.entries().len(), 4);
    bench.is_settled();
}

#[test]
fn the_daily_limit_is_waited_out_and_nothing_is_asked_before() {
    let story = Story::begin(Radicale);
    let bench = &story.bench;
    let until = bench.account.now() + SignedDuration::from_hours(3);
    bench
        .account
        .faults()
        .once("GET", EVENTS, Fault::ThrottleDaily { until });
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(
        run.errors().contains("daily") || run.errors().contains("day"),
        "{run:#?}"
    );
    let asked = bench.account.request_count(Door::Api);
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert_eq!(bench.account.request_count(Door::Api), asked, "{run:#?}");
}

#[test]
fn a_daily_limit_that_ends_soon_costs_only_time() {
    let story = Story::begin(Radicale);
    let bench = &story.bench;
    let until = bench.account.now() + SignedDuration::from_secs(2);
    bench
        .account
        .faults()
        .on_nth(3, "*", EVENTS, Fault::ThrottleDaily { until });
    bench.sync(&["--json"]);
    let wait = until.duration_since(bench.account.now());
    if wait.is_positive() {
        std::thread::sleep(wait.unsigned_abs());
    }
    story.end();
}

#[test]
fn zoom_answers_after_we_stopped_waiting() {
    let story = Story::begin(Radicale);
    // Longer than the client waits between two pieces of an answer (30 s).
    let late = Fault::DelayAfter(Duration::from_secs(33));
    story
        .bench
        .account
        .faults()
        .on_nth(1, "PATCH", EVENTS, late);
    story.bench.sync(&["--json"]);
    story.end();
}

#[test]
fn the_token_dies_between_two_requests_of_a_pass() {
    let story = Story::begin(Xandikos);
    story.bench.account.expire_access_tokens();
    story
        .bench
        .account
        .faults()
        .on_nth(4, "*", EVENTS, Fault::Unauthorized);
    story.bench.pass();
    story.end();
}

#[rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[case(4)]
fn passing_faults_at_random_for_a_few_passes(#[case] seed: u64) {
    let story = Story::begin(Radicale);
    story
        .bench
        .account
        .faults()
        .at_random(seed, 0.3, EVENTS, Fault::passing());
    for _ in 0..3 {
        story.bench.sync(&["--json"]);
    }
    story.bench.account.faults().clear();
    story.end();
}
