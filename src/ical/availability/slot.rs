//! One `AVAILABLE`: when it holds on the wall clock of its own zone.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::{self, Length, When};

/// The longest that a slot may last, in days.
const LONGEST: i64 = 92;
/// The most exceptions to one rule that are read.
const MOST_EXCEPTIONS: usize = 2000;
const DAY: i64 = 24 * 60;

/// An `AVAILABLE` that can be followed.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What tells it from others: its `UID`.
    pub(super) uid: String,
    /// Whether it repeats.
    pub(super) repeats: Repeats,
    /// Its (first) start on the wall clock of its zone.
    pub(super) start: DateTime,
    /// How long it lasts on the wall clock, in minutes; more than none.
    pub(super) minutes: i64,
    /// Its zone; `None` where it floats.
    pub(super) zone: Option<TimeZone>,
    /// The start dates of occurrences that are not: `EXDATE`, or replaced by another component.
    pub(super) without: BTreeSet<Date>,
    /// The start date of the occurrence that it replaces (`RECURRENCE-ID`).
    pub(super) replaces: Option<Date>,
    /// Whether it began or ended inside a minute.
    pub(super) rounded: bool,
}

/// How a slot repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    /// Not at all.
    Never,
    /// Each week on these days, Monday first.
    Weekly([bool; 7]),
}

/// Why an `AVAILABLE` is no slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoSlot {
    /// It is over: it says nothing any more.
    Over,
    /// It cannot be said with hours: why.
    LeftOut(String),
}

fn left_out(words: &str) -> NoSlot {
    NoSlot::LeftOut(format!("an AVAILABLE {words}"))
}

impl Slot {
    /// Reads an `AVAILABLE`.
    pub(super) fn read(
        component: &Component,
        calendar: &Component,
        today: Date,
    ) -> Result<Self, NoSlot> {
        let line = component
            .line("DTSTART")
            .ok_or_else(|| left_out("without DTSTART"))?;
        let start = When::read(line, calendar)
            .map_err(|_| left_out("whose DTSTART or time zone makes no sense"))?;
        let (from, zone) = local(&start);
        let to = end(component, calendar, &start)?;
        let begin = whole_minute(from, true);
        let minutes = minutes_between(begin, whole_minute(to, false));
        if minutes <= 0 || minutes > LONGEST * DAY {
            return Err(left_out("that ends before it begins, or lasts for months"));
        }
        let mut slot = Self {
            uid: component.text("UID").unwrap_or_default(),
            repeats: Repeats::Never,
            start: begin,
            minutes,
            zone,
            without: dates(component, calendar, "EXDATE")?,
            replaces: replaced(component, calendar)?,
            rounded: from.second() != 0 || to.second() != 0,
        };
        slot.repeats = repeats(component, &slot, today)?;
        if slot.is_weekly() {
            slot.minutes = slot.minutes.min(7 * DAY);
        }
        Ok(slot)
    }

    /// Whether it repeats.
    pub(super) fn is_weekly(&self) -> bool {
        matches!(self.repeats, Repeats::Weekly(_))
    }

    /// The weekdays of its starts, Monday first; none where it does not repeat.
    pub(super) fn weekdays(&self) -> Vec<usize> {
        match self.repeats {
            Repeats::Never => Vec::new(),
            Repeats::Weekly(days) => (0..7)
                .filter(|day| days.get(*day).copied().unwrap_or_default())
                .collect(),
        }
    }

    /// Whether an occurrence starts on a date, exceptions counted.
    pub(super) fn starts_on(&self, date: Date) -> bool {
        match self.repeats {
            Repeats::Never => self.start.date() == date,
            Repeats::Weekly(days) => {
                let day = usize::try_from(date.weekday().to_monday_zero_offset());
                day.is_ok_and(|day| days.get(day).copied().unwrap_or_default())
                    && !self.without.contains(&date)
            }
        }
    }
}

/// The minutes from one time to a later one.
pub(super) fn minutes_between(from: DateTime, to: DateTime) -> i64 {
    to.duration_since(from).as_mins()
}

/// The wall clock of a time, and its zone.
pub(super) fn local(when: &When) -> (DateTime, Option<TimeZone>) {
    match when {
        When::Date(date) => (date.to_datetime(Time::midnight()), None),
        When::Floating(local) => (*local, None),
        When::Zoned(local, zone) => (*local, Some(zone.clone())),
    }
}

/// Times inside a minute are rounded so that what is open stays inside what was said.
fn whole_minute(time: DateTime, up: bool) -> DateTime {
    let seconds = i64::from(time.second());
    let change = match (seconds, up) {
        (0, _) => 0,
        (_, true) => 60 - seconds,
        (_, false) => -seconds,
    };
    time.checked_add(Span::new().seconds(change))
        .unwrap_or(time)
}

/// The end, on the clock of the start.
fn end(component: &Component, calendar: &Component, start: &When) -> Result<DateTime, NoSlot> {
    let (from, zone) = local(start);
    if let Some(line) = component.line("DTEND") {
        let end = When::read(line, calendar)
            .map_err(|_| left_out("whose DTEND or time zone makes no sense"))?;
        let (to, other) = local(&end);
        return match (zone, other) {
            (Some(zone), Some(other)) if zone != other => end
                .instant()
                .map(|time| zone.to_datetime(time))
                .map_err(|_| left_out("whose DTEND makes no sense")),
            _ => Ok(to),
        };
    }
    let length = match component.line("DURATION") {
        Some(line) => Length::read(line.value().trim())
            .ok_or_else(|| left_out("whose DURATION makes no sense"))?,
        None if matches!(start, When::Date(_)) => Length {
            days: 1,
            seconds: 0,
        },
        None => return Err(left_out("without an end")),
    };
    let span = Span::new()
        .try_days(length.days)
        .and_then(|span| span.try_seconds(length.seconds));
    span.and_then(|span| from.checked_add(span))
        .map_err(|_| left_out("whose DURATION makes no sense"))
}

/// The dates in a property that lists occurrences, on the clock of each.
fn dates(
    component: &Component,
    calendar: &Component,
    name: &str,
) -> Result<BTreeSet<Date>, NoSlot> {
    let mut found = BTreeSet::new();
    for line in component.lines().filter(|line| line.is(name)) {
        for value in line.value().split(',') {
            if found.len() >= MOST_EXCEPTIONS {
                return Err(left_out("with more than 2000 exceptions"));
            }
            let date = named_date(component, calendar, line, value);
            found.insert(date.ok_or_else(|| left_out(&format!("whose {name} makes no sense")))?);
        }
    }
    Ok(found)
}

/// The date of one value of a property that lists occurrences, on the clock of the `DTSTART`.
pub(super) fn named_date(
    component: &Component,
    calendar: &Component,
    line: &ContentLine,
    value: &str,
) -> Option<Date> {
    let one = line.with_value(value.trim(), &[]);
    let when = When::read(&one, calendar).ok()?;
    Some(on_the_clock_of(component, calendar, &when))
}

/// A date that names an occurrence, on the clock of the `DTSTART`: it may be given in UTC.
fn on_the_clock_of(component: &Component, calendar: &Component, when: &When) -> Date {
    let (named, other) = local(when);
    let start = component
        .line("DTSTART")
        .and_then(|line| When::read(line, calendar).ok());
    match (start, other) {
        (Some(When::Zoned(_, zone)), Some(other)) if zone != other => when
            .instant()
            .map_or(named, |time| zone.to_datetime(time))
            .date(),
        _ => named.date(),
    }
}

fn replaced(component: &Component, calendar: &Component) -> Result<Option<Date>, NoSlot> {
    let Some(line) = component.line("RECURRENCE-ID") else {
        return Ok(None);
    };
    if line.parameter_value("RANGE").is_some() {
        return Err(left_out("that changes a rule from a date on (RANGE)"));
    }
    let when =
        When::read(line, calendar).map_err(|_| left_out("whose RECURRENCE-ID makes no sense"))?;
    Ok(Some(on_the_clock_of(component, calendar, &when)))
}

/// How it repeats; what is over or not yet, is no rule.
fn repeats(component: &Component, slot: &Slot, today: Date) -> Result<Repeats, NoSlot> {
    let mut rules = component.lines().filter(|line| line.is("RRULE"));
    if component.line("RDATE").is_some() {
        return Err(left_out("with RDATE"));
    }
    let Some(rule) = rules.next() else {
        return Ok(Repeats::Never);
    };
    if rules.next().is_some() {
        return Err(left_out("with several rules"));
    }
    let rule = rule.value().to_ascii_uppercase();
    let part = |name: &str| {
        rule.split(';')
            .filter_map(|part| part.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim())
    };
    let frequency = part("FREQ").unwrap_or_default();
    if !matches!(frequency, "WEEKLY" | "DAILY") {
        let known = ["MONTHLY", "YEARLY", "HOURLY", "MINUTELY", "SECONDLY"];
        let word = known.into_iter().find(|word| *word == frequency);
        return Err(left_out(&format!("with FREQ={}", word.unwrap_or("?"))));
    }
    if is_over(part("UNTIL"), part("COUNT"), slot, today) {
        return Err(NoSlot::Over);
    }
    for name in ["UNTIL", "COUNT"] {
        if part(name).is_some() {
            return Err(left_out(&format!("whose rule comes to an end ({name})")));
        }
    }
    if part("INTERVAL").is_some_and(|every| every != "1") {
        return Err(left_out("with an INTERVAL"));
    }
    let plain = ["FREQ", "BYDAY", "INTERVAL", "WKST"];
    let other = rule
        .split(';')
        .filter(|part| !part.trim().is_empty())
        .any(|part| !plain.contains(&part.split('=').next().unwrap_or_default().trim()));
    if other {
        return Err(left_out("whose rule is not a plain weekly one"));
    }
    if slot.start.date() > today {
        return Err(left_out("whose rule only begins in the future"));
    }
    let days = match (part("BYDAY"), frequency) {
        (Some(days), _) => by_day(days).ok_or_else(|| left_out("with a numbered BYDAY"))?,
        (None, "DAILY") => [true; 7],
        (None, _) => {
            let mut days = [false; 7];
            let own = usize::try_from(slot.start.weekday().to_monday_zero_offset()).ok();
            if let Some(day) = own.and_then(|own| days.get_mut(own)) {
                *day = true;
            }
            days
        }
    };
    Ok(Repeats::Weekly(days))
}

fn is_over(until: Option<&str>, count: Option<&str>, slot: &Slot, today: Date) -> bool {
    let ended = until
        .and_then(|until| time::date(until.get(..8)?))
        // A day for zones, and one for what lasts past midnight.
        .and_then(|last| last.checked_add(2.days()).ok())
        .is_some_and(|last| last < today);
    let counted = count
        .and_then(|count| count.parse::<i64>().ok())
        .and_then(|count| Span::new().try_weeks(count).ok())
        .and_then(|weeks| slot.start.date().checked_add(weeks).ok())
        .is_some_and(|last| last < today);
    ended || counted
}

/// The names of weekdays in a rule, Monday first.
pub(super) const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

fn by_day(text: &str) -> Option<[bool; 7]> {
    let mut days = [false; 7];
    for name in text.split(',') {
        let at = DAYS.iter().position(|day| *day == name.trim())?;
        *days.get_mut(at)? = true;
    }
    Some(days)
}
