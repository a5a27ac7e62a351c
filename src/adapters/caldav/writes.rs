//! Writes one entry at a time, conditionally, and looks first where conditions are not kept.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use super::Shared;
use super::ask::{Answer, Ask};
use super::known::Known;
use super::objects::{self, Fetched};
use super::{etag, place, refusal};
use crate::adapters::http_client::read_body;
use crate::domain::entry::{Draft, Edit, Entry};
use crate::domain::ids::{Etag, Href};
use crate::ical::export;
use crate::ical::import::{self, Found};
use crate::ports::calendar::Written;
use crate::ports::error::{Error, Kind, Result};

/// The largest body of a refusal that is looked at, in bytes.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Creates an entry where none is.
pub(super) async fn create(shared: &Shared, draft: &Draft) -> Result<Written> {
    let known = shared.known().await?;
    let doing = format!("creating the entry {}", draft.href);
    // SOGo and Calypso overwrite in spite of the condition.
    let look_first = !known.keeps_conditions;
    if look_first && objects::fetch(shared, &known, &draft.href).await?.is_some() {
        return Err(Error::new(Kind::Stale, doing).because("there is an entry already"));
    }
    let body = export::create(draft).into_bytes();
    let url = place::address(&known.collection, &draft.href);
    let ask =
        Ask::new(Method::PUT, url, &doing).header(IF_NONE_MATCH, HeaderValue::from_static("*"));
    put(shared, &known, &draft.href, ask, body, &doing).await
}

/// Changes an entry that is as it was seen.
pub(super) async fn update(shared: &Shared, edit: &Edit) -> Result<Written> {
    let known = shared.known().await?;
    let doing = format!("changing the entry {}", edit.href);
    let stale = |why: &str| Error::new(Kind::Stale, &doing).because(why);
    let Some(Fetched { mut etag, body }) = objects::fetch(shared, &known, &edit.href).await? else {
        return Err(stale("the entry is gone"));
    };
    if !is_as_seen(shared, &known, &edit.href, edit.seen.as_ref(), &mut etag).await? {
        return Err(stale("the entry was changed in the meantime"));
    }
    let edited = export::edit(&body, edit).map_err(|broken| {
        Error::new(Kind::Refused, &doing)
            .because(broken.0)
            .hint("repair the entry in a calendar program, or delete it")
    })?;
    // An edit done before (and then rewritten by the server) is not written again.
    if edited == body || is_same_entry(&edited, &body) {
        let href = edit.href.clone();
        return Ok(Written { href, etag });
    }
    let url = place::address(&known.collection, &edit.href);
    let mut ask = Ask::new(Method::PUT, url, &doing);
    if let Some(condition) = etag.as_ref().and_then(etag::condition) {
        ask = ask.header(IF_MATCH, condition);
    }
    put(shared, &known, &edit.href, ask, edited, &doing).await
}

/// Deletes an entry that is as it was seen.
pub(super) async fn delete(shared: &Shared, href: &Href, seen: Option<&Etag>) -> Result<()> {
    let known = shared.known().await?;
    let doing = format!("deleting the entry {href}");
    let mut condition = seen.and_then(etag::condition);
    // SOGo deletes in spite of the condition, and a weak tag makes none.
    if !known.keeps_conditions || condition.is_none() {
        let Some(Fetched { mut etag, .. }) = objects::fetch(shared, &known, href).await? else {
            return Ok(());
        };
        if !is_as_seen(shared, &known, href, seen, &mut etag).await? {
            return Err(
                Error::new(Kind::Stale, doing).because("the entry was changed in the meantime")
            );
        }
        condition = etag.as_ref().and_then(etag::condition);
    }
    let url = place::address(&known.collection, href);
    let mut ask = Ask::new(Method::DELETE, url, &doing);
    if let Some(condition) = condition {
        ask = ask.header(IF_MATCH, condition);
    }
    let answer = shared.dav.once(&ask).await?;
    match answer.status().as_u16() {
        200..=299 | 404 | 410 => Ok(()),
        _ => Err(refused(shared, &known, answer, &doing).await),
    }
}

/// Whether an entry just fetched under this tag is as it was seen. Where only one of listings and
/// objects come with tags, listings decide; `now` becomes the tag to be sent as a condition.
async fn is_as_seen(
    shared: &Shared,
    known: &Known,
    href: &Href,
    seen: Option<&Etag>,
    now: &mut Option<Etag>,
) -> Result<bool> {
    match (seen, now.as_ref()) {
        (Some(seen), Some(now)) => Ok(etag::same(seen, now)),
        (None, None) => Ok(true),
        (Some(seen), None) => {
            *now = objects::tag(shared, known, href).await?;
            Ok(now.as_ref().is_some_and(|now| etag::same(seen, now)))
        }
        // SmarterMail lists without tags, so none could be seen.
        (None, Some(_)) => Ok(objects::tag(shared, known, href).await?.is_none()),
    }
}

/// Sends an entry, and finds out under which tag it stands now.
async fn put(
    shared: &Shared,
    known: &Known,
    href: &Href,
    ask: Ask<'_>,
    body: Vec<u8>,
    doing: &str,
) -> Result<Written> {
    let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
    let ask = ask.header(CONTENT_TYPE, kind).body(body.clone());
    let answer = shared.dav.once(&ask).await?;
    if !answer.status().is_success() {
        return Err(refused(shared, known, answer, doing).await);
    }
    let headers = answer.response.headers().clone();
    let etag = match strong_tag(&headers) {
        Some(etag) => Some(etag),
        None => tag_of_what_was_sent(shared, known, href, &body).await,
    };
    let href = href.clone();
    Ok(Written { href, etag })
}

fn strong_tag(headers: &HeaderMap) -> Option<Etag> {
    etag::of(headers).filter(|etag| !etag.is_weak())
}

/// Reads back what was written, where the answer gave no tag to rely on (RFC 4791 section 5.3.4).
/// If somebody wrote in between, the tag is theirs, and keeping it would hide their change: then
/// there is none, and the next listing looks again. The write itself was done, so a failure to
/// read back is none of the write.
async fn tag_of_what_was_sent(
    shared: &Shared,
    known: &Known,
    href: &Href,
    sent: &[u8],
) -> Option<Etag> {
    let fetched = objects::fetch(shared, known, href).await.ok().flatten()?;
    if !says_the_same(sent, &fetched.body) {
        return None;
    }
    match fetched.etag {
        Some(etag) => Some(etag),
        None => objects::tag(shared, known, href).await.ok().flatten(),
    }
}

fn says_the_same(sent: &[u8], stands: &[u8]) -> bool {
    sent == stands
        || both(sent, stands).is_some_and(|(sent, stands)| {
            sent.fields == stands.fields && sent.sequence == stands.sequence
        })
}

fn is_same_entry(one: &[u8], other: &[u8]) -> bool {
    both(one, other).is_some_and(|(one, other)| one == other)
}

fn both(one: &[u8], other: &[u8]) -> Option<(Box<Entry>, Box<Entry>)> {
    match (import::read(one), import::read(other)) {
        (Ok(Found::Ours(one)), Ok(Found::Ours(other))) => Some((one, other)),
        _ => None,
    }
}

/// Why a write was refused.
pub(super) async fn refused(shared: &Shared, known: &Known, answer: Answer, doing: &str) -> Error {
    let status = answer.status();
    let body = read_body(answer.response, REFUSAL_LIMIT, doing)
        .await
        .unwrap_or_default();
    if status.as_u16() == 403 && refusal::is_rate_limit(&body) {
        return shared.dav.throttled(shared.dav.http().clock().now(), doing);
    }
    refusal::of_write(status, &body, known.writable, doing)
}
