//! Takes away what is said of dates, and says something else of them, above everything.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::super::super::broken::Broken;
use super::super::super::component::{Component, Document, Item};
use super::super::super::content_line::ContentLine;
use super::super::layer::Placed;
use super::super::sheet::{Path, Sheet};
use super::super::slot::{Repeats, named_date};
use super::super::write::{Pen, mark_of};
use super::super::{Form, Reader, UID_SUFFIX};
use super::{at, at_mut, without};
use crate::domain::hours::{Day, Hours};

/// Lines of a `VAVAILABILITY` that are its hours, and not somebody's words about it.
const ITS_HOURS: [&str; 8] = [
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "PRIORITY",
    "DTSTAMP",
    "LAST-MODIFIED",
    "CREATED",
];

/// Takes away everything that is said of dates beside the usual week. What somebody wrote about
/// those dates is kept in `like`, for what is written in its place.
pub(super) fn strip(
    document: &mut Document,
    sheet: &Sheet,
    dates: &BTreeSet<Date>,
    like: &mut BTreeMap<Date, Vec<ContentLine>>,
) {
    let hit =
        |placed: &Placed, start: Date| placed.touches(start).any(|date| dates.contains(&date));
    let mut gone = BTreeSet::new();
    let mut changed: Vec<(usize, Component)> = Vec::new();
    if let Some((calendar, base)) = at(document, sheet.base) {
        for placed in &sheet.slots {
            let Some(Item::Component(slot)) = base.items.get(placed.item) else {
                continue;
            };
            match placed.slot.repeats {
                Repeats::Never if hit(placed, placed.slot.start.date()) => {
                    gone.insert(placed.item);
                }
                Repeats::Never => {}
                Repeats::Weekly(_) => {
                    let mut again = slot.clone();
                    readmit(&mut again, calendar, |start| hit(placed, start));
                    changed.push((placed.item, again));
                }
            }
        }
    }
    if let Some(base) = at_mut(document, sheet.base) {
        for (item, again) in changed {
            if let Some(Item::Component(slot)) = base.items.get_mut(item) {
                *slot = again;
            }
        }
        without(&mut base.items, &gone);
    }
    let struck = sheet
        .layers
        .iter()
        .filter(|layer| layer.dates().any(|date| dates.contains(&date)));
    let mut paths: Vec<Path> = Vec::new();
    for layer in struck {
        paths.push(layer.path);
        let Some((_, part)) = at(document, layer.path) else {
            continue;
        };
        let lines: Vec<ContentLine> = part
            .lines()
            .filter(|line| ITS_HOURS.iter().all(|name| !line.is(name)))
            .cloned()
            .collect();
        for date in layer.dates() {
            like.insert(date, lines.clone());
        }
    }
    // An empty place stays until the end, so that the others keep theirs.
    for (outer, calendar) in document.components.iter_mut().enumerate() {
        let here = paths.iter().filter(|path| path.0 == outer);
        without(&mut calendar.items, &here.map(|path| path.1).collect());
    }
}

/// Takes exceptions out of a rule.
fn readmit(slot: &mut Component, calendar: &Component, hit: impl Fn(Date) -> bool) {
    let before = slot.clone();
    let stays = |line: &ContentLine, value: &str| {
        !named_date(&before, calendar, line, value).is_some_and(&hit)
    };
    let mut items = Vec::new();
    for item in std::mem::take(&mut slot.items) {
        match item {
            Item::Line(line) if line.is("EXDATE") => {
                let value = line.value().into_owned();
                let left: Vec<&str> = value.split(',').filter(|one| stays(&line, one)).collect();
                if left.len() == value.split(',').count() {
                    items.push(Item::Line(line));
                } else if !left.is_empty() {
                    items.push(Item::Line(line.with_value(&left.join(","), &[])));
                }
            }
            item => items.push(item),
        }
    }
    slot.items = items;
}

/// Says of dates what hours say of them, above everything else.
pub(super) fn add_layers(
    document: &mut Document,
    was: Path,
    dates: &BTreeSet<Date>,
    hours: &Hours,
    pen: &Pen<'_>,
    form: Form,
    like: &BTreeMap<Date, Vec<ContentLine>>,
) -> Result<(), Broken> {
    let reader = Reader {
        zone: pen.zone,
        now: pen.now,
    };
    // What was struck may have stood before it.
    let path = Sheet::read(document, reader)?.map_or(was, |sheet| sheet.base);
    let wanted: Vec<(Date, &Day)> = dates
        .iter()
        .filter_map(|date| Some((*date, hours.overrides.get(date)?)))
        .collect();
    let Some(base) = at_mut(document, path) else {
        return Ok(());
    };
    let uid = base.text("UID").unwrap_or_default();
    let highest = base
        .line("PRIORITY")
        .is_some_and(|line| line.value().trim() == "1");
    if highest && !wanted.is_empty() {
        // Nothing stands above a priority of 1.
        base.put(ContentLine::new("PRIORITY", "2"), |line| {
            line.is("PRIORITY")
        });
        pen.mark(base);
    }
    let mark = mark_of(&uid);
    let Some(calendar) = document.components.get_mut(path.0) else {
        return Ok(());
    };
    for (date, day) in wanted {
        let own = match form {
            Form::Text => format!("{}-{mark}{UID_SUFFIX}", date.strftime("%Y%m%d")),
            Form::Object => uid.clone(),
        };
        let lines = like.get(&date).map(Vec::as_slice).unwrap_or_default();
        let layer = pen.layer(date, day.segments(), &own, &mark, lines)?;
        calendar.items.push(layer);
    }
    Ok(())
}
