//! Every secret that the configuration names is fetched. What needs one that cannot be had is not
//! tried.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::compose::{self, Secrets};
use super::super::failure::Exit;
use super::super::serving::is_short;
use super::{Item, PATIENCE};
use crate::domain::ids::CalendarName;
use crate::settings::Settings;
use crate::settings::resolved::{Auth, Calendar, Credentials, Shown};
use crate::settings::secret::{NoSecret, Secret, oddity};

/// What to do about a secret that looks odd.
const ODD: &str = "correct it where it stands; if it really is like that, leave it";

/// What a secret is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    Client,
    Refresh,
    Calendar(CalendarName),
    Webhook,
    /// What webhooks show besides.
    Shown,
    Admin,
}

/// Every secret that could be had.
pub(super) struct Fetched {
    /// For the adapters.
    pub(super) live: Secrets,
    /// Whether the admin token can be guessed.
    pub(super) short_admin: bool,
    missing: Vec<Purpose>,
}

impl Fetched {
    pub(super) fn has(&self, purpose: &Purpose) -> bool {
        !self.missing.contains(purpose)
    }

    /// What is said of something that is not tried for want of a secret.
    pub(super) fn not_tried(name: &'static str, object: impl Into<String>) -> Item {
        Item::warning(
            name,
            object,
            "not tried: its secret could not be had",
            "see above, and run this again",
        )
    }
}

/// Fetches all of them at once.
pub(super) async fn fetch(settings: &Settings) -> (Vec<Item>, Fetched) {
    let named = named(settings);
    let count = named.len();
    let (mut items, fetched) = fetch_these(settings, named).await;
    if items.is_empty() && count > 0 {
        let words = format!("all {count} could be had");
        items.push(Item::ok("secret", "configuration", words));
    }
    (items, fetched)
}

/// Fetches those of the app in Zoom. Only what could not be had is said.
pub(super) async fn fetch_zoom(settings: &Settings) -> (Vec<Item>, Fetched) {
    fetch_these(settings, named_by_zoom(settings)).await
}

/// Fetches that of a calendar. Only what could not be had is said.
pub(super) async fn fetch_calendar(
    settings: &Settings,
    calendar: &Calendar,
) -> (Vec<Item>, Fetched) {
    fetch_these(settings, named_by_calendar(calendar).into_iter().collect()).await
}

async fn fetch_these(settings: &Settings, named: Vec<(Purpose, &Secret)>) -> (Vec<Item>, Fetched) {
    let tried = named.into_iter().map(|(purpose, secret)| async move {
        let outcome = tokio::time::timeout(PATIENCE, secret.reveal()).await;
        (purpose, secret, outcome)
    });
    let (mut items, mut had, mut missing) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (purpose, secret, outcome) in join_all(tried).await {
        let said = settings.secrets.get(secret.key());
        let placed = |cause: &str| match said {
            Some(said) => format!("{said}: {cause}"),
            None => cause.to_owned(),
        };
        let (cause, hint) = match outcome {
            Ok(Ok(value)) => {
                if let Some(odd) = oddity(value.expose_secret()) {
                    items.push(Item::warning("secret", secret.key(), placed(odd), ODD));
                }
                had.insert(purpose, value);
                continue;
            }
            Ok(Err(NoSecret { cause, hint, .. })) => (cause, hint),
            Err(_) => (
                format!("it could not be had within {} s", PATIENCE.as_secs()),
                "run its command by hand, as the user that slotbridge runs as".to_owned(),
            ),
        };
        items.push(Item::wrong(
            "secret",
            secret.key(),
            Exit::Usage,
            placed(&cause),
            hint,
        ));
        missing.push(purpose);
    }
    (
        items,
        Fetched {
            short_admin: had.get(&Purpose::Admin).is_some_and(is_short),
            live: live(had),
            missing,
        },
    )
}

fn live(had: BTreeMap<Purpose, SecretString>) -> Secrets {
    let mut live = Secrets::default();
    for (purpose, secret) in had {
        match purpose {
            Purpose::Client => live.client = Some(secret.into()),
            Purpose::Refresh => live.refresh = Some(secret.into()),
            Purpose::Calendar(name) => drop(live.calendars.insert(name, secret.into())),
            Purpose::Webhook | Purpose::Shown | Purpose::Admin => {}
        }
    }
    live
}

fn named_by_calendar(calendar: &Calendar) -> Option<(Purpose, &Secret)> {
    let secret = compose::secret_of(&calendar.place)?;
    Some((Purpose::Calendar(calendar.name.clone()), secret))
}

fn named_by_zoom(settings: &Settings) -> Vec<(Purpose, &Secret)> {
    let mut named = Vec::new();
    match &settings.zoom.auth {
        Some(Auth::User {
            client_secret,
            refresh_token,
            ..
        }) => {
            named.push((Purpose::Client, client_secret));
            named.extend(refresh_token.iter().map(|token| (Purpose::Refresh, token)));
        }
        Some(Auth::ServerToServer { client_secret, .. }) => {
            named.push((Purpose::Client, client_secret));
        }
        None => {}
    }
    named
}

fn named(settings: &Settings) -> Vec<(Purpose, &Secret)> {
    let mut named = named_by_zoom(settings);
    named.extend(settings.calendars.iter().filter_map(named_by_calendar));
    if let Some(webhook) = &settings.zoom.webhook {
        named.push((Purpose::Webhook, &webhook.secret_token));
        match &webhook.shown {
            Shown::Credentials(Credentials::Password { password, .. }) => {
                named.push((Purpose::Shown, password));
            }
            Shown::Credentials(Credentials::Bearer(token)) => named.push((Purpose::Shown, token)),
            Shown::Credentials(Credentials::None | Credentials::OAuth(_)) => {}
            Shown::Header { value, .. } => named.push((Purpose::Shown, value)),
        }
    }
    let admin = settings
        .http
        .iter()
        .filter_map(|http| http.admin_token.as_ref());
    named.extend(admin.map(|token| (Purpose::Admin, token)));
    named
}
