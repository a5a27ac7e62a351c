//! What the account saw and did, for a test to ask about.

use std::collections::BTreeSet;

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
    /// Every request there ever was, each once: method, path, query and body as text.
    pub(super) heard: BTreeSet<String>,
}

impl Log {
    /// Notes a request.
    pub(super) fn note(&mut self, seen: Seen) {
        self.heard.insert(seen.text());
        self.seen.push(seen);
    }

    /// Forgets what a test asks about; not what was ever heard.
    pub(super) fn clear(&mut self) {
        let heard = std::mem::take(&mut self.heard);
        *self = Self {
            heard,
            ..Self::default()
        };
    }
}

impl Seen {
    fn text(&self) -> String {
        let mut text = format!("{} {}", self.method, self.path);
        for (name, value) in &self.query {
            text += " ";
            text += name;
            text += "=";
            text += value;
        }
        if let Some(body) = &self.body {
            text += " ";
            text += &body.to_string();
        }
        text
    }
}
