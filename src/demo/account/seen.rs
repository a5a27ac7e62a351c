//! What the account saw and did, for a test to ask about.

use serde_json::Value;

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Under `/v2`.
    Api,
    /// Under `/oauth`.
    Oauth,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Where it came in.
    pub door: Door,
    /// `GET`, `PATCH`, …
    pub method: String,
    /// Without the query: `/v2/scheduler/events`.
    pub path: String,
    /// Decoded, in order.
    pub query: Vec<(String, String)>,
    /// JSON as it came; a form as an object; `None` for an empty body or one that is neither.
    pub body: Option<Value>,
    /// What was answered; `None` where the connection was closed without an answer.
    pub status: Option<u16>,
}

/// A PATCH that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// Of which booking.
    pub id: String,
    /// What it said.
    pub body: Value,
}

/// What happened so far.
#[derive(Default)]
pub(super) struct Log {
    pub(super) seen: Vec<Seen>,
    /// Ids of bookings that an API request really cancelled.
    pub(super) cancellations: Vec<String>,
    pub(super) patches: Vec<Patch>,
}
