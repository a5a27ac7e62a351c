//! Sorts the `VAVAILABILITY`s of a text: the one that says the usual week, those that stand above
//! it for some days, and what hours cannot say.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use super::super::broken::Broken;
use super::super::component::{Component, Document, Item};
use super::super::time::{Length, When};
use super::super::timezone;
use super::layer::{Layer, Placed};
use super::slot::{NoSlot, Slot, local, minutes_between};
use super::{Reader, zone};

/// The most `AVAILABLE`s that are read.
const MOST_SLOTS: usize = 500;
/// The most `VAVAILABILITY`s above the usual week that are read.
const MOST_LAYERS: usize = 500;
/// The longest span that is read as dates that differ, in days.
const LONGEST: i64 = 92;

/// Where a `VAVAILABILITY` stands: an outermost component, and an item of it.
pub(super) type Path = (usize, usize);

/// A text, sorted.
pub(super) struct Sheet {
    /// The name of the zone of the hours.
    pub(super) zone: String,
    /// The first day that counts.
    pub(super) today: Date,
    /// Where the usual week stands.
    pub(super) base: Path,
    /// The rank of what says the usual week.
    pub(super) rank: u8,
    /// What is open in the usual week, and single occasions beside it.
    pub(super) slots: Vec<Placed>,
    /// What stands above it, the lowest first.
    pub(super) layers: Vec<Layer>,
    /// What hours cannot say.
    pub(super) left_out: Vec<String>,
}

/// One `VAVAILABILITY` as it stands.
struct Part<'a> {
    path: Path,
    calendar: &'a Component,
    component: &'a Component,
    rank: u8,
    from: Option<When>,
    to: Option<When>,
}

impl Sheet {
    /// Sorts a document; `None` when there is no `VAVAILABILITY` in it.
    ///
    /// # Errors
    /// When none of them says the usual week, or one has a time that makes no sense.
    pub(super) fn read(document: &Document, reader: Reader<'_>) -> Result<Option<Self>, Broken> {
        let preferred = timezone::by_name(reader.zone).unwrap_or(TimeZone::UTC);
        let mut left_out = Vec::new();
        let mut parts = Vec::new();
        for part in all(document) {
            parts.push(part?);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let own_today = preferred.to_datetime(reader.now).date();
        let base = base(&parts, &preferred, reader, &mut left_out)?;
        let read = slots(base, own_today, &mut left_out);
        let name = zone_name(&read, base.calendar, &preferred, reader);
        let clock = Clock {
            zone: timezone::by_name(&name).unwrap_or_else(|| preferred.clone()),
            reader,
        };
        let now = clock.zone.to_datetime(reader.now);
        let mut sheet = Self {
            zone: name,
            today: now.date(),
            base: base.path,
            rank: base.rank,
            slots: clock.place(read, &mut left_out),
            layers: Vec::new(),
            left_out,
        };
        for part in parts.iter().filter(|part| part.path != base.path) {
            sheet.add(part, &clock, now);
        }
        // The lowest priority first, so that each stands above those before it.
        sheet
            .layers
            .sort_by_key(|layer| std::cmp::Reverse(layer.rank));
        sheet.note_ties();
        Ok(Some(sheet))
    }

    /// Adds what stands above the usual week for some days.
    fn add(&mut self, part: &Part<'_>, clock: &Clock<'_>, now: DateTime) {
        let Some(to) = part.to.as_ref().map(|to| clock.local(to)) else {
            return;
        };
        if to <= now || part.rank > self.rank {
            // Over, or wholly below the usual week.
            return;
        }
        if part.rank == self.rank {
            self.note("several VAVAILABILITYs with the same PRIORITY");
            return;
        }
        let midnight = self.today.to_datetime(Time::midnight());
        let from = part.from.as_ref().map(|from| clock.local(from));
        let from = from.unwrap_or(midnight).max(midnight);
        if minutes_between(from, to) > LONGEST * 24 * 60 {
            self.note("a VAVAILABILITY that lasts for months and then ends");
            return;
        }
        if self.layers.len() >= MOST_LAYERS {
            self.note("more than 500 VAVAILABILITYs");
            return;
        }
        let read = slots(part, self.today, &mut self.left_out);
        let slots = clock.place(read, &mut self.left_out);
        self.layers.push(Layer {
            path: part.path,
            rank: part.rank,
            from,
            to,
            slots,
        });
    }

    fn note_ties(&mut self) {
        let tie = self.layers.iter().enumerate().any(|(index, one)| {
            let others = self.layers.iter().skip(index + 1);
            others
                .filter(|other| other.rank == one.rank)
                .any(|other| one.from < other.to && other.from < one.to)
        });
        if tie {
            self.note("several VAVAILABILITYs with the same PRIORITY");
        }
    }

    /// Notes what is left out, once.
    pub(super) fn note(&mut self, words: &str) {
        note(&mut self.left_out, words);
    }
}

fn note(left_out: &mut Vec<String>, words: &str) {
    if left_out.iter().all(|known| known != words) {
        left_out.push(words.to_owned());
    }
}

/// The wall clock of the hours.
struct Clock<'a> {
    zone: TimeZone,
    reader: Reader<'a>,
}

impl Clock<'_> {
    /// A time on this clock. One in a zone with the same rules keeps its numbers, even those that
    /// a clock change skips.
    fn local(&self, when: &When) -> DateTime {
        let (time, zone) = local(when);
        match zone {
            Some(zone) if zone::ahead(&zone, &self.zone, self.reader.now) != Some(0) => when
                .instant()
                .map_or(time, |instant| self.zone.to_datetime(instant)),
            _ => time,
        }
    }

    fn place(&self, read: Vec<(usize, Slot)>, left_out: &mut Vec<String>) -> Vec<Placed> {
        let mut placed = Vec::new();
        for (item, slot) in read {
            match self.ahead_of(&slot) {
                Some(ahead) => placed.push(Placed { item, slot, ahead }),
                None => note(
                    left_out,
                    "an AVAILABLE in a zone whose clock changes on other days",
                ),
            }
        }
        placed
    }

    /// By how many minutes this clock is ahead of that of a slot.
    fn ahead_of(&self, slot: &Slot) -> Option<i64> {
        let Some(zone) = &slot.zone else {
            return Some(0);
        };
        let constant = zone::ahead(zone, &self.zone, self.reader.now);
        if constant.is_some() || slot.is_weekly() {
            return constant;
        }
        let here = self.local(&When::Zoned(slot.start, zone.clone()));
        Some(minutes_between(slot.start, here))
    }
}

/// Every `VAVAILABILITY` in a document.
fn all(document: &Document) -> impl Iterator<Item = Result<Part<'_>, Broken>> {
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
fn base<'p, 'a>(
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
fn slots(part: &Part<'_>, today: Date, left_out: &mut Vec<String>) -> Vec<(usize, Slot)> {
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

/// The zone in which the hours are said.
fn zone_name(
    read: &[(usize, Slot)],
    calendar: &Component,
    preferred: &TimeZone,
    reader: Reader<'_>,
) -> String {
    let same = |zone: &TimeZone| zone::ahead(zone, preferred, reader.now) == Some(0);
    let named = |zone: &TimeZone| {
        if same(zone) {
            Some(reader.zone.to_owned())
        } else {
            zone.iana_name().map(str::to_owned)
        }
    };
    let weekly: Vec<&Slot> = read
        .iter()
        .map(|(_, slot)| slot)
        .filter(|slot| slot.is_weekly())
        .collect();
    let local = |slot: &&Slot| slot.zone.clone().filter(|zone| *zone != TimeZone::UTC);
    if let Some(name) = weekly
        .iter()
        .filter_map(local)
        .find_map(|zone| named(&zone))
    {
        return name;
    }
    if weekly.iter().any(|slot| slot.zone.is_none()) {
        return reader.zone.to_owned();
    }
    if !weekly.is_empty() {
        let utc = zone::ahead(&TimeZone::UTC, preferred, reader.now);
        return utc.map_or("UTC", |_| reader.zone).to_owned();
    }
    let mut zones = calendar
        .components()
        .filter(|component| component.is("VTIMEZONE"))
        .filter_map(|zone| timezone::by_name(zone.text("TZID")?.trim()));
    match (zones.next(), zones.next()) {
        (Some(only), None) => named(&only).unwrap_or_else(|| reader.zone.to_owned()),
        _ => reader.zone.to_owned(),
    }
}

/// The day after.
pub(super) fn next(date: Date) -> Option<Date> {
    date.checked_add(1.day()).ok()
}
