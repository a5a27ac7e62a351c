//! From what is kept of the sources to busy time: a page of objects at a time, so that memory
//! grows with busy time and not with what stands in the calendars.

use std::collections::BTreeSet;
use std::time::Duration;

use super::records::{Kept, Shelf, Standing};
use super::removals::{self, Gone, Lost};
use super::work::{Days, Work};
use crate::domain::busy::Busy;
use crate::domain::ids::{CalendarName, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;
use crate::engine::pass::plus;
use crate::engine::report::Trouble;
use crate::engine::tally::Count;
use crate::ical::busy::{Viewer, occurrences};
use crate::plan::certainty::Certainty;
use crate::plan::policy::BusyPolicy;
use crate::ports::error::Result;

/// How far after the window it counts that an event is gone.
const LATER: Duration = Duration::from_hours(366 * 24);

/// How many spans are gathered before those that overlap become one.
const GATHERED: usize = 16 * 1024;

/// Busy time, and how sure it is.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) busy: Busy,
    pub(super) certainty: Certainty,
}

/// What one source says.
#[derive(Debug, Default)]
struct OneSource {
    /// Of objects that are there.
    standing: Spans,
    /// Of objects that are gone.
    lost: Lost,
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
    echoes: &BTreeSet<TimeSpan>,
) -> Result<Wanted> {
    let mut all = Spans::default();
    let mut certainty = Certainty::Whole;
    for name in &policy.from {
        let shelf = work.records.shelf(name);
        if !shelf.state()?.whole {
            certainty = Certainty::PartlyUnknown;
        }
        let found = one_source(work, policy, days, echoes, name).await?;
        let standing = found.standing.merged();
        let kept = removals::judge(work, name, &standing, found.lost).await?;
        all.extend(standing.spans().iter().copied());
        all.extend(kept);
    }
    let inside = all.merged();
    let inside = inside.spans().iter().copied();
    let window = days.window;
    Ok(Wanted {
        busy: Busy::of(inside.filter(|span| window.shows(span.start, span.end))),
        certainty,
    })
}

async fn one_source(
    work: &Work<'_>,
    policy: &BusyPolicy,
    days: &Days,
    echoes: &BTreeSet<TimeSpan>,
    name: &CalendarName,
) -> Result<OneSource> {
    let shelf: Shelf<'_> = work.records.shelf(name);
    let viewer = Viewer {
        window: days.reaching(policy),
        zone: &days.zone,
        emails: &policy.emails,
    };
    let mut source = OneSource::default();
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            return Ok(source);
        };
        after = Some(last.clone());
        for (href, kept) in page {
            let is_there = kept.timing.is_some() && kept.standing == Standing::There;
            source.lost.there += usize::from(is_there);
            let spans = of_object(work, &viewer, name, &href, &kept);
            if spans.is_empty() {
                if kept.standing == Standing::Gone {
                    let later = blocks_later(&viewer, &kept);
                    source.lost.gone.push(Gone { href, spans, later });
                }
                continue;
            }
            let spans = spans.into_iter().map(|span| {
                if echoes.contains(&span) {
                    span
                } else {
                    policy.buffers.around(span)
                }
            });
            // What a person kept busy is not in the calendar any more.
            source.lost.blocking += usize::from(kept.standing != Standing::Wanted);
            work.tally.count(Count::Seen);
            match kept.standing {
                Standing::There | Standing::Wanted => source.standing.extend(spans),
                Standing::Gone => source.lost.gone.push(Gone {
                    href,
                    spans: Busy::of(spans).spans().to_vec(),
                    later: false,
                }),
            }
        }
        // Somebody else may want the processor, too.
        tokio::task::yield_now().await;
    }
}

/// Whether an object blocks time after the window, within [`LATER`].
fn blocks_later(viewer: &Viewer<'_>, kept: &Kept) -> bool {
    let window = Window {
        from: viewer.window.to,
        to: plus(viewer.window.to, LATER),
    };
    let viewer = Viewer { window, ..*viewer };
    let found = kept
        .timing
        .as_ref()
        .map(|timing| occurrences(timing, &viewer));
    found.is_some_and(|found| found.is_ok_and(|found| !found.spans.is_empty()))
}

/// When one object blocks time, as far as it is known, and what is to be said about it.
fn of_object(
    work: &Work<'_>,
    viewer: &Viewer<'_>,
    name: &CalendarName,
    href: &Href,
    kept: &Kept,
) -> Vec<TimeSpan> {
    if let Some(cause) = &kept.broken {
        let in_force = if kept.timing.is_some() {
            "what it said before stays in force"
        } else {
            "its time is not known, and not busy"
        };
        let remedy = if kept.failures > 0 {
            "look at that event on its server; it is asked for again in each pass"
        } else {
            "repair or delete that event"
        };
        work.wrong(Trouble {
            doing: format!("reading {} of the calendar {name}", called(href)),
            cause: cause.clone(),
            hint: format!("{remedy}; {in_force}, the others are not affected"),
        });
    }
    let Some(timing) = &kept.timing else {
        return Vec::new();
    };
    match occurrences(timing, viewer) {
        Ok(found) => {
            for note in &found.notes {
                let id = called(href);
                work.tally.done("approximate", "calendar", &id, note);
            }
            found.spans
        }
        Err(broken) => {
            work.wrong(Trouble {
                doing: format!("expanding {} of the calendar {name}", called(href)),
                cause: broken.to_string(),
                hint: "look at that event; `slotbridge sync --full` reads it again".to_owned(),
            });
            Vec::new()
        }
    }
}

/// What an event is called in a report: enough to find its file or object, and not the whole
/// name, which often is the event's `UID`. A name that is no mere id may be a title: it is not
/// quoted at all.
pub(super) fn called(href: &Href) -> String {
    let beginning: String = href.as_str().chars().take(8).collect();
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
