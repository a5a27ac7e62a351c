//! The policies of `[host.bookings]`, `[host.busy]` and `[host.hours]`, as the contract names them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::busy::Buffers;
use crate::domain::ids::CalendarName;

/// What a host wants for the bookings flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BookingsPolicy {
    /// How far back bookings are kept in step.
    pub past: Duration,
    /// How far ahead.
    pub future: Duration,
    /// What a cancelled booking does to its entry.
    pub cancelled_in_zoom: CancelledInZoom,
    /// What a deleted entry does to its booking.
    pub deleted_in_calendar: DeletedInCalendar,
    /// What happens to an entry that was moved.
    pub moved_in_calendar: MovedInCalendar,
    /// How long an entry must stay deleted before its booking is cancelled.
    pub grace: Duration,
    /// Where attendees are written.
    pub attendees: AttendeesAs,
    /// The title: `{summary}`, `{booker}`, `{email}`, `{host}` are filled in.
    pub title: String,
    /// How long before the start a new entry rings.
    pub alarm: Option<Duration>,
}

impl Default for BookingsPolicy {
    fn default() -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self {
            past: DAY * 7,
            future: DAY * 180,
            cancelled_in_zoom: CancelledInZoom::Delete,
            deleted_in_calendar: DeletedInCalendar::Cancel,
            moved_in_calendar: MovedInCalendar::Restore,
            grace: Duration::ZERO,
            attendees: AttendeesAs::Description,
            title: "{summary}: {booker}".to_owned(),
            alarm: None,
        }
    }
}

/// `cancelled_in_zoom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CancelledInZoom {
    /// The entry is deleted.
    Delete,
    /// The entry stays, with `STATUS:CANCELLED`.
    Mark,
}

/// `deleted_in_calendar`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletedInCalendar {
    /// The booking is cancelled.
    Cancel,
    /// The entry comes back.
    Restore,
    /// A person decides.
    Hold,
}

/// `moved_in_calendar`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MovedInCalendar {
    /// The entry is put back, and the wish recorded as a conflict.
    Restore,
    /// The entry stays where the person put it.
    Keep,
}

/// `attendees`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttendeesAs {
    /// In the `DESCRIPTION` only.
    Description,
    /// As `ATTENDEE` lines with `SCHEDULE-AGENT=NONE`, too.
    Property,
}

/// What a host wants for the busy flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyPolicy {
    /// The calendars to read.
    pub from: Vec<CalendarName>,
    /// Where busy time is written.
    pub to: BusyTo,
    /// How far ahead.
    pub future: Duration,
    /// Added around each event.
    pub buffers: Buffers,
    /// What a block is called.
    pub title: String,
    /// Whose declined invitations are not busy.
    pub emails: Vec<String>,
    /// Date overrides may be written although Zoom does not show which ones are there: those that
    /// a person made are then replaced.
    pub replace_overrides: bool,
}

/// `to` of `[host.busy]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BusyTo {
    /// Events of the primary Zoom calendar.
    ZoomCalendar,
    /// Date overrides of the availability.
    Availability,
    /// The former where it can be found and written, else the latter.
    Auto,
}

/// What a host wants for the hours flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursPolicy {
    /// Name or id of the availability in Zoom; the default one without.
    pub availability: Option<String>,
    /// Where the `VAVAILABILITY` lives.
    pub calendar: CalendarName,
    /// Who is right on a conflict.
    pub wins: Wins,
}

/// `wins` of `[host.hours]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wins {
    /// Zoom.
    Zoom,
    /// The calendar.
    Calendar,
    /// A person decides.
    Hold,
}
