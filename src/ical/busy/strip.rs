//! Writes what is kept of the components with one `UID` in one way only, so that equal timing gives
//! equal text however a server orders, folds or names things.
//!
//! The text is a `VCALENDAR` with the zones that no name stands for, then its components; inside,
//! lists are sorted, zones have their IANA name or a digest of their rules, all that keeps a
//! component from blocking is `TRANSP:TRANSPARENT`, and of the people only digests of those are left
//! who declined. It is for `occurrences` alone, so lines are not folded.
//!
//! What cannot be read stops only itself: it is left out, and an `X-UNREAD` line says what it was.

use std::collections::{BTreeMap, BTreeSet};

use super::super::broken::Broken;
use super::super::component::MAX_OBJECT_BYTES;
use super::super::content_line::ContentLine;
use super::super::time::{Length, Written};
use super::kept::{Kept, Kind};
use super::names::{Names, Zones};
use super::own::OwnEntry;
use super::repeats::{dates, free_busy, rules};
use super::unread::Unread;
use crate::domain::fingerprint::Fingerprint;

/// Stands for a `RECURRENCE-ID` that cannot be read.
pub(super) const WHICHEVER: &str = "RECURRENCE-ID:?";

/// The line for somebody who declined.
pub(super) const DECLINED: &str = "X-DECLINED";

/// What stands for a mail address. It is no secret, but it is nobody's address either.
pub(super) fn digest(mail: &str) -> Fingerprint {
    Fingerprint::of(["mail", &mail.trim().to_lowercase()])
}

/// The text of the components with one `UID`; `None` when they never block time.
///
/// # Errors
/// When nothing is left that blocks, because of what cannot be understood.
pub(super) fn text(components: &[Kept], zones: &Zones) -> Result<Option<String>, Broken> {
    if components.iter().any(|one| one.own) {
        return Ok(None);
    }
    let mut names = Names::new(zones);
    let mut unread = Unread::default();
    let mut broken: Option<Broken> = None;
    let mut texts = BTreeSet::new();
    let mut events: BTreeMap<String, Vec<(Version, String)>> = BTreeMap::new();
    let mut blocks = false;
    for one in components {
        let event = match one.kind {
            Kind::Idle => continue,
            _ if one.is_too_large() => Err(too_large()),
            Kind::FreeBusy => free_busy(one, &mut unread).map(|text| EventText {
                id: text.clone(),
                blocks: !text.is_empty(),
                text,
            }),
            Kind::Event => event(one, &mut names, &mut unread),
        };
        match event {
            Ok(event) => {
                blocks |= event.blocks;
                let all = events.entry(event.id).or_default();
                all.push((version(one), event.text));
            }
            Err(why) => {
                unread.add(format!("one of its components is left out: {why}"));
                broken.get_or_insert(why);
            }
        }
    }
    if !blocks {
        return broken.map_or(Ok(None), Err);
    }
    for versions in events.values() {
        // An older version of the same event or occurrence says nothing any more. Another event that only
        // has the same UID does not make it older.
        let newest = versions.iter().map(|(version, _)| version).max();
        let all = versions
            .iter()
            .filter(|(version, _)| Some(version) == newest);
        texts.extend(all.map(|(_, text)| text.clone()));
    }
    let mut out = String::from("BEGIN:VCALENDAR\n");
    out.push_str(&names.texts());
    out.push_str(&unread.lines());
    let entry = components.iter().find(|one| one.entry.is_some());
    if let Some((one, entry)) = entry.and_then(|one| Some((one, one.entry.clone()?))) {
        let host = one.host.clone();
        out.push_str(&OwnEntry { host, ..entry }.lines());
    }
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
    /// What is one appointment with it: its `RECURRENCE-ID` line, or its `DTSTART` without one.
    id: String,
    text: String,
    blocks: bool,
}

fn event(one: &Kept, names: &mut Names<'_>, unread: &mut Unread) -> Result<EventText, Broken> {
    let first = |name: &str| one.lines.iter().find(|line| line.is(name));
    let mut out = String::from("BEGIN:VEVENT\n");
    let start = first("DTSTART").ok_or_else(|| Broken::new("its event has no DTSTART"))?;
    let mut add = |name: &str, line: &ContentLine| -> Result<String, Broken> {
        let zone = names.of(line);
        let written = Written::parse(&line.value())
            .ok_or_else(|| Broken::new(format!("its {name} makes no sense")))?;
        Ok(format!("{}:{}\n", zone.parameter(written), written.text()))
    };
    let start = format!("DTSTART{}", add("DTSTART", start)?);
    out.push_str(&start);
    if let Some(line) = first("DTEND") {
        out.push_str("DTEND");
        out.push_str(&add("DTEND", line)?);
    } else if let Some(line) = first("DURATION") {
        let length = Length::read(line.value().trim())
            .ok_or_else(|| Broken::new("its DURATION makes no sense"))?;
        let length = format!("DURATION:P{}DT{}S\n", length.days, length.seconds);
        out.push_str(&length);
    }
    let mut id = start.clone();
    if let Some(line) = first("RECURRENCE-ID") {
        let range = line.parameter_value("RANGE").unwrap_or_default();
        let range = if range.eq_ignore_ascii_case("THISANDFUTURE") {
            ";RANGE=THISANDFUTURE"
        } else {
            ""
        };
        id = match add("RECURRENCE-ID", line) {
            Ok(value) => format!("RECURRENCE-ID{range}{value}"),
            Err(why) => {
                unread.add(format!(
                    "{why}, so that it is busy beside the series that it changes"
                ));
                format!("{WHICHEVER}\n")
            }
        };
        out.push_str(&id);
        if id.starts_with(WHICHEVER) {
            // Each stands for itself: none is an older version of another.
            id.push_str(&start);
        }
    } else {
        out.push_str(&rules(one, unread));
        out.push_str(&dates(one, "RDATE", names, unread));
        out.push_str(&dates(one, "EXDATE", names, unread));
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

/// Digests of who declined, and nothing else about anybody.
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
        .map(|who| format!("{DECLINED}:{}\n", digest(who).as_str()));
    declined.collect::<Vec<_>>().concat()
}
