//! The local times at which a rule comes, inside a range: the `rrule` crate behind a wrapper that
//! bounds its work and knows its traps.
//!
//! - It counts in naive time, as if in UTC: zones are for whoever asks.
//! - It is started near the range, at the start of a period, with every part that RFC 5545 takes
//!   from `DTSTART` spelled out (`spelling`). `COUNT`, `UNTIL` and `DTSTART` are looked after here.
//! - It cannot be stopped between two occurrences, so it is given a calendar that ends soon
//!   (`shifted`), and is not asked at all where no day of the range has what the rule wants.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use rrule::Frequency;

use super::budget::Budget;
use super::rule::{Rule, Unreadable};
use super::shifted::{most_steps, most_steps_after};
use super::spelling::{coarser, followable, last_of_count, spelled_out};
use super::walk::{MOST_COUNTING, Walk, walk};

/// Occurrences of one rule on one day: every five minutes.
const MOST_A_DAY: usize = 288;
/// Days of a range that are looked at one by one before the crate is asked.
const MOST_DAYS: i32 = 1_000;

/// From a local time to another, both inclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: DateTime,
    pub(super) to: DateTime,
}

/// When a rule comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Starts {
    /// In order.
    pub(super) times: Vec<DateTime>,
    /// What was read with a grain of salt.
    pub(super) note: Option<&'static str>,
    /// Whether it comes every hour, also in one that the clock shows twice.
    pub(super) hourly: bool,
}

/// Why a rule is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfollowed {
    /// It comes too often to be counted, until this time at the latest.
    TooOften(Option<DateTime>),
    /// It costs more than there is left, until this time at the latest.
    TooMuch(Option<DateTime>),
    /// It mixes what cannot be mixed, or counts in a way that is not followed.
    Unreadable(Unreadable),
}

/// The times in a range at which a rule comes that begins with `first`, and ends by `until` if not
/// before.
pub(super) fn starts(
    rule: &Rule,
    first: DateTime,
    until: Option<DateTime>,
    range: Range,
    budget: &mut Budget,
) -> Result<Starts, Unfollowed> {
    let mut rule = coarser(rule.clone());
    let mut last = until;
    if let Some(counted) = last_of_count(&rule, first) {
        last = Some(last.map_or(counted, |until| until.min(counted)));
        rule.count = None;
    }
    let often = comes_too_often(&rule);
    let usual = is_usual(&rule, range);
    let hourly = every_hour(&rule);
    let count = rule.count;
    let followable = followable(spelled_out(rule, first)).map_err(Unfollowed::Unreadable)?;
    let Some(followable) = followable else {
        return Ok(Starts::default());
    };
    let rule = &followable.rule;
    if last.is_some_and(|last| last < range.from.max(first)) || range.to < first {
        return Ok(Starts::default());
    }
    if often {
        return Err(Unfollowed::TooOften(last));
    }
    let range = Range {
        from: range.from,
        to: last.map_or(range.to, |last| last.min(range.to)),
    };
    if budget.is_spent() {
        return Err(Unfollowed::TooMuch(last));
    }
    if !some_day_fits(rule, range) || !some_hour_fits(rule, first) {
        return Ok(Starts::default());
    }
    let done = |times: Vec<DateTime>, note, budget: &mut Budget| {
        budget.occur(times.len());
        Starts {
            times,
            note,
            hourly,
        }
    };
    let mut note = None;
    if let Some(count) = count {
        let walked = if most_steps(rule, first, range.to) > MOST_COUNTING.min(budget.left()) {
            Walk::TooFar
        } else {
            walk(&followable, first, range, Some(count), budget)
        };
        match walked {
            Walk::Done(times) => return Ok(done(times, None, budget)),
            Walk::TooMany => return Err(Unfollowed::TooOften(last)),
            Walk::TooMuch => return Err(Unfollowed::TooMuch(last)),
            Walk::Refused => return Err(refused()),
            Walk::TooFar => note = Some("a COUNT that reaches too far is read as endless"),
        }
    }
    let begin = range.from.max(first);
    let most = most_steps(rule, begin, range.to).saturating_add(most_steps_after(rule, range.to));
    if budget.is_spent() || (!usual && most > budget.left()) {
        return Err(Unfollowed::TooMuch(last));
    }
    match walk(&followable, first, range, None, budget) {
        Walk::Done(times) => {
            let note = note.filter(|_| !times.is_empty());
            Ok(done(times, note, budget))
        }
        Walk::TooMany | Walk::TooFar => Err(Unfollowed::TooOften(last)),
        Walk::TooMuch => Err(Unfollowed::TooMuch(last)),
        Walk::Refused => Err(refused()),
    }
}

fn refused() -> Unfollowed {
    Unfollowed::Unreadable("it mixes parts that RFC 5545 section 3.3.10 keeps apart".to_owned())
}

fn comes_too_often(rule: &Rule) -> bool {
    match rule.freq {
        Frequency::Secondly | Frequency::Minutely => true,
        Frequency::Hourly => 24 * rule.times_a_day() / rule.hours.len().max(1) > MOST_A_DAY,
        _ => rule.times_a_day() > MOST_A_DAY,
    }
}

/// Whether a rule surely comes again soon after any day that has what it wants.
fn is_usual(rule: &Rule, range: Range) -> bool {
    let soon =
        rule.freq <= Frequency::Daily || (rule.freq == Frequency::Hourly && rule.interval == 1);
    let simple =
        rule.positions.is_empty() && rule.week_numbers.is_empty() && rule.year_days.is_empty();
    rule.is_plain() || (soon && simple && days(range).is_some())
}

/// Whether a rule comes in every hour that its parts allow.
fn every_hour(rule: &Rule) -> bool {
    let hourly = rule.freq == Frequency::Hourly && rule.interval == 1;
    rule.positions.is_empty() && (hourly || rule.hours.len() == 24)
}

/// The days of a range; `None` where it has very many.
fn days(range: Range) -> Option<i32> {
    let days = range.from.date().until(range.to.date()).ok()?.get_days();
    (days <= MOST_DAYS).then_some(days)
}

/// Whether some day of a range has what a rule asks of each of its days. A rule may still never come,
/// but without such a day it surely does not.
fn some_day_fits(rule: &Rule, range: Range) -> bool {
    let Some(days) = days(range) else {
        return true;
    };
    let first = range.from.date();
    (0..=days).any(|n| first.checked_add(n.days()).is_ok_and(|day| fits(rule, day)))
}

fn fits(rule: &Rule, day: Date) -> bool {
    let month_day = [day.day(), day.day() - day.days_in_month() - 1];
    let year_day = [
        day.day_of_year(),
        day.day_of_year() - day.days_in_year() - 1,
    ];
    let weekday = day.weekday().to_monday_zero_offset();
    let month = u8::try_from(day.month()).unwrap_or_default();
    (rule.months.is_empty() || rule.months.contains(&month))
        && (rule.month_days.is_empty() || month_day.iter().any(|n| rule.month_days.contains(n)))
        && (rule.year_days.is_empty() || year_day.iter().any(|n| rule.year_days.contains(n)))
        && (rule.days.is_empty()
            || rule
                .days
                .iter()
                .any(|(_, day)| i8::try_from(*day) == Ok(weekday)))
}

/// Whether an hourly rule reaches some hour that it wants: every other hour never is both even and
/// odd.
fn some_hour_fits(rule: &Rule, first: DateTime) -> bool {
    if rule.freq != Frequency::Hourly || rule.hours.is_empty() {
        return true;
    }
    let (mut step, mut rest) = (24, rule.interval % 24);
    while rest > 0 {
        (step, rest) = (rest, step % rest);
    }
    let first = u32::try_from(first.hour()).unwrap_or_default();
    rule.hours
        .iter()
        .any(|hour| u32::from(*hour) % step == first % step)
}
