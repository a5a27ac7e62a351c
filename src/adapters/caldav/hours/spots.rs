//! Reads and writes one place.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH, SERVER};
use url::Url;

use super::super::ask::{Answer, Ask};
use super::super::place::Named;
use super::super::xml::names;
use super::super::xml::request::{self, Those};
use super::super::{Shared, etag, objects, place, refusal};
use super::places::{Place, Text};
use super::{READING, WRITING};
use crate::adapters::http_client::read_body;
use crate::domain::ids::{Etag, Href};
use crate::ports::error::{Error, Kind, Result};

/// The largest body of a refusal that is looked at, in bytes.
const REFUSAL_LIMIT: usize = 64 << 10;

/// A query that finds more objects than these was not understood.
const MOST_OTHERS: usize = 20;

/// What a write goes over.
#[derive(Clone, Copy)]
pub(super) enum Before<'a> {
    /// Nothing is there.
    Nothing,
    /// A text that was just read, with its tag where it has one.
    Text(Option<&'a Etag>),
}

/// The places that a calendar has.
pub(super) struct Spots {
    /// Where hours may stand, best first.
    pub(super) all: Vec<Place>,
    /// Whether its server takes no harm when it is given a property.
    pub(super) takes_properties: bool,
}

/// Every place that this calendar has.
pub(super) async fn all(shared: &Shared) -> Result<Spots> {
    let known = shared.known().await?;
    let body = request::propfind(&[names::PRINCIPAL, names::SYNC_TOKEN]);
    let ask = Ask::xml("PROPFIND", &known.collection, "0", body, READING)?;
    let found = shared.dav.reports(&ask).await?;
    let report = found.reports.first();
    let token = report.and_then(|report| report.text(names::SYNC_TOKEN));
    let takes_properties = !is_broken_by_properties(&found.headers, token);
    let principal = report
        .and_then(|report| report.prop(names::PRINCIPAL)?.child(names::HREF)?.word())
        .and_then(|href| place::follow(&found.url, href))
        .filter(|url| shared.dav.ensure_known(url, READING).is_ok());
    let mut all = vec![Place::Calendar];
    if let Some(principal) = principal.filter(|_| takes_properties) {
        match linked(shared, &principal, names::SCHEDULE_INBOX).await {
            Ok(inbox) => all.extend(inbox.map(Place::Inbox)),
            Err(error) if super::is_no(&error) => {}
            Err(error) => return Err(error),
        }
    }
    all.push(Place::object());
    Ok(Spots {
        all,
        takes_properties,
    })
}

/// Xandikos 0.4 loses the configuration of a calendar when it is given this property: it is no
/// calendar any more then, and cannot be listed. It is known by its web framework, or by git's ids
/// as sync-tokens where something stands before it.
fn is_broken_by_properties(headers: &HeaderMap, token: Option<&str>) -> bool {
    let server = headers.get(SERVER).and_then(|name| name.to_str().ok());
    let server = server.unwrap_or_default().to_ascii_lowercase();
    let is_git = |token: &str| token.len() == 40 && token.bytes().all(|b| b.is_ascii_hexdigit());
    server.contains("aiohttp") || server.contains("xandikos") || token.is_some_and(is_git)
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

/// Every object but ours that is a `VAVAILABILITY`, in order of their names. Not every server can be
/// asked for them; then there are none.
pub(super) async fn others(shared: &Shared) -> Result<Vec<Place>> {
    let known = shared.known().await?;
    let body = request::calendar_query(Those::Being("VAVAILABILITY"));
    let ask = Ask::xml("REPORT", &known.collection, "1", body, READING)?;
    let answer = match shared.dav.reports_once(&ask).await {
        Ok(answer) => answer,
        Err(error) if super::is_no(&error) || error.kind() == Kind::Transient => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let collection = place::as_collection(&answer.url);
    let there = answer.reports.iter().filter(|report| !report.is_gone());
    let mut names: Vec<Href> = there
        .flat_map(|report| &report.hrefs)
        .filter_map(|href| match place::named(&collection, href) {
            Named::Member(href) => Some(href),
            Named::Itself | Named::Below | Named::Outside => None,
        })
        .collect();
    if names.len() > MOST_OTHERS {
        return Ok(Vec::new());
    }
    names.sort_unstable();
    names.dedup();
    let others = names.into_iter().map(Place::Object);
    Ok(others.filter(|place| *place != Place::object()).collect())
}

/// The text at a place; `None` when there is none.
pub(super) async fn read(shared: &Shared, at: &Place) -> Result<Option<Text>> {
    let known = shared.known().await?;
    let name = names::CALENDAR_AVAILABILITY;
    let ask = |url: &Url| Ask::xml("PROPFIND", url, "0", request::propfind(&[name]), READING);
    let found = match at {
        Place::Calendar => shared.dav.reports(&ask(&known.collection)?).await?,
        // Not worth another try: few servers have it, and some fail over it each time.
        Place::Inbox(url) => shared.dav.reports_once(&ask(url)?).await?,
        Place::Object(href) => return object(shared, href).await,
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
    before: Before<'_>,
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
            match before {
                Before::Nothing => ask.header(IF_NONE_MATCH, HeaderValue::from_static("*")),
                Before::Text(etag) => match etag.and_then(etag::condition) {
                    Some(condition) => ask.header(IF_MATCH, condition),
                    None => ask,
                },
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
    // A property cannot be there already: 405 and 409 say that this is no place for it; and so does
    // 500 (Xandikos 0.4 for its inbox): there are others.
    let is_elsewhere = error.kind() == Kind::Stale || status.as_u16() == 500;
    if is_property && is_elsewhere {
        return Error::new(Kind::Refused, WRITING).because(error.cause());
    }
    error
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::xandikos(
        "Python/3.11 aiohttp/3.14",
        Some("4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
        true
    )]
    #[case::without_token("Python/3.11 aiohttp/3.14", None, true)]
    #[case::behind_a_proxy("nginx", Some("4b825dc642cb6eb9a060e54bf8d69288fbee4904"), true)]
    #[case::radicale("WSGIServer/0.2", Some("http://radicale.org/ns/sync/e3b0"), false)]
    #[case::nobody("", None, false)]
    fn a_server_that_breaks_over_properties_is_known(
        #[case] server: &'static str,
        #[case] token: Option<&str>,
        #[case] breaks: bool,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(SERVER, HeaderValue::from_static(server));
        assert_eq!(is_broken_by_properties(&headers, token), breaks);
    }
}
