//! The calendar in memory on the bench.

use std::sync::Arc;

use async_trait::async_trait;
use slotbridge::adapters::memory::calendar::{Keeping, MemoryCalendar, Tracking};
use slotbridge::domain::ids::Href;
use slotbridge::ports::calendar::Calendar;

use crate::bench::Bench;

pub struct Memory(Arc<MemoryCalendar>);

pub async fn with_cursor() -> Memory {
    Memory(Arc::new(MemoryCalendar::new(
        Tracking::Cursor,
        Keeping::Verbatim,
    )))
}

pub async fn rewriting() -> Memory {
    Memory(Arc::new(MemoryCalendar::new(
        Tracking::Tags,
        Keeping::Rewritten,
    )))
}

#[async_trait]
impl Bench for Memory {
    fn calendar(&self) -> Arc<dyn Calendar> {
        self.0.clone()
    }

    async fn put_raw(&self, name: &str, bytes: &[u8]) {
        self.0.put_raw(&Href::new(name), bytes);
    }

    async fn raw(&self, name: &str) -> Option<Vec<u8>> {
        self.0.raw(&Href::new(name))
    }

    async fn remove(&self, name: &str) {
        self.0.remove(&Href::new(name));
    }
}
