//! How HTTP is spoken, by every adapter that speaks it: one user agent, time-outs, no automatic
//! redirects, no plain text except to this machine, bounded bodies, counted requests, and errors
//! that never quote an address's query or a header.

mod connection;
mod journal;

use std::net::{IpAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, ClientBuilder, Request, Response, StatusCode, redirect::Policy};
use url::{Host, Url};

use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;

/// How every request of ours introduces itself.
pub const USER_AGENT: &str = concat!("slotbridge/", env!("CARGO_PKG_VERSION"));

/// Time-outs of one client.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// For the whole exchange.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            total: Duration::from_mins(2),
        }
    }
}

/// An HTTP client that counts what it sends and classifies what goes wrong.
#[derive(Clone)]
pub struct HttpClient {
    /// Plain text for this machine alone: it trusts nobody, and needs no certificates for that.
    plain: Client,
    /// Made when it is first needed, as is the next.
    secure: Arc<OnceLock<Client>>,
    direct: Arc<OnceLock<Client>>,
    timeouts: Timeouts,
    meter: Arc<Meter>,
    clock: Arc<dyn Clock>,
}

impl HttpClient {
    /// Builds a client. `rustls`'s provider must be installed before (in `main`).
    ///
    /// # Errors
    /// `Local` when it cannot be made.
    pub fn new(timeouts: Timeouts, meter: Arc<Meter>, clock: Arc<dyn Clock>) -> Result<Self> {
        let nobody = |client: ClientBuilder| client.no_proxy().tls_certs_only([]);
        Ok(Self {
            plain: built(timeouts, nobody)?,
            secure: Arc::default(),
            direct: Arc::default(),
            timeouts,
            meter,
            clock,
        })
    }

    /// The same client and connections, counted by another meter.
    #[must_use]
    pub fn counted_by(&self, meter: Arc<Meter>) -> Self {
        Self {
            meter,
            ..self.clone()
        }
    }

    /// The client to build requests with. They are sent by [`HttpClient::send`] only.
    #[must_use]
    pub fn requests(&self) -> &Client {
        &self.plain
    }

    /// What was counted so far.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The clock that this client goes by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Sends one request, once. Any status is an answer; only a failed exchange is an error.
    ///
    /// # Errors
    /// `Local` for a plain-text address of another machine, and when no TLS roots can be loaded;
    /// `Unreachable` when nothing was sent; `Transient` when it is not known whether the work was
    /// done.
    pub async fn send(&self, request: Request, doing: &str) -> Result<Response> {
        ensure_secure(request.url(), doing)?;
        self.exchange(request, doing).await
    }

    /// The same, and plain text is taken for every address of this machine, not of its loopback
    /// alone: such a request never leaves it.
    ///
    /// # Errors
    /// As [`HttpClient::send`].
    pub async fn send_here(&self, request: Request, doing: &str) -> Result<Response> {
        if !is_of_this_machine(request.url()) {
            ensure_secure(request.url(), doing)?;
        }
        self.exchange(request, doing).await
    }

    async fn exchange(&self, request: Request, doing: &str) -> Result<Response> {
        self.meter.request();
        let client = self.way_to(request.url())?;
        let sent = journal::Sent::begin(&request);
        let response = client.execute(request).await.map_err(|error| {
            let error = exchange_failed(error, doing);
            sent.failed(&error);
            error
        })?;
        sent.answered(response.status());
        self.note_clock(&response);
        Ok(response)
    }

    /// What is meant for this machine itself goes to no proxy: there it could not arrive, and its
    /// credentials, in plain text, are nobody else's business.
    fn way_to(&self, url: &Url) -> Result<&Client> {
        if url.scheme() != "https" {
            return Ok(&self.plain);
        }
        let (client, set_up): (_, fn(ClientBuilder) -> ClientBuilder) = if is_loopback(url) {
            (&self.direct, ClientBuilder::no_proxy)
        } else {
            (&self.secure, |client| client)
        };
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let made = built(self.timeouts, set_up)?;
        Ok(client.get_or_init(|| made))
    }

    fn note_clock(&self, response: &Response) {
        let theirs = response
            .headers()
            .get(reqwest::header::DATE)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| jiff::fmt::rfc2822::parse(text).ok())
            .map(|zoned| zoned.timestamp());
        if let Some(theirs) = theirs {
            let ahead = self.clock.now().as_second() - theirs.as_second();
            self.meter.clock_ahead(ahead);
        }
    }
}

fn built(
    timeouts: Timeouts,
    set_up: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client> {
    let client = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.total);
    set_up(client).build().map_err(|error| {
        Error::new(Kind::Local, "preparing the HTTP client")
            .because(error.without_url())
            .hint("install the system's CA certificates (package ca-certificates)")
    })
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `Malformed` for a larger one; `Transient` for one that ends too early.
pub async fn read_body(mut response: Response, limit: usize, doing: &str) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| exchange_failed(error, doing))?
    {
        if body.len() + chunk.len() > limit {
            return Err(Error::new(Kind::Malformed, doing)
                .because(format!("the answer is larger than {limit} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Refuses to speak plain text with another machine.
///
/// # Errors
/// `Local`, with the remedy.
pub fn ensure_secure(url: &Url, doing: &str) -> Result<()> {
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        return Ok(());
    }
    Err(Error::new(Kind::Local, doing)
        .because(format!(
            "{}://{} is not encrypted",
            url.scheme(),
            url.host_str().unwrap_or("?")
        ))
        .hint("use an https address; plain http is only taken for this machine itself"))
}

/// Whether an address names this machine itself.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Whether an address is a number of this machine: nobody else's can be listened at.
fn is_of_this_machine(url: &Url) -> bool {
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain(_)) | None => return false,
    };
    !ip.is_unspecified() && !ip.is_multicast() && TcpListener::bind((ip, 0)).is_ok()
}

/// Classifies a failed exchange.
#[must_use]
pub fn exchange_failed(error: reqwest::Error, doing: &str) -> Error {
    let unreachable = error.is_connect();
    let timed_out = error.is_timeout();
    let host = error
        .url()
        .and_then(Url::host_str)
        .unwrap_or("the server")
        .to_owned();
    let error = error.without_url();
    if unreachable {
        let (cause, hint) = connection::explained(&error, &host);
        Error::new(Kind::Unreachable, doing)
            .because(cause)
            .hint(hint)
    } else if timed_out {
        Error::new(Kind::Transient, doing)
            .because(format!("{host} did not answer in time"))
            .hint("it is tried again by itself")
    } else {
        Error::new(Kind::Transient, doing)
            .because(error)
            .hint("it is tried again by itself")
    }
}

/// When a 429 or 503 says to come back: seconds, an HTTP date, or an RFC 3339 time (FACTS.md
/// section 1). Without a word it is a minute.
#[must_use]
pub fn retry_after(response: &Response, now: Timestamp) -> Timestamp {
    let word = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .map(str::trim);
    let told = word.and_then(|word| {
        if let Ok(seconds) = word.parse::<i64>() {
            return now
                .checked_add(jiff::SignedDuration::from_secs(seconds.max(0)))
                .ok();
        }
        word.parse::<Timestamp>()
            .ok()
            .or_else(|| Some(jiff::fmt::rfc2822::parse(word).ok()?.timestamp()))
    });
    let a_minute = jiff::SignedDuration::from_mins(1);
    told.unwrap_or_else(|| now.checked_add(a_minute).unwrap_or(now))
}

/// Whether a status means that the same request may work later.
#[must_use]
pub fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || status == StatusCode::REQUEST_TIMEOUT
}
