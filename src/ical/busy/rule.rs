//! Reads a recurrence rule (RFC 5545 section 3.3.10) and writes it in one way only.
//!
//! What has only one sensible meaning is read that way, as calendar programs do:
//!
//! | written | read as |
//! |---|---|
//! | `INTERVAL=0`, or less | 1, as libical and ical.js do |
//! | a part without a value, an empty item of a list | not there |
//! | a zero or a number out of bounds among others of a list | not there: it never comes |
//! | `UNTIL=2026-11-30T09:00:00Z` | without its dashes and colons |
//! | `RSCALE=GREGORIAN`, `SKIP=OMIT` | what holds anyway (RFC 7529 section 4) |
//! | a part that nobody knows | not there |
//!
//! All else makes the rule unreadable, and the reason names the part.

use std::collections::BTreeSet;
use std::fmt::Display;

use chrono::Weekday;
use rrule::Frequency;

use super::super::time::Written;
use super::parts::{self, chrono_weekday, day_name, numbers};

/// A rule whose parts all are within their bounds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) freq: Frequency,
    /// At least 1.
    pub(super) interval: u32,
    pub(super) count: Option<u32>,
    pub(super) until: Option<Written>,
    pub(super) week_start: Weekday,
    pub(super) months: BTreeSet<u8>,
    pub(super) month_days: BTreeSet<i8>,
    pub(super) year_days: BTreeSet<i16>,
    pub(super) week_numbers: BTreeSet<i8>,
    /// The number (0: every) and the day, counted from Monday.
    pub(super) days: BTreeSet<(i16, u8)>,
    pub(super) hours: BTreeSet<u8>,
    pub(super) minutes: BTreeSet<u8>,
    pub(super) seconds: BTreeSet<u8>,
    pub(super) positions: BTreeSet<i32>,
    /// Whether a day that does not exist stands for its neighbour (`SKIP`, RFC 7529).
    pub(super) skips: bool,
}

/// Why a rule cannot be read: which part, without quoting it.
pub(super) type Unreadable = String;

impl Rule {
    /// A rule with no parts but these.
    pub(super) fn every(interval: u32, freq: Frequency) -> Self {
        Self {
            freq,
            interval,
            count: None,
            until: None,
            week_start: Weekday::Mon,
            months: BTreeSet::new(),
            month_days: BTreeSet::new(),
            year_days: BTreeSet::new(),
            week_numbers: BTreeSet::new(),
            days: BTreeSet::new(),
            hours: BTreeSet::new(),
            minutes: BTreeSet::new(),
            seconds: BTreeSet::new(),
            positions: BTreeSet::new(),
            skips: false,
        }
    }

    /// Reads the value of an `RRULE` or `EXRULE`. What a part lists out of its bounds is not taken
    /// along, because it never comes; a part that lists nothing else makes the rule unreadable.
    pub(super) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut rule = Self::every(1, Frequency::Yearly);
        let mut freq = None;
        for part in text.to_ascii_uppercase().split(';') {
            let Some((name, value)) = part.split_once('=') else {
                if part.trim().is_empty() {
                    continue;
                }
                return Err("it has a part without a name".to_owned());
            };
            let (name, value) = (name.trim(), value.trim());
            if name == "FREQ" {
                freq = Some(value.parse().map_err(|_| "its FREQ is not known")?);
            } else if !value.is_empty() {
                rule.take(name, value)?;
            }
        }
        rule.freq = freq.ok_or("it has no FREQ")?;
        Ok(rule)
    }

    /// Takes a part along that has a value.
    fn take(&mut self, name: &str, value: &str) -> Result<(), Unreadable> {
        let wrong = || format!("its {name} makes no sense");
        match name {
            "INTERVAL" => {
                let n = parts::number(value).ok_or_else(wrong)?.max(1);
                self.interval = u32::try_from(n).unwrap_or(u32::MAX);
            }
            "COUNT" => {
                let n = parts::number(value).filter(|n| *n >= 0);
                self.count = Some(u32::try_from(n.ok_or_else(wrong)?).unwrap_or(u32::MAX));
            }
            "UNTIL" => {
                let plain: String = value.chars().filter(|c| !"-: ".contains(*c)).collect();
                self.until = Some(Written::parse(&plain).ok_or_else(wrong)?);
            }
            "WKST" => self.week_start = chrono_weekday(parts::weekday(value).ok_or_else(wrong)?),
            "BYMONTH" => self.months = numbers(name, value, 1, 12, false)?,
            "BYMONTHDAY" => self.month_days = numbers(name, value, 1, 31, true)?,
            "BYYEARDAY" => self.year_days = numbers(name, value, 1, 366, true)?,
            "BYWEEKNO" => self.week_numbers = numbers(name, value, 1, 53, true)?,
            "BYDAY" => self.days = parts::days(value)?,
            "BYHOUR" => self.hours = numbers(name, value, 0, 23, false)?,
            "BYMINUTE" => self.minutes = numbers(name, value, 0, 59, false)?,
            "BYSECOND" => {
                self.seconds = numbers(name, value, 0, 60, false)?;
                // A leap second is the second before.
                if self.seconds.remove(&60) {
                    self.seconds.insert(59);
                }
            }
            "BYSETPOS" => self.positions = numbers(name, value, 1, 366, true)?,
            "RSCALE" if matches!(value, "GREGORIAN" | "GREGORY" | "ISO8601") => {}
            "RSCALE" => return Err("its RSCALE is a calendar that is not followed".to_owned()),
            "SKIP" if value == "OMIT" => {}
            "SKIP" if matches!(value, "BACKWARD" | "FORWARD") => self.skips = true,
            "SKIP" => return Err(wrong()),
            "BYEASTER" => return Err("its BYEASTER is not followed".to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// Whether it has no BY part at all.
    pub(super) fn is_plain(&self) -> bool {
        !self.chooses_days()
            && self.months.is_empty()
            && self.hours.is_empty()
            && self.minutes.is_empty()
            && self.seconds.is_empty()
            && self.positions.is_empty()
    }

    /// Whether a part says on which days of a period it comes.
    pub(super) fn chooses_days(&self) -> bool {
        !(self.month_days.is_empty()
            && self.year_days.is_empty()
            && self.week_numbers.is_empty()
            && self.days.is_empty())
    }

    /// On how many times of one day it may come, where its parts say so.
    pub(super) fn times_a_day(&self) -> usize {
        let of = |set: usize| set.max(1);
        of(self.hours.len()) * of(self.minutes.len()) * of(self.seconds.len())
    }

    /// The rule, written in one way only.
    pub(super) fn text(&self) -> String {
        let mut parts = vec![format!("FREQ={}", self.freq)];
        let mut add = |name: &str, value: String| {
            if !value.is_empty() {
                parts.push(format!("{name}={value}"));
            }
        };
        add("UNTIL", self.until.map(Written::text).unwrap_or_default());
        add(
            "COUNT",
            self.count.map(|n| n.to_string()).unwrap_or_default(),
        );
        let interval = (self.interval != 1).then_some(self.interval);
        add(
            "INTERVAL",
            interval.map(|n| n.to_string()).unwrap_or_default(),
        );
        if self.week_start != Weekday::Mon {
            let day = self.week_start.num_days_from_monday();
            add(
                "WKST",
                day_name(u8::try_from(day).unwrap_or_default()).to_owned(),
            );
        }
        add("BYMONTH", joined(&self.months));
        add("BYMONTHDAY", joined(&self.month_days));
        add("BYYEARDAY", joined(&self.year_days));
        add("BYWEEKNO", joined(&self.week_numbers));
        let day = |(number, day): &(i16, u8)| match number {
            0 => day_name(*day).to_owned(),
            number => format!("{number}{}", day_name(*day)),
        };
        add(
            "BYDAY",
            self.days.iter().map(day).collect::<Vec<_>>().join(","),
        );
        add("BYHOUR", joined(&self.hours));
        add("BYMINUTE", joined(&self.minutes));
        add("BYSECOND", joined(&self.seconds));
        add("BYSETPOS", joined(&self.positions));
        // Which way makes no difference to whoever only needs to know whether it matters.
        add("SKIP", if self.skips { "BACKWARD" } else { "" }.to_owned());
        parts.join(";")
    }
}

fn joined<T: Display>(values: &BTreeSet<T>) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join(",")
}
