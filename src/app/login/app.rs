//! Which app a login is of: the one in Zoom, or the one of a calendar.

use serde::{Deserialize, Serialize};
use url::Url;

use super::super::failure::Failure;
use super::super::{compose, tokens};
use crate::domain::ids::CalendarName;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

/// Which app a command means: a daemon may have been started with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    client_id: String,
    /// What names the server: of Zoom, where its addresses begin; of others, where tokens come from.
    oauth_url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calendar: Option<OfCalendar>,
}

/// What else there is to the app of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OfCalendar {
    name: CalendarName,
    server: String,
    authorize_url: Url,
    scope: Option<String>,
    account: Option<String>,
}

impl App {
    /// The app in Zoom that is configured, whatever its kind.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(settings: &Settings) -> Result<Self, Failure> {
        let client_id = match &settings.zoom.auth {
            Some(Auth::User { client_id, .. } | Auth::ServerToServer { client_id, .. }) => {
                client_id.clone()
            }
            None => return Err(compose::no_app()),
        };
        Ok(Self {
            client_id,
            oauth_url: settings.zoom.oauth_url.clone(),
            calendar: None,
        })
    }

    /// The app of a calendar.
    ///
    /// # Errors
    /// When there is no such calendar, or nobody logs in to it.
    pub fn of_calendar(settings: &Settings, name: &CalendarName) -> Result<Self, Failure> {
        let oauth = tokens::named(settings, name)?;
        Ok(Self {
            client_id: oauth.client_id.clone(),
            oauth_url: oauth.token_url.clone(),
            calendar: Some(OfCalendar {
                name: name.clone(),
                server: tokens::server(oauth),
                authorize_url: oauth.authorize_url.clone(),
                scope: oauth.scope.clone(),
                account: oauth.account.clone(),
            }),
        })
    }

    /// The same app as these settings have it.
    ///
    /// # Errors
    /// When they have none.
    pub(super) fn again(&self, settings: &Settings) -> Result<Self, Failure> {
        match &self.calendar {
            Some(calendar) => Self::of_calendar(settings, &calendar.name),
            None => Self::of(settings),
        }
    }

    /// The calendar that it is of.
    #[must_use]
    pub fn calendar(&self) -> Option<&CalendarName> {
        self.calendar.as_ref().map(|calendar| &calendar.name)
    }

    /// What a person calls the server.
    #[must_use]
    pub fn server(&self) -> &str {
        self.calendar
            .as_ref()
            .map_or("Zoom", |calendar| &calendar.server)
    }

    /// What a person types to log in.
    #[must_use]
    pub fn command(&self) -> String {
        let name = self.calendar();
        name.map_or_else(|| "slotbridge login".to_owned(), tokens::command)
    }

    /// What is asked for, where that is said.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.calendar.as_ref()?.scope.as_deref()
    }

    /// The page on which a person agrees, as far as the app makes it.
    pub(super) fn page(&self) -> Url {
        let of_calendar = self.calendar.as_ref();
        let mut page = of_calendar.map_or_else(
            || below(&self.oauth_url, "authorize"),
            |calendar| calendar.authorize_url.clone(),
        );
        page.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id);
        if let Some(calendar) = &self.calendar {
            let mut pairs = page.query_pairs_mut();
            // Without them Google gives a refresh token only to who agrees for the first time.
            // Others ignore them (RFC 6749 section 3.1).
            pairs
                .append_pair("access_type", "offline")
                .append_pair("prompt", "consent");
            if let Some(scope) = &calendar.scope {
                pairs.append_pair("scope", scope);
            }
            if let Some(account) = &calendar.account {
                pairs.append_pair("login_hint", account);
            }
        }
        page
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        let Ok(oauth_url) = Url::parse("https://zoom.us/oauth") else {
            unreachable!("it is an address");
        };
        Self {
            client_id: "an id".to_owned(),
            oauth_url,
            calendar: None,
        }
    }
}

fn below(oauth_url: &Url, name: &str) -> Url {
    let mut url = oauth_url.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(name);
    }
    url
}
