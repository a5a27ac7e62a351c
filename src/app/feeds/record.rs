//! What is remembered of a feed: `feedtoken/{name}`, its address; `feed/{name}`, what it last was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::token::Token;
use crate::domain::feed::{FeedKind, FeedName};
use crate::domain::ids::HostName;
use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

/// The secret part of an address, and what it was given out for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) token: String,
    host: HostName,
    kind: FeedKind,
}

/// What a feed last was: the same content after a restart is the same text of the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The digest of its content.
    pub(super) content: String,
    /// The digest of its text.
    pub(super) text: String,
    /// When the text became what it is.
    pub(super) changed: Timestamp,
}

impl Secret {
    pub(super) fn new(token: &Token, host: &HostName, kind: FeedKind) -> Self {
        Self {
            token: token.as_str().to_owned(),
            host: host.clone(),
            kind,
        }
    }

    /// Whether it was given out for this.
    pub(super) fn is_for(&self, host: &HostName, kind: FeedKind) -> bool {
        self.host == *host && self.kind == kind
    }

    /// The change that remembers it.
    pub(super) fn change(&self, name: &FeedName) -> Change {
        // A plain struct with text keys: writing it as JSON cannot fail.
        Change::Put(
            format!("feedtoken/{name}"),
            serde_json::to_vec(self).unwrap_or_default(),
        )
    }
}

impl Remembered {
    /// The change that remembers it.
    pub(super) fn change(&self, name: &FeedName) -> Change {
        Change::Put(key(name), serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The address that a feed has; none where it has none, or where that cannot be read any more:
/// then it gets another one.
pub(super) fn secret(base: &dyn Base, name: &FeedName) -> Result<Option<Secret>> {
    let Some(bytes) = base.get(&format!("feedtoken/{name}"))? else {
        return Ok(None);
    };
    let secret = serde_json::from_slice(&bytes).ok();
    if secret.is_none() {
        tracing::warn!(feed = %name, "the address of a feed cannot be read; it gets another one");
    }
    Ok(secret)
}

/// What a feed last was, where that is known.
pub(super) fn last(base: &dyn Base, name: &FeedName) -> Result<Option<Remembered>> {
    let bytes = base.get(&key(name))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn key(name: &FeedName) -> String {
    format!("feed/{name}")
}
