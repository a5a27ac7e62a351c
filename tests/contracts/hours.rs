//! What every place for working hours must do, whoever keeps it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use slotbridge::domain::hours::{Day, Hours, Minute, Segment, Week};
use slotbridge::ports::error::{Error, Kind, Result};
use slotbridge::ports::hours::{HoursCalendar, HoursObject};

/// A place for hours under test, with a back door for what other people do to it.
#[async_trait]
pub trait HoursBench: Send + Sync {
    /// The calendar.
    fn calendar(&self) -> Arc<dyn HoursCalendar>;
    /// The calendar as another process would open it, with the same state.
    fn reopened(&self) -> Arc<dyn HoursCalendar>;
    /// The text that stands there.
    async fn raw(&self) -> Option<String>;
    /// Puts another text in its place, as somebody else would.
    async fn put_raw(&self, text: &str);
    /// Whether the place itself refuses a text that makes no sense.
    async fn refuses(&self, _text: &str) -> bool {
        false
    }
    /// Takes it away, as somebody else would.
    async fn remove(&self);
    /// Whether the calendar around it still is one, and takes entries.
    async fn is_whole(&self) -> bool {
        true
    }
}

pub const ZONE: &str = "Europe/Berlin";

pub fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

pub fn day(segments: &[(&str, &str)]) -> Day {
    Day::of(segments.iter().map(|(start, end)| Segment {
        start: Minute::parse(start).expect("a minute"),
        end: Minute::parse(end).expect("a minute"),
    }))
}

/// A split week with a day off, one past midnight, and two dates that differ.
pub fn hours() -> Hours {
    let mut week = Week::default();
    for weekday in &mut week.0[..5] {
        *weekday = day(&[("09:00", "12:00"), ("13:00", "17:00")]);
    }
    week.0[5] = day(&[("22:00", "24:00")]);
    week.0[6] = day(&[("00:00", "02:00")]);
    Hours {
        zone: ZONE.to_owned(),
        week,
        overrides: BTreeMap::from([
            (jiff::civil::date(2026, 12, 24), day(&[])),
            (jiff::civil::date(2027, 3, 28), day(&[("10:00", "11:00")])),
        ]),
    }
}

pub fn fewer() -> Hours {
    let mut fewer = hours();
    fewer.week.0[2] = Day::default();
    fewer.overrides.remove(&jiff::civil::date(2026, 12, 24));
    fewer
}

/// The hours that stand there.
async fn read(calendar: &dyn HoursCalendar) -> Option<HoursObject> {
    calendar.hours(ZONE, now()).await.expect("read")
}

/// Writes hours over what was seen.
async fn write(
    calendar: &dyn HoursCalendar,
    seen: Option<&HoursObject>,
    hours: &Hours,
) -> Result<HoursObject> {
    calendar.set_hours(seen, hours, now()).await
}

/// Writes hours where there are none.
async fn first(calendar: &dyn HoursCalendar) -> HoursObject {
    write(calendar, None, &hours()).await.expect("written")
}

fn kind(outcome: Result<HoursObject>) -> Kind {
    outcome
        .map_err(|error: Error| error.kind())
        .expect_err("an error")
}

pub async fn a_new_place_has_no_hours(bench: &impl HoursBench) {
    assert_eq!(read(&*bench.calendar()).await, None);
}

pub async fn hours_that_are_written_read_back(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    let written = first(&*calendar).await;
    assert_eq!(written.hours, hours());
    assert_eq!(written.left_out, Vec::<String>::new());
    assert_eq!(read(&*calendar).await.as_ref(), Some(&written));
    let again = read(&*bench.reopened()).await.expect("hours");
    assert_eq!(again.hours, hours());
    assert!(bench.is_whole().await);
}

pub async fn hours_that_are_changed_read_back_and_twice_is_once(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    let seen = first(&*calendar).await;
    let second = write(&*calendar, Some(&seen), &fewer())
        .await
        .expect("changed");
    assert_eq!(second.hours, fewer());
    let before = bench.raw().await;
    let third = write(&*calendar, Some(&second), &fewer()).await;
    assert_eq!(third.expect("nothing to do").hours, fewer());
    assert_eq!(bench.raw().await, before);
}

pub async fn a_read_costs_one_request_once_it_is_known_where_they_stand(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    first(&*calendar).await;
    let before = calendar.meter().requests();
    read(&*calendar).await.expect("hours");
    assert_eq!(calendar.meter().requests() - before, 1);
}

pub async fn what_another_wrote_meanwhile_is_not_overwritten(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    let seen = first(&*calendar).await;
    bench
        .put_raw(&seen.text.replace("T090000", "T080000"))
        .await;
    for seen in [Some(&seen), None] {
        let outcome = write(&*calendar, seen, &fewer()).await;
        assert_eq!(kind(outcome), Kind::Stale);
    }
    let now = read(&*calendar).await.expect("hours");
    assert_ne!(now.hours, hours());
    let written = write(&*calendar, Some(&now), &fewer()).await;
    assert_eq!(written.expect("written").hours, fewer());
}

pub async fn hours_that_are_gone_are_not_there_and_can_be_written_again(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    let seen = first(&*calendar).await;
    bench.remove().await;
    assert_eq!(read(&*calendar).await, None);
    let outcome = write(&*calendar, Some(&seen), &fewer()).await;
    assert_eq!(kind(outcome), Kind::Stale);
    let written = write(&*calendar, None, &fewer()).await;
    assert_eq!(written.expect("written").hours, fewer());
}

pub async fn what_is_no_hours_stays_and_what_hours_cannot_say_is_never_written(
    bench: &impl HoursBench,
) {
    let calendar = bench.calendar();
    let seen = first(&*calendar).await;
    let place = "BUSYTYPE:BUSY-UNAVAILABLE";
    let named = format!("{place}\r\nLOCATION:Room <4> & 5\\, left\r\nX-NOTE;X-P=\"a:b\":ü");
    let text = seen.text.replace('\r', "").replacen(place, &named, 1);
    let text = text.replace('\r', "").replace('\n', "\r\n");
    bench.put_raw(&text).await;
    let now = read(&*calendar).await.expect("hours");
    assert_eq!(now.hours, hours());
    write(&*calendar, Some(&now), &fewer())
        .await
        .expect("written");
    let stands = bench.raw().await.expect("a text");
    assert!(stands.contains("Room <4> & 5\\, left"), "{stands}");
    assert!(stands.contains("X-NOTE"), "{stands}");
    let monthly = stands.replacen("FREQ=WEEKLY", "FREQ=MONTHLY", 1);
    bench.put_raw(&monthly).await;
    let now = read(&*calendar).await.expect("hours");
    assert!(!now.left_out.is_empty());
    let outcome = write(&*calendar, Some(&now), &hours()).await;
    assert_eq!(kind(outcome), Kind::Refused);
    let stands = bench.raw().await.expect("a text");
    assert!(stands.contains("FREQ=MONTHLY"), "{stands}");
}

/// A power cut or a sync program can leave a text with nothing in it.
pub async fn a_text_without_hours_is_written_into(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    first(&*calendar).await;
    let empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nEND:VCALENDAR\r\n";
    if bench.refuses(empty).await {
        return;
    }
    bench.put_raw(empty).await;
    assert_eq!(read(&*calendar).await, None);
    let written = write(&*calendar, None, &fewer()).await.expect("written");
    assert_eq!(written.hours, fewer());
    let stands = read(&*calendar).await.expect("hours");
    assert_eq!(stands.hours, fewer());
}

pub async fn a_text_that_makes_no_sense_is_said_to_be_so(bench: &impl HoursBench) {
    let calendar = bench.calendar();
    let seen = first(&*calendar).await;
    let broken = seen.text.replace("DTSTART", "DTSTART;VALUE=DATE");
    let broken = broken.replace("PRIORITY:1", "PRIORITY:0");
    let broken = broken.replace("T000000", "T0000xx");
    if bench.refuses(&broken).await {
        // Then it stands as it was.
        assert_eq!(read(&*calendar).await.expect("hours").hours, seen.hours);
        return;
    }
    bench.put_raw(&broken).await;
    let odd = match calendar.hours(ZONE, now()).await {
        Err(error) => error.kind() == Kind::Malformed,
        Ok(Some(read)) => !read.left_out.is_empty(),
        Ok(None) => false,
    };
    assert!(odd);
}

/// The contract, for one bench.
#[macro_export]
macro_rules! hours_contract {
    ($name:ident, $open:path) => {
        mod $name {
            $crate::hours_contract!(
                @tests $open,
                a_new_place_has_no_hours
                hours_that_are_written_read_back
                hours_that_are_changed_read_back_and_twice_is_once
                a_read_costs_one_request_once_it_is_known_where_they_stand
                what_another_wrote_meanwhile_is_not_overwritten
                hours_that_are_gone_are_not_there_and_can_be_written_again
                what_is_no_hours_stays_and_what_hours_cannot_say_is_never_written
                a_text_without_hours_is_written_into
                a_text_that_makes_no_sense_is_said_to_be_so
            );
        }
    };
    (@tests $open:path, $($test:ident)+) => {
        $(
            #[tokio::test]
            async fn $test() {
                $crate::hours::$test(&$open().await).await;
            }
        )+
    };
}
