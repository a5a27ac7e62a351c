//! The values that a part of a recurrence rule lists (RFC 5545 section 3.3.10).

use std::collections::BTreeSet;

use chrono::Weekday;

use super::rule::Unreadable;

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A day of the week, counted from Monday.
pub(super) fn chrono_weekday(day: u8) -> Weekday {
    Weekday::try_from(day).unwrap_or(Weekday::Mon)
}

/// A number of any length: what is too large for an `i64` is its end.
pub(super) fn number(value: &str) -> Option<i64> {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX);
    Some(if value.starts_with('-') { -size } else { size })
}

/// The numbers of a list that are within their bounds.
pub(super) fn numbers<T: TryFrom<i64> + Ord>(
    name: &str,
    value: &str,
    low: i64,
    high: i64,
    signed: bool,
) -> Result<BTreeSet<T>, Unreadable> {
    let mut found = BTreeSet::new();
    for item in items(value) {
        let n =
            number(item).ok_or_else(|| format!("its {name} has something that is no number"))?;
        let size = if signed { n.abs() } else { n };
        if (low..=high).contains(&size) {
            found.extend(T::try_from(n).ok());
        }
    }
    something(name, found)
}

/// The days of a `BYDAY`.
pub(super) fn days(value: &str) -> Result<BTreeSet<(i16, u8)>, Unreadable> {
    let wrong = || "its BYDAY makes no sense".to_owned();
    let mut found = BTreeSet::new();
    for item in items(value) {
        let at = item.len().checked_sub(2).ok_or_else(wrong)?;
        let (n, day) = item.split_at_checked(at).ok_or_else(wrong)?;
        let day = weekday(day).ok_or_else(wrong)?;
        let n = match n.trim() {
            "" => 0,
            n => number(n).ok_or_else(wrong)?,
        };
        if n.abs() <= 53 {
            found.insert((i16::try_from(n).unwrap_or_default(), day));
        }
    }
    something("BYDAY", found)
}

fn items(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn something<T>(name: &str, found: BTreeSet<T>) -> Result<BTreeSet<T>, Unreadable> {
    if found.is_empty() {
        return Err(format!("its {name} lists nothing that ever comes"));
    }
    Ok(found)
}

pub(super) fn weekday(name: &str) -> Option<u8> {
    let at = WEEKDAYS.iter().position(|day| *day == name)?;
    u8::try_from(at).ok()
}

pub(super) fn day_name(day: u8) -> &'static str {
    WEEKDAYS.get(usize::from(day)).copied().unwrap_or("MO")
}
