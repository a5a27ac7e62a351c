//! The rules of a series: which times they add, which they take out, and what is busy where they are
//! not followed.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::super::time::Written;
use super::Occurrences;
use super::budget::Budget;
use super::rule::Rule;
use super::series::{Series, push};
use super::starts::{Range, Starts, Unfollowed, starts};
use super::unread::{LEFT_OUT, TAKES_NOTHING_OUT};
use crate::domain::time_span::TimeSpan;

/// Why a rule is not followed that costs more than there is left.
const TOO_MUCH: &str =
    "takes more steps to follow than one event, or the events of one calendar together, are given";

impl Series<'_> {
    /// The local times at which an occurrence may begin that overlaps the window. Two days are more
    /// than any zone is away from another.
    pub(super) fn range(&self) -> Range {
        let reach = SignedDuration::from_hours(48)
            .saturating_add(self.changes.reach)
            .saturating_add(self.master.lasts());
        let from = self.master.place.local(self.viewer.window.from);
        let to = self.master.place.local(self.viewer.window.to);
        Range {
            from: from.checked_sub(reach).unwrap_or(DateTime::MIN),
            to: to.checked_add(reach).unwrap_or(DateTime::MAX),
        }
    }

    /// When an `RRULE` comes.
    pub(super) fn follow(
        &self,
        text: &str,
        range: Range,
        budget: &mut Budget,
        out: &mut Occurrences,
    ) -> Starts {
        let rule = match Rule::parse(text) {
            Ok(rule) => rule,
            Err(why) => {
                out.failed(format!("its RRULE cannot be read: {why}; {LEFT_OUT}"));
                return Starts::default();
            }
        };
        let until = self.until(&rule);
        let found = if budget.take_rule() {
            starts(&rule, self.master.start, until, range, budget)
        } else {
            Err(Unfollowed::TooOften(until))
        };
        match found {
            Ok(starts) => {
                if let Some(salt) = starts.note {
                    out.noted(salt);
                }
                return starts;
            }
            Err(Unfollowed::TooOften(last)) => {
                if self.blocks_at_all() {
                    out.noted("busy all through: it comes too often to be counted");
                    push(self.all_through(last), self.viewer, out);
                }
            }
            Err(Unfollowed::TooMuch(last)) => {
                if self.blocks_at_all() {
                    out.failed(format!("its RRULE {TOO_MUCH}: it is busy all through"));
                    push(self.all_through(last), self.viewer, out);
                }
            }
            Err(Unfollowed::Unreadable(why)) => {
                out.failed(format!("its RRULE cannot be followed: {why}; {LEFT_OUT}"));
            }
        }
        Starts::default()
    }

    fn blocks_at_all(&self) -> bool {
        self.master.takes_time() || self.changes.block_later()
    }

    /// The times that an `EXRULE` takes out. One that cannot be followed takes out nothing, so that
    /// more is busy than is, and not less.
    pub(super) fn left_out(
        &self,
        text: &str,
        range: Range,
        budget: &mut Budget,
        out: &mut Occurrences,
    ) -> Vec<DateTime> {
        let rule = match Rule::parse(text) {
            Ok(rule) => rule,
            Err(why) => {
                out.failed(format!(
                    "its EXRULE cannot be read: {why}; {TAKES_NOTHING_OUT}"
                ));
                return Vec::new();
            }
        };
        let found = budget
            .take_rule()
            .then(|| starts(&rule, self.master.start, self.until(&rule), range, budget));
        match found {
            // Read as endless it would take out what it does not name.
            Some(Ok(found)) if found.note.is_none() => return found.times,
            Some(Err(Unfollowed::Unreadable(why))) => {
                out.failed(format!(
                    "its EXRULE cannot be followed: {why}; {TAKES_NOTHING_OUT}"
                ));
            }
            Some(Err(Unfollowed::TooMuch(_))) => {
                out.failed(format!("its EXRULE {TOO_MUCH}: {TAKES_NOTHING_OUT}"));
            }
            Some(Ok(_) | Err(Unfollowed::TooOften(_))) | None => {
                out.noted("an EXRULE is not followed: its occurrences stay busy");
            }
        }
        Vec::new()
    }

    /// `UNTIL` on the clock of the series. A date includes its whole day. For a series without a
    /// zone an instant is also taken as it is written, and the later of both counts.
    fn until(&self, rule: &Rule) -> Option<DateTime> {
        Some(match rule.until? {
            Written::Date(date) => date.to_datetime(Time::MAX),
            Written::Local(local) => local,
            Written::Utc(local) => {
                let there = TimeZone::UTC
                    .to_timestamp(local)
                    .map_or(local, |instant| self.master.place.local(instant));
                if self.master.whole_days || self.master.floating {
                    there.max(local)
                } else {
                    there
                }
            }
        })
    }

    /// Busy from the first occurrence to the end of the last one, cut to the days of the window, so
    /// that it stays the same for a day.
    fn all_through(&self, last: Option<DateTime>) -> Option<TimeSpan> {
        let window = self.viewer.window;
        let zone = self.viewer.zone;
        let midnight = |instant: Timestamp, days: i64| {
            let day = zone.to_datetime(instant).date().checked_add(days.days());
            let midnight = day.ok()?.to_datetime(Time::midnight());
            zone.to_ambiguous_timestamp(midnight).compatible().ok()
        };
        let from = midnight(window.from, 0).unwrap_or(window.from);
        let to = midnight(window.to, 1).unwrap_or(window.to);
        let start = self.master.place.instant(self.master.start)?;
        let end = last.and_then(|last| Some(self.master.at(last)?.end));
        Some(TimeSpan {
            start: start.max(from),
            end: end.map_or(to, |end| end.min(to)),
        })
    }
}
