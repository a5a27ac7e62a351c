//! Reads `[[calendar]]`.

use std::collections::BTreeMap;

use super::origin::Origin;
use super::reader::{Said, Table, quoted};
use super::resolve_zoom::url;
use super::resolved::{Calendar, CalendarPlace, Credentials, OAuth};
use super::secret;
use super::{resolve_feed, resolve_oauth};
use crate::domain::ids::CalendarName;

/// A calendar that was spoken of, whether or not all about it is right.
pub(super) struct Spoken {
    /// Its name.
    pub(super) name: String,
    /// Whether it can be written; `None` where its kind is not known.
    pub(super) writable: Option<bool>,
    /// What it means, if all is right.
    pub(super) calendar: Option<Calendar>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Caldav,
    Ics,
    Vdir,
}

/// Reads every `[[calendar]]`.
pub(super) fn calendars(root: &Table<'_>, warnings: &mut Vec<String>) -> Vec<Spoken> {
    let mut seen = BTreeMap::new();
    let tables = root.tables("calendar");
    let spoken = tables.into_iter().filter_map(|table| {
        let name = name(&table, &mut seen);
        let table = match &name {
            Some(name) => table.called(name),
            None => table,
        };
        one(table, name, warnings)
    });
    spoken.collect()
}

/// Reads a name that must be there, and only once.
pub(super) fn name(
    table: &Table<'_>,
    seen: &mut BTreeMap<String, Option<Origin>>,
) -> Option<String> {
    let Said { value, key, origin } = table.needed("name", "give it a name of its own")?;
    let fits = value.chars().count() <= 64
        && value.trim() == value
        && !value.chars().any(|c| c.is_control() || c == '/');
    if !fits {
        table.wrong(
            "name",
            "this cannot be a name",
            "use at most 64 characters, no slash and no blank at either end",
        );
        return None;
    }
    if let Some(first) = seen.get(&value) {
        let first = first
            .as_ref()
            .map(|first| format!(" (first at {first})"))
            .unwrap_or_default();
        let cause = format!("the name {} is taken already{first}", quoted(&value));
        table
            .reader
            .wrong(origin.as_ref(), key, cause, "give each its own name");
    } else {
        seen.insert(value.clone(), origin);
    }
    Some(value)
}

fn one(table: Table<'_>, name: Option<String>, warnings: &mut Vec<String>) -> Option<Spoken> {
    if !table.has("kind") {
        table.missing("kind", "write \"caldav\", \"ics\" or \"vdir\"");
    }
    let kinds = [
        ("caldav", Kind::Caldav),
        ("ics", Kind::Ics),
        ("vdir", Kind::Vdir),
    ];
    let kind = table.word("kind", &kinds);
    let place = match kind {
        Some(Kind::Caldav) => caldav(&table, warnings),
        Some(Kind::Ics) => resolve_feed::feed(&table, warnings),
        Some(Kind::Vdir) => vdir(&table),
        // Without a kind nothing can be said about the other keys.
        None => return spoken(name, None, None),
    };
    table.finish();
    spoken(name, Some(kind != Some(Kind::Ics)), place)
}

fn spoken(
    name: Option<String>,
    writable: Option<bool>,
    place: Option<CalendarPlace>,
) -> Option<Spoken> {
    let name = name?;
    let calendar = place.map(|place| Calendar {
        name: CalendarName::new(&*name),
        place,
    });
    Some(Spoken {
        name,
        writable,
        calendar,
    })
}

fn caldav(table: &Table<'_>, warnings: &mut Vec<String>) -> Option<CalendarPlace> {
    let collection = table.text("collection").map(|said| said.value);
    let remedy =
        "write the address of the collection, or a server or mail address and collection = \"…\"";
    let oauth = resolve_oauth::oauth(table, warnings);
    let google = oauth
        .as_ref()
        .filter(|_| !table.has("url"))
        .and_then(|oauth| resolve_oauth::google_address(oauth, table.has("collection")));
    if let Some(url) = google {
        return Some(CalendarPlace::Caldav {
            url,
            collection,
            credentials: login(table, oauth, warnings)?,
        });
    }
    let said = table.needed("url", remedy);
    let address = said.and_then(|said| {
        if said.value.contains("://") {
            let url = url(table, "url", &["https", "http"])?;
            if !url.username().is_empty() || url.password().is_some() {
                let remedy = "take it out of the address, and write username and password";
                table.wrong("url", "the address has a user name in it", remedy);
                return None;
            }
            return Some(said.value);
        }
        // RFC 6764 section 5: a mail address or a domain is enough to begin with.
        let fits = !said.value.contains(|c: char| c.is_whitespace() || c == '/');
        if !fits || !said.value.contains('.') {
            table.wrong("url", "this is not an address", remedy);
            return None;
        }
        if collection.is_none() && !table.has("collection") {
            table.missing("collection", "name the calendar to use behind this address");
            return None;
        }
        Some(said.value)
    });
    let credentials = login(table, oauth, warnings);
    Some(CalendarPlace::Caldav {
        url: address?,
        collection,
        credentials: credentials?,
    })
}

/// How a calendar lets one in: by a login, or as [`credentials`] says.
fn login(
    table: &Table<'_>,
    oauth: Option<OAuth>,
    warnings: &mut Vec<String>,
) -> Option<Credentials> {
    let credentials = credentials(table, warnings);
    if !table.has("oauth") {
        return credentials;
    }
    if ["username", "password", "bearer_token"]
        .iter()
        .any(|key| table.has(key))
    {
        table.wrong(
            "oauth",
            "both a login and a password or token are given",
            "keep [calendar.oauth] alone, or remove it",
        );
        return None;
    }
    oauth.map(|oauth| Credentials::OAuth(Box::new(oauth)))
}

/// Reads `username` and `password`, or `bearer_token`.
pub(super) fn credentials(table: &Table<'_>, warnings: &mut Vec<String>) -> Option<Credentials> {
    let username = table.text("username").map(|said| said.value);
    let password = secret::read(table, "password", warnings);
    let bearer = secret::read(table, "bearer_token", warnings);
    match (
        table.has("username"),
        table.has("password"),
        table.has("bearer_token"),
    ) {
        (false, false, false) => Some(Credentials::None),
        (false, false, true) => bearer.map(Credentials::Bearer),
        (true, true, false) => Some(Credentials::Password {
            username: username?,
            password: password?,
        }),
        (true, false, false) => {
            table.missing(
                "password",
                "give it as { file = \"…\" } or { command = [\"…\"] }",
            );
            None
        }
        (false, true, false) => {
            table.missing("username", "say whose password this is");
            None
        }
        (_, _, true) => {
            table.wrong(
                "bearer_token",
                "both a password and a bearer token are given",
                "keep one of them",
            );
            None
        }
    }
}

fn vdir(table: &Table<'_>) -> Option<CalendarPlace> {
    if !table.has("path") {
        table.missing("path", "write the directory that holds the .ics files");
    }
    let path = table.path("path")?;
    if path.is_file() {
        table.wrong(
            "path",
            "this is a file",
            "write the directory that holds the .ics files",
        );
        return None;
    }
    Some(CalendarPlace::Vdir { path })
}
