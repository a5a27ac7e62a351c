//! The years, months, weeks, days or hours that a rule goes by.

use jiff::civil::{DateTime, Time};
use jiff::{Span, ToSpan};
use rrule::Frequency;

use super::rule::Rule;

/// One year, month, week, day or hour of a rule, by its first second.
pub(super) struct Period {
    pub(super) start: DateTime,
    freq: Frequency,
}

impl Period {
    /// The one that a time falls into.
    pub(super) fn at(rule: &Rule, time: DateTime) -> Option<Self> {
        let date = time.date();
        let date = match rule.freq {
            Frequency::Yearly => date.first_of_year(),
            Frequency::Monthly => date.first_of_month(),
            Frequency::Weekly => {
                let day = time.weekday().to_monday_zero_offset();
                let start = i8::try_from(rule.week_start.num_days_from_monday()).ok()?;
                date.checked_sub(i64::from((day - start).rem_euclid(7)).days())
                    .ok()?
            }
            _ => date,
        };
        let hour = if rule.freq == Frequency::Hourly {
            time.hour()
        } else {
            0
        };
        Some(Self {
            start: date.to_datetime(Time::new(hour, 0, 0, 0).ok()?),
            freq: rule.freq,
        })
    }

    /// Goes on by whole intervals to the last one that does not begin after a time.
    pub(super) fn advance_to(&mut self, time: DateTime, rule: &Rule) {
        let steps = self.until(time).max(0) / i64::from(rule.interval);
        self.step(steps.saturating_mul(i64::from(rule.interval)));
    }

    /// How many periods after it the one is that a time falls into.
    pub(super) fn until(&self, time: DateTime) -> i64 {
        let days = || {
            i64::from(
                self.start
                    .date()
                    .until(time.date())
                    .map_or(0, |s| s.get_days()),
            )
        };
        let months = || {
            let months = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
            months(time) - months(self.start)
        };
        match self.freq {
            Frequency::Yearly => i64::from(time.year()) - i64::from(self.start.year()),
            Frequency::Monthly => months(),
            Frequency::Weekly => days().div_euclid(7),
            Frequency::Daily => days(),
            _ => self.start.duration_until(time).as_hours(),
        }
    }

    /// Goes on by one interval; false at the end of time.
    pub(super) fn next(&mut self, rule: &Rule) -> bool {
        self.step(i64::from(rule.interval))
    }

    fn step(&mut self, periods: i64) -> bool {
        let span = Span::new();
        let after = match self.freq {
            Frequency::Yearly => span.try_years(periods),
            Frequency::Monthly => span.try_months(periods),
            Frequency::Weekly => span.try_weeks(periods),
            Frequency::Daily => span.try_days(periods),
            _ => span.try_hours(periods),
        };
        let after = after.and_then(|span| self.start.checked_add(span));
        match after {
            Ok(after) => {
                self.start = after;
                true
            }
            Err(_) => false,
        }
    }

    /// Its last second.
    pub(super) fn end(&self) -> DateTime {
        let mut next = Self {
            start: self.start,
            freq: self.freq,
        };
        if !next.step(1) {
            return DateTime::MAX;
        }
        next.start.saturating_sub(1.second())
    }
}
