//! What every place for working hours must do, whoever keeps it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use slotbridge::domain::hours::{Day, Hours, Minute, Segment, Week};
use slotbridge::ports::hours::HoursCalendar;

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

/// The contract, for one bench.
#[macro_export]
macro_rules! hours_contract {
    ($name:ident, $open:path) => {
        mod $name {
            use slotbridge::ports::error::Kind;
            use $crate::hours::{HoursBench as _, ZONE, fewer, hours, now};

            #[tokio::test]
            async fn a_new_place_has_no_hours() {
                let bench = $open().await;
                let read = bench.calendar().hours(ZONE, now()).await.expect("read");
                assert_eq!(read, None);
            }

            #[tokio::test]
            async fn hours_that_are_written_read_back() {
                let bench = $open().await;
                let calendar = bench.calendar();
                let written = calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                assert_eq!(written.hours, hours());
                assert_eq!(written.left_out, Vec::<String>::new());
                let read = calendar
                    .hours(ZONE, now())
                    .await
                    .expect("read")
                    .expect("hours");
                assert_eq!(read, written);
                let again = bench.reopened().hours(ZONE, now()).await.expect("read");
                assert_eq!(again.expect("hours").hours, hours());
                assert!(bench.is_whole().await);
            }

            #[tokio::test]
            async fn hours_that_are_changed_read_back_and_twice_is_once() {
                let bench = $open().await;
                let calendar = bench.calendar();
                let first = calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                let second = calendar.set_hours(Some(&first), &fewer(), now()).await;
                let second = second.expect("changed");
                assert_eq!(second.hours, fewer());
                let before = bench.raw().await;
                let third = calendar.set_hours(Some(&second), &fewer(), now()).await;
                assert_eq!(third.expect("nothing to do").hours, fewer());
                assert_eq!(bench.raw().await, before);
            }

            #[tokio::test]
            async fn a_read_costs_one_request_once_it_is_known_where_they_stand() {
                let bench = $open().await;
                let calendar = bench.calendar();
                calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                let before = calendar.meter().requests();
                calendar
                    .hours(ZONE, now())
                    .await
                    .expect("read")
                    .expect("hours");
                assert_eq!(calendar.meter().requests() - before, 1);
            }

            #[tokio::test]
            async fn what_another_wrote_meanwhile_is_not_overwritten() {
                let bench = $open().await;
                let calendar = bench.calendar();
                let seen = calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                let other = seen.text.replace("T090000", "T080000");
                bench.put_raw(&other).await;
                let error = calendar.set_hours(Some(&seen), &fewer(), now()).await;
                assert_eq!(error.expect_err("stale").kind(), Kind::Stale);
                let error = calendar.set_hours(None, &fewer(), now()).await;
                assert_eq!(error.expect_err("stale").kind(), Kind::Stale);
                let read = calendar
                    .hours(ZONE, now())
                    .await
                    .expect("read")
                    .expect("hours");
                assert_ne!(read.hours, hours());
                let written = calendar.set_hours(Some(&read), &fewer(), now()).await;
                assert_eq!(written.expect("written").hours, fewer());
            }

            #[tokio::test]
            async fn hours_that_are_gone_are_not_there_and_can_be_written_again() {
                let bench = $open().await;
                let calendar = bench.calendar();
                let seen = calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                bench.remove().await;
                assert_eq!(calendar.hours(ZONE, now()).await.expect("read"), None);
                let error = calendar.set_hours(Some(&seen), &fewer(), now()).await;
                assert_eq!(error.expect_err("stale").kind(), Kind::Stale);
                let written = calendar.set_hours(None, &fewer(), now()).await;
                assert_eq!(written.expect("written").hours, fewer());
            }

            #[tokio::test]
            async fn what_is_no_hours_stays_and_what_hours_cannot_say_is_never_written() {
                let bench = $open().await;
                let calendar = bench.calendar();
                let seen = calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                let place = "BUSYTYPE:BUSY-UNAVAILABLE";
                let named =
                    format!("{place}\r\nLOCATION:Room <4> & 5\\, left\r\nX-NOTE;X-P=\"a:b\":ü");
                let text = seen.text.replace('\r', "").replacen(place, &named, 1);
                let text = text.replace('\r', "").replace('\n', "\r\n");
                bench.put_raw(&text).await;
                let read = calendar
                    .hours(ZONE, now())
                    .await
                    .expect("read")
                    .expect("hours");
                assert_eq!(read.hours, hours());
                calendar
                    .set_hours(Some(&read), &fewer(), now())
                    .await
                    .expect("written");
                let stands = bench.raw().await.expect("a text");
                assert!(stands.contains("Room <4> & 5\\, left"), "{stands}");
                assert!(stands.contains("X-NOTE"), "{stands}");
                let monthly = stands.replacen("FREQ=WEEKLY", "FREQ=MONTHLY", 1);
                bench.put_raw(&monthly).await;
                let read = calendar
                    .hours(ZONE, now())
                    .await
                    .expect("read")
                    .expect("hours");
                assert!(!read.left_out.is_empty());
                let error = calendar.set_hours(Some(&read), &hours(), now()).await;
                assert_eq!(error.expect_err("refused").kind(), Kind::Refused);
                assert!(bench.raw().await.expect("a text").contains("FREQ=MONTHLY"));
            }

            #[tokio::test]
            async fn a_text_that_makes_no_sense_is_said_to_be_so() {
                let bench = $open().await;
                let calendar = bench.calendar();
                let seen = calendar
                    .set_hours(None, &hours(), now())
                    .await
                    .expect("written");
                let broken = seen.text.replace("DTSTART", "DTSTART;VALUE=DATE");
                let broken = broken.replace("PRIORITY:1", "PRIORITY:0");
                let broken = broken.replace("T000000", "T0000xx");
                if bench.refuses(&broken).await {
                    // Then it stands as it was.
                    let read = calendar.hours(ZONE, now()).await.expect("read");
                    assert_eq!(read.expect("hours").hours, seen.hours);
                    return;
                }
                bench.put_raw(&broken).await;
                let read = calendar.hours(ZONE, now()).await;
                let odd = match read {
                    Err(error) => error.kind() == Kind::Malformed,
                    Ok(Some(read)) => !read.left_out.is_empty(),
                    Ok(None) => false,
                };
                assert!(odd);
            }
        }
    };
}
