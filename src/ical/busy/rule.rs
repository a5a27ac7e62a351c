//! Reads a recurrence rule (RFC 5545 section 3.3.10) and writes it in one way only.

use std::collections::BTreeSet;
use std::fmt::Display;

use chrono::Weekday;
use rrule::Frequency;

use super::super::time::Written;

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
}

/// Why a rule cannot be read; without quoting it.
pub(super) type Unreadable = &'static str;

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

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
                return Err("it has a part without a value");
            };
            let value = value.trim();
            match name.trim() {
                "FREQ" => {
                    freq = Some(
                        value
                            .parse::<Frequency>()
                            .map_err(|_| "its FREQ is not known")?,
                    );
                }
                "INTERVAL" => rule.interval = interval(value)?,
                "COUNT" => rule.count = Some(count(value)?),
                "UNTIL" => {
                    rule.until = Some(Written::parse(value).ok_or("its UNTIL makes no sense")?);
                }
                "WKST" => {
                    let day = weekday(value).ok_or("its WKST makes no sense")?;
                    rule.week_start = chrono_weekday(day);
                }
                "BYMONTH" => rule.months = list(value, 1, 12, false)?,
                "BYMONTHDAY" => rule.month_days = list(value, 1, 31, true)?,
                "BYYEARDAY" => rule.year_days = list(value, 1, 366, true)?,
                "BYWEEKNO" => rule.week_numbers = list(value, 1, 53, true)?,
                "BYDAY" => rule.days = days(value)?,
                "BYHOUR" => rule.hours = list(value, 0, 23, false)?,
                "BYMINUTE" => rule.minutes = list(value, 0, 59, false)?,
                // A leap second is the second before.
                "BYSECOND" => {
                    rule.seconds = list(value, 0, 60, false)?;
                    if rule.seconds.remove(&60) {
                        rule.seconds.insert(59);
                    }
                }
                "BYSETPOS" => rule.positions = list(value, 1, 366, true)?,
                "RSCALE" if value == "GREGORIAN" => {}
                "SKIP" if value == "OMIT" => {}
                "RSCALE" | "SKIP" | "BYEASTER" => {
                    return Err(
                        "it counts in a way that is not followed (RSCALE, SKIP or BYEASTER)",
                    );
                }
                _ => {}
            }
        }
        rule.freq = freq.ok_or("it has no FREQ")?;
        Ok(rule)
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
        parts.join(";")
    }
}

/// A day of the week, counted from Monday.
pub(super) fn chrono_weekday(day: u8) -> Weekday {
    Weekday::try_from(day).unwrap_or(Weekday::Mon)
}

fn interval(value: &str) -> Result<u32, Unreadable> {
    match number(value) {
        Some(n) if n >= 1 => Ok(u32::try_from(n).unwrap_or(u32::MAX)),
        Some(_) | None => Err("its INTERVAL makes no sense"),
    }
}

fn count(value: &str) -> Result<u32, Unreadable> {
    match number(value) {
        Some(n) if n >= 0 => Ok(u32::try_from(n).unwrap_or(u32::MAX)),
        Some(_) | None => Err("its COUNT makes no sense"),
    }
}

/// A number of any length: what is too large for an `i64` is its end.
fn number(value: &str) -> Option<i64> {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX);
    Some(if value.starts_with('-') { -size } else { size })
}

fn list<T: TryFrom<i64> + Ord>(
    value: &str,
    low: i64,
    high: i64,
    signed: bool,
) -> Result<BTreeSet<T>, Unreadable> {
    let mut found = BTreeSet::new();
    for item in value.split(',') {
        let n = number(item.trim()).ok_or("it has a part with something that is no number")?;
        let size = if signed { n.abs() } else { n };
        if (low..=high).contains(&size) {
            found.extend(T::try_from(n).ok());
        }
    }
    if found.is_empty() {
        return Err("it has a part with nothing that ever comes");
    }
    Ok(found)
}

fn days(value: &str) -> Result<BTreeSet<(i16, u8)>, Unreadable> {
    const WRONG: Unreadable = "its BYDAY makes no sense";
    let mut found = BTreeSet::new();
    for item in value.split(',') {
        let item = item.trim();
        let at = item.len().checked_sub(2).ok_or(WRONG)?;
        let (n, day) = item.split_at_checked(at).ok_or(WRONG)?;
        let day = weekday(day).ok_or(WRONG)?;
        let n = if n.is_empty() {
            0
        } else {
            number(n).ok_or(WRONG)?
        };
        if n.abs() <= 53 {
            found.insert((i16::try_from(n).unwrap_or_default(), day));
        }
    }
    if found.is_empty() {
        return Err("it has a part with nothing that ever comes");
    }
    Ok(found)
}

fn weekday(name: &str) -> Option<u8> {
    let at = WEEKDAYS.iter().position(|day| *day == name)?;
    u8::try_from(at).ok()
}

fn day_name(day: u8) -> &'static str {
    WEEKDAYS.get(usize::from(day)).copied().unwrap_or("MO")
}

fn joined<T: Display>(values: &BTreeSet<T>) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join(",")
}
