//! Turns a `VTIMEZONE` (RFC 5545 section 3.6.5) into rules: a fixed offset, or two yearly changes.
//!
//! What a "Customized Time Zone" holds is one standard rule and at most one for daylight time, and
//! that is exactly what a POSIX zone can say. Where rules follow one another, those in force count;
//! where changes are listed one by one (`RDATE`), the last one does.
//!
//! A zone is read once and then asked for each time. One that lists more than a thousand changes, or
//! more than a hundred yearly rules, is not read to its end: the longest real ones list two hundred.

mod observance;

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::component::Component;
use super::time::local_time;
use observance::{Change, Observance, Rule};

/// Observances and listed changes of one zone that are read.
const MOST_CHANGES: usize = 1_000;
/// Yearly rules of one zone that are read: each is looked at for each time.
const MOST_YEARLY: usize = 100;

/// Bytes that are kept of one zone: each event that names it brings it along.
const MOST_BYTES: usize = 8 * 1024;

/// Why a `VTIMEZONE` has no rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfollowed {
    /// Its rules are of a kind that is not followed.
    Kind,
    /// It lists more changes than any real zone.
    TooMany,
}

/// A `VTIMEZONE` that was read.
#[derive(Debug)]
pub(super) struct Clock {
    standard: Vec<Observance>,
    daylight: Vec<Observance>,
    /// Both kinds that come once, by their beginning.
    listed: Vec<Change>,
    /// Both kinds that come every year.
    yearly: Vec<Observance>,
    /// The rules that were asked for last, which mostly are those of the next time too.
    last: RefCell<Option<(String, TimeZone)>>,
}

/// The rules in force at a local time; `None` when they are of a kind that is not followed.
pub(super) fn rules(zone: &Component, local: DateTime) -> Option<TimeZone> {
    Clock::read(zone).ok()?.rules(local)
}

impl Clock {
    /// Reads a zone, as far as it is of a size that a zone can have.
    ///
    /// # Errors
    /// When it is not, or cannot be followed.
    pub(super) fn read(zone: &Component) -> Result<Self, Unfollowed> {
        let mut left = MOST_CHANGES;
        let standard = observances(zone, "STANDARD", &mut left)?;
        let daylight = observances(zone, "DAYLIGHT", &mut left)?;
        let (listed, yearly): (Vec<_>, Vec<_>) = standard
            .iter()
            .chain(&daylight)
            .cloned()
            .partition(|one| matches!(one.rule, Rule::Never));
        if yearly.len() > MOST_YEARLY {
            return Err(Unfollowed::TooMany);
        }
        let mut listed: Vec<Change> = listed.iter().map(|one| one.change(one.since)).collect();
        listed.sort_by_key(|change| change.at);
        Ok(Self {
            standard,
            daylight,
            listed,
            yearly,
            last: RefCell::default(),
        })
    }

    /// The rules in force at a local time; `None` when it has none.
    pub(super) fn rules(&self, local: DateTime) -> Option<TimeZone> {
        let changes = (
            in_force(&self.standard, local).and_then(|one| Some((one, one.now(local)?))),
            in_force(&self.daylight, local).and_then(|one| Some((one, one.now(local)?))),
        );
        let text = if let (Some((standard, to_standard)), Some((daylight, to_daylight))) = changes {
            format!(
                "<STD>{}<DST>{},{to_daylight},{to_standard}",
                posix_offset(standard.offset),
                posix_offset(daylight.offset),
            )
        } else {
            // Clock changes were given up, or are listed one by one: what came last holds.
            format!("<STD>{}", posix_offset(self.last_offset(local)?))
        };
        let mut last = self.last.borrow_mut();
        if let Some((_, zone)) = last.as_ref().filter(|(known, _)| *known == text) {
            return Some(zone.clone());
        }
        let zone = TimeZone::posix(&text).ok()?;
        *last = Some((text, zone.clone()));
        Some(zone)
    }

    /// The offset after the last change before a local time; in the hour that a change skips, the
    /// one before it (RFC 5545 section 3.3.5).
    fn last_offset(&self, local: DateTime) -> Option<i32> {
        let begun = self.listed.partition_point(|change| change.at <= local);
        let listed = begun
            .checked_sub(1)
            .and_then(|at| self.listed.get(at).copied());
        let yearly = self
            .yearly
            .iter()
            .filter_map(|one| Some(one.change(one.last_change(local)?)));
        let Some(last) = listed.into_iter().chain(yearly).max_by_key(|one| one.at) else {
            let first = self.yearly.iter().map(|one| one.change(one.since));
            let first = first.chain(self.listed.first().copied());
            return first.min_by_key(|one| one.at).map(|one| one.offset);
        };
        let skipped = SignedDuration::from_secs(i64::from(last.offset) - i64::from(last.before));
        let inside = local.duration_since(last.at) < skipped;
        Some(if inside { last.before } else { last.offset })
    }
}

/// What a `VTIMEZONE` says about its clock, in one way only: its observances in order, without
/// their names. Of what an observance says twice only what is followed is taken, once.
///
/// # Errors
/// When it cannot be followed, or says more than [`MOST_BYTES`].
pub(super) fn canonical(zone: &Component) -> Result<String, Unfollowed> {
    Clock::read(zone)?;
    let mut texts = BTreeSet::new();
    for kind in ["STANDARD", "DAYLIGHT"] {
        for component in zone.components().filter(|one| one.is(kind)) {
            texts.insert(observance_text(kind, component)?);
        }
    }
    if texts.is_empty() {
        return Err(Unfollowed::Kind);
    }
    let text = texts.into_iter().collect::<String>();
    if text.len() > MOST_BYTES {
        return Err(Unfollowed::TooMany);
    }
    Ok(text)
}

fn observance_text(kind: &str, component: &Component) -> Result<String, Unfollowed> {
    let mut lines = BTreeSet::new();
    let mut dates = BTreeSet::new();
    for name in ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"] {
        if let Some(line) = component.line(name) {
            let value = line.value().trim().to_ascii_uppercase();
            lines.insert(format!("{name}:{value}\n"));
        }
    }
    for line in component.lines().filter(|line| line.is("RDATE")) {
        let values = line.value().to_ascii_uppercase();
        dates.extend(values.split(',').map(|value| value.trim().to_owned()));
    }
    if !dates.is_empty() {
        let dates: Vec<String> = dates.into_iter().collect();
        lines.insert(format!("RDATE:{}\n", dates.join(",")));
    }
    // What is none of these characters says nothing about time.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-;=,:\n".contains(&byte);
    if !lines.iter().all(|line| line.bytes().all(plain)) {
        return Err(Unfollowed::Kind);
    }
    let lines: String = lines.into_iter().collect();
    Ok(format!("BEGIN:{kind}\n{lines}END:{kind}\n"))
}

/// The offset of the latest standard time that a zone tells, in seconds east of Greenwich: what is left
/// to go by where its rules cannot be followed. `None` when it tells none.
pub(super) fn standard_offset(zone: &Component) -> Option<i32> {
    let latest = |kind| {
        let all = zone.components().filter(|one| one.is(kind));
        let offsets = all.filter_map(|one| {
            let since = one
                .line("DTSTART")
                .and_then(|line| local_time(line.value().trim()));
            Some((since, observance::offset_to(one)?))
        });
        offsets
            .max_by_key(|(since, _)| *since)
            .map(|(_, offset)| offset)
    };
    latest("STANDARD").or_else(|| latest("DAYLIGHT"))
}

/// All observances of a kind, by their beginning.
fn observances(
    zone: &Component,
    kind: &str,
    left: &mut usize,
) -> Result<Vec<Observance>, Unfollowed> {
    let mut all = Vec::new();
    for component in zone.components().filter(|component| component.is(kind)) {
        all.extend(Observance::read(component, left)?);
    }
    all.sort_by_key(|observance| observance.since);
    Ok(all)
}

/// The latest observance that had begun, else the earliest.
fn in_force(all: &[Observance], local: DateTime) -> Option<&Observance> {
    let begun = all.partition_point(|observance| observance.since <= local);
    all.get(begun.saturating_sub(1))
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
