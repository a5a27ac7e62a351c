//! The host's primary Zoom calendar, where a block takes its time off the booking page
//! (FACTS.md section 3).

use async_trait::async_trait;

use super::calendar::Coverage;
use super::error::Result;
use super::meter::Meter;
use crate::domain::block::{Block, BlockDraft};
use crate::domain::ids::{BlockId, SyncToken, ZoomCalendarId};
use crate::domain::window::Window;

/// The blocks that a listing showed. Events that are not ours are never in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlocksListed {
    /// `Full`: every block in the window. `Since`: only those that changed. Never `Partial`.
    pub coverage: Coverage,
    /// Blocks that are there.
    pub blocks: Vec<Block>,
    /// With `Since`: events that are there no more, or no longer carry our tag.
    pub gone: Vec<BlockId>,
    /// Where to go on next time; `None` where Zoom gave none.
    pub next: Option<SyncToken>,
}

/// What slotbridge asks of Zoom Calendar for one host.
#[async_trait]
pub trait ZoomCalendar: Send + Sync {
    /// The host's primary calendar, if it can be found and written.
    ///
    /// # Errors
    /// `Missing` where there is none to be found (as for server-to-server apps); `Denied` without
    /// the right. The error's words say which, for a person.
    async fn primary(&self) -> Result<ZoomCalendarId>;

    /// Our blocks that end after `window.from` and start before `window.to`, or what changed since
    /// a token. A token that is refused (404, 410 or otherwise) turns into a full listing by
    /// itself. All pages are followed.
    ///
    /// # Errors
    /// `Missing` when the calendar itself is gone.
    async fn blocks(
        &self,
        calendar: &ZoomCalendarId,
        window: Window,
        since: Option<&SyncToken>,
    ) -> Result<BlocksListed>;

    /// One block by its id; `None` where it is gone or is not ours (any more).
    async fn block(&self, calendar: &ZoomCalendarId, id: &BlockId) -> Result<Option<Block>>;

    /// Creates a block: opaque, private, tagged, nobody mailed. Never repeated by itself when it is
    /// not known whether it was done.
    async fn create_block(&self, calendar: &ZoomCalendarId, draft: &BlockDraft) -> Result<BlockId>;

    /// Makes a block what the draft says, tag and all. Doing it twice is doing it once.
    ///
    /// # Errors
    /// `Stale` when it is gone.
    async fn change_block(
        &self,
        calendar: &ZoomCalendarId,
        id: &BlockId,
        draft: &BlockDraft,
    ) -> Result<()>;

    /// Deletes a block. One that is gone is deleted.
    async fn delete_block(&self, calendar: &ZoomCalendarId, id: &BlockId) -> Result<()>;

    /// What was counted so far.
    fn meter(&self) -> &Meter;
}
