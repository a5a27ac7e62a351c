//! Reads a text line by line and keeps of each component only what says something about time, so
//! that a feed of many megabytes never stands in memory as a tree.

use std::collections::BTreeMap;

use super::super::broken::Broken;
use super::super::component::{Component, Item, MAX_DEPTH, MAX_OBJECT_BYTES};
use super::super::content_line::{ContentLine, unfold};
use super::super::text;
use super::own::OwnEntry;
use crate::domain::block::BLOCK_TAG;
use crate::domain::ids::{BookingId, HostName, UID_SUFFIX, Uid};

/// What the `UID`s of our own feeds end with: never busy.
const OWN: [&str; 2] = ["@busy.slotbridge", "@hours.slotbridge"];

/// Lines that say when, or whether time is taken.
const TELLING: [&str; 16] = [
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "EXRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "SEQUENCE",
    "STATUS",
    "TRANSP",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "ATTENDEE",
    "DTSTAMP",
    "LAST-MODIFIED",
    "FREEBUSY",
];

/// Lines of a zone that say something about its clock.
const ZONE: [&str; 6] = [
    "TZID",
    "DTSTART",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "RRULE",
    "RDATE",
];

/// A component of a calendar, less what says nothing about time.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) kind: Kind,
    pub(super) uid: Option<String>,
    /// Made by slotbridge, and never busy: a block, or an event of our own feeds.
    pub(super) own: bool,
    /// The entry of a booking: whether it is busy only whose booking it is can say.
    pub(super) entry: Option<OwnEntry>,
    /// `X-SLOTBRIDGE-HOST`.
    pub(super) host: Option<HostName>,
    pub(super) lines: Vec<ContentLine>,
    bytes: usize,
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    FreeBusy,
    /// A task, a journal, an availability: it never blocks.
    Idle,
}

/// All that is kept of a text.
#[derive(Debug, Default)]
pub(super) struct Everything {
    /// In the order of the text.
    pub(super) components: Vec<Kept>,
    /// By their `TZID`.
    pub(super) zones: BTreeMap<String, Component>,
}

impl Kept {
    fn begin(kind: Kind) -> Self {
        Self {
            kind,
            uid: None,
            own: false,
            entry: None,
            host: None,
            lines: Vec::new(),
            bytes: 0,
        }
    }

    fn take(&mut self, line: ContentLine) {
        if line.is("UID") {
            let uid = text::unescape(line.value().trim());
            self.own |= OWN.iter().any(|own| uid.ends_with(own));
            if uid.ends_with(UID_SUFFIX) {
                self.entry().uid = plain(&uid).map(Uid::new);
            }
            self.uid = Some(uid).filter(|uid| !uid.is_empty());
        } else if line.is("X-SLOTBRIDGE-EVENT-ID") {
            let id = text::unescape(line.value().trim());
            self.entry().booking = plain(&id).map(BookingId::new);
        } else if line.is("X-SLOTBRIDGE-HOST") {
            self.host = plain(&text::unescape(line.value().trim())).map(HostName::new);
        } else if line.is("DESCRIPTION") {
            let value = line.value();
            self.own |= value.contains("slotbridge") && text::unescape(&value).contains(BLOCK_TAG);
        } else if self.kind != Kind::Idle && TELLING.iter().any(|name| line.is(name)) {
            self.bytes += line.size();
            if !self.is_too_large() {
                self.lines.push(line);
            }
        }
    }

    fn entry(&mut self) -> &mut OwnEntry {
        self.entry.get_or_insert_default()
    }

    /// Whether it says more about time than is kept of an object.
    pub(super) fn is_too_large(&self) -> bool {
        self.bytes > MAX_OBJECT_BYTES
    }
}

/// A name as it may stand in one line of what is kept.
fn plain(name: &str) -> Option<&str> {
    let fits = !name.is_empty() && name.len() <= 255 && !name.contains(char::is_control);
    fits.then_some(name)
}

fn kind(name: &str) -> Option<Kind> {
    match name {
        "VEVENT" => Some(Kind::Event),
        "VFREEBUSY" => Some(Kind::FreeBusy),
        "VTODO" | "VJOURNAL" | "VAVAILABILITY" => Some(Kind::Idle),
        _ => None,
    }
}

/// What a component that is open is read into.
enum Open {
    /// Nothing of it is kept: a calendar, an alarm, what nobody knows.
    Passing,
    Keeping,
    Zone(Component),
}

/// Reads a text.
///
/// # Errors
/// When it is no iCalendar, stops in the middle, or is nested too deep.
pub(super) fn read(bytes: &[u8]) -> Result<Everything, Broken> {
    if let Some(what) = something_else(bytes) {
        return Err(Broken::new(what));
    }
    let mut all = Everything::default();
    let mut open: Vec<(String, Open)> = Vec::new();
    let mut keeping: Option<Kept> = None;
    let mut complete = false;
    for line in unfold(bytes) {
        if line.is("BEGIN") {
            if open.len() >= MAX_DEPTH {
                return Err(Broken::new(format!(
                    "its components are nested more than {MAX_DEPTH} deep"
                )));
            }
            let name = line.value().trim().to_ascii_uppercase();
            let outside = !open.iter().any(|(_, one)| !matches!(one, Open::Passing));
            let in_zone = matches!(open.last(), Some((_, Open::Zone(_))));
            let next = match kind(&name) {
                Some(kind) if outside => {
                    keeping = Some(Kept::begin(kind));
                    Open::Keeping
                }
                _ if in_zone || (outside && name == "VTIMEZONE") => {
                    Open::Zone(Component::new(&name))
                }
                _ => Open::Passing,
            };
            open.push((name, next));
        } else if line.is("END") {
            let Some((name, done)) = open.pop() else {
                if complete {
                    continue;
                }
                return Err(Broken::new("it has an END without a BEGIN"));
            };
            if !line.value().trim().eq_ignore_ascii_case(&name) {
                return Err(Broken::new("it has an END that does not fit its BEGIN"));
            }
            complete |= open.is_empty();
            match done {
                Open::Passing => {}
                Open::Keeping => all.components.extend(keeping.take()),
                Open::Zone(zone) => match open.last_mut() {
                    Some((_, Open::Zone(outer))) => outer.items.push(Item::Component(zone)),
                    _ => {
                        if let Some(id) = zone.line("TZID").map(|id| id.value().trim().to_owned()) {
                            all.zones.entry(id).or_insert(zone);
                        }
                    }
                },
            }
        } else {
            match (open.last_mut(), &mut keeping) {
                (Some((_, Open::Keeping)), Some(kept)) => kept.take(line),
                (Some((_, Open::Zone(zone))), _) => {
                    if ZONE.iter().any(|name| line.is(name)) {
                        zone.items.push(Item::Line(line));
                    }
                }
                (Some(_), _) => {}
                // What a server appends to a whole calendar harms nobody.
                (None, _) if complete => {}
                (None, _) => return Err(Broken::new("it is not iCalendar")),
            }
        }
    }
    if open.is_empty() {
        Ok(all)
    } else {
        Err(Broken::new(
            "it stops in the middle: a component has no END",
        ))
    }
}

/// What a text is that clearly is no iCalendar.
fn something_else(bytes: &[u8]) -> Option<&'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
    let Some(text) = start.and_then(|start| bytes.get(start..)) else {
        return Some("it is empty");
    };
    match text.first() {
        Some(b'<') => Some("it is a web page or XML, not iCalendar"),
        Some(b'{' | b'[') => Some("it is JSON, not iCalendar"),
        Some(b'P') if text.starts_with(b"PK\x03\x04") => Some("it is a ZIP file, not iCalendar"),
        Some(0x1f) if text.starts_with(b"\x1f\x8b") => {
            Some("it is compressed with gzip, not iCalendar")
        }
        _ => None,
    }
}
