//! What a feed shows: what the last pass knew, read from the state a page at a time and without
//! any request, so that no subscriber can make Zoom or a calendar work.

use jiff::Timestamp;

use super::bookable::shown::stands;
use super::bookable::{self, shown};
use super::ledger::Ledger;
use crate::domain::busy::Busy;
use crate::domain::entry::{Agreed, Base as Agreement, Draft, Entry, Field, Fields, TimeSpan};
use crate::domain::feed::FeedKind;
use crate::domain::hours::Hours;
use crate::domain::ids::{BookingId, CalendarName, HostName};
use crate::domain::link::{Link, Pending};
use crate::ical::feed::UNKNOWN;
use crate::ports::base::Base;
use crate::ports::error::Result;

/// Whose feed it is.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The host, with what it wants of busy time and hours.
    pub host: bookable::Host,
    /// The calendar of its bookings; `None` where that flow is off.
    pub bookings: Option<CalendarName>,
}

/// What a feed shows.
pub enum Content<'a> {
    /// Bookings, to be read page by page.
    Bookings(Bookings<'a>),
    /// Busy time.
    Busy(Busy),
    /// Working hours.
    Hours(Hours),
}

/// The bookings of a host that stand, in the order of their ids.
pub struct Bookings<'a> {
    ledger: Ledger<'a>,
    host: HostName,
    after: Option<BookingId>,
}

/// What a feed shows; `None` before any pass knew it.
///
/// # Errors
/// When the state cannot be read.
pub async fn content<'a>(
    base: &'a dyn Base,
    shown: &Shown,
    kind: FeedKind,
    now: Timestamp,
) -> Result<Option<Content<'a>>> {
    let name = &shown.host.name;
    let ledger = shown.bookings.as_ref();
    let ledger = ledger.map(|calendar| Ledger::new(base, name, calendar));
    Ok(match kind {
        FeedKind::Bookings => match ledger {
            Some(ledger) if ledger.position()?.is_some() => Some(Content::Bookings(Bookings {
                ledger,
                host: name.clone(),
                after: None,
            })),
            Some(_) | None => None,
        },
        FeedKind::Busy => {
            let busy = shown::busy(base, &shown.host, ledger.as_ref(), now).await?;
            busy.map(Content::Busy)
        }
        FeedKind::Hours => shown::working_hours(base, &shown.host, now)?.map(Content::Hours),
    })
}

impl Bookings<'_> {
    /// The next page; `None` after the last one. A page may be empty.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn page(&mut self) -> Result<Option<Vec<Draft>>> {
        let links = self.ledger.links(self.after.as_ref())?;
        let Some(last) = links.last() else {
            return Ok(None);
        };
        self.after = Some(last.booking.clone());
        let shown = links.iter().filter(|link| stands(link));
        Ok(Some(
            shown.filter_map(|link| draft(link, &self.host)).collect(),
        ))
    }
}

/// The entry of a booking as Zoom says it; `None` where its time was never known.
fn draft(link: &Link, host: &HostName) -> Option<Draft> {
    if link.start >= link.end {
        return None;
    }
    let mut fields: Fields = Field::ALL
        .into_iter()
        .map(|field| (field, words(link, field)))
        .collect();
    let span = TimeSpan {
        start: link.start,
        end: link.end,
    };
    fields.set(Field::Time, span.text());
    Some(Draft {
        href: link.href.clone(),
        entry: Entry {
            uid: link.uid.clone(),
            fields,
            event_id: Some(link.booking.clone()),
            host: Some(host.clone()),
            sequence: link.sequence,
            base: Agreement::default(),
            notes_shown: true,
        },
        modified: link.updated.unwrap_or(UNKNOWN),
        alarm_seconds: None,
    })
}

/// What was last agreed; where the state was lost and only its digest is known, what the entry
/// says.
fn words(link: &Link, field: Field) -> String {
    match (link.base.get(field), &link.pending) {
        (Some(Agreed::Text(text)), _) => text.clone(),
        (Some(Agreed::Print(_)) | None, Some(Pending::Changed(entry))) => {
            entry.fields.get(field).to_owned()
        }
        (Some(Agreed::Print(_)) | None, _) => String::new(),
    }
}

#[cfg(test)]
pub(in crate::engine) mod tests;
