//! What the account answers, with both of Zoom's error shapes (FACTS.md section 1).

use jiff::Timestamp;
use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

/// Either what was asked for, or a refusal to be sent as it is.
pub(super) type Result<T = Answer> = std::result::Result<T, Answer>;

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self::with(200, Some(body))
    }

    pub(super) fn created(body: Value) -> Self {
        Self::with(201, Some(body))
    }

    pub(super) fn no_content() -> Self {
        Self::with(204, None)
    }

    pub(super) fn found(location: String) -> Self {
        Self::with(302, None).header("location", location)
    }

    /// Something in the request is wrong: Scheduler's own shape.
    pub(super) fn bad_request(field: &str, message: &str) -> Self {
        let message = format!("{field}: {message}");
        Self::with(
            400,
            Some(json!({"error": {
                "message": "Invalid argument.",
                "errors": [{"domain": "global", "reason": "invalidArgument", "message": message}],
            }})),
        )
    }

    /// What was asked for is not there: Scheduler's own shape.
    pub(super) fn not_found(what: &str) -> Self {
        Self::with(
            404,
            Some(json!({"error": {
                "message": format!("{what} not found."),
                "errors": [{"domain": "global", "reason": "notFound", "message": "Not found."}],
            }})),
        )
    }

    /// It is not in a state in which this can be done: Scheduler's own shape.
    pub(super) fn conflict(message: &str) -> Self {
        let body = json!({"error": {"message": message, "errors": []}});
        Self::with(409, Some(body))
    }

    /// A refusal in the shape of the platform.
    pub(super) fn platform(status: u16, code: u32, message: &str) -> Self {
        Self::with(status, Some(json!({"code": code, "message": message})))
    }

    /// A wrong parameter, in the shape of the platform.
    pub(super) fn invalid_field(field: &str, message: &str) -> Self {
        Self::with(
            400,
            Some(json!({
                "code": 300,
                "message": "Validation Failed.",
                "errors": [{"field": field, "message": message}],
            })),
        )
    }

    /// The same refusal in the shape of the platform, which the Calendar API speaks.
    pub(super) fn in_platform_shape(self) -> Self {
        let inner = self.body.as_ref().and_then(|body| body.get("error"));
        let word = |place: &str| inner?.pointer(place)?.as_str();
        match word("/errors/0/message").or_else(|| word("/message")) {
            Some(words) => Self::platform(self.status, u32::from(self.status), words),
            None => self,
        }
    }

    /// A page token that is no longer good, or never was.
    pub(super) fn bad_page_token() -> Self {
        Self::invalid_field("next_page_token", "The page token is invalid or expired.")
    }

    /// Too many requests in this second.
    pub(super) fn throttled_qps(retry_after: Option<u64>) -> Self {
        let answer = Self::platform(429, 429, "Too many requests in this second.")
            .header("x-ratelimit-category", "LIGHT")
            .header("x-ratelimit-type", "QPS");
        match retry_after {
            Some(seconds) => answer.header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    /// Too many requests today.
    pub(super) fn throttled_daily(until: Timestamp) -> Self {
        Self::platform(429, 429, "Too many requests on this day.")
            .header("x-ratelimit-category", "LIGHT")
            .header("x-ratelimit-type", "Daily-limit")
            .header("x-ratelimit-limit", "6000")
            .header("x-ratelimit-remaining", "0")
            .header(
                "retry-after",
                until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            )
    }

    /// A refusal of the token endpoint (RFC 6749 section 5.2, with Zoom's `reason`).
    pub(super) fn oauth(status: u16, error: &str, reason: &str) -> Self {
        Self::with(status, Some(json!({"reason": reason, "error": error})))
    }

    fn with(status: u16, body: Option<Value>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
