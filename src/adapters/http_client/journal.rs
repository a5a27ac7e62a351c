//! One line in the log for each request: enough to see what goes on, and nothing private.

use std::time::Instant;

use reqwest::{Method, Request, StatusCode};
use url::Url;

use crate::ports::error::Error;

/// Parts of a path that say what kind of thing is asked for. Anything else may be an id, a name or
/// a secret.
const PLAIN: [&str; 22] = [
    ".well-known",
    "attendees",
    "availability",
    "caldav",
    "calendars",
    "calendarList",
    "dav",
    "events",
    "me",
    "oauth",
    "primary",
    "principals",
    "remote.php",
    "report",
    "schedules",
    "scheduler",
    "settings",
    "token",
    "revoke",
    "users",
    "v2",
    "links",
];

/// A request that was sent.
pub(super) struct Sent {
    method: Method,
    server: String,
    path: String,
    begun: Instant,
}

impl Sent {
    pub(super) fn begin(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            server: request.url().host_str().unwrap_or_default().to_owned(),
            path: class(request.url()),
            begun: Instant::now(),
        }
    }

    pub(super) fn answered(&self, status: StatusCode) {
        let (ms, status) = (self.milliseconds(), status.as_u16());
        tracing::debug!(method = %self.method, server = %self.server, path = %self.path, status, ms, "request");
    }

    pub(super) fn failed(&self, error: &Error) {
        let (ms, kind) = (self.milliseconds(), error.kind());
        tracing::debug!(method = %self.method, server = %self.server, path = %self.path, cause = %kind, ms, "request without an answer");
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Of what kind a path is: `/v2/scheduler/events/…`.
fn class(url: &Url) -> String {
    let segments = url.path_segments().into_iter().flatten();
    let plain = segments.map(|segment| match PLAIN.contains(&segment) {
        true => segment,
        false if segment.is_empty() => "",
        false => "…",
    });
    format!("/{}", plain.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://api.zoom.us/v2/scheduler/events?to=x", "/v2/scheduler/events")]
    #[case(
        "https://api.zoom.us/v2/scheduler/events/abc123",
        "/v2/scheduler/events/…"
    )]
    #[case("https://u:p@dav.example.org/alice/work/x.ics", "/…/…/…")]
    #[case("https://example.org/calendar/ical/hush-feed/basic.ics", "/…/…/…/…")]
    #[case("https://zoom.us/oauth/token", "/oauth/token")]
    #[case("https://example.org/remote.php/dav/", "/remote.php/dav/")]
    fn a_path_keeps_nothing_private(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(class(&url.parse().unwrap()), expected);
    }
}
