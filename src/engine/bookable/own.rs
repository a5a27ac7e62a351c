//! Entries of bookings that are read as if they were somebody's events: those of this host that
//! stand where it was agreed are no busy time, because Zoom knows of them. All others are: an entry
//! that a person moved, a copy of one at another time, the booking of another host.
//!
//! | the booking is known | the entry says | the bookings' calendar was read | then |
//! |---|---|---|---|
//! | of this host | whatever | whatever | own |
//! | no | another host | whatever | an event like any other |
//! | no | this host, or none | yes | an event like any other |
//! | no | this host, or none | no | in doubt: neither blocks anew, nor is anything given back |
//!
//! Which host it says is no proof: hosts get new names. Nor is the calendar's name: the same one
//! may be read under another.

use super::Host;
use super::records::Kept;
use crate::domain::ids::CalendarName;
use crate::domain::link::Link;
use crate::domain::time_span::TimeSpan;
use crate::engine::BookingsSeen;
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
    /// It may be of this host, but nobody knows the booking, and the calendar of the bookings could
    /// not be read.
    pub(super) in_doubt: bool,
}

/// What is known of the bookings of a host.
pub(super) struct Bookings<'a> {
    host: &'a Host,
    /// Of the calendar that entries are written to, and of those they were written to before.
    ledgers: Vec<Ledger<'a>>,
    seen: BookingsSeen,
}

impl<'a> Bookings<'a> {
    /// Every calendar that entries of this host were ever written to under its name.
    pub(super) fn of(base: &'a dyn Base, host: &'a Host, seen: BookingsSeen) -> Result<Self> {
        let mut calendars: Vec<CalendarName> = host.bookings.iter().cloned().collect();
        let others = Ledger::calendars(base, &host.name)?.into_iter();
        calendars.extend(others.filter(|name| host.bookings.as_ref() != Some(name)));
        let ledgers = calendars.iter();
        let ledgers = ledgers.map(|calendar| Ledger::new(base, &host.name, calendar));
        Ok(Self {
            host,
            ledgers: ledgers.collect(),
            seen,
        })
    }

    /// Looks an object up.
    pub(super) fn own(&self, kept: &Kept) -> Result<Own> {
        let was = kept.was.as_ref().map(|was| &was.timing);
        let entries = kept.timing.iter().chain(was).flat_map(OwnEntry::all);
        let mut own = Own::default();
        for entry in entries {
            let link = self.link(&entry)?;
            let host = entry.host.as_ref();
            if link.is_none() && host.is_some_and(|whose| *whose != self.host.name) {
                continue;
            }
            own.ours |= link.is_some() || host.is_some();
            own.in_doubt |= link.is_none() && self.seen == BookingsSeen::NotAll;
            own.agreed.extend(link.map(|link| TimeSpan {
                start: link.start,
                end: link.end,
            }));
        }
        Ok(own)
    }

    fn link(&self, entry: &OwnEntry) -> Result<Option<Link>> {
        for ledger in &self.ledgers {
            let mut link = match &entry.uid {
                Some(uid) => ledger.link_of(uid)?,
                None => None,
            };
            if let (None, Some(booking)) = (&link, &entry.booking) {
                link = ledger.link(booking)?;
            }
            if link.is_some() {
                return Ok(link);
            }
        }
        Ok(None)
    }
}
