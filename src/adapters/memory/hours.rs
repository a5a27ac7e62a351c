//! Working hours in memory: real iCalendar text, conditional writes, faults on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::fault::{Faults, NoFaults, around};
use crate::domain::hours::Hours;
use crate::ical::availability::{self, Form, Reader};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::hours::{HoursCalendar, HoursObject, HoursPlace};
use crate::ports::meter::Meter;

/// A calendar that keeps hours in a property, as text.
pub struct MemoryHours {
    text: Mutex<Option<String>>,
    faults: Mutex<Arc<dyn Faults>>,
    writes: Mutex<u64>,
    meter: Meter,
}

impl Default for MemoryHours {
    fn default() -> Self {
        Self {
            text: Mutex::default(),
            faults: Mutex::new(Arc::new(NoFaults)),
            writes: Mutex::default(),
            meter: Meter::default(),
        }
    }
}

impl MemoryHours {
    /// A calendar without hours.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides from now on what goes wrong with `hours` and `set hours`.
    pub fn set_faults(&self, faults: Arc<dyn Faults>) {
        *lock(&self.faults) = faults;
    }

    /// The text that stands there.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        lock(&self.text).clone()
    }

    /// Puts a text there as somebody else would; `None` takes it away.
    pub fn put_raw(&self, text: Option<&str>) {
        *lock(&self.text) = text.map(str::to_owned);
    }

    /// How often it was written through the port.
    #[must_use]
    pub fn write_count(&self) -> u64 {
        *lock(&self.writes)
    }

    fn call<T>(&self, call: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.meter.request();
        let faults = Arc::clone(&lock(&self.faults));
        around(&*faults, call, work)
    }
}

#[async_trait]
impl HoursCalendar for MemoryHours {
    async fn hours(&self, zone: &str, now: Timestamp) -> Result<Option<HoursObject>> {
        self.call("hours", || match self.raw() {
            Some(text) => understood(text, Reader { zone, now }),
            None => Ok(None),
        })
    }

    async fn set_hours(
        &self,
        seen: Option<&HoursObject>,
        hours: &Hours,
        now: Timestamp,
    ) -> Result<HoursObject> {
        self.call("set hours", || {
            let refused = |why: String| Error::new(Kind::Refused, "set hours").because(why);
            let mut there = lock(&self.text);
            let reader = Reader {
                zone: &hours.zone,
                now,
            };
            let is_as_seen = match (there.clone(), seen) {
                (Some(text), None) => understood(text, reader)?.is_none(),
                (there, seen) => there.as_deref() == seen.map(|seen| seen.text.as_str()),
            };
            if !is_as_seen {
                return Err(Error::new(Kind::Stale, "set hours").because("it is another text now"));
            }
            // A text without hours is written into.
            let before = there.as_deref().map(str::as_bytes);
            let text = availability::write(before, hours, now, Form::Text)
                .map_err(|broken| refused(broken.to_string()))?;
            let text = String::from_utf8_lossy(&text).into_owned();
            if there.as_ref() != Some(&text) {
                *lock(&self.writes) += 1;
                *there = Some(text.clone());
            }
            understood(text, reader)?.ok_or_else(|| refused("it does not read back".to_owned()))
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

fn understood(text: String, reader: Reader<'_>) -> Result<Option<HoursObject>> {
    let read = availability::read(text.as_bytes(), reader)
        .map_err(|broken| Error::new(Kind::Malformed, "hours").because(broken))?;
    Ok(read.map(|found| HoursObject {
        place: HoursPlace::Property,
        etag: None,
        hours: found.hours,
        left_out: found.left_out,
        text,
    }))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
