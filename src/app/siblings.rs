//! The calendars beside one that is configured: looked for with its address and its credentials.
//! Where those are tokens of a login, whoever holds the state looks: it alone may renew them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::desk::{Answer, Ask};
use super::failure::{Exit, Failure};
use super::login::{self, App};
use super::seek::{self, Found, Target};
use super::{compose, tokens};
use crate::adapters::caldav::dns::Resolver;
use crate::adapters::memory::base::MemoryBase;
use crate::domain::ids::CalendarName;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::secret::LiveSecret;
use crate::settings::Settings;
use crate::settings::resolved::{CalendarPlace, Credentials};

/// Which calendar they are beside, as the one who asks has it configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// The app by which somebody logged in to it.
    pub(super) app: App,
    url: String,
}

impl Beside {
    /// Whether these settings have that calendar at the same place.
    pub(super) fn is_in(&self, settings: &Settings) -> bool {
        let name = self.app.calendar();
        let place = name.map(|name| place(settings, name));
        place.is_some_and(|place| place.is_ok_and(|(url, _)| url == self.url))
    }
}

/// Where a calendar is, and how one is let in.
///
/// # Errors
/// When there is no such calendar, or it is not behind CalDAV.
pub fn place<'a>(
    settings: &'a Settings,
    name: &CalendarName,
) -> Result<(&'a str, &'a Credentials), Failure> {
    let Some(calendar) = settings.calendar(name) else {
        return Err(tokens::no_calendar(name));
    };
    match &calendar.place {
        CalendarPlace::Caldav {
            url, credentials, ..
        } => Ok((url, credentials)),
        CalendarPlace::Ics { .. } | CalendarPlace::Vdir { .. } => Err(Failure::new(
            Exit::Usage,
            format!("the calendar \"{name}\" is not behind CalDAV: there is nothing to look for"),
            "name one of kind = \"caldav\", or give an address: `slotbridge calendars URL`",
        )),
    }
}

/// Looks for the calendars beside a configured one, and for itself.
///
/// # Errors
/// When it is not behind CalDAV, nobody is logged in, or as [`seek::calendars`].
pub async fn of(
    settings: &Settings,
    name: &CalendarName,
    clock: &Arc<dyn Clock>,
) -> Result<Found, Failure> {
    let (url, credentials) = place(settings, name)?;
    if matches!(credentials, Credentials::OAuth(_)) {
        let beside = Beside {
            app: App::of_calendar(settings, name)?,
            url: url.to_owned(),
        };
        let answer = login::hand_over(&Ask::Calendars(beside), settings, clock).await?;
        let Answer::Found(found) = answer else {
            return Err(Failure::new(
                Exit::State,
                "the running daemon's answer makes no sense",
                "it may be of another version: restart it",
            ));
        };
        return Ok(found);
    }
    let secrets = compose::Secrets::of(settings, clock);
    let secret = secrets.calendars.get(name).cloned();
    let nothing: Arc<dyn Base> = Arc::new(MemoryBase::new());
    found(settings, name, secret, &nothing, clock).await
}

/// Looks with what lets this process in. `base` is where tokens are.
pub(super) async fn found(
    settings: &Settings,
    name: &CalendarName,
    secret: Option<LiveSecret>,
    base: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Found, Failure> {
    let (url, credentials) = place(settings, name)?;
    let credentials = tokens::credentials(name, credentials, secret, base, clock)?;
    let resolver = Resolver::of_the_system();
    seek::calendars(&Target::of(url)?, &credentials, &resolver, clock).await
}
