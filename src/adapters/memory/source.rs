//! A calendar whose busy time is wanted, in memory: real iCalendar bytes, stripped as by every
//! other source.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::fault::{Faults, NoFaults, around};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::domain::window::Window;
use crate::ical::busy::{Stripped, strip};
use crate::ports::calendar::{Change, Coverage, Listed, Listing};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::source::{Source, SourceContent, SourceObject};

/// How many lines a listing gives at a time.
const LINES: usize = 3;

/// A source in memory.
pub struct MemorySource {
    state: Mutex<State>,
    faults: Mutex<Arc<dyn Faults>>,
    meter: Meter,
}

#[derive(Default)]
struct State {
    /// What stands there, with the number of the change that put it there.
    objects: BTreeMap<Href, (u64, Vec<u8>)>,
    /// What stood there, with the number of the change that took it away.
    removed: BTreeMap<Href, u64>,
    changes: u64,
    with_cursor: bool,
    away: Option<Kind>,
    /// Listings are cut short after so many lines.
    cut: Option<usize>,
}

impl MemorySource {
    /// An empty source; with a cursor each listing says what changed, without one it says all.
    #[must_use]
    pub fn new(with_cursor: bool) -> Self {
        Self {
            state: Mutex::new(State {
                with_cursor,
                ..State::default()
            }),
            faults: Mutex::new(Arc::new(NoFaults)),
            meter: Meter::default(),
        }
    }

    /// Decides from now on what goes wrong.
    pub fn set_faults(&self, faults: Arc<dyn Faults>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// It cannot be had from now on, or can again.
    pub fn set_away(&self, away: Option<Kind>) {
        self.state().away = away;
    }

    /// Its listings are cut short from now on, or not any more.
    pub fn cut_listings_at(&self, cut: Option<usize>) {
        self.state().cut = cut;
    }

    /// Somebody puts an object there, or changes it.
    pub fn put(&self, href: &Href, bytes: &[u8]) {
        let mut state = self.state();
        state.changes += 1;
        let change = state.changes;
        state.removed.remove(href);
        state.objects.insert(href.clone(), (change, bytes.to_vec()));
    }

    /// Somebody removes an object; says whether it was there.
    pub fn remove(&self, href: &Href) -> bool {
        let mut state = self.state();
        state.changes += 1;
        let change = state.changes;
        let was_there = state.objects.remove(href).is_some();
        if was_there {
            state.removed.insert(href.clone(), change);
        }
        was_there
    }

    /// Somebody removes everything.
    pub fn clear(&self) {
        for href in self.hrefs() {
            self.remove(&href);
        }
    }

    /// All hrefs, in order.
    #[must_use]
    pub fn hrefs(&self) -> Vec<Href> {
        self.state().objects.keys().cloned().collect()
    }

    /// The bytes of an object.
    #[must_use]
    pub fn raw(&self, href: &Href) -> Option<Vec<u8>> {
        let state = self.state();
        state.objects.get(href).map(|(_, bytes)| bytes.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> Arc<dyn Faults> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&faults)
    }

    fn call<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around(&*self.faults(), call, || {
            let mut state = self.state();
            match state.away {
                Some(kind) => Err(Error::new(kind, call).because("it is away")),
                None => work(&mut state),
            }
        })
    }
}

fn tag(change: u64) -> Etag {
    Etag::new(format!("\"{change}\""))
}

impl State {
    fn listing(&self, since: Option<&Cursor>) -> Result<MemoryListing> {
        let since: Option<u64> = match since.filter(|_| self.with_cursor) {
            None => None,
            Some(cursor) => Some(
                cursor
                    .as_str()
                    .parse()
                    .map_err(|error| Error::new(Kind::Malformed, "source list").because(error))?,
            ),
        };
        let after = since.unwrap_or_default();
        let there = self
            .objects
            .iter()
            .filter(|(_, (change, _))| *change > after);
        let there = there.map(|(href, (change, _))| Change::There {
            href: href.clone(),
            etag: Some(tag(*change)),
        });
        let removed = self.removed.iter();
        let removed = removed.filter(|(_, change)| since.is_some() && **change > after);
        let removed = removed.map(|(href, _)| Change::Removed { href: href.clone() });
        let mut lines: Vec<Change> = there.chain(removed).collect();
        let mut coverage = match since {
            Some(_) => Coverage::Since,
            None => Coverage::Full,
        };
        if let Some(cut) = self.cut.filter(|cut| *cut < lines.len()) {
            lines.truncate(cut);
            coverage = Coverage::Partial;
        }
        lines.reverse();
        Ok(MemoryListing {
            lines,
            listed: Listed {
                coverage,
                cursor: self
                    .with_cursor
                    .then(|| Cursor::new(self.changes.to_string())),
            },
            faults: Arc::new(NoFaults),
        })
    }

    fn object(&self, href: &Href) -> SourceObject {
        let Some((change, bytes)) = self.objects.get(href) else {
            return SourceObject {
                href: href.clone(),
                etag: None,
                content: SourceContent::Absent,
            };
        };
        SourceObject {
            href: href.clone(),
            etag: Some(tag(*change)),
            content: match strip(bytes) {
                Ok(Stripped::Timing(timing)) => SourceContent::Timing(timing),
                Ok(Stripped::Nothing) => SourceContent::Nothing,
                Err(broken) => SourceContent::Broken(broken.to_string()),
            },
        }
    }
}

struct MemoryListing {
    /// The last line first.
    lines: Vec<Change>,
    listed: Listed,
    faults: Arc<dyn Faults>,
}

#[async_trait]
impl Listing for MemoryListing {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let faults = Arc::clone(&self.faults);
        around(&*faults, "source next", || {
            let mut page = Vec::new();
            while page.len() < LINES
                && let Some(line) = self.lines.pop()
            {
                page.push(line);
            }
            Ok((!page.is_empty()).then_some(page))
        })
    }

    fn listed(&self) -> Listed {
        self.listed.clone()
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn list(&self, since: Option<&Cursor>, _around: Window) -> Result<Box<dyn Listing>> {
        let mut listing = self.call("source list", |state| state.listing(since))?;
        listing.faults = self.faults();
        Ok(Box::new(listing))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        self.call("source read", |state| {
            Ok(hrefs.iter().map(|href| state.object(href)).collect())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
