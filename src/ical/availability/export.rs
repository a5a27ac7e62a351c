//! Writes hours into a text: what is no hours stays, what already says them stays, and what was
//! written is read back before it is given out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::broken::Broken;
use super::super::component::{Component, Document, Item};
use super::super::content_line::ContentLine;
use super::super::timezone;
use super::layer::Placed;
use super::sheet::{Path, Sheet};
use super::slot::{Repeats, named_date};
use super::write::{Pen, mark_of, names, set_days};
use super::{Form, Found, Reader, UID_SUFFIX, import};
use crate::domain::hours::{Day, Hours, Segment, Week};

/// How often what is said of dates is put right, when one date carried others.
const ROUNDS: usize = 4;

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

/// Makes the usual week another one: slots that still hold stay, some on fewer or more days.
fn edit_week(
    document: &mut Document,
    sheet: &Sheet,
    old: &Week,
    new: &Week,
    pen: &Pen<'_>,
) -> Result<(), Broken> {
    let Some(base) = at_mut(document, sheet.base) else {
        return Ok(());
    };
    let day = |week: &Week, day: usize| week.0.get(day).cloned().unwrap_or_default();
    let holds = |(at, segment): &(usize, Segment)| {
        day(old, *at) == day(new, *at) || day(new, *at).segments().contains(segment)
    };
    let weekly = sheet
        .slots
        .iter()
        .filter(|placed| matches!(placed.slot.repeats, Repeats::Weekly(_)));
    let mut kept: Vec<(&Placed, Vec<usize>)> = weekly
        .map(|placed| {
            let days = placed.slot.weekdays().into_iter();
            let days = days.filter(|day| placed.opens(*day).iter().all(holds));
            (placed, days.collect())
        })
        .collect();
    let uid = base.text("UID").unwrap_or_default();
    let mut added = Vec::new();
    for (segment, days) in missing(&kept, new) {
        match kept.iter_mut().find(|(placed, _)| is_just(placed, segment)) {
            Some((_, of)) => {
                of.extend(days);
                of.sort_unstable();
            }
            None => added.push(pen.weekly(segment, &days, &mark_of(&uid))?),
        }
    }
    for (placed, days) in &kept {
        if let Some(Item::Component(slot)) = base.items.get_mut(placed.item)
            && *days != placed.slot.weekdays()
            && !days.is_empty()
        {
            set_days(slot, &placed.slot, days);
            pen.mark(slot);
        }
    }
    let gone = kept.iter().filter(|(_, days)| days.is_empty());
    let gone: BTreeSet<usize> = gone.map(|(placed, _)| placed.item).collect();
    without(&mut base.items, &gone);
    base.items.extend(added);
    pen.mark(base);
    Ok(())
}

/// The segments of the usual week that no slot says, with their days.
fn missing(kept: &[(&Placed, Vec<usize>)], new: &Week) -> BTreeMap<Segment, Vec<usize>> {
    let mut said: [Vec<Segment>; 7] = Default::default();
    for (placed, days) in kept {
        for (day, segment) in days.iter().flat_map(|day| placed.opens(*day)) {
            if let Some(day) = said.get_mut(day) {
                day.push(segment);
            }
        }
    }
    let mut missing: BTreeMap<Segment, Vec<usize>> = BTreeMap::new();
    for (index, (day, said)) in new.0.iter().zip(said).enumerate() {
        let said = Day::of(said);
        for wanted in day.segments() {
            let holds = |part: &Segment| part.start <= wanted.start && wanted.end <= part.end;
            if !said.segments().iter().any(holds) {
                missing.entry(*wanted).or_default().push(index);
            }
        }
    }
    missing
}

/// Whether a slot is just this segment of its days, so that another day can be added to it.
fn is_just(placed: &Placed, segment: Segment) -> bool {
    placed.slot.without.is_empty()
        && placed.ahead == 0
        && placed
            .slot
            .weekdays()
            .iter()
            .all(|day| placed.opens(*day) == [(*day, segment)])
}

/// Takes away everything that is said of dates beside the usual week. What somebody wrote about
/// those dates is kept in `like`, for what is written in its place.
fn strip(
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
fn add_layers(
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
