//! All components with one `UID`: a series with its changed occurrences, or single events.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::{RECURRENCE, Written};
use super::changes::{Changes, Key, key};
use super::event::Event;
use super::place::Moment;
use super::rule::Rule;
use super::starts::{Range, Starts, Unfollowed, starts};
use super::{Occurrences, Viewer};
use crate::domain::time_span::TimeSpan;

/// Rules of one object that are followed. A real object has one.
const MOST_RULES: usize = 64;

/// Adds the occurrences of all components of a calendar, which have one `UID`.
pub(super) fn expand(
    calendar: &Component,
    viewer: &Viewer<'_>,
    out: &mut Occurrences,
) -> Result<(), Broken> {
    let masters = calendar
        .components()
        .filter(|one| one.is("VEVENT") && one.line("RECURRENCE-ID").is_none())
        .map(|one| Ok((one, Event::read(one, calendar, viewer)?)))
        .collect::<Result<Vec<_>, Broken>>()?;
    let first = masters.first().map(|(_, master)| master);
    let changes = Changes::read(calendar, first, viewer)?;
    let mut rules_left = MOST_RULES;
    for (component, master) in &masters {
        let series = Series {
            component,
            calendar,
            master,
            changes: &changes,
            viewer,
        };
        series.expand(&mut rules_left, out)?;
    }
    for one in &changes.overrides {
        if one.event.blocks {
            push(one.event.at(one.event.start), viewer, out);
        }
    }
    Ok(())
}

/// A master with what changes it.
struct Series<'a> {
    component: &'a Component,
    calendar: &'a Component,
    master: &'a Event<'a>,
    changes: &'a Changes<'a>,
    viewer: &'a Viewer<'a>,
}

impl<'a> Series<'a> {
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &'a ContentLine> {
        self.component.lines().filter(move |line| line.is(name))
    }

    fn expand(&self, rules_left: &mut usize, out: &mut Occurrences) -> Result<(), Broken> {
        let excluded = self.excluded()?;
        let gone = |instant: Timestamp, local: DateTime| {
            let keys = [Key::At(instant), Key::Day(local.date())];
            keys.iter()
                .any(|key| excluded.contains(key) || self.changes.ids.contains(key))
        };
        let mut times = BTreeSet::from([self.master.start]);
        if RECURRENCE
            .iter()
            .any(|name| self.component.line(name).is_some())
        {
            let range = self.range();
            for line in self.lines("RRULE") {
                times.extend(self.follow(&line.value(), range, rules_left, out));
            }
            self.add_dates(&gone, &mut times, out)?;
            for line in self.lines("EXRULE") {
                for time in self.left_out(&line.value(), range, rules_left, out) {
                    times.remove(&time);
                }
            }
        }
        for local in times {
            let Some(instant) = self.master.place.instant(local) else {
                continue;
            };
            if gone(instant, local) {
                continue;
            }
            match self.changes.in_force(instant) {
                Some(changed) if changed.event.blocks => {
                    let to = changed.moves(local);
                    push(to.and_then(|to| changed.event.at(to)), self.viewer, out);
                }
                None if self.master.blocks => push(self.master.at(local), self.viewer, out),
                Some(_) | None => {}
            }
        }
        Ok(())
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

    /// The times at which an `RRULE` comes.
    fn follow(
        &self,
        text: &str,
        range: Range,
        rules_left: &mut usize,
        out: &mut Occurrences,
    ) -> Vec<DateTime> {
        let rule = match Rule::parse(text) {
            Ok(rule) => rule,
            Err(why) => {
                let why = text.strip_prefix('?').map_or(why, str::trim);
                note(out, &format!("a rule is left out: {why}"));
                return Vec::new();
            }
        };
        let until = self.until(&rule);
        let found = match rules_left.checked_sub(1) {
            Some(left) => {
                *rules_left = left;
                starts(&rule, self.master.start, until, range)
            }
            None => Err(Unfollowed::TooOften(until)),
        };
        match found {
            Ok(Starts { times, note: salt }) => {
                if let Some(salt) = salt {
                    note(out, salt);
                }
                times
            }
            Err(Unfollowed::TooOften(last)) => {
                if self.master.takes_time() || self.changes.block_later() {
                    note(out, "busy all through: it comes too often to be counted");
                    push(self.all_through(last), self.viewer, out);
                }
                Vec::new()
            }
            Err(Unfollowed::Forbidden) => {
                note(
                    out,
                    "a rule is left out: it mixes parts that RFC 5545 section 3.3.10 keeps apart",
                );
                Vec::new()
            }
        }
    }

    /// The times that an `EXRULE` takes out. One that cannot be followed takes out nothing, so that
    /// more is busy than is, and not less.
    fn left_out(
        &self,
        text: &str,
        range: Range,
        rules_left: &mut usize,
        out: &mut Occurrences,
    ) -> Vec<DateTime> {
        let found = rules_left.checked_sub(1).and_then(|left| {
            *rules_left = left;
            let rule = Rule::parse(text).ok()?;
            let found = starts(&rule, self.master.start, self.until(&rule), range).ok()?;
            // Read as endless it would take out what it does not name.
            found.note.is_none().then_some(found.times)
        });
        found.unwrap_or_else(|| {
            note(out, "an EXRULE is not followed: its occurrences stay busy");
            Vec::new()
        })
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
        times: &mut BTreeSet<DateTime>,
        out: &mut Occurrences,
    ) -> Result<(), Broken> {
        let master = self.master;
        for line in self.lines("RDATE") {
            let tzid = line.parameter_value("TZID");
            let tzid = tzid.as_deref();
            for value in line.value().split(',') {
                let (value, end) = match value.split_once('/') {
                    Some((value, end)) => (value, Some(end)),
                    None => (value, None),
                };
                let moment = Moment::read(value, tzid, self.calendar, &master.place)?;
                let date = moment.written.local().date();
                if let Some(end) = end {
                    let local = moment.instant().map(|at| (at, master.place.local(at)));
                    if master.blocks && local.is_some_and(|(at, local)| !gone(at, local)) {
                        push(moment.until(end, tzid, self.calendar), self.viewer, out);
                    }
                } else if master.whole_days || moment.is_date() {
                    times.insert(date.to_datetime(master.start.time()));
                } else {
                    times.extend(moment.instant().map(|at| master.place.local(at)));
                }
            }
        }
        Ok(())
    }

    /// The occurrences that do not come.
    fn excluded(&self) -> Result<BTreeSet<Key>, Broken> {
        let mut keys = BTreeSet::new();
        for line in self.lines("EXDATE") {
            let tzid = line.parameter_value("TZID");
            for value in line.value().split(',') {
                let moment =
                    Moment::read(value, tzid.as_deref(), self.calendar, &self.master.place)?;
                keys.extend(key(&moment, self.master));
            }
        }
        Ok(keys)
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

fn note(out: &mut Occurrences, text: &str) {
    if !out.notes.iter().any(|known| known == text) {
        out.notes.push(text.to_owned());
    }
}
