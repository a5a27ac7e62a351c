//! Builds every adapter from the settings: the one place where their names meet.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use crate::adapters::caldav::{Caldav, CaldavConfig, Credentials};
use crate::adapters::http_client::Timeouts;
use crate::adapters::vdir::Vdir;
use crate::adapters::zoom::{Account, Auth, HostUser, Jitter, Plan, ZoomClient, ZoomConfig};
use crate::domain::ids::CalendarName;
use crate::engine::{Host, Sides};
use crate::ports::base::Base;
use crate::ports::calendar::Calendar;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};
use crate::settings::mistake::Mistakes;
use crate::settings::resolved::{self, CalendarPlace, Settings};
use crate::settings::secret::{NoSecret, Secret};

use super::failure::{Exit, Failure};
use super::named::Named;

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
        Some(resolved::Auth::User {
            client_secret,
            refresh_token,
            ..
        }) => (Some(client_secret), refresh_token.as_ref()),
        Some(resolved::Auth::ServerToServer { client_secret, .. }) => (Some(client_secret), None),
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
            resolved::Credentials::None => None,
            resolved::Credentials::Password { password, .. } => Some(password),
            resolved::Credentials::Bearer(token) => Some(token),
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
        let calendar = calendar(settings, &bookings.calendar, revealed, base, clock);
        let sides = calendar.map(|calendar| Sides {
            zoom: Arc::new(account.host(HostUser::from_key(&host.zoom_user))),
            calendar: Arc::new(Named::new(&bookings.calendar, calendar)),
            base: base.clone(),
            clock: clock.clone(),
        });
        Some(Wired {
            host: Host {
                name: host.name.clone(),
                calendar: bookings.calendar.clone(),
                bookings: bookings.policy.clone(),
            },
            sides,
        })
    });
    Ok(wired.collect())
}

/// Zoom as one host, for `slotbridge zoom …`.
///
/// # Errors
/// When the Zoom account cannot be prepared.
pub fn zoom_client(
    settings: &Settings,
    revealed: &Revealed,
    zoom_user: &str,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<ZoomClient, Failure> {
    let account = account(settings, revealed, kept, clock)?;
    Ok(account.host(HostUser::from_key(zoom_user)))
}

fn account(
    settings: &Settings,
    revealed: &Revealed,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Account, Failure> {
    settings.complete()?;
    let zoom = &settings.zoom;
    let config = ZoomConfig {
        api_url: zoom.api_url.clone(),
        oauth_url: zoom.oauth_url.clone(),
        plan: match zoom.plan {
            resolved::Plan::Free => Plan::Free,
            resolved::Plan::Pro => Plan::Pro,
            resolved::Plan::Business => Plan::Business,
        },
        share: zoom.share,
        auth: zoom_auth(zoom.auth.as_ref(), revealed)?,
        timeouts: Timeouts::default(),
        first_wait: ZoomConfig::FIRST_WAIT,
    };
    Ok(Account::new(
        &config,
        kept.clone(),
        clock.clone(),
        Jitter::random(),
    )?)
}

fn zoom_auth(auth: Option<&resolved::Auth>, revealed: &Revealed) -> Result<Auth, Failure> {
    let client_secret = revealed.client.clone();
    match auth {
        Some(resolved::Auth::User { client_id, .. }) => Ok(Auth::User {
            client_id: client_id.clone(),
            client_secret,
            refresh_token: revealed.refresh.clone(),
        }),
        Some(resolved::Auth::ServerToServer {
            client_id,
            account_id,
            ..
        }) => Ok(Auth::ServerToServer {
            client_id: client_id.clone(),
            client_secret,
            account_id: account_id.clone(),
        }),
        None => Err(Failure::new(
            Exit::Usage,
            "configuration: zoom.auth: this table is missing",
            "add [zoom.auth] with kind, client_id and client_secret of your Zoom app",
        )),
    }
}

fn calendar(
    settings: &Settings,
    name: &CalendarName,
    revealed: &Revealed,
    base: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Calendar>, Error> {
    let doing = format!("opening the calendar {name}");
    let Some(calendar) = settings.calendar(name) else {
        return Err(Error::new(Kind::Missing, doing).because("it is not configured"));
    };
    match &calendar.place {
        CalendarPlace::Caldav {
            url,
            collection,
            credentials,
        } => {
            let config = CaldavConfig {
                url: address(url)
                    .map_err(|error| Error::new(Kind::Local, &*doing).because(error))?,
                collection: collection.clone(),
                credentials: caldav_credentials(credentials, revealed.calendars.get(name)),
            };
            Ok(Arc::new(Caldav::new(config, base.clone(), clock.clone())?))
        }
        CalendarPlace::Vdir { path } => Ok(Arc::new(Vdir::open(path.clone())?)),
        CalendarPlace::Ics { .. } => Err(Error::new(Kind::Refused, doing)
            .because("it is read-only")
            .hint("use a calendar of kind \"caldav\" or \"vdir\"")),
    }
}

/// An address, a mail address, or the name of a server (RFC 6764 section 5).
fn address(text: &str) -> Result<Url, url::ParseError> {
    if text.contains("://") || text.starts_with("mailto:") {
        Url::parse(text)
    } else if text.contains('@') {
        Url::parse(&format!("mailto:{text}"))
    } else {
        Url::parse(&format!("https://{text}/"))
    }
}

fn caldav_credentials(
    credentials: &resolved::Credentials,
    secret: Option<&SecretString>,
) -> Credentials {
    let secret = secret.cloned().unwrap_or_default();
    match credentials {
        resolved::Credentials::None => Credentials::None,
        resolved::Credentials::Password { username, .. } => Credentials::Password {
            username: username.clone(),
            password: secret,
        },
        resolved::Credentials::Bearer(_) => Credentials::Bearer(secret),
    }
}
