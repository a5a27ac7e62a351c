//! Which blocks must be created, changed and deleted, and in which order (contract section 4).
//!
//! | a block of ours | a desired span | then |
//! |---|---|---|
//! | as it is to be | the same span | nothing |
//! | a second one for it | | deleted; the lowest id stays |
//! | other, overlapping | overlapping | changed |
//! | other | | deleted |
//! | | nothing there | created |
//! | ended before the listing begins | | left alone |
//! | one that Zoom keeps shorter than it is written | | left as it is, and a block for the rest |
//!
//! While only some sources are known (`Certainty::PartlyUnknown`), nothing is deleted, and what
//! is changed only grows.
//!
//! # Order
//! Time that is busy before and after is never open in between:
//! 1. Creations come first: they open nothing.
//! 2. A change opens at most what its block covered. It may go when each *other* desired span that
//!    the block overlaps is settled: covered by a block that is right already, was created, or
//!    was changed before. Where changes wait for each other in a ring, the ring is broken: a new
//!    block is created (in 1.) in place of a change, and the old one deleted (in 3.).
//! 3. Deletions come last, when every desired span has its block, so that they open none of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::certainty::Certainty;
use crate::domain::block::{Block, BlockDraft};
use crate::domain::busy::Busy;
use crate::domain::ids::BlockId;
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;

/// How many overlapping spans are looked at for one block; more only a hostile calendar has.
const CANDIDATES: usize = 16;

/// One write to the Zoom calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockStep {
    /// A new block.
    Create(BlockDraft),
    /// A block becomes what it is to be.
    Change {
        /// Which.
        id: BlockId,
        /// What it becomes.
        draft: BlockDraft,
    },
    /// A block that nothing wants.
    Delete {
        /// Which.
        id: BlockId,
    },
}

/// A change that a block and a desired span were paired for.
struct Pair<'a> {
    block: &'a Block,
    wanted: usize,
    draft: BlockDraft,
}

/// Decides what makes the blocks in Zoom what they are to be. Neither order of input matters.
///
/// `listed` is the window that `actual` was listed for: spans outside it are not created, because
/// their blocks, if any, were not shown.
#[must_use]
pub fn decide(
    desired: &Busy,
    title: &str,
    actual: &[Block],
    listed: Window,
    certain: Certainty,
) -> Vec<BlockStep> {
    let spans = desired.spans();
    let draft = |span: TimeSpan| BlockDraft {
        span,
        title: title.to_owned(),
    };
    let (settled, mut rest) = match_exactly(spans, title, &in_order(actual, listed));
    let mut pairs = pair(spans, &settled, &rest, &draft);
    let (paired, taken): (BTreeSet<usize>, BTreeSet<&BlockId>) = pairs
        .iter()
        .map(|pair| (pair.wanted, &pair.block.id))
        .unzip();
    rest.retain(|block| !taken.contains(&block.id));
    let mut created: Vec<usize> = (0..spans.len())
        .filter(|wanted| !settled.contains(wanted) && !paired.contains(wanted))
        .filter(|wanted| {
            spans
                .get(*wanted)
                .is_some_and(|span| listed.shows(span.start, span.end))
        })
        .collect();
    let mut deleted: Vec<BlockId> = Vec::new();
    match certain {
        Certainty::Whole => deleted.extend(rest.iter().map(|block| block.id.clone())),
        Certainty::PartlyUnknown => pairs.retain_mut(|pair| {
            grow(pair);
            !pair.block.is_as(&pair.draft)
        }),
    }
    let good: BTreeSet<usize> = settled.into_iter().chain(created.iter().copied()).collect();
    let (ordered, ring) = in_safe_order(spans, pairs, good);
    for pair in ring {
        created.push(pair.wanted);
        deleted.push(pair.block.id.clone());
    }
    created.sort_unstable();
    deleted.sort_unstable();
    let creations = created
        .into_iter()
        .filter_map(|wanted| spans.get(wanted))
        .map(|span| BlockStep::Create(draft(*span)));
    let changes = ordered.into_iter().map(|pair| BlockStep::Change {
        id: pair.block.id.clone(),
        draft: pair.draft,
    });
    let deletions = deleted.into_iter().map(|id| BlockStep::Delete { id });
    creations.chain(changes).chain(deletions).collect()
}

/// A block that Zoom does not keep as it is written, however often that is put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stubborn {
    /// Which.
    pub id: BlockId,
    /// What it was to be.
    pub asked: TimeSpan,
    /// What Zoom makes of it.
    pub span: TimeSpan,
}

/// Lets stubborn blocks be that cover a part of what they were to cover, and says what is to be
/// covered besides them. One that covers none of it is no help: nothing is put beside it, or there
/// would be another one with each pass.
#[must_use]
pub fn beside(desired: &Busy, stubborn: &[Stubborn]) -> (Busy, BTreeSet<BlockId>) {
    let mut spans = desired.clone();
    let mut let_be = BTreeSet::new();
    loop {
        let next = stubborn.iter().find_map(|one| {
            let fits = !let_be.contains(&one.id) && spans.spans().contains(&one.asked);
            let rest = fits.then(|| rest(one))??;
            Some((one, rest))
        });
        let Some((one, rest)) = next else {
            return (spans, let_be);
        };
        let others = spans.spans().iter().filter(|span| **span != one.asked);
        spans = Busy::of(others.chain(rest.spans()).copied());
        let_be.insert(one.id.clone());
    }
}

/// What a stubborn block leaves open; `None` where it covers all of it, or nothing.
fn rest(one: &Stubborn) -> Option<Busy> {
    let (asked, real) = (one.asked, one.span);
    if !real.overlaps(&asked) || real.start >= real.end {
        return None;
    }
    let before = TimeSpan {
        start: asked.start,
        end: real.start,
    };
    let after = TimeSpan {
        start: real.end,
        end: asked.end,
    };
    let rest = Busy::of([before, after]);
    (!rest.spans().is_empty() && !rest.spans().contains(&asked)).then_some(rest)
}

/// The blocks that are looked at, each id once, in an order of their own.
fn in_order(actual: &[Block], listed: Window) -> Vec<&Block> {
    let mut blocks: Vec<&Block> = actual
        .iter()
        .filter(|block| block.span.is_none_or(|span| span.end > listed.from))
        .collect();
    blocks.sort_unstable_by(|a, b| {
        let key = |block: &Block| (block.span, block.intact);
        (&a.id, key(a), &a.title).cmp(&(&b.id, key(b), &b.title))
    });
    blocks.dedup_by(|a, b| a.id == b.id);
    blocks
}

/// The desired spans that have their block already, and the blocks that are left.
fn match_exactly<'a>(
    spans: &[TimeSpan],
    title: &str,
    blocks: &[&'a Block],
) -> (BTreeSet<usize>, Vec<&'a Block>) {
    let mut settled = BTreeSet::new();
    let mut rest = Vec::new();
    for block in blocks {
        let wanted = block
            .span
            .filter(|_| block.intact && block.title == title)
            .and_then(|span| spans.binary_search(&span).ok());
        if wanted.is_none_or(|wanted| !settled.insert(wanted)) {
            rest.push(*block);
        }
    }
    (settled, rest)
}

/// Pairs blocks with spans that they overlap, the largest overlap first; between equal ones the
/// earlier span and the lower id decide. In the order of the spans.
fn pair<'a>(
    spans: &[TimeSpan],
    settled: &BTreeSet<usize>,
    rest: &[&'a Block],
    draft: &impl Fn(TimeSpan) -> BlockDraft,
) -> Vec<Pair<'a>> {
    let mut offers: Vec<(SignedDuration, usize, &'a Block)> = Vec::new();
    for block in rest {
        let Some(span) = block.span else { continue };
        let mut own: Vec<_> = overlapped(spans, span)
            .filter(|(wanted, _)| !settled.contains(wanted))
            .map(|(wanted, other)| (overlap(span, other), wanted, *block))
            .collect();
        own.sort_unstable_by_key(|(size, wanted, _)| (std::cmp::Reverse(*size), *wanted));
        offers.extend(own.into_iter().take(CANDIDATES));
    }
    offers.sort_unstable_by(|a, b| b.0.cmp(&a.0).then((a.1, &a.2.id).cmp(&(b.1, &b.2.id))));
    let mut pairs: BTreeMap<usize, Pair<'a>> = BTreeMap::new();
    let mut taken: BTreeSet<&BlockId> = BTreeSet::new();
    for (_, wanted, block) in offers {
        let Some(span) = spans.get(wanted) else {
            continue;
        };
        if pairs.contains_key(&wanted) || !taken.insert(&block.id) {
            continue;
        }
        let draft = draft(*span);
        pairs.insert(
            wanted,
            Pair {
                block,
                wanted,
                draft,
            },
        );
    }
    pairs.into_values().collect()
}

/// The draft covers all that the block covers, too.
fn grow(pair: &mut Pair<'_>) {
    if let Some(span) = pair.block.span {
        let wanted = &mut pair.draft.span;
        wanted.start = wanted.start.min(span.start);
        wanted.end = wanted.end.max(span.end);
    }
}

/// Changes in an order in which none opens time that is wanted, and those for which there is no
/// such order. Forwards and then backwards settles whatever moved as a whole, later or earlier.
fn in_safe_order<'a>(
    spans: &[TimeSpan],
    pairs: Vec<Pair<'a>>,
    mut good: BTreeSet<usize>,
) -> (Vec<Pair<'a>>, Vec<Pair<'a>>) {
    let mut changed = Vec::new();
    let mut waiting = pairs;
    for _ in 0..2 {
        let mut still = Vec::new();
        for pair in waiting {
            if opens_nothing(spans, &pair, &good) {
                good.insert(pair.wanted);
                changed.push(pair);
            } else {
                still.push(pair);
            }
        }
        still.reverse();
        waiting = still;
    }
    (changed, waiting)
}

fn opens_nothing(spans: &[TimeSpan], pair: &Pair<'_>, good: &BTreeSet<usize>) -> bool {
    let Some(old) = pair.block.span else {
        return true;
    };
    let new = pair.draft.span;
    (new.start <= old.start && old.end <= new.end)
        || overlapped(spans, old).all(|(other, _)| other == pair.wanted || good.contains(&other))
}

/// The spans that one overlaps: they are in order and do not overlap each other.
fn overlapped(spans: &[TimeSpan], with: TimeSpan) -> impl Iterator<Item = (usize, TimeSpan)> {
    let first = spans.partition_point(|span| span.end <= with.start);
    spans
        .iter()
        .copied()
        .enumerate()
        .skip(first)
        .take_while(move |(_, span)| span.start < with.end)
        .filter(move |(_, span)| span.overlaps(&with))
}

fn overlap(a: TimeSpan, b: TimeSpan) -> SignedDuration {
    let (start, end) = (a.start.max(b.start), a.end.min(b.end));
    end.duration_since(start)
}

#[cfg(test)]
mod tests;
