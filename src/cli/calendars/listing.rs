//! Calendars that were found, as tables to paste and for programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use url::Url;

use crate::adapters::caldav::Collection;
use crate::app::seek::Found;
use crate::domain::ids::CalendarName;
use crate::settings::resolved::{Calendar, CalendarPlace, Credentials, OAuth};
use crate::settings::secret::Secret;

/// The longest name that a calendar gets, in characters.
const LONGEST: usize = 40;

/// What was found, and what goes into the configuration with it.
pub(super) struct Listing<'a> {
    pub(super) found: &'a Found,
    /// How one was let in.
    pub(super) credentials: &'a Credentials,
    /// What stands in the configuration already.
    pub(super) configured: &'a [Calendar],
    /// What its user has to know.
    pub(super) hints: Vec<String>,
}

/// A calendar as a program reads it.
#[derive(Serialize)]
struct Shown<'a> {
    name: String,
    display_name: &'a str,
    url: &'a str,
    color: Option<&'a str>,
    components: &'a [String],
    writable: Option<bool>,
    sync: &'static str,
    is_calendar: bool,
    configured: Option<&'a CalendarName>,
    configuration: String,
}

/// Everything as a program reads it.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    version: u8,
    calendars: Vec<Shown<'a>>,
    tried: &'a [String],
    hints: &'a [String],
}

impl Listing<'_> {
    /// Everything as TOML, so that it can be pasted, or redirected, as it is.
    pub(super) fn in_words(&self) -> String {
        let mut text = String::new();
        for (collection, name) in self.named() {
            if !text.is_empty() {
                text.push('\n');
            }
            // Writing to a String cannot fail.
            writeln!(text, "# {}", described(collection)).unwrap_or_default();
            match self.configured(collection) {
                Some(own) => {
                    let own = one_line(&format!("{:?}", own.as_str()));
                    writeln!(text, "# it is configured already: {own}").unwrap_or_default();
                }
                None => text.push_str(&self.table(collection, &name)),
            }
        }
        text
    }

    /// The object of `--json`.
    pub(super) fn answer(&self) -> Answer<'_> {
        let calendars = self.named().map(|(collection, name)| Shown {
            configuration: self.table(collection, &name),
            name,
            display_name: &collection.display_name,
            url: collection.url.as_str(),
            color: collection.color.as_deref(),
            components: &collection.components,
            writable: collection.writable,
            sync: sync(collection).0,
            is_calendar: collection.is_calendar,
            configured: self.configured(collection),
        });
        Answer {
            version: 1,
            calendars: calendars.collect(),
            tried: &self.found.tried,
            hints: &self.hints,
        }
    }

    /// Each calendar with a name that no other has.
    fn named(&self) -> impl Iterator<Item = (&Collection, String)> {
        let names = self.configured.iter().map(|one| one.name.to_string());
        let mut taken: BTreeSet<String> = names.collect();
        self.found.calendars.iter().map(move |collection| {
            let stem = stem(&collection.display_name);
            let mut name = stem.clone();
            let mut number = 2_u32;
            while !taken.insert(name.clone()) {
                name = format!("{stem}-{number}");
                number += 1;
            }
            (collection, name)
        })
    }

    /// What the configuration calls it, where it is there already.
    fn configured(&self, collection: &Collection) -> Option<&CalendarName> {
        let is_it = |one: &&Calendar| match &one.place {
            CalendarPlace::Caldav {
                url,
                collection: named,
                credentials,
            } => match (Url::parse(url).ok().filter(Url::has_host), named) {
                (Some(url), None) => collection.is_at(&url),
                (Some(url), Some(name)) => {
                    url.origin() == collection.url.origin()
                        && same_account(credentials, self.credentials)
                        && self.is_only(collection, name)
                }
                // A mail address, which leads to wherever its server says.
                (None, named) => {
                    let all = &self.found.calendars;
                    same_account(credentials, self.credentials)
                        && match named {
                            Some(name) => self.is_only(collection, name),
                            None => all.len() == 1,
                        }
                }
            },
            CalendarPlace::Ics { .. } | CalendarPlace::Vdir { .. } => false,
        };
        self.configured.iter().find(is_it).map(|one| &one.name)
    }

    /// Whether this one is called that, and no other that was found.
    fn is_only(&self, collection: &Collection, name: &str) -> bool {
        let all = self.found.calendars.iter();
        collection.is_called(name) && all.filter(|one| one.is_called(name)).count() == 1
    }

    fn table(&self, collection: &Collection, name: &str) -> String {
        let login = match self.credentials {
            Credentials::None => String::new(),
            Credentials::Password { username, password } => format!(
                "username = {}\n{}",
                text(username),
                secret(
                    "password",
                    password,
                    "{ command = [\"pass\", \"show\", \"dav\"] }  # put what prints your password here"
                )
            ),
            Credentials::Bearer(token) => secret(
                "bearer_token",
                token,
                "{ command = [\"pass\", \"show\", \"dav\"] }  # put what prints your token here",
            ),
            Credentials::OAuth(oauth) => of_login(oauth),
        };
        format!(
            "[[calendar]]\nname = {}\nkind = \"caldav\"\nurl = {}\n{login}",
            text(name),
            text(collection.url.as_str())
        )
    }
}

/// Whether two are let in as the same person, as far as the configuration tells.
fn same_account(one: &Credentials, other: &Credentials) -> bool {
    match (one, other) {
        (Credentials::None, Credentials::None) => true,
        (
            Credentials::Password { username: one, .. },
            Credentials::Password {
                username: other, ..
            },
        ) => one == other,
        (Credentials::Bearer(one), Credentials::Bearer(other)) => one.form() == other.form(),
        (Credentials::OAuth(one), Credentials::OAuth(other)) => {
            one.client_id == other.client_id && one.account == other.account
        }
        _ => false,
    }
}

/// The table of a calendar that somebody logs in to.
fn of_login(oauth: &OAuth) -> String {
    let mut table = "[calendar.oauth]".to_owned();
    // Without an account it shares no login.
    if oauth.account.is_none() {
        table.push_str("  # it needs a login of its own");
    }
    table.push('\n');
    let mut key = |key: &str, value: &str| {
        // Writing to a String cannot fail.
        writeln!(table, "{key} = {}", text(value)).unwrap_or_default();
    };
    if let Some(account) = &oauth.account {
        key("account", account);
    }
    key("client_id", &oauth.client_id);
    for (name, value) in oauth.of_server() {
        key(name, value);
    }
    table.push_str(&secret(
        "client_secret",
        &oauth.client_secret,
        "{ file = \"~/.config/slotbridge/client-secret\" }  # put the file with the client secret here",
    ));
    table
}

/// A key with where its secret comes from; where it stands in the configuration itself, an example.
fn secret(key: &str, secret: &Secret, example: &str) -> String {
    let form = secret.form();
    format!("{key} = {}\n", form.as_deref().unwrap_or(example))
}

fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The name that a calendar gets from how it is called.
pub(in crate::cli) fn stem(display_name: &str) -> String {
    let lower = display_name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let stem: String = words.join("-").chars().take(LONGEST).collect();
    if stem.is_empty() {
        "calendar".to_owned()
    } else {
        stem
    }
}

/// How it tells what changed: for programs, and for people.
fn sync(collection: &Collection) -> (&'static str, &'static str) {
    if collection.sync_collection {
        (
            "sync-collection",
            "it tells what changed (sync-collection, RFC 6578)",
        )
    } else if collection.ctag.is_some() {
        ("ctag", "it tells that something changed (ctag)")
    } else {
        ("listing", "all of it is listed in each pass")
    }
}

/// A calendar in one line, without anything that would end the line.
pub(in crate::cli) fn described(collection: &Collection) -> String {
    let takes = if collection.components.is_empty() {
        "all components".to_owned()
    } else {
        collection.components.join(", ")
    };
    let writable = match collection.writable {
        Some(true) => "writable",
        Some(false) => "read-only: for busy time only",
        None => "the server does not say whether it is writable",
    };
    let mut words = format!(
        "{:?}: takes {takes}; {writable}; {}",
        collection.display_name,
        sync(collection).1
    );
    if let Some(color) = &collection.color {
        // Writing to a String cannot fail.
        write!(words, "; colour {color}").unwrap_or_default();
    }
    if !collection.is_calendar {
        words.push_str("; it does not say that it is a calendar");
    }
    one_line(&words)
}

fn one_line(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn collection(url: &str, display_name: &str) -> Collection {
        let said = serde_json::json!({
            "url": url, "display_name": display_name, "is_calendar": true, "color": null,
            "writable": null, "components": [], "sync_collection": false, "ctag": null,
            "keeps_conditions": true, "ranges": "untrusted",
        });
        serde_json::from_value(said).unwrap()
    }

    fn of(username: &str) -> Credentials {
        Credentials::Password {
            username: username.to_owned(),
            password: Secret::plain("a test", "hush"),
        }
    }

    /// What is configured as this person, and the calendars that are found as alice.
    #[rstest]
    #[case::by_address("https://dav.example.org/alice/1/", None, "bob", &["Work"])]
    #[case::by_name("https://dav.example.org/", Some("Work"), "alice", &["Work"])]
    #[case::by_mail("alice@example.org", Some("Work"), "alice", &["Work"])]
    #[case::of_another("https://dav.example.org/", Some("Work"), "bob", &[])]
    #[case::mail_of_another("bob@example.org", Some("Work"), "bob", &[])]
    #[case::not_unique("https://dav.example.org/", Some("Team"), "alice", &[])]
    #[case::one_of_many("alice@example.org", None, "alice", &[])]
    fn what_is_configured_is_known_again(
        #[case] url: &str,
        #[case] named: Option<&str>,
        #[case] who: &str,
        #[case] expected: &[&str],
    ) {
        let found = Found {
            calendars: vec![
                collection("https://dav.example.org/alice/1/", "Work"),
                collection("https://dav.example.org/alice/2/", "Team"),
                collection("https://dav.example.org/shared/3/", "Team"),
            ],
            tried: Vec::new(),
        };
        let configured = [Calendar {
            name: CalendarName::new("own"),
            place: CalendarPlace::Caldav {
                url: url.to_owned(),
                collection: named.map(str::to_owned),
                credentials: of(who),
            },
        }];
        let listing = Listing {
            found: &found,
            credentials: &of("alice"),
            configured: &configured,
            hints: Vec::new(),
        };
        let known = found.calendars.iter();
        let known = known.filter(|one| listing.configured(one).is_some());
        let known: Vec<&str> = known.map(|one| one.display_name.as_str()).collect();
        assert_eq!(known, expected);
    }

    #[rstest]
    #[case("Work", "work")]
    #[case("My  Wörk / Home", "my-wörk-home")]
    #[case("\u{1f600}\n", "calendar")]
    #[case("", "calendar")]
    fn a_calendar_gets_a_plain_name(#[case] display_name: &str, #[case] expected: &str) {
        assert_eq!(stem(display_name), expected);
    }
}
