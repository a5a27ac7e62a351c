//! Walks all links at the end of a listing: which bookings did Zoom not show?

use std::time::Duration;

use crate::domain::ids::BookingId;
use crate::domain::link::{Link, Pending, Standing};
use crate::ports::error::Result;

use super::bookings::Listing;
use super::ledger::{Batch, Known};
use super::pass::{Pass, minus};

/// How long a link is remembered after its booking has left the window.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);

/// What the walk found.
#[derive(Debug, Default)]
pub struct Survey {
    /// Bookings that Zoom should have shown and did not, in order of their ids.
    pub unseen: Vec<BookingId>,
    /// Entries that are there.
    pub entries: usize,
}

/// Walks all links, and forgets those whose time is long over.
pub async fn survey(pass: &Pass<'_>, listing: &Listing) -> Result<Survey> {
    let mut survey = Survey::default();
    let long_ago = minus(pass.window.from, REMEMBERED);
    let mut after: Option<BookingId> = None;
    loop {
        let links = pass.ledger.links(after.as_ref())?;
        let Some(last) = links.last() else {
            return Ok(survey);
        };
        after = Some(last.booking.clone());
        let mut batch = Batch::default();
        for link in &links {
            let gone = matches!(link.pending, Some(Pending::Gone { .. }));
            if link.end < long_ago || (gone && link.standing == Standing::Marked) {
                forget(pass, &mut batch, link);
                continue;
            }
            survey.entries += usize::from(!gone);
            if is_missing(pass, listing, link) {
                survey.unseen.push(link.booking.clone());
            }
        }
        pass.ledger.commit(batch).await?;
    }
}

fn forget(pass: &Pass<'_>, batch: &mut Batch, link: &Link) {
    pass.ledger.drop_link(batch, link);
    if !matches!(link.pending, Some(Pending::Gone { .. })) {
        let known = Known {
            etag: link.etag.clone(),
            trouble: None,
        };
        pass.ledger.put_known(batch, &link.href, &known);
    }
}

fn is_missing(pass: &Pass<'_>, listing: &Listing, link: &Link) -> bool {
    let expected = match link.standing {
        Standing::Live | Standing::LeftAlone => pass.window.shows(link.start, link.end),
        // Its booking has ended already.
        Standing::Marked => false,
    };
    expected && !is_unclaimed(link) && !listing.shown.has(link.booking.as_str())
}

/// An entry that looks like ours but names no host, and that no booking of this host ever
/// claimed: it may be another host's, and is left alone.
fn is_unclaimed(link: &Link) -> bool {
    let nameless = match &link.pending {
        Some(Pending::Changed(entry)) => entry.host.is_none(),
        Some(Pending::Gone { .. }) | None => false,
    };
    nameless && link.booking_print.is_none()
}
