//! Every operation of the Scheduler API, each written down once: the commands, their help, the
//! requests, the words of errors and the check against Zoom's document all follow from it.

mod events;
mod hours;
mod pages;
mod parameter;
mod people;

pub use parameter::{Kind, Need, Parameter, Place, Unsaid};

use super::raw::Verb;

/// One thing that can be asked of Zoom. Several may be the same operation with a meaning of its own
/// (cancelling a booking is changing it).
#[derive(Debug)]
pub struct Operation {
    /// The first word of the command: what it is about.
    pub resource: &'static str,
    /// The second word; empty where there is only one.
    pub verb: &'static str,
    /// What it does, as the help says it.
    pub about: &'static str,
    /// How it is asked.
    pub method: Verb,
    /// Where, below `api_url`; each `{name}` is a parameter.
    pub path: &'static str,
    /// What it is about in words, with the parameters of the path: `booking {eventId}`.
    pub object: &'static str,
    /// The scope that it needs; for other users the one with `:admin`.
    pub scope: &'static str,
    /// What can be said, in order.
    pub parameters: &'static [&'static [Parameter]],
    /// Where it answers a list.
    pub listed: Option<Listed>,
    /// Where it ends something.
    pub ends: Option<Ends>,
}

/// A list in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The member of the answer that is the list.
    pub member: &'static str,
    /// Whether it comes in pages.
    pub paged: bool,
}

/// What becomes of something that cannot be had back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// "deleting"
    pub doing: &'static str,
    /// "deleted"
    pub done: &'static str,
}

const DELETED: Option<Ends> = Some(Ends {
    doing: "deleting",
    done: "deleted",
});

const ITEMS: Option<Listed> = Some(Listed {
    member: "items",
    paged: true,
});

/// What commands are about, each with what its help says.
pub const RESOURCES: &[(&str, &str)] = &[
    ("events", "Bookings"),
    ("schedules", "Booking pages"),
    ("availability", "Working hours: availability schedules"),
    ("slots", "What an invitee can book on a page now"),
    (
        "links",
        "Links to a booking page that are good for one booking",
    ),
    ("shares", "Booking pages made to measure for somebody"),
    ("users", "People of the account"),
    ("teams", "Teams of the account"),
    ("analytics", "How much was booked, and what"),
    ("routing", "What people answered in routing forms"),
];

/// All of them, by resource.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    [events::ALL, pages::ALL, hours::ALL, people::ALL]
        .into_iter()
        .flatten()
}

/// The operation of these two words.
#[must_use]
pub fn find(resource: &str, verb: &str) -> Option<&'static Operation> {
    all().find(|one| one.resource == resource && one.verb == verb)
}

impl Operation {
    /// What can be said, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        self.parameters.iter().copied().flatten()
    }

    /// Whether the query can say this.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        let mut query = self.parameters().filter(|one| one.place == Place::Query);
        query.any(|one| one.name == name)
    }

    /// Whether it sends something.
    #[must_use]
    pub fn has_body(&self) -> bool {
        matches!(self.method, Verb::Post | Verb::Patch)
    }

    /// What it is about, with these ids. A mail address is not said: what is done is logged.
    #[must_use]
    pub fn object(&self, ids: &[(&str, String)]) -> String {
        let object = self.object.to_owned();
        ids.iter().fold(object, |object, (name, id)| {
            let tame = |c: char| if c.is_control() { '\u{fffd}' } else { c };
            let said = if id.contains('@') {
                "with this mail address".to_owned()
            } else {
                id.chars().take(100).map(tame).collect()
            };
            object.replace(&format!("{{{name}}}"), &said)
        })
    }

    /// What we are doing, for messages.
    #[must_use]
    pub fn doing(&self, ids: &[(&str, String)]) -> String {
        let doing = match (self.method, self.listed, self.ends) {
            (_, _, Some(ends)) => ends.doing,
            (Verb::Get, Some(_), None) => "listing",
            (Verb::Get, None, None) => "reading",
            (Verb::Post, _, None) => "creating",
            (Verb::Patch, _, None) => "changing",
            (Verb::Delete, _, None) => "deleting",
        };
        format!("{doing} {} in Zoom", self.object(ids))
    }

    /// The parts of the path, with these ids.
    pub(super) fn segments<'a>(&self, ids: &'a [(&str, String)]) -> Vec<&'a str> {
        let parts = self.path.trim_start_matches('/').split('/');
        let id_of = |part: &str| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            let found = ids.iter().find(|(given, _)| *given == name);
            Some(found.map_or("", |(_, id)| id.as_str()))
        };
        parts.map(|part| id_of(part).unwrap_or(part)).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_command_is_there_once_and_its_path_can_be_filled() {
        let mut seen = BTreeSet::new();
        for one in all() {
            assert!(seen.insert((one.resource, one.verb)), "{one:?}");
            assert!(RESOURCES.iter().any(|(name, _)| *name == one.resource));
            let ids: Vec<(&str, String)> = one
                .parameters()
                .filter(|parameter| parameter.place == Place::Path)
                .map(|parameter| (parameter.name, format!("id-of-{}", parameter.name)))
                .collect();
            let words = [one.segments(&ids).join("/"), one.doing(&ids)].concat();
            assert!(!words.contains(['{', '}']), "{words}");
            for (_, id) in &ids {
                assert_eq!(words.matches(id.as_str()).count(), 2, "{words}");
            }
            let mut options = BTreeSet::new();
            let typed = |parameter: &&Parameter| !matches!(parameter.kind, Kind::Unsaid(_));
            for parameter in one.parameters().filter(typed) {
                assert!(options.insert(parameter.option), "{parameter:?}");
            }
        }
        for (resource, _) in RESOURCES {
            assert!(all().any(|one| one.resource == *resource), "{resource}");
        }
    }

    #[test]
    fn a_mail_address_is_not_said() {
        let ids = [("userId", "eve@example.org".to_owned())];
        let doing = find("users", "get").unwrap().doing(&ids);
        assert_eq!(doing, "reading user with this mail address in Zoom");
    }
}
