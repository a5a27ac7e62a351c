//! One source from its kept objects to spans. It waits for nothing, so that it can be done aside.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::expanding::{Spans, called};
use super::records::{Kept, Standing};
use super::removals::{Gone, Lost};
use super::work::Days;
use crate::domain::busy::{Buffers, Busy};
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
    /// Of objects that are gone.
    pub(super) lost: Lost,
}

/// One source while it is read.
pub(super) struct Reading {
    name: CalendarName,
    window: Window,
    zone: TimeZone,
    emails: Vec<String>,
    buffers: Buffers,
    echoes: Arc<BTreeSet<TimeSpan>>,
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
        echoes: Arc<BTreeSet<TimeSpan>>,
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
    pub(super) fn page(mut self, page: Vec<(Href, Kept)>) -> Self {
        for (href, kept) in page {
            #[cfg(test)]
            assert!(!href.as_str().contains(super::tests::FAILS), "as told");
            self.object(href, &kept);
        }
        self
    }

    fn object(&mut self, href: Href, kept: &Kept) {
        let is_there = kept.timing.is_some() && kept.standing == Standing::There;
        self.found.lost.there += usize::from(is_there);
        let spans = self.spans(&href, kept);
        if spans.is_empty() {
            if kept.standing == Standing::Gone {
                let later = self.blocks_later(kept);
                self.found.lost.gone.push(Gone { href, spans, later });
            }
            return;
        }
        let (echoes, buffers) = (Arc::clone(&self.echoes), self.buffers);
        let spans = spans.into_iter().map(|span| {
            if echoes.contains(&span) {
                span
            } else {
                buffers.around(span)
            }
        });
        // What a person kept busy is not in the calendar any more.
        self.found.lost.blocking += usize::from(kept.standing != Standing::Wanted);
        self.said.push(Said::Seen);
        match kept.standing {
            Standing::There | Standing::Wanted => self.found.standing.extend(spans),
            Standing::Gone => self.found.lost.gone.push(Gone {
                href,
                spans: Busy::of(spans).spans().to_vec(),
                later: false,
            }),
        }
    }

    /// Whether an object blocks time after the window, within [`LATER`].
    fn blocks_later(&mut self, kept: &Kept) -> bool {
        let viewer = Viewer {
            window: Window {
                from: self.window.to,
                to: plus(self.window.to, LATER),
            },
            zone: &self.zone,
            emails: &self.emails,
        };
        let found = kept
            .timing
            .as_ref()
            .map(|timing| occurrences_within(timing, &viewer, &mut self.budget));
        found.is_some_and(|found| found.is_ok_and(|found| !found.spans.is_empty()))
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
