//! What cannot be read or followed of an object, and where rules are followed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::bench::{Bench, event, href, more};
use crate::plan::policy::BusyTo;

const START: &str = "DTSTART:20261124T100000Z\r\nDTEND:20261124T110000Z\r\n";

#[tokio::test]
async fn a_rule_that_cannot_be_read_is_a_failure_in_each_pass_and_the_rest_goes_on() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let lines = format!("{START}RRULE:FREQ=very-private\r\nRDATE:20261125T100000Z\r\n");
    let name = "5f3a1b2c-77aa";
    bench.work.put(&href(name), &more("a", &lines));
    bench
        .work
        .put(&href("b"), &event("b", "27T100000Z", "27T110000Z"));
    for _ in 0..2 {
        let report = bench.pass().await;
        assert!(!report.ok);
        assert_eq!(report.busy.unwrap().failed, 1);
        assert_eq!(report.errors.len(), 1);
        let error = &report.errors[0];
        assert_eq!(
            error.doing,
            "expanding the event 5f3a1b2c… of the calendar work"
        );
        assert!(error.cause.contains("RRULE") && error.cause.contains("FREQ"));
        assert!(!error.cause.contains("private"));
        assert!(
            error.hint.contains("begins on 2026-11-24"),
            "{}",
            error.hint
        );
        assert_eq!(
            bench.blocks(),
            [
                "24T10:00/24T11:00",
                "25T10:00/25T11:00",
                "27T10:00/27T11:00"
            ]
        );
    }
    let lines = format!("{START}RRULE:FREQ=DAILY;COUNT=2\r\n");
    bench.work.put(&href(name), &more("a", &lines));
    bench.good_pass().await;
    assert_eq!(bench.blocks().len(), 3);
}

#[tokio::test]
async fn what_is_gone_is_not_to_be_repaired() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let lines = format!("{START}RRULE:FREQ=rubbish\r\n");
        bench.work.put(&href(name), &more(name, &lines));
    }
    assert_eq!(bench.pass().await.busy.unwrap().failed, 7);
    bench.work.clear();
    let report = bench.pass().await;
    assert_eq!(report.busy.unwrap().held, 1);
    let of_events = report
        .errors
        .iter()
        .filter(|error| error.doing.contains("event"));
    assert_eq!(of_events.count(), 0, "{:#?}", report.errors);
}

#[tokio::test]
async fn rules_are_followed_where_they_keep_nobody_waiting() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    // Some hundred thousand steps in one object.
    let rules: Vec<String> = (0..60)
        .map(|n| {
            let (hour, minute) = (n % 24, n / 24);
            format!(
                "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=5MO;BYMONTHDAY=30;BYHOUR={hour};BYMINUTE={minute}\r\n"
            )
        })
        .collect();
    let rules = rules.concat();
    let lines = format!("{START}{rules}");
    let usual = turns_of_a_pass(&bench).await;
    bench.work.put(&href("a"), &more("a", &lines));
    let turns = turns_of_a_pass(&bench).await;
    // Both share one thread: had the pass kept it, the others would have come to it only at the
    // places where it waits for something, as in the pass before.
    assert!(turns > usual + 200, "{turns} turns, usually {usual}");
}

/// How often others have their turn while a pass runs.
async fn turns_of_a_pass(bench: &Bench) -> u64 {
    let (done, turns) = (AtomicBool::new(false), AtomicU64::new(0));
    let pass = async {
        let report = bench.pass().await;
        done.store(true, Ordering::SeqCst);
        report
    };
    let others = async {
        while !done.load(Ordering::SeqCst) {
            turns.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(pass, others);
    turns.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_fault_of_ours_is_a_failure_of_that_source_and_opens_nothing() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    bench
        .work
        .put(&href("a"), &event("a", "24T100000Z", "24T110000Z"));
    bench
        .family
        .put(&href("b"), &event("b", "25T100000Z", "25T110000Z"));
    bench
        .work
        .put(&href("e"), &event("e", "28T100000Z", "28T110000Z"));
    bench.good_pass().await;
    bench.work.remove(&href("a"));
    let bad = event("c", "26T100000Z", "26T110000Z");
    bench.work.put(&href(super::FAILS), &bad);
    bench
        .family
        .put(&href("d"), &event("d", "27T100000Z", "27T110000Z"));
    let report = bench.pass().await;
    assert_eq!(report.busy.unwrap().failed, 1);
    let error = &report.errors[0];
    assert!(error.doing.contains("the calendar work"), "{error:?}");
    assert!(error.hint.contains("no time is given back"), "{error:?}");
    assert_eq!(
        bench.blocks(),
        [
            "24T10:00/24T11:00",
            "25T10:00/25T11:00",
            "27T10:00/27T11:00",
            "28T10:00/28T11:00"
        ]
    );
    bench.work.remove(&href(super::FAILS));
    bench.good_pass().await;
    assert_eq!(bench.blocks().len(), 3);
}
