//! Both shapes of Zoom's errors (FACTS.md section 1), and how to react.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::adapters::http_client::is_passing;
use crate::ports::error::{Error, Kind};

/// What a request was about, and so what a refusal of it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The host or the account: nothing goes on without it.
    Whole,
    /// One resource by its id: its neighbours may pass.
    One {
        /// The scope that such a request needs.
        scope: &'static str,
    },
    /// Whatever a person asked for: there is nothing else that could go on.
    Asked {
        /// The scope that such a request needs.
        scope: &'static str,
    },
}

/// An answer that is not a success.
pub(super) struct Failure {
    pub(super) status: StatusCode,
    subject: Subject,
    code: Option<i64>,
    /// Zoom's words. They may name people or quote what was sent, so they are read, not shown.
    message: String,
    /// The fields that Zoom complains of.
    fields: Vec<String>,
    /// Its words about each of them; read, not shown, likewise.
    details: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    code: Value,
    message: Value,
    errors: Value,
    error: Value,
}

impl Failure {
    /// Reads either shape; any other body leaves the status alone to speak.
    pub(super) fn read(status: StatusCode, body: &[u8], subject: Subject) -> Self {
        let outer: Shape = serde_json::from_slice(body).unwrap_or_default();
        let inner: Shape = serde_json::from_value(outer.error).unwrap_or_default();
        let said = |name: &'static str| {
            [&outer.errors, &inner.errors]
                .into_iter()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(move |error| error.get(name)?.as_str())
        };
        let fields = said("field").filter(|field| is_name(field)).take(8);
        let fields = fields.map(str::to_owned).collect();
        let details = said("message").take(4).map(str::to_owned).collect();
        Self {
            status,
            subject,
            code: number(&outer.code).or_else(|| number(&inner.code)),
            message: outer
                .message
                .as_str()
                .or(inner.message.as_str())
                .unwrap_or_default()
                .to_owned(),
            fields,
            details,
        }
    }

    /// Whether Zoom refused the token itself, or what it may do.
    pub(super) fn is_about_token(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            || self.status.is_client_error() && matches!(self.code, Some(124 | 4700))
    }

    /// Whether the token is good but lacks a scope, which another token of the same app does too.
    pub(super) fn is_about_scope(&self) -> bool {
        self.is_about_token() && self.message.to_lowercase().contains("scope")
    }

    /// Whether it is one resource that is refused to a token which may be good for others. The
    /// listing of the next pass tells whether it is. Code 124 says that the token itself is bad.
    pub(super) fn is_about_one(&self) -> bool {
        let scope = matches!(self.code, Some(4700 | 4711)) || self.is_about_scope();
        matches!(self.subject, Subject::One { .. })
            && self.code != Some(124)
            && (self.status == StatusCode::FORBIDDEN || (self.status.is_client_error() && scope))
    }

    /// Whether what a person asked for needs a right that the token lacks.
    fn lacks_what_was_asked(&self) -> bool {
        matches!(self.subject, Subject::Asked { .. }) && self.code == Some(4711)
    }

    /// Whether the user never opened Scheduler, or is not in this account.
    pub(super) fn is_about_user(&self) -> bool {
        let message = self.message.to_lowercase();
        self.code == Some(1001)
            || message.contains("user not found")
            || message.contains("user does not exist")
    }

    /// Whether what was asked for is gone, or never was.
    pub(super) fn is_absence(&self) -> bool {
        !self.is_about_token()
            && !self.is_about_user()
            && matches!(self.status, StatusCode::NOT_FOUND | StatusCode::GONE)
    }

    /// What happened, in words of our own.
    pub(super) fn cause(&self) -> String {
        let status = format!("HTTP {}", self.status.as_u16());
        let code = self.code.map(|code| format!("Zoom's code {code}"));
        let fields = (!self.fields.is_empty()).then(|| format!("about {}", self.fields.join(", ")));
        let words: Vec<String> = [Some(status), code, fields].into_iter().flatten().collect();
        words.join(", ")
    }

    /// Zoom's own words without anything that could be an address, a token or a link, for a
    /// person who typed the request themselves.
    pub(super) fn quoted(&self) -> Option<String> {
        let mut said = self.message.clone();
        for detail in &self.details {
            if !said.to_lowercase().contains(&detail.to_lowercase()) {
                said = format!("{said} {detail}");
            }
        }
        let words: Vec<&str> = said
            .split_whitespace()
            .take(24)
            .map(|word| {
                let plain = word.len() <= 24
                    && word
                        .chars()
                        .all(|c| c.is_alphanumeric() || ".,:;!?'-_()[]".contains(c));
                if plain { word } else { "…" }
            })
            .collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The error for this failure, where the caller has no better one.
    pub(super) fn error(&self, doing: &str) -> Error {
        let status = self.status;
        let (kind, hint) = if self.is_about_one() {
            (Kind::Refused, self.right_hint())
        } else if self.is_about_token() || self.lacks_what_was_asked() {
            (Kind::Denied, self.scope_hint())
        } else if self.is_about_user() {
            let hint = "open Zoom Scheduler once as this user, or check host.zoom_user";
            (Kind::Missing, hint.to_owned())
        } else if status == StatusCode::FORBIDDEN {
            (Kind::Denied, self.scope_hint())
        } else if is_passing(status) {
            (Kind::Transient, "it is tried again by itself".to_owned())
        } else if status.is_redirection() {
            let hint = "check zoom.api_url: the server there points to another address, which is not followed";
            (Kind::Unreachable, hint.to_owned())
        } else if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            let hint = "check the id, host.zoom_user and zoom.api_url";
            (Kind::Missing, hint.to_owned())
        } else {
            let hint = if matches!(self.subject, Subject::Asked { .. }) {
                "correct what was asked for; the command with --help names what can be said"
            } else {
                "look at this item in Zoom; its neighbours are not affected"
            };
            (Kind::Refused, hint.to_owned())
        };
        Error::new(kind, doing).because(self.cause()).hint(hint)
    }

    /// The remedy for one resource that is refused: a right, or somebody else's booking.
    fn right_hint(&self) -> String {
        let named = self.named_scopes();
        let scopes = match self.subject {
            Subject::One { scope } if named.is_empty() => scope.to_owned(),
            Subject::One { .. } | Subject::Asked { .. } | Subject::Whole => named.join(", "),
        };
        format!(
            "the app may lack the scope {scopes} (for other users the `:admin` one): give it in \
             Zoom's marketplace; or this booking is not this user's. Others are not affected"
        )
    }

    /// The scopes that Zoom says are missing.
    pub(super) fn named_scopes(&self) -> Vec<&str> {
        self.message
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
            .filter(|word| word.starts_with("scheduler:") || word.starts_with("calendar:"))
            .take(6)
            .collect()
    }

    fn scope_hint(&self) -> String {
        let named = self.named_scopes();
        let scopes = if let (Subject::Asked { scope }, true) = (self.subject, named.is_empty()) {
            scope.to_owned()
        } else if named.is_empty() {
            "scheduler:read:list_scheduled_events, scheduler:read:scheduled_event, \
             scheduler:read:scheduled_event_attendee, scheduler:update:scheduled_event"
                .to_owned()
        } else {
            named.join(", ")
        };
        format!(
            "give the app these scopes in Zoom's marketplace (for other users the `:admin` ones): \
             {scopes}; a user app then needs a new login (`slotbridge login`); and check zoom.auth.client_id"
        )
    }
}

fn number(code: &Value) -> Option<i64> {
    code.as_i64().or_else(|| code.as_str()?.parse().ok())
}

fn is_name(field: &str) -> bool {
    (1..=40).contains(&field.len())
        && field
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.[]".contains(&b))
}
