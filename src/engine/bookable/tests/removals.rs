//! What is gone or changed, counted and held.

use super::bench::{Bench, event, href, more};
use super::sources::days;
use crate::engine::waiting;
use crate::plan::policy::BusyTo;
use crate::ports::base::Base as _;

#[tokio::test]
async fn what_is_kept_busy_is_forgotten_when_it_is_over() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let scopes = [(&bench.host.name, None)];
    days(&bench, 3);
    bench.good_pass().await;
    bench.work.clear();
    bench.pass().await;
    let id = bench.held()[0].id.clone();
    waiting::drop_held(bench.base.as_ref(), &scopes, &id)
        .await
        .unwrap();
    bench.good_pass().await;
    assert_eq!(bench.held().len(), 1);
    bench
        .clock
        .advance(jiff::SignedDuration::from_hours(24 * 7));
    bench.good_pass().await;
    assert!(bench.held().is_empty());
    let left = bench.base.scan("timing/", None, 10).unwrap();
    assert_eq!(left.len(), 0);
}

fn free(uid: &str, day: u32) -> Vec<u8> {
    let lines = format!(
        "DTSTART:202611{day}T100000Z\r\nDTEND:202611{day}T110000Z\r\nTRANSP:TRANSPARENT\r\n"
    );
    more(uid, &lines)
}

#[tokio::test]
async fn events_that_all_turn_free_at_once_are_held_like_events_that_are_gone() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let scopes = [(&bench.host.name, None)];
    days(&bench, 7);
    bench.good_pass().await;
    for decision in ["release", "drop", "back"] {
        for day in 24..31 {
            let name = day.to_string();
            bench.work.put(&href(&name), &free(&name, day));
        }
        for _ in 0..2 {
            assert_eq!(bench.pass().await.busy.unwrap().held, 1, "{decision}");
            assert_eq!(bench.blocks().len(), 7, "{decision}");
        }
        let id = bench.held()[0].id.clone();
        let base = bench.base.as_ref();
        match decision {
            "release" => {
                waiting::release(base, &scopes, &id).await.unwrap();
            }
            "drop" => {
                waiting::drop_held(base, &scopes, &id).await.unwrap();
            }
            _ => days(&bench, 7),
        }
        bench.good_pass().await;
        let expected = if decision == "release" { 0 } else { 7 };
        assert_eq!(bench.blocks().len(), expected, "{decision}");
        days(&bench, 7);
        bench.good_pass().await;
        assert_eq!(bench.blocks().len(), 7);
        assert!(bench.held().is_empty(), "{:#?}", bench.held());
    }
}

#[tokio::test]
async fn one_event_that_a_person_moves_or_frees_is_freed_at_once() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 1);
    bench.good_pass().await;
    bench
        .work
        .put(&href("24"), &event("24", "26T100000Z", "26T110000Z"));
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["26T10:00/26T11:00"]);
    bench.work.put(&href("24"), &free("24", 26));
    bench.good_pass().await;
    assert!(bench.blocks().is_empty());
    days(&bench, 1);
    bench.good_pass().await;
    bench.work.remove(&href("24"));
    bench.good_pass().await;
    assert!(bench.blocks().is_empty());
}

fn periods(count: u32) -> Vec<u8> {
    let lines: Vec<String> = (24..24 + count)
        .map(|day| format!("FREEBUSY:202611{day}T100000Z/PT1H\r\n"))
        .collect();
    let lines = lines.concat();
    let text = String::from_utf8(more("fb", &lines)).unwrap();
    text.replace("VEVENT", "VFREEBUSY").into_bytes()
}

#[tokio::test]
async fn a_feed_that_suddenly_blocks_nothing_is_held_even_for_one_object() {
    for change in ["gone", "no periods"] {
        let bench = Bench::new(BusyTo::ZoomCalendar);
        bench.family.be_a_feed();
        bench.family.put(&href("fb"), &periods(7));
        bench.good_pass().await;
        assert_eq!(bench.blocks().len(), 7);
        if change == "gone" {
            bench.family.clear();
        } else {
            bench.family.put(&href("fb"), &periods(0));
        }
        for _ in 0..2 {
            assert_eq!(bench.pass().await.busy.unwrap().held, 1, "{change}");
            assert_eq!(bench.blocks().len(), 7, "{change}");
        }
        bench.family.put(&href("fb"), &periods(7));
        bench.good_pass().await;
        assert!(bench.held().is_empty());
    }
}

#[tokio::test]
async fn a_person_who_moves_many_events_is_not_asked() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 7);
    bench.good_pass().await;
    for day in 24..31 {
        let (start, end) = (format!("{day}T140000Z"), format!("{day}T150000Z"));
        let name = day.to_string();
        bench.work.put(&href(&name), &event(&name, &start, &end));
    }
    bench.good_pass().await;
    assert_eq!(bench.blocks().len(), 7);
    assert_eq!(bench.blocks()[0], "24T14:00/24T15:00");
    assert_eq!(bench.good_pass().await.busy.unwrap().held, 0);
}
