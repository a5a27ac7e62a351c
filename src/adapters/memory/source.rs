//! A source of busy time in memory that holds real iCalendar bytes, so that what is kept of an
//! object is made of them as it is everywhere.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::calendar::{Keeping, Tracking};
use super::calendar_state::State;
use super::shelf::Shelf;
use crate::domain::ids::{Cursor, Href};
use crate::domain::window::Window;
use crate::ical::busy::{self, Stripped, Viewer};
use crate::ports::calendar::{Change, Coverage, Listing};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::source::{Source, SourceContent, SourceObject};

/// What a full listing shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    Everything,
    /// What may matter in the window, and a day around it: the least that the port allows.
    Near,
}

/// A call of the port, as a fault may name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `source list`: a listing is started. Its lines are `list next`.
    List,
    /// `source read`.
    Read,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "source list",
            Self::Read => "source read",
        })
    }
}

/// A source in memory.
pub struct MemorySource {
    shelf: Shelf,
    sight: Sight,
    feed: AtomicBool,
    /// Objects that cannot be read, and why.
    refused: Mutex<BTreeMap<Href, Kind>>,
}

impl MemorySource {
    /// An empty source.
    #[must_use]
    pub fn new(tracking: Tracking, sight: Sight) -> Self {
        Self {
            shelf: Shelf::new(tracking, Keeping::Verbatim),
            sight,
            feed: AtomicBool::default(),
            refused: Mutex::default(),
        }
    }

    /// From now on it says that it is a feed.
    pub fn be_a_feed(&self) {
        self.feed.store(true, Ordering::SeqCst);
    }

    /// Whatever reads this object fails so from now on. `None`: no longer.
    pub fn refuse(&self, href: &Href, kind: Option<Kind>) {
        let mut refused = self.refused();
        match kind {
            Some(kind) => refused.insert(href.clone(), kind),
            None => refused.remove(href),
        };
    }

    fn refused(&self) -> MutexGuard<'_, BTreeMap<Href, Kind>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for MemorySource {
    type Target = Shelf;

    fn deref(&self) -> &Shelf {
        &self.shelf
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn list(&self, since: Option<&Cursor>, around: Window) -> Result<Box<dyn Listing>> {
        let (left, end) = self.call(&Call::List, |state| {
            let (mut lines, listed) = state.list(since);
            if self.sight == Sight::Near && listed.coverage == Coverage::Full {
                lines.retain(|line| match line {
                    Change::There { href, .. } => may_matter(state, href, around),
                    Change::Removed { .. } => true,
                });
            }
            Ok((lines, listed))
        })?;
        Ok(self.lines(left, end))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        if hrefs.is_empty() {
            return Ok(Vec::new());
        }
        let refused = self.refused().clone();
        self.call(&Call::Read, |state| {
            if let Some(kind) = hrefs.iter().find_map(|href| refused.get(href)) {
                return Err(Error::new(*kind, "reading an object"));
            }
            Ok(hrefs.iter().map(|href| object(state, href)).collect())
        })
    }

    fn is_feed(&self) -> bool {
        self.feed.load(Ordering::SeqCst)
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

fn object(state: &State, href: &Href) -> SourceObject {
    let content = match state.bytes(href).as_deref().map(busy::strip) {
        None => SourceContent::Absent,
        Some(Ok(Stripped::Timing(timing))) => SourceContent::Timing(timing),
        Some(Ok(Stripped::Nothing)) => SourceContent::Nothing,
        Some(Err(broken)) => SourceContent::Broken(broken.to_string()),
    };
    SourceObject {
        href: href.clone(),
        etag: state.object(href).etag,
        content,
    }
}

/// Whether an object has an occurrence near the window; what cannot be told is listed.
fn may_matter(state: &State, href: &Href, around: Window) -> bool {
    let SourceContent::Timing(timing) = object(state, href).content else {
        return true;
    };
    let day = SignedDuration::from_hours(24);
    let window = Window {
        from: around.from.checked_sub(day).unwrap_or(around.from),
        to: around.to.checked_add(day).unwrap_or(around.to),
    };
    let viewer = Viewer {
        window,
        zone: &TimeZone::UTC,
        emails: &[],
    };
    busy::occurrences(&timing, &viewer).map_or(true, |found| !found.spans.is_empty())
}
