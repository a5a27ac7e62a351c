//! Calendars behind CalDAV (RFC 4791, 6578, 6764): found, listed, read and written conditionally,
//! on servers that keep the standards in ten different ways (FIELD.md section 3).

/// A whole multistatus, from any body.
pub mod answer;
mod ask;
mod auth;
mod collection;
mod cursor;
mod dav;
mod discovery;
/// Asks a domain where its calendars are.
pub mod dns;
mod etag;
mod hours;
mod known;
mod listing;
mod near;
mod objects;
mod place;
/// What `check` tries.
pub mod probe;
mod refusal;
mod source;
mod tries;
mod trust;
mod writes;
mod xml;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use url::Url;

pub use auth::Credentials;
pub use collection::Collection;
pub use source::CaldavSource;

use super::http_client::{HttpClient, Timeouts, ensure_secure};
use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ports::base::Base;
use crate::ports::calendar::{Calendar, Listing, Object, Written};
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use dav::Dav;
use discovery::{Discovered, Trail};
use known::Known;

/// Where a calendar is and who asks.
#[derive(Clone, Debug)]
pub struct CaldavConfig {
    /// The address of a calendar, a home, a principal or a server; or `mailto:` with an address
    /// in the server's domain.
    pub url: Url,
    /// The name or last path segment of the calendar, where the address is not its own.
    pub collection: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
}

/// A calendar behind CalDAV.
pub struct Caldav {
    shared: Arc<Shared>,
}

/// What the calendar and its open listings have in common.
struct Shared {
    dav: Dav,
    url: Url,
    wanted: Option<String>,
    base: Arc<dyn Base>,
    key: String,
    known: Mutex<Option<Known>>,
}

impl Caldav {
    /// Prepares a calendar. Nothing is sent before it is used.
    ///
    /// # Errors
    /// `Local` for an address that is not encrypted (unless it is this machine's own), or that is
    /// none.
    pub fn new(config: CaldavConfig, base: Arc<dyn Base>, clock: Arc<dyn Clock>) -> Result<Self> {
        let url = server_address(&config.url)?;
        let key = known::key(
            &url,
            config.collection.as_deref(),
            config.credentials.username(),
        );
        Ok(Self {
            shared: Arc::new(Shared {
                dav: speaker(&url, config.credentials, clock)?,
                url,
                wanted: config.collection,
                base,
                key,
                known: Mutex::new(None),
            }),
        })
    }
}

/// Lists the calendars behind an address.
///
/// # Errors
/// `Denied` for bad credentials, `Missing` when there is no calendar, `Unreachable`, `Local`.
pub async fn discover(config: CaldavConfig, clock: Arc<dyn Clock>) -> Result<Vec<Collection>> {
    let url = server_address(&config.url)?;
    let dav = speaker(&url, config.credentials, clock)?;
    let found = discovery::discover(&dav, &url, |_| false, &mut Trail::default()).await?;
    Ok(every(found))
}

/// What is behind an address.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The calendars that take events.
    pub calendars: Vec<Collection>,
    /// The addresses that were looked at, in order.
    pub tried: Vec<Url>,
    /// Whether anything there speaks WebDAV.
    pub speaks: bool,
}

/// Looks what is behind an address. Finding nothing is no failure here: it says where it looked.
///
/// # Errors
/// `Denied` for bad credentials, `Unreachable`, `Local`.
pub async fn survey(config: CaldavConfig, clock: Arc<dyn Clock>) -> Result<Survey> {
    let url = server_address(&config.url)?;
    let dav = speaker(&url, config.credentials, clock)?;
    let mut trail = Trail::default();
    let calendars = match discovery::discover(&dav, &url, |_| false, &mut trail).await {
        Ok(found) => every(found),
        Err(error) if error.kind() == Kind::Missing => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Survey {
        calendars,
        tried: trail.tried,
        speaks: trail.speaks,
    })
}

/// Each calendar once.
fn every(found: Discovered) -> Vec<Collection> {
    let mut all: Vec<Collection> = found.given.into_iter().collect();
    for calendar in found.around {
        if all.iter().all(|other| !other.is_at(&calendar.url)) {
            all.push(calendar);
        }
    }
    all
}

/// Whether a server that the DNS names for a domain is that domain's own: itself, or below it (RFC
/// 6764 section 8 asks for care).
#[must_use]
pub fn is_own(domain: &Url, server: &Url) -> bool {
    trust::is_own(domain, server)
}

fn speaker(url: &Url, credentials: Credentials, clock: Arc<dyn Clock>) -> Result<Dav> {
    let http = HttpClient::new(Timeouts::default(), Arc::default(), clock)?;
    Ok(Dav::new(http, url.clone(), credentials))
}

/// The address to start from, without what a person may have pasted into it.
fn server_address(url: &Url) -> Result<Url> {
    let doing = "preparing the calendar";
    let mut url = match url.scheme() {
        "mailto" => url
            .path()
            .rsplit_once('@')
            .and_then(|(_, domain)| Url::parse(&format!("https://{domain}/")).ok())
            .ok_or_else(|| {
                Error::new(Kind::Local, doing)
                    .because("this is no mail address")
                    .hint("write mailto:you@example.org, or the address of the server")
            })?,
        // `caldav://` and `webcal://` are what some programs show for the same thing.
        "caldavs" | "caldav" | "webcals" | "webcal" => {
            let (_, rest) = url.as_str().split_once(':').unwrap_or_default();
            Url::parse(&format!("https:{rest}"))
                .map_err(|error| Error::new(Kind::Local, doing).because(error))?
        }
        _ => url.clone(),
    };
    ensure_secure(&url, doing)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::new(Kind::Local, doing)
            .because("the address has a user name in it")
            .hint("move it to username and password"));
    }
    url.set_fragment(None);
    Ok(url)
}

impl Shared {
    /// The calendar in use: as remembered, else found now.
    async fn known(&self) -> Result<Known> {
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref() {
            return Ok(known.clone());
        }
        let found = match known::load(self.base.as_ref(), &self.key)? {
            // A record that leads elsewhere is not worth our credentials.
            Some(stored) if self.dav.ensure_known(&stored.collection, "").is_ok() => stored,
            _ => {
                let found = self.find().await?;
                known::save(self.base.as_ref(), &self.key, &found).await?;
                found
            }
        };
        Ok(known.insert(found).clone())
    }

    /// Looks for the calendar again, because it is no longer where it was. What is remembered
    /// stays until something is found, and where no name was configured it must be the same
    /// calendar: the only other one there is not it.
    async fn find_again(&self) -> Result<Known> {
        let mut known = self.known.lock().await;
        let before = match known.take() {
            Some(before) => Some(before),
            None => known::load(self.base.as_ref(), &self.key)?,
        };
        let found = self.find().await?;
        if let Some(before) = before
            && self.wanted.is_none()
            && before.collection != found.collection
        {
            return Err(Error::new(Kind::Missing, "looking for the calendar")
                .because("it is gone, and another one was found in its place")
                .hint("if that is the one to use now, configure its name as collection"));
        }
        known::save(self.base.as_ref(), &self.key, &found).await?;
        Ok(known.insert(found).clone())
    }

    /// Changes what is remembered.
    async fn remember(&self, learned: Known) -> Result<()> {
        let mut known = self.known.lock().await;
        known::save(self.base.as_ref(), &self.key, &learned).await?;
        *known = Some(learned);
        Ok(())
    }

    async fn find(&self) -> Result<Known> {
        Ok(Known::from(&self.find_collection().await?))
    }

    async fn find_collection(&self) -> Result<Collection> {
        let wanted = self.wanted.as_deref();
        let will_do = |given: &Collection| wanted.is_none_or(|name| given.is_called(name));
        let discovered =
            discovery::discover(&self.dav, &self.url, will_do, &mut Trail::default()).await?;
        let collection = discovery::pick(discovered, &self.url, wanted)?;
        self.dav
            .ensure_known(&collection.url, "choosing the calendar")?;
        Ok(collection)
    }
}

#[async_trait]
impl Calendar for Caldav {
    async fn list(&self, since: Option<&Cursor>) -> Result<Box<dyn Listing>> {
        Ok(listing::start(&self.shared, since).await?)
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<Object>> {
        objects::read(&self.shared, hrefs, objects::entry).await
    }

    async fn create(&self, draft: &Draft) -> Result<Written> {
        writes::create(&self.shared, draft).await
    }

    async fn update(&self, edit: &Edit) -> Result<Written> {
        writes::update(&self.shared, edit).await
    }

    async fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        writes::delete(&self.shared, href, seen).await
    }

    fn meter(&self) -> &Meter {
        self.shared.dav.http().meter()
    }
}
