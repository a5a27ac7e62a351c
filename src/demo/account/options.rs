//! How a built-in account is set up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::setup::{AppOwner, AvailabilityOptions, CalendarOptions};
use crate::adapters::system::SystemClock;
use crate::ports::clock::Clock;

/// How a built-in account is set up.
#[derive(Clone)]
pub struct AccountOptions {
    /// Ids and tokens follow from it: same seed, same account.
    pub seed: u64,
    /// The time in the account.
    pub clock: Arc<dyn Clock>,
    /// Of the app that may ask for tokens.
    pub client_id: String,
    /// Of the app that may ask for tokens.
    pub client_secret: String,
    /// For `account_credentials`.
    pub account_id: String,
    /// The first refresh token; good for one use.
    pub refresh_token: String,
    /// What a token is said to be good for, besides calendars; nothing is said where this and that are
    /// empty. Nothing is refused by it.
    pub scopes: String,
    /// How long an access token is good.
    pub access_token_life: Duration,
    /// The host's id in Zoom.
    pub user_id: String,
    /// The host's login mail address.
    pub user_email: String,
    /// The host's zone: an IANA name.
    pub time_zone: String,
    /// The largest page that is given, whatever `page_size` asks for.
    pub page_limit: usize,
    /// After so many API requests a page token is no longer good.
    pub page_token_life: Option<u64>,
    /// More than so many API requests in one second are answered with 429.
    pub requests_per_second: Option<u32>,
    /// Whose app it is.
    pub app_owner: AppOwner,
    /// How availability behaves.
    pub availability: AvailabilityOptions,
    /// How the Zoom calendar behaves.
    pub calendar: CalendarOptions,
}

impl AccountOptions {
    /// The usual account, with the time given.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            seed: 1,
            clock,
            client_id: "demo-client".to_owned(),
            client_secret: "demo-client-secret".to_owned(),
            account_id: "demo-account".to_owned(),
            refresh_token: "demo-refresh-token-1".to_owned(),
            scopes: "scheduler:read scheduler:write user:read".to_owned(),
            access_token_life: Duration::from_hours(1),
            user_id: "demoHost3h1u4id4liffdyszs".to_owned(),
            user_email: "alice@example.org".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            page_limit: 300,
            page_token_life: None,
            requests_per_second: None,
            app_owner: AppOwner::default(),
            availability: AvailabilityOptions::default(),
            calendar: CalendarOptions::default(),
        }
    }

    /// The usual account, whose time stands still.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self::new(Arc::new(StoppedClock::at(start)))
    }
}

impl Default for AccountOptions {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

/// A clock that only moves when told to.
#[derive(Debug)]
pub struct StoppedClock {
    now: Mutex<Timestamp>,
}

impl StoppedClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self {
            now: Mutex::new(start),
        }
    }

    /// Moves on; at the end of time it stays there.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, time: Duration) {
        self.advance(time);
    }
}
