//! The `rrule` crate, bounded: it cannot be stopped between two occurrences, only by the end of its
//! calendar in the year 10,000. So the years are moved by whole cycles of the calendar until the
//! range lies just before that end: a rule that never comes gives up after some thousand steps.

use chrono::{Datelike, Month, NaiveDate, Timelike, Weekday};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Tz};

use super::parts::chrono_weekday;
use super::period::Period;
use super::rule::Rule;

/// The last year that a range is moved to.
const LAST_YEAR: i32 = 9_998;
/// How often the crate looks for the next occurrence before it gives up.
const GIVES_UP: u64 = 100_000;

/// Whether the crate refuses the days of a `MONTHLY` rule, which then is walked month by month, each
/// as the only month of a `YEARLY` one.
pub(super) fn goes_by_months(rule: &Rule) -> bool {
    let far = |(number, _): &(i16, u8)| *number < -4 || *number > 5;
    let days = rule.year_days.len() + rule.week_numbers.len();
    rule.freq == Frequency::Monthly && (days > 0 || rule.days.iter().any(far))
}

/// The crate's occurrences, moved to the end of its calendar and back.
pub(super) struct Shifted {
    all: rrule::RRuleSetIter,
    years: i32,
    /// What the crate goes by.
    freq: Frequency,
    interval: u64,
    begin: DateTime,
    /// The last time that was given, or the end of the calendar.
    seen: DateTime,
    /// What is generated at once, and how much was given.
    at_once: u64,
    given: u64,
}

impl Shifted {
    pub(super) fn new(rule: &Rule, period: &Period, to: DateTime, single: bool) -> Option<Self> {
        let by_months = goes_by_months(rule);
        let years = years_to_the_end(i32::from(period.start.year()), i32::from(to.year()));
        let start = period.start;
        let date = NaiveDate::from_ymd_opt(
            i32::from(start.year()) + years,
            u32::try_from(start.month()).ok()?,
            u32::try_from(start.day()).ok()?,
        )?;
        let time = date.and_hms_opt(u32::try_from(start.hour()).ok()?, 0, 0)?;
        let start = time.and_utc().with_timezone(&Tz::UTC);
        let freq = if by_months {
            Frequency::Yearly
        } else {
            rule.freq
        };
        let days = days_of(freq);
        let at_once = if days > 1 {
            days * u64::try_from(rule.times_a_day()).ok()?
        } else {
            1
        };
        let interval = if single { 1 } else { u64::from(rule.interval) };
        let mut rule = crate_rule(rule);
        if single {
            rule = rule.interval(1);
        }
        if by_months {
            let month = Month::try_from(u8::try_from(period.start.month()).ok()?).ok()?;
            rule = rule.freq(Frequency::Yearly).by_month(&[month]);
        }
        let rule = rule.validate(start).ok()?;
        let set = RRuleSet::new(start).rrule(rule).limit();
        Some(Self {
            all: (&set).into_iter(),
            years,
            freq,
            interval,
            begin: period.start,
            seen: period.start,
            at_once,
            given: 0,
        })
    }

    /// What it has cost so far, in steps.
    pub(super) fn steps(&self) -> u64 {
        let hours = self.begin.duration_until(self.seen).as_hours();
        let hours = u64::try_from(hours).unwrap_or(0);
        let walked = if self.freq == Frequency::Hourly {
            (hours / self.interval).min(GIVES_UP + self.given)
        } else {
            hours / 24 / self.interval + days_of(self.freq)
        };
        walked + self.at_once + self.given
    }

    /// The end of the crate's calendar, where it gives up.
    fn end(&self) -> DateTime {
        let year = i16::try_from(10_000 - self.years - 1).unwrap_or(9_999);
        Date::new(year, 12, 31).map_or(DateTime::MAX, |date| date.to_datetime(Time::midnight()))
    }
}

/// How many days one period has, at most.
fn days_of(freq: Frequency) -> u64 {
    match freq {
        Frequency::Yearly => 366,
        Frequency::Monthly => 31,
        Frequency::Weekly => 7,
        _ => 1,
    }
}

/// What it costs at most to look through a rule from one time to another.
pub(super) fn most_steps(rule: &Rule, from: DateTime, to: DateTime) -> u64 {
    let hours = u64::try_from(from.duration_until(to).as_hours()).unwrap_or(0);
    let hours = if rule.freq == Frequency::Hourly {
        hours
    } else {
        hours / 24
    };
    hours / u64::from(rule.interval) + days_of(rule.freq)
}

/// What it costs at most to find out that a rule does not come after a time.
pub(super) fn most_steps_after(rule: &Rule, time: DateTime) -> u64 {
    // A cycle of the calendar: see `years_to_the_end`.
    let years = if time.year() < 2_099 { 28 } else { 400 };
    let day = time.date().saturating_add(years.years());
    most_steps(rule, time, day.to_datetime(Time::midnight())).min(GIVES_UP)
}

impl Iterator for Shifted {
    type Item = DateTime;

    fn next(&mut self) -> Option<DateTime> {
        let time = self.all.next().and_then(|at| self.back(&at));
        self.seen = time.unwrap_or_else(|| self.end());
        self.given += 1;
        time
    }
}

impl Shifted {
    /// A time of the crate's, where it belongs.
    fn back(&self, at: &chrono::DateTime<Tz>) -> Option<DateTime> {
        let small = |n: u32| i8::try_from(n).ok();
        let year = i16::try_from(at.year() - self.years).ok()?;
        let date = Date::new(year, small(at.month())?, small(at.day())?).ok()?;
        let time = Time::new(
            small(at.hour())?,
            small(at.minute())?,
            small(at.second())?,
            0,
        )
        .ok()?;
        Some(date.to_datetime(time))
    }
}

/// By how many years a walk can be moved on so that dates, weekdays and leap years stay as they
/// are: by multiples of 400; and of 28 as long as no century is passed that is no leap year, as
/// none is from 1901 to 2099 and so from 9901 to 10099.
fn years_to_the_end(from: i32, to: i32) -> i32 {
    let back = (to + 8_000 - LAST_YEAR).max(0);
    let near = 8_000 - (back + 27) / 28 * 28;
    if from > 1901 && to < 2099 && from + near > 9_901 {
        near
    } else {
        (LAST_YEAR - to).max(0) / 400 * 400
    }
}

fn crate_rule(rule: &Rule) -> RRule<rrule::Unvalidated> {
    let months: Vec<Month> = rule
        .months
        .iter()
        .filter_map(|month| Month::try_from(*month).ok())
        .collect();
    let days = rule.days.iter().map(|(number, day)| {
        let day: Weekday = chrono_weekday(*day);
        NWeekday::new((*number != 0).then_some(*number), day)
    });
    let interval = u16::try_from(rule.interval).unwrap_or(1);
    RRule::new(rule.freq)
        .interval(interval)
        .week_start(rule.week_start)
        .by_month(&months)
        .by_month_day(rule.month_days.iter().copied().collect())
        .by_year_day(rule.year_days.iter().copied().collect())
        .by_week_no(rule.week_numbers.iter().copied().collect())
        .by_weekday(days.collect())
        .by_hour(rule.hours.iter().copied().collect())
        .by_minute(rule.minutes.iter().copied().collect())
        .by_second(rule.seconds.iter().copied().collect())
        .by_set_pos(rule.positions.iter().copied().collect())
}
