//! Feeds: calendars that are one read-only text, behind an address or in a file (RFC 5545, "ICS
//! subscriptions").
//!
//! An address is often the only thing that keeps a feed private, so it stands in no error, no
//! cursor and no `Debug`. A passing fault is not tried again here: the next pass is the next try,
//! and until then what was read before stays in force.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use super::http_client::Timeouts;
use crate::domain::ids::{Cursor, Href};
use crate::domain::window::Window;
use crate::ports::calendar::Listing;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::source::{Source, SourceObject};

/// Where a feed is, who asks, and how much of it is taken.
pub struct IcsConfig {
    /// `https://`, `http://` (this machine only), `webcal://`, `webcals://`, `file://`, or a path.
    /// A user name and password in it are taken out and sent as Basic authentication.
    pub address: SecretString,
    /// User name and password (Basic, RFC 7617). Goes before those in the address.
    pub login: Option<(String, SecretString)>,
    /// Time and size.
    pub limits: Limits,
}

impl IcsConfig {
    /// A feed at an address, or in a file, with the usual limits.
    #[must_use]
    pub fn new(address: SecretString) -> Self {
        Self {
            address,
            login: None,
            limits: Limits::default(),
        }
    }
}

/// How long a feed may take, and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To connect, between two pieces, in all.
    pub timeouts: Timeouts,
    /// The largest feed, in bytes, after decompression.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            bytes: 32 << 20,
        }
    }
}

/// A feed as a source of busy time.
pub struct Ics {
    meter: Arc<Meter>,
}

impl Ics {
    /// Prepares a feed. Nothing is sent or opened before it is used.
    ///
    /// # Errors
    /// `Local` for an address that is none, or is not encrypted (unless it is this machine's own).
    pub fn new(_config: IcsConfig, _clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self {
            meter: Arc::default(),
        })
    }
}

#[async_trait]
impl Source for Ics {
    async fn list(&self, _since: Option<&Cursor>, _around: Window) -> Result<Box<dyn Listing>> {
        Err(Error::new(Kind::Local, "reading the feed").because("being built"))
    }

    async fn read(&self, _hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        Err(Error::new(Kind::Local, "reading the feed").because("being built"))
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
