//! One source from its kept objects to spans. It waits for nothing, so that it can be done aside.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::echoes::{self, Echoes, Origin};
use super::expanding::{Spans, called};
use super::own::Own;
use super::records::{Kept, Standing};
use super::removals::{Freed, Lost};
use super::work::Days;
use crate::domain::busy::{Buffers, Timing};
use crate::domain::ids::{CalendarName, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;
use crate::engine::pass::plus;
use crate::engine::report::Trouble;
use crate::ical::busy::{Budget, Viewer, occurrences_within};
use crate::plan::policy::BusyPolicy;

/// How far after the window it counts that an event is gone.
const LATER: Duration = Duration::from_hours(366 * 24);

/// What one source says.
#[derive(Debug, Default)]
pub(super) struct OneSource {
    /// Of objects that are there.
    pub(super) standing: Spans,
    /// Of objects that are gone, or say something else than before.
    pub(super) lost: Lost,
    /// Where buffered time comes from.
    pub(super) origins: Vec<Origin>,
    /// Whether something stands there that may be an entry of one of the host's bookings.
    pub(super) in_doubt: bool,
}

/// One source while it is read.
pub(super) struct Reading {
    name: CalendarName,
    window: Window,
    zone: TimeZone,
    emails: Vec<String>,
    buffers: Buffers,
    echoes: Arc<Echoes>,
    budget: Budget,
    pub(super) found: OneSource,
    /// What is still to be told.
    pub(super) said: Vec<Said>,
}

/// What a report shall say of an object.
pub(super) enum Said {
    /// It was looked at.
    Seen,
    /// What it is called, and what is not exact about it.
    Note(String, String),
    /// What failed.
    Wrong(Trouble),
}

impl Reading {
    pub(super) fn of(
        name: &CalendarName,
        policy: &BusyPolicy,
        days: &Days,
        echoes: Arc<Echoes>,
    ) -> Self {
        Self {
            name: name.clone(),
            window: days.reaching(policy),
            zone: days.zone.clone(),
            emails: policy.emails.clone(),
            buffers: policy.buffers,
            echoes,
            budget: Budget::default(),
            found: OneSource::default(),
            said: Vec::new(),
        }
    }

    /// Takes some objects along.
    pub(super) fn page(mut self, page: Vec<(Href, Kept, Own)>) -> Self {
        for (href, kept, own) in page {
            #[cfg(test)]
            assert!(
                kept.standing == Standing::Gone || !href.as_str().contains(super::tests::FAILS),
                "as told"
            );
            self.object(href, &kept, &own);
        }
        self
    }

    fn object(&mut self, href: Href, kept: &Kept, own: &Own) {
        let mut now = self.spans(&href, kept);
        now.retain(|span| !own.agreed.contains(span));
        if own.ours && kept.standing == Standing::Gone {
            now.clear();
        }
        if own.in_doubt && kept.standing == Standing::There && !now.is_empty() {
            self.found.in_doubt = true;
            now.clear();
        }
        let origin = echoes::origin(&self.name, &href);
        let now = self.with_buffers(origin, now);
        let was = kept.was.as_ref();
        let was_wanted = was.is_some_and(|was| was.wanted);
        let was = was.map(|was| {
            if own.ours {
                return Vec::new();
            }
            let spans = self.expanded(&was.timing, self.window);
            self.with_buffers(origin, spans)
        });
        let lost = &mut self.found.lost;
        let may_block = kept.timing.is_some() && !own.ours;
        lost.there += usize::from(may_block && kept.standing == Standing::There);
        let blocks = !now.is_empty();
        if blocks {
            self.said.push(Said::Seen);
        }
        match kept.standing {
            Standing::There => {
                lost.left += usize::from(blocks);
                lost.blocking += usize::from(blocks);
                if blocks {
                    self.found.standing.extend(now);
                }
                let Some(spans) = was else { return };
                if was_wanted {
                    lost.wanted.push(Freed::of(href, spans, false));
                    return;
                }
                lost.blocking += usize::from(!blocks && !spans.is_empty());
                let later = spans.is_empty()
                    && kept.timing.is_none()
                    && !own.ours
                    && self.blocks_later(kept);
                let freed = Freed::of(href, spans, later);
                let freed = if blocks {
                    freed.still_blocking()
                } else {
                    freed
                };
                self.found.lost.freed.push(freed);
            }
            Standing::Gone => {
                let spans: Vec<TimeSpan> = now.into_iter().chain(was.unwrap_or_default()).collect();
                lost.blocking += usize::from(!spans.is_empty());
                let later = spans.is_empty() && !own.ours && self.blocks_later(kept);
                self.found.lost.freed.push(Freed::of(href, spans, later));
            }
            // What a person kept busy is not in the calendar any more.
            Standing::Wanted => {
                let later = !blocks && self.blocks_later(kept);
                self.found.lost.wanted.push(Freed::of(href, now, later));
            }
        }
    }

    fn with_buffers(&mut self, origin: u64, spans: Vec<TimeSpan>) -> Vec<TimeSpan> {
        let origins = &mut self.found.origins;
        echoes::around(spans, origin, self.buffers, &self.echoes, origins)
    }

    /// Whether an object blocked time after the window, within [`LATER`].
    fn blocks_later(&mut self, kept: &Kept) -> bool {
        let window = Window {
            from: self.window.to,
            to: plus(self.window.to, LATER),
        };
        let was = kept.was.as_ref().map(|was| &was.timing);
        let said = [kept.timing.as_ref(), was];
        said.into_iter()
            .flatten()
            .any(|timing| !self.expanded(timing, window).is_empty())
    }

    /// When something blocks time, without a word about what is wrong with it.
    fn expanded(&mut self, timing: &Timing, window: Window) -> Vec<TimeSpan> {
        let viewer = Viewer {
            window,
            zone: &self.zone,
            emails: &self.emails,
        };
        let found = occurrences_within(timing, &viewer, &mut self.budget);
        found.map(|found| found.spans).unwrap_or_default()
    }

    /// When one object blocks time, as far as it is known, and what is to be said about it.
    fn spans(&mut self, href: &Href, kept: &Kept) -> Vec<TimeSpan> {
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
            let hint = format!("{remedy}; {in_force}, the others are not affected");
            self.wrong("reading", href, cause.clone(), &hint);
        }
        let Some(timing) = &kept.timing else {
            return Vec::new();
        };
        let viewer = Viewer {
            window: self.window,
            zone: &self.zone,
            emails: &self.emails,
        };
        match occurrences_within(timing, &viewer, &mut self.budget) {
            Ok(found) => {
                let notes = found.notes.into_iter();
                self.said
                    .extend(notes.map(|note| Said::Note(called(href), note)));
                // What is gone cannot be repaired any more.
                if kept.standing == Standing::There {
                    let begins = found.begins;
                    let begins = begins.map(|day| format!(", which begins on {day},"));
                    let hint = format!(
                        "open that event{} in its calendar, set what is named anew and save it, or \
                         delete it; all else counts",
                        begins.unwrap_or_default()
                    );
                    for failure in found.failures {
                        self.wrong("expanding", href, failure, &hint);
                    }
                }
                found.spans
            }
            Err(broken) => {
                let hint = "look at that event; `slotbridge sync --full` reads it again";
                self.wrong("expanding", href, broken.to_string(), hint);
                Vec::new()
            }
        }
    }

    fn wrong(&mut self, doing: &str, href: &Href, cause: String, hint: &str) {
        self.said.push(Said::Wrong(Trouble {
            doing: format!("{doing} {} of the calendar {}", called(href), self.name),
            cause,
            hint: hint.to_owned(),
        }));
    }
}
