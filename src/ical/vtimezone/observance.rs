//! One change of the clock of a `VTIMEZONE`, listed or yearly.

use jiff::civil::{Date, DateTime, Weekday};

use super::Unfollowed;
use crate::ical::component::Component;
use crate::ical::time::local_time;

/// A change of the clock, with the seconds east of Greenwich before it and from then on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) at: DateTime,
    pub(super) before: i32,
    pub(super) offset: i32,
}

/// One `STANDARD` or `DAYLIGHT` component, or one of its `RDATE`s.
#[derive(Clone, Debug)]
pub(super) struct Observance {
    pub(super) since: DateTime,
    /// Seconds east of Greenwich, before and from then on.
    before: i32,
    pub(super) offset: i32,
    pub(super) rule: Rule,
}

/// How an observance repeats.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Never,
    /// A date and time in the words of a POSIX zone, and the last year in which it holds.
    Yearly {
        posix: String,
        day: Day,
        until: Option<i16>,
    },
}

/// A day of every year.
#[derive(Clone, Copy, Debug)]
pub(super) enum Day {
    /// The month, which week (-1: the last) and the weekday.
    Weekday(i8, i8, Weekday),
    /// A month and a day.
    Date(i8, i8),
}

impl Observance {
    /// A component with each of its `RDATE`s, `left` of which are read at most.
    pub(super) fn read(component: &Component, left: &mut usize) -> Result<Vec<Self>, Unfollowed> {
        let mut take = || {
            *left = left.checked_sub(1).ok_or(Unfollowed::TooMany)?;
            Ok(())
        };
        take()?;
        let first = Self::first(component).ok_or(Unfollowed::Kind)?;
        let mut all = vec![first.clone()];
        for line in component.lines().filter(|line| line.is("RDATE")) {
            for value in line.value().split(',') {
                take()?;
                all.push(Self {
                    since: local_time(value.trim()).ok_or(Unfollowed::Kind)?,
                    rule: Rule::Never,
                    ..first
                });
            }
        }
        Ok(all)
    }

    /// A component less its `RDATE`s.
    fn first(component: &Component) -> Option<Self> {
        let since = local_time(component.line("DTSTART")?.value().trim())?;
        let offset = offset_to(component)?;
        let rule = match component.line("RRULE") {
            None => Rule::Never,
            Some(line) => yearly(&line.value().to_ascii_uppercase(), since)?,
        };
        Some(Self {
            since,
            before: offset_of(component, "TZOFFSETFROM").unwrap_or(offset),
            offset,
            rule,
        })
    }

    /// It, as it comes at a time.
    pub(super) fn change(&self, at: DateTime) -> Change {
        Change {
            at,
            before: self.before,
            offset: self.offset,
        }
    }

    /// Its yearly change, while it still repeats.
    pub(super) fn now(&self, local: DateTime) -> Option<&str> {
        match &self.rule {
            Rule::Yearly { posix, until, .. } if until.is_none_or(|year| year >= local.year()) => {
                Some(posix)
            }
            Rule::Yearly { .. } | Rule::Never => None,
        }
    }

    /// Its last change at or before a local time.
    pub(super) fn last_change(&self, local: DateTime) -> Option<DateTime> {
        let Rule::Yearly { day, until, .. } = &self.rule else {
            return (self.since <= local).then_some(self.since);
        };
        let year = until.map_or(local.year(), |until| until.min(local.year()));
        [year, year.saturating_sub(1)]
            .into_iter()
            .filter_map(|year| Some(day.of(year)?.to_datetime(self.since.time())))
            .find(|change| *change <= local && *change >= self.since)
            .or_else(|| (self.since <= local).then_some(self.since))
    }
}

impl Day {
    fn of(self, year: i16) -> Option<Date> {
        match self {
            Self::Weekday(month, week, weekday) => {
                let first = Date::new(year, month, 1).ok()?;
                first.nth_weekday_of_month(week, weekday).ok()
            }
            Self::Date(month, day) => Date::new(year, month, day).ok(),
        }
    }
}

/// `FREQ=YEARLY`, as a POSIX date and time: alone, or with `BYMONTH` and one `BYDAY`, numbered or among
/// seven days, or with `BYMONTH` and at most one `BYMONTHDAY`. A fifth weekday is the last one: that is
/// what five means in the tables of Windows, out of which such rules are made.
fn yearly(rule: &str, since: DateTime) -> Option<Rule> {
    let part = |name: &str| {
        rule.split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let plain = ["BYYEARDAY", "BYWEEKNO", "BYSETPOS", "COUNT"]
        .iter()
        .all(|name| part(name).is_none());
    if part("FREQ")? != "YEARLY" || part("INTERVAL").unwrap_or("1") != "1" || !plain {
        return None;
    }
    let (date, day) = match (part("BYMONTH"), part("BYDAY"), part("BYMONTHDAY")) {
        (Some(month), Some(day), among) => {
            let month = month_of(month)?;
            let (count, name) = day.split_at_checked(day.len().checked_sub(2)?)?;
            let at = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
                .iter()
                .position(|weekday| *weekday == name)?;
            let week = match (count.trim_start_matches('+'), among) {
                ("", Some(among)) => week_among(among)?,
                ("-1", None) => 5,
                (count, None) => count.parse().ok().filter(|week| (1..=5).contains(week))?,
                _ => return None,
            };
            let weekday = Weekday::from_sunday_zero_offset(i8::try_from(at).ok()?).ok()?;
            let which = if week == 5 { -1 } else { week };
            (
                format!("M{month}.{week}.{at}"),
                Day::Weekday(month, which, weekday),
            )
        }
        (Some(month), None, None) => date_of(month_of(month)?, since.day())?,
        (Some(month), None, Some(day)) => date_of(month_of(month)?, day.trim().parse().ok()?)?,
        (None, None, None) => date_of(since.month(), since.day())?,
        (None, _, _) => return None,
    };
    let time = since.time();
    Some(Rule::Yearly {
        posix: format!(
            "{date}/{:02}:{:02}:{:02}",
            time.hour(),
            time.minute(),
            time.second()
        ),
        day,
        until: match part("UNTIL") {
            Some(until) => Some(until.get(..4)?.parse().ok()?),
            None => None,
        },
    })
}

fn month_of(text: &str) -> Option<i8> {
    let month = text.trim().parse().ok()?;
    (1..=12).contains(&month).then_some(month)
}

/// A day of a month, counted from its end where it is negative; not one that only some years have.
fn date_of(month: i8, day: i8) -> Option<(String, Day)> {
    let first = Date::constant(2025, 1, 1)
        .with()
        .month(month)
        .build()
        .ok()?;
    let day = match day {
        ..0 if month == 2 => return None,
        ..0 => first.days_in_month() + 1 + day,
        _ => day,
    };
    let date = first.with().day(day).build().ok()?;
    let posix = format!("J{}", date.day_of_year_no_leap()?);
    Some((posix, Day::Date(month, day)))
}

/// Which week a list of seven days of a month is: a Sunday among the 8th to the 14th is the second.
fn week_among(days: &str) -> Option<i8> {
    let mut days: Vec<i8> = days
        .split(',')
        .map(|day| day.trim().parse().ok())
        .collect::<Option<_>>()?;
    days.sort_unstable();
    let first = *days.first()?;
    let in_a_row = days
        .iter()
        .zip(first..)
        .all(|(day, expected)| *day == expected);
    match first {
        1 | 8 | 15 | 22 if in_a_row && days.len() == 7 => Some(first / 7 + 1),
        24 | 25 if in_a_row && days.len() == 7 => Some(5),
        _ => None,
    }
}

/// Its offset from then on, in seconds east of Greenwich.
pub(super) fn offset_to(component: &Component) -> Option<i32> {
    offset_of(component, "TZOFFSETTO")
}

fn offset_of(component: &Component, name: &str) -> Option<i32> {
    offset(component.line(name)?.value().trim())
}

/// Reads a UTC-OFFSET (RFC 5545 section 3.3.14): `+0100`, `-033000`; in seconds.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let part = |from, to| -> Option<i32> {
        let digits: &str = digits.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let seconds = if digits.len() == 6 { part(4, 6)? } else { 0 };
    matches!(digits.len(), 4 | 6)
        .then(|| Some(sign * (part(0, 2)? * 3600 + part(2, 4)? * 60 + seconds)))?
}
