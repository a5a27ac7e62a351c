//! The access token of a grant, without what it is renewed with: what a daemon that holds the state
//! lends to a command.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::endpoint::Scopes;
use super::store::{TokenStore, Tokens};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// An access token, without what it is renewed with: what a daemon that holds the state lends to
/// a command, so that nobody but the daemon uses up a refresh token.
#[derive(Clone, Serialize, Deserialize)]
pub struct Lent {
    grant: Grant,
    access: String,
    since: Timestamp,
    good_until: Timestamp,
    #[serde(default)]
    scopes: Scopes,
}

// Written by hand so that no token can reach a log.
impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent")
            .field("good_until", &self.good_until)
            .finish_non_exhaustive()
    }
}

/// Which grant it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    place: Url,
    client_id: String,
    whose: String,
}

impl Grant {
    /// The grant of this app at this place.
    #[must_use]
    pub fn of(place: &Url, client_id: &str, whose: &str) -> Self {
        Self {
            place: place.clone(),
            client_id: client_id.to_owned(),
            whose: whose.to_owned(),
        }
    }

    /// Where its tokens stand.
    pub(super) fn store(&self, base: Arc<dyn Base>, server: &str) -> TokenStore {
        let belongs_to = [self.place.as_str(), &self.client_id, &self.whose];
        TokenStore::new(base, &belongs_to, server)
    }

    /// The access token that stands in a state, where one is still good.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn lend(&self, base: Arc<dyn Base>, now: Timestamp) -> Result<Option<Lent>> {
        let tokens = self.store(base, "the server").load()?;
        let good = tokens.filter(|tokens| !tokens.access.is_empty() && now < tokens.good_until);
        Ok(good.map(|tokens| Lent {
            grant: self.clone(),
            access: tokens.access,
            since: tokens.since,
            good_until: tokens.good_until,
            scopes: tokens.scopes,
        }))
    }

    /// Keeps what was lent where its tokens are looked for. `false` where it is of another
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
            scopes: lent.scopes,
        };
        self.store(base, "the server").save(&tokens).await?;
        Ok(true)
    }
}
