//! A source of busy time in memory that holds real iCalendar bytes, so that what is kept of an
//! object is made of them as it is everywhere.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::calendar::{Keeping, Lines, Tracking};
use super::calendar_state::State;
use super::fault::{Faults, NoFaults, around as around_fault};
use crate::domain::ids::{Cursor, Href};
use crate::domain::window::Window;
use crate::ical::busy::{self, Stripped, Viewer};
use crate::ports::calendar::{Change, Coverage, Listing};
use crate::ports::error::Result;
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
    state: Mutex<State>,
    sight: Sight,
    faults: Mutex<Arc<dyn Faults>>,
    meter: Meter,
}

impl MemorySource {
    /// An empty source.
    #[must_use]
    pub fn new(tracking: Tracking, sight: Sight) -> Self {
        Self {
            state: Mutex::new(State::new(tracking, Keeping::Verbatim)),
            sight,
            faults: Mutex::new(Arc::new(NoFaults)),
            meter: Meter::default(),
        }
    }

    /// Lets something decide which calls fail from now on.
    pub fn set_faults(&self, faults: Arc<dyn Faults>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Puts an object there, whatever it is.
    pub fn put(&self, href: &Href, bytes: &[u8]) {
        self.state().put(href, bytes.to_vec());
    }

    /// Removes an object; says whether it was there.
    pub fn remove(&self, href: &Href) -> bool {
        self.state().remove(href)
    }

    /// Removes every object.
    pub fn clear(&self) {
        let mut state = self.state();
        for href in state.hrefs() {
            state.remove(&href);
        }
    }

    /// The bytes of an object.
    #[must_use]
    pub fn raw(&self, href: &Href) -> Option<Vec<u8>> {
        self.state().bytes(href)
    }

    /// All hrefs, in order.
    #[must_use]
    pub fn hrefs(&self) -> Vec<Href> {
        self.state().hrefs()
    }

    /// Whether the whole source is gone (`Missing`). What is in it comes back with it.
    pub fn set_missing(&self, missing: bool) {
        self.state().missing = missing;
    }

    /// Forgets all cursors: the next listing with one turns into a full one.
    pub fn expire_cursors(&self) {
        self.state().expire_cursors();
    }

    /// Cuts full listings off after so many lines; they say `Partial`. `None`: no longer.
    pub fn cut_listings_at(&self, lines: Option<usize>) {
        self.state().cut_at = lines;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> Arc<dyn Faults> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&faults)
    }

    fn call<T>(&self, call: Call, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around_fault(&*self.faults(), &call.to_string(), || {
            let mut state = self.state();
            state.is_there(&call.to_string())?;
            work(&mut state)
        })
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn list(&self, since: Option<&Cursor>, around: Window) -> Result<Box<dyn Listing>> {
        let (left, end) = self.call(Call::List, |state| {
            let (mut lines, listed) = state.list(since);
            if self.sight == Sight::Near && listed.coverage == Coverage::Full {
                lines.retain(|line| match line {
                    Change::There { href, .. } => may_matter(state, href, around),
                    Change::Removed { .. } => true,
                });
            }
            Ok((lines, listed))
        })?;
        let faults = self.faults();
        Ok(Box::new(Lines { left, end, faults }))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        if hrefs.is_empty() {
            return Ok(Vec::new());
        }
        self.call(Call::Read, |state| {
            Ok(hrefs.iter().map(|href| object(state, href)).collect())
        })
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
