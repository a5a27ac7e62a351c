//! Entries of bookings among what is kept: whose they are, so that who knows the bookings can say
//! whether an entry stands where it was agreed, and is no busy time of its own.

use std::fmt::Write as _;

use crate::domain::busy::Timing;
use crate::domain::ids::{BookingId, HostName, Uid};

const HOST: &str = "X-OWN-HOST:";
const UID: &str = "X-OWN-UID:";
const BOOKING: &str = "X-OWN-BOOKING:";

/// An entry of a booking, as slotbridge writes it, or a copy of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnEntry {
    /// Whose booking it is, where it says so.
    pub host: Option<HostName>,
    /// Its `UID`, where it is one of ours; a copy may have another.
    pub uid: Option<Uid>,
    /// Its booking, where it says so.
    pub booking: Option<BookingId>,
}

impl OwnEntry {
    /// The lines that are kept of it.
    pub(super) fn lines(&self) -> String {
        let mut out = String::new();
        let host = self.host.as_ref().map(|name| (HOST, name.as_str()));
        let uid = self.uid.as_ref().map(|name| (UID, name.as_str()));
        let booking = self.booking.as_ref().map(|name| (BOOKING, name.as_str()));
        for (name, value) in [host, uid, booking].into_iter().flatten() {
            // Writing to a String cannot fail.
            writeln!(out, "{name}{value}").unwrap_or_default();
        }
        out
    }

    /// The entries among what is kept of an object; nearly always one or none.
    #[must_use]
    pub fn all(timing: &Timing) -> Vec<Self> {
        let mut all = Vec::new();
        let text = timing.as_str();
        if !text.contains("\nX-OWN-") {
            return all;
        }
        for calendar in text.split("BEGIN:VCALENDAR\n") {
            let mut entry = Self::default();
            for line in calendar.lines() {
                if let Some(name) = line.strip_prefix(HOST) {
                    entry.host = Some(HostName::new(name));
                } else if let Some(name) = line.strip_prefix(UID) {
                    entry.uid = Some(Uid::new(name));
                } else if let Some(name) = line.strip_prefix(BOOKING) {
                    entry.booking = Some(BookingId::new(name));
                }
            }
            if entry != Self::default() {
                all.push(entry);
            }
        }
        all
    }
}
