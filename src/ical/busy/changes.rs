//! The changed occurrences of a series: `RECURRENCE-ID`, alone or with `RANGE=THISANDFUTURE`.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::Written;
use super::event::Event;
use super::place::{Moment, Places};
use super::{Occurrences, Viewer};

/// Which occurrence: by its instant, or by its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    At(Timestamp),
    Day(Date),
}

/// A component that stands for one occurrence.
pub(super) struct Override {
    /// The clock on the wall at the occurrence it stands for, where the series is.
    was: DateTime,
    pub(super) event: Event,
}

/// All that is changed about the occurrences of a series.
#[derive(Default)]
pub(super) struct Changes {
    /// The occurrences that something else stands for.
    pub(super) ids: BTreeSet<Key>,
    pub(super) overrides: Vec<Override>,
    /// Where in `overrides` those are that stand for all that follow too, by time.
    following: Vec<(Timestamp, usize)>,
    /// How long a changed occurrence lasts, and how far it was moved, at most.
    pub(super) reach: SignedDuration,
}

impl Changes {
    /// Reads the overrides of a calendar, whose first master this is, if it has one.
    pub(super) fn read(
        calendar: &Component,
        places: &Places<'_>,
        master: Option<&Event>,
        viewer: &Viewer<'_>,
        out: &mut Occurrences,
    ) -> Self {
        let mut changes = Self::default();
        for one in calendar.components().filter(|one| one.is("VEVENT")) {
            let Some(line) = one.line("RECURRENCE-ID") else {
                continue;
            };
            match Event::read(one, places, viewer) {
                Ok(event) => changes.take(event, line, places, master),
                Err(why) => out.failed(format!("a changed occurrence is left out: {why}")),
            }
        }
        changes.following.sort_by_key(|(since, _)| *since);
        changes
    }

    /// Takes a component along. One of which nobody knows what it stands for stands beside the series:
    /// `strip` has said so.
    fn take(
        &mut self,
        event: Event,
        line: &ContentLine,
        places: &Places<'_>,
        master: Option<&Event>,
    ) {
        let of = master.unwrap_or(&event);
        let id = Moment::of_line(line, places, &of.place).ok();
        let id = id.and_then(|id| key(&id, of));
        let known = id.and_then(|id| Some((id, first_of(id, of)?)));
        let Some((id, since)) = known else {
            let was = event.start;
            self.overrides.push(Override { was, event });
            return;
        };
        self.ids.insert(id);
        let was = match id {
            Key::At(instant) => of.place.local(instant),
            Key::Day(date) => date.to_datetime(of.start.time()),
        };
        if line.parameter_value("RANGE").as_deref() == Some("THISANDFUTURE") {
            self.following.push((since, self.overrides.len()));
            self.reach_to(&event, since);
        }
        self.overrides.push(Override { was, event });
    }

    fn reach_to(&mut self, event: &Event, since: Timestamp) {
        let moved = event
            .place
            .instant(event.start)
            .map_or(SignedDuration::ZERO, |to| to.duration_since(since).abs());
        let far = moved.saturating_add(event.lasts());
        self.reach = self.reach.max(far);
    }

    /// The override that holds for an occurrence and was given to an earlier one.
    pub(super) fn in_force(&self, at: Timestamp) -> Option<&Override> {
        let before = self.following.partition_point(|(since, _)| *since <= at);
        let (_, which) = self.following.get(before.checked_sub(1)?)?;
        self.overrides.get(*which)
    }

    /// Whether some occurrence but the master's own blocks.
    pub(super) fn block_later(&self) -> bool {
        self.following
            .iter()
            .filter_map(|(_, which)| self.overrides.get(*which))
            .any(|one| one.event.takes_time())
    }
}

impl Override {
    /// Where an occurrence is moved to: as far after the changed one as it was before the change,
    /// by the clock on the wall (RFC 5545 section 3.8.4.4).
    pub(super) fn moves(&self, local: DateTime) -> Option<DateTime> {
        let since = local.duration_since(self.was);
        self.event.start.checked_add(since).ok()
    }
}

/// Which occurrence of a master a moment means. A date-time says of a series of whole days which
/// day, and a date says it of a series of times (RFC 5545 sections 3.8.4.4 and 3.8.5.1 want equal
/// kinds, programs do not).
pub(super) fn key(moment: &Moment, master: &Event) -> Option<Key> {
    if master.whole_days {
        return Some(Key::Day(day_of(moment, master)));
    }
    match moment.written {
        Written::Date(date) => Some(Key::Day(date)),
        Written::Utc(_) | Written::Local(_) => moment.instant().map(Key::At),
    }
}

/// The day of a series of whole days that a moment means. In UTC it is the day on the clock of the
/// series: Outlook and others write midnight there, `20261108T230000Z` for the 9th in Berlin. Only
/// midnight in UTC is the day as it is written: that is a date with a time put behind it.
pub(super) fn day_of(moment: &Moment, master: &Event) -> Date {
    let written = moment.written.local();
    let there = match moment.written {
        Written::Utc(_) if written.time() != Time::midnight() => moment.instant(),
        Written::Date(_) | Written::Local(_) | Written::Utc(_) => None,
    };
    there
        .map_or(written, |instant| master.place.local(instant))
        .date()
}

/// The first instant that a key means.
fn first_of(key: Key, master: &Event) -> Option<Timestamp> {
    match key {
        Key::At(instant) => Some(instant),
        Key::Day(date) => master.place.instant(date.to_datetime(Time::midnight())),
    }
}
