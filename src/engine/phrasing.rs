//! Puts one booking into an entry's words, with as few requests as can be.

use crate::domain::booking::Booking;
use crate::domain::entry::{Field, Fields};
use crate::domain::link::Link;
use crate::plan::wording;
use crate::ports::error::{Kind, Result};

use super::pass::Pass;

/// The booking in an entry's words. Only a booking that changed costs a request (for the answers
/// of the booking form); otherwise the base has its words.
pub(super) async fn in_words(
    pass: &Pass<'_>,
    link: &Link,
    booking: &Booking,
    same: bool,
) -> Result<(Booking, Fields)> {
    let texts: Option<Fields> = Field::ALL
        .into_iter()
        .map(|field| Some((field, link.base.get(field)?.text()?.to_owned())))
        .collect();
    match texts.filter(|_| same) {
        Some(mut fields) => {
            // The base of notes that are in conflict is older than what Zoom says.
            fields.set(Field::Notes, wording::clean_notes(&booking.notes));
            Ok((booking.clone(), fields))
        }
        None => full_words(pass, booking, link.manage_url.as_deref()).await,
    }
}

pub(super) async fn full_words(
    pass: &Pass<'_>,
    booking: &Booking,
    manage_url: Option<&str>,
) -> Result<(Booking, Fields)> {
    let mut full = booking.clone();
    if full.manage_url.is_none() {
        full.manage_url = manage_url.map(str::to_owned);
    }
    with_answers(pass, &mut full).await?;
    let fields = wording::fields(&full, &pass.host.name, &pass.host.bookings);
    Ok((booking.clone(), fields))
}

/// Only the attendee's own resource has the answers of the booking form (FACTS.md section 2).
async fn with_answers(pass: &Pass<'_>, booking: &mut Booking) -> Result<()> {
    let Some(booker) = booking.booker().cloned() else {
        return Ok(());
    };
    let asked = booker.answers.is_empty() && !pass.unanswered.contains(&booking.id);
    let Some(id) = booker.id.as_ref().filter(|_| asked) else {
        return Ok(());
    };
    let found = match pass.sides.zoom.attendee(&booking.id, id).await {
        Ok(found) => found,
        // An app without this right still brings bookings across, without the answers.
        Err(error) if matches!(error.kind(), Kind::Refused | Kind::Missing | Kind::Denied) => None,
        Err(error) => return Err(error),
    };
    let position = booking
        .attendees
        .iter()
        .position(|attendee| *attendee == booker);
    let place = position.and_then(|position| booking.attendees.get_mut(position));
    if let (Some(found), Some(place)) = (found, place) {
        place.answers = found.answers;
        if place.time_zone.is_empty() {
            place.time_zone = found.time_zone;
        }
    }
    Ok(())
}
