//! Secrets: fetched when something is built that needs them.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use crate::app::failure::Failure;
use crate::domain::ids::CalendarName;
use crate::settings::mistake::Mistakes;
use crate::settings::origin::Origin;
use crate::settings::resolved::{self, CalendarPlace, Settings};
use crate::settings::secret::{NoSecret, Secret};

/// The secrets that the adapters need, fetched.
#[derive(Default)]
pub struct Revealed {
    pub(in crate::app) client: SecretString,
    pub(in crate::app) refresh: Option<SecretString>,
    pub(in crate::app) calendars: BTreeMap<CalendarName, SecretString>,
}

/// Fetches every secret that a pass needs.
///
/// # Errors
/// Every one that could not be fetched, at once.
pub async fn reveal(settings: &Settings) -> Result<Revealed, Failure> {
    let mut mistakes = Mistakes::default();
    let mut calendars = BTreeMap::new();
    let (client, refresh) = match &settings.zoom.auth {
        Some(resolved::Auth::User {
            client_secret,
            refresh_token,
            ..
        }) => (Some(client_secret), refresh_token.as_ref()),
        Some(resolved::Auth::ServerToServer { client_secret, .. }) => (Some(client_secret), None),
        None => (None, None),
    };
    let said = &settings.secrets;
    let client = fetch(client, said, &mut mistakes).await;
    let refresh = fetch(refresh, said, &mut mistakes).await;
    for name in used(settings) {
        let secret = settings
            .calendar(name)
            .and_then(|calendar| secret_of(&calendar.place));
        if let Some(secret) = fetch(secret, said, &mut mistakes).await {
            calendars.insert(name.clone(), secret);
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes.into());
    }
    Ok(Revealed {
        client: client.unwrap_or_default(),
        refresh,
        calendars,
    })
}

/// Fetches the secrets of the Zoom app alone.
///
/// # Errors
/// As [`reveal`].
pub async fn reveal_zoom(settings: &Settings) -> Result<Revealed, Failure> {
    let mut alone = settings.clone();
    alone.hosts.clear();
    reveal(&alone).await
}

/// Every calendar that some flow uses, once.
pub(in crate::app) fn used(settings: &Settings) -> BTreeSet<&CalendarName> {
    let hosts = settings.hosts.iter();
    let names = hosts.flat_map(|host| {
        let bookings = host.bookings.iter().map(|bookings| &bookings.calendar);
        let busy = host.busy.iter().flat_map(|busy| &busy.from);
        let hours = host.hours.iter().map(|hours| &hours.calendar);
        bookings.chain(busy).chain(hours)
    });
    names.collect()
}

pub(in crate::app) fn secret_of(place: &CalendarPlace) -> Option<&Secret> {
    match place {
        CalendarPlace::Caldav { credentials, .. } | CalendarPlace::Ics { credentials, .. } => {
            match credentials {
                resolved::Credentials::None => None,
                resolved::Credentials::Password { password, .. } => Some(password),
                resolved::Credentials::Bearer(token) => Some(token),
                resolved::Credentials::OAuth(oauth) => Some(&oauth.client_secret),
            }
        }
        CalendarPlace::Vdir { .. } => None,
    }
}

/// `said` is where each secret was spoken of.
async fn fetch(
    secret: Option<&Secret>,
    said: &BTreeMap<String, Origin>,
    mistakes: &mut Mistakes,
) -> Option<SecretString> {
    match secret?.reveal().await {
        Ok(secret) => Some(secret),
        Err(NoSecret { key, cause, hint }) => {
            mistakes.add(said.get(&key), key, cause, hint);
            None
        }
    }
}

/// Fetches one secret.
///
/// # Errors
/// When it cannot be had.
pub async fn one_secret(secret: &Secret) -> Result<SecretString, Failure> {
    let mut mistakes = Mistakes::default();
    let fetched = fetch(Some(secret), &BTreeMap::new(), &mut mistakes).await;
    fetched.ok_or_else(|| mistakes.into())
}
