//! Secrets: named when something is built that needs them, fetched when it uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use secrecy::SecretString;

use crate::app::failure::{Exit, Failure};
use crate::app::keyring::Keyring;
use crate::domain::ids::CalendarName;
use crate::ports::clock::Clock;
use crate::ports::secret::LiveSecret;
use crate::settings::resolved::{self, CalendarPlace, Settings};
use crate::settings::secret::{NoSecret, Secret};

/// The secrets that the adapters need.
#[derive(Clone, Default)]
pub struct Secrets {
    pub(in crate::app) client: Option<LiveSecret>,
    pub(in crate::app) refresh: Option<LiveSecret>,
    pub(in crate::app) calendars: BTreeMap<CalendarName, LiveSecret>,
    pub(in crate::app) keyring: Option<Keyring>,
}

impl Secrets {
    /// Those of a configuration. None of them is fetched yet.
    #[must_use]
    pub fn of(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        let keyring = Keyring::new(clock.clone());
        let live = |secret: &Secret| keyring.live(secret, settings.secrets.get(secret.key()));
        let (client, refresh) = match &settings.zoom.auth {
            Some(resolved::Auth::User {
                client_secret,
                refresh_token,
                ..
            }) => (Some(client_secret), refresh_token.as_ref()),
            Some(resolved::Auth::ServerToServer { client_secret, .. }) => {
                (Some(client_secret), None)
            }
            None => (None, None),
        };
        let calendars = settings.calendars.iter().filter_map(|calendar| {
            let secret = secret_of(&calendar.place)?;
            Some((calendar.name.clone(), live(secret)))
        });
        Self {
            client: client.map(live),
            refresh: refresh.map(live),
            calendars: calendars.collect(),
            keyring: Some(keyring.clone()),
        }
    }

    /// A person wants a pass now: what failed is fetched without waiting.
    pub(in crate::app) fn without_waiting(&self) {
        if let Some(keyring) = &self.keyring {
            keyring.without_waiting();
        }
    }

    /// The process ends: nothing is fetched any more.
    pub fn end(&self) {
        if let Some(keyring) = &self.keyring {
            keyring.end();
        }
    }
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

/// Fetches one secret of the configuration.
///
/// # Errors
/// When it cannot be had.
pub async fn one_secret(secret: &Secret, settings: &Settings) -> Result<SecretString, Failure> {
    let fetched = secret.reveal().await;
    fetched.map_err(|NoSecret { key, cause, hint }| {
        let said = settings.secrets.get(&key);
        let place = said.map_or_else(String::new, |said| format!("{said}: "));
        Failure::new(Exit::Denied, format!("{place}{key}: {cause}"), hint)
    })
}
