//! Serves feeds at `/feeds/{token}.ics`: rendered once per change, so that a request costs a look
//! into memory, and says no more than what was asked for by its whole token.

mod conditions;
mod encoding;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    ETAG, LAST_MODIFIED, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::routing::any;
use futures_util::stream;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use encoding::Encoding;

/// A feed as it is sent.
#[derive(Clone)]
pub struct Rendered {
    /// What a program that keeps it as a file shall call it.
    pub file: String,
    /// The text; empty as long as no pass has known what the feed shows.
    pub ics: Bytes,
    /// The same, compressed with gzip.
    pub gzip: Bytes,
    /// A digest of the text, made of characters that an entity tag may hold.
    pub digest: String,
    /// Such a digest of the compressed form: another version of the compressor may write the same
    /// text in other bytes.
    pub gzip_digest: String,
    /// When the text last changed. Whole seconds.
    pub modified: Timestamp,
}

// Written by hand so that what a feed says reaches no log.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("file", &self.file)
            .field("modified", &self.modified)
            .finish_non_exhaustive()
    }
}

/// Where feeds are found.
pub trait Shelf: Send + Sync {
    /// The feed with this token. How long that takes says nothing about how much of a token is
    /// right.
    fn find(&self, token: &str) -> Option<Arc<Rendered>>;
}

/// The routes of all feeds.
pub fn routes(shelf: Arc<dyn Shelf>) -> Router {
    Router::new()
        .route("/feeds/{file}", any(feed))
        .with_state(shelf)
}

/// How long until a feed that no pass has known yet is worth asking for again, in seconds.
const SOON: &str = "60";

/// Always ask again, which a 304 makes cheap; and no cache between us and the subscriber keeps what
/// only the address keeps private.
const PRIVATE: &str = "private, no-cache";

/// What stands in `filename*` as it is (RFC 8187 section 3.2.1: `attr-char`).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

async fn feed(
    State(shelf): State<Arc<dyn Shelf>>,
    method: Method,
    file: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    // The body of an answer to HEAD is left out by the router.
    if method != Method::GET && method != Method::HEAD {
        let mut answer = bare(StatusCode::METHOD_NOT_ALLOWED);
        put(&mut answer, ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    let token = file.as_ref().ok();
    let token = token.and_then(|Path(file)| file.strip_suffix(".ics"));
    match token.and_then(|token| shelf.find(token)) {
        None => bare(StatusCode::NOT_FOUND),
        Some(feed) if feed.ics.is_empty() => {
            let mut answer = bare(StatusCode::SERVICE_UNAVAILABLE);
            put(&mut answer, RETRY_AFTER, HeaderValue::from_static(SOON));
            answer
        }
        Some(feed) => answer(&feed, &headers),
    }
}

/// What is answered for a feed that is there.
fn answer(feed: &Rendered, headers: &HeaderMap) -> Response<Body> {
    let accepted = encoding::accepted(headers);
    let preferred = accepted.first().copied().unwrap_or(Encoding::Identity);
    // Another form that is as welcome may be the one that is there already.
    let known = accepted
        .iter()
        .copied()
        .find(|form| conditions::is_listed(headers, &tag(feed, *form)));
    let form = known.unwrap_or(preferred);
    let etag = tag(feed, form);
    let is_known = conditions::is_known(headers, &etag, feed.modified);
    let mut answer = bare(if is_known {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    put(
        &mut answer,
        VARY,
        HeaderValue::from_static("accept-encoding"),
    );
    if let Ok(etag) = HeaderValue::try_from(etag) {
        put(&mut answer, ETAG, etag);
    }
    if let Ok(date) = HeaderValue::try_from(conditions::date(feed.modified)) {
        put(&mut answer, LAST_MODIFIED, date);
    }
    if is_known {
        // A body of no length at all: one of length 0 would be said to be that of the feed, which a
        // 304 must not (RFC 9110 section 8.6).
        let nothing = stream::empty::<Result<Bytes, Infallible>>();
        *answer.body_mut() = Body::from_stream(nothing);
        return answer;
    }
    let body = match form {
        Encoding::Identity => &feed.ics,
        Encoding::Gzip => {
            put(
                &mut answer,
                CONTENT_ENCODING,
                HeaderValue::from_static("gzip"),
            );
            &feed.gzip
        }
    };
    let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
    put(&mut answer, CONTENT_TYPE, kind);
    if let Ok(disposition) = HeaderValue::try_from(disposition(&feed.file)) {
        put(&mut answer, CONTENT_DISPOSITION, disposition);
    }
    put(&mut answer, CONTENT_LENGTH, HeaderValue::from(body.len()));
    *answer.body_mut() = Body::from(body.clone());
    answer
}

/// The strong entity tag of one form: bytes that differ have tags that differ (RFC 9110 section
/// 8.8.3.3).
fn tag(feed: &Rendered, form: Encoding) -> String {
    let digest = match form {
        Encoding::Identity => &feed.digest,
        Encoding::Gzip => &feed.gzip_digest,
    };
    format!("\"{digest}\"")
}

/// `Content-Disposition` (RFC 6266): shown, not saved; with a name for those who save.
fn disposition(file: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ' ');
    let ascii: String = file
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    if ascii == file {
        format!("inline; filename=\"{file}\"")
    } else {
        let whole = utf8_percent_encode(file, PLAIN);
        format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
    }
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    let nosniff = HeaderValue::from_static("nosniff");
    put(&mut answer, X_CONTENT_TYPE_OPTIONS, nosniff);
    put(
        &mut answer,
        CACHE_CONTROL,
        HeaderValue::from_static(PRIVATE),
    );
    answer
}

fn put(answer: &mut Response<Body>, name: axum::http::HeaderName, value: HeaderValue) {
    answer.headers_mut().insert(name, value);
}

#[cfg(test)]
mod tests;
