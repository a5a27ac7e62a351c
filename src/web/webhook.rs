//! `POST /webhooks/zoom`: what Zoom tells at once (FACTS.md section 4).
//!
//! The signature goes over the raw bytes, so it is checked before anything is read. The answer is
//! given when the hint is on disk, and before any work about it is done: Zoom waits 3 s, and never
//! sends again what was answered with a 2xx or a 4xx.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::Sha256;
use sha2::digest::Output;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::refusals::Refusals;
use super::refused;
use crate::domain::fingerprint::Fingerprint;
use crate::ports::clock::Clock;
use crate::triggers::hearing::{Heard, Hearing};
use crate::triggers::notification::{self, Notification};

/// The longest body (CONTRACT section 6).
pub const LONGEST: usize = 1024 * 1024;
/// What waits for no place, in bytes. Zoom's own are shorter.
const SHORT: usize = 16 * 1024;
/// How far a timestamp may be from now, either way (CONTRACT section 6).
const STALE: i64 = 300;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// The header with the signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-zm-signature");
/// The header with the time that is signed.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-zm-request-timestamp");

/// What Zoom was told to show besides its signature.
pub struct Shown {
    /// The header.
    pub name: HeaderName,
    /// Its whole value.
    pub value: SecretString,
}

/// What the webhook works with.
pub struct Webhook {
    /// `zoom.webhook.secret_token`.
    pub secret: SecretString,
    /// What else every request has to show.
    pub shown: Option<Shown>,
    /// Who takes what is heard.
    pub hearing: Arc<dyn Hearing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What was refused.
    pub refusals: Arc<Refusals>,
    /// Where bodies are read.
    pub reading: Reading,
}

/// Lets eight long bodies be read at once: each may be 1 MiB, before anybody knows who sends it. Short
/// ones, as Zoom's are, wait for no place: as many as there may be connections take little memory, and
/// nobody who sends slowly keeps Zoom waiting.
pub struct Reading(Semaphore);

impl Default for Reading {
    fn default() -> Self {
        Self(Semaphore::new(8))
    }
}

/// The signature of a body that is sent at this time.
#[must_use]
pub fn signature(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let parts = [b"v0:", timestamp.as_bytes(), b":", body];
    format!("v0={:x}", sign(secret, &parts))
}

/// What whoever knows the secret answers to this token.
#[must_use]
pub fn answer_to(secret: &SecretString, plain_token: &str) -> String {
    format!("{:x}", sign(secret, &[plain_token.as_bytes()]))
}

/// The route.
pub fn routes(webhook: Webhook) -> Router {
    Router::new()
        .route("/webhooks/zoom", post(take))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(Arc::new(webhook))
}

/// As long as the secret token cannot be had: Zoom is asked to send it again later.
pub fn unready() -> Router {
    let answer = || async { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
    Router::new().route("/webhooks/zoom", post(answer))
}

async fn take(State(webhook): State<Arc<Webhook>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if declares_too_much(&parts.headers) {
        return webhook.too_large();
    }
    // What cannot be right needs no body read.
    if !webhook.is_shown(&parts.headers) {
        webhook.refusals.count(
            "webhook without the agreed header",
            "check the authentication that is set up in the Zoom app against [zoom.webhook]",
        );
        return refused(StatusCode::UNAUTHORIZED, "not authorised\n");
    }
    let Some(signed) = Signed::read(&parts.headers).filter(|signed| webhook.is_fresh(signed))
    else {
        webhook.refusals.count(
            "webhook without a fresh timestamp and signature",
            "if it comes from Zoom, set this machine's clock (`timedatectl set-ntp true`)",
        );
        return refused(StatusCode::UNAUTHORIZED, "no fresh signature\n");
    };
    let _place = if declared(&parts.headers).is_some_and(|length| length <= SHORT) {
        None
    } else {
        let place = tokio::time::timeout(PATIENCE, webhook.reading.0.acquire()).await;
        let Ok(Ok(place)) = place else {
            let hint = "somebody floods this address; Zoom sends its own again";
            webhook.refusals.count("webhooks, too many at once", hint);
            return refused(StatusCode::SERVICE_UNAVAILABLE, "too many at once\n");
        };
        Some(place)
    };
    let body = match read(body).await {
        Ok(body) => body,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => return webhook.too_large(),
        Err(status) => {
            let hint = "look who sends so slowly to this address";
            webhook
                .refusals
                .count("webhook that did not come whole", hint);
            return refused(status, "the body did not come whole in time\n");
        }
    };
    if !signed.fits(&webhook.secret, &body) {
        webhook.refusals.count(
            "webhook with a wrong signature",
            "check zoom.webhook.secret_token against the Zoom app's page",
        );
        return refused(StatusCode::UNAUTHORIZED, "wrong signature\n");
    }
    webhook.hear(&body).await
}

fn declares_too_much(headers: &HeaderMap) -> bool {
    declared(headers).is_some_and(|length| length > LONGEST)
}

/// How long the body is, where that is said. HTTP lets no more than that be read.
fn declared(headers: &HeaderMap) -> Option<usize> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

async fn read(body: Body) -> Result<body::Bytes, StatusCode> {
    match tokio::time::timeout(PATIENCE, body::to_bytes(body, LONGEST)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_too_long(&error) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
}

impl Webhook {
    async fn hear(&self, body: &[u8]) -> Response {
        let now = self.clock.now();
        match notification::read(body, now) {
            Ok(Notification::Validation { plain_token }) => {
                let encrypted = answer_to(&self.secret, &plain_token);
                axum::Json(json!({"plainToken": plain_token, "encryptedToken": encrypted}))
                    .into_response()
            }
            Ok(Notification::Booking(hint)) => {
                let what = Fingerprint::of([String::from_utf8_lossy(body)]);
                match self.hearing.heard(&what, hint).await {
                    Ok(Heard::New | Heard::Before) => StatusCode::NO_CONTENT.into_response(),
                    Err(error) => {
                        tracing::error!(%error, "a webhook cannot be remembered; Zoom sends it again");
                        refused(
                            StatusCode::SERVICE_UNAVAILABLE,
                            "cannot remember this now\n",
                        )
                    }
                }
            }
            Ok(Notification::Calendar) => {
                self.hearing.look_soon();
                StatusCode::NO_CONTENT.into_response()
            }
            Ok(Notification::Other) => StatusCode::NO_CONTENT.into_response(),
            // It is signed, so it is Zoom's. To refuse it would only lose it: a pass finds out.
            Err(unreadable) => {
                tracing::warn!(cause = %unreadable, "a webhook of Zoom's cannot be read; a whole pass looks instead");
                self.hearing.look_soon();
                StatusCode::NO_CONTENT.into_response()
            }
        }
    }

    fn too_large(&self) -> Response {
        let hint = "Zoom's own are far smaller; look who else sends to this address";
        self.refusals.count("webhook over 1 MiB", hint);
        refused(StatusCode::PAYLOAD_TOO_LARGE, "too large\n")
    }

    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let Some(shown) = &self.shown else {
            return true;
        };
        let said = headers.get(&shown.name).map(HeaderValue::as_bytes);
        let expected = shown.value.expose_secret().as_bytes();
        bool::from(said.unwrap_or_default().ct_eq(expected))
    }

    fn is_fresh(&self, signed: &Signed) -> bool {
        let now = self.clock.now().as_second();
        signed.seconds.abs_diff(now) <= STALE.unsigned_abs()
    }
}

/// What the headers say about the signature.
struct Signed {
    /// As it stands in the header: it is signed so.
    timestamp: String,
    seconds: i64,
    signature: [u8; 32],
}

impl Signed {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok();
        let timestamp = text(TIMESTAMP)?;
        Some(Self {
            seconds: timestamp.parse().ok()?,
            timestamp: timestamp.to_owned(),
            signature: from_hex(text(SIGNATURE)?.strip_prefix("v0=")?)?,
        })
    }

    /// Compared in constant time.
    fn fits(&self, secret: &SecretString, body: &[u8]) -> bool {
        let expected = sign(secret, &[b"v0:", self.timestamp.as_bytes(), b":", body]);
        bool::from(self.signature.ct_eq(&expected))
    }
}

fn sign(secret: &SecretString, parts: &[&[u8]]) -> Output<Sha256> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return Output::<Sha256>::default();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    // Numbers of Rust may begin with a plus sign.
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(place * 2..place * 2 + 2)?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
