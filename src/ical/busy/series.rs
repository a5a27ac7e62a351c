//! All components with one `UID`: a series with its changed occurrences, or single events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::{RECURRENCE, Written};
use super::budget::Budget;
use super::changes::{Changes, Key, day_of, key};
use super::event::Event;
use super::place::{Moment, Places};
use super::rule::Rule;
use super::starts::{Range, Starts, Unfollowed, starts};
use super::unread::{LEFT_OUT, TAKES_NOTHING_OUT};
use super::{Occurrences, Viewer};
use crate::domain::time_span::TimeSpan;

/// Rules of one object that are followed. A real object has one.
const MOST_RULES: usize = 64;

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
    let first = masters.first().map(|(_, master)| master);
    let changes = Changes::read(calendar, &places, first, viewer, out);
    let mut rules_left = MOST_RULES;
    for (component, master) in &masters {
        let series = Series {
            component,
            places: &places,
            master,
            changes: &changes,
            viewer,
        };
        series.expand(&mut rules_left, budget, out);
    }
    for one in &changes.overrides {
        if one.event.blocks {
            push(one.event.at(one.event.start), viewer, out);
        }
    }
}

/// A master with what changes it.
struct Series<'a> {
    component: &'a Component,
    places: &'a Places<'a>,
    master: &'a Event,
    changes: &'a Changes,
    viewer: &'a Viewer<'a>,
}

/// When a series begins, by the instant, with what the clock on the wall shows then.
type Times = BTreeMap<Timestamp, DateTime>;

impl<'a> Series<'a> {
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &'a ContentLine> {
        self.component.lines().filter(move |line| line.is(name))
    }

    fn expand(&self, rules_left: &mut usize, budget: &mut Budget, out: &mut Occurrences) {
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
                let found = self.follow(&line.value(), range, rules_left, budget, out);
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
                let left_out = self.left_out(&line.value(), range, rules_left, budget, out);
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

    /// The local times at which an occurrence may begin that overlaps the window. Two days are more
    /// than any zone is away from another.
    fn range(&self) -> Range {
        let reach = SignedDuration::from_hours(48)
            .saturating_add(self.changes.reach)
            .saturating_add(self.master.lasts());
        let from = self.master.place.local(self.viewer.window.from);
        let to = self.master.place.local(self.viewer.window.to);
        Range {
            from: from.checked_sub(reach).unwrap_or(DateTime::MIN),
            to: to.checked_add(reach).unwrap_or(DateTime::MAX),
        }
    }

    /// When an `RRULE` comes.
    fn follow(
        &self,
        text: &str,
        range: Range,
        rules_left: &mut usize,
        budget: &mut Budget,
        out: &mut Occurrences,
    ) -> Starts {
        let rule = match Rule::parse(text) {
            Ok(rule) => rule,
            Err(why) => {
                out.failed(format!("its RRULE cannot be read: {why}; {LEFT_OUT}"));
                return Starts::default();
            }
        };
        let until = self.until(&rule);
        let found = match rules_left.checked_sub(1) {
            Some(left) => {
                *rules_left = left;
                starts(&rule, self.master.start, until, range, budget)
            }
            None => Err(Unfollowed::TooOften(until)),
        };
        match found {
            Ok(starts) => {
                if let Some(salt) = starts.note {
                    out.noted(salt);
                }
                return starts;
            }
            Err(Unfollowed::TooOften(last)) => {
                if self.blocks_at_all() {
                    out.noted("busy all through: it comes too often to be counted");
                    push(self.all_through(last), self.viewer, out);
                }
            }
            Err(Unfollowed::TooMuch(last)) => {
                if self.blocks_at_all() {
                    out.failed(
                        "its RRULE takes more steps to follow than one event, or the events of one \
                         calendar together, are given: it is busy all through"
                            .to_owned(),
                    );
                    push(self.all_through(last), self.viewer, out);
                }
            }
            Err(Unfollowed::Unreadable(why)) => {
                out.failed(format!("its RRULE cannot be followed: {why}; {LEFT_OUT}"));
            }
        }
        Starts::default()
    }

    fn blocks_at_all(&self) -> bool {
        self.master.takes_time() || self.changes.block_later()
    }

    /// The times that an `EXRULE` takes out. One that cannot be followed takes out nothing, so that
    /// more is busy than is, and not less.
    fn left_out(
        &self,
        text: &str,
        range: Range,
        rules_left: &mut usize,
        budget: &mut Budget,
        out: &mut Occurrences,
    ) -> Vec<DateTime> {
        let rule = match Rule::parse(text) {
            Ok(rule) => rule,
            Err(why) => {
                out.failed(format!(
                    "its EXRULE cannot be read: {why}; {TAKES_NOTHING_OUT}"
                ));
                return Vec::new();
            }
        };
        let found = rules_left.checked_sub(1).map(|left| {
            *rules_left = left;
            starts(&rule, self.master.start, self.until(&rule), range, budget)
        });
        match found {
            // Read as endless it would take out what it does not name.
            Some(Ok(found)) if found.note.is_none() => return found.times,
            Some(Err(Unfollowed::Unreadable(why))) => {
                out.failed(format!(
                    "its EXRULE cannot be followed: {why}; {TAKES_NOTHING_OUT}"
                ));
            }
            Some(Ok(_) | Err(_)) | None => {
                out.noted("an EXRULE is not followed: its occurrences stay busy");
            }
        }
        Vec::new()
    }

    /// `UNTIL` on the clock of the series. A date includes its whole day. For a series without a
    /// zone an instant is also taken as it is written, and the later of both counts.
    fn until(&self, rule: &Rule) -> Option<DateTime> {
        Some(match rule.until? {
            Written::Date(date) => date.to_datetime(Time::MAX),
            Written::Local(local) => local,
            Written::Utc(local) => {
                let there = TimeZone::UTC
                    .to_timestamp(local)
                    .map_or(local, |instant| self.master.place.local(instant));
                if self.master.whole_days || self.master.floating {
                    there.max(local)
                } else {
                    there
                }
            }
        })
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
                        push(moment.until(end, tzid, self.places), self.viewer, out);
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

    /// Busy from the first occurrence to the end of the last one, cut to the days of the window, so
    /// that it stays the same for a day.
    fn all_through(&self, last: Option<DateTime>) -> Option<TimeSpan> {
        let window = self.viewer.window;
        let zone = self.viewer.zone;
        let midnight = |instant: Timestamp, days: i64| {
            let day = zone.to_datetime(instant).date().checked_add(days.days());
            let midnight = day.ok()?.to_datetime(Time::midnight());
            zone.to_ambiguous_timestamp(midnight).compatible().ok()
        };
        let from = midnight(window.from, 0).unwrap_or(window.from);
        let to = midnight(window.to, 1).unwrap_or(window.to);
        let start = self.master.place.instant(self.master.start)?;
        let end = last.and_then(|last| Some(self.master.at(last)?.end));
        Some(TimeSpan {
            start: start.max(from),
            end: end.map_or(to, |end| end.min(to)),
        })
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
