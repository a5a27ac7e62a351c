//! Reads and writes one place.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use url::Url;

use super::super::ask::{Answer, Ask};
use super::super::xml::{names, request};
use super::super::{Shared, etag, objects, place, refusal};
use super::places::{Place, Text, remembered};
use super::{READING, WRITING};
use crate::adapters::http_client::read_body;
use crate::domain::ids::Href;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::hours::HoursObject;

/// The largest body of a refusal that is looked at, in bytes.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Every place that this calendar has, best first.
pub(super) async fn all(shared: &Shared) -> Result<Vec<Place>> {
    let mut all = vec![Place::Calendar];
    match inbox(shared).await {
        Ok(Some(url)) => all.push(Place::Inbox(url)),
        Ok(None) => {}
        Err(error) if super::is_no(&error) => {}
        Err(error) => return Err(error),
    }
    all.push(Place::object());
    Ok(all)
}

/// The user's scheduling inbox, where the server has such a thing.
async fn inbox(shared: &Shared) -> Result<Option<Url>> {
    let known = shared.known().await?;
    let principal = linked(shared, &known.collection, names::PRINCIPAL).await?;
    match principal {
        Some(principal) => linked(shared, &principal, names::SCHEDULE_INBOX).await,
        None => Ok(None),
    }
}

async fn linked(shared: &Shared, url: &Url, name: super::super::xml::Name) -> Result<Option<Url>> {
    let body = request::propfind(&[name]);
    let ask = Ask::xml("PROPFIND", url, "0", body, READING)?;
    let found = shared.dav.reports(&ask).await?;
    let href = found
        .reports
        .first()
        .and_then(|report| report.prop(name)?.child(names::HREF)?.word());
    let linked = href.and_then(|href| place::follow(&found.url, href));
    Ok(linked.filter(|url| shared.dav.ensure_known(url, READING).is_ok()))
}

/// The text at a place; `None` when there is none.
pub(super) async fn read(shared: &Shared, at: &Place) -> Result<Option<Text>> {
    let known = shared.known().await?;
    match at {
        Place::Calendar => property(shared, &known.collection).await,
        Place::Inbox(url) => match property(shared, url).await {
            // Xandikos 0.4 answers 500 to who asks its inbox. Where hours never stood there, that
            // says no more than that there are none.
            Err(error)
                if error.kind() == Kind::Transient && remembered(shared)?.as_ref() != Some(at) =>
            {
                Ok(None)
            }
            answer => answer,
        },
        Place::Object(href) => object(shared, href).await,
    }
}

async fn property(shared: &Shared, url: &Url) -> Result<Option<Text>> {
    let name = names::CALENDAR_AVAILABILITY;
    let ask = Ask::xml("PROPFIND", url, "0", request::propfind(&[name]), READING)?;
    let found = match at {
        // Not worth another try: few servers have it, and some fail over it each time.
        Place::Inbox(_) => shared.dav.reports_once(&ask).await?,
        Place::Calendar | Place::Object(_) => shared.dav.reports(&ask).await?,
    };
    let text = found.reports.first().and_then(|report| report.text(name));
    Ok(text.map(|text| Text {
        text: text.to_owned(),
        etag: None,
    }))
}

async fn object(shared: &Shared, href: &Href) -> Result<Option<Text>> {
    let known = shared.known().await?;
    let fetched = objects::fetch(shared, &known, href).await?;
    Ok(fetched.map(|fetched| Text {
        text: String::from_utf8_lossy(&fetched.body).into_owned(),
        etag: fetched.etag,
    }))
}

/// Writes a text to a place, over what was just read there.
///
/// # Errors
/// `Stale` when an object is not as it was read; a property has no condition to keep.
pub(super) async fn write(
    shared: &Shared,
    at: &Place,
    text: &str,
    before: Option<&HoursObject>,
) -> Result<()> {
    let known = shared.known().await?;
    let ask = match at {
        Place::Calendar => proppatch(&known.collection, text)?,
        Place::Inbox(url) => proppatch(url, text)?,
        Place::Object(href) => {
            let url = place::address(&known.collection, href);
            let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
            let ask = Ask::new(Method::PUT, url, WRITING)
                .header(CONTENT_TYPE, kind)
                .body(text.as_bytes().to_vec());
            let etag = before.and_then(|before| before.etag.as_ref());
            match (before, etag.and_then(etag::condition)) {
                (None, _) => ask.header(IF_NONE_MATCH, HeaderValue::from_static("*")),
                (Some(_), Some(condition)) => ask.header(IF_MATCH, condition),
                (Some(_), None) => ask,
            }
        }
    };
    let answer = shared.dav.once(&ask).await?;
    if answer.status().is_success() {
        // Whether the property was really set is told by reading it back.
        return Ok(());
    }
    let is_property = !matches!(at, Place::Object(_));
    Err(refused(shared, known.writable, answer, is_property).await)
}

fn proppatch(url: &Url, text: &str) -> Result<Ask<'static>> {
    let body = request::proppatch(names::CALENDAR_AVAILABILITY, text);
    Ask::xml("PROPPATCH", url, "0", body, WRITING)
}

async fn refused(
    shared: &Shared,
    writable: Option<bool>,
    answer: Answer,
    is_property: bool,
) -> Error {
    let status = answer.status();
    let body = read_body(answer.response, REFUSAL_LIMIT, WRITING)
        .await
        .unwrap_or_default();
    if status.as_u16() == 403 && refusal::is_rate_limit(&body) {
        return shared
            .dav
            .throttled(shared.dav.http().clock().now(), WRITING);
    }
    let error = refusal::of_write(status, &body, writable, WRITING);
    // A property cannot be there already: 405 and 409 say that this is no place for it.
    if is_property && error.kind() == Kind::Stale {
        return Error::new(Kind::Refused, WRITING).because(error.cause());
    }
    error
}
