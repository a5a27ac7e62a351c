//! Whether the time of events that are gone is given back to the booking page (promise 3): a feed
//! that suddenly has no events, or a folder that is not mounted, must not open a whole calendar.

use super::records::{Kept, Records, Standing};
use super::work::Work;
use crate::domain::busy::Busy;
use crate::domain::ids::{CalendarName, HostName, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::waiting::{About, Held, HeldAction};
use crate::engine::ledger::Batch;
use crate::engine::report::Trouble;
use crate::plan::guard::{self, Refusal};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// How many records are dropped in one batch.
const AT_ONCE: usize = 300;

/// An object that is gone, and the time that it blocked.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) href: Href,
    pub(super) spans: Vec<TimeSpan>,
    /// Where it blocks no time in the window: whether it does so after it.
    pub(super) later: bool,
}

/// What a source lost, and of how much.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// What is gone.
    pub(super) gone: Vec<Gone>,
    /// How many objects block time in the window, those that are gone included.
    pub(super) blocking: usize,
    /// How many objects that may block time, whenever, are still there.
    pub(super) there: usize,
}

impl Lost {
    /// Whether that is too much to believe.
    fn refusal(&self, standing: &Busy) -> Option<Refusal> {
        // Whose time is busy all the same frees nothing: an event that was moved to another object,
        // or a feed that gives its events new names each time.
        let frees = |gone: &&Gone| gone.spans.iter().any(|span| !covered(standing, *span));
        let freeing = self.gone.iter().filter(frees).count();
        let later = self.gone.iter().filter(|gone| gone.later).count();
        let expected = freeing.saturating_add(later);
        guard::freed(freeing, self.blocking)
            .or_else(|| guard::freed(expected, expected).filter(|_| self.there == 0))
    }
}

/// Judges what is gone from a source: forgets it, or holds it and says what therefore stays busy.
/// What is held stays held while time goes by and events are added; only a person, or events that
/// come back, end it.
pub(super) async fn judge(
    work: &Work<'_>,
    name: &CalendarName,
    standing: &Busy,
    lost: Lost,
) -> Result<Vec<TimeSpan>> {
    let held = work.records.held(&work.host.name, name)?;
    let shelf = work.records.shelf(name);
    let mut state = shelf.state()?;
    let missing = lost.gone.len();
    let frees = |gone: &Gone| gone.spans.iter().any(|span| !covered(standing, *span));
    let over = !lost.gone.iter().any(|gone| gone.later || frees(gone));
    let still = match &held {
        Some(held) if missing >= state.missing && !over => {
            Some(held.why.clone()).filter(|why| !why.is_empty())
        }
        Some(_) | None => None,
    };
    let refusal = still.or_else(|| lost.refusal(standing).map(|refusal| refusal.to_string()));
    let Lost { gone, .. } = lost;
    let missing = if refusal.is_some() { missing } else { 0 };
    if state.missing != missing {
        state.missing = missing;
        let mut batch = Batch::default();
        shelf.put_state(&mut batch, &state);
        shelf.commit(batch).await?;
    }
    let released = held.as_ref().is_some_and(|held| held.released);
    let freeing = gone.iter().filter(|gone| !gone.spans.is_empty()).count();
    match refusal.filter(|_| !released) {
        None => {
            if released && freeing > 0 {
                let why = format!("{freeing} events are gone, and a person said so");
                work.tally.done("free", "zoom", name, &why);
            }
            forget(work, name, &gone, held.as_ref()).await?;
            Ok(Vec::new())
        }
        Some(why) => {
            hold(work, name, held, &why).await?;
            work.tally.trouble(Trouble {
                doing: format!("reading busy time from the calendar {name}"),
                cause: why,
                hint: "their time stays busy; look with `slotbridge held list`, then `slotbridge \
                       held release ID` to give it back, or `slotbridge held drop ID` to keep it \
                       busy; events that come back end this by themselves"
                    .to_owned(),
            });
            work.tally.add(0, 0, 1);
            Ok(gone.into_iter().flat_map(|gone| gone.spans).collect())
        }
    }
}

fn covered(busy: &Busy, span: TimeSpan) -> bool {
    busy.cut_out_of(span).is_empty()
}

/// Forgets what is gone, together with what was held about it.
async fn forget(
    work: &Work<'_>,
    name: &CalendarName,
    gone: &[Gone],
    held: Option<&Held>,
) -> Result<()> {
    let shelf = work.records.shelf(name);
    for gone in gone.chunks(AT_ONCE) {
        let mut batch = Batch::default();
        for gone in gone {
            shelf.drop(&mut batch, &gone.href);
        }
        shelf.commit(batch).await?;
    }
    // Last: after a power cut in between, what a person released is still released.
    let mut batch = Batch::default();
    if let Some(held) = held {
        work.records.drop_held(&mut batch, held);
    }
    work.records.commit(batch).await
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

/// Keeps the time of everything that is gone from a calendar busy: a person does not want it back.
///
/// # Errors
/// When the state cannot be read or written.
pub(in crate::engine) async fn keep(
    base: &dyn Base,
    host: &HostName,
    calendar: &CalendarName,
) -> Result<()> {
    let shelf = Records::new(base, host).shelf(calendar);
    let mut state = shelf.state()?;
    state.missing = 0;
    let mut batch = Batch::default();
    shelf.put_state(&mut batch, &state);
    shelf.commit(batch).await?;
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        let mut batch = Batch::default();
        for (href, kept) in page {
            if kept.standing == Standing::Gone {
                let standing = Standing::Wanted;
                shelf.put(&mut batch, &href, &Kept { standing, ..kept });
            }
        }
        shelf.commit(batch).await?;
    }
}
