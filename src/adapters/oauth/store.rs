//! Tokens as the store keeps them: durable before they are used.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::endpoint::Scopes;
use crate::domain::fingerprint::Fingerprint;
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// What is known of one grant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tokens {
    /// The access token; empty after the refresh token alone was saved.
    pub(super) access: String,
    /// When it was received, by our own clock.
    pub(super) since: Timestamp,
    /// Until when it is used, by our own clock.
    pub(super) good_until: Timestamp,
    /// The refresh token that the next refresh uses; none for a server-to-server app.
    #[serde(default)]
    pub(super) current: Option<String>,
    /// The one before. A server that never heard that its answer arrived may still take it.
    #[serde(default)]
    pub(super) previous: Option<String>,
    /// The digest of the configured seed when this was saved: another seed is a person's new word.
    #[serde(default)]
    pub(super) seed: Option<Fingerprint>,
    /// What the access token may do; empty where the server did not say.
    #[serde(default)]
    pub(super) scopes: Scopes,
}

// Written by hand so that no token can reach a log.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("since", &self.since)
            .field("good_until", &self.good_until)
            .finish_non_exhaustive()
    }
}

/// Where the tokens of one grant stand: `token/{digest}`.
pub(super) struct TokenStore {
    base: Arc<dyn Base>,
    key: String,
    server: String,
}

impl TokenStore {
    /// The digest names everything that a token belongs to, so that a changed configuration
    /// never meets the tokens of the old one.
    pub(super) fn new(base: Arc<dyn Base>, belongs_to: &[&str], server: &str) -> Self {
        let key = format!("token/{}", Fingerprint::of(belongs_to).as_str());
        let server = server.to_owned();
        Self { base, key, server }
    }

    /// Where they stand in the base.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// What was saved last; none where nothing was, or where it cannot be read any more: then
    /// the configured seed or `login` starts anew.
    pub(super) fn load(&self) -> Result<Option<Tokens>> {
        let Some(bytes) = self.base.get(&self.key)? else {
            return Ok(None);
        };
        let tokens = serde_json::from_slice(&bytes).ok();
        if tokens.is_none() {
            tracing::warn!(key = %self.key, server = %self.server, "the saved token cannot be read and is ignored");
        }
        Ok(tokens)
    }

    /// Saves. When this returns, it survives a power cut.
    pub(super) async fn save(&self, tokens: &Tokens) -> Result<()> {
        let doing = &*format!("saving {}'s new token before it is used", self.server);
        // The serialiser's words could quote a token, so they are dropped.
        let bytes = serde_json::to_vec(tokens).map_err(|_| Error::new(Kind::Local, doing))?;
        self.base
            .commit(vec![Change::Put(self.key.clone(), bytes)])
            .await
            .map_err(|error| {
                Error::new(Kind::Local, doing)
                    .because(error)
                    .hint("check that state_dir is writable and has space; the token is kept in memory and saved with the next try")
            })
    }

    /// Forgets. When this returns, it survives a power cut.
    pub(super) async fn forget(&self) -> Result<()> {
        let doing = format!("forgetting {}'s tokens", self.server);
        let forgotten = self.base.commit(vec![Change::Delete(self.key.clone())]);
        forgotten.await.map_err(|error| {
            Error::new(Kind::Local, doing)
                .because(error)
                .hint("check that state_dir is writable and has space")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_stands_in_what_debug_shows() {
        let tokens: Tokens = serde_json::from_value(serde_json::json!({
            "access": "hush", "since": "2026-11-21T09:00:00Z", "good_until": "2026-11-21T09:00:00Z",
            "current": "hush", "previous": "hush",
        }))
        .unwrap();
        assert!(!format!("{tokens:?}").contains("hush"));
    }
}
