//! Does what was planned for the blocks, one after the other, each committed.
//!
//! A creation in Zoom cannot be made conditional. So it is written down before it is asked for;
//! where its end is not known, the next pass lists everything before it creates anything.

use std::collections::BTreeSet;

use tracing::Instrument as _;

use super::blocks::{Listed, Settled};
use super::records::KnownBlock;
use super::work::Work;
use crate::domain::block::{Block, BlockDraft};
use crate::domain::ids::BlockId;
use crate::domain::time_span::TimeSpan;
use crate::engine::acting::action;
use crate::engine::ledger::Batch;
use crate::engine::tally::{Count, GoOn};
use crate::plan::blocks::BlockStep;
use crate::plan::policy::BusyTo;
use crate::ports::error::{Error, Kind, Result};

const NEW: &str = "busy in a calendar";
const CHANGED: &str = "not as it is to be";
const FREE: &str = "busy in no calendar any more";

/// How many blocks the steps begin from.
pub(super) fn touched(steps: &[BlockStep]) -> usize {
    let begins = |step: &&BlockStep| !matches!(step, BlockStep::Create(_));
    steps.iter().filter(begins).count()
}

/// What a pass over the steps carries with it.
struct Run<'a> {
    work: &'a Work<'a>,
    listed: &'a Listed,
    /// Spans that are to be busy and could not be made so: no block over them is deleted.
    open: Vec<TimeSpan>,
    whole: bool,
}

/// Does the steps in their order. One that fails stops only itself, and what would open the time
/// that it was to close.
pub(super) async fn run(
    work: &Work<'_>,
    listed: &Listed,
    steps: Vec<BlockStep>,
    to: BusyTo,
) -> Result<Settled> {
    let mut run = Run {
        work,
        listed,
        open: Vec::new(),
        whole: true,
    };
    for step in steps {
        if work.stopped() {
            return Ok(Settled::Partly);
        }
        let span = match &step {
            BlockStep::Create(draft) | BlockStep::Change { draft, .. } => Some(draft.span),
            BlockStep::Delete { .. } => None,
        };
        let creates = matches!(step, BlockStep::Create(_));
        match run.step(step).await {
            Ok(()) => {}
            Err(error) if error.kind() == Kind::State => return Err(error),
            Err(error) if creates && to == BusyTo::Auto && error.kind() == Kind::Denied => {
                return Ok(Settled::NotWritable(error));
            }
            Err(error) => {
                run.whole = false;
                run.open.extend(span);
                if work.failed(&error) == GoOn::No {
                    break;
                }
            }
        }
    }
    Ok(if run.whole {
        Settled::Whole
    } else {
        Settled::Partly
    })
}

impl Run<'_> {
    async fn step(&mut self, step: BlockStep) -> Result<()> {
        match step {
            BlockStep::Create(draft) => {
                let span = action("create", "zoom", &local(draft.span));
                self.create(&draft).instrument(span).await
            }
            BlockStep::Change { id, draft } => {
                let span = action("update", "zoom", &id);
                self.change(&id, &draft).instrument(span).await
            }
            BlockStep::Delete { id } => {
                let span = action("delete", "zoom", &id);
                self.delete(&id).instrument(span).await
            }
        }
    }

    async fn create(&self, draft: &BlockDraft) -> Result<()> {
        let (work, records) = (self.work, &self.work.records);
        if work.order.dry_run {
            self.done("create", Count::Created, &local(draft.span), NEW);
            return Ok(());
        }
        let mut batch = Batch::default();
        records.begin_block(&mut batch, draft);
        records.commit(batch).await?;
        let created = work
            .sides
            .zoom_calendar
            .create_block(&self.listed.calendar, draft)
            .await;
        let mut batch = Batch::default();
        match created {
            Ok(id) => {
                records.put_block(&mut batch, &id, &as_written(draft, 0));
                records.finish_block(&mut batch, draft);
                records.commit(batch).await?;
                self.done("create", Count::Created, id.as_str(), NEW);
                Ok(())
            }
            Err(error) => {
                if was_not_done(&error) {
                    records.finish_block(&mut batch, draft);
                    records.commit(batch).await?;
                }
                Err(error)
            }
        }
    }

    async fn change(&self, id: &BlockId, draft: &BlockDraft) -> Result<()> {
        let (work, records) = (self.work, &self.work.records);
        let Some(now) = self.look(id).await? else {
            // A person deleted it meanwhile, or made it theirs.
            return self.create(draft).await;
        };
        if now.is_as(draft) {
            return Ok(());
        }
        if !work.order.dry_run {
            let zoom = &work.sides.zoom_calendar;
            zoom.change_block(&self.listed.calendar, id, draft).await?;
            let known = self.listed.known.get(id);
            let repairs = known
                .filter(|known| known.asked == Some(draft.span))
                .map_or(0, |known| known.repairs.saturating_add(1));
            let mut batch = Batch::default();
            records.put_block(&mut batch, id, &as_written(draft, repairs));
            records.commit(batch).await?;
        }
        self.done("update", Count::Updated, id.as_str(), CHANGED);
        Ok(())
    }

    async fn delete(&mut self, id: &BlockId) -> Result<()> {
        let (work, records) = (self.work, &self.work.records);
        let known = self.listed.known.get(id).and_then(|known| known.span);
        let opens = |span: &TimeSpan| known.is_none_or(|known| known.overlaps(span));
        if self.open.iter().any(opens) {
            return Ok(());
        }
        let Some(now) = self.look(id).await? else {
            return Ok(());
        };
        if now.span != known {
            // Somebody moved it since it was listed: the next pass looks at it anew.
            self.whole = false;
            return Ok(());
        }
        if !work.order.dry_run {
            let zoom = &work.sides.zoom_calendar;
            zoom.delete_block(&self.listed.calendar, id).await?;
            let mut batch = Batch::default();
            records.drop_block(&mut batch, id);
            records.commit(batch).await?;
        }
        self.done("delete", Count::Deleted, id.as_str(), FREE);
        Ok(())
    }

    /// The block as it is now; one that is gone, or not ours any more, is forgotten.
    async fn look(&self, id: &BlockId) -> Result<Option<Block>> {
        let (work, records) = (self.work, &self.work.records);
        let now = work
            .sides
            .zoom_calendar
            .block(&self.listed.calendar, id)
            .await?;
        let mut batch = Batch::default();
        match &now {
            None => records.drop_block(&mut batch, id),
            Some(block) => {
                let known = self.listed.known.get(id);
                let now = KnownBlock::of(block, known);
                if known != Some(&now) {
                    records.put_block(&mut batch, id, &now);
                }
            }
        }
        records.commit(batch).await?;
        Ok(now)
    }

    fn done(&self, verb: &'static str, count: Count, id: &str, why: &str) {
        self.work.tally.count(count);
        self.work.tally.done(verb, "zoom", id, why);
    }
}

/// A block as it stands there once it was written.
fn as_written(draft: &BlockDraft, repairs: u8) -> KnownBlock {
    KnownBlock {
        span: Some(draft.span),
        title: draft.title.clone(),
        intact: true,
        repairs,
        asked: Some(draft.span),
        from: BTreeSet::new(),
    }
}

/// A block that has no id yet: its times, which Zoom is told anyway.
fn local(span: TimeSpan) -> String {
    span.text()
}

/// Whether a failed creation surely left nothing behind.
fn was_not_done(error: &Error) -> bool {
    match error.kind() {
        Kind::Unreachable
        | Kind::Denied
        | Kind::Refused
        | Kind::Missing
        | Kind::Stale
        | Kind::Throttled { .. } => true,
        Kind::Transient | Kind::Malformed | Kind::Local | Kind::State => false,
    }
}
