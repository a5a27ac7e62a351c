//! The local times at which a rule comes, inside a range: the `rrule` crate behind a wrapper that
//! bounds its work and knows its traps.
//!
//! - It counts in naive time, as if in UTC: zones are for whoever asks.
//! - It is started near the range, at the start of a period, with every part that RFC 5545 takes
//!   from `DTSTART` spelled out. `COUNT`, `UNTIL` and `DTSTART` are looked after here.
//! - It cannot be stopped between two occurrences, only by the end of its calendar in the year
//!   10,000. So the years are moved by whole cycles of the calendar until the range lies just
//!   before that end: a rule that never comes gives up after some thousand steps.

use chrono::{Datelike, Month, NaiveDate, Timelike, Weekday};
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, ToSpan};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Tz};

use super::rule::{Rule, chrono_weekday};

/// Occurrences that are stepped through before the range for the sake of a `COUNT`.
const MOST_COUNTED: u32 = 20_000;
/// Periods that are walked one at a time: two hundred years of months.
const MOST_PERIODS: u32 = 2_400;
/// Occurrences of one rule in a range: every hour of two years.
const MOST_OCCURRENCES: usize = 18_000;
/// Occurrences of one rule on one day: every five minutes.
const MOST_A_DAY: usize = 288;
/// The last year that a range is moved to.
const LAST_YEAR: i32 = 9_998;

/// From a local time to another, both inclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: DateTime,
    pub(super) to: DateTime,
}

/// When a rule comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Starts {
    /// In order.
    pub(super) times: Vec<DateTime>,
    /// What was read with a grain of salt.
    pub(super) note: Option<&'static str>,
}

/// Why a rule is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfollowed {
    /// It comes too often to be counted, until this time at the latest.
    TooOften(Option<DateTime>),
    /// It mixes what RFC 5545 says must not be mixed.
    Forbidden,
}

/// The times in a range at which a rule comes that begins with `first`, and ends by `until` if not
/// before.
pub(super) fn starts(
    rule: &Rule,
    first: DateTime,
    until: Option<DateTime>,
    range: Range,
) -> Result<Starts, Unfollowed> {
    let mut rule = coarser(rule.clone());
    let mut last = until;
    if let Some(counted) = last_of_count(&rule, first) {
        last = Some(last.map_or(counted, |until| until.min(counted)));
        rule.count = None;
    }
    if last.is_some_and(|last| last < range.from.max(first)) || range.to < first {
        return Ok(Starts {
            times: Vec::new(),
            note: None,
        });
    }
    if comes_too_often(&rule) {
        return Err(Unfollowed::TooOften(last));
    }
    let rule = allowed(spelled_out(rule, first)).ok_or(Unfollowed::Forbidden)?;
    let to = last.map_or(range.to, |last| last.min(range.to));
    let range = Range { to, ..range };
    if let Some(count) = rule.count {
        match walk(&rule, first, range, Some(count)) {
            Walk::Done(times) => return Ok(Starts { times, note: None }),
            Walk::TooMany => return Err(Unfollowed::TooOften(last)),
            Walk::TooFar => {}
            Walk::Forbidden => return Err(Unfollowed::Forbidden),
        }
    }
    let note = rule
        .count
        .map(|_| "a COUNT that reaches too far is read as endless");
    match walk(&rule, first, range, None) {
        Walk::Done(times) => Ok(Starts { times, note }),
        Walk::TooMany | Walk::TooFar => Err(Unfollowed::TooOften(last)),
        Walk::Forbidden => Err(Unfollowed::Forbidden),
    }
}

/// Every 120 minutes is every other hour.
fn coarser(mut rule: Rule) -> Rule {
    while rule.freq >= Frequency::Minutely && rule.interval.is_multiple_of(60) && rule.is_plain() {
        rule.interval /= 60;
        rule.freq = match rule.freq {
            Frequency::Secondly => Frequency::Minutely,
            _ => Frequency::Hourly,
        };
    }
    rule
}

/// The last time of a rule that a `COUNT` ends and nothing else shapes.
fn last_of_count(rule: &Rule, first: DateTime) -> Option<DateTime> {
    let unit: i64 = match rule.freq {
        Frequency::Secondly => 1,
        Frequency::Minutely => 60,
        Frequency::Hourly => 3_600,
        Frequency::Daily => 86_400,
        Frequency::Weekly => 7 * 86_400,
        Frequency::Monthly | Frequency::Yearly => return None,
    };
    let steps = i64::from(rule.count?.checked_sub(1)?);
    if !rule.is_plain() {
        return None;
    }
    // Both factors fit 32 bits, the unit fits 20.
    let seconds = steps
        .checked_mul(i64::from(rule.interval))
        .and_then(|n| n.checked_mul(unit));
    let last = seconds.and_then(|n| first.checked_add(SignedDuration::from_secs(n)).ok());
    Some(last.unwrap_or(DateTime::MAX))
}

fn comes_too_often(rule: &Rule) -> bool {
    let of = |set: usize| set.max(1);
    let (hours, minutes, seconds) = (rule.hours.len(), rule.minutes.len(), rule.seconds.len());
    match rule.freq {
        Frequency::Secondly | Frequency::Minutely => true,
        Frequency::Hourly => 24 * of(minutes) * of(seconds) > MOST_A_DAY,
        _ => of(hours) * of(minutes) * of(seconds) > MOST_A_DAY,
    }
}

/// The rule with every part that it takes from its first occurrence, so that it can be started
/// anywhere (RFC 5545 section 3.3.10, after the table).
fn spelled_out(mut rule: Rule, first: DateTime) -> Rule {
    if !rule.chooses_days() {
        match rule.freq {
            Frequency::Yearly => {
                if rule.months.is_empty() {
                    rule.months.extend(u8::try_from(first.month()));
                }
                rule.month_days.insert(first.day());
            }
            Frequency::Monthly => {
                rule.month_days.insert(first.day());
            }
            Frequency::Weekly => {
                let day = first.weekday().to_monday_zero_offset();
                rule.days.extend(u8::try_from(day).map(|day| (0, day)));
            }
            _ => {}
        }
    }
    let clock = [
        (&mut rule.hours, first.hour(), Frequency::Hourly),
        (&mut rule.minutes, first.minute(), Frequency::Minutely),
        (&mut rule.seconds, first.second(), Frequency::Secondly),
    ];
    for (set, value, finer) in clock {
        if set.is_empty() && rule.freq < finer {
            set.extend(u8::try_from(value));
        }
    }
    rule
}

/// The rule without what the crate stumbles over; `None` where that would change its meaning.
fn allowed(mut rule: Rule) -> Option<Rule> {
    let numbered = rule.days.iter().any(|(number, _)| *number != 0);
    let by_month = rule.freq == Frequency::Monthly;
    // Numbers count weeks of a month or a year. Elsewhere there is nothing to count.
    if numbered && (!(by_month || rule.freq == Frequency::Yearly) || !rule.week_numbers.is_empty())
    {
        rule.days = rule.days.iter().map(|(_, day)| (0, *day)).collect();
    } else if numbered {
        let weeks = if by_month || !rule.months.is_empty() {
            5
        } else {
            53
        };
        // The crate takes "TU,-1SU" for "a Tuesday that is the last Sunday".
        rule.days = rule
            .days
            .iter()
            .flat_map(|(number, day)| {
                let every = 1..=if *number == 0 { weeks } else { 0 };
                every
                    .map(|number| (number, *day))
                    .chain((*number != 0).then_some((*number, *day)))
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    let odd = match rule.freq {
        Frequency::Yearly | Frequency::Monthly => false,
        Frequency::Weekly => {
            !(rule.year_days.is_empty()
                && rule.week_numbers.is_empty()
                && rule.month_days.is_empty())
        }
        Frequency::Daily => !(rule.year_days.is_empty() && rule.week_numbers.is_empty()),
        _ => return rule.week_numbers.is_empty().then_some(rule),
    };
    if !odd {
        return Some(rule);
    }
    // Every day of every period is every day of every year.
    if rule.interval > 1 || !rule.positions.is_empty() {
        return None;
    }
    rule.freq = Frequency::Yearly;
    Some(rule)
}

/// Whether the crate refuses the days of a `MONTHLY` rule, which then is walked month by month, each
/// as the only month of a `YEARLY` one.
fn goes_by_months(rule: &Rule) -> bool {
    let far = |(number, _): &(i16, u8)| *number < -4 || *number > 5;
    let days = rule.year_days.len() + rule.week_numbers.len();
    rule.freq == Frequency::Monthly && (days > 0 || rule.days.iter().any(far))
}

/// What came of stepping through a rule.
enum Walk {
    Done(Vec<DateTime>),
    /// Too many in the range.
    TooMany,
    /// Too many before the range.
    TooFar,
    Forbidden,
}

fn walk(rule: &Rule, first: DateTime, range: Range, count: Option<u32>) -> Walk {
    let mut tally = Tally {
        times: Vec::new(),
        counted: 0,
        count,
        first,
        from: range.from,
    };
    let from = match count {
        Some(_) => first,
        None => range.from.max(first),
    };
    let Some(mut period) = Period::at(rule, first) else {
        return Walk::Done(tally.times);
    };
    period.advance_to(from, rule);
    // The crate counts intervals in 16 bits. Longer ones are walked one period at a time.
    let single = goes_by_months(rule) || u16::try_from(rule.interval).is_err();
    for _ in 0..MOST_PERIODS {
        let end = if single {
            period.end().min(range.to)
        } else {
            range.to
        };
        if goes_in(rule, &period) {
            let Some(all) = Shifted::new(rule, &period, end, single) else {
                return Walk::Forbidden;
            };
            if let Some(stopped) = tally.add(all.take_while(|time| *time <= end)) {
                return stopped;
            }
        }
        if !single || !period.next(rule) || period.start > range.to {
            return Walk::Done(tally.times);
        }
    }
    Walk::TooFar
}

/// The occurrences of a walk so far.
struct Tally {
    times: Vec<DateTime>,
    counted: u32,
    count: Option<u32>,
    first: DateTime,
    from: DateTime,
}

impl Tally {
    /// Takes occurrences along; what it returns ends the walk.
    fn add(&mut self, all: impl Iterator<Item = DateTime>) -> Option<Walk> {
        for time in all {
            if self.count.is_some_and(|count| self.counted >= count) {
                return Some(Walk::Done(std::mem::take(&mut self.times)));
            }
            if time < self.first {
                continue;
            }
            self.counted += 1;
            if time >= self.from {
                self.times.push(time);
                if self.times.len() > MOST_OCCURRENCES {
                    return Some(Walk::TooMany);
                }
            } else if self.count.is_some() && self.counted > MOST_COUNTED {
                return Some(Walk::TooFar);
            }
        }
        None
    }
}

/// Whether a period is one of the months of a rule that is walked by months.
fn goes_in(rule: &Rule, period: &Period) -> bool {
    let month = u8::try_from(period.start.month()).unwrap_or_default();
    !goes_by_months(rule) || rule.months.is_empty() || rule.months.contains(&month)
}

/// One year, month, week, day or hour of a rule, by its first second.
struct Period {
    start: DateTime,
    freq: Frequency,
}

impl Period {
    /// The one that a time falls into.
    fn at(rule: &Rule, time: DateTime) -> Option<Self> {
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
    fn advance_to(&mut self, time: DateTime, rule: &Rule) {
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
        let between = match self.freq {
            Frequency::Yearly => i64::from(time.year()) - i64::from(self.start.year()),
            Frequency::Monthly => months(),
            Frequency::Weekly => days().div_euclid(7),
            Frequency::Daily => days(),
            _ => self.start.duration_until(time).as_hours(),
        };
        let steps = between.max(0) / i64::from(rule.interval);
        self.step(steps.saturating_mul(i64::from(rule.interval)));
    }

    /// Goes on by one interval; false at the end of time.
    fn next(&mut self, rule: &Rule) -> bool {
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
    fn end(&self) -> DateTime {
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

/// The crate's occurrences, moved to the end of its calendar and back.
struct Shifted {
    all: rrule::RRuleSetIter,
    years: i32,
}

impl Shifted {
    fn new(rule: &Rule, period: &Period, to: DateTime, single: bool) -> Option<Self> {
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
        })
    }
}

impl Iterator for Shifted {
    type Item = DateTime;

    fn next(&mut self) -> Option<DateTime> {
        let at = self.all.next()?;
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
