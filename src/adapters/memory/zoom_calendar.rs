//! The host's primary Zoom calendar in memory: blocks, and events of others.

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

/// A Zoom calendar in memory.
pub struct MemoryZoomCalendar {
    state: Mutex<State>,
    faults: Arc<dyn Faults>,
    meter: Meter,
}

struct State {
    events: BTreeMap<BlockId, Event>,
    /// What was there, with the number of the change that took it away.
    removed: BTreeMap<BlockId, u64>,
    changes: u64,
    next: u64,
    /// Why there is no calendar to be found.
    missing: Option<Kind>,
    /// Why it cannot be written.
    read_only: Option<Kind>,
    with_tokens: bool,
    /// Tokens from before this change are refused.
    forgotten: u64,
    writes: u64,
}

/// An event of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is as a block.
    pub block: Block,
    /// Whether it bears our tag.
    pub tagged: bool,
    change: u64,
}

impl MemoryZoomCalendar {
    /// An empty calendar.
    #[must_use]
    pub fn new(faults: Arc<dyn Faults>) -> Self {
        Self {
            state: Mutex::new(State {
                events: BTreeMap::new(),
                removed: BTreeMap::new(),
                changes: 0,
                next: 0,
                missing: None,
                read_only: None,
                with_tokens: true,
                forgotten: 0,
                writes: 0,
            }),
            faults,
            meter: Meter::default(),
        }
    }

    /// It cannot be found from now on, or can again.
    pub fn set_missing(&self, kind: Option<Kind>) {
        self.state().missing = kind;
    }

    /// It cannot be written from now on, or can again.
    pub fn set_read_only(&self, kind: Option<Kind>) {
        self.state().read_only = kind;
    }

    /// Whether listings give a token to go on from.
    pub fn set_tokens(&self, with_tokens: bool) {
        self.state().with_tokens = with_tokens;
    }

    /// Every token given so far is refused from now on, and so gives a full listing.
    pub fn forget_tokens(&self) {
        let mut state = self.state();
        state.forgotten = state.changes + 1;
        state.changes += 1;
    }

    /// Somebody puts an event of their own there.
    pub fn put_foreign(&self, span: TimeSpan) -> BlockId {
        let mut state = self.state();
        let id = state.add(span, "Lunch", false);
        state.writes -= 1;
        id
    }

    /// Somebody changes an event.
    pub fn edit(&self, id: &BlockId, edit: impl FnOnce(&mut Event)) {
        let mut state = self.state();
        state.changes += 1;
        let change = state.changes;
        if let Some(event) = state.events.get_mut(id) {
            edit(event);
            event.change = change;
        }
    }

    /// Somebody deletes an event.
    pub fn delete(&self, id: &BlockId) {
        self.state().delete(id);
    }

    /// The blocks that stand there, in the order of their times.
    #[must_use]
    pub fn blocks_there(&self) -> Vec<Block> {
        let state = self.state();
        let ours = state.events.values().filter(|event| event.tagged);
        let mut blocks: Vec<Block> = ours.map(|event| event.block.clone()).collect();
        blocks.sort_by(|a, b| (a.span, &a.id).cmp(&(b.span, &b.id)));
        blocks
    }

    /// Events without our tag.
    #[must_use]
    pub fn foreign(&self) -> Vec<Event> {
        let state = self.state();
        let events = state.events.values().filter(|event| !event.tagged);
        events.cloned().collect()
    }

    /// How many writes came through the port.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around(&*self.faults, call, || {
            let mut state = self.state();
            match state.missing {
                Some(kind) => Err(Error::new(kind, call).because("there is no such calendar")),
                None => work(&mut state),
            }
        })
    }

    fn write<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.call(call, |state| match state.read_only {
            Some(kind) => Err(Error::new(kind, call).because("it cannot be written")),
            None => work(state),
        })
    }
}

impl State {
    fn add(&mut self, span: TimeSpan, title: &str, tagged: bool) -> BlockId {
        self.next += 1;
        self.changes += 1;
        self.writes += 1;
        let id = BlockId::new(format!("b{:04}", self.next));
        let block = Block {
            id: id.clone(),
            span: Some(span),
            title: title.to_owned(),
            intact: true,
        };
        let event = Event {
            block,
            tagged,
            change: self.changes,
        };
        self.events.insert(id.clone(), event);
        id
    }

    fn delete(&mut self, id: &BlockId) -> bool {
        self.changes += 1;
        let was_there = self.events.remove(id).is_some();
        if was_there {
            self.removed.insert(id.clone(), self.changes);
        }
        was_there
    }

    fn listed(&self, window: Window, since: Option<&SyncToken>) -> BlocksListed {
        let since = since
            .and_then(|token| token.as_str().parse::<u64>().ok())
            .filter(|since| *since >= self.forgotten);
        let next = self
            .with_tokens
            .then(|| SyncToken::new(self.changes.to_string()));
        let Some(since) = since else {
            let inside = self.events.values().filter(|event| {
                event.tagged
                    && event
                        .block
                        .span
                        .is_none_or(|span| window.shows(span.start, span.end))
            });
            return BlocksListed {
                coverage: Coverage::Full,
                blocks: inside.map(|event| event.block.clone()).collect(),
                gone: Vec::new(),
                next,
            };
        };
        let changed = self.events.values().filter(|event| event.change > since);
        let (ours, others): (Vec<&Event>, Vec<&Event>) = changed.partition(|event| event.tagged);
        let removed = self.removed.iter().filter(|(_, change)| **change > since);
        BlocksListed {
            coverage: Coverage::Since,
            blocks: ours.iter().map(|event| event.block.clone()).collect(),
            gone: others
                .iter()
                .map(|event| event.block.id.clone())
                .chain(removed.map(|(id, _)| id.clone()))
                .collect(),
            next,
        }
    }
}

#[async_trait]
impl ZoomCalendar for MemoryZoomCalendar {
    async fn primary(&self) -> Result<ZoomCalendarId> {
        self.call("zoom primary", |_| Ok(ZoomCalendarId::new("primary")))
    }

    async fn blocks(
        &self,
        _calendar: &ZoomCalendarId,
        window: Window,
        since: Option<&SyncToken>,
    ) -> Result<BlocksListed> {
        self.call("zoom blocks", |state| Ok(state.listed(window, since)))
    }

    async fn block(&self, _calendar: &ZoomCalendarId, id: &BlockId) -> Result<Option<Block>> {
        self.call("zoom block", |state| {
            let event = state.events.get(id).filter(|event| event.tagged);
            Ok(event.map(|event| event.block.clone()))
        })
    }

    async fn create_block(
        &self,
        _calendar: &ZoomCalendarId,
        draft: &BlockDraft,
    ) -> Result<BlockId> {
        self.write("zoom create", |state| {
            if draft.span.start >= draft.span.end {
                let error = Error::new(Kind::Refused, "creating a block");
                return Err(error.because("it has no length"));
            }
            Ok(state.add(draft.span, &draft.title, true))
        })
    }

    async fn change_block(
        &self,
        _calendar: &ZoomCalendarId,
        id: &BlockId,
        draft: &BlockDraft,
    ) -> Result<()> {
        self.write("zoom change", |state| {
            state.changes += 1;
            let change = state.changes;
            let Some(event) = state.events.get_mut(id) else {
                return Err(Error::new(Kind::Stale, "changing a block").because("it is gone"));
            };
            event.block.span = Some(draft.span);
            event.block.title.clone_from(&draft.title);
            event.block.intact = true;
            event.tagged = true;
            event.change = change;
            state.writes += 1;
            Ok(())
        })
    }

    async fn delete_block(&self, _calendar: &ZoomCalendarId, id: &BlockId) -> Result<()> {
        self.write("zoom delete", |state| {
            if state.delete(id) {
                state.writes += 1;
            }
            Ok(())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
