//! What waits for a person: conflicts and held actions.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::Field;
use super::fingerprint::Fingerprint;
use super::ids::{BookingId, HostName, Uid, WaitingId};

/// Both sides changed one field, and no rule says who is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The id that a person types.
    pub id: WaitingId,
    /// Whose booking.
    pub host: HostName,
    /// Which booking.
    pub booking: BookingId,
    /// Which entry.
    pub uid: Uid,
    /// Which field.
    pub field: Field,
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
    /// Whose booking.
    pub host: HostName,
    /// Which booking.
    pub booking: BookingId,
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

/// What can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldAction {
    /// Cancel the booking in Zoom, because its entry was deleted.
    CancelBooking,
    /// Delete the entry, because its booking is gone.
    DeleteEntry,
}

impl fmt::Display for HeldAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CancelBooking => "cancel the booking in Zoom",
            Self::DeleteEntry => "delete the entry in the calendar",
        })
    }
}

impl Conflict {
    /// The id of the conflict about one field of one booking: the same each time it is found.
    #[must_use]
    pub fn id_for(host: &HostName, booking: &BookingId, field: Field) -> WaitingId {
        short_id(&["conflict", host.as_str(), booking.as_str(), field.word()])
    }
}

impl Held {
    /// The id of one action on one booking: the same each time it is held.
    #[must_use]
    pub fn id_for(host: &HostName, booking: &BookingId, what: HeldAction) -> WaitingId {
        let what = match what {
            HeldAction::CancelBooking => "cancel",
            HeldAction::DeleteEntry => "delete",
        };
        short_id(&["held", host.as_str(), booking.as_str(), what])
    }
}

fn short_id(parts: &[&str]) -> WaitingId {
    let print = Fingerprint::of(parts);
    WaitingId::new(&print.as_str()[..8])
}
