//! What is known of the limit per day, across processes.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// The requests of a day, and Zoom's word about them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Day {
    /// The day in UTC that `sent` counts for.
    pub(super) date: Option<Date>,
    pub(super) sent: u64,
    /// Until when Zoom refuses everything, because of the limit per day.
    pub(super) refused_until: Option<Timestamp>,
}

/// Where a [`Day`] stands: `quota/{digest}`.
pub(super) struct DayStore {
    base: Arc<dyn Base>,
    key: String,
}

impl DayStore {
    pub(super) fn new(base: Arc<dyn Base>, account: &str) -> Self {
        let key = format!("quota/{account}");
        Self { base, key }
    }

    pub(super) fn recall(&self) -> Result<Day> {
        let bytes = self.base.get(&self.key)?;
        Ok(bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default())
    }

    /// A count that is lost costs some politeness later, so that a full disk is no reason to stop
    /// here.
    pub(super) async fn remember(&self, day: &Day) {
        let saved = match serde_json::to_vec(day) {
            Ok(bytes) => {
                let change = Change::Put(self.key.clone(), bytes);
                self.base.commit(vec![change]).await
            }
            Err(error) => Err(Error::new(Kind::Local, "counting requests").because(error)),
        };
        if let Err(error) = saved {
            tracing::warn!(cause = %error.cause(), "the count of requests to Zoom was not saved");
        }
    }
}
