//! Feeds: calendars that are one read-only text, behind an address or in a file ("ICS
//! subscriptions").
//!
//! An address is often the only thing that keeps a feed private, so it stands in no error, no
//! cursor and no `Debug`; a calendar is known by its configured name. A passing fault is not tried
//! again here: the next pass is the next try, and until then what was read before stays in force.

mod events;
mod failure;
mod file;
mod mark;
mod place;
/// What `check` sees.
pub mod probe;
mod redirect;
mod text;
mod web;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::http_client::{HttpClient, Timeouts};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{Cursor, Href};
use crate::domain::window::Window;
use crate::ports::calendar::Listing;
use crate::ports::clock::Clock;
use crate::ports::error::Result;
use crate::ports::meter::Meter;
use crate::ports::secret::LiveSecret;
use crate::ports::source::{Source, SourceContent, SourceObject};
use events::{Events, Lines};
use file::FeedFile;
use mark::{Mark, Seen};
use place::Place;
use web::Web;

/// Where a feed is, who asks, and how much of it is taken.
pub struct IcsConfig {
    /// `https://`, `http://` (this machine only), `webcal://`, `webcals://`, `file://`, or a path.
    /// A user name and password in it are taken out and sent as Basic authentication.
    pub address: SecretString,
    /// User name and password (Basic, RFC 7617). Goes before those in the address.
    pub login: Option<(String, LiveSecret)>,
    /// Time and size.
    pub limits: Limits,
}

impl IcsConfig {
    /// A feed at an address, or in a file, with the usual limits.
    #[must_use]
    pub fn new(address: SecretString) -> Self {
        Self {
            address,
            login: None,
            limits: Limits::default(),
        }
    }
}

/// How long a feed may take, and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To connect, between two pieces, in all.
    pub timeouts: Timeouts,
    /// The largest feed, in bytes, after decompression.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            bytes: 32 << 20,
        }
    }
}

/// A feed as a source of busy time.
///
/// One listing is one request, and its events are kept until they are read: reading what was
/// listed just before costs nothing, and anything else costs another request.
pub struct Ics {
    door: Door,
    /// What the address was made into, so that a cursor of another feed is not taken for one of
    /// this.
    feed: Fingerprint,
    meter: Arc<Meter>,
    /// Listed and not read yet.
    unread: Mutex<BTreeMap<Href, SourceObject>>,
}

enum Door {
    Web(Box<Web>),
    File(FeedFile),
}

/// What is behind the door.
enum Got {
    /// What was seen before.
    Unchanged,
    /// The text, and what to tell it by next time.
    Text { bytes: Vec<u8>, seen: Seen },
}

impl Ics {
    /// Prepares a feed. Nothing is sent or opened before it is used.
    ///
    /// # Errors
    /// `Local` for an address that is none, or is not encrypted (unless it is this machine's own).
    pub fn new(config: IcsConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let IcsConfig {
            address,
            login,
            limits,
        } = config;
        let meter = Arc::<Meter>::default();
        let user = login.as_ref().map_or("", |(user, _)| user.as_str());
        let feed = Fingerprint::of([address.expose_secret(), user]);
        let door = match place::of(address.expose_secret(), login)? {
            Place::File(path) => Door::File(FeedFile::at(path, limits.bytes, clock)),
            Place::Web(place) => {
                let http = HttpClient::new(limits.timeouts, Arc::clone(&meter), clock)?;
                Door::Web(Box::new(Web::new(http, place, limits.bytes)))
            }
        };
        Ok(Self {
            door,
            feed,
            meter,
            unread: Mutex::default(),
        })
    }

    /// Whether it is a file of this machine, not of a server.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self.door, Door::File(_))
    }

    fn unread(&self) -> MutexGuard<'_, BTreeMap<Href, SourceObject>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self, seen: Option<&Seen>) -> Result<Got> {
        match &self.door {
            Door::Web(web) => web.get(seen).await,
            Door::File(file) => {
                self.meter.request();
                file.get(seen).await
            }
        }
    }

    fn mark(&self, since: Option<&Cursor>) -> Option<Mark> {
        since
            .and_then(Mark::parse)
            .filter(|mark| mark.feed == self.feed)
    }
}

#[async_trait]
impl Source for Ics {
    /// A feed has no deltas: a cursor only says that it is as it was, to the byte or in what its
    /// events say about time (many servers write the time of the request into each).
    async fn list(&self, since: Option<&Cursor>, _around: Window) -> Result<Box<dyn Listing>> {
        self.unread().clear();
        let before = self.mark(since);
        let got = self.get(before.as_ref().map(|mark| &mark.seen)).await?;
        let (bytes, seen) = match (got, before.as_ref()) {
            (Got::Text { bytes, seen }, _) => (bytes, seen),
            (Got::Unchanged, Some(before)) => return Ok(Box::new(Lines::unchanged(before))),
            (Got::Unchanged, None) => return Err(failure::unasked()),
        };
        let body = mark::digest(&bytes);
        if let Some(before) = before.as_ref().filter(|before| before.body == body) {
            let mark = Mark {
                seen,
                ..before.clone()
            };
            return Ok(Box::new(Lines::unchanged(&mark)));
        }
        let events = Events::read(bytes).await?;
        let mark = Mark {
            feed: self.feed.clone(),
            seen,
            body,
            events: events.print(),
        };
        if before.is_some_and(|before| before.events == mark.events) {
            return Ok(Box::new(Lines::unchanged(&mark)));
        }
        let lines = Lines::everything(&events, &mark);
        *self.unread() = events.objects;
        Ok(Box::new(lines))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        let taken: Option<Vec<SourceObject>> = {
            let mut unread = self.unread();
            let all_there = hrefs.iter().all(|href| unread.contains_key(href));
            all_there.then(|| hrefs.iter().map_while(|href| unread.remove(href)).collect())
        };
        if let Some(taken) = taken.filter(|taken| taken.len() == hrefs.len()) {
            return Ok(taken);
        }
        let Got::Text { bytes, .. } = self.get(None).await? else {
            return Err(failure::unasked());
        };
        // Whoever asks for some of them after a restart asks for the rest next.
        let mut found = Events::read(bytes).await?.objects;
        let object = |href: &Href| found.remove(href).unwrap_or_else(|| absent(href));
        let taken = hrefs.iter().map(object).collect();
        *self.unread() = found;
        Ok(taken)
    }

    fn is_feed(&self) -> bool {
        true
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

fn absent(href: &Href) -> SourceObject {
    SourceObject {
        href: href.clone(),
        etag: None,
        content: SourceContent::Absent,
    }
}
