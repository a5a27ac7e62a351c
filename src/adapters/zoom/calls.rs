//! One request: admitted by the limiter, authorised, sent, and repeated where that is safe.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, Request, Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::account::Shared;
use super::failure::{Failure, Subject};
use super::label::Label;
use super::limiter::Told;
use crate::adapters::backoff::wait_until;
use crate::adapters::http_client::{HttpClient, is_passing, read_body, retry_after};
use crate::adapters::oauth::AccessToken;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;

const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// A 429 was not worked on, so that any request may be repeated after it.
const THROTTLED_TRIES: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// A token younger than this lacks a scope because the app does.
const YOUNG: SignedDuration = SignedDuration::from_mins(5);

/// How often a request may be sent when it is not known whether it was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing: three times.
    Freely,
    /// It sets a value, so that twice is once: a second time.
    Once,
    /// Only when it surely never arrived.
    IfUnsent,
}

/// A request to be made.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Below `api_url`, not encoded.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<Value>,
    pub(super) repeat: Repeat,
    pub(super) subject: Subject,
    /// What we are doing, for messages.
    pub(super) doing: &'a str,
}

/// An answer that repeating would not change.
pub(super) enum Answer {
    /// A success; `Null` where it has no content.
    Done(Value),
    /// Anything else.
    Failed(Failure),
}

impl Answer {
    /// The content of a success.
    pub(super) fn done(self, doing: &str) -> Result<Value> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Failed(failure) => Err(failure.error(doing)),
        }
    }
}

/// What one try came to.
enum Tried {
    Answer(Answer),
    Refused(Failure),
    Throttled(Told),
    /// It may work next time, after this long where the server said so.
    Fault(Error, Option<Timestamp>),
}

/// Makes the requests of one host.
pub(super) struct Calls {
    shared: Arc<Shared>,
    http: HttpClient,
}

impl Calls {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let http = shared.http.counted_by(Arc::new(Meter::default()));
        Self { shared, http }
    }

    pub(super) fn meter(&self) -> &Meter {
        self.http.meter()
    }

    /// Makes a request, and stays with it until its answer is final.
    ///
    /// # Errors
    /// `Throttled` for a wait over a minute; `Denied` when no token can be had; `Transient`,
    /// `Unreachable` or `Malformed` after the last try. Every final status is an [`Answer`].
    pub(super) async fn make(&self, call: &Call<'_>) -> Result<Answer> {
        let (mut faults, mut throttles, mut renewed) = (0, 0, false);
        let mut token = None;
        loop {
            // The token is got before the turn is waited for: a refresh takes long, and would let
            // turns pile up. But nothing at all is sent while Zoom refuses everything.
            self.shared.limiter.permission(call.doing)?;
            let current = match token.take() {
                Some(token) => token,
                None => self.shared.authority.access().await?,
            };
            let label = Label::of(&call.method, call.path);
            self.shared.limiter.admit(label, call.doing).await?;
            match self.try_once(call, &current).await? {
                Tried::Answer(answer) => return Ok(answer),
                Tried::Refused(failure) => {
                    let young = self.shared.clock.now().duration_since(current.since) < YOUNG;
                    // One resource that is refused is no reason to ask for a token time and again:
                    // within its hour, any token is replaced by one with the scopes of the day.
                    let scope = failure.is_about_scope();
                    let one = failure.is_about_one() && (scope || young);
                    if renewed || one || (scope && young) {
                        return Ok(Answer::Failed(failure));
                    }
                    renewed = true;
                    token = Some(self.shared.authority.renew(&current).await?);
                }
                Tried::Throttled(told) => {
                    throttles += 1;
                    self.meter().throttle();
                    let limiter = &self.shared.limiter;
                    limiter
                        .obey(told, throttles, THROTTLED_TRIES, call.doing)
                        .await?;
                }
                Tried::Fault(error, then) => {
                    faults += 1;
                    self.wait_or_give_up(call, error, then, faults).await?;
                }
            }
        }
    }

    async fn wait_or_give_up(
        &self,
        call: &Call<'_>,
        error: Error,
        then: Option<Timestamp>,
        faults: u32,
    ) -> Result<()> {
        let tries = match (call.repeat, error.kind()) {
            (Repeat::Freely, _) | (Repeat::IfUnsent, Kind::Unreachable) => 3,
            (Repeat::Once, _) => 2,
            (Repeat::IfUnsent, _) => 1,
        };
        if faults >= tries {
            return Err(error);
        }
        let shared = &self.shared;
        let back_off = shared.jitter.back_off(shared.first_wait, faults);
        let told = then.map_or(Duration::ZERO, |then| wait_until(shared.clock.now(), then));
        if told > LONGEST_WAIT {
            return Err(error);
        }
        let wait = back_off.max(told);
        tracing::debug!(doing = call.doing, faults, ?wait, cause = %error.cause(), "trying again");
        shared.clock.sleep(wait).await;
        Ok(())
    }

    async fn try_once(&self, call: &Call<'_>, token: &AccessToken) -> Result<Tried> {
        let request = self.request(call, token)?;
        let response = match self.http.send(request, call.doing).await {
            Ok(response) => response,
            Err(error) => return fault(error),
        };
        let status = response.status();
        let now = self.shared.clock.now();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Ok(Tried::Throttled(told(&response, now)));
        }
        let then = response
            .headers()
            .contains_key(RETRY_AFTER)
            .then(|| retry_after(&response, now));
        let body = match read_body(response, BODY_LIMIT, call.doing).await {
            Ok(body) => body,
            // Done is done: nothing in the answer to a write of ours is needed.
            Err(_) if status.is_success() && call.repeat == Repeat::Once => Vec::new(),
            Err(error) => return fault(error),
        };
        if status.is_success() {
            return Ok(content(call, &body));
        }
        let failure = Failure::read(status, &body, call.subject);
        if failure.is_about_token() {
            return Ok(Tried::Refused(failure));
        }
        if is_passing(status) {
            return Ok(Tried::Fault(failure.error(call.doing), then));
        }
        Ok(Tried::Answer(Answer::Failed(failure)))
    }

    fn request(&self, call: &Call<'_>, token: &AccessToken) -> Result<Request> {
        let mut url = self.shared.api_url.clone();
        // `.` and `..` would climb to another resource.
        if call
            .path
            .iter()
            .any(|part| matches!(*part, "" | "." | ".."))
        {
            return Err(Error::new(Kind::Refused, call.doing)
                .because("an empty id, or one of dots, names nothing"));
        }
        let Ok(mut segments) = url.path_segments_mut() else {
            return Err(Error::new(Kind::Local, call.doing)
                .because("zoom.api_url cannot have a path")
                .hint("zoom.api_url looks like https://api.zoom.us/v2"));
        };
        segments.pop_if_empty().extend(call.path);
        drop(segments);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let mut request = self
            .http
            .requests()
            .request(call.method.clone(), url)
            .bearer_auth(token.secret.expose_secret());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        request
            .build()
            .map_err(|error| Error::new(Kind::Local, call.doing).because(error.without_url()))
    }
}

/// A fault that may pass is one to try again after; any other ends the call.
fn fault(error: Error) -> Result<Tried> {
    match error.kind() {
        Kind::Transient | Kind::Unreachable => Ok(Tried::Fault(error, None)),
        _ => Err(error),
    }
}

fn content(call: &Call<'_>, body: &[u8]) -> Tried {
    // It is done, whatever the answer says of it.
    if call.repeat == Repeat::Once {
        let said = serde_json::from_slice(body).unwrap_or_default();
        return Tried::Answer(Answer::Done(said));
    }
    if body.is_empty() && call.method != Method::GET {
        return Tried::Answer(Answer::Done(Value::Null));
    }
    match serde_json::from_slice(body) {
        Ok(value) => Tried::Answer(Answer::Done(value)),
        Err(error) => {
            // A cut-off body may be whole next time. The parser's own words could quote content.
            let kind = if error.is_eof() {
                Kind::Transient
            } else {
                Kind::Malformed
            };
            let (line, column) = (error.line(), error.column());
            let cause = format!("the answer is not whole JSON (line {line}, column {column})");
            let error = Error::new(kind, call.doing)
                .because(cause)
                .hint("check zoom.api_url if this stays: does Zoom's API answer there?");
            Tried::Fault(error, None)
        }
    }
}

/// Which limit a 429 speaks of. Only the one per day tells an RFC 3339 time (FACTS.md section 1).
fn told(response: &Response, now: Timestamp) -> Told {
    let headers = response.headers();
    let word = header(headers, RETRY_AFTER.as_str());
    let then = word.map(|_| retry_after(response, now));
    let is_time = word.is_some_and(|word| word.parse::<Timestamp>().is_ok());
    let is_count = word.is_some_and(|word| word.parse::<u64>().is_ok());
    match header(headers, "x-ratelimit-type").map(str::to_ascii_lowercase) {
        Some(kind) if kind.starts_with("daily") => Told::Day(then.filter(|_| is_time || is_count)),
        None if is_time => Told::Day(then),
        Some(_) | None => Told::Second(then),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}
