//! Writes what is kept of the components with one `UID` in one way only, so that equal timing gives
//! equal text however a server orders, folds or names things.
//!
//! The text is a `VCALENDAR` with the zones that no name stands for, then its components; inside,
//! lists are sorted, zones have their IANA name or a digest of their rules, all that keeps a
//! component from blocking is `TRANSP:TRANSPARENT`, and of the people only those are left who
//! declined. It is for `occurrences` alone, so lines are not folded.

use std::collections::{BTreeMap, BTreeSet};

use super::super::broken::Broken;
use super::super::component::{Component, MAX_OBJECT_BYTES};
use super::super::content_line::ContentLine;
use super::super::time::{Length, Written};
use super::super::{timezone, vtimezone};
use super::kept::{Kept, Kind};
use super::rule::Rule;
use crate::domain::fingerprint::Fingerprint;

/// Stands at a local time whose zone nobody knows.
pub(super) const UNKNOWN_ZONE: &str = "X-ZONE=UNKNOWN";

/// The text of the components with one `UID`; `None` when they never block time.
pub(super) fn text(
    components: &[Kept],
    zones: &BTreeMap<String, Component>,
) -> Result<Option<String>, Broken> {
    if components.iter().any(|one| one.own) {
        return Ok(None);
    }
    if components.iter().any(Kept::is_too_large) {
        return Err(too_large());
    }
    let mut names = Names {
        zones,
        used: BTreeMap::new(),
    };
    let mut texts = BTreeSet::new();
    let mut events: BTreeMap<String, Vec<(Version, String)>> = BTreeMap::new();
    let mut blocks = false;
    for one in components {
        match one.kind {
            Kind::Idle => {}
            Kind::FreeBusy => {
                let text = free_busy(one)?;
                blocks |= !text.is_empty();
                texts.insert(text);
            }
            Kind::Event => {
                let event = event(one, &mut names)?;
                blocks |= event.blocks;
                let all = events.entry(event.id).or_default();
                all.push((version(one), event.text));
            }
        }
    }
    if !blocks {
        return Ok(None);
    }
    for versions in events.values() {
        // An older version of the same event or occurrence says nothing any more.
        let newest = versions.iter().map(|(version, _)| version).max();
        let all = versions
            .iter()
            .filter(|(version, _)| Some(version) == newest);
        texts.extend(all.map(|(_, text)| text.clone()));
    }
    let mut out = String::from("BEGIN:VCALENDAR\n");
    out.extend(names.used.into_values());
    out.extend(texts);
    out.push_str("END:VCALENDAR\n");
    if out.len() > MAX_OBJECT_BYTES {
        return Err(too_large());
    }
    Ok(Some(out))
}

fn too_large() -> Broken {
    Broken::new(format!(
        "it says more about time than {MAX_OBJECT_BYTES} bytes"
    ))
}

/// Which of two components for the same occurrence counts: `SEQUENCE`, then when it was written.
type Version = (i64, String);

fn version(one: &Kept) -> Version {
    let value = |name: &str| {
        let line = one.lines.iter().find(|line| line.is(name));
        line.map(|line| line.value().trim().to_ascii_uppercase())
    };
    let sequence = value("SEQUENCE").and_then(|text| text.parse().ok());
    let written = value("LAST-MODIFIED").or_else(|| value("DTSTAMP"));
    (sequence.unwrap_or(0), written.unwrap_or_default())
}

struct EventText {
    /// Its `RECURRENCE-ID` line.
    id: String,
    text: String,
    blocks: bool,
}

fn event(one: &Kept, names: &mut Names<'_>) -> Result<EventText, Broken> {
    let first = |name: &str| one.lines.iter().find(|line| line.is(name));
    let mut out = String::from("BEGIN:VEVENT\n");
    let start = first("DTSTART").ok_or_else(|| Broken::new("its event has no DTSTART"))?;
    let mut add = |name: &str, line: &ContentLine| -> Result<String, Broken> {
        let zone = names.of(line);
        let written = Written::parse(&line.value())
            .ok_or_else(|| Broken::new(format!("its {name} makes no sense")))?;
        Ok(format!("{}:{}\n", zone.parameter(written), written.text()))
    };
    out.push_str("DTSTART");
    out.push_str(&add("DTSTART", start)?);
    if let Some(line) = first("DTEND") {
        out.push_str("DTEND");
        out.push_str(&add("DTEND", line)?);
    } else if let Some(line) = first("DURATION") {
        let length = Length::read(line.value().trim())
            .ok_or_else(|| Broken::new("its DURATION makes no sense"))?;
        let length = format!("DURATION:P{}DT{}S\n", length.days, length.seconds);
        out.push_str(&length);
    }
    let mut id = String::new();
    if let Some(line) = first("RECURRENCE-ID") {
        let range = line.parameter_value("RANGE").unwrap_or_default();
        let range = if range.eq_ignore_ascii_case("THISANDFUTURE") {
            ";RANGE=THISANDFUTURE"
        } else {
            ""
        };
        id = format!("RECURRENCE-ID{range}{}", add("RECURRENCE-ID", line)?);
        out.push_str(&id);
    } else {
        out.push_str(&rules(one));
        out.push_str(&dates(one, "RDATE", names));
        out.push_str(&dates(one, "EXDATE", names));
    }
    let blocks = !is_free(one);
    if blocks {
        out.push_str(&declined(one));
    } else {
        out.push_str("TRANSP:TRANSPARENT\n");
    }
    out.push_str("END:VEVENT\n");
    Ok(EventText {
        id,
        text: out,
        blocks,
    })
}

/// Whether it takes no time from anybody.
fn is_free(one: &Kept) -> bool {
    let says = |name: &str, values: &[&str]| {
        one.lines.iter().filter(|line| line.is(name)).any(|line| {
            values
                .iter()
                .any(|value| line.value().trim().eq_ignore_ascii_case(value))
        })
    };
    says("STATUS", &["CANCELLED"])
        || says("TRANSP", &["TRANSPARENT"])
        || says("X-MICROSOFT-CDO-BUSYSTATUS", &["FREE", "WORKINGELSEWHERE"])
}

/// Who declined, and nothing else about anybody.
fn declined(one: &Kept) -> String {
    let mut declined = BTreeSet::new();
    let mut comes = BTreeSet::new();
    for line in one.lines.iter().filter(|line| line.is("ATTENDEE")) {
        let status = line.parameter_value("PARTSTAT").unwrap_or_default();
        let says_no = status.eq_ignore_ascii_case("DECLINED");
        let value = line.value();
        let value = value.trim().to_lowercase();
        let mail = value.strip_prefix("mailto:").map(str::to_owned);
        let email = line
            .parameter_value("EMAIL")
            .map(|mail| mail.to_lowercase());
        for who in mail.into_iter().chain(email) {
            let who = who.trim().to_owned();
            if who.contains(char::is_control) {
                continue;
            }
            if says_no { &mut declined } else { &mut comes }.insert(who);
        }
    }
    let declined = declined
        .difference(&comes)
        .map(|who| format!("ATTENDEE;PARTSTAT=DECLINED:mailto:{who}\n"));
    declined.collect::<Vec<_>>().concat()
}

/// `RRULE` and `EXRULE`; of one that cannot be read only the reason, behind a question mark.
fn rules(one: &Kept) -> String {
    let mut found = BTreeSet::new();
    for name in ["RRULE", "EXRULE"] {
        for line in one.lines.iter().filter(|line| line.is(name)) {
            let text = match Rule::parse(&line.value()) {
                Ok(rule) => rule.text(),
                Err(why) => format!("? {why}"),
            };
            found.insert(format!("{name}:{text}\n"));
        }
    }
    found.into_iter().collect()
}

/// `RDATE` or `EXDATE`, one line for each zone. What cannot be read is not taken along.
fn dates(one: &Kept, name: &str, names: &mut Names<'_>) -> String {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in one.lines.iter().filter(|line| line.is(name)) {
        let zone = names.of(line);
        for value in line.value().split(',') {
            let (start, end) = match value.split_once('/') {
                Some((start, end)) => (start, Some(end)),
                None => (value, None),
            };
            let Some(start) = Written::parse(start) else {
                continue;
            };
            let mut text = start.text();
            if let Some(end) = end.map(period_end) {
                text.push_str(&end.unwrap_or_default());
            }
            found.entry(zone.parameter(start)).or_default().insert(text);
        }
    }
    let line = |(parameter, values): (String, BTreeSet<String>)| {
        let values: Vec<String> = values.into_iter().collect();
        format!("{name}{parameter}:{}\n", values.join(","))
    };
    found.into_iter().map(line).collect()
}

/// The end of a PERIOD value, with its slash.
fn period_end(text: &str) -> Option<String> {
    if let Some(length) = Length::read(text.trim()) {
        return Some(format!("/P{}DT{}S", length.days, length.seconds));
    }
    Written::parse(text).map(|end| format!("/{}", end.text()))
}

/// The busy periods of a `VFREEBUSY`; empty without any.
fn free_busy(one: &Kept) -> Result<String, Broken> {
    let mut periods = BTreeSet::new();
    for line in one.lines.iter().filter(|line| line.is("FREEBUSY")) {
        let kind = line.parameter_value("FBTYPE").unwrap_or_default();
        if kind.eq_ignore_ascii_case("FREE") {
            continue;
        }
        for value in line
            .value()
            .split(',')
            .filter(|value| !value.trim().is_empty())
        {
            let wrong = || Broken::new("one of its FREEBUSY periods makes no sense");
            let (start, end) = value.split_once('/').ok_or_else(wrong)?;
            let start = Written::parse(start).ok_or_else(wrong)?;
            let end = period_end(end).ok_or_else(wrong)?;
            periods.insert(format!("{}{end}", start.text()));
        }
    }
    if periods.is_empty() {
        return Ok(String::new());
    }
    let periods: Vec<String> = periods.into_iter().collect();
    Ok(format!(
        "BEGIN:VFREEBUSY\nFREEBUSY:{}\nEND:VFREEBUSY\n",
        periods.join(",")
    ))
}

/// The zones of a text, and those that it needs.
struct Names<'a> {
    zones: &'a BTreeMap<String, Component>,
    /// The text of each zone that no name stands for.
    used: BTreeMap<String, String>,
}

/// What a `TZID` comes to.
enum Name {
    /// There is none: UTC, a date, a floating time.
    None,
    Zone(String),
    /// Nobody knows it. Its times are read where the viewer is.
    Unknown,
}

impl Names<'_> {
    fn of(&mut self, line: &ContentLine) -> Name {
        let Some(tzid) = line.parameter_value("TZID") else {
            return Name::None;
        };
        let tzid = tzid.trim();
        let known = timezone::by_name(tzid);
        if let Some(name) = known.as_ref().and_then(|zone| zone.iana_name()) {
            return Name::Zone(name.to_owned());
        }
        let Some(zone) = self.zones.get(tzid) else {
            return Name::Unknown;
        };
        let Some(rules) = vtimezone::canonical(zone) else {
            return Name::Unknown;
        };
        let name = format!("own-{}", Fingerprint::of([&rules]).as_str());
        let text = format!("BEGIN:VTIMEZONE\nTZID:{name}\n{rules}END:VTIMEZONE\n");
        self.used.insert(name.clone(), text);
        Name::Zone(name)
    }
}

impl Name {
    /// The parameter of a line.
    fn parameter(&self, written: Written) -> String {
        match (self, written) {
            (Self::Zone(name), Written::Local(_)) => format!(";TZID={name}"),
            (Self::Unknown, Written::Local(_)) => format!(";{UNKNOWN_ZONE}"),
            _ => String::new(),
        }
    }
}
