//! Whether the time of events that are gone, or were changed, is given back to the booking page
//! (promise 3): a feed that suddenly has no events, or a folder that is not mounted, must not open
//! a whole calendar.

use super::records::{Kept, Records, Shelf, Standing, Was};
use super::work::Work;
use crate::domain::busy::Busy;
use crate::domain::ids::{CalendarName, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::waiting::{About, Held, HeldAction};
use crate::engine::ledger::Batch;
use crate::engine::report::Trouble;
use crate::plan::guard::{self, Freeing};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// How many records are dropped in one batch.
const AT_ONCE: usize = 300;

/// An object that is gone or was changed, and the time that it blocked before.
#[derive(Debug)]
pub(super) struct Freed {
    href: Href,
    pub(super) spans: Vec<TimeSpan>,
    /// Where it blocked no time in the window: whether it did so after it.
    later: bool,
    /// It was moved or made shorter: that is a person's everyday work.
    still_blocks: bool,
}

/// What a source lost, and of how much.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// What is gone or was changed.
    pub(super) freed: Vec<Freed>,
    /// What is gone or was changed, and stays busy because a person said so.
    pub(super) wanted: Vec<Freed>,
    /// How many objects blocked time in the window, those that are gone included.
    pub(super) blocking: usize,
    /// How many block time in the window now.
    pub(super) left: usize,
    /// How many objects that may block time, whenever, are still there.
    pub(super) there: usize,
}

impl Freed {
    pub(super) fn of(href: Href, spans: Vec<TimeSpan>, later: bool) -> Self {
        Self {
            href,
            spans: Busy::of(spans).spans().to_vec(),
            later,
            still_blocks: false,
        }
    }

    /// It blocks other time in place of this.
    pub(super) fn still_blocking(mut self) -> Self {
        self.still_blocks = true;
        self
    }

    /// Whether any of its time would be free. Whose time is busy all the same frees nothing: an
    /// event that was moved to another object, or a feed that gives its events new names each time.
    fn frees(&self, standing: &Busy) -> bool {
        let open = |span: &TimeSpan| !standing.cut_out_of(*span).is_empty();
        self.spans.iter().any(open)
    }

    fn is_over(&self) -> bool {
        self.spans.is_empty() && !self.later
    }
}

/// Judges what a source lost: forgets it, or holds it. Gives the time that stays busy because of
/// that. What is held stays held while time goes by and events are added or come back; only a
/// person, or the last of the events that comes back, ends it.
pub(super) async fn judge(
    work: &Work<'_>,
    name: &CalendarName,
    standing: &Busy,
    lost: Lost,
) -> Result<Vec<TimeSpan>> {
    let shelf = work.records.shelf(name);
    let mut busy = wanted(work, name, &shelf, lost.wanted).await?;
    let standing = Busy::of(standing.spans().iter().chain(&busy).copied());
    let (moved, freed): (Vec<Freed>, Vec<Freed>) =
        lost.freed.into_iter().partition(|one| one.still_blocks);
    forget(&shelf, &moved).await?;
    let now = freed.iter().filter(|one| one.frees(&standing)).count();
    let later = freed.iter().filter(|one| one.later).count();
    let held = work
        .records
        .held(&work.host.name, name, HeldAction::FreeTime)?;
    let released = held.as_ref().is_some_and(|held| held.released);
    let what = Freeing {
        now,
        later,
        of: lost.blocking,
        left: lost.left,
        there: lost.there,
        feed: is_feed(work, name),
    };
    let still = held.as_ref().filter(|_| now + later > 0);
    let still = still.map(|held| held.why.clone());
    let still = still.filter(|why| !why.is_empty());
    let why = still.or_else(|| guard::freed(what).map(|refusal| refusal.to_string()));
    if let Some(why) = why.filter(|_| !released) {
        hold(work, name, held, &why).await?;
        work.tally.trouble(Trouble {
            doing: format!("reading busy time from the calendar {name}"),
            cause: why,
            hint: "their time stays busy; look with `slotbridge held list`, then `slotbridge held \
                   release ID` to give it back, or `slotbridge held drop ID` to keep it busy; \
                   when all of them come back, this ends by itself"
                .to_owned(),
        });
        work.tally.add(0, 0, 1);
        busy.extend(freed.into_iter().flat_map(|one| one.spans));
        return Ok(busy);
    }
    if released && now + later > 0 {
        let why = format!("{now} events are gone or changed, and a person said so");
        work.tally.done("free", "zoom", name, &why);
    }
    forget(&shelf, &freed).await?;
    // Last: after a power cut in between, what a person released is still released.
    let mut batch = Batch::default();
    if let Some(held) = held {
        work.records.drop_held(&mut batch, &held);
    }
    work.records.commit(batch).await?;
    Ok(busy)
}

fn is_feed(work: &Work<'_>, name: &CalendarName) -> bool {
    let mut sources = work.sides.sources.iter();
    let source = sources.find(|(other, _)| other == name);
    source.is_some_and(|(_, source)| source.as_ref().is_ok_and(|source| source.is_feed()))
}

/// Forgets what was judged: objects that are gone, and what others said before.
async fn forget(shelf: &Shelf<'_>, freed: &[Freed]) -> Result<()> {
    for freed in freed.chunks(AT_ONCE) {
        let mut batch = Batch::default();
        for one in freed {
            match shelf.kept(&one.href)? {
                Some(kept) if kept.standing == Standing::There => {
                    shelf.put(&mut batch, &one.href, &Kept { was: None, ..kept });
                }
                Some(_) | None => shelf.drop(&mut batch, &one.href),
            }
        }
        shelf.commit(batch).await?;
    }
    Ok(())
}

/// What a person keeps busy: its time, as long as it is not over and they do not give it back.
async fn wanted(
    work: &Work<'_>,
    name: &CalendarName,
    shelf: &Shelf<'_>,
    wanted: Vec<Freed>,
) -> Result<Vec<TimeSpan>> {
    let held = work
        .records
        .held(&work.host.name, name, HeldAction::KeptTime)?;
    let released = held.as_ref().is_some_and(|held| held.released);
    let (going, staying): (Vec<Freed>, Vec<Freed>) = wanted
        .into_iter()
        .partition(|one| released || one.is_over());
    if released {
        let why = "it was kept busy because a person said so, and is so no more";
        work.tally.done("free", "zoom", name, why);
    }
    forget(shelf, &going).await?;
    if let Some(held) = held.filter(|_| staying.is_empty()) {
        let mut batch = Batch::default();
        work.records.drop_held(&mut batch, &held);
        work.records.commit(batch).await?;
    }
    Ok(staying.into_iter().flat_map(|one| one.spans).collect())
}

async fn hold(work: &Work<'_>, name: &CalendarName, held: Option<Held>, why: &str) -> Result<()> {
    let about = About::Calendar(name.clone());
    let what = HeldAction::FreeTime;
    let before = held.as_ref().map(|held| held.why.clone());
    if before.is_none() {
        work.tally.done("hold", "zoom", name, why);
    }
    if before.as_deref() == Some(why) {
        return Ok(());
    }
    let held = held.unwrap_or_else(|| Held {
        id: Held::id_for(&work.host.name, &about, what),
        host: work.host.name.clone(),
        about,
        what,
        why: String::new(),
        since: work.now,
        released: false,
        doubted: false,
    });
    let mut batch = Batch::default();
    let why = why.to_owned();
    work.records.put_held(&mut batch, &Held { why, ..held });
    work.records.commit(batch).await
}

/// Keeps the time of everything that is gone from a calendar, or that was changed, busy: a person
/// does not want it back. That is listed as kept, so that it can be undone.
///
/// # Errors
/// When the state cannot be read or written.
pub(in crate::engine) async fn keep(
    base: &dyn Base,
    held: &Held,
    calendar: &CalendarName,
) -> Result<()> {
    let records = Records::new(base, &held.host);
    let shelf = records.shelf(calendar);
    let what = HeldAction::KeptTime;
    let kept = Held {
        id: Held::id_for(&held.host, &held.about, what),
        what,
        why: "a person said that it stays busy although its events are gone or were changed; \
              releasing it gives it back"
            .to_owned(),
        released: false,
        ..held.clone()
    };
    let mut batch = Batch::default();
    records.put_held(&mut batch, &kept);
    records.commit(batch).await?;
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        let mut batch = Batch::default();
        for (href, kept) in page {
            if let Some(kept) = kept_busy(kept) {
                shelf.put(&mut batch, &href, &kept);
            }
        }
        shelf.commit(batch).await?;
    }
}

/// The same object, with its time kept busy; `None` where there is nothing to keep.
fn kept_busy(kept: Kept) -> Option<Kept> {
    match (kept.standing, kept.was) {
        (Standing::Gone, was) => Some(Kept {
            standing: Standing::Wanted,
            timing: kept.timing.or_else(|| was.map(|was| was.timing)),
            was: None,
            ..kept
        }),
        (Standing::There, Some(was)) => Some(Kept {
            was: Some(Was {
                wanted: true,
                ..was
            }),
            ..kept
        }),
        (Standing::There | Standing::Wanted, _) => None,
    }
}
