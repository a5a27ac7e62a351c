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
use super::unread::Unread;
use crate::domain::fingerprint::Fingerprint;

/// Stands at a local time whose zone nobody knows.
pub(super) const UNKNOWN_ZONE: &str = "X-ZONE=UNKNOWN";

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
    /// One that everybody knows.
    Iana(Rc<str>),
    /// A digest of its rules, and its text.
    Own(Rc<str>, Rc<str>),
    /// Nobody knows it. Its times are read where the viewer is.
    Unknown,
    /// Neither, and the text says more about it than is read.
    TooMuch,
}

/// The names that some components use.
pub(super) struct Names<'a> {
    zones: &'a Zones,
    /// The text of each zone that no name stands for.
    used: BTreeMap<Rc<str>, Rc<str>>,
    too_much: bool,
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
        let known = timezone::by_name(tzid);
        if let Some(name) = known.as_ref().and_then(|zone| zone.iana_name()) {
            return Name::Iana(name.into());
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
            Err(Unfollowed::Kind) => Name::Unknown,
            Err(Unfollowed::TooMany) => Name::TooMuch,
        }
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(zones: &'a Zones) -> Self {
        Self {
            zones,
            used: BTreeMap::new(),
            too_much: false,
        }
    }

    /// What the zone of a line comes to.
    pub(super) fn of(&mut self, line: &ContentLine) -> Name {
        let Some(tzid) = line.parameter_value("TZID") else {
            return Name::None;
        };
        let name = self.zones.name(tzid.trim());
        match &name {
            Name::Own(name, text) => {
                self.used.insert(Rc::clone(name), Rc::clone(text));
            }
            Name::TooMuch => self.too_much = true,
            Name::None | Name::Iana(_) | Name::Unknown => {}
        }
        name
    }

    /// The zones that were used and have no name.
    pub(super) fn texts(&self, unread: &mut Unread) -> String {
        if self.too_much {
            unread.add(
                "its VTIMEZONE lists more changes of the clock than are followed, and its TZID is \
                 not known: its times are read in the zone of the host",
            );
        }
        self.used.values().map(AsRef::as_ref).collect()
    }
}

impl Name {
    /// The parameter of a line.
    pub(super) fn parameter(&self, written: Written) -> String {
        match (self, written) {
            (Self::Iana(name) | Self::Own(name, _), Written::Local(_)) => format!(";TZID={name}"),
            (Self::Unknown | Self::TooMuch, Written::Local(_)) => format!(";{UNKNOWN_ZONE}"),
            _ => String::new(),
        }
    }
}
