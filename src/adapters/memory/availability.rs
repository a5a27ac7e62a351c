//! The host's availability schedules in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::fault::{Faults, around};
use crate::domain::ids::AvailabilityId;
use crate::ports::availability::{Availabilities, Availability, AvailabilityChange};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;

/// Availability schedules in memory.
pub struct MemoryAvailabilities {
    state: Mutex<State>,
    faults: Arc<dyn Faults>,
    meter: Meter,
}

/// What Zoom does with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// No answer has `segments`.
    pub hides_segments: bool,
    /// An empty segment is refused.
    pub refuses_empty: bool,
    /// `segments` are taken and forgotten.
    pub forgets_segments: bool,
    /// Only the list shows a schedule, and none can be changed (another user's).
    pub list_only: bool,
}

#[derive(Default)]
struct State {
    all: Vec<Availability>,
    quirks: Quirks,
    missing: Option<Kind>,
    writes: u64,
}

impl MemoryAvailabilities {
    /// These schedules.
    #[must_use]
    pub fn new(all: Vec<Availability>, faults: Arc<dyn Faults>) -> Self {
        Self {
            state: Mutex::new(State {
                all,
                ..State::default()
            }),
            faults,
            meter: Meter::default(),
        }
    }

    /// Zoom behaves like this from now on.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.state().quirks = quirks;
    }

    /// They cannot be had from now on, or can again.
    pub fn set_missing(&self, kind: Option<Kind>) {
        self.state().missing = kind;
    }

    /// The first schedule as it is.
    #[must_use]
    pub fn first(&self) -> Option<Availability> {
        self.state().all.first().cloned()
    }

    /// Somebody changes the first schedule.
    pub fn edit(&self, edit: impl FnOnce(&mut Availability)) {
        if let Some(first) = self.state().all.first_mut() {
            edit(first);
        }
    }

    /// How many changes came through the port.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around(&*self.faults, call, || {
            let mut state = self.state();
            match state.missing {
                Some(kind) => Err(Error::new(kind, call).because("it was asked for")),
                None => work(&mut state),
            }
        })
    }
}

impl State {
    fn shown(&self, one: &Availability) -> Availability {
        let mut shown = one.clone();
        if self.quirks.hides_segments {
            shown.segments = None;
        }
        shown
    }
}

#[async_trait]
impl Availabilities for MemoryAvailabilities {
    async fn availabilities(&self) -> Result<Vec<Availability>> {
        self.call("zoom availabilities", |state| {
            Ok(state.all.iter().map(|one| state.shown(one)).collect())
        })
    }

    async fn availability(&self, id: &AvailabilityId) -> Result<Option<Availability>> {
        self.call("zoom availability", |state| {
            let found = state.all.iter().find(|one| one.id == *id);
            let found = found.filter(|_| !state.quirks.list_only);
            Ok(found.map(|one| state.shown(one)))
        })
    }

    async fn change_availability(
        &self,
        as_it_is: &Availability,
        change: &AvailabilityChange,
    ) -> Result<()> {
        self.call("zoom change availability", |state| {
            let quirks = state.quirks;
            let refused = |kind, why: &str| {
                Err(Error::new(kind, "changing the availability").because(why.to_owned()))
            };
            if quirks.list_only {
                return refused(Kind::Denied, "it is another user's");
            }
            let segments = change.segments.as_deref().unwrap_or_default();
            if segments.iter().any(|span| span.end < span.start) {
                return refused(Kind::Refused, "a segment ends before it begins");
            }
            if quirks.refuses_empty && segments.iter().any(|span| span.end == span.start) {
                return refused(Kind::Refused, "a segment is empty");
            }
            let Some(one) = state.all.iter_mut().find(|one| one.id == as_it_is.id) else {
                return refused(Kind::Missing, "there is none");
            };
            if one.name != as_it_is.name || one.zone != as_it_is.zone {
                return refused(Kind::Refused, "name and zone do not fit");
            }
            if let Some(week) = &change.week {
                one.week = week.clone();
            }
            if let Some(segments) = change
                .segments
                .as_ref()
                .filter(|_| !quirks.forgets_segments)
            {
                one.segments = Some(segments.clone());
            }
            state.writes += 1;
            Ok(())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
