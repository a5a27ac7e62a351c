//! A calendar in memory, with the bytes that a server would keep: conditions are kept to the
//! letter, and what no client should write is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::fault::{Fault, Faults};
use crate::domain::entry::{Draft, Edit, Field, TimeSpan};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ical::export;
use crate::ical::import::{self, Found};
use crate::ports::calendar::{
    Calendar, Change, Content, Coverage, Listed, Listing, Object, Written,
};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;

/// How a calendar in memory behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalendarOptions {
    /// Whether it gives cursors (sync-tokens), or only full listings.
    pub cursors: bool,
    /// Whether it rewrites what is put: the event's properties in another order.
    pub rewrites: bool,
}

/// A calendar in memory.
pub struct MemoryCalendar {
    state: Mutex<State>,
    options: CalendarOptions,
    faults: Arc<dyn Faults>,
    meter: Meter,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<Href, Stored>,
    /// Counts every change; it is the cursor.
    revision: u64,
    /// When an object was removed.
    removed: BTreeMap<Href, u64>,
    /// Cursors older than this are refused.
    oldest: u64,
    writes: u64,
    read_only: bool,
}

struct Stored {
    bytes: Vec<u8>,
    revision: u64,
}

impl Stored {
    fn etag(&self) -> Etag {
        Etag::new(format!("\"{}\"", self.revision))
    }
}

impl MemoryCalendar {
    /// An empty calendar.
    #[must_use]
    pub fn new(options: CalendarOptions, faults: Arc<dyn Faults>) -> Self {
        Self {
            state: Mutex::default(),
            options,
            faults,
            meter: Meter::default(),
        }
    }

    /// Somebody puts an object there, whatever it is.
    pub fn put_raw(&self, href: &Href, bytes: &[u8]) {
        self.lock().put(href, bytes.to_vec());
    }

    /// Somebody removes an object.
    pub fn remove(&self, href: &Href) {
        self.lock().remove(href);
    }

    /// Somebody empties the calendar.
    pub fn clear(&self) {
        let mut state = self.lock();
        let hrefs: Vec<Href> = state.objects.keys().cloned().collect();
        for href in hrefs {
            state.remove(&href);
        }
    }

    /// Somebody edits an object's text.
    pub fn edit_as_person(&self, href: &Href, edit: impl FnOnce(String) -> String) {
        let mut state = self.lock();
        if let Some(stored) = state.objects.get(href) {
            // A client reads it unfolded.
            let text = String::from_utf8_lossy(&stored.bytes).replace("\r\n ", "");
            let text = edit(text);
            state.put(href, text.into_bytes());
        }
    }

    /// All cursors given so far are refused from now on.
    pub fn expire_cursors(&self) {
        let mut state = self.lock();
        state.revision += 1;
        state.oldest = state.revision;
    }

    /// Whether writes are refused.
    pub fn set_read_only(&self, read_only: bool) {
        self.lock().read_only = read_only;
    }

    /// An object's bytes.
    #[must_use]
    pub fn raw(&self, href: &Href) -> Option<Vec<u8>> {
        self.lock()
            .objects
            .get(href)
            .map(|stored| stored.bytes.clone())
    }

    /// Where objects stand.
    #[must_use]
    pub fn hrefs(&self) -> Vec<Href> {
        self.lock().objects.keys().cloned().collect()
    }

    /// How many writes came through the port.
    #[must_use]
    pub fn write_count(&self) -> u64 {
        self.lock().writes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        match self.faults.next(call) {
            Fault::None => work(&mut self.lock()),
            Fault::Before(kind) => Err(Error::new(kind, call.to_owned())),
            Fault::After(kind) => {
                work(&mut self.lock())?;
                Err(Error::new(kind, call.to_owned()))
            }
        }
    }

    fn store(&self, state: &mut State, href: &Href, bytes: &[u8]) -> Result<Written> {
        if state.read_only {
            return Err(Error::new(
                Kind::Refused,
                "writing to a calendar that is read-only",
            ));
        }
        let bytes = if self.options.rewrites {
            reordered(bytes)
        } else {
            bytes.to_vec()
        };
        state.writes += 1;
        let etag = state.put(href, bytes);
        Ok(Written {
            href: href.clone(),
            etag: Some(etag),
        })
    }
}

impl State {
    fn put(&mut self, href: &Href, bytes: Vec<u8>) -> Etag {
        self.revision += 1;
        self.removed.remove(href);
        let stored = Stored {
            bytes,
            revision: self.revision,
        };
        let etag = stored.etag();
        self.objects.insert(href.clone(), stored);
        etag
    }

    fn remove(&mut self, href: &Href) {
        if self.objects.remove(href).is_some() {
            self.revision += 1;
            self.removed.insert(href.clone(), self.revision);
        }
    }

    fn object(&self, href: &Href) -> Object {
        let stored = self.objects.get(href);
        let content = stored.map_or(Content::Absent, |stored| {
            match import::read(&stored.bytes) {
                Ok(Found::Ours(entry)) => Content::Ours(entry),
                Ok(Found::Foreign) => Content::Foreign,
                Err(broken) => Content::Broken(broken.to_string()),
            }
        });
        Object {
            href: href.clone(),
            etag: stored.map(Stored::etag),
            content,
        }
    }

    fn holds_uid(&self, uid: &str) -> bool {
        let line = format!("UID:{uid}\r\n").into_bytes();
        let found = |stored: &Stored| stored.bytes.windows(line.len()).any(|part| part == line);
        self.objects.values().any(found)
    }
}

/// The event's own single lines in another order, as servers do.
fn reordered(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n ", "");
    let Some((head, rest)) = text.split_once("BEGIN:VEVENT\r\n") else {
        return bytes.to_vec();
    };
    let end = rest
        .find("BEGIN:")
        .or_else(|| rest.find("END:VEVENT"))
        .unwrap_or(0);
    let (event, tail) = rest.split_at(end);
    let mut lines: Vec<&str> = event.split_inclusive("\r\n").collect();
    lines.sort_unstable();
    format!("{head}BEGIN:VEVENT\r\n{}{tail}", lines.concat()).into_bytes()
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Refused, "writing an entry").because(why.to_owned())
}

fn check(draft: &Draft) -> Result<()> {
    let span = TimeSpan::parse(draft.entry.fields.get(Field::Time));
    let Some(span) = span else {
        return Err(invalid("it has no time"));
    };
    if span.end < span.start {
        return Err(invalid("it ends before it starts"));
    }
    if draft.entry.uid.as_str().is_empty() || draft.entry.event_id.is_none() {
        return Err(invalid("it names no booking"));
    }
    if draft.entry.base.iter().next().is_none() {
        return Err(invalid("it carries no base"));
    }
    Ok(())
}

struct Lines {
    changes: std::vec::IntoIter<Change>,
    listed: Listed,
}

#[async_trait]
impl Listing for Lines {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let page: Vec<Change> = self.changes.by_ref().take(200).collect();
        Ok((!page.is_empty()).then_some(page))
    }

    fn listed(&self) -> Listed {
        self.listed.clone()
    }
}

#[async_trait]
impl Calendar for MemoryCalendar {
    async fn list(&self, since: Option<&Cursor>) -> Result<Box<dyn Listing>> {
        self.call("calendar list", |state| {
            let since = since
                .and_then(|cursor| cursor.as_str().parse::<u64>().ok())
                .filter(|since| self.options.cursors && *since >= state.oldest);
            let after = since.unwrap_or(0);
            let there = state
                .objects
                .iter()
                .filter(|(_, stored)| stored.revision > after);
            let there = there.map(|(href, stored)| Change::There {
                href: href.clone(),
                etag: Some(stored.etag()),
            });
            let removed = state
                .removed
                .iter()
                .filter(|(_, revision)| **revision > after);
            let removed = removed.map(|(href, _)| Change::Removed { href: href.clone() });
            let changes: Vec<Change> = match since {
                Some(_) => there.chain(removed).collect(),
                None => there.collect(),
            };
            let cursor = self
                .options
                .cursors
                .then(|| Cursor::new(state.revision.to_string()));
            let coverage = if since.is_some() {
                Coverage::Since
            } else {
                Coverage::Full
            };
            let listing: Box<dyn Listing> = Box::new(Lines {
                changes: changes.into_iter(),
                listed: Listed { coverage, cursor },
            });
            Ok(listing)
        })
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<Object>> {
        self.call("calendar read", |state| {
            Ok(hrefs.iter().map(|href| state.object(href)).collect())
        })
    }

    async fn create(&self, draft: &Draft) -> Result<Written> {
        check(draft)?;
        self.call("calendar create", |state| {
            if state.objects.contains_key(&draft.href) || state.holds_uid(draft.entry.uid.as_str())
            {
                return Err(Error::new(Kind::Stale, "creating an entry that is there"));
            }
            self.store(state, &draft.href, export::create(draft).as_bytes())
        })
    }

    async fn update(&self, edit: &Edit) -> Result<Written> {
        self.call("calendar update", |state| {
            let stored = state
                .objects
                .get(&edit.href)
                .filter(|stored| edit.seen.as_ref() == Some(&stored.etag()))
                .ok_or_else(|| Error::new(Kind::Stale, "changing an entry that changed"))?;
            let bytes = export::edit(&stored.bytes, edit).map_err(|broken| {
                Error::new(Kind::Malformed, "changing an entry").because(broken)
            })?;
            self.store(state, &edit.href, &bytes)
        })
    }

    async fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        self.call("calendar delete", |state| {
            let Some(stored) = state.objects.get(href) else {
                return Ok(());
            };
            if seen != Some(&stored.etag()) {
                return Err(Error::new(Kind::Stale, "deleting an entry that changed"));
            }
            if state.read_only {
                return Err(Error::new(
                    Kind::Refused,
                    "deleting in a calendar that is read-only",
                ));
            }
            state.writes += 1;
            state.remove(href);
            Ok(())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
