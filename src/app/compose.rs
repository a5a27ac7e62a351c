//! Builds every adapter from the settings: the one place where their names meet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::adapters::caldav::{Caldav, CaldavConfig, CaldavSource};
use crate::adapters::http_client::Timeouts;
use crate::adapters::ics::{Ics, IcsConfig};
use crate::adapters::vdir::{Vdir, VdirSource};
use crate::adapters::zoom::{Account, Auth, HostUser, Jitter, Plan, ZoomClient, ZoomConfig};
use crate::domain::busy::Buffers;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{CalendarName, HostName};
use crate::engine::{self, bookable};
use crate::plan::policy::{BusyPolicy, HoursPolicy};
use crate::ports::base::Base;
use crate::ports::calendar::Calendar;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};
use crate::ports::hours::HoursCalendar;
use crate::ports::source::Source;
use crate::settings::mistake::Mistakes;
use crate::settings::origin::Origin;
use crate::settings::resolved::{self, CalendarPlace, Settings};
use crate::settings::secret::{NoSecret, Secret};
use crate::triggers::websocket::Tokens;

use super::failure::{Exit, Failure};
use super::named::Named;
use super::tokens;

/// A host and what its passes work on.
pub struct Wired {
    /// The host.
    pub name: HostName,
    /// Its bookings, where that flow is on.
    pub bookings: Option<WiredBookings>,
    /// Its busy time and hours. Where both flows are off, a pass only takes away what is left of
    /// them.
    pub bookable: WiredBookable,
}

/// The bookings of a host; or why what they need could not be prepared.
pub struct WiredBookings {
    /// The host.
    pub host: engine::Host,
    /// What its passes work on.
    pub sides: Result<engine::Sides, Error>,
}

/// The busy time and hours of a host.
pub struct WiredBookable {
    /// The host.
    pub host: bookable::Host,
    /// What its passes work on.
    pub sides: bookable::Sides,
}

/// The secrets that the adapters need, fetched.
#[derive(Default)]
pub struct Revealed {
    pub(super) client: SecretString,
    pub(super) refresh: Option<SecretString>,
    pub(super) calendars: BTreeMap<CalendarName, SecretString>,
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
pub(super) fn used(settings: &Settings) -> BTreeSet<&CalendarName> {
    let hosts = settings.hosts.iter();
    let names = hosts.flat_map(|host| {
        let bookings = host.bookings.iter().map(|bookings| &bookings.calendar);
        let busy = host.busy.iter().flat_map(|busy| &busy.from);
        let hours = host.hours.iter().map(|hours| &hours.calendar);
        bookings.chain(busy).chain(hours)
    });
    names.collect()
}

pub(super) fn secret_of(place: &CalendarPlace) -> Option<&Secret> {
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
    let wiring = Wiring {
        settings,
        revealed,
        base,
        kept,
        clock,
    };
    let wired = settings.hosts.iter().map(|host| {
        // One client a host: what it learns of Zoom's rights and pace is learnt once.
        let zoom = Arc::new(account.host(HostUser::from_key(&host.zoom_user)));
        Wired {
            name: host.name.clone(),
            bookings: wiring.bookings(host, &zoom),
            bookable: wiring.bookable(host, &zoom),
        }
    });
    Ok(wired.collect())
}

/// What every adapter is built from.
struct Wiring<'a> {
    settings: &'a Settings,
    revealed: &'a Revealed,
    base: &'a Arc<dyn Base>,
    /// The state itself: tokens go there even in a dry run.
    kept: &'a Arc<dyn Base>,
    clock: &'a Arc<dyn Clock>,
}

impl Wiring<'_> {
    fn bookings(&self, host: &resolved::Host, zoom: &Arc<ZoomClient>) -> Option<WiredBookings> {
        let bookings = host.bookings.as_ref()?;
        let calendar = self.calendar(&bookings.calendar);
        let sides = calendar.map(|calendar| engine::Sides {
            zoom: zoom.clone(),
            calendar: Arc::new(Named::new(&bookings.calendar, calendar)),
            base: self.base.clone(),
            clock: self.clock.clone(),
        });
        Some(WiredBookings {
            host: engine::Host {
                name: host.name.clone(),
                calendar: bookings.calendar.clone(),
                place: self.whereabouts(&bookings.calendar),
                bookings: bookings.policy.clone(),
            },
            sides,
        })
    }

    fn bookable(&self, host: &resolved::Host, zoom: &Arc<ZoomClient>) -> WiredBookable {
        let from = host.busy.iter().flat_map(|busy| &busy.from);
        WiredBookable {
            host: bookable::Host {
                places: from
                    .clone()
                    .map(|name| (name.clone(), self.whereabouts(name)))
                    .collect(),
                ..bookable_host(host)
            },
            sides: bookable::Sides {
                sources: from.map(|name| (name.clone(), self.source(name))).collect(),
                zoom_calendar: zoom.clone(),
                availabilities: zoom.clone(),
                hours_calendar: host.hours.as_ref().map(|hours| self.hours(&hours.calendar)),
                base: self.base.clone(),
                clock: self.clock.clone(),
            },
        }
    }

    fn place(&self, name: &CalendarName, doing: &str) -> Result<&CalendarPlace, Error> {
        let calendar = self.settings.calendar(name);
        let place = calendar.map(|calendar| &calendar.place);
        place.ok_or_else(|| Error::new(Kind::Missing, doing).because("it is not configured"))
    }

    /// A digest of where a calendar is, without how to be let in.
    fn whereabouts(&self, name: &CalendarName) -> Fingerprint {
        let place = self.settings.calendar(name).map(|calendar| &calendar.place);
        match place {
            Some(CalendarPlace::Caldav {
                url,
                collection,
                credentials,
            }) => {
                let collection = collection.as_deref().unwrap_or_default();
                // Which of a server's collections that is depends on who asks.
                let user = match credentials {
                    resolved::Credentials::Password { username, .. } if !collection.is_empty() => {
                        username
                    }
                    resolved::Credentials::OAuth(oauth) if !collection.is_empty() => {
                        oauth.account.as_deref().unwrap_or_default()
                    }
                    _ => "",
                };
                Fingerprint::of(["caldav", url.trim_end_matches('/'), collection, user])
            }
            Some(CalendarPlace::Vdir { path }) => {
                Fingerprint::of(["vdir", &path.to_string_lossy()])
            }
            Some(CalendarPlace::Ics { url, .. }) => Fingerprint::of(["ics", url.expose_secret()]),
            None => Fingerprint::of(["nowhere"]),
        }
    }

    fn calendar(&self, name: &CalendarName) -> Result<Arc<dyn Calendar>, Error> {
        self.writable(name, |caldav| Arc::new(caldav), |vdir| Arc::new(vdir))
    }

    /// A calendar that working hours are kept in. What is wrong with it stops only them.
    fn hours(&self, name: &CalendarName) -> Result<Arc<dyn HoursCalendar>, Error> {
        self.writable(name, |caldav| Arc::new(caldav), |vdir| Arc::new(vdir))
    }

    /// A calendar that is written to, as the port that is wanted of it.
    fn writable<Port: ?Sized>(
        &self,
        name: &CalendarName,
        from_caldav: fn(Caldav) -> Arc<Port>,
        from_vdir: fn(Vdir) -> Arc<Port>,
    ) -> Result<Arc<Port>, Error> {
        let doing = format!("opening the calendar {name}");
        let (base, clock) = (self.base.clone(), self.clock.clone());
        match self.place(name, &doing)? {
            place @ CalendarPlace::Caldav { .. } => {
                let config = self.caldav(name, place, &doing)?;
                Ok(from_caldav(Caldav::new(config, base, clock)?))
            }
            CalendarPlace::Vdir { path } => Ok(from_vdir(Vdir::open(path.clone())?)),
            CalendarPlace::Ics { .. } => Err(Error::new(Kind::Refused, doing)
                .because("it is read-only")
                .hint("use a calendar of kind \"caldav\" or \"vdir\"")),
        }
    }

    /// A calendar as a source of busy time. What is wrong with one stops only that one.
    fn source(&self, name: &CalendarName) -> Result<Arc<dyn Source>, Error> {
        let doing = format!("opening the calendar {name}");
        let (base, clock) = (self.base.clone(), self.clock.clone());
        match self.place(name, &doing)? {
            place @ CalendarPlace::Caldav { .. } => {
                let config = self.caldav(name, place, &doing)?;
                Ok(Arc::new(CaldavSource::new(config, base, clock)?))
            }
            CalendarPlace::Vdir { path } => Ok(Arc::new(VdirSource::open(path.clone())?)),
            CalendarPlace::Ics { url, credentials } => {
                Ok(Arc::new(self.feed(name, url, credentials)?))
            }
        }
    }

    fn feed(
        &self,
        name: &CalendarName,
        url: &SecretString,
        credentials: &resolved::Credentials,
    ) -> Result<Ics, Error> {
        let mut config = IcsConfig::new(url.clone());
        if let resolved::Credentials::Password { username, .. } = credentials {
            let password = self.revealed.calendars.get(name).cloned();
            config.login = Some((username.clone(), password.unwrap_or_default()));
        }
        Ics::new(config, self.clock.clone())
    }

    fn caldav(
        &self,
        name: &CalendarName,
        place: &CalendarPlace,
        doing: &str,
    ) -> Result<CaldavConfig, Error> {
        let CalendarPlace::Caldav {
            url,
            collection,
            credentials,
        } = place
        else {
            return Err(Error::new(Kind::Refused, doing).because("it is not behind CalDAV"));
        };
        let secret = self.revealed.calendars.get(name).cloned();
        Ok(CaldavConfig {
            url: address(url).map_err(|error| Error::new(Kind::Local, doing).because(error))?,
            collection: collection.clone(),
            credentials: tokens::credentials(name, credentials, secret, self.kept, self.clock)?,
        })
    }
}

/// What a host wants of busy time and hours, wherever the names of its calendars lead.
pub(super) fn bookable_host(host: &resolved::Host) -> bookable::Host {
    let busy = host.busy.as_ref();
    bookable::Host {
        name: host.name.clone(),
        busy: busy.map(|busy| busy_policy(busy, &host.emails)),
        hours: host.hours.as_ref().map(hours_policy),
        bookings: host.bookings.as_ref().map(|one| one.calendar.clone()),
        places: BTreeMap::new(),
        zone: local_zone(),
    }
}

/// A calendar as what it is, for `check`.
pub(super) enum Opened {
    Caldav(Caldav),
    Feed(Ics),
    Vdir(Vdir),
}

/// Opens one calendar. `base` is what is learnt of it kept in, `kept` where its tokens are.
///
/// # Errors
/// When its address makes no sense.
pub(super) fn open(
    settings: &Settings,
    revealed: &Revealed,
    base: &Arc<dyn Base>,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
    name: &CalendarName,
) -> Result<Opened, Error> {
    let wiring = Wiring {
        settings,
        revealed,
        base,
        kept,
        clock,
    };
    let doing = "opening the calendar";
    match wiring.place(name, doing)? {
        place @ CalendarPlace::Caldav { .. } => {
            let config = wiring.caldav(name, place, doing)?;
            let caldav = Caldav::new(config, base.clone(), clock.clone())?;
            Ok(Opened::Caldav(caldav))
        }
        CalendarPlace::Vdir { path } => Ok(Opened::Vdir(Vdir::open(path.clone())?)),
        CalendarPlace::Ics { url, credentials } => {
            Ok(Opened::Feed(wiring.feed(name, url, credentials)?))
        }
    }
}

fn busy_policy(busy: &resolved::Busy, emails: &[String]) -> BusyPolicy {
    BusyPolicy {
        from: busy.from.clone(),
        to: busy.to,
        future: busy.future,
        buffers: Buffers {
            before: busy.before,
            after: busy.after,
        },
        title: busy.title.clone(),
        emails: emails.to_vec(),
        replace_overrides: busy.replace_overrides,
    }
}

fn hours_policy(hours: &resolved::Hours) -> HoursPolicy {
    HoursPolicy {
        availability: hours.availability.clone(),
        calendar: hours.calendar.clone(),
        wins: hours.wins,
    }
}

/// The zone of this machine, by its IANA name.
fn local_zone() -> String {
    let zone = jiff::tz::TimeZone::system();
    zone.iana_name().unwrap_or("UTC").to_owned()
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

/// Tokens for Zoom's WebSocket.
pub(super) fn event_tokens(
    settings: &Settings,
    revealed: &Revealed,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Tokens>, Failure> {
    Ok(Arc::new(EventTokens(account(
        settings, revealed, kept, clock,
    )?)))
}

struct EventTokens(Account);

#[async_trait]
impl Tokens for EventTokens {
    async fn token(&self) -> Result<(SecretString, Duration), Error> {
        self.0.token_for_events().await
    }
}

/// The Zoom account.
///
/// # Errors
/// When it cannot be prepared.
pub(super) fn account(
    settings: &Settings,
    revealed: &Revealed,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Account, Failure> {
    settings.complete()?;
    zoom_account(settings, revealed, kept, clock)
}

/// The Zoom account, whether or not there is a host already.
///
/// # Errors
/// When no app is configured.
pub fn zoom_account(
    settings: &Settings,
    revealed: &Revealed,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Account, Failure> {
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
        None => Err(no_app()),
    }
}

/// No app is configured.
#[must_use]
pub fn no_app() -> Failure {
    Failure::new(
        Exit::Usage,
        "configuration: zoom.auth: this table is missing",
        "add [zoom.auth] with kind, client_id and client_secret of your Zoom app",
    )
}

/// An address, a mail address, or the name of a server (RFC 6764 section 5).
///
/// # Errors
/// When it is none of these.
pub fn address(text: &str) -> Result<Url, url::ParseError> {
    if text.contains("://") || text.starts_with("mailto:") {
        Url::parse(text)
    } else if text.contains('@') {
        Url::parse(&format!("mailto:{text}"))
    } else {
        Url::parse(&format!("https://{text}/"))
    }
}
