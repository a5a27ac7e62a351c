//! What is remembered of the overrides, and what a list of them says.

use serde::{Deserialize, Serialize};

use crate::domain::busy::Busy;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::hours::Week;
use crate::domain::ids::AvailabilityId;
use crate::domain::time_span::TimeSpan;
use crate::engine::bookable::work::Work;
use crate::plan::overrides::Remembered;
use crate::ports::error::Result;

/// The record.
pub(super) const KIND: &str = "overrides";

/// What is remembered of the overrides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Of which availability.
    pub(super) availability: AvailabilityId,
    /// What we wrote last.
    pub(super) before: Remembered,
    /// What a PATCH whose end is not known was to write.
    #[serde(default)]
    pub(super) intended: Option<Remembered>,
    /// Zoom refused an empty segment once.
    #[serde(default)]
    pub(super) no_empty: bool,
    /// Zoom's answer had no `segments` after we had written some.
    #[serde(default)]
    pub(super) hidden: bool,
    /// What was asked for, and what Zoom shows since then: where both are as they were, asking
    /// again is for nothing.
    #[serde(default)]
    pub(super) ignored: Option<(Fingerprint, Fingerprint)>,
    /// The same for the usual week.
    #[serde(default)]
    pub(super) ignored_week: Option<(Week, Week)>,
}

/// Whether there is anything of ours to give back.
pub(in super::super) fn are_there(work: &Work<'_>) -> Result<bool> {
    let state: Option<State> = work.records.only(KIND)?;
    Ok(state.is_some_and(|state| state.is_ours()))
}

impl State {
    /// A state without anything of ours.
    pub(super) fn new(availability: AvailabilityId) -> Self {
        Self {
            availability,
            before: Remembered::default(),
            intended: None,
            no_empty: false,
            hidden: false,
            ignored: None,
            ignored_week: None,
        }
    }

    pub(super) fn is_ours(&self) -> bool {
        self.intended.is_some() || !self.before.days.is_empty()
    }

    /// Whether this is what Zoom made of what was written last, and nobody changed it since.
    pub(super) fn is_rewritten(&self, segments: Option<&[TimeSpan]>) -> bool {
        let (Some(segments), Some((asked, shown))) = (segments, &self.ignored) else {
            return false;
        };
        self.intended.is_none()
            && print(&self.before.written) == *asked
            && print(segments) == *shown
    }
}

/// What segments say, whatever their order.
pub(super) fn said(segments: &[TimeSpan]) -> Vec<TimeSpan> {
    let mut empty: Vec<TimeSpan> = segments
        .iter()
        .filter(|span| span.start >= span.end)
        .copied()
        .collect();
    empty.sort_unstable();
    empty.dedup();
    let mut all = Busy::of(segments.iter().copied()).spans().to_vec();
    all.extend(empty);
    all
}

pub(super) fn print(segments: &[TimeSpan]) -> Fingerprint {
    Fingerprint::of(said(segments).iter().map(TimeSpan::text))
}
