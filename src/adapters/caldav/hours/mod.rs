//! Working hours behind CalDAV: in the property `calendar-availability` (RFC 7953 section 7.2) of
//! the calendar or of the user's scheduling inbox, else in an object of the calendar.
//!
//! | server (FIELD.md section 3) | property of the calendar | of the inbox | object |
//! |---|---|---|---|
//! | Radicale | yes | | no |
//! | Xandikos 0.4 | breaks the calendar | fails | yes |
//! | DAViCal, sabre/dav 4 | yes | yes | |
//! | Cyrus | | yes | yes |
//! | Stalwart, RustiCal | says yes and forgets it | | Stalwart: yes |
//!
//! So whatever is written is read back, and the place where that worked is remembered: reading it
//! costs one request. Where nothing stands there any more, all places are looked at, and then every
//! object of the calendar that is a `VAVAILABILITY`: a person's own program chooses its own names.

mod places;
mod spots;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Caldav, Shared};
use crate::domain::hours::Hours;
use crate::ical::availability::{self, Form, Reader};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::hours::{HoursCalendar, HoursObject, HoursPlace};
use crate::ports::meter::Meter;
use places::{Place, Text};
use spots::Before;

const READING: &str = "reading the working hours in the calendar";
const WRITING: &str = "writing the working hours to the calendar";

#[async_trait]
impl HoursCalendar for Caldav {
    async fn hours(&self, zone: &str, now: Timestamp) -> Result<Option<HoursObject>> {
        match survey(&self.shared, Reader { zone, now }).await? {
            Survey::Found(_, object) => Ok(Some(*object)),
            Survey::Empty(_) => Ok(None),
        }
    }

    async fn set_hours(
        &self,
        seen: Option<&HoursObject>,
        hours: &Hours,
        now: Timestamp,
    ) -> Result<HoursObject> {
        let reader = Reader {
            zone: &hours.zone,
            now,
        };
        match seen {
            Some(seen) => change(&self.shared, seen, hours, reader).await,
            None => add(&self.shared, hours, reader).await,
        }
    }

    fn meter(&self) -> &Meter {
        self.shared.dav.http().meter()
    }
}

/// What was found in all places.
enum Survey {
    /// Hours.
    Found(Place, Box<HoursObject>),
    /// None; these places could be read, best first, and have what no hours are, or nothing.
    Empty(Vec<(Place, Option<Text>)>),
}

/// Looks where hours stood last, and everywhere when they do not stand there.
async fn survey(shared: &Shared, reader: Reader<'_>) -> Result<Survey> {
    let remembered = places::remembered(shared)?;
    let mut looked_at = None;
    if let Some(place) = &remembered {
        let text = spots::read(shared, place).await?;
        if let Some(text) = text.clone()
            && let Some(object) = understood(place, text, reader)?
        {
            return Ok(Survey::Found(place.clone(), Box::new(object)));
        }
        looked_at = text;
    }
    let mut empty = Vec::new();
    let there = spots::all(shared).await?;
    for place in there.all {
        let text = if remembered.as_ref() == Some(&place) {
            looked_at.take()
        } else {
            match spots::read(shared, &place).await {
                Ok(text) => text,
                // What cannot be read is not written either: there may be hours in it.
                Err(error) if is_no_place(&place, &error) => continue,
                Err(error) => return Err(error),
            }
        };
        let object = match &text {
            Some(text) => understood(&place, text.clone(), reader)?,
            None => None,
        };
        match object {
            Some(object) => {
                places::remember(shared, &place).await?;
                return Ok(Survey::Found(place, Box::new(object)));
            }
            None if there.takes_properties || place.is_object() => empty.push((place, text)),
            None => {}
        }
    }
    match by_another_name(shared, reader).await? {
        Some((place, object)) => {
            places::remember(shared, &place).await?;
            Ok(Survey::Found(place, Box::new(object)))
        }
        None => Ok(Survey::Empty(empty)),
    }
}

/// The hours that somebody put into the calendar under a name of their own.
async fn by_another_name(
    shared: &Shared,
    reader: Reader<'_>,
) -> Result<Option<(Place, HoursObject)>> {
    let mut found = Vec::new();
    for place in spots::others(shared).await? {
        let object = match spots::read(shared, &place).await {
            Ok(Some(text)) => understood(&place, text, reader)?,
            Ok(None) => None,
            Err(error) if is_no(&error) => None,
            Err(error) => return Err(error),
        };
        found.extend(object.map(|object| (place, object)));
    }
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|(place, _)| place.to_string()).collect();
        return Err(Error::new(Kind::Refused, READING)
            .because(format!(
                "several hold a VAVAILABILITY: {}",
                names.join(", ")
            ))
            .hint("keep one of them: which one counts cannot be told"));
    }
    Ok(found.pop())
}

/// Whether a failure to read says that this is no place for hours. The calendar itself has to be
/// there; Xandikos answers 500 for the property of its inbox.
fn is_no_place(place: &Place, error: &Error) -> bool {
    match place {
        Place::Calendar => error.kind() == Kind::Refused,
        Place::Inbox(_) => is_no(error) || error.kind() == Kind::Transient,
        Place::Object(_) => is_no(error),
    }
}

/// Writes into what stands there, if it still says what was seen.
async fn change(
    shared: &Shared,
    seen: &HoursObject,
    hours: &Hours,
    reader: Reader<'_>,
) -> Result<HoursObject> {
    let stale = || Error::new(Kind::Stale, WRITING).because("they were changed in the meantime");
    let Survey::Found(place, now) = survey(shared, reader).await? else {
        return Err(stale());
    };
    let moved = place.as_seen() != seen.place;
    if moved || !availability::same(now.text.as_bytes(), seen.text.as_bytes()) {
        return Err(stale());
    }
    let text = text_for(&place, Some(&now.text), hours, reader)?;
    if text == now.text {
        return Ok(*now);
    }
    spots::write(shared, &place, &text, Before::Text(now.etag.as_ref())).await?;
    match read_back(shared, &place, &text, reader).await? {
        Some(object) => Ok(object),
        None => Err(refused("the server took them, but shows others since")),
    }
}

/// Writes hours where there are none, at the first place that keeps them.
async fn add(shared: &Shared, hours: &Hours, reader: Reader<'_>) -> Result<HoursObject> {
    let Survey::Empty(empty) = survey(shared, reader).await? else {
        return Err(Error::new(Kind::Stale, WRITING).because("there are some already"));
    };
    let mut last = None;
    for (place, there) in empty {
        let text = text_for(
            &place,
            there.as_ref().map(|there| &*there.text),
            hours,
            reader,
        )?;
        let before = match &there {
            Some(there) => Before::Text(there.etag.as_ref()),
            None => Before::Nothing,
        };
        match spots::write(shared, &place, &text, before).await {
            Ok(()) => {}
            Err(error) if is_no(&error) => {
                last = Some(error);
                continue;
            }
            Err(error) => return Err(error),
        }
        if let Some(object) = read_back(shared, &place, &text, reader).await? {
            places::remember(shared, &place).await?;
            return Ok(object);
        }
    }
    let why = last.map_or_else(
        || "the server takes them, and forgets them".to_owned(),
        |error| error.cause(),
    );
    Err(refused(why))
}

fn text_for(
    place: &Place,
    before: Option<&str>,
    hours: &Hours,
    reader: Reader<'_>,
) -> Result<String> {
    let form = match place {
        Place::Calendar | Place::Inbox(_) => Form::Text,
        Place::Object(_) => Form::Object,
    };
    let before = before.map(str::as_bytes);
    let text = availability::write(before, hours, reader.now, form).map_err(refused)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// What stands there after a write, if it says what was written.
async fn read_back(
    shared: &Shared,
    place: &Place,
    written: &str,
    reader: Reader<'_>,
) -> Result<Option<HoursObject>> {
    let Some(text) = spots::read(shared, place).await? else {
        return Ok(None);
    };
    let Ok(Some(object)) = understood(place, text, reader) else {
        return Ok(None);
    };
    let meant = availability::read(written.as_bytes(), reader)
        .ok()
        .flatten();
    let kept = meant.is_some_and(|meant| meant.hours == object.hours);
    Ok((kept && object.left_out.is_empty()).then_some(object))
}

fn understood(place: &Place, text: Text, reader: Reader<'_>) -> Result<Option<HoursObject>> {
    let read = availability::read(text.text.as_bytes(), reader).map_err(|broken| {
        Error::new(Kind::Malformed, READING)
            .because(broken)
            .hint(format!(
                "repair the VAVAILABILITY in {place}, or delete it: it is written anew then"
            ))
    })?;
    Ok(read.map(|found| HoursObject {
        place: place.as_seen(),
        etag: text.etag,
        hours: found.hours,
        left_out: found.left_out,
        text: text.text,
    }))
}

fn refused(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Refused, WRITING)
        .because(why)
        .hint("use a calendar on another server, or a vdir, as `calendar` of [host.hours]")
}

/// Whether a failure says that this place is none, and another may be.
fn is_no(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Missing | Kind::Refused | Kind::Malformed | Kind::Denied
    )
}

impl Place {
    fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    fn as_seen(&self) -> HoursPlace {
        match self {
            Self::Calendar | Self::Inbox(_) => HoursPlace::Property,
            Self::Object(href) => HoursPlace::Object(href.clone()),
        }
    }
}
