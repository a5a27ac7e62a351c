//! What waits for a person: conflicts and held actions.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::Field;
use super::fingerprint::Fingerprint;
use super::ids::{BookingId, CalendarName, HostName, Uid, WaitingId};
use super::part::Part;

/// Both sides changed the same thing, and no rule says who is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The id that a person types.
    pub id: WaitingId,
    /// Whose booking, or whose hours.
    pub host: HostName,
    /// What it is about.
    #[serde(flatten)]
    pub about: Disputed,
    /// What Zoom says.
    pub zoom: String,
    /// What the calendar said.
    pub calendar: String,
    /// When it was found.
    pub found: Timestamp,
    /// Whether the sides still differ.
    pub standing: ConflictStanding,
    /// Where the booking can be moved by hand, where known.
    pub manage_url: Option<String>,
    /// What a person decided, to be carried out by the next pass.
    pub decision: Option<Decision>,
}

/// What both sides changed. In JSON its members stand beside the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Disputed {
    /// A field of a booking.
    Field {
        /// Which booking.
        booking: BookingId,
        /// Which entry.
        uid: Uid,
        /// Which field.
        field: Field,
    },
    /// A part of the working hours.
    Hours {
        /// Which.
        hours: Part,
    },
}

/// Whether a conflict still keeps both sides apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConflictStanding {
    /// The sides differ until a person decides.
    Open,
    /// A rule decided at once (a moved entry was put back); the losing text is kept here.
    Settled,
}

/// What a person decided about a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Zoom's text stands.
    KeepZoom,
    /// The calendar's text stands.
    KeepCalendar,
}

/// An action that a guard or a policy holds back until a person releases it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The id that a person types.
    pub id: WaitingId,
    /// Whose booking, or whose busy time.
    pub host: HostName,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// What would be done.
    pub what: HeldAction,
    /// Why it is held, for a person.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether a person released it; the next pass looks again and does it.
    pub released: bool,
    /// Whether it is held only because Zoom's list was not believed. As soon as Zoom itself says
    /// that the booking has ended, it is judged anew.
    #[serde(default)]
    pub doubted: bool,
}

/// What a held action is about. In JSON its word is a member beside the others, so that what was
/// stored before there was a second one is still read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// One booking.
    Booking(BookingId),
    /// A calendar whose busy time is read.
    Calendar(CalendarName),
}

/// What can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldAction {
    /// Cancel the booking in Zoom, because its entry was deleted.
    CancelBooking,
    /// Delete the entry, because its booking is gone.
    DeleteEntry,
    /// Give time back to the booking page, because its events are gone from the calendar.
    FreeTime,
    /// Give back time that a person once wanted to stay busy although its events are gone. It
    /// waits for nobody: it is there to be undone.
    KeptTime,
}

impl fmt::Display for HeldAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CancelBooking => "cancel the booking in Zoom",
            Self::DeleteEntry => "delete the entry in the calendar",
            Self::FreeTime => "give the time of events that are gone back to the booking page",
            Self::KeptTime => "give time back that is kept busy because a person said so",
        })
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Booking(booking) => write!(f, "booking {booking}"),
            Self::Calendar(calendar) => write!(f, "calendar {calendar}"),
        }
    }
}

impl fmt::Display for Disputed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { booking, field, .. } => write!(f, "{}  booking {booking}", field.word()),
            Self::Hours { hours } => write!(f, "{hours}  working hours"),
        }
    }
}

impl Conflict {
    /// The booking and the field, where it is about one.
    #[must_use]
    pub fn field(&self) -> Option<(&BookingId, Field)> {
        match &self.about {
            Disputed::Field { booking, field, .. } => Some((booking, *field)),
            Disputed::Hours { .. } => None,
        }
    }

    /// The part of the working hours, where it is about one.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        match self.about {
            Disputed::Hours { hours } => Some(hours),
            Disputed::Field { .. } => None,
        }
    }

    /// The id of the conflict about one part of the hours: the same each time it is found.
    #[must_use]
    pub fn id_for_hours(host: &HostName, part: Part) -> WaitingId {
        short_id(&["conflict", host.as_str(), "hours", &part.to_string()])
    }

    /// The id of the conflict about one field of one booking: the same each time it is found.
    #[must_use]
    pub fn id_for(host: &HostName, booking: &BookingId, field: Field) -> WaitingId {
        short_id(&["conflict", host.as_str(), booking.as_str(), field.word()])
    }
}

impl Held {
    /// The id of one action on one booking or calendar: the same each time it is held.
    #[must_use]
    pub fn id_for(host: &HostName, about: &About, what: HeldAction) -> WaitingId {
        let what = match what {
            HeldAction::CancelBooking => "cancel",
            HeldAction::DeleteEntry => "delete",
            HeldAction::FreeTime => "free",
            HeldAction::KeptTime => "kept",
        };
        let about = match about {
            About::Booking(booking) => booking.as_str(),
            About::Calendar(calendar) => calendar.as_str(),
        };
        short_id(&["held", host.as_str(), about, what])
    }

    /// Whether a person still has to say something about it.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.released && self.what != HeldAction::KeptTime
    }

    /// The booking that it is about, if it is one.
    #[must_use]
    pub fn booking(&self) -> Option<&BookingId> {
        match &self.about {
            About::Booking(booking) => Some(booking),
            About::Calendar(_) => None,
        }
    }
}

fn short_id(parts: &[&str]) -> WaitingId {
    let print = Fingerprint::of(parts);
    WaitingId::new(&print.as_str()[..8])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::as_stored_before(r#"{"id":"a","host":"h","booking":"b","what":"cancel-booking","why":"w","since":"2026-11-21T10:00:00Z","released":false}"#, About::Booking(BookingId::new("b")))]
    #[case::a_calendar(r#"{"id":"a","host":"h","calendar":"c","what":"free-time","why":"w","since":"2026-11-21T10:00:00Z","released":false,"doubted":false}"#, About::Calendar(CalendarName::new("c")))]
    fn what_was_stored_is_read_and_written_back(#[case] text: &str, #[case] about: About) {
        let held: Held = serde_json::from_str(text).unwrap();
        assert_eq!(held.about, about);
        let again: Held = serde_json::from_str(&serde_json::to_string(&held).unwrap()).unwrap();
        assert_eq!(again, held);
    }
}
