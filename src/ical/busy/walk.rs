//! Steps through a rule, from period to period where the crate cannot, and counts what it costs.

use jiff::civil::DateTime;

use super::budget::Budget;
use super::period::Period;
use super::rule::Rule;
use super::shifted::{Shifted, goes_by_months};
use super::spelling::Followable;
use super::starts::Range;

/// Occurrences that are stepped through before the range for the sake of a `COUNT`.
const MOST_COUNTED: u32 = 20_000;
/// Steps that are taken for the sake of a `COUNT`.
pub(super) const MOST_COUNTING: u64 = 100_000;
/// Periods that are walked one at a time: two hundred years of months.
const MOST_PERIODS: u32 = 2_400;
/// Occurrences of one rule in a range: every hour of two years.
const MOST_OCCURRENCES: usize = 18_000;

/// What came of stepping through a rule.
pub(super) enum Walk {
    Done(Vec<DateTime>),
    /// Too many in the range.
    TooMany,
    /// Too many before the range.
    TooFar,
    /// More steps than there are left.
    TooMuch,
    /// The crate refuses it.
    Refused,
}

/// Steps through a rule that begins with `first`; a `COUNT` is counted from there.
pub(super) fn walk(
    followable: &Followable,
    first: DateTime,
    range: Range,
    count: Option<u32>,
    budget: &mut Budget,
) -> Walk {
    let rule = &followable.rule;
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
    let within = followable
        .within
        .as_ref()
        .and_then(|rule| Some((Period::at(rule, first)?, i64::from(rule.interval))));
    let comes = |time: DateTime| {
        within
            .as_ref()
            .is_none_or(|(begin, interval)| begin.until(time) % interval == 0)
    };
    // The crate counts intervals in 16 bits. Longer ones are walked one period at a time.
    let single = goes_by_months(rule) || u16::try_from(rule.interval).is_err();
    let before = budget.steps();
    for _ in 0..MOST_PERIODS {
        let end = if single {
            period.end().min(range.to)
        } else {
            range.to
        };
        if goes_in(rule, &period) {
            let Some(mut all) = Shifted::new(rule, &period, end, single) else {
                return Walk::Refused;
            };
            let stopped = tally.add(all.by_ref().take_while(|time| *time <= end), comes);
            budget.step(all.steps());
            if let Some(stopped) = stopped {
                return stopped;
            }
        }
        if !single || !period.next(rule) || period.start > range.to {
            return Walk::Done(tally.times);
        }
        if count.is_some() && budget.steps() - before > MOST_COUNTING {
            return Walk::TooFar;
        }
        if budget.is_spent() {
            return Walk::TooMuch;
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
    fn add(
        &mut self,
        all: impl Iterator<Item = DateTime>,
        comes: impl Fn(DateTime) -> bool,
    ) -> Option<Walk> {
        for time in all {
            if self.count.is_some_and(|count| self.counted >= count) {
                return Some(Walk::Done(std::mem::take(&mut self.times)));
            }
            if time < self.first || !comes(time) {
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
