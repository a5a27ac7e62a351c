//! The changed occurrences of a series: `RECURRENCE-ID`, alone or with `RANGE=THISANDFUTURE`.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::time::{Length, Written};
use super::Viewer;
use super::event::Event;
use super::place::Moment;

/// Which occurrence: by its instant, or by its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    At(Timestamp),
    Day(Date),
}

/// A component that stands for one occurrence.
pub(super) struct Override<'a> {
    /// The clock on the wall at the occurrence it stands for, where the series is.
    was: DateTime,
    pub(super) event: Event<'a>,
}

/// All that is changed about the occurrences of a series.
#[derive(Default)]
pub(super) struct Changes<'a> {
    /// The occurrences that something else stands for.
    pub(super) ids: BTreeSet<Key>,
    pub(super) overrides: Vec<Override<'a>>,
    /// Where in `overrides` those are that stand for all that follow too, by time.
    following: Vec<(Timestamp, usize)>,
    /// How long a changed occurrence lasts, and how far it was moved, at most.
    pub(super) reach: SignedDuration,
}

impl<'a> Changes<'a> {
    /// Reads the overrides of a calendar, whose first master this is, if it has one.
    pub(super) fn read(
        calendar: &'a Component,
        master: Option<&Event<'a>>,
        viewer: &Viewer<'_>,
    ) -> Result<Self, Broken> {
        let mut changes = Self::default();
        for one in calendar.components().filter(|one| one.is("VEVENT")) {
            let Some(line) = one.line("RECURRENCE-ID") else {
                continue;
            };
            let event = Event::read(one, calendar, viewer)?;
            let of = master.unwrap_or(&event);
            let id = Moment::of_line(line, calendar, &of.place)?;
            let id = key(&id, of).ok_or_else(out_of_range)?;
            let since = first_of(id, of).ok_or_else(out_of_range)?;
            changes.ids.insert(id);
            if line.parameter_value("RANGE").as_deref() == Some("THISANDFUTURE") {
                changes.following.push((since, changes.overrides.len()));
                changes.reach_to(&event, since);
            }
            let was = match id {
                Key::At(instant) => of.place.local(instant),
                Key::Day(date) => date.to_datetime(of.start.time()),
            };
            changes.overrides.push(Override { was, event });
        }
        changes.following.sort_by_key(|(since, _)| *since);
        Ok(changes)
    }

    fn reach_to(&mut self, event: &Event<'_>, since: Timestamp) {
        let moved = event
            .place
            .instant(event.start)
            .map_or(SignedDuration::ZERO, |to| to.duration_since(since).abs());
        let far = moved.saturating_add(event.lasts());
        self.reach = self.reach.max(far);
    }

    /// The override that holds for an occurrence and was given to an earlier one.
    pub(super) fn in_force(&self, at: Timestamp) -> Option<&Override<'a>> {
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

impl Override<'_> {
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
pub(super) fn key(moment: &Moment<'_>, master: &Event<'_>) -> Option<Key> {
    if master.whole_days {
        return Some(Key::Day(moment.written.local().date()));
    }
    match moment.written {
        Written::Date(date) => Some(Key::Day(date)),
        Written::Utc(_) | Written::Local(_) => moment.instant().map(Key::At),
    }
}

/// The first instant that a key means.
fn first_of(key: Key, master: &Event<'_>) -> Option<Timestamp> {
    match key {
        Key::At(instant) => Some(instant),
        Key::Day(date) => master.place.instant(date.to_datetime(Time::midnight())),
    }
}

fn out_of_range() -> Broken {
    Broken::new("its time is out of range")
}

impl Event<'_> {
    /// At least as long as it lasts.
    pub(super) fn lasts(&self) -> SignedDuration {
        let Length { days, seconds } = self.length;
        let days = days.saturating_add(1).saturating_mul(24);
        SignedDuration::from_hours(days.min(100_000_000))
            .saturating_add(SignedDuration::from_secs(seconds))
    }

    /// Whether its occurrences block, and for how long is not nothing.
    pub(super) fn takes_time(&self) -> bool {
        self.blocks && (self.length.days > 0 || self.length.seconds > 0)
    }
}
