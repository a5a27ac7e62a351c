//! What `check` asks of Zoom, and the access token that a daemon lends for it.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::calls::{Answer, Call, Repeat};
use super::client::ZoomClient;
use super::failure::Subject;
use super::token_store::{TokenStore, Tokens};
use crate::ports::base::Base;
use crate::ports::error::{Error, Kind, Result};

/// The id of no booking.
const NO_BOOKING: &str = "slotbridge-check-no-such-booking";

impl ZoomClient {
    /// Seconds that our clock is ahead of Zoom's, as last seen.
    #[must_use]
    pub fn seconds_ahead(&self) -> i64 {
        self.calls.meter().seconds_ahead()
    }

    /// The host's booking pages, as Zoom writes them (the first 100).
    ///
    /// # Errors
    /// `Denied` without the right.
    pub async fn booking_pages(&self) -> Result<Vec<Value>> {
        let doing = "listing the host's booking pages in Zoom";
        let mut query = vec![("page_size", "100")];
        query.extend(self.user_query());
        let call = Call {
            method: Method::GET,
            path: &["scheduler", "schedules"],
            query: &query,
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing,
        };
        let value = self.calls.make(&call).await?.done(doing)?;
        match value.get("items") {
            Some(Value::Array(pages)) => Ok(pages.clone()),
            _ => Err(Error::new(Kind::Malformed, doing).because("it is no list")),
        }
    }

    /// Whether bookings may be changed, tried on one that does not exist: where that is "not
    /// found", nothing but the booking is missing.
    ///
    /// # Errors
    /// `Denied` without the scope.
    pub async fn may_change_bookings(&self) -> Result<()> {
        let doing = "asking Zoom whether bookings may be changed";
        let call = Call {
            method: Method::PATCH,
            path: &["scheduler", "events", NO_BOOKING],
            query: &self.user_query(),
            body: Some(json!({"meeting_notes": ""})),
            repeat: Repeat::Once,
            subject: Subject::Whole,
            doing,
        };
        match self.calls.make(&call).await? {
            Answer::Done(_) => Ok(()),
            Answer::Failed(failure) => match failure.error(doing) {
                error if error.kind() == Kind::Denied => Err(error),
                // The booking is not there, or its id is none: the right is not the matter.
                _ => Ok(()),
            },
        }
    }
}

/// An access token, without what it is renewed with: what a daemon that holds the state lends to
/// a command, so that nobody but the daemon uses up a refresh token.
#[derive(Clone, Serialize, Deserialize)]
pub struct Lent {
    grant: Grant,
    access: String,
    since: Timestamp,
    good_until: Timestamp,
}

// Written by hand so that no token can reach a log.
impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent")
            .field("good_until", &self.good_until)
            .finish_non_exhaustive()
    }
}

/// Which grant of a user's app it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    oauth_url: Url,
    client_id: String,
}

impl Grant {
    /// The grant of this app at this place.
    #[must_use]
    pub fn of(oauth_url: &Url, client_id: &str) -> Self {
        Self {
            oauth_url: oauth_url.clone(),
            client_id: client_id.to_owned(),
        }
    }

    fn store(&self, base: Arc<dyn Base>) -> TokenStore {
        TokenStore::new(base, &[self.oauth_url.as_str(), &self.client_id, "user"])
    }

    /// The access token that stands in a state, where one is still good.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn lend(&self, base: Arc<dyn Base>, now: Timestamp) -> Result<Option<Lent>> {
        let tokens = self.store(base).load()?;
        let good = tokens.filter(|tokens| !tokens.access.is_empty() && now < tokens.good_until);
        Ok(good.map(|tokens| Lent {
            grant: self.clone(),
            access: tokens.access,
            since: tokens.since,
            good_until: tokens.good_until,
        }))
    }

    /// Keeps what was lent where an account looks for its tokens. `false` where it is of another
    /// grant.
    ///
    /// # Errors
    /// When the base cannot be written.
    pub async fn keep(&self, lent: Lent, base: Arc<dyn Base>) -> Result<bool> {
        if lent.grant != *self {
            return Ok(false);
        }
        let tokens = Tokens {
            access: lent.access,
            since: lent.since,
            good_until: lent.good_until,
            current: None,
            previous: None,
            seed: None,
        };
        self.store(base).save(&tokens).await?;
        Ok(true)
    }
}
