//! Compares the clocks of two zones: only what is the same all year can be said in either.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::timezone;
use crate::domain::hours::Hours;

/// How far ahead two zones must agree.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366 * 3);
/// The most clock changes of one zone that are looked at: Casablanca has four a year.
const MOST_CHANGES: usize = 40;

/// The rules of the zone that hours are in; UTC where its name is not known.
pub(super) fn of(hours: &Hours) -> TimeZone {
    timezone::by_name(&hours.zone).unwrap_or(TimeZone::UTC)
}

/// How many minutes the clock in `to` is ahead of the one in `from`, where that is the same all
/// year: 60 from London to Berlin, which change on the same nights.
pub(super) fn ahead(from: &TimeZone, to: &TimeZone, now: Timestamp) -> Option<i64> {
    if from == to {
        return Some(0);
    }
    let at = |time: Timestamp| to.to_offset(time).seconds() - from.to_offset(time).seconds();
    let end = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let changes = |zone: &TimeZone| -> Vec<Timestamp> {
        zone.following(now)
            .map(|change| change.timestamp())
            .take_while(|time| *time < end)
            .take(MOST_CHANGES)
            .collect()
    };
    let difference = at(now);
    let constant = changes(from)
        .into_iter()
        .chain(changes(to))
        .all(|time| at(time) == difference);
    (constant && difference % 60 == 0).then(|| i64::from(difference / 60))
}
