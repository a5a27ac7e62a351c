//! Sets of instants: what is open, as a set.

use jiff::{SignedDuration, Timestamp};

use crate::domain::time_span::TimeSpan;

/// A set of instants: spans in order that neither overlap nor touch, exact to the nanosecond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instants(Vec<TimeSpan>);

impl Instants {
    /// The union of spans in any order; empty ones hold no instant.
    pub(super) fn of(spans: impl IntoIterator<Item = TimeSpan>) -> Self {
        let mut all: Vec<TimeSpan> = spans
            .into_iter()
            .filter(|span| span.start < span.end)
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
    pub(super) fn spans(&self) -> &[TimeSpan] {
        &self.0
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is one span of a minute at most.
    pub(super) fn is_a_minute(&self) -> bool {
        matches!(self.0[..], [span] if span.end.duration_since(span.start).as_secs() <= 60)
    }

    /// Whether an instant is in it.
    pub(super) fn has(&self, instant: Timestamp) -> bool {
        let next = self.0.partition_point(|span| span.end <= instant);
        self.0.get(next).is_some_and(|span| span.start <= instant)
    }

    /// Whether it has an instant in common with a span.
    pub(super) fn touches(&self, span: TimeSpan) -> bool {
        let next = self.0.partition_point(|own| own.end <= span.start);
        self.0.get(next).is_some_and(|own| own.start < span.end)
    }

    /// How much time it is, at most the largest there is.
    pub(super) fn length(&self) -> SignedDuration {
        let lengths = self
            .0
            .iter()
            .map(|span| span.end.duration_since(span.start));
        lengths.fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// What is in either.
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    /// What is in this one and not in the other.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let left = self.0.iter().flat_map(|span| other.cut_out_of(*span));
        Self(left.collect())
    }

    /// What of it is in a span.
    pub(super) fn within(&self, span: TimeSpan) -> Self {
        let first = self.0.partition_point(|own| own.end <= span.start);
        let inside = self.0.iter().skip(first);
        let inside = inside.take_while(|own| own.start < span.end);
        Self::of(inside.map(|own| TimeSpan {
            start: own.start.max(span.start),
            end: own.end.min(span.end),
        }))
    }

    /// What is in both.
    pub(super) fn both(&self, other: &Self) -> Self {
        Self::of(self.0.iter().flat_map(|span| other.within(*span).0))
    }

    /// What is left of a span when the set is taken out of it, in order.
    pub(super) fn cut_out_of(&self, span: TimeSpan) -> Vec<TimeSpan> {
        let mut left = Vec::new();
        let mut start = span.start;
        for own in self.within(span).0 {
            if start < own.start {
                left.push(TimeSpan {
                    start,
                    end: own.start,
                });
            }
            start = own.end;
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
