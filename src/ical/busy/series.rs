//! All components with one `UID`: a series with its changed occurrences, or single events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::RECURRENCE;
use super::budget::Budget;
use super::changes::{Changes, Key, day_of, key};
use super::event::{Event, forwards};
use super::place::{Moment, Places};
use super::{Occurrences, Viewer};
use crate::domain::time_span::TimeSpan;

/// What is said of something that ends before it begins.
const BACKWARDS: &str = "its end is before its start: it is busy until the clock shows that end again, \
                         for a day at most";

/// Adds the occurrences of all components of a calendar, which have one `UID`.
pub(super) fn expand(
    calendar: &Component,
    viewer: &Viewer<'_>,
    budget: &mut Budget,
    out: &mut Occurrences,
) {
    let places = Places::of(calendar);
    let mut masters = Vec::new();
    for one in calendar.components() {
        if !one.is("VEVENT") || one.line("RECURRENCE-ID").is_some() {
            continue;
        }
        match Event::read(one, &places, viewer) {
            Ok(master) => masters.push((one, master)),
            Err(why) => out.failed(format!("one of its components is left out: {why}")),
        }
    }
    let before = out.spans.len();
    let first = masters.first().map(|(_, master)| master);
    let changes = Changes::read(calendar, &places, first, viewer, out);
    for (component, master) in &masters {
        let series = Series {
            component,
            places: &places,
            master,
            changes: &changes,
            viewer,
        };
        series.expand(budget, out);
    }
    for one in &changes.overrides {
        if one.event.blocks {
            push(one.event.at(one.event.start), viewer, out);
        }
    }
    if out.spans.len() == before {
        return;
    }
    let busy = masters.iter().map(|(_, master)| master);
    let mut busy = busy.filter(|master| master.blocks);
    let overrides = changes.overrides.iter().map(|one| &one.event);
    if busy
        .clone()
        .chain(overrides)
        .any(|one| one.blocks && one.is_backwards())
    {
        out.failed(BACKWARDS.to_owned());
    }
    let first = busy.next();
    if busy.any(|other| first.is_some_and(|first| first.start != other.start)) {
        out.noted("other events have its UID: each of them is busy");
    }
}

/// A master with what changes it.
pub(super) struct Series<'a> {
    component: &'a Component,
    places: &'a Places<'a>,
    pub(super) master: &'a Event,
    pub(super) changes: &'a Changes,
    pub(super) viewer: &'a Viewer<'a>,
}

/// When a series begins, by the instant, with what the clock on the wall shows then.
type Times = BTreeMap<Timestamp, DateTime>;

impl<'a> Series<'a> {
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &'a ContentLine> {
        self.component.lines().filter(move |line| line.is(name))
    }

    fn expand(&self, budget: &mut Budget, out: &mut Occurrences) {
        let excluded = self.excluded(out);
        let gone = |instant: Timestamp, local: DateTime| {
            let keys = [Key::At(instant), Key::Day(local.date())];
            keys.iter()
                .any(|key| excluded.contains(key) || self.changes.ids.contains(key))
        };
        let mut times = Times::new();
        self.add(self.master.start, &mut times);
        if RECURRENCE
            .iter()
            .any(|name| self.component.line(name).is_some())
        {
            let range = self.range();
            for line in self.lines("RRULE") {
                let found = self.follow(&line.value(), range, budget, out);
                for local in found.times {
                    self.add(local, &mut times);
                    if found.hourly {
                        let second = self.master.place.second(local);
                        times.extend(second.map(|second| (second, local)));
                    }
                }
            }
            self.add_dates(&gone, &mut times, out);
            for line in self.lines("EXRULE") {
                let left_out = self.left_out(&line.value(), range, budget, out);
                let left_out = BTreeSet::from_iter(left_out);
                times.retain(|_, local| !left_out.contains(local));
            }
        }
        for (instant, local) in times {
            if gone(instant, local) {
                continue;
            }
            match self.changes.in_force(instant) {
                Some(changed) if changed.event.blocks => {
                    let to = changed.moves(local);
                    push(to.and_then(|to| changed.event.at(to)), self.viewer, out);
                }
                None if self.master.blocks => {
                    push(self.master.from(instant, local), self.viewer, out);
                }
                Some(_) | None => {}
            }
        }
    }

    /// Adds a time of the clock. Of two that are one instant, because the clock skips the earlier one,
    /// the later one is what it shows.
    fn add(&self, local: DateTime, times: &mut Times) {
        if let Some(instant) = self.master.place.instant(local) {
            let shown = times.entry(instant).or_insert(local);
            *shown = local.max(*shown);
        }
    }

    /// `RDATE`: times, dates, and periods, which bring their own end.
    fn add_dates(
        &self,
        gone: &impl Fn(Timestamp, DateTime) -> bool,
        times: &mut Times,
        out: &mut Occurrences,
    ) {
        let master = self.master;
        for line in self.lines("RDATE") {
            let tzid = line.parameter_value("TZID");
            let tzid = tzid.as_deref();
            for value in line.value().split(',') {
                let (value, end) = match value.split_once('/') {
                    Some((value, end)) => (value, Some(end)),
                    None => (value, None),
                };
                let moment = match Moment::read(value, tzid, self.places, &master.place) {
                    Ok(moment) => moment,
                    Err(why) => {
                        out.failed(format!("one of its RDATE is left out: {why}"));
                        continue;
                    }
                };
                let at = moment.instant().map(|at| (at, master.place.local(at)));
                if let Some(end) = end {
                    if master.blocks && at.is_some_and(|(at, local)| !gone(at, local)) {
                        push_period(moment.until(end, tzid, self.places), self.viewer, out);
                    }
                } else if master.whole_days || moment.is_date() {
                    let day = day_of(&moment, master);
                    self.add(day.to_datetime(master.start.time()), times);
                } else {
                    times.extend(at);
                }
            }
        }
    }

    /// The occurrences that do not come.
    fn excluded(&self, out: &mut Occurrences) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for line in self.lines("EXDATE") {
            let tzid = line.parameter_value("TZID");
            for value in line.value().split(',') {
                match Moment::read(value, tzid.as_deref(), self.places, &self.master.place) {
                    Ok(moment) => keys.extend(key(&moment, self.master)),
                    Err(why) => out.failed(format!("one of its EXDATE takes nothing out: {why}")),
                }
            }
        }
        keys
    }
}

/// Adds a period that may end before it begins.
pub(super) fn push_period(span: Option<TimeSpan>, viewer: &Viewer<'_>, out: &mut Occurrences) {
    let before = out.spans.len();
    let Some(span) = span else { return };
    let length = span.end.duration_since(span.start);
    let end = span.start.checked_add(forwards(length)).unwrap_or(span.end);
    push(Some(TimeSpan { end, ..span }), viewer, out);
    if length.is_negative() && out.spans.len() > before {
        out.failed(BACKWARDS.to_owned());
    }
}

/// Adds a span that overlaps the window.
pub(super) fn push(span: Option<TimeSpan>, viewer: &Viewer<'_>, out: &mut Occurrences) {
    let window = TimeSpan {
        start: viewer.window.from,
        end: viewer.window.to,
    };
    out.spans
        .extend(span.filter(|span| span.start < span.end && span.overlaps(&window)));
}
