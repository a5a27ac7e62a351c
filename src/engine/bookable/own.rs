//! Entries of bookings that are read as if they were somebody's events: those of this host that
//! stand where it was agreed are no busy time, because Zoom knows of them. All others are: an entry
//! that a person moved, a copy of one at another time, the booking of another host.

use super::Host;
use super::records::Kept;
use crate::domain::ids::CalendarName;
use crate::domain::time_span::TimeSpan;
use crate::engine::ledger::Ledger;
use crate::ical::busy::OwnEntry;
use crate::ports::base::Base;
use crate::ports::error::Result;

/// What is known of an object that holds entries of bookings.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    /// It is, or was, of this host: that it is gone frees nothing that a person has to judge.
    pub(super) ours: bool,
    /// The times that are agreed for the bookings.
    pub(super) agreed: Vec<TimeSpan>,
}

/// Looks an object up among the bookings.
pub(super) fn own(base: &dyn Base, host: &Host, kept: &Kept) -> Result<Own> {
    let was = kept.was.as_ref().map(|was| &was.timing);
    let entries = kept.timing.iter().chain(was).flat_map(OwnEntry::all);
    let mut own = Own::default();
    for entry in entries {
        let name = &host.name;
        if entry.host.as_ref().is_some_and(|whose| whose != name) {
            continue;
        }
        let nowhere = CalendarName::new("");
        let calendar = host.bookings.as_ref().unwrap_or(&nowhere);
        let ledger = Ledger::new(base, name, calendar);
        let mut link = match &entry.uid {
            Some(uid) => ledger.link_of(uid)?,
            None => None,
        };
        if let (None, Some(booking)) = (&link, &entry.booking) {
            link = ledger.link(booking)?;
        }
        own.ours |= link.is_some() || entry.host.is_some();
        own.agreed.extend(link.map(|link| TimeSpan {
            start: link.start,
            end: link.end,
        }));
    }
    Ok(own)
}
