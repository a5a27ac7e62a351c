//! What a person does about conflicts and held actions. The next pass carries it out.

use crate::domain::entry::Field;
use crate::domain::ids::{BookingId, CalendarName, HostName, WaitingId};
use crate::domain::link::Standing;
use crate::domain::part::Part;
use crate::domain::waiting::{About, Conflict, ConflictStanding, Decision, Held, HeldAction};
use crate::ports::base::Base;
use crate::ports::error::{Error, Kind, Result};

use super::bookable::removals;
use super::ledger::{Batch, Ledger};

/// A host and, where it has one, the calendar that its bookings go to.
pub type Scope<'a> = (&'a HostName, Option<&'a CalendarName>);

fn open<'a>(base: &'a dyn Base, (host, calendar): Scope<'_>) -> Ledger<'a> {
    // What waits for a person stands under the host alone.
    let nowhere = CalendarName::new("");
    Ledger::new(base, host, calendar.unwrap_or(&nowhere))
}

/// All conflicts, in order of their hosts.
pub fn conflicts(base: &dyn Base, scopes: &[Scope<'_>]) -> Result<Vec<Conflict>> {
    let mut all = Vec::new();
    for scope in scopes {
        all.extend(open(base, *scope).conflicts()?);
    }
    Ok(all)
}

/// All held actions, in order of their hosts.
pub fn held(base: &dyn Base, scopes: &[Scope<'_>]) -> Result<Vec<Held>> {
    let mut all = Vec::new();
    for scope in scopes {
        all.extend(open(base, *scope).held()?);
    }
    Ok(all)
}

/// Records what a person decided about a conflict; the next pass carries it out. A settled one
/// whose outcome is kept is simply forgotten.
///
/// # Errors
/// `Missing` for an unknown id; `Refused` where Zoom cannot do what was decided.
pub async fn decide(
    base: &dyn Base,
    scopes: &[Scope<'_>],
    id: &WaitingId,
    decision: Decision,
) -> Result<Conflict> {
    let doing = format!("deciding about the conflict {id}");
    for scope in scopes {
        let ledger = open(base, *scope);
        let Some(mut conflict) = ledger.conflicts()?.into_iter().find(|c| c.id == *id) else {
            continue;
        };
        let field = conflict.field().map(|(_, field)| field);
        if conflict.part() == Some(Part::Zone) && decision == Decision::KeepCalendar {
            return Err(Error::new(Kind::Refused, doing)
                .because("the time zone of the availability is changed in Zoom only")
                .hint(format!(
                    "change it there by hand, or `slotbridge conflicts keep-zoom {id}`"
                )));
        }
        if field == Some(Field::Time) && decision == Decision::KeepCalendar {
            let place = conflict
                .manage_url
                .as_deref()
                .unwrap_or("the booking in Zoom Scheduler");
            return Err(Error::new(Kind::Refused, doing)
                .because("Zoom has no way to move a booking")
                .hint(format!(
                    "reschedule it by hand at {place}, then `slotbridge conflicts keep-zoom {id}`"
                )));
        }
        let stands_already = conflict.standing == ConflictStanding::Settled
            && match field {
                Some(Field::Summary) => decision == Decision::KeepCalendar,
                Some(Field::Time | Field::Status | Field::Notes) => true,
                Some(
                    Field::About
                    | Field::Location
                    | Field::Url
                    | Field::Conference
                    | Field::Attendees,
                ) => decision == Decision::KeepZoom,
                None => false,
            };
        let mut batch = Batch::default();
        if stands_already {
            ledger.drop_conflict(&mut batch, id);
        } else {
            conflict.decision = Some(decision);
            ledger.put_conflict(&mut batch, &conflict);
        }
        ledger.commit(batch).await?;
        return Ok(conflict);
    }
    Err(unknown(doing, "conflicts"))
}

/// Releases a held action: the next pass looks again, and does it if it is still wanted.
///
/// # Errors
/// `Missing` for an unknown id.
pub async fn release(base: &dyn Base, scopes: &[Scope<'_>], id: &WaitingId) -> Result<Held> {
    for scope in scopes {
        let ledger = open(base, *scope);
        if let Some(mut held) = ledger.held()?.into_iter().find(|held| held.id == *id) {
            held.released = true;
            let mut batch = Batch::default();
            ledger.put_held(&mut batch, &held);
            ledger.commit(batch).await?;
            return Ok(held);
        }
    }
    Err(unknown(format!("releasing the held action {id}"), "held"))
}

/// Drops a held action: it is never done, and both sides stay as they are.
///
/// # Errors
/// `Missing` for an unknown id.
pub async fn drop_held(base: &dyn Base, scopes: &[Scope<'_>], id: &WaitingId) -> Result<Held> {
    for scope in scopes {
        let ledger = open(base, *scope);
        if let Some(held) = ledger.held()?.into_iter().find(|held| held.id == *id) {
            if held.what == HeldAction::KeptTime {
                return Ok(held);
            }
            let mut batch = Batch::default();
            ledger.drop_held(&mut batch, id);
            match &held.about {
                About::Booking(booking) => {
                    if let Some(mut link) = ledger.link(booking)? {
                        link.standing = Standing::LeftAlone;
                        ledger.put_link(&mut batch, &link, None);
                    }
                }
                About::Calendar(calendar) => removals::keep(base, &held, calendar).await?,
            }
            ledger.commit(batch).await?;
            return Ok(held);
        }
    }
    Err(unknown(format!("dropping the held action {id}"), "held"))
}

/// How many links a host has, and when its calendar was listed last.
pub fn overview(base: &dyn Base, scope: Scope<'_>) -> Result<Overview> {
    let ledger = open(base, scope);
    let mut overview = Overview {
        links: 0,
        listed: None,
        listed_fully: None,
    };
    let mut after: Option<BookingId> = None;
    loop {
        let links = ledger.links(after.as_ref())?;
        let Some(last) = links.last() else {
            break;
        };
        overview.links += links.len();
        after = Some(last.booking.clone());
    }
    if let Some(position) = ledger.position()? {
        overview.listed = Some(position.at);
        overview.listed_fully = Some(position.full);
    }
    Ok(overview)
}

/// What the state knows of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Bookings with an entry.
    pub links: usize,
    /// When the calendar was last listed: the age of its cursor.
    pub listed: Option<jiff::Timestamp>,
    /// When everything in it was last listed.
    pub listed_fully: Option<jiff::Timestamp>,
}

fn unknown(doing: String, command: &str) -> Error {
    Error::new(Kind::Missing, doing)
        .because("there is none with this id")
        .hint(format!("list them with `slotbridge {command} list`"))
}
