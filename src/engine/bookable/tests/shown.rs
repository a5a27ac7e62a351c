//! What feeds show is what the last pass wrote, and nothing is asked for or written for it.

use std::time::Duration;

use super::bench::{ALICE, Bench, WORK, event, href};
use crate::domain::busy::{Buffers, Busy};
use crate::domain::entry::Base as Agreement;
use crate::domain::hours::{Day, Hours};
use crate::domain::ids::{BookingId, CalendarName, HostName, Href, Uid};
use crate::domain::link::{Link, Pending, Standing};
use crate::engine::bookable::shown::{self, Between};
use crate::engine::ledger::{Batch, Ledger};
use crate::plan::policy::{BusyTo, HoursPolicy, Wins};
use crate::ports::clock::Clock as _;
use crate::ports::error::Kind;

impl Bench {
    async fn shown(&self) -> Option<Busy> {
        let now = self.clock.now();
        shown::busy(self.base.as_ref(), &self.host, None, now)
            .await
            .unwrap()
    }

    fn written(&self) -> Busy {
        let blocks = self.zoom.standing();
        Busy::of(blocks.iter().map(|block| block.span.unwrap()))
    }
}

#[tokio::test]
async fn busy_time_is_shown_as_it_stands_in_zoom() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    bench.policy().buffers = Buffers {
        before: Duration::from_mins(10),
        after: Duration::from_mins(5),
    };
    assert_eq!(bench.shown().await, None, "nothing is known before a pass");
    for (name, start, end) in [
        ("a", "24T100000Z", "24T110000Z"),
        ("b", "24T110000Z", "24T120000Z"),
        ("c", "30T230000Z", "30T234500Z"),
    ] {
        bench.work.put(&href(name), &event(name, start, end));
    }
    // Beyond the window.
    let far = event("f", "24T100000Z", "24T110000Z");
    let far = String::from_utf8(far).unwrap().replace("202611", "202712");
    bench.family.put(&href("f"), far.as_bytes());
    bench.good_pass().await;
    let shown = bench.shown().await.unwrap();
    assert_eq!(shown, bench.written());
    assert_eq!(shown.spans().len(), 2);
    // The copies of blocks that lost their tag get no buffers there, and none here.
    for (number, span) in shown.spans().iter().enumerate() {
        let at = |time: jiff::Timestamp| time.strftime("%dT%H%M%SZ").to_string();
        let name = format!("copy{number}");
        let copy = event(&name, &at(span.start), &at(span.end));
        bench.family.put(&href(&name), &copy);
    }
    bench.good_pass().await;
    assert_eq!(bench.shown().await.unwrap(), bench.written());
    assert_eq!(bench.written(), shown);
}

#[tokio::test]
async fn time_that_is_held_is_shown_as_busy() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    for day in 24..28 {
        let (start, end) = (format!("{day}T100000Z"), format!("{day}T110000Z"));
        let name = day.to_string();
        bench.work.put(&href(&name), &event(&name, &start, &end));
    }
    bench.good_pass().await;
    bench.work.clear();
    bench.pass().await;
    assert_eq!(bench.held().len(), 1);
    assert_eq!(bench.shown().await.unwrap().spans().len(), 4);
}

#[tokio::test]
async fn showing_costs_no_call_and_no_write() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let one = event("a", "24T100000Z", "24T110000Z");
    bench.work.put(&href("a"), &one);
    bench.good_pass().await;
    let before = (bench.script.calls(), bench.base.snapshot());
    bench.script.away(Some(("", Kind::Unreachable)));
    assert!(bench.shown().await.is_some());
    assert_eq!(before, (bench.script.calls(), bench.base.snapshot()));
}

#[tokio::test]
async fn a_source_that_is_away_from_the_start_hides_no_other() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let one = event("a", "24T100000Z", "24T110000Z");
    bench.family.put(&href("a"), &one);
    bench.script.away(Some(("source", Kind::Unreachable)));
    bench.pass().await;
    assert_eq!(bench.shown().await.unwrap().spans().len(), 1);
}

#[tokio::test]
async fn bookings_that_stand_are_busy() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    bench.good_pass().await;
    let (host, calendar) = (HostName::new(ALICE), CalendarName::new(WORK));
    let ledger = Ledger::new(bench.base.as_ref(), &host, &calendar);
    let gone = || {
        Some(Pending::Gone {
            since: bench.clock.now(),
        })
    };
    let mut batch = Batch::default();
    for (hour, standing, pending) in [
        (10, Standing::Live, None),
        (12, Standing::Live, gone()),
        (14, Standing::LeftAlone, gone()),
        (16, Standing::LeftAlone, None),
        (18, Standing::Marked, None),
    ] {
        ledger.put_link(&mut batch, &link(hour, standing, pending), None);
    }
    ledger.commit(batch).await.unwrap();
    let now = bench.clock.now();
    let busy = shown::busy(bench.base.as_ref(), &bench.host, Some(&ledger), now);
    let busy = busy.await.unwrap().unwrap();
    let hours = busy.spans().iter();
    let hours: Vec<String> = hours
        .map(|span| span.start.strftime("%H").to_string())
        .collect();
    assert_eq!(hours, ["10", "12", "14"]);
}

fn link(hour: u32, standing: Standing, pending: Option<Pending>) -> Link {
    let booking = BookingId::new(format!("e{hour}"));
    let uid = Uid::of_booking(&booking);
    let start: jiff::Timestamp = format!("2026-11-24T{hour}:00:00Z").parse().unwrap();
    Link {
        booking,
        href: Href::of_uid(&uid),
        uid,
        etag: None,
        sequence: 0,
        base: Agreement::default(),
        booking_print: None,
        policy_print: None,
        start,
        end: start + jiff::SignedDuration::from_mins(30),
        pair: None,
        page: None,
        manage_url: None,
        updated: None,
        pending,
        standing,
    }
}

#[tokio::test]
async fn hours_are_shown_as_both_sides_agreed_without_what_is_over() {
    let mut bench = Bench::new(BusyTo::Availability);
    bench.host.hours = Some(HoursPolicy {
        availability: None,
        calendar: CalendarName::new(WORK),
        wins: Wins::Zoom,
    });
    let shown = |bench: &Bench| -> Option<Hours> {
        let now = bench.clock.now();
        shown::working_hours(bench.base.as_ref(), &bench.host, now).unwrap()
    };
    assert_eq!(shown(&bench), None, "nothing is known before a pass");
    bench.good_pass().await;
    let hours = shown(&bench).unwrap();
    assert_eq!(hours.zone, "UTC");
    assert_eq!(hours.week.0[0].to_string(), "09:00-17:00");
    assert!(hours.week.0[6].is_off() && hours.overrides.is_empty());
    // A day off in the calendar, until it is over.
    bench.in_calendar(|hours| {
        hours
            .overrides
            .insert("2026-11-24".parse().unwrap(), Day::default());
    });
    bench.good_pass().await;
    assert_eq!(shown(&bench).unwrap().overrides.len(), 1);
    bench.clock.advance(jiff::SignedDuration::from_hours(48));
    assert_eq!(shown(&bench).unwrap().overrides.len(), 0);
}

#[tokio::test]
async fn a_part_of_the_days_shows_what_the_whole_shows_of_it() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    bench.policy().buffers = Buffers {
        before: Duration::from_mins(30),
        after: Duration::from_mins(30),
    };
    for (name, start, end) in [
        ("a", "24T100000Z", "24T110000Z"),
        // With its buffers it reaches into the next day.
        ("b", "25T220000Z", "25T234500Z"),
        ("c", "28T100000Z", "28T110000Z"),
    ] {
        bench.work.put(&href(name), &event(name, start, end));
    }
    let (now, zone) = (bench.clock.now(), jiff::tz::TimeZone::UTC);
    let day = |date: &str| -> jiff::Timestamp { format!("{date}T00:00:00Z").parse().unwrap() };
    let between = async |from: &str, to: &str| {
        let asked = crate::domain::time_span::TimeSpan {
            start: day(from),
            end: day(to),
        };
        let base = bench.base.as_ref();
        shown::busy_between(base, &bench.host, asked, &zone, now)
            .await
            .unwrap()
    };
    let before = between("2026-11-24", "2026-11-25").await;
    assert!(before.is_none(), "no pass yet: {before:?}");
    bench.good_pass().await;
    let whole = bench.shown().await.unwrap();
    assert_eq!(whole.spans().len(), 3);
    for (from, to, which) in [
        ("2026-11-24", "2026-11-25", &whole.spans()[..1]),
        ("2026-11-24", "2026-11-26", &whole.spans()[..2]),
        ("2026-11-26", "2026-11-27", &whole.spans()[1..2]),
        ("2026-11-27", "2026-11-28", &[]),
        ("2001-01-01", "2001-01-08", &[]),
    ] {
        let found = between(from, to).await.unwrap();
        let Between {
            busy,
            known,
            in_part,
        } = found;
        assert!(in_part.is_empty(), "{in_part:?}");
        assert_eq!(busy.spans(), which, "{from} to {to}");
        assert!(
            known.start <= now && day("2026-11-28") < known.end,
            "{known:?}"
        );
    }
}

/// The week of 23 November, as the status page shows it.
async fn week(bench: &Bench) -> Between {
    let at = |time: &str| -> jiff::Timestamp { time.parse().unwrap() };
    let asked = crate::domain::time_span::TimeSpan {
        start: at("2026-11-23T00:00:00Z"),
        end: at("2026-11-30T00:00:00Z"),
    };
    let (base, now) = (bench.base.as_ref(), bench.clock.now());
    let zone = jiff::tz::TimeZone::UTC;
    let found = shown::busy_between(base, &bench.host, asked, &zone, now);
    found.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_source_that_makes_the_program_fail_hides_no_other_and_is_named() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let one = event("b", "25T100000Z", "25T110000Z");
    bench.family.put(&href("b"), &one);
    bench.good_pass().await;
    let bad = event("c", "26T100000Z", "26T110000Z");
    bench.work.put(&href(super::FAILS), &bad);
    bench.pass().await;
    let found = week(&bench).await;
    assert_eq!(found.busy.spans().len(), 1);
    assert_eq!(found.in_part, [CalendarName::new(WORK)]);
    // Feeds have no place for such a note: they stay as they were.
    let now = bench.clock.now();
    let feed = shown::busy(bench.base.as_ref(), &bench.host, None, now).await;
    assert_eq!(feed.unwrap_err().kind(), Kind::Malformed);
}

#[tokio::test]
async fn an_event_whose_time_is_not_known_is_no_free_time_without_a_word() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let one = event("a", "24T100000Z", "24T110000Z");
    bench.work.put(&href("a"), &one);
    let broken = String::from_utf8(event("b", "25T100000Z", "25T110000Z")).unwrap();
    let broken = broken.replace("25T100000Z", "99T990000Z");
    bench.work.put(&href("b"), broken.as_bytes());
    bench.pass().await;
    let found = week(&bench).await;
    assert_eq!(found.busy.spans().len(), 1);
    assert_eq!(found.in_part, [CalendarName::new(WORK)]);
}
