//! Speaks with a token endpoint: client id and secret by HTTP Basic, parameters as a form, or in
//! the query for a server that reads them only there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::RETRY_AFTER;
use reqwest::{Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::party::{Party, Way};
use crate::adapters::backoff::{Jitter, later, wait_until};
use crate::adapters::http_client::{HttpClient, is_passing, read_body, retry_after};
use crate::ports::error::{Error, Kind, Result};

const BODY_LIMIT: usize = 64 * 1024;
const TRIES: u32 = 3;
const SECOND: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What the endpoint answered.
struct Answered {
    status: StatusCode,
    /// When it says to come back.
    until: Option<Timestamp>,
    body: Vec<u8>,
}

/// Asks for tokens.
pub(super) struct TokenEndpoint {
    http: HttpClient,
    party: Party,
    /// Whether this server was seen to read parameters in the query alone.
    reads_query: AtomicBool,
}

/// Where the parameters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the body, as a form (RFC 6749 section 4).
    Body,
    /// In the query, as Zoom's older examples have it.
    Query,
}

/// What one request came to, unless it failed for good.
enum Reply {
    Granted(Granted),
    /// As if the server had not found the parameters, so that nothing can be used up.
    Unread(Error),
}

/// What the endpoint gave.
#[derive(Deserialize)]
pub(super) struct Grant {
    pub(super) access_token: String,
    #[serde(default)]
    pub(super) refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<i64>,
    /// A text by the standard; anything else says nothing.
    #[serde(default)]
    scope: serde_json::Value,
}

/// What a token may do, as its server names it; empty where it does not say.
pub type Scopes = Vec<String>;

impl Grant {
    /// What the access token may do (RFC 6749 section 3.3), without what is no scope.
    pub(super) fn scopes(&self) -> Scopes {
        const MOST: usize = 500;
        let words = self.scope.as_str().unwrap_or_default();
        let is_scope = |word: &&str| {
            word.len() <= 200
                && word
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        let words = words.split([' ', ',']).filter(|word| !word.is_empty());
        words
            .filter(is_scope)
            .take(MOST)
            .map(str::to_owned)
            .collect()
    }

    /// How long the access token lives, in seconds. One hour is usual; a word that makes no
    /// sense counts as that.
    pub(super) fn lifetime(&self) -> i64 {
        const HOUR: i64 = 3_600;
        self.expires_in
            .filter(|seconds| (1..=24 * HOUR).contains(seconds))
            .unwrap_or(HOUR)
    }
}

/// How the endpoint answered.
pub(super) enum Granted {
    /// With tokens.
    Grant(Grant),
    /// `invalid_grant` (RFC 6749 section 5.2): this refresh token or code is no longer good.
    Invalid,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Option<String>,
}

impl TokenEndpoint {
    pub(super) fn new(http: HttpClient, party: Party) -> Self {
        Self {
            http,
            party,
            reads_query: AtomicBool::new(false),
        }
    }

    pub(super) fn party(&self) -> &Party {
        &self.party
    }

    /// Ends a token (RFC 7009), where that can be done. One that is dead already is no failure: it
    /// is ended.
    pub(super) async fn revoke(&self, token: &str, jitter: &Jitter) -> Result<()> {
        let doing = &*format!("logging out of {}", self.party.words.server);
        let Some(place) = &self.party.revoke_url else {
            return Ok(());
        };
        let mut failed = 0;
        loop {
            let error = match self.revoke_once(token, place, doing).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            failed += 1;
            if failed >= TRIES || !matches!(error.kind(), Kind::Transient | Kind::Unreachable) {
                return Err(error);
            }
            let wait = jitter.back_off(self.party.first_wait, failed);
            self.http.clock().sleep(wait).await;
        }
    }

    async fn exchange(&self, request: Request, doing: &str) -> Result<Answered> {
        let response = self.http.send(request, doing).await?;
        let status = response.status();
        let until = response
            .headers()
            .contains_key(RETRY_AFTER)
            .then(|| retry_after(&response, self.http.clock().now()));
        let body = read_body(response, BODY_LIMIT, doing).await?;
        Ok(Answered {
            status,
            until,
            body,
        })
    }

    async fn revoke_once(&self, token: &str, place: &Url, doing: &str) -> Result<()> {
        let (id, secret) = (&self.party.client_id, self.party.client_secret.get().await?);
        let request = self
            .http
            .requests()
            .post(place.clone())
            .basic_auth(id, Some(secret.expose_secret()))
            .form(&[("token", token)])
            .build()
            .map_err(|error| Error::new(Kind::Local, doing).because(error.without_url()))?;
        let Answered {
            status,
            until,
            body,
        } = self.exchange(request, doing).await?;
        let word = refusal(&body);
        let client_refused = matches!(
            word.as_deref(),
            Some("invalid_client" | "unauthorized_client")
        );
        if status.is_success() || status == StatusCode::BAD_REQUEST && !client_refused {
            return Ok(());
        }
        Err(self.refused(status, word.as_deref(), until, doing))
    }

    /// Asks, and asks again after passing faults. Asking again with a refresh token loses
    /// nothing: either it still lives, or the answer that replaced it is lost already.
    pub(super) async fn ask(
        &self,
        form: &[(&str, &str)],
        doing: &str,
        jitter: &Jitter,
    ) -> Result<Granted> {
        let (mut failed, mut again) = (0, true);
        loop {
            let secret = self.party.client_secret.get().await?;
            let error = match self.ask_once(form, doing, &secret).await {
                Ok(granted) => return Ok(granted),
                Err(error) => error,
            };
            if again
                && error.kind() == Kind::Denied
                && self.party.client_secret.another(&secret).await.is_some()
            {
                again = false;
                continue;
            }
            failed += 1;
            let now = self.http.clock().now();
            let wait = match error.kind() {
                Kind::Transient | Kind::Unreachable => {
                    jitter.back_off(self.party.first_wait, failed)
                }
                Kind::Throttled { until } => wait_until(now, until).max(SECOND),
                _ => return Err(error),
            };
            if failed >= TRIES || wait > LONGEST_WAIT {
                return Err(error);
            }
            tracing::debug!(failed, ?wait, "asking a token endpoint again");
            self.http.clock().sleep(wait).await;
        }
    }

    async fn ask_once(
        &self,
        form: &[(&str, &str)],
        doing: &str,
        secret: &SecretString,
    ) -> Result<Granted> {
        if self.reads_query.load(Ordering::Relaxed) {
            return match self.send(form, Place::Query, doing, secret).await? {
                Reply::Granted(granted) => Ok(granted),
                Reply::Unread(error) => Err(error),
            };
        }
        let unread = match self.send(form, Place::Body, doing, secret).await? {
            Reply::Granted(granted) => return Ok(granted),
            Reply::Unread(error) => error,
        };
        match self.send(form, Place::Query, doing, secret).await {
            Ok(Reply::Granted(granted)) => {
                tracing::debug!("a token endpoint reads parameters in the query alone");
                self.reads_query.store(true, Ordering::Relaxed);
                Ok(granted)
            }
            Err(error) if matches!(error.kind(), Kind::Transient | Kind::Throttled { .. }) => {
                Err(error)
            }
            // The usual place is the better one to speak of.
            Ok(Reply::Unread(_)) | Err(_) => Err(unread),
        }
    }

    async fn send(
        &self,
        form: &[(&str, &str)],
        place: Place,
        doing: &str,
        secret: &SecretString,
    ) -> Result<Reply> {
        let id = &self.party.client_id;
        let mut url = self.party.token_url.clone();
        if place == Place::Query {
            url.query_pairs_mut().extend_pairs(form);
        }
        let mut request = self
            .http
            .requests()
            .post(url)
            .basic_auth(id, Some(secret.expose_secret()));
        if place == Place::Body {
            request = request.form(form);
        }
        let request = request
            .build()
            .map_err(|error| Error::new(Kind::Local, doing).because(error.without_url()))?;
        let Answered {
            status,
            until,
            body,
        } = self.exchange(request, doing).await?;
        if status.is_success() {
            // The parser's words could quote a token, so they are dropped.
            return serde_json::from_slice(&body)
                .map(|grant| Reply::Granted(Granted::Grant(grant)))
                .map_err(|_| self.wrong_place(doing, "the answer holds no token"));
        }
        let word = refusal(&body);
        if status.is_client_error() && word.as_deref() == Some("invalid_grant") {
            return Ok(Reply::Granted(Granted::Invalid));
        }
        let error = self.refused(status, word.as_deref(), until, doing);
        if self.party.may_read_query
            && status == StatusCode::BAD_REQUEST
            && is_unread(word.as_deref(), form)
        {
            return Ok(Reply::Unread(error));
        }
        Err(error)
    }

    fn refused(
        &self,
        status: StatusCode,
        word: Option<&str>,
        until: Option<Timestamp>,
        doing: &str,
    ) -> Error {
        let cause = match word {
            Some(word) => format!("HTTP {} {word}", status.as_u16()),
            None => format!("HTTP {}", status.as_u16()),
        };
        if status == StatusCode::TOO_MANY_REQUESTS {
            let now = self.http.clock().now();
            let until = until.unwrap_or_else(|| later(now, SECOND));
            return Error::new(Kind::Throttled { until }, doing).because(cause);
        }
        if is_passing(status) {
            return Error::new(Kind::Transient, doing).because(cause);
        }
        if status.is_redirection() || status == StatusCode::NOT_FOUND {
            return self.wrong_place(doing, &cause);
        }
        let table = &self.party.words.table;
        let hint = match (word, &self.party.way) {
            (Some("invalid_client" | "unauthorized_client"), _) => {
                format!(
                    "check {table}.client_id and {table}.client_secret, and that the app is active"
                )
            }
            (Some("unsupported_grant_type"), _) => {
                format!("check that {table}.kind fits the kind of the app")
            }
            (_, Way::Account { .. }) => {
                format!("check {table}.account_id, {table}.client_id and {table}.client_secret")
            }
            (_, Way::User { .. }) => format!(
                "check {table}.client_id and {table}.client_secret; {}",
                self.party.words.refused
            ),
        };
        let refusal = Error::new(Kind::Denied, doing).because(cause).hint(hint);
        self.party.client_secret.advise(refusal)
    }

    fn wrong_place(&self, doing: &str, cause: &str) -> Error {
        let address = &self.party.words.address;
        Error::new(Kind::Unreachable, doing)
            .because(cause.to_owned())
            .hint(format!("check {address}: no token endpoint answers there"))
    }
}

/// Whether a refusal may mean that the parameters were not found. What works once is sent again
/// only where the server surely did not take it.
fn is_unread(word: Option<&str>, form: &[(&str, &str)]) -> bool {
    let works_once = form
        .iter()
        .any(|(name, _)| matches!(*name, "refresh_token" | "code"));
    match word {
        Some("invalid_request") => true,
        Some("unsupported_grant_type") => !works_once,
        _ => false,
    }
}

/// The error code of RFC 6749 section 5.2, and nothing that only looks like one.
fn refusal(body: &[u8]) -> Option<String> {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    refusal.error.filter(|word| {
        (1..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    })
}
