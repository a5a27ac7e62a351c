//! Writes the rules of a zone as a `VTIMEZONE` (RFC 5545 section 3.6.5): the standard rule and the
//! one for daylight time that are in force, where the clock changes on the same weekdays each year.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::component::{Component, Item};
use super::super::content_line::ContentLine;

/// Clock changes that a rule must fit.
const LOOKED_AT: usize = 12;
/// Clock changes that are listed where no rule fits.
const LISTED: usize = 12;

/// 2023-01-01: a year before the Monday from which on weekly slots hold.
const BEFORE_ALL: Timestamp = Timestamp::constant(1_672_531_200, 0);

/// One clock change.
struct Change {
    /// On the clock before it.
    local: DateTime,
    from: i32,
    to: i32,
    daylight: bool,
}

/// The `VTIMEZONE` of a zone: from before any slot that we write on, where one pair of rules holds
/// all the time, because some readers take a time before the first rule for UTC; else from a year
/// before `now` on.
pub(super) fn component(name: &str, zone: &TimeZone, now: Timestamp) -> Component {
    let mut out = Component::new("VTIMEZONE");
    add(&mut out, "TZID", name);
    let year = SignedDuration::from_hours(24 * 366);
    let since = now.checked_sub(year).unwrap_or(now);
    let changes = |since: Timestamp| -> Vec<Change> {
        zone.following(since)
            .map(|change| Change::at(zone, change.timestamp(), change.dst().is_dst()))
            .take(LOOKED_AT)
            .collect()
    };
    let early = changes(since.min(BEFORE_ALL));
    let changes = changes(since);
    let rules = |changes: &[Change]| {
        let mut rules = yearly(changes)?;
        // Which of both comes first depends on the time of year.
        rules.sort();
        Some(rules)
    };
    let lasts = rules(&early).is_some() && rules(&early) == rules(&changes);
    let changes = if lasts { early } else { changes };
    let parts = match (&changes[..], yearly(&changes)) {
        ([], _) => {
            let offset = zone.to_offset(now).seconds();
            let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
            let only = Change {
                local: start,
                from: offset,
                to: offset,
                daylight: false,
            };
            vec![only.component(None)]
        }
        (changes, Some(rules)) => changes
            .iter()
            .zip(rules)
            .map(|(change, rule)| change.component(Some(&rule)))
            .collect(),
        (changes, None) => changes
            .iter()
            .take(LISTED)
            .map(|change| change.component(None))
            .collect(),
    };
    out.items.extend(parts.into_iter().map(Item::Component));
    out
}

impl Change {
    fn at(zone: &TimeZone, time: Timestamp, daylight: bool) -> Self {
        let before = time
            .checked_sub(SignedDuration::from_secs(1))
            .unwrap_or(time);
        let from = zone.to_offset(before);
        Self {
            local: from.to_datetime(time),
            from: from.seconds(),
            to: zone.to_offset(time).seconds(),
            daylight,
        }
    }

    fn component(&self, rule: Option<&str>) -> Component {
        let kind = if self.daylight {
            "DAYLIGHT"
        } else {
            "STANDARD"
        };
        let mut out = Component::new(kind);
        add(
            &mut out,
            "DTSTART",
            &self.local.strftime("%Y%m%dT%H%M%S").to_string(),
        );
        add(&mut out, "TZOFFSETFROM", &offset(self.from));
        add(&mut out, "TZOFFSETTO", &offset(self.to));
        if let Some(rule) = rule {
            add(&mut out, "RRULE", rule);
        }
        out
    }
}

/// The rules of the first two changes, if all others follow them.
fn yearly(changes: &[Change]) -> Option<[String; 2]> {
    let rule = |parity: usize| -> Option<String> {
        let own: Vec<&Change> = changes.iter().skip(parity).step_by(2).collect();
        let first = own.first()?;
        let alike = |change: &&Change| {
            change.local.month() == first.local.month()
                && change.local.weekday() == first.local.weekday()
                && change.local.time() == first.local.time()
                && (change.from, change.to) == (first.from, first.to)
                && change.daylight == first.daylight
        };
        if own.len() < 3 || !own.iter().all(alike) {
            return None;
        }
        let nth = |change: &Change| (change.local.day() - 1) / 7 + 1;
        let last = |change: &Change| change.local.day() + 7 > change.local.days_in_month();
        let number = if own.iter().all(|change| last(change)) {
            -1
        } else if own.iter().all(|change| nth(change) == nth(first)) {
            nth(first)
        } else {
            return None;
        };
        let (month, day) = (first.local.month(), name(first.local.weekday()));
        Some(format!("FREQ=YEARLY;BYMONTH={month};BYDAY={number}{day}"))
    };
    Some([rule(0)?, rule(1)?])
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

/// A UTC-OFFSET (RFC 5545 section 3.3.14).
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let rest = match all % 60 {
        0 => String::new(),
        rest => format!("{rest:02}"),
    };
    format!("{sign}{:02}{:02}{rest}", all / 3600, all / 60 % 60)
}

fn add(component: &mut Component, name: &str, value: &str) {
    component.put(ContentLine::new(name, value), |_| false);
}
