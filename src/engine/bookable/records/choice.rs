//! Where busy time goes, and which availability is the host's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AvailabilityId, ZoomCalendarId};

/// Where busy time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sink {
    /// Events of this Zoom calendar.
    ZoomCalendar,
    /// Date overrides of the availability.
    Availability,
}

/// Where busy time goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Where to.
    pub sink: Sink,
    /// Why, for a person.
    pub because: String,
    /// The Zoom calendar, where it is that.
    #[serde(default)]
    pub calendar: Option<ZoomCalendarId>,
    /// When that was found out.
    pub at: Timestamp,
    /// Whether it was found out by trying (`auto`), and not by what is configured.
    #[serde(default)]
    pub tried: bool,
    /// Nothing could be written there: it is found out anew in each pass.
    #[serde(default)]
    pub in_vain: bool,
}

/// Which availability, and the zone that its clock shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// Its id; `None` where Zoom showed none.
    pub id: Option<AvailabilityId>,
    /// Whether only the list shows it, and not its own resource.
    #[serde(default)]
    pub by_list: bool,
    /// What was asked for: `availability` of `[host.hours]`.
    #[serde(default)]
    pub wanted: Option<String>,
    /// Its `time_zone`.
    pub zone: String,
    /// When that was found out.
    pub at: Timestamp,
}
