//! Turns a `VTIMEZONE` (RFC 5545 section 3.6.5) into rules: a fixed offset, or two yearly changes.
//!
//! What a "Customized Time Zone" holds is one standard rule and at most one for daylight time, and
//! that is exactly what a POSIX zone can say. Where rules follow one another, those in force count.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::component::Component;
use super::time::local_time;

/// One `STANDARD` or `DAYLIGHT` component.
struct Observance {
    since: DateTime,
    /// Seconds east of Greenwich.
    offset: i32,
    rule: Rule,
}

/// How an observance repeats.
enum Rule {
    Never,
    /// A date and time in the words of a POSIX zone, and the last year in which it holds.
    Yearly {
        posix: String,
        until: Option<i16>,
    },
}

/// The rules in force at a local time; `None` when they are of a kind that is not followed.
pub(super) fn rules(zone: &Component, local: DateTime) -> Option<TimeZone> {
    let standard = in_force(zone, "STANDARD", local)?;
    let daylight = in_force(zone, "DAYLIGHT", local)?;
    let text = match (standard, daylight) {
        (None, None) => return None,
        (Some(only), None) | (None, Some(only)) => fixed(&only),
        (Some(standard), Some(daylight)) => {
            match (standard.now(local), daylight.now(local)) {
                (Some(to_standard), Some(to_daylight)) => format!(
                    "<STD>{}<DST>{},{to_daylight},{to_standard}",
                    posix_offset(standard.offset),
                    posix_offset(daylight.offset),
                ),
                // Clock changes were given up: what came last stays.
                (None, None) if daylight.last_year() > standard.last_year() => fixed(&daylight),
                (None, None) => fixed(&standard),
                (Some(_), None) | (None, Some(_)) => return None,
            }
        }
    };
    TimeZone::posix(&text).ok()
}

/// The latest observance of a kind that had begun, else the earliest; the outer `None` says that
/// one of them cannot be followed.
#[expect(
    clippy::option_option,
    reason = "absent and unreadable are different answers here"
)]
fn in_force(zone: &Component, kind: &str, local: DateTime) -> Option<Option<Observance>> {
    let mut all = zone
        .components()
        .filter(|component| component.is(kind))
        .map(Observance::read)
        .collect::<Option<Vec<_>>>()?;
    all.sort_by_key(|observance| observance.since);
    let begun = all.partition_point(|observance| observance.since <= local);
    let index = begun.saturating_sub(1);
    Some((index < all.len()).then(|| all.swap_remove(index)))
}

impl Observance {
    fn read(component: &Component) -> Option<Self> {
        let since = local_time(component.line("DTSTART")?.value().trim())?;
        let rule = match component.line("RRULE") {
            None if component.line("RDATE").is_some() => return None,
            None => Rule::Never,
            Some(line) => yearly(&line.value().to_ascii_uppercase(), since)?,
        };
        Some(Self {
            since,
            offset: offset(component.line("TZOFFSETTO")?.value().trim())?,
            rule,
        })
    }

    /// Its yearly change, while it still repeats.
    fn now(&self, local: DateTime) -> Option<&str> {
        match &self.rule {
            Rule::Yearly { posix, until } if until.is_none_or(|year| year >= local.year()) => {
                Some(posix)
            }
            Rule::Yearly { .. } | Rule::Never => None,
        }
    }

    fn last_year(&self) -> (i16, DateTime) {
        match self.rule {
            Rule::Yearly {
                until: Some(year), ..
            } => (year, self.since),
            Rule::Yearly { .. } | Rule::Never => (self.since.year(), self.since),
        }
    }
}

/// `FREQ=YEARLY`, alone or with `BYMONTH` and one numbered `BYDAY`, as a POSIX date and time.
fn yearly(rule: &str, since: DateTime) -> Option<Rule> {
    let part = |name: &str| {
        rule.split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let plain = ["BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "COUNT"]
        .iter()
        .all(|name| part(name).is_none());
    if part("FREQ")? != "YEARLY" || part("INTERVAL").unwrap_or("1") != "1" || !plain {
        return None;
    }
    let date = match (part("BYMONTH"), part("BYDAY")) {
        (Some(month), Some(day)) => {
            let (count, weekday) = day.split_at_checked(day.len().checked_sub(2)?)?;
            let weekday = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
                .iter()
                .position(|name| *name == weekday)?;
            let week = match count.trim_start_matches('+') {
                "-1" => 5,
                count => count.parse::<u8>().ok().filter(|n| (1..=4).contains(n))?,
            };
            let month: u8 = month.parse().ok()?;
            format!("M{month}.{week}.{weekday}")
        }
        (None, None) => format!("J{}", since.date().day_of_year_no_leap()?),
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
        until: match part("UNTIL") {
            Some(until) => Some(until.get(..4)?.parse().ok()?),
            None => None,
        },
    })
}

fn fixed(observance: &Observance) -> String {
    format!("<STD>{}", posix_offset(observance.offset))
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
