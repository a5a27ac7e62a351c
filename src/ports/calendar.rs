//! A calendar that can be listed, read and written, one object an entry.
//!
//! A listing over everything and a listing of what changed are different things: only the former
//! proves that something is not there (FIELD.md section 1).

use async_trait::async_trait;

use super::error::Result;
use super::meter::Meter;
use crate::domain::entry::{Draft, Edit, Entry};
use crate::domain::ids::{Cursor, Etag, Href};

/// What a listing covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every object of the collection: what is not in it is not there.
    Full,
    /// Only what changed since the cursor: silence means unchanged.
    Since,
    /// Some objects, but the server cut the listing short: silence means nothing.
    Partial,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The object is there (in a full listing), or was added or changed (since a cursor).
    There {
        /// Where.
        href: Href,
        /// Its tag, where the server gives one.
        etag: Option<Etag>,
    },
    /// The object was removed. Only ever said by a response-level 404 (RFC 6578 section 3.5).
    Removed {
        /// Where it was.
        href: Href,
    },
}

/// How a listing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it covered. May be less than asked for: a cursor that was refused gives `Full`.
    pub coverage: Coverage,
    /// Where to go on next time; `None` where this calendar has no such thing, so that each
    /// listing is a full one.
    pub cursor: Option<Cursor>,
}

/// A listing being read, some lines at a time, so that it never stands in memory as a whole.
#[async_trait]
pub trait Listing: Send {
    /// The next lines (at most some hundreds); `None` when all have been given.
    async fn next(&mut self) -> Result<Option<Vec<Change>>>;

    /// How it ended. To be asked only after `next` gave `None`.
    fn listed(&self) -> Listed;
}

/// An object as it stands in the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it stands.
    pub href: Href,
    /// Its tag, where the server gives one.
    pub etag: Option<Etag>,
    /// What it is.
    pub content: Content,
}

/// What an object is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An entry of ours, by its `UID`.
    Ours(Box<Entry>),
    /// Somebody else's: to be left alone.
    Foreign,
    /// It cannot be understood: why, without quoting it.
    Broken(String),
    /// There is no object at that place.
    Absent,
}

/// An object just written, as it stands in the calendar now, however the server rewrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it stands.
    pub href: Href,
    /// Its tag, where the server gives one.
    pub etag: Option<Etag>,
}

/// What slotbridge asks of a calendar that it writes bookings to.
///
/// Every write is conditional, and each may be repeated: a write that had been done already
/// succeeds or says `Stale`, and never does it twice.
#[async_trait]
pub trait Calendar: Send + Sync {
    /// Starts a listing of what changed since a cursor, or of everything without one. A cursor
    /// that the server refuses, in whatever way, turns into a full listing by itself.
    async fn list(&self, since: Option<&Cursor>) -> Result<Box<dyn Listing>>;

    /// Reads objects, in batches where the side can. One answer for each href asked, in that
    /// order; `Absent` is only said when the collection itself is still there.
    async fn read(&self, hrefs: &[Href]) -> Result<Vec<Object>>;

    /// Creates an entry where none is (`If-None-Match: *`).
    ///
    /// # Errors
    /// `Stale` when an object is already there (or one with this `UID` elsewhere); `Refused` when
    /// the side does not take this one.
    async fn create(&self, draft: &Draft) -> Result<Written>;

    /// Changes an entry that is as it was seen (`If-Match`), and leaves alone what the edit does
    /// not name.
    ///
    /// # Errors
    /// `Stale` when it is not as it was seen, or is gone.
    async fn update(&self, edit: &Edit) -> Result<Written>;

    /// Deletes an entry that is as it was seen (`If-Match`). One that is gone is deleted.
    ///
    /// # Errors
    /// `Stale` when it is not as it was seen.
    async fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()>;

    /// What was counted so far.
    fn meter(&self) -> &Meter;
}
