//! What is kept of the sources, and what is held.

use super::bench::{Bench, event, href, more};
use crate::domain::waiting::HeldAction;
use crate::engine::waiting;
use crate::plan::policy::BusyTo;
use crate::ports::error::Kind;

/// One event on each of so many days, from the 24th on.
fn days(bench: &Bench, count: u32) {
    for day in 24..24 + count {
        let (start, end) = (format!("{day}T100000Z"), format!("{day}T110000Z"));
        bench.work.put(
            &href(&day.to_string()),
            &event(&day.to_string(), &start, &end),
        );
    }
}

#[tokio::test]
async fn the_last_good_copy_stays_in_force_and_other_sources_go_on() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 2);
    bench.good_pass().await;
    bench.script.away(Some(("source", Kind::Unreachable)));
    bench
        .family
        .put(&href("f"), &event("f", "27T100000Z", "27T110000Z"));
    let report = bench.pass().await;
    assert_eq!(bench.blocks().len(), 3);
    assert!(!report.ok && !report.worst.unreachable && !report.worst.denied);
    let hint = &report.errors[0].hint;
    assert!(hint.contains("stays in force"), "{hint}");
    bench.script.away(Some(("source", Kind::Denied)));
    assert!(bench.pass().await.worst.denied);
    bench.script.away(None);
    bench.good_pass().await;
}

#[tokio::test]
async fn a_source_that_was_never_read_gives_no_time_back() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 1);
    let empty = bench.base.snapshot();
    bench.good_pass().await;
    bench.base.restore(&empty);
    bench.script.away(Some(("source", Kind::Unreachable)));
    bench
        .family
        .put(&href("f"), &event("f", "27T100000Z", "27T110000Z"));
    let report = bench.pass().await;
    assert!(report.worst.unreachable);
    assert_eq!(
        bench.blocks().len(),
        2,
        "the block of the other source stays"
    );
    bench.script.away(None);
    bench.work.clear();
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["27T10:00/27T11:00"]);
}

#[tokio::test]
async fn a_broken_object_keeps_what_it_said_and_is_reported_in_each_pass() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 1);
    bench.good_pass().await;
    bench
        .work
        .put(&href("24"), b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n");
    for _ in 0..2 {
        let report = bench.pass().await;
        assert_eq!(report.busy.unwrap().failed, 1);
        assert!(
            report.errors[0].hint.contains("stays in force"),
            "{:?}",
            report.errors
        );
        assert!(!report.errors[0].doing.contains("24.ics"));
        assert_eq!(bench.blocks().len(), 1);
    }
}

#[tokio::test]
async fn a_source_that_is_suddenly_empty_is_held_and_what_comes_back_ends_that() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 3);
    bench.good_pass().await;
    bench.work.clear();
    for _ in 0..2 {
        let report = bench.pass().await;
        assert_eq!(report.busy.unwrap().held, 1);
        assert_eq!(bench.blocks().len(), 3);
    }
    let held = bench.held();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].what, HeldAction::FreeTime);
    days(&bench, 2);
    bench.good_pass().await;
    assert!(bench.held().is_empty());
    assert_eq!(bench.blocks().len(), 2);
}

#[tokio::test]
async fn a_release_gives_the_time_back_and_a_drop_keeps_it() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let scopes = [(&bench.host.name, None)];
    for release in [false, true] {
        days(&bench, 3);
        bench.good_pass().await;
        bench.work.clear();
        bench.pass().await;
        let id = bench.held()[0].id.clone();
        if release {
            waiting::release(bench.base.as_ref(), &scopes, &id)
                .await
                .unwrap();
        } else {
            waiting::drop_held(bench.base.as_ref(), &scopes, &id)
                .await
                .unwrap();
        }
        for _ in 0..2 {
            bench.good_pass().await;
        }
        bench.full_pass().await;
        assert!(bench.held().is_empty());
        assert_eq!(bench.blocks().len(), if release { 0 } else { 3 });
    }
}

#[tokio::test]
async fn events_that_only_changed_their_names_are_no_loss() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 5);
    bench.good_pass().await;
    let writes = bench.writes();
    bench.work.clear();
    for day in 24..29 {
        let (start, end) = (format!("{day}T100000Z"), format!("{day}T110000Z"));
        bench
            .work
            .put(&href(&format!("new-{day}")), &event("new", &start, &end));
    }
    bench.good_pass().await;
    assert_eq!(bench.writes(), writes);
}

#[tokio::test]
async fn a_few_events_may_go_and_what_is_over_needs_nobodys_leave() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 6);
    for old in 1..10 {
        let (start, end) = (format!("0{old}T100000Z"), format!("0{old}T110000Z"));
        bench
            .work
            .put(&href(&format!("old-{old}")), &event("old", &start, &end));
    }
    bench.good_pass().await;
    for name in ["24", "25", "26", "27", "28"] {
        bench.work.remove(&href(name));
    }
    for old in 1..10 {
        bench.work.remove(&href(&format!("old-{old}")));
    }
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["29T10:00/29T11:00"]);
}

#[tokio::test]
async fn a_listing_that_was_cut_short_proves_no_absence() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 4);
    bench.good_pass().await;
    bench.work.expire_cursors();
    bench.work.cut_listings_at(Some(1));
    let report = bench.pass().await;
    assert_eq!(bench.blocks().len(), 4);
    let said = &report.errors[0];
    assert!(said.cause.contains("only some of them"), "{said:?}");
    assert!(said.hint.contains("stays in force"), "{said:?}");
}

#[tokio::test]
async fn what_a_first_listing_cut_short_did_not_show_is_said_and_nothing_is_given_back() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 4);
    bench.work.cut_listings_at(Some(1));
    let report = bench.pass().await;
    assert!(!report.ok);
    let said = &report.errors[0];
    assert!(said.hint.contains("never been read as a whole"), "{said:?}");
}

#[tokio::test]
async fn our_own_entries_and_blocks_are_never_busy() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let own = String::from_utf8(event("x", "24T100000Z", "24T110000Z")).unwrap();
    let own = own.replace("UID:x@example.org", "UID:b1@scheduler.slotbridge");
    bench.work.put(&href("own"), own.as_bytes());
    let copy =
        "DTSTART:20261125T100000Z\r\nDTEND:20261125T110000Z\r\nDESCRIPTION:[slotbridge:block]\r\n";
    bench.work.put(&href("copy"), &more("copy", copy));
    let report = bench.good_pass().await;
    assert_eq!(report.busy.unwrap().seen, 0);
    assert!(bench.blocks().is_empty());
}
