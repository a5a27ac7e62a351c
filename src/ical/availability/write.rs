//! The components that we add, and the lines that we change in those of others.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::broken::Broken;
use super::super::component::{Component, Document, Item};
use super::super::content_line::ContentLine;
use super::super::export::words;
use super::sheet::next;
use super::slot::{DAYS, Slot};
use super::{Form, UID_SUFFIX};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::hours::{Hours, Minute, Segment};

/// From midnight to midnight.
pub(super) const WHOLE_DAY: Segment = Segment {
    start: Minute::START,
    end: Minute::END,
};

/// A Monday from which on weekly slots hold, before anything that could ask for them.
const MONDAY: (i16, i8, i8) = (2024, 1, 1);

/// What all that is written in one go has in common.
pub(super) struct Pen<'a> {
    /// The name of the zone.
    pub(super) zone: &'a str,
    /// Its rules.
    pub(super) rules: TimeZone,
    /// When it is written.
    pub(super) now: Timestamp,
}

impl<'a> Pen<'a> {
    pub(super) fn new(hours: &'a Hours, now: Timestamp) -> Self {
        Self {
            zone: &hours.zone,
            rules: super::zone::of(hours),
            now,
        }
    }

    /// A calendar with a `VAVAILABILITY` that opens nothing.
    pub(super) fn calendar(&self, form: Form) -> Component {
        let mut calendar = Component::new("VCALENDAR");
        for (name, value) in [("VERSION", "2.0"), ("PRODID", words::PRODUCT)] {
            add(&mut calendar, ContentLine::new(name, value));
        }
        calendar.items.push(Item::Component(self.base(form)));
        calendar
    }

    /// A `VAVAILABILITY` for the usual week that opens nothing yet. An object has another `UID` than
    /// a property: a server may remember that of a property which it took and forgot.
    pub(super) fn base(&self, form: Form) -> Component {
        let now = self.now.to_string();
        let print = match form {
            Form::Text => Fingerprint::of([self.zone, now.as_str()]),
            Form::Object => Fingerprint::of([self.zone, now.as_str(), "object"]),
        };
        let mut base = Component::new("VAVAILABILITY");
        let uid = format!("{}{UID_SUFFIX}", print.as_str());
        for (name, value) in [
            ("UID", uid.as_str()),
            ("DTSTAMP", &self.stamp()),
            ("BUSYTYPE", "BUSY-UNAVAILABLE"),
        ] {
            add(&mut base, ContentLine::new(name, value));
        }
        base
    }

    /// A slot of the usual week.
    pub(super) fn weekly(
        &self,
        segment: Segment,
        days: &[usize],
        of: &str,
    ) -> Result<Item, Broken> {
        let (year, month, day) = MONDAY;
        let first = i8::try_from(days.first().copied().unwrap_or_default()).unwrap_or_default();
        let date = Date::new(year, month, day + first).map_err(|_| out_of_range())?;
        let mut slot = self.available(date, segment, &format!("{}-{of}", word(segment)))?;
        add(&mut slot, ContentLine::new("RRULE", &rule(days)));
        Ok(Item::Component(slot))
    }

    /// What stands above the usual week on a date. `like` are lines that somebody gave to it.
    pub(super) fn layer(
        &self,
        date: Date,
        segments: &[Segment],
        uid: &str,
        of: &str,
        like: &[ContentLine],
    ) -> Result<Item, Broken> {
        let mut layer = Component::new("VAVAILABILITY");
        add(&mut layer, ContentLine::new("UID", uid));
        add(&mut layer, ContentLine::new("DTSTAMP", &self.stamp()));
        for line in self.times(date, WHOLE_DAY)? {
            add(&mut layer, line);
        }
        add(&mut layer, ContentLine::new("PRIORITY", "1"));
        if like.iter().all(|line| !line.is("BUSYTYPE")) {
            add(&mut layer, ContentLine::new("BUSYTYPE", "BUSY-UNAVAILABLE"));
        }
        for line in like {
            add(&mut layer, line.clone());
        }
        for segment in segments {
            let name = format!("{}-{}-{of}", date.strftime("%Y%m%d"), word(*segment));
            let slot = self.available(date, *segment, &name)?;
            layer.items.push(Item::Component(slot));
        }
        Ok(Item::Component(layer))
    }

    fn available(&self, date: Date, segment: Segment, name: &str) -> Result<Component, Broken> {
        let mut slot = Component::new("AVAILABLE");
        add(
            &mut slot,
            ContentLine::new("UID", &format!("{name}{UID_SUFFIX}")),
        );
        add(&mut slot, ContentLine::new("DTSTAMP", &self.stamp()));
        for line in self.times(date, segment)? {
            add(&mut slot, line);
        }
        Ok(slot)
    }

    /// `DTSTART` and `DTEND` of a segment of a date; `24:00` is midnight of the next one.
    fn times(&self, date: Date, segment: Segment) -> Result<[ContentLine; 2], Broken> {
        let at = |minute: Minute| -> Result<String, Broken> {
            let (date, minute) = if minute == Minute::END {
                (next(date).ok_or_else(out_of_range)?, Minute::START)
            } else {
                (date, minute)
            };
            let (hour, minute) = (minute.get() / 60, minute.get() % 60);
            Ok(format!(
                "{}T{hour:02}{minute:02}00",
                date.strftime("%Y%m%d")
            ))
        };
        let line = |name: &str, value: String| {
            if self.rules == TimeZone::UTC {
                ContentLine::new(name, &format!("{value}Z"))
            } else {
                ContentLine::with_parameters(name, &[("TZID", self.zone)], &value)
            }
        };
        Ok([
            line("DTSTART", at(segment.start)?),
            line("DTEND", at(segment.end)?),
        ])
    }

    /// Marks a component as changed now.
    pub(super) fn mark(&self, component: &mut Component) {
        for name in ["DTSTAMP", "LAST-MODIFIED"] {
            let line = match component.line(name) {
                Some(line) => line.with_value(&self.stamp(), &[]),
                None if name == "DTSTAMP" => ContentLine::new(name, &self.stamp()),
                None => continue,
            };
            component.put(line, |line| line.is(name));
        }
    }

    fn stamp(&self) -> String {
        self.now.strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Puts the rules of the zone beside what is said in it (RFC 5545 section 3.2.19), and takes
    /// away those that nothing refers to any more.
    pub(super) fn put_zones(&self, document: &mut Document, before: &[String]) {
        let after = names(document);
        for calendar in &mut document.components {
            calendar.items.retain(|item| match item {
                Item::Component(zone) if zone.is("VTIMEZONE") => {
                    let id = zone.text("TZID").unwrap_or_default();
                    let lost = before.contains(&id) && !after.contains(&id);
                    !lost || id == self.zone
                }
                Item::Component(_) | Item::Line(_) => true,
            });
            let is_first =
                |item: &Item| matches!(item, Item::Component(part) if part.is("VAVAILABILITY"));
            let Some(at) = calendar.items.iter().position(is_first) else {
                continue;
            };
            let known = calendar.components().any(|zone| {
                zone.is("VTIMEZONE") && zone.text("TZID").as_deref() == Some(self.zone)
            });
            if !known && self.rules != TimeZone::UTC {
                let zone = super::zone_text::component(self.zone, &self.rules, self.now);
                calendar.items.insert(at, Item::Component(zone));
            }
        }
    }
}

/// The names of zones that times in `VAVAILABILITY`s and elsewhere refer to.
pub(super) fn names(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&Component> = document.components.iter().collect();
    while let Some(component) = open.pop() {
        let ids = component
            .lines()
            .filter_map(|line| line.parameter_value("TZID"));
        found.extend(ids);
        open.extend(component.components());
    }
    found.sort();
    found.dedup();
    found
}

/// Makes a weekly slot one of these days (Monday first, at least one), whatever its rule was.
pub(super) fn set_days(component: &mut Component, slot: &Slot, days: &[usize]) {
    let line = match component.line("RRULE") {
        Some(line) => line.with_value(&rule(days), &[]),
        None => ContentLine::new("RRULE", &rule(days)),
    };
    component.put(line, |line| line.is("RRULE"));
    let own = usize::try_from(slot.start.weekday().to_monday_zero_offset()).unwrap_or_default();
    // The start belongs to the rule (RFC 5545 section 3.8.5.3): back to the last day that fits.
    let Some(back) = (0..7).find(|back| days.contains(&((own + 7 - back) % 7))) else {
        return;
    };
    if back == 0 {
        return;
    }
    for name in ["DTSTART", "DTEND"] {
        let moved = component.line(name).and_then(|line| {
            let value = line.value().trim().to_owned();
            let date = super::super::time::date(value.get(..8)?)?;
            let days = i64::try_from(back).ok()?;
            let date = date.checked_sub(jiff::Span::new().days(days)).ok()?;
            Some(line.with_value(
                &format!("{}{}", date.strftime("%Y%m%d"), value.get(8..)?),
                &[],
            ))
        });
        if let Some(line) = moved {
            component.put(line, |line| line.is(name));
        }
    }
}

fn rule(days: &[usize]) -> String {
    let names: Vec<&str> = days
        .iter()
        .filter_map(|day| DAYS.get(*day).copied())
        .collect();
    format!("FREQ=WEEKLY;BYDAY={}", names.join(","))
}

/// Eight digits that tell what is ours in one `VAVAILABILITY` from what is in another.
pub(super) fn mark_of(uid: &str) -> String {
    let print = Fingerprint::of([uid]);
    print.as_str().chars().take(8).collect()
}

/// A segment as part of a `UID`.
fn word(segment: Segment) -> String {
    let plain = |minute: Minute| format!("{:02}{:02}", minute.get() / 60, minute.get() % 60);
    format!("{}-{}", plain(segment.start), plain(segment.end))
}

fn add(component: &mut Component, line: ContentLine) {
    component.put(line, |_| false);
}

fn out_of_range() -> Broken {
    Broken::new("a date is out of range")
}
