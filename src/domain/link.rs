//! A booking and its entry, with what both sides last agreed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Base, Entry};
use super::fingerprint::Fingerprint;
use super::ids::{BookingId, Etag, Href, Uid};

/// What the store remembers of one booking and its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The booking's id now; a reschedule changes it.
    pub booking: BookingId,
    /// The entry's `UID`: made of the first id, for good.
    pub uid: Uid,
    /// Where the entry stands.
    pub href: Href,
    /// The entry's tag when it was last read or written.
    pub etag: Option<Etag>,
    /// The entry's `SEQUENCE`.
    pub sequence: u32,
    /// What both sides last agreed.
    pub base: Base,
    /// The booking when it was last brought into the entry; `None` after the state was lost.
    pub booking_print: Option<Fingerprint>,
    /// The policy that the entry was written by: another one means writing it anew.
    pub policy_print: Option<Fingerprint>,
    /// The booking's times, to know whether a listing must show it.
    pub start: Timestamp,
    /// See `start`.
    pub end: Timestamp,
    /// Page and booker, to recognise a reschedule.
    pub pair: Option<Fingerprint>,
    /// The name of the booking page (`summary`), without a word of who booked; `None` before it was
    /// brought into the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Where the invitee reschedules or cancels, once Zoom told it.
    pub manage_url: Option<String>,
    /// The booking's `updated` when it was last brought into the entry.
    #[serde(default)]
    pub updated: Option<Timestamp>,
    /// What was seen of the entry and is not settled yet.
    pub pending: Option<Pending>,
    /// What became of the link.
    pub standing: Standing,
}

/// What was seen of an entry in its calendar, and not yet settled with Zoom. It is stored together
/// with the cursor that covers it, so that a failed write cannot make it forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pending {
    /// It was changed by somebody: this is what it says now.
    Changed(Box<Entry>),
    /// It is gone, first noticed then.
    Gone {
        /// When it was first noticed.
        since: Timestamp,
    },
}

/// Whether a link is still kept in step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Kept in step.
    #[default]
    Live,
    /// The booking was cancelled and the entry is kept with `STATUS:CANCELLED`.
    Marked,
    /// A person decided to leave both sides as they are (`held drop`).
    LeftAlone,
}
