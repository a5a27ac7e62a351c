//! The configuration of the story: built in code, so that no file of this machine has a say, and
//! written down, so that other commands find its state and calendar afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::account::{Account, Server};
use super::stage::Places;
use crate::app::failure::{Exit, Failure};
use crate::domain::ids::{CalendarName, HostName};
use crate::plan::policy::BookingsPolicy;
use crate::settings::Settings;
use crate::settings::resolved::{
    Auth, Bookings, Calendar, CalendarPlace, Host, Plan, Rhythm, Sync, Zoom,
};
use crate::settings::secret::Secret;

const HOST: &str = "alice";
const CALENDAR: &str = "home";

/// What the story runs with.
///
/// # Errors
/// When the address of the built-in account makes no sense.
pub fn settings(account: &Account, server: &Server, places: &Places) -> Result<Settings, Failure> {
    let app = account.options();
    Ok(Settings {
        files: Vec::new(),
        secrets: BTreeMap::new(),
        placeholders: Vec::new(),
        state_dir: places.state.clone(),
        zoom: Zoom {
            api_url: address(&server.api_url())?,
            oauth_url: address(&server.oauth_url())?,
            // Its limit is far above what the story asks for.
            plan: Plan::Business,
            share: 1.0,
            auth: Some(Auth::User {
                client_id: app.client_id.clone(),
                client_secret: Secret::plain("zoom.auth.client_secret", &app.client_secret),
                refresh_token: Some(Secret::plain("zoom.auth.refresh_token", &app.refresh_token)),
            }),
            webhook: None,
            websocket: None,
        },
        sync: Sync {
            rhythm: Rhythm::Every(Duration::from_mins(5)),
            jitter: Duration::ZERO,
            on_failure: Vec::new(),
        },
        http: None,
        calendars: vec![Calendar {
            name: CalendarName::new(CALENDAR),
            place: CalendarPlace::Vdir {
                path: places.calendar.clone(),
            },
        }],
        hosts: vec![Host {
            name: HostName::new(HOST),
            zoom_user: "me".to_owned(),
            emails: Vec::new(),
            bookings: Some(Bookings {
                calendar: CalendarName::new(CALENDAR),
                policy: BookingsPolicy::default(),
            }),
            busy: None,
            hours: None,
            feeds: Vec::new(),
        }],
        warnings: Vec::new(),
    })
}

/// The same as a file.
#[must_use]
pub fn file(account: &Account, server: &Server, places: &Places) -> String {
    let app = account.options();
    // Paths and addresses as TOML writes a string: with its own quotes and escapes.
    let text = |value: &str| toml::Value::from(value).to_string();
    format!(
        "# What `slotbridge demo` ran with. Its Zoom account is gone; its state and calendar are here.\n\
         state_dir = {}\n\n\
         [zoom]\napi_url = {}\noauth_url = {}\nplan = \"business\"\nshare = 1.0\n\n\
         [zoom.auth]\nkind = \"user\"\nclient_id = {}\nclient_secret = {}\nrefresh_token = {}\n\n\
         [[calendar]]\nname = \"{CALENDAR}\"\nkind = \"vdir\"\npath = {}\n\n\
         [[host]]\nname = \"{HOST}\"\n\n\
         [host.bookings]\ncalendar = \"{CALENDAR}\"\n",
        text(&places.state.to_string_lossy()),
        text(&server.api_url()),
        text(&server.oauth_url()),
        text(&app.client_id),
        text(&app.client_secret),
        text(&app.refresh_token),
        text(&places.calendar.to_string_lossy()),
    )
}

fn address(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| {
        Failure::new(
            Exit::Attention,
            format!("reading the address of the built-in account: {error}"),
            "please report this",
        )
    })
}
