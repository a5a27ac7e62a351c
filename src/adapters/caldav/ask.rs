//! A request as it is meant, and what came of it.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::xml::multistatus::Report;
use crate::ports::error::{Error, Kind, Result};

/// A request, before it is known who asks and whereto redirects lead.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    /// What is done.
    pub(super) method: Method,
    /// To what.
    pub(super) url: Url,
    /// Its headers, but for the proof of who we are.
    pub(super) headers: HeaderMap,
    /// What goes with it.
    pub(super) body: Option<Vec<u8>>,
    /// How long it may take in all, where that is not as usual.
    pub(super) time: Option<Duration>,
    /// What we are doing, for errors.
    pub(super) doing: &'a str,
}

/// An answer, whatever its status.
pub(super) struct Answer {
    /// The answer.
    pub(super) response: Response,
    /// Where it came from, after redirects.
    pub(super) url: Url,
    /// Whether there were redirects, all of them permanent ones.
    pub(super) moved: bool,
}

impl Answer {
    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }
}

impl<'a> Ask<'a> {
    /// A request without a body.
    pub(super) fn new(method: Method, url: Url, doing: &'a str) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            time: None,
            doing,
        }
    }

    /// A `PROPFIND` or `REPORT`. `Depth: 0` is what `sync-collection` wants (RFC 6578 section 3.2).
    pub(super) fn xml(
        method: &'static str,
        url: &Url,
        depth: &'static str,
        body: std::io::Result<Vec<u8>>,
        doing: &'a str,
    ) -> Result<Self> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|error| Error::new(Kind::Local, doing).because(error))?;
        let body = body.map_err(|error| Error::new(Kind::Local, doing).because(error))?;
        let mut ask = Self::new(method, url.clone(), doing).body(body);
        let kind = HeaderValue::from_static("application/xml; charset=utf-8");
        ask.headers.insert(CONTENT_TYPE, kind);
        let depth = HeaderValue::from_static(depth);
        ask.headers.insert(HeaderName::from_static("depth"), depth);
        Ok(ask)
    }

    /// With a header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With a body; its length is sent, because several servers refuse chunks (FIELD.md section 3).
    pub(super) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }
}

/// A multistatus that was read as a whole.
pub(super) struct Found {
    /// What it says, in order.
    pub(super) reports: Vec<Report>,
    /// The headers it came with.
    pub(super) headers: HeaderMap,
    /// Where it came from, after redirects.
    pub(super) url: Url,
}
