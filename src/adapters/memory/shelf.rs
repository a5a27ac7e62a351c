//! What a calendar and a source in memory have in common: objects, faults, and what somebody else
//! does with them.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::calendar::{Keeping, Tracking};
use super::calendar_state::State;
use super::fault::{Faults, NoFaults, around};
use crate::domain::ids::Href;
use crate::ports::calendar::{Change, Listed, Listing};
use crate::ports::error::Result;
use crate::ports::meter::Meter;

/// Objects in memory, as somebody else sees and changes them.
pub struct Shelf {
    state: Mutex<State>,
    faults: Mutex<Arc<dyn Faults>>,
    pub(super) meter: Meter,
}

impl Shelf {
    pub(super) fn new(tracking: Tracking, keeping: Keeping) -> Self {
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
    pub fn put(&self, href: &Href, bytes: &[u8]) {
        self.state().put(href, bytes.to_vec());
    }

    /// Removes an object as somebody else would; says whether it was there.
    pub fn remove(&self, href: &Href) -> bool {
        self.state().remove(href)
    }

    /// Removes every object as somebody else would.
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

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and does its work around a fault.
    pub(super) fn call<T>(
        &self,
        call: &dyn Display,
        work: impl FnOnce(&mut State) -> Result<T>,
    ) -> Result<T> {
        self.meter.request();
        around(&*self.faults(), &call.to_string(), || {
            let mut state = self.state();
            state.is_there(&call.to_string())?;
            work(&mut state)
        })
    }

    /// A listing of what stood there when it was started.
    pub(super) fn lines(&self, left: Vec<Change>, end: Listed) -> Box<dyn Listing> {
        let faults = self.faults();
        Box::new(Lines { left, end, faults })
    }

    fn faults(&self) -> Arc<dyn Faults> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&faults)
    }
}

/// A listing of what stood there when it was started.
struct Lines {
    left: Vec<Change>,
    end: Listed,
    faults: Arc<dyn Faults>,
}

/// Small, so that a test with few objects has several of them.
const LINES_AT_ONCE: usize = 50;

/// The next lines of a listing, as a fault may name them.
pub(super) const NEXT: &str = "list next";

#[async_trait]
impl Listing for Lines {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let faults = Arc::clone(&self.faults);
        around(&*faults, NEXT, || {
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
