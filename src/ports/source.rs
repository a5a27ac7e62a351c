//! A calendar whose busy time is wanted: it is listed and read, never written to.

use async_trait::async_trait;

use super::calendar::Listing;
use super::error::Result;
use super::meter::Meter;
use crate::domain::busy::Timing;
use crate::domain::ids::{Cursor, Etag, Href};
use crate::domain::window::Window;

/// An object of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceObject {
    /// Where it stands. In a feed, which is one text, each event has a made-up one.
    pub href: Href,
    /// Its tag, where there is one.
    pub etag: Option<Etag>,
    /// What it says about time.
    pub content: SourceContent,
}

/// What an object says about time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceContent {
    /// It may block time: see `ical::busy`.
    Timing(Timing),
    /// It never blocks time: a task, a cancelled event, one of our own blocks.
    Nothing,
    /// It cannot be understood: why, without quoting it.
    Broken(String),
    /// There is no object at that place.
    Absent,
}

/// What slotbridge asks of a calendar in `from` of `[host.busy]`.
#[async_trait]
pub trait Source: Send + Sync {
    /// Starts a listing of what changed since a cursor, or of everything without one. A cursor
    /// that is refused, in whatever way, turns into a full listing by itself.
    ///
    /// Objects that cannot matter inside `around` may be left out of a full listing: the silence
    /// of a full listing means "gone, or far away".
    ///
    /// # Errors
    /// When the source cannot be had now: what was read of it before stays in force.
    async fn list(&self, since: Option<&Cursor>, around: Window) -> Result<Box<dyn Listing>>;

    /// Reads objects, in batches where the side can. One answer for each href asked, in that
    /// order.
    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>>;

    /// Whether it is one text that somebody else makes: nobody here deletes single events in it.
    fn is_feed(&self) -> bool {
        false
    }

    /// What was counted so far.
    fn meter(&self) -> &Meter;
}
