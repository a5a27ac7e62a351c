//! The Zoom calendar: blocks as they are, as they are to be, and the steps between.

use std::collections::BTreeMap;

use super::echoes::{self, Echo, Echoes};
use super::expanding::Wanted;
use super::keeping::FULL_EVERY;
use super::records::{BlocksSince, KnownBlock, Records};
use super::steps;
use super::work::{Days, Work};
use crate::domain::block::Block;
use crate::domain::busy::{Buffers, Busy};
use crate::domain::ids::{BlockId, ZoomCalendarId};
use crate::domain::window::Window;
use crate::engine::ledger::Batch;
use crate::engine::report::Trouble;
use crate::plan;
use crate::plan::blocks::Stubborn;
use crate::plan::certainty::Certainty;
use crate::plan::policy::BusyPolicy;
use crate::ports::calendar::Coverage;
use crate::ports::error::{Error, Result};

/// The record of where the listing ended.
pub(super) const KIND: &str = "blocks";

/// How often in a row a block is put right that does not stay so: what Zoom makes of our words
/// is not fought for ever.
const REPAIRS: u8 = 3;

/// The blocks in Zoom, as they were listed.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) calendar: ZoomCalendarId,
    /// The window that was listed.
    window: Window,
    pub(super) known: BTreeMap<BlockId, KnownBlock>,
    /// The buffers that they were all written with.
    buffers: Option<(u64, u64)>,
}

/// How writing them ended.
#[derive(Debug)]
pub(super) enum Settled {
    /// They are as they are to be.
    Whole,
    /// Something was not done; why stands in the report.
    Partly,
    /// This calendar cannot be written.
    NotWritable(Error),
}

/// Lists what changed, or everything when that is due, and remembers it.
pub(super) async fn list(
    work: &Work<'_>,
    days: &Days,
    calendar: &ZoomCalendarId,
) -> Result<Listed> {
    let records = &work.records;
    let before: Option<BlocksSince> = records.only(KIND)?;
    let before = before.filter(|before| before.calendar == *calendar);
    let uncertain = records.is_creating()?;
    let since = before.as_ref().filter(|before| {
        // Whether an interrupted creation was done, only everything that is there can say.
        !uncertain
            && !work.order.full
            && work.now.duration_since(before.full) < FULL_EVERY
            && before.covers >= days.window.to
    });
    let token = since.and_then(|since| since.token.as_ref());
    // Blocks that were written when the window reached further are still ours to take away.
    let ahead = days.ahead();
    let asked = Window {
        to: before
            .as_ref()
            .map_or(ahead.to, |old| old.covers.max(ahead.to)),
        ..ahead
    };
    let zoom = &work.sides.zoom_calendar;
    let listed = zoom.blocks(calendar, asked, token).await?;
    let old: BTreeMap<BlockId, KnownBlock> = records.blocks()?.into_iter().collect();
    let mut known = if listed.coverage == Coverage::Full {
        BTreeMap::new()
    } else {
        old.clone()
    };
    for block in &listed.blocks {
        let before = old.get(&block.id);
        let mut now = KnownBlock::of(block, before);
        // As it was written: then the counting begins anew.
        if block.intact
            && before.is_some_and(|old| old.title == block.title)
            && now.asked == block.span
        {
            now.repairs = 0;
        }
        known.insert(block.id.clone(), now);
    }
    for id in &listed.gone {
        known.remove(id);
    }
    known.retain(|_, block| block.span.is_none_or(|span| span.end > days.window.from));
    let (full, covers) = match (listed.coverage, &before) {
        (Coverage::Since, Some(before)) => (before.full, before.covers),
        _ => (work.now, asked.to),
    };
    let since = BlocksSince {
        calendar: calendar.clone(),
        token: listed.next,
        full,
        covers,
        buffers: before.as_ref().and_then(|before| before.buffers),
    };
    let mut batch = Batch::default();
    for id in old.keys().filter(|id| !known.contains_key(*id)) {
        records.drop_block(&mut batch, id);
    }
    for (id, block) in known
        .iter()
        .filter(|(id, block)| old.get(*id) != Some(*block))
    {
        records.put_block(&mut batch, id, block);
    }
    if listed.coverage == Coverage::Full {
        records.finish_blocks(&mut batch)?;
    }
    if before.as_ref() != Some(&since) {
        records.put_only(&mut batch, KIND, &since);
    }
    records.commit(batch).await?;
    Ok(Listed {
        calendar: calendar.clone(),
        window: Window {
            from: days.window.from,
            to: covers,
        },
        known,
        buffers: since.buffers,
    })
}

impl Listed {
    /// Spans that may come back as events: those of blocks, as long as the buffers are the same
    /// as when they were written. When they change, every event gets the new ones. Blocks of other
    /// hosts may come round through a ring of calendars: those that have buffers of their own need
    /// no more. A block without any is as long as its event, which somebody else may have, too.
    pub(super) fn echoes(&self, work: &Work<'_>, buffers: Buffers) -> Result<Echoes> {
        echoes_of(&work.records, self.buffers, self.known.values(), buffers)
    }
}

/// The same, of the blocks as they were last seen.
pub(super) fn last_echoes(records: &Records<'_>, buffers: Buffers) -> Result<Echoes> {
    let since: Option<BlocksSince> = records.only(KIND)?;
    let written = since.and_then(|since| since.buffers);
    let known = records.blocks()?;
    echoes_of(
        records,
        written,
        known.iter().map(|(_, block)| block),
        buffers,
    )
}

fn echoes_of<'a>(
    records: &Records<'_>,
    written: Option<(u64, u64)>,
    known: impl IntoIterator<Item = &'a KnownBlock>,
    buffers: Buffers,
) -> Result<Echoes> {
    let mut echoes = Echoes::new();
    if buffers == Buffers::default() {
        return Ok(echoes);
    }
    let outdated = written != Some(seconds(buffers));
    for block in known {
        let from = block.from.clone();
        if let Some(span) = block.span {
            echoes.insert(span, Echo { from, outdated });
        }
    }
    for span in records.buffered_elsewhere()? {
        let echo = echoes.entry(span).or_default();
        echo.outdated = false;
    }
    Ok(echoes)
}

fn seconds(buffers: Buffers) -> (u64, u64) {
    (buffers.before.as_secs(), buffers.after.as_secs())
}

/// Makes the blocks what they are to be.
pub(super) async fn settle(
    work: &Work<'_>,
    policy: &BusyPolicy,
    listed: &Listed,
    wanted: &Wanted,
) -> Result<Settled> {
    let actual: Vec<Block> = listed
        .known
        .iter()
        .map(|(id, block)| shown(work, policy, id, block))
        .collect();
    let (desired, let_be) = plan::blocks::beside(&wanted.busy, &stubborn(listed));
    let all = actual.len();
    let actual: Vec<Block> = actual
        .into_iter()
        .filter(|block| !let_be.contains(&block.id))
        .collect();
    let steps = plan::blocks::decide(
        &desired,
        &policy.title,
        &actual,
        listed.window,
        wanted.certainty,
    );
    let kept = all.saturating_sub(steps::touched(&steps));
    work.tally.add(0, kept as u64, 0);
    let settled = steps::run(work, listed, steps, policy.to).await?;
    echoes::remember(work, wanted).await?;
    if matches!(settled, Settled::Whole)
        && wanted.certainty == Certainty::Whole
        && listed.buffers != Some(seconds(policy.buffers))
        && let Some(since) = work.records.only::<BlocksSince>(KIND)?
    {
        let buffers = Some(seconds(policy.buffers));
        let mut batch = Batch::default();
        work.records
            .put_only(&mut batch, KIND, &BlocksSince { buffers, ..since });
        work.records.commit(batch).await?;
    }
    Ok(settled)
}

/// Blocks that were put right often enough.
fn stubborn(listed: &Listed) -> Vec<Stubborn> {
    let given_up = listed
        .known
        .iter()
        .filter(|(_, one)| one.repairs >= REPAIRS);
    let stubborn = given_up.filter_map(|(id, one)| {
        Some(Stubborn {
            id: id.clone(),
            asked: one.asked?,
            span: one.span?,
        })
    });
    stubborn.collect()
}

/// A block as the plan is to see it: one that Zoom does not keep as it is written is let be.
fn shown(work: &Work<'_>, policy: &BusyPolicy, id: &BlockId, known: &KnownBlock) -> Block {
    let given_up = known.repairs >= REPAIRS;
    if given_up {
        work.wrong(Trouble {
            doing: format!("writing the block {id} in Zoom"),
            cause: "Zoom does not keep it as it is written: its times, private, opaque, its title"
                .to_owned(),
            hint: "delete that event in Zoom; it is then written anew".to_owned(),
        });
    }
    Block {
        id: id.clone(),
        span: known.asked.filter(|_| given_up).or(known.span),
        title: if given_up {
            policy.title.clone()
        } else {
            known.title.clone()
        },
        intact: known.intact || given_up,
    }
}

/// Takes every block away, because busy time goes elsewhere now, or nowhere.
pub(super) async fn clear(work: &Work<'_>, days: &Days) -> Result<()> {
    let Some(before) = work.records.only::<BlocksSince>(KIND)? else {
        return Ok(());
    };
    let listed = list(work, days, &before.calendar).await?;
    let actual: Vec<Block> = listed
        .known
        .iter()
        .map(|(id, known)| Block {
            id: id.clone(),
            span: known.span,
            title: known.title.clone(),
            intact: known.intact,
        })
        .collect();
    let nothing = Busy::default();
    let steps = plan::blocks::decide(&nothing, "", &actual, listed.window, Certainty::Whole);
    let settled = steps::run(
        work,
        &listed,
        steps,
        crate::plan::policy::BusyTo::ZoomCalendar,
    )
    .await?;
    if matches!(settled, Settled::Whole) {
        forget(work).await?;
    }
    Ok(())
}

/// Forgets the calendar and its blocks.
pub(super) async fn forget(work: &Work<'_>) -> Result<()> {
    let mut batch = Batch::default();
    for (id, _) in work.records.blocks()? {
        work.records.drop_block(&mut batch, &id);
    }
    work.records.finish_blocks(&mut batch)?;
    work.records.drop_only(&mut batch, KIND);
    work.records.commit(batch).await
}
