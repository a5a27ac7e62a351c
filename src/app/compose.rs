//! Builds every adapter from the settings: the one place where their names meet.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;

use crate::domain::ids::CalendarName;
use crate::engine::{Host, Sides};
use crate::ports::base::Base;
use crate::ports::calendar::Calendar;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};
use crate::settings::mistake::Mistakes;
use crate::settings::resolved::{self, Auth, CalendarPlace, Credentials, Settings};
use crate::settings::secret::{NoSecret, Secret};

use super::failure::Failure;

/// A host and what its passes work on; or why that could not be prepared.
pub struct Wired {
    /// The host.
    pub host: Host,
    /// What its passes work on.
    pub sides: Result<Sides, Error>,
}

/// The secrets that the adapters need, fetched.
pub struct Revealed {
    client: SecretString,
    refresh: Option<SecretString>,
    calendars: BTreeMap<CalendarName, SecretString>,
}

/// Fetches every secret that a pass needs.
///
/// # Errors
/// Every one that could not be fetched, at once.
pub async fn reveal(settings: &Settings) -> Result<Revealed, Failure> {
    let mut mistakes = Mistakes::default();
    let mut calendars = BTreeMap::new();
    let (client, refresh) = match &settings.zoom.auth {
        Some(Auth::User {
            client_secret,
            refresh_token,
            ..
        }) => (Some(client_secret), refresh_token.as_ref()),
        Some(Auth::ServerToServer { client_secret, .. }) => (Some(client_secret), None),
        None => (None, None),
    };
    let client = fetch(client, &mut mistakes).await;
    let refresh = fetch(refresh, &mut mistakes).await;
    for name in used(settings) {
        let secret = settings
            .calendar(name)
            .and_then(|calendar| secret_of(&calendar.place));
        if let Some(secret) = fetch(secret, &mut mistakes).await {
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

fn used(settings: &Settings) -> impl Iterator<Item = &CalendarName> {
    settings
        .hosts
        .iter()
        .filter_map(|host| Some(&host.bookings.as_ref()?.calendar))
}

fn secret_of(place: &CalendarPlace) -> Option<&Secret> {
    match place {
        CalendarPlace::Caldav { credentials, .. } => match credentials {
            Credentials::None => None,
            Credentials::Password { password, .. } => Some(password),
            Credentials::Bearer(token) => Some(token),
        },
        CalendarPlace::Ics { .. } | CalendarPlace::Vdir { .. } => None,
    }
}

async fn fetch(secret: Option<&Secret>, mistakes: &mut Mistakes) -> Option<SecretString> {
    match secret?.reveal().await {
        Ok(secret) => Some(secret),
        Err(NoSecret { key, cause, hint }) => {
            mistakes.add(None, key, cause, hint);
            None
        }
    }
}

/// Builds what the passes of every host work on. `base` is what they remember in; `kept` is the
/// state itself, which refreshed tokens go to even in a dry run.
///
/// # Errors
/// When the Zoom account cannot be prepared at all. What is wrong with one host stands with it.
pub fn wire(
    settings: &Settings,
    revealed: &Revealed,
    base: &Arc<dyn Base>,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Wired>, Failure> {
    let account = account(settings, revealed, kept, clock)?;
    let wired = settings.hosts.iter().filter_map(|host| {
        let bookings = host.bookings.as_ref()?;
        let sides =
            calendar(settings, &bookings.calendar, revealed, base, clock).map(|calendar| Sides {
                zoom: account.host(&host.zoom_user),
                calendar,
                base: base.clone(),
                clock: clock.clone(),
            });
        Some(Wired {
            host: Host {
                name: host.name.clone(),
                bookings: bookings.policy.clone(),
            },
            sides,
        })
    });
    Ok(wired.collect())
}

fn account(
    settings: &Settings,
    revealed: &Revealed,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Account, Failure> {
    let _ = (settings, revealed, kept, clock, resolved::Plan::Pro);
    Ok(Account)
}

fn calendar(
    settings: &Settings,
    name: &CalendarName,
    revealed: &Revealed,
    base: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Calendar>, Error> {
    let _ = (settings, revealed, base, clock);
    Err(
        Error::new(Kind::Unreachable, format!("opening the calendar {name}"))
            .because("not built in yet"),
    )
}

/// A request of `slotbridge zoom …`.
pub struct ZoomRequest {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub verb: &'static str,
    /// Below `api_url`.
    pub path: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Option<Value>,
}

struct Account;

impl Account {
    fn host(&self, _user: &str) -> Arc<dyn crate::ports::zoom::Zoom> {
        unreachable!()
    }
}
