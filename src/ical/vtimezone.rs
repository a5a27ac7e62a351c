//! Turns a `VTIMEZONE` (RFC 5545 section 3.6.5) into rules: a fixed offset, or two yearly changes.
//!
//! What a "Customized Time Zone" holds is one standard rule and at most one for daylight time, and
//! that is exactly what a POSIX zone can say. Where rules follow one another, those in force count;
//! where changes are listed one by one (`RDATE`), the last one does.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;

use super::component::Component;
use super::time::local_time;

/// One `STANDARD` or `DAYLIGHT` component, or one of its `RDATE`s.
struct Observance {
    since: DateTime,
    /// Seconds east of Greenwich, before and from then on.
    before: i32,
    offset: i32,
    rule: Rule,
}

/// How an observance repeats.
enum Rule {
    Never,
    /// A date and time in the words of a POSIX zone, and the last year in which it holds.
    Yearly {
        posix: String,
        day: Day,
        until: Option<i16>,
    },
}

/// A day of every year.
#[derive(Clone, Copy)]
enum Day {
    /// The month, which week (-1: the last) and the weekday.
    Weekday(i8, i8, Weekday),
    /// A month and a day.
    Date(i8, i8),
}

/// The rules in force at a local time; `None` when they are of a kind that is not followed.
pub(super) fn rules(zone: &Component, local: DateTime) -> Option<TimeZone> {
    let standard = observances(zone, "STANDARD")?;
    let daylight = observances(zone, "DAYLIGHT")?;
    let changes = (
        in_force(&standard, local).and_then(|one| Some((one, one.now(local)?))),
        in_force(&daylight, local).and_then(|one| Some((one, one.now(local)?))),
    );
    let text = if let (Some((standard, to_standard)), Some((daylight, to_daylight))) = changes {
        format!(
            "<STD>{}<DST>{},{to_daylight},{to_standard}",
            posix_offset(standard.offset),
            posix_offset(daylight.offset),
        )
    } else {
        // Clock changes were given up, or are listed one by one: what came last holds.
        let all: Vec<&Observance> = standard.iter().chain(&daylight).collect();
        format!("<STD>{}", posix_offset(last_offset(&all, local)?))
    };
    TimeZone::posix(&text).ok()
}

/// What a `VTIMEZONE` says about its clock, in one way only: its observances in order, without
/// their names; `None` when it is of a kind that is not followed.
pub(super) fn canonical(zone: &Component) -> Option<String> {
    let mut texts = Vec::new();
    for kind in ["STANDARD", "DAYLIGHT"] {
        for component in zone.components().filter(|one| one.is(kind)) {
            Observance::read(component)?;
            let mut lines = Vec::new();
            for name in ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"] {
                for line in component.lines().filter(|line| line.is(name)) {
                    let value = line.value().trim().to_ascii_uppercase();
                    // What is none of these characters says nothing about time.
                    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-;=,".contains(&byte);
                    if !value.bytes().all(plain) {
                        return None;
                    }
                    lines.push(format!("{name}:{value}\n"));
                }
            }
            lines.sort();
            texts.push(format!("BEGIN:{kind}\n{}END:{kind}\n", lines.concat()));
        }
    }
    texts.sort();
    (!texts.is_empty()).then(|| texts.concat())
}

/// All observances of a kind, by their beginning.
fn observances(zone: &Component, kind: &str) -> Option<Vec<Observance>> {
    let mut all = Vec::new();
    for component in zone.components().filter(|component| component.is(kind)) {
        all.extend(Observance::read(component)?);
    }
    all.sort_by_key(|observance| observance.since);
    Some(all)
}

/// The latest observance that had begun, else the earliest.
fn in_force(all: &[Observance], local: DateTime) -> Option<&Observance> {
    let begun = all.partition_point(|observance| observance.since <= local);
    all.get(begun.saturating_sub(1))
}

/// The offset after the last change before a local time; in the hour that a change skips, the one
/// before it (RFC 5545 section 3.3.5).
fn last_offset(all: &[&Observance], local: DateTime) -> Option<i32> {
    let last = all
        .iter()
        .filter_map(|one| Some((one.last_change(local)?, one)))
        .max_by_key(|(change, _)| *change);
    let Some((change, one)) = last else {
        return all.iter().min_by_key(|one| one.since).map(|one| one.offset);
    };
    let skipped = SignedDuration::from_secs(i64::from(one.offset) - i64::from(one.before));
    let inside = local.duration_since(change) < skipped;
    Some(if inside { one.before } else { one.offset })
}

impl Observance {
    /// A component with each of its `RDATE`s.
    fn read(component: &Component) -> Option<Vec<Self>> {
        let since = local_time(component.line("DTSTART")?.value().trim())?;
        let offset_of = |name| offset(component.line(name)?.value().trim());
        let offset = offset_of("TZOFFSETTO")?;
        let before = offset_of("TZOFFSETFROM").unwrap_or(offset);
        let one = |since, rule| Self {
            since,
            before,
            offset,
            rule,
        };
        let rule = match component.line("RRULE") {
            None => Rule::Never,
            Some(line) => yearly(&line.value().to_ascii_uppercase(), since)?,
        };
        let mut all = vec![one(since, rule)];
        for line in component.lines().filter(|line| line.is("RDATE")) {
            for value in line.value().split(',') {
                all.push(one(local_time(value.trim())?, Rule::Never));
            }
        }
        Some(all)
    }

    /// Its yearly change, while it still repeats.
    fn now(&self, local: DateTime) -> Option<&str> {
        match &self.rule {
            Rule::Yearly { posix, until, .. } if until.is_none_or(|year| year >= local.year()) => {
                Some(posix)
            }
            Rule::Yearly { .. } | Rule::Never => None,
        }
    }

    /// Its last change at or before a local time.
    fn last_change(&self, local: DateTime) -> Option<DateTime> {
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

/// `FREQ=YEARLY`, alone or with `BYMONTH` and one `BYDAY`, numbered or among
/// seven days, as a POSIX date and time.
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
            let month: i8 = month
                .parse()
                .ok()
                .filter(|month| (1..=12).contains(month))?;
            let (count, name) = day.split_at_checked(day.len().checked_sub(2)?)?;
            let at = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
                .iter()
                .position(|weekday| *weekday == name)?;
            let week = match (count.trim_start_matches('+'), among) {
                ("", Some(among)) => week_among(among)?,
                ("-1", None) => 5,
                (count, None) => count.parse().ok().filter(|week| (1..=4).contains(week))?,
                _ => return None,
            };
            let weekday = Weekday::from_sunday_zero_offset(i8::try_from(at).ok()?).ok()?;
            let which = if week == 5 { -1 } else { week };
            (
                format!("M{month}.{week}.{at}"),
                Day::Weekday(month, which, weekday),
            )
        }
        (None, None, None) => (
            format!("J{}", since.date().day_of_year_no_leap()?),
            Day::Date(since.month(), since.day()),
        ),
        _ => return None,
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

/// POSIX counts westward.
fn posix_offset(east: i32) -> String {
    let sign = if east > 0 { "-" } else { "" };
    let west = east.unsigned_abs();
    format!(
        "{sign}{:02}:{:02}:{:02}",
        west / 3600,
        west / 60 % 60,
        west % 60
    )
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
