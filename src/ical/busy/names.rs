//! What the `TZID`s of a text come to: the IANA name, a digest of the rules that the text brings, or
//! nothing that anybody knows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::Written;
use super::super::timezone;
use super::super::vtimezone::{self, Unfollowed};
use crate::domain::fingerprint::Fingerprint;

/// Stand at local times whose zone is not known as it should be, each with what is to be said of it.
pub(super) const MARKS: [(&str, &str); 2] = [
    (
        UNKNOWN_ZONE,
        "its TZID is not known, and it brings no VTIMEZONE that can be read: its times are read in the \
         zone of the host",
    ),
    (
        STANDARD_TIME,
        "its TZID is not known, and its VTIMEZONE has rules that are not followed, or too many: its \
         times are read with the offset of the standard time there, and may be wrong by an hour",
    ),
];
/// Nobody knows it.
const UNKNOWN_ZONE: &str = "X-ZONE=UNKNOWN";
/// Only the offset of its standard time is known.
const STANDARD_TIME: &str = "X-ZONE=STANDARD";

/// The zones that a text brings, each of which is read once, however many events name it.
#[derive(Debug)]
pub(super) struct Zones {
    brought: BTreeMap<String, Component>,
    read: RefCell<BTreeMap<String, Name>>,
}

/// What a `TZID` comes to.
#[derive(Clone, Debug)]
pub(super) enum Name {
    /// There is none: UTC, a date, a floating time.
    None,
    /// One that everybody knows, or a plain offset.
    Known(Rc<str>),
    /// A digest of its rules, and its text.
    Own(Rc<str>, Rc<str>),
    /// The offset of its standard time: its own rules cannot be followed.
    Standard(Rc<str>),
    /// Nobody knows it. Its times are read where the viewer is.
    Unknown,
}

/// The names that some components use.
pub(super) struct Names<'a> {
    zones: &'a Zones,
    /// The text of each zone that no name stands for.
    used: BTreeMap<Rc<str>, Rc<str>>,
}

impl Zones {
    /// By their `TZID`.
    pub(super) fn new(brought: BTreeMap<String, Component>) -> Self {
        Self {
            brought,
            read: RefCell::default(),
        }
    }

    fn name(&self, tzid: &str) -> Name {
        let known = self.read.borrow().get(tzid).cloned();
        known.unwrap_or_else(|| {
            let name = self.read(tzid);
            self.read.borrow_mut().insert(tzid.to_owned(), name.clone());
            name
        })
    }

    fn read(&self, tzid: &str) -> Name {
        if let Some(name) = timezone::plain_name(tzid) {
            return Name::Known(name.into());
        }
        let Some(zone) = self.brought.get(tzid) else {
            return Name::Unknown;
        };
        match vtimezone::canonical(zone) {
            Ok(rules) => {
                let name = format!("own-{}", Fingerprint::of([&rules]).as_str());
                let text = format!("BEGIN:VTIMEZONE\nTZID:{name}\n{rules}END:VTIMEZONE\n");
                Name::Own(name.into(), text.into())
            }
            Err(Unfollowed::Kind | Unfollowed::TooMany) => {
                let offset = vtimezone::standard_offset(zone).map(timezone::offset_name);
                // What a zone of ours would not be found under is no offset of this world.
                let offset = offset.filter(|name| timezone::by_name(name).is_some());
                offset.map_or(Name::Unknown, |name| Name::Standard(name.into()))
            }
        }
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(zones: &'a Zones) -> Self {
        Self {
            zones,
            used: BTreeMap::new(),
        }
    }

    /// What the zone of a line comes to.
    pub(super) fn of(&mut self, line: &ContentLine) -> Name {
        let Some(tzid) = line.parameter_value("TZID") else {
            return Name::None;
        };
        let name = self.zones.name(tzid.trim());
        if let Name::Own(name, text) = &name {
            self.used.insert(Rc::clone(name), Rc::clone(text));
        }
        name
    }

    /// The zones that were used and have no name.
    pub(super) fn texts(&self) -> String {
        self.used.values().map(AsRef::as_ref).collect()
    }
}

impl Name {
    /// The parameter of a line.
    pub(super) fn parameter(&self, written: Written) -> String {
        match (self, written) {
            (Self::Known(name) | Self::Own(name, _), Written::Local(_)) => format!(";TZID={name}"),
            (Self::Standard(name), Written::Local(_)) => format!(";TZID={name};{STANDARD_TIME}"),
            (Self::Unknown, Written::Local(_)) => format!(";{UNKNOWN_ZONE}"),
            _ => String::new(),
        }
    }
}
