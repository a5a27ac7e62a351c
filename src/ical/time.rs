//! Reads `DTSTART` with `DTEND` or `DURATION` as the one comparable text of `Field::Time`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::broken::Broken;
use super::component::Component;
use super::content_line::ContentLine;
use super::timezone;
use crate::domain::entry::TimeSpan;

/// Properties that make an event recur (RFC 5545 section 3.8.5; EXRULE is from RFC 2445).
pub(super) const RECURRENCE: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// A DATE or DATE-TIME value as it is written, whatever its zone (RFC 5545 sections 3.3.4 and
/// 3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Written {
    /// `20261121`
    Date(Date),
    /// `20261121T100000`
    Local(DateTime),
    /// `20261121T100000Z`
    Utc(DateTime),
}

/// A DATE or DATE-TIME value with the rules of its zone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum When {
    Date(Date),
    Floating(DateTime),
    Zoned(DateTime, TimeZone),
}

/// A DURATION value: days are nominal, seconds are exact (RFC 5545 section 3.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length {
    /// Days as the clock on the wall counts them.
    pub(super) days: i64,
    /// Seconds as they pass.
    pub(super) seconds: i64,
}

/// The text of `Field::Time` for an event: a [`TimeSpan`] where it has one, else a text that no
/// `TimeSpan` equals: `date …`, `floating …` or `recurring …` with its rules.
///
/// # Errors
/// When there is no start, or it cannot be understood.
pub(super) fn field_text(event: &Component, calendar: &Component) -> Result<String, Broken> {
    let start_line = event
        .line("DTSTART")
        .ok_or_else(|| Broken::new("its event has no DTSTART"))?;
    let start = When::read(start_line, calendar)?;
    let end = if let Some(line) = event.line("DTEND") {
        When::read(line, calendar)?
    } else if let Some(line) = event.line("DURATION") {
        let length = Length::read(line.value().trim())
            .ok_or_else(|| Broken::new("its DURATION makes no sense"))?;
        start.plus(length)?
    } else if let When::Date(_) = start {
        start.plus(Length {
            days: 1,
            seconds: 0,
        })?
    } else {
        start.clone()
    };
    let plain = plain_text(&start, &end)?;
    let mut rules: Vec<String> = event
        .lines()
        .filter(|line| RECURRENCE.iter().any(|name| line.is(name)))
        .map(rule_text)
        .collect();
    if rules.is_empty() {
        return Ok(plain);
    }
    rules.sort();
    // Nine o'clock in Berlin every week is not eight o'clock in UTC every week.
    let zone = start_line.parameter_value("TZID").unwrap_or_default();
    Ok(format!("recurring {plain} {zone} {}", rules.join(" ")))
}

fn rule_text(line: &ContentLine) -> String {
    format!(
        "{};{}:{}",
        line.name().to_ascii_uppercase(),
        line.parameter_value("TZID").unwrap_or_default(),
        line.value().trim().to_ascii_uppercase()
    )
}

fn plain_text(start: &When, end: &When) -> Result<String, Broken> {
    match (start, end) {
        (When::Date(start), When::Date(end)) => Ok(format!(
            "date {}/{}",
            start.strftime("%Y%m%d"),
            end.strftime("%Y%m%d")
        )),
        (When::Floating(start), When::Floating(end)) => Ok(format!(
            "floating {}/{}",
            start.strftime("%Y%m%dT%H%M%S"),
            end.strftime("%Y%m%dT%H%M%S")
        )),
        (When::Zoned(..), When::Zoned(..)) => Ok(TimeSpan {
            start: start.instant()?,
            end: end.instant()?,
        }
        .text()),
        (When::Date(_) | When::Floating(_) | When::Zoned(..), _) => {
            Err(Broken::new("its DTSTART and DTEND are of different kinds"))
        }
    }
}

impl Written {
    /// Reads a value: eight characters are a DATE, whatever `VALUE` says.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.len() == 8 {
            return date(value).map(Self::Date);
        }
        match value.strip_suffix(['Z', 'z']) {
            Some(local) => local_time(local).map(Self::Utc),
            None => local_time(value).map(Self::Local),
        }
    }

    /// The value, written in one way only.
    pub(super) fn text(self) -> String {
        match self {
            Self::Date(date) => date.strftime("%Y%m%d").to_string(),
            Self::Local(local) => local.strftime("%Y%m%dT%H%M%S").to_string(),
            Self::Utc(local) => local.strftime("%Y%m%dT%H%M%SZ").to_string(),
        }
    }

    /// What the calendar and the clock on the wall show; a DATE begins at midnight.
    pub(super) fn local(self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(Time::midnight()),
            Self::Local(local) | Self::Utc(local) => local,
        }
    }
}

impl When {
    pub(super) fn read(line: &ContentLine, calendar: &Component) -> Result<Self, Broken> {
        let written = Written::parse(&line.value())
            .ok_or_else(|| Broken::new("its DTSTART or DTEND makes no sense"))?;
        Ok(match written {
            Written::Date(date) => Self::Date(date),
            Written::Utc(local) => Self::Zoned(local, TimeZone::UTC),
            Written::Local(local) => match line.parameter_value("TZID") {
                Some(name) => Self::Zoned(local, timezone::find(&name, local, calendar)?),
                None => Self::Floating(local),
            },
        })
    }

    /// The instant. A time that a clock change skips is read with the offset before it, one that
    /// comes twice is the first (RFC 5545 section 3.3.5), which jiff calls compatible.
    pub(super) fn instant(&self) -> Result<Timestamp, Broken> {
        match self {
            Self::Zoned(local, zone) => zone
                .to_ambiguous_zoned(*local)
                .compatible()
                .map(|zoned| zoned.timestamp())
                .map_err(|_| out_of_range()),
            Self::Date(_) | Self::Floating(_) => Err(out_of_range()),
        }
    }

    fn plus(&self, length: Length) -> Result<Self, Broken> {
        let days = || Span::new().try_days(length.days);
        let seconds = || Span::new().try_seconds(length.seconds);
        let add = || match self {
            Self::Date(date) => Ok(Self::Date(date.checked_add(days()?)?)),
            Self::Floating(local) => Ok(Self::Floating(
                local.checked_add(days()?)?.checked_add(seconds()?)?,
            )),
            Self::Zoned(local, zone) => {
                let zoned = zone
                    .to_ambiguous_zoned(local.checked_add(days()?)?)
                    .compatible()?;
                // From here on in UTC: the second of two equal local times has no other name.
                let end = zoned.timestamp().checked_add(seconds()?)?;
                Ok(Self::Zoned(TimeZone::UTC.to_datetime(end), TimeZone::UTC))
            }
        };
        add().map_err(|_: jiff::Error| out_of_range())
    }
}

fn out_of_range() -> Broken {
    Broken::new("its time is out of range")
}

impl Length {
    /// Reads `P1DT2H30M`, `PT45M`, `P2W`. A negative length is no length of an event.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
        let mut length = Self {
            days: 0,
            seconds: 0,
        };
        let mut number = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() {
                number.push(c);
                continue;
            }
            if c == 'T' && number.is_empty() {
                continue;
            }
            // Nine digits of weeks in seconds fit an i64 with room to spare.
            let count: i64 = (number.len() <= 9).then(|| number.parse().ok())??;
            number.clear();
            let (days, seconds) = match c {
                'W' => (count * 7, 0),
                'D' => (count, 0),
                'H' => (0, count * 3600),
                'M' => (0, count * 60),
                'S' => (0, count),
                _ => return None,
            };
            length.days = length.days.checked_add(days)?;
            length.seconds = length.seconds.checked_add(seconds)?;
        }
        number.is_empty().then_some(length)
    }
}

/// Reads `20261121`.
pub(super) fn date(text: &str) -> Option<Date> {
    let month = i8::try_from(digits(text, 4, 6)?).ok()?;
    let day = i8::try_from(digits(text, 6, 8)?).ok()?;
    (text.len() == 8).then(|| Date::new(digits(text, 0, 4)?, month, day).ok())?
}

/// Reads `20261121T100000`. A leap second is the second before.
pub(super) fn local_time(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once(['T', 't'])?;
    let hour = i8::try_from(digits(time, 0, 2)?).ok()?;
    let minute = i8::try_from(digits(time, 2, 4)?).ok()?;
    let second = i8::try_from(digits(time, 4, 6)?).ok()?;
    let time = (time.len() == 6).then(|| Time::new(hour, minute, second.min(59), 0).ok())??;
    Some(date(day)?.to_datetime(time))
}

fn digits(text: &str, from: usize, to: usize) -> Option<i16> {
    let digits = text.get(from..to)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}
