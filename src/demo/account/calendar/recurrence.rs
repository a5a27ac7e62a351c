//! The few recurrence rules that this account takes: so many days or weeks in a row.

use jiff::{Span, ToSpan, tz::TimeZone};

use crate::domain::time_span::TimeSpan;

/// The most times that an event may take place.
const MOST: i64 = 366;

/// `FREQ=DAILY` or `WEEKLY` with a `COUNT`, and an `INTERVAL` if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    days: i64,
    count: i64,
}

impl Rule {
    /// Reads an `RRULE`; `None` for one that this account does not take.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (mut days, mut count, mut interval) = (None, None, 1);
        for part in line.strip_prefix("RRULE:")?.split(';') {
            match part.split_once('=')? {
                ("FREQ", "DAILY") => days = Some(1),
                ("FREQ", "WEEKLY") => days = Some(7),
                ("COUNT", text) => count = text.parse().ok(),
                ("INTERVAL", text) => interval = text.parse().ok()?,
                _ => return None,
            }
        }
        let (days, count) = (days?, count?);
        let bounded = (1..=MOST).contains(&count) && (1..=MOST).contains(&interval);
        bounded.then_some(Self {
            days: interval * days,
            count,
        })
    }

    /// Every time: at the same time of day on the wall clock, for as long.
    pub(super) fn spans(self, first: TimeSpan, zone: &TimeZone) -> Vec<TimeSpan> {
        let (start, end) = (
            first.start.to_zoned(zone.clone()),
            first.end.to_zoned(zone.clone()),
        );
        (0..self.count)
            .filter_map(|number| {
                let later: Span = number.checked_mul(self.days)?.days();
                Some(TimeSpan {
                    start: start.checked_add(later).ok()?.timestamp(),
                    end: end.checked_add(later).ok()?.timestamp(),
                })
            })
            .collect()
    }
}
