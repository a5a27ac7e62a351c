//! The place where a host's hours are kept as a VAVAILABILITY (RFC 7953).

use async_trait::async_trait;
use jiff::Timestamp;

use super::error::Result;
use super::meter::Meter;
use crate::domain::hours::Hours;
use crate::domain::ids::{Etag, Href};

/// Where a VAVAILABILITY stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoursPlace {
    /// In the CalDAV property `calendar-availability` (RFC 7953 section 7.2).
    Property,
    /// An object of its own in the collection, or a file of its own.
    Object(Href),
}

/// A VAVAILABILITY as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursObject {
    /// Where.
    pub place: HoursPlace,
    /// Its tag, where there is one. The property has none: its text is compared.
    pub etag: Option<Etag>,
    /// The hours, as far as Zoom could express them.
    pub hours: Hours,
    /// What Zoom cannot express, each in words for a person without private content ("an
    /// AVAILABLE with FREQ=MONTHLY"). Where there is any, the object is never written to.
    pub left_out: Vec<String>,
    /// The text as it stands: what is written keeps everything in it that is not hours.
    pub text: String,
}

/// What slotbridge asks of the calendar that hours are kept in.
#[async_trait]
pub trait HoursCalendar: Send + Sync {
    /// The VAVAILABILITY that is there; `None` where there is none. `zone` is for floating times;
    /// what is over at `now` says nothing.
    ///
    /// # Errors
    /// `Malformed` where there is one that cannot be understood at all.
    async fn hours(&self, zone: &str, now: Timestamp) -> Result<Option<HoursObject>>;

    /// Writes hours: into what was seen, keeping everything in it that is not hours, or, where
    /// nothing was, into a new one at the best place that the calendar has. What was written is
    /// read back: some servers say yes and forget it (FIELD.md section 3).
    ///
    /// # Errors
    /// `Stale` when it is not as it was seen, or something is there now. `Refused` where the
    /// calendar takes it in none of the places.
    async fn set_hours(
        &self,
        seen: Option<&HoursObject>,
        hours: &Hours,
        now: Timestamp,
    ) -> Result<HoursObject>;

    /// What was counted so far.
    fn meter(&self) -> &Meter;
}
