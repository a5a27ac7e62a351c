//! What an account is configured with: the `[zoom]` table, resolved.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::label::Label;
use crate::adapters::http_client::Timeouts;
use crate::ports::secret::LiveSecret;

/// `[zoom]`, with secrets read.
#[derive(Clone, Debug)]
pub struct ZoomConfig {
    /// `zoom.api_url`.
    pub api_url: Url,
    /// `zoom.oauth_url`; the token endpoint is this with `/token` behind it.
    pub oauth_url: Url,
    /// `zoom.plan`.
    pub plan: Plan,
    /// `zoom.share`: which part of the account's limit may be used, above 0 and up to 1.
    pub share: f64,
    /// `[zoom.auth]`.
    pub auth: Auth,
    /// How long an exchange may take.
    pub timeouts: Timeouts,
    /// The first wait between two tries; each further one may be twice as long.
    pub first_wait: Duration,
}

impl ZoomConfig {
    /// The wait that `first_wait` has unless a test wants it shorter.
    pub const FIRST_WAIT: Duration = Duration::from_millis(200);
}

/// `zoom.plan`: the rate limits to stay under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// 4 requests a second, 6,000 a day.
    Free,
    /// 30 requests a second.
    Pro,
    /// Business and up: 80 requests a second.
    Business,
}

impl Plan {
    /// Requests a second that an account may make to operations with this label (FACTS.md
    /// section 1).
    #[must_use]
    pub fn per_second(self, label: Label) -> u32 {
        match (self, label) {
            (Self::Free, Label::Light) => 4,
            (Self::Free, Label::Medium) => 2,
            (Self::Free, Label::Heavy) => 1,
            (Self::Pro, Label::Light) => 30,
            (Self::Pro, Label::Medium) => 20,
            (Self::Pro, Label::Heavy) => 10,
            (Self::Business, Label::Light) => 80,
            (Self::Business, Label::Medium) => 60,
            (Self::Business, Label::Heavy) => 40,
        }
    }

    /// Requests a day, where LIGHT operations have such a limit.
    #[must_use]
    pub fn per_day(self) -> Option<u32> {
        match self {
            Self::Free => Some(6_000),
            Self::Pro | Self::Business => None,
        }
    }
}

/// `[zoom.auth]`.
#[derive(Clone, Debug)]
pub enum Auth {
    /// `kind = "user"`: a person logged in.
    User {
        /// `zoom.auth.client_id`.
        client_id: String,
        /// `zoom.auth.client_secret`.
        client_secret: LiveSecret,
        /// `zoom.auth.refresh_token`: seeds the state in place of `login`.
        refresh_token: Option<LiveSecret>,
    },
    /// `kind = "server_to_server"`: an app of the account itself.
    ServerToServer {
        /// `zoom.auth.client_id`.
        client_id: String,
        /// `zoom.auth.client_secret`.
        client_secret: LiveSecret,
        /// `zoom.auth.account_id`.
        account_id: String,
    },
}

impl Auth {
    pub(super) fn client(&self) -> (&str, &LiveSecret) {
        match self {
            Self::User {
                client_id,
                client_secret,
                ..
            }
            | Self::ServerToServer {
                client_id,
                client_secret,
                ..
            } => (client_id, client_secret),
        }
    }
}

/// `host.zoom_user`: whose bookings.
#[derive(Clone, PartialEq, Eq)]
pub enum HostUser {
    /// `me`: who logged in.
    Me,
    /// A user id or mail address of the account.
    Other(String),
}

impl HostUser {
    /// What `host.zoom_user` means.
    #[must_use]
    pub fn from_key(text: &str) -> Self {
        if text.eq_ignore_ascii_case("me") {
            Self::Me
        } else {
            Self::Other(text.to_owned())
        }
    }

    /// The user as a path segment.
    #[must_use]
    pub fn segment(&self) -> &str {
        match self {
            Self::Me => "me",
            Self::Other(id) => id,
        }
    }

    /// The user as the query parameter `user_id`, which only stands for somebody else.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Me => None,
            Self::Other(id) => Some(id),
        }
    }
}

// A user may be named by mail address, and those stay out of every text that may be logged.
impl fmt::Debug for HostUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Me => "Me",
            Self::Other(_) => "Other(..)",
        })
    }
}
