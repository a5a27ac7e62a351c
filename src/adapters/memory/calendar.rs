//! A calendar in memory that holds real iCalendar bytes, so that the whole lossless layer is used.

use std::fmt;
use std::ops::Deref;

use async_trait::async_trait;

use super::shelf::{NEXT, Shelf};
use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ports::calendar::{Calendar, Listing, Object, Written};
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
            Self::Next => f.write_str(NEXT),
            Self::Read => f.write_str("read"),
            Self::Create(href) => write!(f, "create {href}"),
            Self::Update(href) => write!(f, "update {href}"),
            Self::Delete(href) => write!(f, "delete {href}"),
        }
    }
}

/// A calendar in memory.
pub struct MemoryCalendar {
    shelf: Shelf,
}

impl Deref for MemoryCalendar {
    type Target = Shelf;

    fn deref(&self) -> &Shelf {
        &self.shelf
    }
}

impl MemoryCalendar {
    /// An empty calendar.
    #[must_use]
    pub fn new(tracking: Tracking, keeping: Keeping) -> Self {
        Self {
            shelf: Shelf::new(tracking, keeping),
        }
    }

    /// Puts an object there as somebody else would, whatever it is.
    pub fn put_raw(&self, href: &Href, bytes: &[u8]) {
        self.put(href, bytes);
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
}

#[async_trait]
impl Calendar for MemoryCalendar {
    async fn list(&self, since: Option<&Cursor>) -> Result<Box<dyn Listing>> {
        let (lines, listed) = self.call(&Call::List, |state| Ok(state.list(since)))?;
        Ok(self.lines(lines, listed))
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

#[cfg(test)]
mod tests;
