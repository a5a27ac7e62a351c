//! How a CalDAV server is spoken to: who we are, where redirects may lead, how often a read is
//! tried, how many requests run at a time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use super::ask::{Answer, Ask, Found};
use super::auth::{Auth, Credentials};
use super::refusal;
use super::tries::Tries;
use super::xml::multistatus::{Multistatus, Piece};
use super::xml::stream::bounded;
use super::{place, trust};
use crate::adapters::http_client::{HttpClient, is_passing, read_body, retry_after};
use crate::ports::error::{Error, Kind, Result};

/// Requests that may run at a time against one server (FIELD.md section 2).
const AT_A_TIME: usize = 4;
/// How many redirects one request may follow.
const MOST_REDIRECTS: usize = 5;
/// How many times a request is proved anew.
const MOST_PROOFS: u32 = 2;
/// How long a listing may take in all: its lines are read as the pass goes on.
const LISTING_TIME: Duration = Duration::from_mins(30);
/// The largest listing, in bytes.
const LISTING_LIMIT: u64 = 64 << 20;
/// The largest answer with objects in it, in bytes.
pub(super) const OBJECTS_LIMIT: usize = 16 << 20;
/// The largest body of a refusal that is looked at, in bytes.
const REFUSAL_LIMIT: usize = 64 << 10;

/// A server, and who we are to it.
pub(super) struct Dav {
    http: HttpClient,
    home: Url,
    auth: Auth,
    slots: Semaphore,
}

impl Dav {
    /// Speaks as this user to the server at this address and its close relatives.
    pub(super) fn new(http: HttpClient, home: Url, credentials: Credentials) -> Self {
        Self {
            http,
            home,
            auth: Auth::new(credentials),
            slots: Semaphore::new(AT_A_TIME),
        }
    }

    /// The client, for its meter and clock.
    pub(super) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// Sends a request once, follows redirects, proves who we are. Any status is an answer except
    /// those that mean the same for every request.
    ///
    /// # Errors
    /// `Denied` (401), `Throttled` (429, or 503 with a time), and what [`HttpClient::send`] says.
    pub(super) async fn once(&self, ask: &Ask<'_>) -> Result<Answer> {
        let _slot = self
            .slots
            .acquire()
            .await
            .map_err(|error| Error::new(Kind::Local, ask.doing).because(error))?;
        let mut url = ask.url.clone();
        let mut permanent = true;
        for hop in 0..=MOST_REDIRECTS {
            let response = self.send_as_us(ask, &url).await?;
            self.wait_if_told(&response, ask.doing)?;
            match redirect(&response, &ask.method) {
                None => {
                    let moved = hop > 0 && permanent;
                    return Ok(Answer {
                        response,
                        url,
                        moved,
                    });
                }
                Some(target) => {
                    permanent &= matches!(response.status().as_u16(), 301 | 308);
                    url = self.next_hop(&url, &target, ask.doing)?;
                }
            }
        }
        Err(Error::new(Kind::Malformed, ask.doing)
            .because(format!("more than {MOST_REDIRECTS} redirects"))
            .hint("check the address of the calendar"))
    }

    fn next_hop(&self, url: &Url, target: &str, doing: &str) -> Result<Url> {
        let next = place::follow(url, target).ok_or_else(|| {
            Error::new(Kind::Malformed, doing).because("a redirect leads nowhere")
        })?;
        self.ensure_known(&next, doing)?;
        Ok(next)
    }

    /// Refuses to speak to a host that the credentials (and what we write) must not reach.
    ///
    /// # Errors
    /// `Denied`, with the remedy.
    pub(super) fn ensure_known(&self, url: &Url, doing: &str) -> Result<()> {
        if trust::may_know(&self.home, url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or("another host");
        Err(Error::new(Kind::Denied, doing)
            .because(format!(
                "the server sends us on to {}://{host}, which is not told who we are",
                url.scheme()
            ))
            .hint(format!(
                "if the calendar really lives on {host}, configure its address there"
            )))
    }

    async fn send_as_us(&self, ask: &Ask<'_>, url: &Url) -> Result<Response> {
        self.ensure_known(url, ask.doing)?;
        // A new nonce (stale, or a first challenge) is worth another try; a third is not.
        let mut left = MOST_PROOFS;
        loop {
            let proof = self.auth.proof(&ask.method, url).await?;
            let mut request = Request::new(ask.method.clone(), url.clone());
            *request.headers_mut() = ask.headers.clone();
            *request.body_mut() = ask.body.clone().map(Into::into);
            if let Some(time) = ask.time {
                *request.timeout_mut() = Some(time);
            }
            if let Some(proof) = &proof {
                let header = proof.header.clone();
                request.headers_mut().insert(AUTHORIZATION, header);
            }
            let response = self.http.send(request, ask.doing).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let (headers, first) = (response.headers(), left == MOST_PROOFS);
            if left == 0 || !self.auth.learn(headers, proof.as_ref(), first).await? {
                return Err(self.auth.refused(response.headers(), ask.doing));
            }
            left -= 1;
        }
    }

    fn wait_if_told(&self, response: &Response, doing: &str) -> Result<()> {
        let told = response.headers().contains_key(RETRY_AFTER);
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::SERVICE_UNAVAILABLE && told)
        {
            let now = self.http.clock().now();
            return Err(self.throttled(retry_after(response, now), doing));
        }
        Ok(())
    }

    /// The server asked us to wait until then: at least a minute, at most two hours.
    pub(super) fn throttled(&self, until: Timestamp, doing: &str) -> Error {
        self.http.meter().throttle();
        let now = self.http.clock().now();
        let after = |time| now.checked_add(time).unwrap_or(now);
        let until = until
            .max(after(SignedDuration::from_mins(1)))
            .min(after(SignedDuration::from_hours(2)));
        Error::new(Kind::Throttled { until }, doing)
            .because("the server asked to wait")
            .hint("it goes on by itself; sync less often if this happens a lot")
    }

    /// Sends a request that may be repeated: up to three times while it fails in passing. The
    /// last answer is given whatever its status.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> Result<Answer> {
        let mut tries = Tries::default();
        loop {
            let outcome = self.once(ask).await;
            let passing = match &outcome {
                Ok(answer) => is_passing(answer.status()) && answer.status().as_u16() != 507,
                Err(error) => error.kind() == Kind::Transient,
            };
            if !(passing && tries.again(self.http.clock()).await) {
                return outcome;
            }
        }
    }

    /// Starts reading a listing.
    pub(super) async fn start_listing(&self, mut ask: Ask<'_>) -> Result<Answer> {
        ask.time = Some(LISTING_TIME);
        self.ask(&ask).await
    }

    /// Asks for a multistatus and reads it as a whole: for answers about few resources.
    ///
    /// # Errors
    /// What the status means, or what is wrong with the body.
    pub(super) async fn reports(&self, ask: &Ask<'_>) -> Result<Found> {
        let mut tries = Tries::default();
        loop {
            let outcome = self.reports_once(ask).await;
            let passing = matches!(&outcome, Err(error) if error.kind() == Kind::Transient);
            if !(passing && tries.again(self.http.clock()).await) {
                return outcome;
            }
        }
    }

    /// As [`Dav::reports`], with a single try.
    pub(super) async fn reports_once(&self, ask: &Ask<'_>) -> Result<Found> {
        let answer = self.once(ask).await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(self.refused(answer.response, ask.doing).await);
        }
        let headers = answer.response.headers().clone();
        let limit = u64::try_from(OBJECTS_LIMIT).unwrap_or(u64::MAX);
        let body = bounded(answer.response, limit);
        let read = async {
            let mut multistatus = Multistatus::open(body).await?;
            let mut reports = Vec::new();
            while let Some(piece) = multistatus.next().await? {
                if let Piece::About(report) = piece {
                    reports.push(report);
                }
            }
            Ok(reports)
        };
        let reports = read
            .await
            .map_err(|fault: super::xml::stream::Fault| fault.while_doing(ask.doing))?;
        Ok(Found {
            reports,
            headers,
            url: answer.url,
        })
    }

    /// Reads one object as it stands; `None` when there is none. Without compression: Apache and
    /// nginx give a compressed answer another etag.
    ///
    /// # Errors
    /// What the status means; `Malformed` when it is too large.
    pub(super) async fn get(&self, url: &Url, doing: &str) -> Result<Option<Response>> {
        let ask = Ask::new(Method::GET, url.clone(), doing)
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let answer = self.ask(&ask).await?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status if status.is_success() => Ok(Some(answer.response)),
            _ => Err(self.refused(answer.response, doing).await),
        }
    }

    /// What a status means that no caller knows better.
    pub(super) async fn refused(&self, response: Response, doing: &str) -> Error {
        let status = response.status();
        let body = read_body(response, REFUSAL_LIMIT, doing)
            .await
            .unwrap_or_default();
        if status == StatusCode::FORBIDDEN && refusal::is_switched_off(&body) {
            return refusal::switched_off(doing);
        }
        if status == StatusCode::FORBIDDEN && refusal::is_rate_limit(&body) {
            return self.throttled(self.http.clock().now(), doing);
        }
        refusal::of_read(status, doing)
    }
}

/// Starts reading the multistatus of a listing.
pub(super) async fn open_listing(
    answer: Answer,
    doing: &str,
) -> Result<Multistatus<Box<dyn tokio::io::AsyncBufRead + Unpin + Send>>> {
    let body: Box<dyn tokio::io::AsyncBufRead + Unpin + Send> =
        Box::new(bounded(answer.response, LISTING_LIMIT));
    Multistatus::open(body)
        .await
        .map_err(|fault| fault.while_doing(doing))
}

fn redirect(response: &Response, method: &Method) -> Option<String> {
    let followed = match response.status().as_u16() {
        301 | 302 | 307 | 308 => true,
        // "See other" answers a write with something else to read.
        303 => *method != Method::PUT && *method != Method::DELETE,
        _ => false,
    };
    let target = response.headers().get(LOCATION)?.to_str().ok()?;
    followed.then(|| target.to_owned())
}
