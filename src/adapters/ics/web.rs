//! Fetches a feed over HTTP: conditionally (RFC 9110 section 13), along redirects, within limits.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, Request, Response, StatusCode};
use secrecy::SecretString;
use url::Url;

use super::Got;
use super::failure::{self, Asked};
use super::mark::Seen;
use super::place::Address;
use super::redirect::Way;
use crate::adapters::http_client::{HttpClient, read_body, retry_after};
use crate::ports::error::{Error, Kind, Result};

/// A feed behind an address.
pub(super) struct Web {
    http: HttpClient,
    address: Address,
    limit: usize,
    /// The server asked not to be asked before.
    until: Mutex<Option<Timestamp>>,
}

impl Web {
    /// A feed at an address, of at most `limit` bytes.
    pub(super) fn new(http: HttpClient, address: Address, limit: usize) -> Self {
        Self {
            http,
            address,
            limit,
            until: Mutex::new(None),
        }
    }

    /// Fetches the feed, unless it is as it was seen.
    ///
    /// # Errors
    /// See [`failure`].
    pub(super) async fn get(&self, seen: Option<&Seen>) -> Result<Got> {
        self.may_ask()?;
        let mut way = Way::from(&self.address.url);
        let mut again = true;
        loop {
            let (response, shown) = self.ask(&way, seen).await?;
            if again
                && response.status() == StatusCode::UNAUTHORIZED
                && self.learns(shown.as_ref()).await
            {
                again = false;
                continue;
            }
            let asked = match &self.address.login {
                Some(_) if shown.is_some() => Asked::WithLogin,
                Some(_) => Asked::Elsewhere,
                None => Asked::WithoutLogin,
            };
            self.wait_if_told(&response)?;
            let status = response.status();
            match redirect(&response) {
                Some(target) => way.go(&target)?,
                None if status == StatusCode::NOT_MODIFIED && seen.is_some() => {
                    return Ok(Got::Unchanged);
                }
                None if matches!(status.as_u16(), 200 | 203) => {
                    return self.taken(response, &way).await;
                }
                None if status == StatusCode::NOT_MODIFIED => return Err(failure::unasked()),
                None => return Err(self.refused(status, asked)),
            }
        }
    }

    /// Whether there is another password than this one, which was refused.
    async fn learns(&self, shown: Option<&SecretString>) -> bool {
        match (&self.address.login, shown) {
            (Some(login), Some(shown)) => login.changed(shown).await,
            _ => false,
        }
    }

    fn refused(&self, status: StatusCode, asked: Asked) -> Error {
        let refusal = failure::of_status(status, asked);
        match &self.address.login {
            Some(login)
                if status == StatusCode::UNAUTHORIZED && !matches!(asked, Asked::Elsewhere) =>
            {
                login.advise(refusal)
            }
            _ => refusal,
        }
    }

    /// Asks; gives the answer, and the password that was shown.
    async fn ask(
        &self,
        way: &Way,
        seen: Option<&Seen>,
    ) -> Result<(Response, Option<SecretString>)> {
        let url = way.here().unwrap_or(&self.address.url);
        let mut request = Request::new(Method::GET, url.clone());
        let headers = request.headers_mut();
        let kinds = HeaderValue::from_static("text/calendar, text/plain;q=0.5, */*;q=0.1");
        headers.insert(ACCEPT, kinds);
        if let Some(Seen::Web { etag, modified }) = seen {
            put(headers, IF_NONE_MATCH, etag.as_deref());
            put(headers, IF_MODIFIED_SINCE, modified.as_deref());
        }
        let mut shown = None;
        if let Some(login) = self.address.login.as_ref().filter(|_| way.is_home()) {
            let (header, password) = login.shown().await?;
            headers.insert(AUTHORIZATION, header);
            shown = Some(password);
        }
        let sent = self.http.send(request, failure::DOING).await;
        let response = sent.map_err(|error| self.masked(&error, url))?;
        Ok((response, shown))
    }

    async fn taken(&self, response: Response, way: &Way) -> Result<Got> {
        let headers = response.headers();
        // What reqwest decodes it takes out of the headers, together with the length.
        let encoding = headers.get(CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(failure::odd_encoding());
        }
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|size| size > limit) {
            return Err(failure::too_large(self.limit));
        }
        let seen = Seen::web(word(headers, ETAG), word(headers, LAST_MODIFIED));
        let here = way.here().unwrap_or(&self.address.url);
        let bytes = read_body(response, self.limit, failure::DOING).await;
        let bytes = bytes.map_err(|error| match error.kind() {
            Kind::Malformed => failure::too_large(self.limit),
            _ => self.masked(&error, here),
        })?;
        Ok(Got::Text { bytes, seen })
    }

    fn masked(&self, error: &Error, here: &Url) -> Error {
        let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
        let hosts = [host(here), host(&self.address.url)];
        failure::of_exchange(error, &hosts.each_ref().map(String::as_str))
    }

    /// Whether the time to ask again has come.
    fn may_ask(&self) -> Result<()> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) if self.http.clock().now() < until => Err(failure::throttled(until)),
            _ => Ok(()),
        }
    }

    /// 429, and 503 with a time: waits at least a minute, at most two hours (FIELD.md section 2).
    fn wait_if_told(&self, response: &Response) -> Result<()> {
        let told = response.headers().contains_key(RETRY_AFTER);
        let status = response.status();
        if status != StatusCode::TOO_MANY_REQUESTS
            && !(status == StatusCode::SERVICE_UNAVAILABLE && told)
        {
            return Ok(());
        }
        self.http.meter().throttle();
        let now = self.http.clock().now();
        let after = |time| now.checked_add(time).unwrap_or(now);
        let until = retry_after(response, now)
            .max(after(SignedDuration::from_mins(1)))
            .min(after(SignedDuration::from_hours(2)));
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        Err(failure::throttled(until))
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, word: Option<&str>) {
    // What came as a header is one; a cursor that somebody changed is done without.
    if let Some(value) = word.and_then(|word| HeaderValue::from_str(word).ok()) {
        headers.insert(name, value);
    }
}

fn word(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn redirect(response: &Response) -> Option<String> {
    let is_one = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let target = response.headers().get(LOCATION)?.to_str().ok()?;
    is_one.then(|| target.to_owned())
}
