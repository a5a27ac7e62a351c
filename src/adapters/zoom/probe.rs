//! What `check` asks of Zoom.

use reqwest::Method;
use serde_json::{Value, json};

use super::calls::{Answer, Call, Repeat};
use super::client::ZoomClient;
use super::failure::Subject;
use crate::ports::error::{Error, Kind, Result};

/// The id of no booking.
const NO_BOOKING: &str = "slotbridge-check-no-such-booking";

impl ZoomClient {
    /// Seconds that our clock is ahead of Zoom's, as last seen; `None` where it never said its time.
    #[must_use]
    pub fn seconds_ahead(&self) -> Option<i64> {
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
                // The booking is not there, or its id is none: the right is not the matter.
                error if matches!(error.kind(), Kind::Missing | Kind::Refused) => Ok(()),
                error => Err(error),
            },
        }
    }
}
