//! What is remembered about busy time, as typed records over the base.
//!
//! | key | what |
//! |---|---|
//! | `timing/{host}/{calendar}/{href}` | what an object of a source says about time |
//! | `unread/{host}/{calendar}/{href}` | an object that a listing showed and that is still to be read |
//! | `since/{host}/{calendar}` | where the listing of a source ended |
//! | `source/{host}/{calendar}` | how a source is |
//! | `block/{host}/{id}` | a block in the Zoom calendar, as last seen |
//! | `creating/{host}/{start}` | a block that is being created |
//! | `blocks/{host}/` | where the listing of the blocks ended |
//! | `sink/{host}/` | where busy time goes, and why |
//! | `schedule/{host}/` | which availability, and its zone |
//! | `hours/{host}/` | the working hours that both sides last agreed |

mod blocks;
mod choice;
mod raw;
mod source;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::block::BlockDraft;
use crate::domain::ids::{BlockId, CalendarName, HostName, WaitingId};
use crate::domain::time_span::TimeSpan;
use crate::domain::waiting::{About, Conflict, Held, HeldAction};
use crate::engine::ledger::{Batch, part};
use crate::ports::base::Base;
use crate::ports::error::Result;
pub use blocks::{BlocksSince, KnownBlock};
pub use choice::{Choice, Scheduled, Sink};
use raw::{PAGE, commit, everything, read};
pub use source::{Kept, Shelf, Since, SourceState, SourceTrouble, Standing, Was};

/// The records of one host.
#[derive(Clone)]
pub struct Records<'a> {
    pub(super) base: &'a dyn Base,
    pub(super) host: String,
}

impl<'a> Records<'a> {
    /// Opens them.
    #[must_use]
    pub fn new(base: &'a dyn Base, host: &HostName) -> Self {
        Self {
            base,
            host: part(host.as_str()),
        }
    }

    /// Those of one source.
    #[must_use]
    pub fn shelf(&self, calendar: &CalendarName) -> Shelf<'a> {
        Shelf {
            base: self.base,
            scope: format!("{}/{}", self.host, part(calendar.as_str())),
        }
    }

    /// Every calendar of which something is kept, whether or not it still is a source.
    pub fn sources(&self) -> Result<Vec<CalendarName>> {
        let prefix = self.key("source", "");
        let states: Vec<(String, SourceState)> = everything(self.base, &prefix)?;
        let names = states.into_iter().map(|(name, _)| CalendarName::new(name));
        Ok(names.collect())
    }

    /// One that there is only one of.
    pub fn only<T: DeserializeOwned>(&self, kind: &str) -> Result<Option<T>> {
        read(self.base, &self.key(kind, ""))
    }

    /// Remembers one that there is only one of.
    pub fn put_only<T: Serialize>(&self, batch: &mut Batch, kind: &str, value: &T) {
        batch.put(self.key(kind, ""), value);
    }

    /// Forgets one that there is only one of.
    pub fn drop_only(&self, batch: &mut Batch, kind: &str) {
        batch.delete(self.key(kind, ""));
    }

    /// Every block in the Zoom calendar that is known.
    pub fn blocks(&self) -> Result<Vec<(BlockId, KnownBlock)>> {
        let prefix = self.key("block", "");
        let all = everything(self.base, &prefix)?;
        let named = all
            .into_iter()
            .map(|(name, block)| (BlockId::new(name), block));
        Ok(named.collect())
    }

    /// Spans of the blocks of every other host that adds buffers.
    pub fn buffered_elsewhere(&self) -> Result<Vec<TimeSpan>> {
        let mut spans = Vec::new();
        let all: Vec<(String, BlocksSince)> = everything(self.base, "blocks/")?;
        for (host, since) in all {
            let host = part(host.strip_suffix('/').unwrap_or(&host));
            if host == self.host || matches!(since.buffers, None | Some((0, 0))) {
                continue;
            }
            let prefix = format!("block/{host}/");
            let blocks: Vec<(String, KnownBlock)> = everything(self.base, &prefix)?;
            spans.extend(blocks.into_iter().filter_map(|(_, block)| block.span));
        }
        Ok(spans)
    }

    /// One of them.
    pub fn block(&self, id: &BlockId) -> Result<Option<KnownBlock>> {
        read(self.base, &self.key("block", id.as_str()))
    }

    /// Remembers one.
    pub fn put_block(&self, batch: &mut Batch, id: &BlockId, block: &KnownBlock) {
        batch.put(self.key("block", id.as_str()), block);
    }

    /// Forgets one.
    pub fn drop_block(&self, batch: &mut Batch, id: &BlockId) {
        batch.delete(self.key("block", id.as_str()));
    }

    /// Whether a creation was begun of which the end is not known.
    pub fn is_creating(&self) -> Result<bool> {
        Ok(!self.creating()?.is_empty())
    }

    /// Creations that were begun and whose end is not known, as keys.
    fn creating(&self) -> Result<Vec<String>> {
        let pairs = self.base.scan(&self.key("creating", ""), None, PAGE)?;
        Ok(pairs.into_iter().map(|(key, _)| key).collect())
    }

    /// Remembers that a block is being created.
    pub fn begin_block(&self, batch: &mut Batch, draft: &BlockDraft) {
        batch.put(self.key("creating", &draft.span.text()), &true);
    }

    /// Remembers how that ended.
    pub fn finish_block(&self, batch: &mut Batch, draft: &BlockDraft) {
        batch.delete(self.key("creating", &draft.span.text()));
    }

    /// Forgets creations whose end a full listing has shown.
    pub fn finish_blocks(&self, batch: &mut Batch) -> Result<()> {
        for key in self.creating()? {
            batch.delete(key);
        }
        Ok(())
    }

    /// What is held about a calendar.
    pub fn held(
        &self,
        host: &HostName,
        calendar: &CalendarName,
        what: HeldAction,
    ) -> Result<Option<Held>> {
        let about = About::Calendar(calendar.clone());
        let id = Held::id_for(host, &about, what);
        read(self.base, &self.key("held", id.as_str()))
    }

    /// Everything of busy time that is held.
    pub fn all_held(&self) -> Result<Vec<Held>> {
        let held: Vec<(String, Held)> = everything(self.base, &self.key("held", ""))?;
        let held = held.into_iter().map(|(_, held)| held);
        Ok(held.filter(|held| held.booking().is_none()).collect())
    }

    /// Every conflict about working hours.
    pub fn hours_conflicts(&self) -> Result<Vec<Conflict>> {
        let all: Vec<(String, Conflict)> = everything(self.base, &self.key("conflict", ""))?;
        let all = all.into_iter().map(|(_, conflict)| conflict);
        Ok(all.filter(|conflict| conflict.part().is_some()).collect())
    }

    /// Remembers a conflict.
    pub fn put_conflict(&self, batch: &mut Batch, conflict: &Conflict) {
        batch.put(self.key("conflict", conflict.id.as_str()), conflict);
    }

    /// Forgets a conflict.
    pub fn drop_conflict(&self, batch: &mut Batch, id: &WaitingId) {
        batch.delete(self.key("conflict", id.as_str()));
    }

    /// Holds something.
    pub fn put_held(&self, batch: &mut Batch, held: &Held) {
        batch.put(self.key("held", held.id.as_str()), held);
    }

    /// Holds it no more.
    pub fn drop_held(&self, batch: &mut Batch, held: &Held) {
        batch.delete(self.key("held", held.id.as_str()));
    }

    /// Commits a batch, unless it is empty.
    pub async fn commit(&self, batch: Batch) -> Result<()> {
        commit(self.base, batch).await
    }

    pub(super) fn key(&self, kind: &str, id: &str) -> String {
        format!("{kind}/{}/{}", self.host, part(id))
    }
}
