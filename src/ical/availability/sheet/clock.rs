//! The wall clock on which the hours are said, and other clocks beside it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::super::component::Component;
use super::super::super::time::When;
use super::super::super::timezone;
use super::super::layer::Placed;
use super::super::slot::{Slot, local, minutes_between};
use super::super::{Reader, zone};
use super::note;

/// The wall clock of the hours.
pub(super) struct Clock<'a> {
    pub(super) zone: TimeZone,
    pub(super) reader: Reader<'a>,
}

impl Clock<'_> {
    /// A time on this clock. One in a zone with the same rules keeps its numbers, even those that
    /// a clock change skips.
    pub(super) fn local(&self, when: &When) -> DateTime {
        let (time, zone) = local(when);
        match zone {
            Some(zone) if zone::ahead(&zone, &self.zone, self.reader.now) != Some(0) => when
                .instant()
                .map_or(time, |instant| self.zone.to_datetime(instant)),
            _ => time,
        }
    }

    pub(super) fn place(
        &self,
        read: Vec<(usize, Slot)>,
        left_out: &mut Vec<String>,
    ) -> Vec<Placed> {
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

/// The zone in which the hours are said.
pub(super) fn zone_name(
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
