//! What the tests of the CalDAV adapter need around it.

#![allow(dead_code, reason = "each test binary uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use slotbridge::adapters::caldav::{Caldav, CaldavConfig, Credentials};
use slotbridge::domain::entry::{Base as Agreed, Draft, Edit, Entry, Field, Fields};
use slotbridge::domain::ids::{BookingId, Cursor, Etag, HostName, Href, Uid};
use slotbridge::ports::base::{Base, Change as Write};
use slotbridge::ports::calendar::{Calendar, Change, Listed};
use slotbridge::ports::clock::Clock;
use slotbridge::ports::error::Result;
use url::Url;

/// A clock that stands still, and remembers how long it was told to wait.
#[derive(Default)]
pub struct StillClock(pub Mutex<Vec<Duration>>);

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

/// A store in memory.
#[derive(Default)]
pub struct MapBase(pub Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl Base for MapBase {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let map = self.0.lock().unwrap();
        let fits =
            |key: &&String| key.starts_with(prefix) && after.is_none_or(|a| key.as_str() > a);
        let keys = map.keys().filter(fits).take(limit);
        Ok(keys.map(|key| (key.clone(), map[key].clone())).collect())
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<()> {
        let mut map = self.0.lock().unwrap();
        for write in batch {
            match write {
                Write::Put(key, value) => map.insert(key, value),
                Write::Delete(key) => map.remove(&key),
            };
        }
        Ok(())
    }
}

/// Alice with her password.
pub fn alice() -> Credentials {
    Credentials::Password {
        username: "alice".to_owned(),
        password: "correct horse".into(),
    }
}

/// A calendar at an address, with a store.
pub fn calendar_with(
    url: &str,
    collection: Option<&str>,
    credentials: Credentials,
    base: &Arc<MapBase>,
) -> Caldav {
    let config = CaldavConfig {
        url: Url::parse(url).unwrap(),
        collection: collection.map(str::to_owned),
        credentials,
    };
    let base: Arc<dyn Base> = base.clone();
    Caldav::new(config, base, Arc::new(StillClock::default())).unwrap()
}

/// A calendar at an address.
pub fn calendar(url: &str) -> Caldav {
    calendar_with(url, None, alice(), &Arc::default())
}

/// A listing, read to its end.
#[derive(Debug)]
pub struct Read {
    /// What is there.
    pub there: BTreeMap<Href, Option<Etag>>,
    /// What was removed.
    pub removed: BTreeSet<Href>,
    /// Lines in all.
    pub lines: usize,
    /// How it ended.
    pub listed: Listed,
}

/// Lists a calendar.
pub async fn list(calendar: &dyn Calendar, since: Option<&Cursor>) -> Result<Read> {
    let mut listing = calendar.list(since).await?;
    let (mut there, mut removed, mut lines) = (BTreeMap::new(), BTreeSet::new(), 0);
    while let Some(changes) = listing.next().await? {
        for change in changes {
            lines += 1;
            match change {
                Change::There { href, etag } => {
                    there.insert(href, etag);
                }
                Change::Removed { href } => {
                    removed.insert(href);
                }
            }
        }
    }
    let listed = listing.listed();
    Ok(Read {
        there,
        removed,
        lines,
        listed,
    })
}

/// A new entry for a booking.
pub fn draft(id: &str, title: &str) -> Draft {
    let uid = Uid::of_booking(&BookingId::new(id));
    let mut fields = Fields::default();
    fields.set(Field::Time, "2026-11-23T10:00:00Z/2026-11-23T10:30:00Z");
    fields.set(Field::Status, "CONFIRMED");
    fields.set(Field::Summary, title);
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            base: Agreed::from(&fields),
            fields,
            event_id: Some(BookingId::new(id)),
            host: Some(HostName::new("alice")),
            sequence: 0,
            notes_shown: true,
        },
        modified: "2026-11-21T10:00:00Z".parse().unwrap(),
        alarm_seconds: None,
    }
}

/// An edit of the title of an entry.
pub fn edit(draft: &Draft, seen: Option<&Etag>, title: &str) -> Edit {
    let mut fields = draft.entry.fields.clone();
    fields.set(Field::Summary, title);
    Edit {
        href: draft.href.clone(),
        seen: seen.cloned(),
        set: [(Field::Summary, title.to_owned())].into(),
        event_id: BookingId::new("b1"),
        host: HostName::new("alice"),
        sequence: 1,
        base: Agreed::from(&fields),
        modified: "2026-11-21T11:00:00Z".parse().unwrap(),
    }
}
