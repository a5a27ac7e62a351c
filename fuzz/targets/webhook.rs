//! `POST /webhooks/zoom`: whatever the headers and the body are, nothing panics, nothing unsigned
//! is heard, and what is signed is answered.
//!
//! The input looks like a request: headers, an empty line, the body. The signature `right` stands for
//! the one that fits.

#![no_main]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use axum::response::Response;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;
use slotbridge::domain::fingerprint::Fingerprint;
use slotbridge::domain::hint::Hint;
use slotbridge::ports::clock::Clock;
use slotbridge::ports::error::Result;
use slotbridge::triggers::hearing::{Heard, Hearing};
use slotbridge::triggers::notification::{self, Notification};
use slotbridge::web::refusals::Refusals;
use slotbridge::web::webhook::{Reading, Webhook, routes};
use tower_service::Service;

const SECRET: &str = "what only Zoom and we know";
const NOW: i64 = 1_800_000_000;
const SIGNATURE: &str = "x-zm-signature";
const TIMESTAMP: &str = "x-zm-request-timestamp";

struct Stopped;

#[async_trait::async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap_or_default()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Counts what it hears.
#[derive(Default)]
struct Ears(AtomicUsize);

#[async_trait::async_trait]
impl Hearing for Ears {
    async fn heard(&self, _: &Fingerprint, _: Hint) -> Result<Heard> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Heard::New)
    }

    fn look_soon(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn signature(timestamp: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    for part in [b"v0:", timestamp, b":", body] {
        mac.update(part);
    }
    format!("v0={:x}", mac.finalize().into_bytes())
}

/// Headers that HTTP lets through, and the body.
fn parts(input: &[u8]) -> (Vec<(HeaderName, HeaderValue)>, &[u8]) {
    let split = input.windows(2).position(|two| two == b"\n\n");
    let (head, body) = split.map_or((&b""[..], input), |at| (&input[..at], &input[at + 2..]));
    let timestamp = |line: &[u8]| {
        line.strip_prefix(b"x-zm-request-timestamp:")
            .map(<[u8]>::to_vec)
    };
    let lines = || head.split(|byte| *byte == b'\n');
    let said = lines().find_map(timestamp).unwrap_or_default();
    let headers = lines().filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let value = if value == b"right" {
            HeaderValue::from_str(&signature(&said, body)).ok()
        } else {
            HeaderValue::from_bytes(value).ok()
        };
        Some((HeaderName::from_bytes(name).ok()?, value?))
    });
    (headers.collect(), body)
}

fn ask(router: &mut Router, headers: &[(HeaderName, HeaderValue)], body: &[u8]) -> Response {
    let mut request = Request::post("/webhooks/zoom")
        .body(Body::from(body.to_vec()))
        .expect("a request");
    for (name, value) in headers {
        request.headers_mut().append(name, value.clone());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let answer: std::result::Result<Response, Infallible> = runtime.block_on(router.call(request));
    answer.unwrap_or_else(|never| match never {})
}

/// The value that counts: the first of that name.
fn header<'a>(headers: &'a [(HeaderName, HeaderValue)], name: &str) -> Option<&'a [u8]> {
    headers
        .iter()
        .find(|(is, _)| is == name)
        .map(|(_, value)| value.as_bytes())
}

fn deserves_to_be_heard(headers: &[(HeaderName, HeaderValue)], body: &[u8]) -> bool {
    let (Some(timestamp), Some(said)) = (header(headers, TIMESTAMP), header(headers, SIGNATURE))
    else {
        return false;
    };
    let fresh = std::str::from_utf8(timestamp)
        .ok()
        .and_then(|text| text.parse::<i64>().ok())
        .is_some_and(|seconds| (NOW - 300..=NOW + 300).contains(&seconds));
    // Digits in capitals say the same.
    let digits = said.strip_prefix(b"v0=").map(<[u8]>::to_ascii_lowercase);
    fresh && digits.as_deref() == signature(timestamp, body).as_bytes().strip_prefix(b"v0=")
}

fuzz_target!(|input: &[u8]| {
    let (headers, body) = parts(input);
    let ears = Arc::new(Ears::default());
    let mut router = routes(Webhook {
        secret: SECRET.into(),
        shown: None,
        hearing: ears.clone(),
        clock: Arc::new(Stopped),
        refusals: Arc::new(Refusals::default()),
        reading: Reading::default(),
    });

    let answer = ask(&mut router, &headers, body);
    let heard = ears.0.swap(0, Ordering::Relaxed);
    if deserves_to_be_heard(&headers, body) {
        assert!(answer.status().is_success() || answer.status() == StatusCode::PAYLOAD_TOO_LARGE);
    } else {
        assert!(answer.status().is_client_error(), "{}", answer.status());
        assert_eq!(heard, 0, "nothing unsigned is heard");
    }

    let now = NOW.to_string();
    let signed = [
        (
            HeaderName::from_static(TIMESTAMP),
            HeaderValue::from_str(&now).expect("digits"),
        ),
        (
            HeaderName::from_static(SIGNATURE),
            HeaderValue::from_str(&signature(now.as_bytes(), body)).expect("hexadecimal digits"),
        ),
    ];
    let answer = ask(&mut router, &signed, body);
    assert!(answer.status().is_success(), "{}", answer.status());
    let heard = ears.0.load(Ordering::Relaxed);
    match notification::read(body, Stopped.now()) {
        Ok(Notification::Validation { .. } | Notification::Other) => assert_eq!(heard, 0),
        Ok(Notification::Booking(hint)) => {
            assert_eq!(heard, 1);
            let id = hint.booking.as_str();
            assert!(!id.is_empty() && id.len() <= 256 && !id.contains(char::is_control));
        }
        Ok(Notification::Calendar) | Err(_) => assert_eq!(heard, 1, "a pass looks instead"),
    }
});
