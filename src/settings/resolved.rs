//! What the configuration means.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Serialize;
use url::Url;

use super::mistake::{Mistake, Mistakes};
use super::origin::Origin;
use super::secret::Secret;
use crate::domain::feed::{FeedKind, FeedName};
use crate::domain::ids::{CalendarName, HostName};
use crate::plan::policy::{BookingsPolicy, BusyTo, Wins};

/// The whole configuration.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// The files that it was read from; later ones win.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
    /// Where each secret was said, by its key.
    #[serde(skip)]
    pub secrets: BTreeMap<String, Origin>,
    /// What still stands as in our examples.
    #[serde(skip)]
    pub placeholders: Vec<Mistake>,
    /// Where the state stands.
    pub state_dir: PathBuf,
    /// `[zoom]`.
    pub zoom: Zoom,
    /// `[sync]`.
    pub sync: Sync,
    /// `[http]`, where `listen` is given.
    pub http: Option<Http>,
    /// Every `[[calendar]]`.
    pub calendars: Vec<Calendar>,
    /// Every `[[host]]`.
    pub hosts: Vec<Host>,
    /// What is no mistake, but should be known.
    pub warnings: Vec<String>,
}

/// `[zoom]`.
#[derive(Clone, Debug, Serialize)]
pub struct Zoom {
    /// Where the API is.
    pub api_url: Url,
    /// Where tokens come from: `oauth_url` + `/token`.
    pub oauth_url: Url,
    /// The rate limits to stay under.
    pub plan: Plan,
    /// How much of the account's limit this daemon may use: over 0, at most 1.
    pub share: f64,
    /// `[zoom.auth]`.
    pub auth: Option<Auth>,
    /// `[zoom.webhook]`.
    pub webhook: Option<Webhook>,
    /// `[zoom.websocket]`: its address, which carries a subscription.
    #[serde(skip)]
    pub websocket: Option<Url>,
}

/// `[zoom.webhook]`.
#[derive(Clone, Debug, Serialize)]
pub struct Webhook {
    /// Signs what Zoom sends.
    pub secret_token: Secret,
    /// What Zoom was told to show besides.
    pub shown: Shown,
}

/// What every webhook shows besides its signature, as Zoom's app page offers it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// `username` and `password`, a `bearer_token`, or neither.
    Credentials(Credentials),
    /// A header of the user's choice.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
}

/// `plan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Free accounts.
    Free,
    /// Pro.
    Pro,
    /// Business and above.
    Business,
}

/// `[zoom.auth]`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Auth {
    /// One user's app, with a refresh token.
    User {
        /// Of the app.
        client_id: String,
        /// Of the app.
        client_secret: Secret,
        /// Seeds the state in place of `login`.
        refresh_token: Option<Secret>,
    },
    /// An account-wide app.
    ServerToServer {
        /// Of the app.
        client_id: String,
        /// Of the app.
        client_secret: Secret,
        /// The account.
        account_id: String,
    },
}

/// `[sync]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sync {
    /// When passes are due.
    pub rhythm: Rhythm,
    /// How much later, at most and by chance.
    pub jitter: Duration,
    /// What is run when a flow has failed for over an hour, and when it is well again: a program
    /// and its arguments; nothing where it is empty.
    pub on_failure: Vec<String>,
}

/// `every` or `cron`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rhythm {
    /// So long after the last one began.
    Every(Duration),
    /// At these times (UTC): six fields, seconds first.
    Cron(String),
}

/// `[http]`.
#[derive(Clone, Debug, Serialize)]
pub struct Http {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the outside reaches it.
    pub public_url: Option<Url>,
    /// What the status page asks for.
    pub admin_token: Option<Secret>,
}

/// One `[[calendar]]`.
#[derive(Clone, Debug, Serialize)]
pub struct Calendar {
    /// Its name.
    pub name: CalendarName,
    /// Where and what it is.
    pub place: CalendarPlace,
}

/// Where a calendar is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum CalendarPlace {
    /// Behind CalDAV.
    Caldav {
        /// A collection, or a server, principal or mail address together with `collection`.
        url: String,
        /// Which collection, by its displayed name or last path segment.
        collection: Option<String>,
        /// How to be let in.
        credentials: Credentials,
    },
    /// A read-only feed.
    Ics {
        /// http(s), webcal(s) or a path: often the only thing that keeps the feed private.
        #[serde(skip)]
        url: SecretString,
        /// How to be let in: without, or with a password (Basic).
        credentials: Credentials,
    },
    /// A directory.
    Vdir {
        /// Where.
        path: PathBuf,
    },
}

/// How to be let in.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Credentials {
    /// Without.
    None,
    /// Basic or Digest.
    Password {
        /// The user.
        username: String,
        /// The password.
        password: Secret,
    },
    /// Bearer.
    Bearer(Secret),
    /// Bearer, with tokens of a login (`[calendar.oauth]`).
    OAuth(Box<OAuth>),
}

/// `[calendar.oauth]`.
#[derive(Clone, Debug, Serialize)]
pub struct OAuth {
    /// Of one's own app there.
    pub client_id: String,
    /// Of the app.
    pub client_secret: Secret,
    /// The page on which a person agrees.
    pub authorize_url: Url,
    /// Where tokens come from.
    pub token_url: Url,
    /// Where they are ended, if anywhere.
    pub revoke_url: Option<Url>,
    /// What is asked for.
    pub scope: Option<String>,
    /// Who logs in; calendars with the same one share a login.
    pub account: Option<String>,
}

/// One `[[host]]`.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    /// Its name.
    pub name: HostName,
    /// `me`, a user id or a mail address.
    pub zoom_user: String,
    /// Whose declined invitations are not busy.
    pub emails: Vec<String>,
    /// `[host.bookings]`; absent: off.
    pub bookings: Option<Bookings>,
    /// `[host.busy]`; absent: off.
    pub busy: Option<Busy>,
    /// `[host.hours]`; absent: off.
    pub hours: Option<Hours>,
    /// Every `[[host.feed]]`.
    pub feeds: Vec<Feed>,
}

/// `[host.bookings]`.
#[derive(Clone, Debug, Serialize)]
pub struct Bookings {
    /// Where entries are written.
    pub calendar: CalendarName,
    /// How.
    pub policy: BookingsPolicy,
}

/// `[host.busy]`.
#[derive(Clone, Debug, Serialize)]
pub struct Busy {
    /// The calendars to read.
    pub from: Vec<CalendarName>,
    /// Where blocks are written.
    pub to: BusyTo,
    /// How far ahead.
    pub future: Duration,
    /// Added before each event.
    pub before: Duration,
    /// Added after each event.
    pub after: Duration,
    /// What a block is called.
    pub title: String,
    /// Whether overrides made by hand may be replaced where Zoom does not show them.
    pub replace_overrides: bool,
}

/// `[host.hours]`.
#[derive(Clone, Debug, Serialize)]
pub struct Hours {
    /// Name or id in Zoom; the default one without.
    pub availability: Option<String>,
    /// Where the `VAVAILABILITY` lives.
    pub calendar: CalendarName,
    /// Who is right on a conflict.
    pub wins: Wins,
}

/// One `[[host.feed]]`.
#[derive(Clone, Debug, Serialize)]
pub struct Feed {
    /// Its name.
    pub name: FeedName,
    /// What it shows.
    pub kind: FeedKind,
}

impl Settings {
    /// Whether everything that our examples leave open is filled in.
    ///
    /// # Errors
    /// What is not.
    pub fn filled_in(&self) -> Result<(), Mistakes> {
        if self.placeholders.is_empty() {
            Ok(())
        } else {
            Err(self.placeholders.iter().cloned().collect())
        }
    }

    /// Whether there is enough for a pass.
    ///
    /// # Errors
    /// What is missing.
    pub fn complete(&self) -> Result<(), Mistakes> {
        let mut mistakes: Mistakes = self.placeholders.iter().cloned().collect();
        let file = self.files.last().map(|path| Origin::File {
            layer: usize::MAX,
            path: path.clone(),
            line: 0,
        });
        if self.hosts.is_empty() {
            let remedy = "add a [[host]] to ~/.config/slotbridge/config.toml; `slotbridge config init` writes such a file to start from";
            mistakes.add(file.as_ref(), "host", "no host is configured", remedy);
        }
        if self.zoom.auth.is_none() && !self.hosts.is_empty() {
            let remedy = "add [zoom.auth] with kind, client_id and client_secret of your Zoom app";
            mistakes.add(file.as_ref(), "zoom.auth", "this table is missing", remedy);
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// A calendar by its name.
    #[must_use]
    pub fn calendar(&self, name: &CalendarName) -> Option<&Calendar> {
        self.calendars
            .iter()
            .find(|calendar| calendar.name == *name)
    }
}
