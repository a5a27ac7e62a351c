//! Availability schedules in memory: read and changed as the port says, refusing what no client
//! should send.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::tz::TimeZone;

use super::fault::{Faults, around};
use crate::domain::ids::AvailabilityId;
use crate::domain::time_span::TimeSpan;
use crate::ports::availability::{Availabilities, Availability, AvailabilityChange};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;

/// What this app may do with single schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ById {
    /// Read and change them.
    Seen,
    /// Neither, as for another user under server-to-server (FACTS.md section 2).
    NotSeen,
}

/// Whether an empty segment takes its day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptySegments {
    /// It does.
    Taken,
    /// It is refused.
    Refused,
}

/// The availability schedules of a host in memory.
pub struct MemoryAvailability {
    state: Mutex<State>,
    by_id: ById,
    empty: EmptySegments,
    faults: Arc<dyn Faults>,
    meter: Meter,
}

#[derive(Default)]
struct State {
    schedules: BTreeMap<AvailabilityId, Availability>,
    changes: Vec<AvailabilityChange>,
    /// Those that only the list shows.
    hidden: BTreeSet<AvailabilityId>,
}

impl MemoryAvailability {
    /// A host without any schedule.
    #[must_use]
    pub fn new(by_id: ById, empty: EmptySegments, faults: Arc<dyn Faults>) -> Self {
        Self {
            state: Mutex::default(),
            by_id,
            empty,
            faults,
            meter: Meter::default(),
        }
    }

    /// The person adds a schedule, or puts another in its place.
    pub fn put(&self, schedule: Availability) {
        let id = schedule.id.clone();
        self.lock().schedules.insert(id, schedule);
    }

    /// The person removes a schedule.
    pub fn remove(&self, id: &AvailabilityId) {
        self.lock().schedules.remove(id);
    }

    /// The person edits a schedule.
    pub fn edit(&self, id: &AvailabilityId, edit: impl FnOnce(&mut Availability)) {
        if let Some(schedule) = self.lock().schedules.get_mut(id) {
            edit(schedule);
        }
    }

    /// From now on, only the list shows a schedule; or it is to be had by its id again.
    pub fn hide(&self, id: &AvailabilityId, hidden: bool) {
        let mut state = self.lock();
        if hidden {
            state.hidden.insert(id.clone());
        } else {
            state.hidden.remove(id);
        }
    }

    /// A schedule as it is.
    #[must_use]
    pub fn get(&self, id: &AvailabilityId) -> Option<Availability> {
        self.lock().schedules.get(id).cloned()
    }

    /// Each change that came through the port and was made, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<AvailabilityChange> {
        self.lock().changes.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around(&*self.faults, call, || work(&mut self.lock()))
    }

    /// Why a change is refused, if it is.
    fn refusal(&self, was: &Availability, change: &AvailabilityChange) -> Option<&'static str> {
        let zone = TimeZone::get(&was.zone).ok();
        let midnight = |span: &TimeSpan| {
            let time = |zone: &TimeZone| zone.to_datetime(span.start).time();
            zone.as_ref().map(time).is_some_and(|time| {
                // Where the clock goes forward over midnight, the day starts later.
                time.minute() == 0 && time.second() == 0 && time.hour() <= 1
            })
        };
        let kept = was.segments.as_deref().unwrap_or_default();
        let all = change.segments.as_deref().unwrap_or_default();
        // What was there before is never refused.
        let segments: Vec<TimeSpan> = all
            .iter()
            .filter(|span| !kept.contains(span))
            .copied()
            .collect();
        if change.week.is_none() && change.segments.is_none() {
            Some("nothing is changed")
        } else if segments.iter().any(|span| span.end < span.start) {
            Some("a segment ends before it starts")
        } else if !all.is_sorted() {
            Some("the segments are in no order")
        } else if segments.iter().any(|span| span.start.as_second() % 60 != 0) {
            Some("a segment does not start on a whole minute")
        } else {
            let mut empty = segments.iter().filter(|span| span.start == span.end);
            match self.empty {
                EmptySegments::Refused => empty.next().map(|_| "a segment is empty"),
                EmptySegments::Taken => empty
                    .any(|span| !midnight(span))
                    .then_some("an empty segment is not at midnight"),
            }
        }
    }
}

#[async_trait]
impl Availabilities for MemoryAvailability {
    async fn availabilities(&self) -> Result<Vec<Availability>> {
        self.call("availability list", |state| {
            Ok(state.schedules.values().cloned().collect())
        })
    }

    async fn availability(&self, id: &AvailabilityId) -> Result<Option<Availability>> {
        self.call("availability get", |state| match self.by_id {
            ById::Seen if state.hidden.contains(id) => Ok(None),
            ById::Seen => Ok(state.schedules.get(id).cloned()),
            ById::NotSeen => Ok(None),
        })
    }

    async fn change_availability(
        &self,
        as_it_is: &Availability,
        change: &AvailabilityChange,
    ) -> Result<()> {
        let doing = "changing an availability schedule";
        self.call("availability change", |state| {
            if self.by_id == ById::NotSeen {
                return Err(Error::new(Kind::Denied, doing)
                    .because("another user's schedule")
                    .hint("let this user log in themselves"));
            }
            let Some(schedule) = state.schedules.get_mut(&as_it_is.id) else {
                return Err(Error::new(Kind::Stale, doing).because("it is gone"));
            };
            if (&schedule.name, &schedule.zone) != (&as_it_is.name, &as_it_is.zone) {
                return Err(Error::new(Kind::Refused, doing).because("name or zone is not its own"));
            }
            if let Some(cause) = self.refusal(schedule, change) {
                return Err(Error::new(Kind::Refused, doing).because(cause));
            }
            if let Some(week) = &change.week {
                schedule.week = week.clone();
            }
            if let Some(segments) = &change.segments {
                schedule.segments = Some(segments.clone());
            }
            state.changes.push(change.clone());
            Ok(())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
