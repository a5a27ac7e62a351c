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

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::block::{Block, BlockDraft};
use crate::domain::busy::Timing;
use crate::domain::ids::{
    AvailabilityId, BlockId, CalendarName, Cursor, Etag, HostName, Href, SyncToken, WaitingId,
    ZoomCalendarId,
};
use crate::domain::time_span::TimeSpan;
use crate::domain::waiting::{About, Conflict, Held, HeldAction};
use crate::engine::ledger::{Batch, decode, part, unpart};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// How many records are read at once: a `Timing` may be some KiB.
const PAGE: usize = 100;

/// What is kept of an object of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its tag when it was read.
    pub etag: Option<Etag>,
    /// What it said about time when it could last be understood; `None` where it blocks none.
    pub timing: Option<Timing>,
    /// Why it cannot be understood as it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// Whether it still is in the calendar.
    pub standing: Standing,
}

/// Whether an object still is in its calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is.
    There,
    /// It is gone; whether its time is given back is still to be judged.
    Gone,
    /// It is gone, and a person wants its time to stay busy.
    Wanted,
}

/// Where the listing of a source ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The cursor, where the source has one.
    pub cursor: Option<Cursor>,
    /// When everything was listed last.
    pub full: Timestamp,
    /// How far ahead that looked.
    pub covers: Timestamp,
}

/// How a source is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// When it was last read without a failure: the age of what is in force.
    pub good: Option<Timestamp>,
    /// Whether it has ever been read as a whole.
    #[serde(default)]
    pub whole: bool,
    /// How many objects were gone when that was held; 0 where nothing is.
    #[serde(default)]
    pub missing: usize,
    /// What went wrong the last time, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<SourceTrouble>,
}

/// What went wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTrouble {
    /// Since when.
    pub since: Timestamp,
    /// What we were doing.
    pub doing: String,
    /// Why it failed.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// A block as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBlock {
    /// When; `None` where it is no plain span.
    pub span: Option<TimeSpan>,
    /// What it is called.
    pub title: String,
    /// Whether everything else is as we write it.
    pub intact: bool,
    /// How often in a row it was put right and did not stay so.
    #[serde(default)]
    pub repairs: u8,
    /// The span that it was last written with, whatever Zoom made of it.
    #[serde(default)]
    pub asked: Option<TimeSpan>,
}

/// Where the listing of the blocks ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlocksSince {
    /// Of which calendar.
    pub calendar: ZoomCalendarId,
    /// Where to go on; `None` where Zoom gave none, so that each listing is a full one.
    pub token: Option<SyncToken>,
    /// When everything was listed last.
    pub full: Timestamp,
    /// How far ahead that looked.
    pub covers: Timestamp,
    /// The buffers (seconds) that all blocks were last written with.
    #[serde(default)]
    pub buffers: Option<(u64, u64)>,
}

/// Where busy time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sink {
    /// Events of this Zoom calendar.
    ZoomCalendar,
    /// Date overrides of the availability.
    Availability,
}

/// Where busy time goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Where to.
    pub sink: Sink,
    /// Why, for a person.
    pub because: String,
    /// The Zoom calendar, where it is that.
    #[serde(default)]
    pub calendar: Option<ZoomCalendarId>,
    /// When that was found out.
    pub at: Timestamp,
    /// Whether it was found out by trying (`auto`), and not by what is configured.
    #[serde(default)]
    pub tried: bool,
}

/// Which availability, and the zone that its clock shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// Its id; `None` where Zoom showed none.
    pub id: Option<AvailabilityId>,
    /// Whether only the list shows it, and not its own resource.
    #[serde(default)]
    pub by_list: bool,
    /// What was asked for: `availability` of `[host.hours]`.
    #[serde(default)]
    pub wanted: Option<String>,
    /// Its `time_zone`.
    pub zone: String,
    /// When that was found out.
    pub at: Timestamp,
}

/// The records of one host.
#[derive(Clone)]
pub struct Records<'a> {
    pub(super) base: &'a dyn Base,
    pub(super) host: String,
}

/// The records of one source of a host.
#[derive(Clone)]
pub struct Shelf<'a> {
    base: &'a dyn Base,
    scope: String,
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
    pub fn held(&self, host: &HostName, calendar: &CalendarName) -> Result<Option<Held>> {
        let about = About::Calendar(calendar.clone());
        let id = Held::id_for(host, &about, HeldAction::FreeTime);
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

impl Shelf<'_> {
    /// What is kept of an object.
    pub fn kept(&self, href: &Href) -> Result<Option<Kept>> {
        read(self.base, &self.key("timing", href))
    }

    /// Objects in order of their names, a page at a time.
    pub fn page(&self, after: Option<&Href>) -> Result<Vec<(Href, Kept)>> {
        let prefix = format!("timing/{}/", self.scope);
        let after = after.map(|href| self.key("timing", href));
        let pairs = self.base.scan(&prefix, after.as_deref(), PAGE)?;
        let named = named(&prefix, pairs)?;
        Ok(named
            .into_iter()
            .map(|(name, kept)| (Href::new(name), kept))
            .collect())
    }

    /// Remembers an object.
    pub fn put(&self, batch: &mut Batch, href: &Href, kept: &Kept) {
        batch.put(self.key("timing", href), kept);
    }

    /// Forgets an object.
    pub fn drop(&self, batch: &mut Batch, href: &Href) {
        batch.delete(self.key("timing", href));
        self.is_read(batch, href);
    }

    /// Objects that are still to be read, a page at a time.
    pub fn unread(&self, after: Option<&Href>) -> Result<Vec<Href>> {
        let prefix = format!("unread/{}/", self.scope);
        let after = after.map(|href| self.key("unread", href));
        let pairs = self.base.scan(&prefix, after.as_deref(), PAGE)?;
        let names = pairs
            .iter()
            .filter_map(|(key, _)| key.strip_prefix(&prefix));
        Ok(names.map(|name| Href::new(unpart(name))).collect())
    }

    /// Whether an object is still to be read.
    pub fn is_unread(&self, href: &Href) -> Result<bool> {
        Ok(self.base.get(&self.key("unread", href))?.is_some())
    }

    /// Remembers that an object is still to be read.
    pub fn must_read(&self, batch: &mut Batch, href: &Href) {
        batch.put(self.key("unread", href), &true);
    }

    /// Forgets that.
    pub fn is_read(&self, batch: &mut Batch, href: &Href) {
        batch.delete(self.key("unread", href));
    }

    /// Where its listing ended.
    pub fn since(&self) -> Result<Option<Since>> {
        read(self.base, &format!("since/{}", self.scope))
    }

    /// Remembers where its listing ended.
    pub fn put_since(&self, batch: &mut Batch, since: &Since) {
        batch.put(format!("since/{}", self.scope), since);
    }

    /// How it is.
    pub fn state(&self) -> Result<SourceState> {
        let state = read(self.base, &format!("source/{}", self.scope))?;
        Ok(state.unwrap_or_default())
    }

    /// Remembers how it is.
    pub fn put_state(&self, batch: &mut Batch, state: &SourceState) {
        batch.put(format!("source/{}", self.scope), state);
    }

    /// Commits a batch, unless it is empty.
    pub async fn commit(&self, batch: Batch) -> Result<()> {
        commit(self.base, batch).await
    }

    fn key(&self, kind: &str, href: &Href) -> String {
        format!("{kind}/{}/{}", self.scope, part(href.as_str()))
    }
}

impl KnownBlock {
    /// The block as it was last seen.
    #[must_use]
    pub fn of(block: &Block, before: Option<&Self>) -> Self {
        Self {
            span: block.span,
            title: block.title.clone(),
            intact: block.intact,
            repairs: before.map_or(0, |before| before.repairs),
            asked: before.and_then(|before| before.asked),
        }
    }
}

async fn commit(base: &dyn Base, batch: Batch) -> Result<()> {
    if batch.is_empty() {
        Ok(())
    } else {
        base.commit(batch.changes).await
    }
}

fn read<T: DeserializeOwned>(base: &dyn Base, key: &str) -> Result<Option<T>> {
    let value = base.get(key)?;
    value.map(|value| decode(key, &value)).transpose()
}

fn named<T: DeserializeOwned>(
    prefix: &str,
    pairs: Vec<(String, Vec<u8>)>,
) -> Result<Vec<(String, T)>> {
    let pairs = pairs.into_iter();
    let pairs = pairs.map(|(key, value)| {
        let name = unpart(key.strip_prefix(prefix).unwrap_or_default());
        Ok((name, decode(&key, &value)?))
    });
    pairs.collect()
}

fn everything<T: DeserializeOwned>(base: &dyn Base, prefix: &str) -> Result<Vec<(String, T)>> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let pairs = base.scan(prefix, after.as_deref(), PAGE)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(all);
        };
        after = Some(last.clone());
        all.extend(named(prefix, pairs)?);
    }
}
