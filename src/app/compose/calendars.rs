//! Calendars: each as the port that is wanted of it.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Secrets, Wiring};
use crate::adapters::caldav::{Caldav, CaldavConfig, CaldavSource};
use crate::adapters::ics::{Ics, IcsConfig};
use crate::adapters::vdir::{Vdir, VdirSource};
use crate::app::tokens;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::CalendarName;
use crate::ports::base::Base;
use crate::ports::calendar::Calendar;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};
use crate::ports::hours::HoursCalendar;
use crate::ports::source::Source;
use crate::settings::resolved::{self, CalendarPlace, Settings};

impl Wiring<'_> {
    fn place(&self, name: &CalendarName, doing: &str) -> Result<&CalendarPlace, Error> {
        let calendar = self.settings.calendar(name);
        let place = calendar.map(|calendar| &calendar.place);
        place.ok_or_else(|| Error::new(Kind::Missing, doing).because("it is not configured"))
    }

    /// A digest of where a calendar is, without how to be let in.
    pub(super) fn whereabouts(&self, name: &CalendarName) -> Fingerprint {
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

    pub(super) fn calendar(&self, name: &CalendarName) -> Result<Arc<dyn Calendar>, Error> {
        self.writable(name, |caldav| Arc::new(caldav), |vdir| Arc::new(vdir))
    }

    /// A calendar that working hours are kept in. What is wrong with it stops only them.
    pub(super) fn hours(&self, name: &CalendarName) -> Result<Arc<dyn HoursCalendar>, Error> {
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
    pub(super) fn source(&self, name: &CalendarName) -> Result<Arc<dyn Source>, Error> {
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
            let password = self.secrets.calendars.get(name).cloned();
            config.login = Some((username.clone(), password.unwrap_or_else(|| "".into())));
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
        let secret = self.secrets.calendars.get(name).cloned();
        Ok(CaldavConfig {
            url: address(url).map_err(|error| Error::new(Kind::Local, doing).because(error))?,
            collection: collection.clone(),
            credentials: tokens::credentials(name, credentials, secret, self.kept, self.clock)?,
        })
    }
}

/// A calendar as what it is, for `check`.
pub(in crate::app) enum Opened {
    Caldav(Caldav),
    Feed(Ics),
    Vdir(Vdir),
}

/// Opens one calendar. `base` is what is learnt of it kept in, `kept` where its tokens are.
///
/// # Errors
/// When its address makes no sense.
pub(in crate::app) fn open(
    settings: &Settings,
    secrets: &Secrets,
    base: &Arc<dyn Base>,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
    name: &CalendarName,
) -> Result<Opened, Error> {
    let wiring = Wiring {
        settings,
        secrets,
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
