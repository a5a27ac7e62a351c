//! What is remembered: records as they are stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{BookingId, Cursor, Etag, Href};

/// An object that is not an entry we keep in step, as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its tag then; the same tag means that it need not be read again.
    pub etag: Option<Etag>,
    /// What is wrong with it, where something is.
    pub trouble: Option<String>,
}

/// An item that was refused, and when to try it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How often it was refused in a row.
    pub attempts: u32,
    /// Not before then, unless a person changes the entry.
    pub not_before: Timestamp,
    /// What the entry was when it was refused.
    #[serde(default)]
    pub entry: Option<Fingerprint>,
    /// What we were doing.
    pub doing: String,
    /// Why it was refused.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// Where the last listing of the calendar ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The cursor, where the calendar has one.
    pub cursor: Option<Cursor>,
    /// When it was taken.
    pub at: Timestamp,
    /// When everything was listed last.
    pub full: Timestamp,
}

/// An action that was begun: after a power cut, its entry is looked at before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The booking.
    pub booking: BookingId,
    /// Its entry.
    pub href: Href,
    /// The word for the action.
    pub verb: String,
}
