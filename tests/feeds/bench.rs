//! A feed on the bench, and what every refusal of one must keep to itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use slotbridge::adapters::http_client::Timeouts;
use slotbridge::adapters::ics::{Ics, IcsConfig, Limits};
use slotbridge::domain::ids::{Cursor, Href};
use slotbridge::domain::window::Window;
use slotbridge::ports::calendar::{Change, Coverage, Listed};
use slotbridge::ports::clock::Clock;
use slotbridge::ports::error::{Error, Kind, Result};
use slotbridge::ports::source::{Source as _, SourceContent};

use crate::server::Server;

/// What stands in every address here, and must stand nowhere else.
pub const PATH: &str = "/very-secret.ics?key=very-secret";

/// The largest feed here, in bytes.
pub const LIMIT: usize = 1 << 20;

/// A clock that stands until it is moved.
pub struct StillClock(Mutex<Timestamp>);

impl StillClock {
    pub fn new() -> Arc<Self> {
        let now = "2026-11-21T10:00:00Z".parse().expect("a time");
        Arc::new(Self(Mutex::new(now)))
    }

    pub fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().expect("a clock");
        *now += SignedDuration::from_secs(seconds);
    }
}

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("a clock")
    }

    async fn sleep(&self, _: Duration) {}
}

/// A calendar with an event for each uid.
pub fn calendar(uids: &[&str]) -> String {
    let events = uids.iter().map(|uid| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Private words\r\n\
             DTSTART:20261125T100000Z\r\nDTEND:20261125T110000Z\r\nEND:VEVENT\r\n"
        )
    });
    let events: String = events.collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n")
}

/// A feed at an address, with small limits and patience enough for a busy machine.
pub fn feed(address: &str) -> Ics {
    patient_feed(address, Duration::from_secs(20))
}

/// A feed that does not wait longer than this for anything.
pub fn patient_feed(address: &str, patience: Duration) -> Ics {
    let timeouts = Timeouts {
        connect: patience,
        read: patience,
        total: patience * 3,
    };
    feed_with(address, None, timeouts, StillClock::new())
}

pub fn feed_with(
    address: &str,
    login: Option<(&str, &str)>,
    timeouts: Timeouts,
    clock: Arc<StillClock>,
) -> Ics {
    let config = IcsConfig {
        address: address.into(),
        login: login.map(|(user, password)| (user.to_owned(), password.into())),
        limits: Limits {
            timeouts,
            bytes: LIMIT,
        },
    };
    Ics::new(config, clock).expect("a feed")
}

/// A feed on a server.
pub fn on(server: &Server) -> Ics {
    feed(&server.at("127.0.0.1", PATH))
}

/// A listing, read to its end.
pub async fn list(feed: &Ics, since: Option<&Cursor>) -> Result<(Vec<Href>, Listed)> {
    let around = Window {
        from: "2026-11-21T00:00:00Z".parse().expect("a time"),
        to: "2027-01-20T00:00:00Z".parse().expect("a time"),
    };
    let mut listing = feed.list(since, around).await?;
    let mut hrefs = Vec::new();
    while let Some(lines) = listing.next().await? {
        hrefs.extend(lines.into_iter().map(|line| match line {
            Change::There { href, .. } => href,
            Change::Removed { href } => panic!("a feed removes nothing: {href}"),
        }));
    }
    Ok((hrefs, listing.listed()))
}

/// Lists and reads a feed: how many events have times.
pub async fn timings(feed: &Ics) -> usize {
    let (hrefs, listed) = list(feed, None).await.expect("a listing");
    assert_eq!(listed.coverage, Coverage::Full);
    let objects = feed.read(&hrefs).await.expect("read");
    let timing = |content: &SourceContent| matches!(content, SourceContent::Timing(_));
    objects
        .iter()
        .filter(|object| timing(&object.content))
        .count()
}

/// Lists and reads a feed: how many bytes are kept of it.
pub async fn bytes_kept(feed: &Ics) -> usize {
    let (hrefs, _) = list(feed, None).await.expect("a listing");
    let mut bytes = 0;
    for object in feed.read(&hrefs).await.expect("read") {
        match object.content {
            SourceContent::Timing(timing) => bytes += timing.as_str().len(),
            other => panic!("no times: {other:?}"),
        }
    }
    bytes
}

/// That a feed is refused like this, without a word of where it is.
pub async fn refused(feed: &Ics, kind: Kind, words: &str) {
    match list(feed, None).await {
        Ok((hrefs, _)) => panic!("taken, with {} events", hrefs.len()),
        Err(error) => check(&error, kind, words),
    }
}

/// That an error is of this kind, says this, says what to do, and says nothing else.
pub fn check(error: &Error, kind: Kind, words: &str) {
    let said = format!("{error}; hint: {}", error.remedy().unwrap_or_default());
    assert_eq!(error.kind(), kind, "{said}");
    assert!(said.contains(words), "{words:?} is not said: {said}");
    assert!(error.remedy().is_some(), "no remedy: {said}");
    let all = format!("{said} {error:?}").to_lowercase();
    for secret in [
        "secret",
        "127.0.0.1",
        "localhost",
        "alice",
        "hunter2",
        "http://",
        "private",
    ] {
        assert!(!all.contains(secret), "{secret:?} is said: {all}");
    }
}
