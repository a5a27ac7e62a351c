//! Blocks in the Zoom calendar, as they were last seen.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::block::Block;
use crate::domain::ids::{SyncToken, ZoomCalendarId};
use crate::domain::time_span::TimeSpan;

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
    /// Digests of the objects that it was made from, less those that may be copies of a block.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub from: BTreeSet<u64>,
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
            from: before.map(|before| before.from.clone()).unwrap_or_default(),
        }
    }
}
