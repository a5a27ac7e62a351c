//! A calendar in memory that holds real iCalendar bytes, so that the whole lossless layer is used.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::calendar_state::State;
use super::fault::{Faults, NoFaults, around};
use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ports::calendar::{Calendar, Change, Listed, Listing, Object, Written};
use crate::ports::error::Result;
use crate::ports::meter::Meter;

/// How a calendar says what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// With a cursor, like a server with sync-collection (RFC 6578).
    Cursor,
    /// With tags only: each listing is a full one.
    Tags,
}

/// What a calendar does with what it is given to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It keeps the bytes.
    Verbatim,
    /// It writes properties in another order, as Radicale and Xandikos do.
    Rewritten,
}

/// A call of the port, as a fault may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `list`: a listing is started.
    List,
    /// `list next`: the next lines of a listing.
    Next,
    /// `read`.
    Read,
    /// `create {href}`.
    Create(Href),
    /// `update {href}`.
    Update(Href),
    /// `delete {href}`.
    Delete(Href),
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("list"),
            Self::Next => f.write_str("list next"),
            Self::Read => f.write_str("read"),
            Self::Create(href) => write!(f, "create {href}"),
            Self::Update(href) => write!(f, "update {href}"),
            Self::Delete(href) => write!(f, "delete {href}"),
        }
    }
}

/// A calendar in memory.
pub struct MemoryCalendar {
    state: Mutex<State>,
    faults: Mutex<Arc<dyn Faults>>,
    meter: Meter,
}

impl MemoryCalendar {
    /// An empty calendar.
    #[must_use]
    pub fn new(tracking: Tracking, keeping: Keeping) -> Self {
        Self {
            state: Mutex::new(State::new(tracking, keeping)),
            faults: Mutex::new(Arc::new(NoFaults)),
            meter: Meter::default(),
        }
    }

    /// Decides from now on what goes wrong.
    pub fn set_faults(&self, faults: Arc<dyn Faults>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Puts an object there as somebody else would, whatever it is.
    pub fn put_raw(&self, href: &Href, bytes: &[u8]) {
        self.state().put(href, bytes.to_vec());
    }

    /// Removes an object as somebody else would; says whether it was there.
    pub fn remove(&self, href: &Href) -> bool {
        self.state().remove(href)
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

    /// Removes every object as somebody else would.
    pub fn clear(&self) {
        let mut state = self.state();
        for href in state.hrefs() {
            state.remove(&href);
        }
    }

    /// Changes the text of an object as a person would; says whether it was there.
    pub fn edit_as_person(&self, href: &Href, edit: impl FnOnce(String) -> String) -> bool {
        let mut state = self.state();
        let Some(bytes) = state.bytes(href) else {
            return false;
        };
        let text = edit(String::from_utf8_lossy(&bytes).into_owned());
        state.put(href, text.into_bytes());
        true
    }

    /// How many objects were created, changed and deleted through the port.
    #[must_use]
    pub fn write_count(&self) -> u64 {
        self.state().writes
    }

    /// Whether writes are refused (`Denied`).
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// Whether the whole collection is gone (`Missing`). What is in it comes back with it.
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

    /// Counts a call and does its work around a fault.
    fn call<T>(&self, call: &Call, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around(&*self.faults(), &call.to_string(), || {
            let mut state = self.state();
            state.is_there(&call.to_string())?;
            work(&mut state)
        })
    }
}

#[async_trait]
impl Calendar for MemoryCalendar {
    async fn list(&self, since: Option<&Cursor>) -> Result<Box<dyn Listing>> {
        let (lines, listed) = self.call(&Call::List, |state| Ok(state.list(since)))?;
        Ok(Box::new(Lines {
            left: lines,
            end: listed,
            faults: self.faults(),
        }))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<Object>> {
        if hrefs.is_empty() {
            return Ok(Vec::new());
        }
        self.call(&Call::Read, |state| {
            Ok(hrefs.iter().map(|href| state.object(href)).collect())
        })
    }

    async fn create(&self, draft: &Draft) -> Result<Written> {
        let call = Call::Create(draft.href.clone());
        self.call(&call, |state| state.create(draft))
    }

    async fn update(&self, edit: &Edit) -> Result<Written> {
        let call = Call::Update(edit.href.clone());
        self.call(&call, |state| state.update(edit))
    }

    async fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        let call = Call::Delete(href.clone());
        self.call(&call, |state| state.delete(href, seen))
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

/// A listing of what stood there when it was started.
pub(super) struct Lines {
    pub(super) left: Vec<Change>,
    pub(super) end: Listed,
    pub(super) faults: Arc<dyn Faults>,
}

/// Small, so that a test with few objects has several of them.
const LINES_AT_ONCE: usize = 50;

#[async_trait]
impl Listing for Lines {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let faults = Arc::clone(&self.faults);
        around(&*faults, &Call::Next.to_string(), || {
            if self.left.is_empty() {
                return Ok(None);
            }
            let rest = self.left.split_off(LINES_AT_ONCE.min(self.left.len()));
            Ok(Some(std::mem::replace(&mut self.left, rest)))
        })
    }

    fn listed(&self) -> Listed {
        self.end.clone()
    }
}

#[cfg(test)]
mod tests;
