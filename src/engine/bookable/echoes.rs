//! Events that may be copies of our own blocks, and which objects a block was made from.
//!
//! An event of just the span of a block may be a copy of it that lost its tag: with buffers it would
//! grow each time it goes round. So it gets none, unless the block was made from this very object:
//! then a person gave their event just that length.

use std::collections::{BTreeMap, BTreeSet};

use super::expanding::Wanted;
use super::work::Work;
use crate::domain::busy::{Buffers, Busy};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{CalendarName, Href};
use crate::domain::time_span::TimeSpan;
use crate::engine::ledger::Batch;
use crate::ports::error::Result;

/// How many objects are remembered of one block.
const MOST: usize = 64;

/// Spans of blocks that stand in Zoom.
pub(super) type Echoes = BTreeMap<TimeSpan, Echo>;

/// A span that an event may be a copy of.
#[derive(Clone, Debug, Default)]
pub(super) struct Echo {
    /// The objects that the block was made from.
    pub(super) from: BTreeSet<u64>,
    /// It was written with other buffers than those of now: every event gets the new ones.
    pub(super) outdated: bool,
}

/// Time with its buffers, and the object that it comes from.
pub(super) type Origin = (TimeSpan, u64);

/// A digest of an object's name.
pub(super) fn origin(calendar: &CalendarName, href: &Href) -> u64 {
    let print = Fingerprint::of([calendar.as_str(), href.as_str()]);
    let digits = print.as_str().get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default()
}

/// Adds the buffers to the time of an object, but to what may be a copy of a block, and notes where
/// what is surely no copy comes from.
pub(super) fn around(
    spans: Vec<TimeSpan>,
    origin: u64,
    buffers: Buffers,
    echoes: &Echoes,
    origins: &mut Vec<Origin>,
) -> Vec<TimeSpan> {
    if buffers == Buffers::default() {
        return spans;
    }
    let spans = spans.into_iter().map(|span| {
        let echo = echoes.get(&span);
        let echo = echo.filter(|echo| !echo.from.contains(&origin));
        let around = buffers.around(span);
        match echo {
            Some(echo) if echo.outdated => around,
            Some(_) => span,
            None => {
                origins.push((around, origin));
                around
            }
        }
    });
    spans.collect()
}

/// Remembers of each block which objects it was made from.
pub(super) async fn remember(work: &Work<'_>, wanted: &Wanted) -> Result<()> {
    let origins = by_span(&wanted.busy, &wanted.origins);
    let mut batch = Batch::default();
    for (id, mut block) in work.records.blocks()? {
        let span = block.asked.or(block.span);
        let from = span.and_then(|span| origins.get(&span));
        let from = from.cloned().unwrap_or_default();
        if block.from != from {
            block.from = from;
            work.records.put_block(&mut batch, &id, &block);
        }
    }
    work.records.commit(batch).await
}

fn by_span(busy: &Busy, origins: &[Origin]) -> BTreeMap<TimeSpan, BTreeSet<u64>> {
    let spans = busy.spans();
    let mut all: BTreeMap<TimeSpan, BTreeSet<u64>> = BTreeMap::new();
    for (span, origin) in origins {
        let at = spans.partition_point(|busy| busy.end <= span.start);
        let Some(block) = spans.get(at).filter(|block| block.overlaps(span)) else {
            continue;
        };
        let from = all.entry(*block).or_default();
        if from.len() < MOST {
            from.insert(*origin);
        }
    }
    all
}
