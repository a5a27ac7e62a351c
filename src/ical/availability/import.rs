//! Reads hours out of a text.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::super::broken::Broken;
use super::super::component::Document;
use super::layer::{Placed, free};
use super::sheet::Sheet;
use super::slot::Repeats;
use super::{Found, Reader};
use crate::domain::hours::{Day, Hours, Segment, Week};

/// The most dates that differ from the usual week.
const MOST_DATES: usize = 1000;

/// Reads hours; `None` when the text has no `VAVAILABILITY`. Dates that are over are passed over.
///
/// # Errors
/// When the text cannot be read, or says no usual week at all.
pub fn read(bytes: &[u8], reader: Reader<'_>) -> Result<Option<Found>, Broken> {
    let document = Document::parse(bytes)?;
    let Some(mut sheet) = Sheet::read(&document, reader)? else {
        return Ok(None);
    };
    Ok(Some(hours(&mut sheet)))
}

/// The hours that a sheet says.
pub(super) fn hours(sheet: &mut Sheet) -> Found {
    let week = week(&sheet.slots);
    let mut overrides = BTreeMap::new();
    for date in dates(sheet) {
        let mut day = free(&sheet.slots, date);
        let mut whole = false;
        for layer in &sheet.layers {
            day = layer.over(&day, date);
            whole |= layer
                .on(date)
                .is_some_and(|range| range == super::write::WHOLE_DAY);
        }
        // What was said of a whole day stands, even where it says the same as the usual week.
        if whole || day != *week.on(date) {
            overrides.insert(date, day);
        }
    }
    Found {
        hours: Hours {
            zone: sheet.zone.clone(),
            week,
            overrides,
        },
        left_out: sheet.left_out.clone(),
    }
}

/// What slots open in a usual week.
pub(super) fn week(slots: &[Placed]) -> Week {
    let mut open: [Vec<Segment>; 7] = Default::default();
    for placed in slots {
        for weekday in placed.slot.weekdays() {
            for (day, segment) in placed.opens(weekday) {
                if let Some(day) = open.get_mut(day) {
                    day.push(segment);
                }
            }
        }
    }
    Week(open.map(Day::of))
}

/// The dates from today on about which more is said than the usual week.
fn dates(sheet: &mut Sheet) -> BTreeSet<Date> {
    let mut dates = BTreeSet::new();
    for placed in &sheet.slots {
        match placed.slot.repeats {
            Repeats::Never => dates.extend(placed.touches(placed.slot.start.date())),
            Repeats::Weekly(_) => {
                for start in &placed.slot.without {
                    dates.extend(placed.touches(*start));
                }
            }
        }
    }
    for layer in &sheet.layers {
        dates.extend(layer.dates());
    }
    dates.retain(|date| *date >= sheet.today);
    if let Some(first_too_many) = dates.iter().nth(MOST_DATES).copied() {
        sheet.note("more than 1000 dates that differ from the usual week");
        dates.split_off(&first_too_many);
    }
    dates
}
