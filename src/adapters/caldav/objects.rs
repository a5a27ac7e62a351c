//! Reads objects: many at a time where the server can, one by one where it cannot.

use std::collections::BTreeMap;

use super::Shared;
use super::ask::Ask;
use super::dav::OBJECTS_LIMIT;
use super::etag;
use super::known::Known;
use super::place::{self, Named};
use super::tries::Tries;
use super::xml::{names, request};
use crate::adapters::http_client::read_body;
use crate::domain::ids::{Etag, Href};
use crate::ical::import::{self, Found};
use crate::ports::calendar::{Content, Object};
use crate::ports::error::{Error, Kind, Result};

/// Objects asked for at once.
const BATCH: usize = 50;

/// An object as its server gave it.
pub(super) struct Raw {
    /// Where it stands.
    pub(super) href: Href,
    /// Its tag, where the server gives one.
    pub(super) etag: Option<Etag>,
    /// What was found.
    pub(super) body: Body,
}

/// What was found where an object should stand.
pub(super) enum Body {
    /// Its bytes.
    Text(Vec<u8>),
    /// Something that cannot be had: why.
    Broken(String),
    /// Nothing.
    Absent,
}

/// Reads objects, one answer for each, in the order asked. Each is understood before the next
/// batch is asked for, so that at most one batch of bytes stands in memory.
pub(super) async fn read<T>(
    shared: &Shared,
    hrefs: &[Href],
    understood: impl Fn(Raw) -> T,
) -> Result<Vec<T>> {
    let known = shared.known().await?;
    let mut objects = Vec::with_capacity(hrefs.len());
    let mut absent = false;
    for batch in hrefs.chunks(BATCH) {
        for raw in read_batch(shared, &known, batch).await? {
            absent |= matches!(raw.body, Body::Absent);
            objects.push(understood(raw));
        }
    }
    if absent {
        ensure_there(shared, &known).await?;
    }
    Ok(objects)
}

/// An object as the port of bookings wants it.
pub(super) fn entry(raw: Raw) -> Object {
    let content = match raw.body {
        Body::Text(bytes) => match import::read(&bytes) {
            Ok(Found::Ours(entry)) => Content::Ours(entry),
            Ok(Found::Foreign) => Content::Foreign,
            Err(broken) => Content::Broken(broken.0),
        },
        Body::Broken(why) => Content::Broken(why),
        Body::Absent => Content::Absent,
    };
    Object {
        href: raw.href,
        etag: raw.etag,
        content,
    }
}

async fn read_batch(shared: &Shared, known: &Known, hrefs: &[Href]) -> Result<Vec<Raw>> {
    if let [href] = hrefs {
        return Ok(vec![read_one(shared, known, href).await?]);
    }
    let mut found = match multiget(shared, known, hrefs).await {
        Ok(found) => found,
        // One broken object makes RustiCal refuse them all.
        Err(error) if is_about_objects(error.kind()) => {
            return one_by_one(shared, known, hrefs).await;
        }
        Err(error) => return Err(error),
    };
    let mut objects = Vec::with_capacity(hrefs.len());
    for href in hrefs {
        objects.push(match found.remove(href) {
            Some(object) => object,
            // A 404 here, or silence, is not believed without a second look.
            None => read_one(shared, known, href).await?,
        });
    }
    Ok(objects)
}

/// Whether a failure may be about the objects asked for, and not about who or when.
fn is_about_objects(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Transient | Kind::Missing | Kind::Refused | Kind::Malformed
    )
}

async fn one_by_one(shared: &Shared, known: &Known, hrefs: &[Href]) -> Result<Vec<Raw>> {
    let mut objects = Vec::with_capacity(hrefs.len());
    let mut failed = None;
    for href in hrefs {
        match read_one(shared, known, href).await {
            Ok(object) => objects.push((object, true)),
            Err(error) if is_about_objects(error.kind()) => {
                let body = Body::Broken(error.cause());
                objects.push((raw(href, None, body), false));
                failed = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match failed {
        // Not one could be read: it is the server, not the objects.
        Some(error) if objects.iter().all(|(_, good)| !good) => Err(error),
        _ => Ok(objects.into_iter().map(|(object, _)| object).collect()),
    }
}

/// The objects that the server gave; what is not in it has to be asked for alone.
async fn multiget(shared: &Shared, known: &Known, hrefs: &[Href]) -> Result<BTreeMap<Href, Raw>> {
    let paths: Vec<String> = hrefs
        .iter()
        .map(|href| place::address(&known.collection, href).path().to_owned())
        .collect();
    let body = request::multiget(&paths);
    let doing = "reading entries of the calendar";
    let ask = Ask::xml("REPORT", &known.collection, "0", body, doing)?;
    let found = shared.dav.reports(&ask).await?;
    let collection = place::as_collection(&found.url);
    let mut objects = BTreeMap::new();
    for report in found.reports.iter().filter(|report| !report.is_gone()) {
        let href = match report.hrefs.first() {
            Some(href) => place::named(&collection, href),
            None => continue,
        };
        let data = report.prop(names::CALENDAR_DATA);
        if let (Named::Member(href), Some(data)) = (href, data) {
            let etag = report.text(names::ETAG).map(Etag::new);
            let body = Body::Text(data.text.clone().into_bytes());
            objects.insert(href.clone(), raw(&href, etag, body));
        }
    }
    Ok(objects)
}

async fn read_one(shared: &Shared, known: &Known, href: &Href) -> Result<Raw> {
    match fetch(shared, known, href).await {
        Ok(Some(Fetched { etag, body })) => Ok(raw(href, etag, Body::Text(body))),
        Ok(None) => Ok(raw(href, None, Body::Absent)),
        Err(error) if error.kind() == Kind::Malformed => {
            Ok(raw(href, None, Body::Broken(error.cause())))
        }
        Err(error) => Err(error),
    }
}

/// An object as it stands on the server.
pub(super) struct Fetched {
    /// Its tag.
    pub(super) etag: Option<Etag>,
    /// Its bytes.
    pub(super) body: Vec<u8>,
}

/// Fetches one object; `None` when there is none.
pub(super) async fn fetch(shared: &Shared, known: &Known, href: &Href) -> Result<Option<Fetched>> {
    let doing = format!("reading the entry {href}");
    let mut tries = Tries::default();
    loop {
        let outcome = fetch_once(shared, known, href, &doing).await;
        // The exchange has its own tries; these are for a body that broke off.
        let broke = matches!(&outcome, Err((error, true)) if error.kind() == Kind::Transient);
        if !(broke && tries.again(shared.dav.http().clock()).await) {
            return outcome.map_err(|(error, _)| error);
        }
    }
}

async fn fetch_once(
    shared: &Shared,
    known: &Known,
    href: &Href,
    doing: &str,
) -> std::result::Result<Option<Fetched>, (Error, bool)> {
    let url = place::address(&known.collection, href);
    let answer = shared.dav.get(&url, doing).await;
    let Some(response) = answer.map_err(|error| (error, false))? else {
        return Ok(None);
    };
    let etag = etag::of(response.headers());
    let body = read_body(response, OBJECTS_LIMIT, doing)
        .await
        .map_err(|error| (error, true))?;
    Ok(Some(Fetched { etag, body }))
}

fn raw(href: &Href, etag: Option<Etag>, body: Body) -> Raw {
    Raw {
        href: href.clone(),
        etag,
        body,
    }
}

/// Makes sure that the calendar itself is there: without it nothing can be said to be absent.
pub(super) async fn ensure_there(shared: &Shared, known: &Known) -> Result<()> {
    let doing = "making sure that the calendar is still there";
    let body = request::propfind(&[names::RESOURCE_TYPE]);
    let ask = Ask::xml("PROPFIND", &known.collection, "0", body, doing)?;
    let found = shared.dav.reports(&ask).await?;
    let there = found.reports.first().is_some_and(|report| {
        let kind = report.prop(names::RESOURCE_TYPE);
        !report.is_gone()
            && (!known.is_calendar
                || kind.is_some_and(|kind| kind.child(names::CALENDAR).is_some()))
    });
    if there {
        return Ok(());
    }
    Err(Error::new(Kind::Missing, doing)
        .because("its address is no longer that of a calendar")
        .hint("check the address; `slotbridge calendars URL` lists what is there"))
}

/// The tag of one object, for servers that do not give it with the object.
pub(super) async fn tag(shared: &Shared, known: &Known, href: &Href) -> Result<Option<Etag>> {
    let doing = format!("reading the tag of the entry {href}");
    let url = place::address(&known.collection, href);
    let body = request::propfind(&[names::ETAG]);
    let ask = Ask::xml("PROPFIND", &url, "0", body, &doing)?;
    let found = shared.dav.reports(&ask).await?;
    let report = found.reports.first();
    Ok(report
        .and_then(|report| report.text(names::ETAG))
        .map(Etag::new))
}
