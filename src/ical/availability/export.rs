//! Writes hours into a text: what is no hours stays, what already says them stays, and what was
//! written is read back before it is given out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::broken::Broken;
use super::super::component::{Component, Document, Item};
use super::super::timezone;
use super::sheet::{Path, Sheet};
use super::write::{Pen, names};
use super::{Form, Found, Reader, import};
use crate::domain::hours::Hours;
use dates::{add_layers, strip};
use week::edit_week;

/// What is said of single dates.
mod dates;
/// What is said of the usual week.
mod week;

/// How often what is said of dates is put right, when one date carried others.
const ROUNDS: usize = 4;

/// The text that says these hours: the same bytes for the same arguments, and just the text before
/// where that says them already. Dates before `now` stay as they are.
///
/// # Errors
/// When the text before cannot be read or says what hours cannot, or the zone is not known.
pub fn write(
    before: Option<&[u8]>,
    hours: &Hours,
    now: Timestamp,
    form: Form,
) -> Result<Vec<u8>, Broken> {
    if timezone::by_name(&hours.zone).is_none() {
        return Err(Broken::new("the time zone of the hours is not known"));
    }
    let pen = Pen::new(hours, now);
    let reader = Reader {
        zone: &hours.zone,
        now,
    };
    let document = match before {
        Some(bytes) => with_base(Document::parse(bytes)?, &pen, form),
        None => with_base(
            Document {
                components: Vec::new(),
            },
            &pen,
            form,
        ),
    };
    let stands = look(&document, reader)?.1;
    if let Some(words) = stands.left_out.first() {
        return Err(Broken::new(format!(
            "it says what working hours in Zoom cannot: {words}"
        )));
    }
    if let Some(bytes) = before
        && says(&stands, hours, reader)
        && import::read(bytes, reader).ok().flatten().is_some()
    {
        return Ok(bytes.to_vec());
    }
    for anew in [stands.hours.zone != hours.zone, true] {
        let mut edited = document.clone();
        edit(&mut edited, hours, &pen, form, anew)?;
        let (_, found) = look(&edited, reader)?;
        if found.left_out.is_empty() && says(&found, hours, reader) {
            return Ok(edited.write());
        }
    }
    Err(Broken::new(
        "the hours cannot be said with what stands there already",
    ))
}

/// What a document says.
fn look(document: &Document, reader: Reader<'_>) -> Result<(Sheet, Found), Broken> {
    let mut sheet =
        Sheet::read(document, reader)?.ok_or_else(|| Broken::new("it has no VAVAILABILITY"))?;
    let found = import::hours(&mut sheet);
    Ok((sheet, found))
}

/// Whether these hours are said, as far as they matter from today on.
fn says(found: &Found, hours: &Hours, reader: Reader<'_>) -> bool {
    found.hours.zone == hours.zone
        && found.hours.week == hours.week
        && wrong(found, hours, reader).is_empty()
}

/// The dates from today on about which something else is said.
fn wrong(found: &Found, hours: &Hours, reader: Reader<'_>) -> BTreeSet<Date> {
    let today = super::zone::of(hours).to_datetime(reader.now).date();
    let all = found.hours.overrides.keys().chain(hours.overrides.keys());
    all.copied()
        .filter(|date| *date >= today)
        .filter(|date| found.hours.overrides.get(date) != hours.overrides.get(date))
        .collect()
}

fn with_base(mut document: Document, pen: &Pen<'_>, form: Form) -> Document {
    let is_there = document
        .components
        .iter()
        .any(|outer| outer.components().any(|part| part.is("VAVAILABILITY")));
    if is_there {
        return document;
    }
    let calendar = document
        .components
        .iter_mut()
        .find(|outer| outer.is("VCALENDAR"));
    match calendar {
        Some(calendar) => calendar.items.push(Item::Component(pen.base(form))),
        None => document.components.push(pen.calendar(form)),
    }
    document
}

fn edit(
    document: &mut Document,
    hours: &Hours,
    pen: &Pen<'_>,
    form: Form,
    anew: bool,
) -> Result<(), Broken> {
    let reader = Reader {
        zone: pen.zone,
        now: pen.now,
    };
    let zones = names(document);
    let (sheet, found) = look(document, reader)?;
    let mut like = BTreeMap::new();
    if anew {
        let dates = found.hours.overrides.keys().copied().collect();
        strip(document, &sheet, &dates, &mut like);
        clear(document, &sheet);
    }
    let (sheet, found) = if anew {
        look(document, reader)?
    } else {
        (sheet, found)
    };
    if found.hours.week != hours.week {
        edit_week(document, &sheet, &found.hours.week, &hours.week, pen)?;
    }
    for _ in 0..ROUNDS {
        let (sheet, found) = look(document, reader)?;
        let dates = wrong(&found, hours, reader);
        if dates.is_empty() {
            break;
        }
        strip(document, &sheet, &dates, &mut like);
        add_layers(document, sheet.base, &dates, hours, pen, form, &like)?;
    }
    pen.put_zones(document, &zones);
    Ok(())
}

fn at(document: &Document, (outer, inner): Path) -> Option<(&Component, &Component)> {
    let calendar = document.components.get(outer)?;
    match calendar.items.get(inner)? {
        Item::Component(part) => Some((calendar, part)),
        Item::Line(_) => None,
    }
}

fn at_mut(document: &mut Document, (outer, inner): Path) -> Option<&mut Component> {
    match document.components.get_mut(outer)?.items.get_mut(inner)? {
        Item::Component(part) => Some(part),
        Item::Line(_) => None,
    }
}

/// Takes every slot out of what says the usual week.
fn clear(document: &mut Document, sheet: &Sheet) {
    let gone: BTreeSet<usize> = sheet.slots.iter().map(|placed| placed.item).collect();
    if let Some(base) = at_mut(document, sheet.base) {
        without(&mut base.items, &gone);
    }
}

fn without(items: &mut Vec<Item>, gone: &BTreeSet<usize>) {
    let mut index = 0;
    items.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
}
