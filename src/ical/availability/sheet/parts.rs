//! One `VAVAILABILITY` as it stands, which of them says the usual week, and the slots in it.

use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::super::broken::Broken;
use super::super::super::component::{Component, Document, Item};
use super::super::super::time::{Length, When};
use super::super::Reader;
use super::super::slot::{NoSlot, Slot, local};
use super::{Path, note};

/// The most `AVAILABLE`s that are read.
const MOST_SLOTS: usize = 500;

/// One `VAVAILABILITY` as it stands.
pub(super) struct Part<'a> {
    pub(super) path: Path,
    pub(super) calendar: &'a Component,
    pub(super) component: &'a Component,
    pub(super) rank: u8,
    pub(super) from: Option<When>,
    pub(super) to: Option<When>,
}

/// Every `VAVAILABILITY` in a document.
pub(super) fn all(document: &Document) -> impl Iterator<Item = Result<Part<'_>, Broken>> {
    document
        .components
        .iter()
        .enumerate()
        .flat_map(|(outer, calendar)| {
            calendar
                .items
                .iter()
                .enumerate()
                .filter_map(move |(inner, item)| match item {
                    Item::Component(part) if part.is("VAVAILABILITY") => {
                        Some(Part::read((outer, inner), calendar, part))
                    }
                    Item::Component(_) | Item::Line(_) => None,
                })
        })
}

impl<'a> Part<'a> {
    fn read(path: Path, calendar: &'a Component, component: &'a Component) -> Result<Self, Broken> {
        let when = |name| {
            component
                .line(name)
                .map(|line| When::read(line, calendar))
                .transpose()
        };
        let from = when("DTSTART")?;
        let to = match (when("DTEND")?, component.line("DURATION"), &from) {
            (Some(to), _, _) => Some(to),
            (None, Some(line), Some(from)) => Some(after(from, &line.value())?),
            (None, _, _) => None,
        };
        let priority = component.line("PRIORITY").map(|line| line.value());
        let priority = priority.and_then(|text| text.trim().parse::<u8>().ok());
        Ok(Self {
            path,
            calendar,
            component,
            rank: priority.filter(|rank| (1..=9).contains(rank)).unwrap_or(10),
            from,
            to,
        })
    }
}

fn after(from: &When, length: &str) -> Result<When, Broken> {
    let broken = || Broken::new("the DURATION of its VAVAILABILITY makes no sense");
    let length = Length::read(length.trim()).ok_or_else(broken)?;
    let (time, zone) = local(from);
    let span = Span::new()
        .try_days(length.days)
        .and_then(|span| span.try_seconds(length.seconds));
    let end = span
        .and_then(|span| time.checked_add(span))
        .map_err(|_| broken())?;
    Ok(match zone {
        Some(zone) => When::Zoned(end, zone),
        None => When::Floating(end),
    })
}

/// The one that says the usual week: without an end, and with the highest priority of those.
pub(super) fn base<'p, 'a>(
    parts: &'p [Part<'a>],
    preferred: &TimeZone,
    reader: Reader<'_>,
    left_out: &mut Vec<String>,
) -> Result<&'p Part<'a>, Broken> {
    let begun = |part: &Part<'_>| {
        let Some(from) = &part.from else {
            return true;
        };
        let (time, zone) = local(from);
        let now = zone.as_ref().unwrap_or(preferred).to_datetime(reader.now);
        time <= now
    };
    let endless = || parts.iter().filter(|part| part.to.is_none());
    if endless().any(|part| !begun(part)) {
        note(left_out, "a VAVAILABILITY that only begins in the future");
    }
    let Some(highest) = endless()
        .filter(|part| begun(part))
        .map(|part| part.rank)
        .min()
    else {
        return Err(Broken::new(
            "it says no usual week: it has no VAVAILABILITY that is in force and has no end",
        ));
    };
    let mut equals = endless().filter(|part| begun(part) && part.rank == highest);
    let first = equals.next();
    if equals.next().is_some() {
        note(left_out, "several VAVAILABILITYs with the same PRIORITY");
    }
    first.ok_or_else(|| Broken::new("it has no VAVAILABILITY"))
}

/// The slots of a `VAVAILABILITY`, by their places in it.
pub(super) fn slots(
    part: &Part<'_>,
    today: Date,
    left_out: &mut Vec<String>,
) -> Vec<(usize, Slot)> {
    let mut read: Vec<(usize, Slot)> = Vec::new();
    for (index, item) in part.component.items.iter().enumerate() {
        let Item::Component(available) = item else {
            continue;
        };
        if !available.is("AVAILABLE") {
            continue;
        }
        if read.len() >= MOST_SLOTS {
            note(left_out, "more than 500 AVAILABLEs");
            break;
        }
        match Slot::read(available, part.calendar, today) {
            Ok(slot) => {
                if slot.rounded {
                    note(left_out, "an AVAILABLE that begins or ends inside a minute");
                }
                read.push((index, slot));
            }
            Err(NoSlot::Over) => {}
            Err(NoSlot::LeftOut(words)) => note(left_out, &words),
        }
    }
    replace(&mut read);
    read
}

/// An `AVAILABLE` with a `RECURRENCE-ID` takes the place of one occurrence of the rule with its
/// `UID`.
fn replace(read: &mut [(usize, Slot)]) {
    let replaced: Vec<(String, Date)> = read
        .iter()
        .filter_map(|(_, slot)| Some((slot.uid.clone(), slot.replaces?)))
        .collect();
    for (uid, date) in replaced {
        let rules = read
            .iter_mut()
            .filter(|(_, slot)| slot.is_weekly() && slot.uid == uid);
        for (_, slot) in rules {
            slot.without.insert(date);
        }
    }
}
