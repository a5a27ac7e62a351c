//! Rewrites a rule so that the `rrule` crate, started anywhere, understands it as it is meant.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use rrule::Frequency;

use super::rule::{Rule, Unreadable};

/// Every 120 minutes is every other hour.
pub(super) fn coarser(mut rule: Rule) -> Rule {
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
pub(super) fn last_of_count(rule: &Rule, first: DateTime) -> Option<DateTime> {
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

/// The rule with every part that it takes from its first occurrence, so that it can be started
/// anywhere (RFC 5545 section 3.3.10, after the table).
pub(super) fn spelled_out(mut rule: Rule, first: DateTime) -> Rule {
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

/// A rule that the crate can follow.
#[derive(Clone, Debug)]
pub(super) struct Followable {
    pub(super) rule: Rule,
    /// The rule whose periods it comes in, where those are not the periods that the crate goes by.
    pub(super) within: Option<Rule>,
}

/// The rule without what the crate stumbles over; `None` for one that never comes.
///
/// # Errors
/// Where that would change its meaning.
pub(super) fn followable(mut rule: Rule) -> Result<Option<Followable>, Unreadable> {
    if rule.skips && may_not_exist(&rule) {
        return Err("its SKIP says what happens on days that do not exist".to_owned());
    }
    rule = without_mixed_days(rule);
    if !rule.positions.is_empty() {
        let most = positions(&rule);
        rule.positions.retain(|at| at.abs() <= most);
        if rule.positions.is_empty() {
            return Ok(None);
        }
        let followed = match rule.freq {
            Frequency::Monthly => 31,
            Frequency::Weekly => 53,
            Frequency::Hourly => 24,
            _ => 366,
        };
        if rule.positions.iter().any(|at| at.abs() > followed) {
            return Err(format!("its BYSETPOS counts further than {followed}"));
        }
    }
    let filters = [
        ("BYMONTHDAY", !rule.month_days.is_empty()),
        ("BYYEARDAY", !rule.year_days.is_empty()),
        ("BYWEEKNO", !rule.week_numbers.is_empty()),
    ];
    let unknown: &[&str] = match rule.freq {
        Frequency::Yearly | Frequency::Monthly => &[],
        Frequency::Weekly => &["BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"],
        Frequency::Daily => &["BYYEARDAY", "BYWEEKNO"],
        _ => &["BYWEEKNO"],
    };
    let odd = filters
        .iter()
        .find(|(name, is_there)| *is_there && unknown.contains(name));
    let Some((name, _)) = odd else {
        return Ok(Some(Followable { rule, within: None }));
    };
    // RFC 5545 section 3.3.10 keeps these apart. Others read the part as what it is elsewhere: it
    // leaves of the days of each period those that it names.
    if !rule.positions.is_empty() {
        return Err(format!(
            "its BYSETPOS together with {name} in a rule that is {} is not followed",
            rule.freq
        ));
    }
    let within = Some(rule.clone()).filter(|rule| rule.interval > 1);
    if rule.freq == Frequency::Hourly && rule.hours.is_empty() {
        rule.hours.extend(0..24);
    }
    rule.freq = Frequency::Yearly;
    rule.interval = 1;
    Ok(Some(Followable { rule, within }))
}

/// Whether a rule names a day that not every month or year has.
fn may_not_exist(rule: &Rule) -> bool {
    matches!(rule.freq, Frequency::Yearly | Frequency::Monthly)
        && (rule.month_days.iter().any(|day| day.abs() > 28)
            || rule.year_days.iter().any(|day| day.abs() > 365))
}

/// How many times one period has at most.
fn positions(rule: &Rule) -> i32 {
    let days = match rule.freq {
        Frequency::Yearly => 366,
        Frequency::Monthly => 31,
        Frequency::Weekly => 7,
        _ => 1,
    };
    i32::try_from(rule.times_a_day()).map_or(i32::MAX, |times| times.saturating_mul(days))
}

fn without_mixed_days(mut rule: Rule) -> Rule {
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
    rule
}
