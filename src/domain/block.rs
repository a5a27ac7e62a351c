//! A block: a busy interval that we wrote to the host's Zoom calendar.

use super::ids::BlockId;
use super::time_span::TimeSpan;

/// The line of a block's description by which it is recognised without any state, in Zoom and in
/// every calendar that a block is copied to. It says nothing about anybody.
pub const BLOCK_TAG: &str = "[slotbridge:block]";

/// A block as it stands in the Zoom calendar now, whatever a person made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Zoom's id of the event.
    pub id: BlockId,
    /// When; `None` where it no longer is one plain span (all-day, recurring).
    pub span: Option<TimeSpan>,
    /// Its `summary`.
    pub title: String,
    /// Everything else is as we write it: opaque, private, confirmed, nobody invited, our tag.
    pub intact: bool,
}

/// A block as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockDraft {
    /// When.
    pub span: TimeSpan,
    /// What it is called: `title` of `[host.busy]`, never a word of the event behind it.
    pub title: String,
}

impl Block {
    /// Whether it is just as a draft would make it.
    #[must_use]
    pub fn is_as(&self, draft: &BlockDraft) -> bool {
        self.intact && self.span == Some(draft.span) && self.title == draft.title
    }
}
