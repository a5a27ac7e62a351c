//! The host's Zoom calendar in memory: blocks among other people's events, listed in full or since
//! a token, refusing what no client should ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::fault::{Faults, around};
use crate::domain::block::{Block, BlockDraft};
use crate::domain::ids::{BlockId, SyncToken, ZoomCalendarId};
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;
use crate::ports::calendar::Coverage;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::zoom_calendar::{BlocksListed, ZoomCalendar};

/// What this app may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Find the calendar and write to it.
    Full,
    /// Write to it, but not find it, as server-to-server apps (FACTS.md section 3).
    Undiscovered,
    /// Nothing.
    None,
}

/// A Zoom calendar in memory.
pub struct MemoryZoomCalendar {
    state: Mutex<State>,
    access: Access,
    faults: Arc<dyn Faults>,
    meter: Meter,
}

#[derive(Default)]
struct State {
    events: BTreeMap<BlockId, Event>,
    /// Counts up with each change of any event; a token is a count.
    count: u64,
    /// Tokens below this are no longer good.
    oldest: u64,
    made: u64,
    writes: u64,
}

/// An event; one without our tag is somebody else's.
struct Event {
    block: Block,
    tagged: bool,
    there: bool,
    changed: u64,
}

impl MemoryZoomCalendar {
    /// The id of the calendar.
    pub const ID: &str = "host@mail.zoom.example";

    /// An empty calendar.
    #[must_use]
    pub fn new(access: Access, faults: Arc<dyn Faults>) -> Self {
        Self {
            state: Mutex::default(),
            access,
            faults,
            meter: Meter::default(),
        }
    }

    /// The person adds an event of their own.
    pub fn add_foreign(&self, span: TimeSpan) -> BlockId {
        let mut state = self.lock();
        let block = |id| Block {
            id,
            span: Some(span),
            title: "Somebody else's".to_owned(),
            intact: false,
        };
        state.add(block, false)
    }

    /// The person edits an event, a block of ours or not.
    pub fn edit(&self, id: &BlockId, edit: impl FnOnce(&mut Block)) {
        self.change(id, |event| edit(&mut event.block));
    }

    /// The person takes our tag out of a block's description.
    pub fn untag(&self, id: &BlockId) {
        self.change(id, |event| event.tagged = false);
    }

    /// The person deletes an event.
    pub fn remove(&self, id: &BlockId) {
        self.change(id, |event| event.there = false);
    }

    /// No token given so far is good any more.
    pub fn expire_tokens(&self) {
        let mut state = self.lock();
        state.count += 1;
        state.oldest = state.count;
    }

    /// Our blocks that are there, by time.
    #[must_use]
    pub fn standing(&self) -> Vec<Block> {
        let state = self.lock();
        let ours = state.events.values().filter(|event| event.is_ours());
        let mut blocks: Vec<Block> = ours.map(|event| event.block.clone()).collect();
        blocks.sort_by(|a, b| (a.span, &a.id).cmp(&(b.span, &b.id)));
        blocks
    }

    /// Other people's events that are there.
    #[must_use]
    pub fn foreign(&self) -> Vec<Block> {
        let state = self.lock();
        let others = state.events.values();
        let others = others.filter(|event| event.there && !event.tagged);
        others.map(|event| event.block.clone()).collect()
    }

    /// How many writes came through the port and were made.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    fn change(&self, id: &BlockId, change: impl FnOnce(&mut Event)) {
        let mut state = self.lock();
        state.count += 1;
        let count = state.count;
        if let Some(event) = state.events.get_mut(id) {
            change(event);
            event.changed = count;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a call to the calendar under the faults.
    fn call<T>(
        &self,
        call: &str,
        calendar: &ZoomCalendarId,
        work: impl FnOnce(&mut State) -> Result<T>,
    ) -> Result<T> {
        self.meter.request();
        around(&*self.faults, call, || {
            if self.access == Access::None {
                return Err(Error::new(Kind::Denied, call).because("no right to the calendar"));
            }
            if calendar.as_str() != Self::ID {
                return Err(Error::new(Kind::Missing, call).because("no such calendar"));
            }
            work(&mut self.lock())
        })
    }
}

impl Event {
    fn is_ours(&self) -> bool {
        self.there && self.tagged
    }
}

impl State {
    fn add(&mut self, block: impl FnOnce(BlockId) -> Block, tagged: bool) -> BlockId {
        self.made += 1;
        self.count += 1;
        let id = BlockId::new(format!("z{:06}", self.made));
        let event = Event {
            block: block(id.clone()),
            tagged,
            there: true,
            changed: self.count,
        };
        self.events.insert(id.clone(), event);
        id
    }

    fn since(&self, token: &SyncToken) -> Option<BlocksListed> {
        let count: u64 = token.as_str().strip_prefix("sync-")?.parse().ok()?;
        if count < self.oldest || count > self.count {
            return None;
        }
        let changed = |event: &&Event| event.changed > count;
        let (ours, others): (Vec<&Event>, Vec<&Event>) = self
            .events
            .values()
            .filter(changed)
            .partition(|event| event.is_ours());
        Some(BlocksListed {
            coverage: Coverage::Since,
            blocks: ours.iter().map(|event| event.block.clone()).collect(),
            gone: others.iter().map(|event| event.block.id.clone()).collect(),
            next: Some(self.token()),
        })
    }

    fn token(&self) -> SyncToken {
        SyncToken::new(format!("sync-{}", self.count))
    }
}

/// A draft that no server would take.
fn sound(draft: &BlockDraft, doing: &str) -> Result<()> {
    let TimeSpan { start, end } = draft.span;
    if start >= end || draft.title.is_empty() {
        return Err(Error::new(Kind::Refused, doing).because("a block without time or title"));
    }
    Ok(())
}

#[async_trait]
impl ZoomCalendar for MemoryZoomCalendar {
    async fn primary(&self) -> Result<ZoomCalendarId> {
        let doing = "finding the calendar";
        self.meter.request();
        around(&*self.faults, "blocks primary", || match self.access {
            Access::Full => Ok(ZoomCalendarId::new(Self::ID)),
            Access::Undiscovered => Err(Error::new(Kind::Missing, doing)
                .because("a server-to-server app finds no calendar")
                .hint("set host.busy.to = \"availability\"")),
            Access::None => Err(Error::new(Kind::Denied, doing)
                .because("the app lacks a scope")
                .hint("set host.busy.to = \"availability\"")),
        })
    }

    async fn blocks(
        &self,
        calendar: &ZoomCalendarId,
        window: Window,
        since: Option<&SyncToken>,
    ) -> Result<BlocksListed> {
        self.call("blocks list", calendar, |state| {
            if let Some(listed) = since.and_then(|token| state.since(token)) {
                return Ok(listed);
            }
            // All-day and recurring ones are somewhere in the window.
            let shown = |event: &&Event| {
                let span = event.block.span;
                event.is_ours() && span.is_none_or(|span| window.shows(span.start, span.end))
            };
            let blocks = state.events.values().filter(shown);
            Ok(BlocksListed {
                coverage: Coverage::Full,
                blocks: blocks.map(|event| event.block.clone()).collect(),
                gone: Vec::new(),
                next: Some(state.token()),
            })
        })
    }

    async fn block(&self, calendar: &ZoomCalendarId, id: &BlockId) -> Result<Option<Block>> {
        self.call("blocks get", calendar, |state| {
            let ours = state.events.get(id).filter(|event| event.is_ours());
            Ok(ours.map(|event| event.block.clone()))
        })
    }

    async fn create_block(&self, calendar: &ZoomCalendarId, draft: &BlockDraft) -> Result<BlockId> {
        self.call("blocks create", calendar, |state| {
            sound(draft, "creating a block")?;
            state.writes += 1;
            Ok(state.add(|id| made(id, draft), true))
        })
    }

    async fn change_block(
        &self,
        calendar: &ZoomCalendarId,
        id: &BlockId,
        draft: &BlockDraft,
    ) -> Result<()> {
        let doing = "changing a block";
        self.call("blocks change", calendar, |state| {
            sound(draft, doing)?;
            let count = state.count + 1;
            let Some(event) = state.events.get_mut(id).filter(|event| event.there) else {
                return Err(Error::new(Kind::Stale, doing).because("it is gone"));
            };
            if !event.tagged {
                return Err(Error::new(Kind::Refused, doing).because("it is somebody else's"));
            }
            (event.block, event.changed) = (made(id.clone(), draft), count);
            state.count = count;
            state.writes += 1;
            Ok(())
        })
    }

    async fn delete_block(&self, calendar: &ZoomCalendarId, id: &BlockId) -> Result<()> {
        let doing = "deleting a block";
        self.call("blocks delete", calendar, |state| {
            let count = state.count + 1;
            let Some(event) = state.events.get_mut(id).filter(|event| event.there) else {
                return Ok(());
            };
            if !event.tagged {
                return Err(Error::new(Kind::Refused, doing).because("it is somebody else's"));
            }
            (event.there, event.changed) = (false, count);
            state.count = count;
            state.writes += 1;
            Ok(())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

fn made(id: BlockId, draft: &BlockDraft) -> Block {
    Block {
        id,
        span: Some(draft.span),
        title: draft.title.clone(),
        intact: true,
    }
}
