//! From what is kept of the sources to busy time: a page of objects at a time, so that memory
//! grows with busy time and not with what stands in the calendars. Following rules is work for the
//! processor, so it is done where that keeps nobody waiting, and within what a source is given.

use std::sync::Arc;

use super::echoes::{Echoes, Origin};
use super::own::Bookings;
use super::reading::{OneSource, Reading, Said};
use super::records::Shelf;
use super::removals;
use super::work::{Days, Work};
use crate::domain::busy::Busy;
use crate::domain::ids::Href;
use crate::domain::time_span::TimeSpan;
use crate::engine::tally::Count;
use crate::plan::certainty::Certainty;
use crate::plan::policy::BusyPolicy;
use crate::ports::error::{Error, Kind, Result};

/// How many spans are gathered before those that overlap become one.
const GATHERED: usize = 16 * 1024;

/// Busy time, and how sure it is.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) busy: Busy,
    pub(super) certainty: Certainty,
    /// Which objects it comes from, where that matters.
    pub(super) origins: Vec<Origin>,
}

/// Spans that are put together whenever there are many.
#[derive(Debug)]
pub(super) struct Spans {
    spans: Vec<TimeSpan>,
    /// How many there may be before those that overlap become one.
    limit: usize,
}

impl Default for Spans {
    fn default() -> Self {
        Self {
            spans: Vec::new(),
            limit: GATHERED,
        }
    }
}

/// Busy time out of everything that is kept. `echoes` are blocks that stand in Zoom: an event of
/// exactly such a span may be a copy of the block which lost its tag, and gets no buffers, so
/// that it never grows.
pub(super) async fn busy(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    echoes: &Echoes,
) -> Result<Wanted> {
    let mut all = Spans::default();
    let mut certainty = Certainty::Whole;
    let mut origins = Vec::new();
    let echoes = Arc::new(echoes.clone());
    let seen = work.order.bookings;
    let bookings = Bookings::of(work.sides.base.as_ref(), work.host, seen)?;
    for name in &policy.from {
        let shelf = work.records.shelf(name);
        if !shelf.state()?.whole {
            certainty = Certainty::PartlyUnknown;
        }
        let reading = Reading::of(name, policy, days, Arc::clone(&echoes));
        let found = match one_source(work, &bookings, &shelf, reading).await {
            Ok(found) => found,
            Err(error) if error.kind() == Kind::Malformed => {
                certainty = Certainty::PartlyUnknown;
                let doing = format!(
                    "reading busy time from the calendar {name}: {}",
                    error.doing()
                );
                let error = Error::new(Kind::Malformed, doing)
                    .because(error.cause())
                    .hint(error.remedy().unwrap_or_default());
                work.failed(&error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if found.in_doubt {
            certainty = Certainty::PartlyUnknown;
        }
        origins.extend(found.origins);
        let standing = found.standing.merged();
        all.extend(standing.spans().iter().copied());
        all.extend(removals::judge(work, name, &standing, found.lost).await?);
    }
    let inside = all.merged();
    let inside = inside.spans().iter().copied();
    let window = days.window;
    Ok(Wanted {
        busy: Busy::of(inside.filter(|span| window.shows(span.start, span.end))),
        certainty,
        origins,
    })
}

async fn one_source(
    work: &Work<'_>,
    bookings: &Bookings<'_>,
    shelf: &Shelf<'_>,
    mut reading: Reading,
) -> Result<OneSource> {
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            return Ok(reading.found);
        };
        after = Some(last.clone());
        let mut known = Vec::with_capacity(page.len());
        for (href, kept) in page {
            let own = bookings.own(&kept)?;
            known.push((href, kept, own));
        }
        reading = aside(move || reading.page(known)).await?;
        for said in reading.said.drain(..) {
            match said {
                Said::Seen => work.tally.count(Count::Seen),
                Said::Note(id, note) => work.tally.done("approximate", "calendar", &id, &note),
                Said::Wrong(trouble) => work.wrong(trouble),
            }
        }
    }
}

/// Does what keeps a processor busy where nobody waits for it, and waits for its end.
pub(super) async fn aside<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(job).await {
        Ok(done) => Ok(done),
        // A fault of ours must end neither the daemon nor the other sources.
        Err(error) if error.is_panic() => Err(Error::new(Kind::Malformed, "expanding its events")
            .because("the program failed on one of them")
            .hint(
                "please report it with `slotbridge sync -vv`; as long as it is so, no time is \
                 given back to the booking page",
            )),
        Err(error) => Err(Error::new(Kind::Local, "expanding busy time")
            .because(error)
            .hint("the program is ending; the next pass does it")),
    }
}

/// What an event is called in a report: enough to find its file or object, and not the whole
/// name, which often is the event's `UID`. A name that is no mere id may be a title: it is not
/// quoted at all.
pub(super) fn called(href: &Href) -> String {
    let name = href.as_str().trim_end_matches('/').rsplit('/').next();
    let beginning: String = name.unwrap_or_default().chars().take(8).collect();
    let is_id = beginning.len() == 8
        && beginning.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        && beginning.chars().any(|c| c.is_ascii_digit());
    if is_id {
        format!("the event {beginning}…")
    } else {
        "an event".to_owned()
    }
}

impl Spans {
    /// Adds spans.
    pub(super) fn extend(&mut self, spans: impl IntoIterator<Item = TimeSpan>) {
        for span in spans {
            self.spans.push(span);
            if self.spans.len() >= self.limit {
                self.spans = self.merged().spans().to_vec();
                // Where little overlaps, merging again soon would be for nothing.
                self.limit = GATHERED.max(self.spans.len().saturating_mul(2));
            }
        }
    }

    /// Those that overlap or touch as one.
    pub(super) fn merged(&self) -> Busy {
        Busy::of(self.spans.iter().copied())
    }
}
