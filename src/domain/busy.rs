//! Busy time: when nobody can be booked, and nothing about why.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::time_span::TimeSpan;

/// What one calendar object says about time, and nothing else that it says: iCalendar text with
/// what an expansion needs (times, rules, zones, whether it blocks), less titles, places and
/// people. Made and read by `ical::busy`; kept in the state, so that an object is fetched once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timing(String);

impl Timing {
    /// Wraps a text made by `ical::busy`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Time added around each event (`before`, `after` of `[host.busy]`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// Before its start.
    pub before: Duration,
    /// After its end.
    pub after: Duration,
}

impl Buffers {
    /// The span with its buffers; at the ends of time it stops.
    #[must_use]
    pub fn around(&self, span: TimeSpan) -> TimeSpan {
        let before = SignedDuration::try_from(self.before).unwrap_or(SignedDuration::MAX);
        let after = SignedDuration::try_from(self.after).unwrap_or(SignedDuration::MAX);
        TimeSpan {
            start: span.start.checked_sub(before).unwrap_or(Timestamp::MIN),
            end: span.end.checked_add(after).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Busy time: spans in order that neither overlap nor touch, in whole minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busy(Vec<TimeSpan>);

impl Busy {
    /// Merges spans in any order: each is rounded outwards to whole minutes, those that overlap or
    /// touch become one, and empty ones say nothing.
    #[must_use]
    pub fn of(spans: impl IntoIterator<Item = TimeSpan>) -> Self {
        let mut all: Vec<TimeSpan> = spans
            .into_iter()
            .filter(|span| span.start < span.end)
            .map(outwards)
            .collect();
        all.sort_unstable();
        let mut merged: Vec<TimeSpan> = Vec::new();
        for span in all {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                Some(_) | None => merged.push(span),
            }
        }
        Self(merged)
    }

    /// The spans, in order.
    #[must_use]
    pub fn spans(&self) -> &[TimeSpan] {
        &self.0
    }

    /// What is left of a span when busy time is taken out of it, in order.
    #[must_use]
    pub fn cut_out_of(&self, span: TimeSpan) -> Vec<TimeSpan> {
        let mut left = Vec::new();
        let mut start = span.start;
        let first = self.0.partition_point(|busy| busy.end <= span.start);
        for busy in self.0.iter().skip(first) {
            if busy.start >= span.end {
                break;
            }
            if start < busy.start {
                left.push(TimeSpan {
                    start,
                    end: busy.start,
                });
            }
            start = start.max(busy.end);
        }
        if start < span.end {
            left.push(TimeSpan {
                start,
                end: span.end,
            });
        }
        left
    }
}

fn outwards(span: TimeSpan) -> TimeSpan {
    let start = span.start.as_second().div_euclid(60).saturating_mul(60);
    let whole = span.end.subsec_nanosecond() == 0;
    let end = span.end.as_second().saturating_add(i64::from(!whole));
    let end = end.saturating_add(59).div_euclid(60).saturating_mul(60);
    TimeSpan {
        start: Timestamp::from_second(start).unwrap_or(span.start),
        end: Timestamp::from_second(end).unwrap_or(span.end),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    fn span(start: i64, end: i64) -> TimeSpan {
        TimeSpan {
            start: Timestamp::from_second(start).unwrap(),
            end: Timestamp::from_second(end).unwrap(),
        }
    }

    #[rstest]
    #[case(&[], &[])]
    #[case(&[(0, 60)], &[(0, 60)])]
    #[case(&[(59, 61)], &[(0, 120)])]
    #[case(&[(-61, -59)], &[(-120, 0)])]
    #[case(&[(120, 180), (0, 60)], &[(0, 60), (120, 180)])]
    #[case(&[(0, 60), (60, 120)], &[(0, 120)])]
    #[case(&[(0, 600), (60, 120)], &[(0, 600)])]
    #[case(&[(60, 60)], &[])]
    #[case(&[(120, 60)], &[])]
    fn spans_are_rounded_outwards_and_merged(
        #[case] spans: &[(i64, i64)],
        #[case] merged: &[(i64, i64)],
    ) {
        let busy = Busy::of(spans.iter().map(|(start, end)| span(*start, *end)));
        let merged: Vec<TimeSpan> = merged.iter().map(|(s, e)| span(*s, *e)).collect();
        assert_eq!(busy.spans(), merged);
    }

    #[rstest]
    #[case(&[], &[(0, 600)])]
    #[case(&[(0, 600)], &[])]
    #[case(&[(60, 120)], &[(0, 60), (120, 600)])]
    #[case(&[(-60, 60), (540, 660)], &[(60, 540)])]
    #[case(&[(600, 660), (-60, 0)], &[(0, 600)])]
    fn busy_time_is_cut_out(#[case] busy: &[(i64, i64)], #[case] left: &[(i64, i64)]) {
        let busy = Busy::of(busy.iter().map(|(start, end)| span(*start, *end)));
        let left: Vec<TimeSpan> = left.iter().map(|(s, e)| span(*s, *e)).collect();
        assert_eq!(busy.cut_out_of(span(0, 600)), left);
    }

    #[test]
    fn buffers_stop_at_the_ends_of_time() {
        let buffers = Buffers {
            before: Duration::MAX,
            after: Duration::from_mins(1),
        };
        let around = buffers.around(span(0, 60));
        assert_eq!(
            (around.start, around.end),
            (Timestamp::MIN, span(0, 120).end)
        );
    }
}
