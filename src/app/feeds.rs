//! Feeds: rendered when what they show changed and kept until it does again, and found by the
//! secret part of their addresses. Both survive a restart.
//!
//! ```text
//! follow(settings) → a token for every feed        refresh(now) → content → changed? → render → remember
//! ```

mod address;
mod record;
mod render;
mod token;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::domain::feed::FeedName;
use crate::engine::feeds::Shown;
use crate::ical::feed::Head;
use crate::ports::base::{Base, Change};
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::settings::Settings;
use crate::settings::resolved::{Feed, Host, Rhythm};
use crate::web::feeds::{Rendered, Shelf};

use super::compose;
pub use address::Address;
use address::Reached;
use record::Secret;
use token::{Digest, Token};

/// How soon a subscriber may ask again at the earliest, however often passes run.
const SOONEST: Duration = Duration::from_mins(5);
/// How soon where passes run at times of day.
const USUAL: Duration = Duration::from_mins(15);

/// All feeds of a state. Clones are the same feeds.
#[derive(Clone)]
pub struct Feeds {
    base: Arc<dyn Base>,
    served: Arc<Mutex<Served>>,
    /// What passes left is to be looked at.
    left: Arc<Notify>,
    /// Held by whoever changes them: one refresh, one rotation at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What is served now.
#[derive(Default)]
struct Served {
    /// In the order of the configuration.
    feeds: Vec<One>,
    reached: Reached,
}

/// One feed.
#[derive(Clone)]
struct One {
    head: Head,
    shown: Shown,
    token: Token,
    /// What a token that is asked for is compared with.
    digest: Digest,
    /// The content that `rendered` shows.
    content: Option<String>,
    rendered: Arc<Rendered>,
}

/// How a feed is.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Where it is, and whose.
    pub address: Address,
    /// How many events or stretches of working hours it shows; `None` before any pass knew it.
    pub entries: Option<usize>,
    /// When it last changed; `None` before any pass knew it.
    pub changed: Option<Timestamp>,
}

/// The text of a feed, to be kept as a file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedText {
    /// Its name in the configuration.
    pub name: FeedName,
    /// The text; `None` before any pass knew what it shows.
    pub text: Option<String>,
    /// When it last changed.
    pub modified: Timestamp,
}

// Written by hand so that what a feed says reaches no log.
impl fmt::Debug for FeedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedText")
            .field("name", &self.name)
            .field("modified", &self.modified)
            .finish_non_exhaustive()
    }
}

impl Feeds {
    /// The feeds of a state: none, until the settings are known.
    #[must_use]
    pub fn open(base: Arc<dyn Base>) -> Self {
        Self {
            base,
            served: Arc::default(),
            left: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// Serves what the settings name from now on, and nothing else. A feed that has no address yet
    /// gets one; one that shows another host or something else than before gets another one,
    /// because whoever has the old address was not given this.
    ///
    /// # Errors
    /// When the state cannot be read or written.
    pub async fn follow(&self, settings: &Settings) -> Result<()> {
        let _turn = self.turn.lock().await;
        let before = self.served().feeds.clone();
        let refresh = refresh_interval(&settings.sync.rhythm);
        let mut feeds: Vec<One> = Vec::new();
        let mut changes = Vec::new();
        for host in &settings.hosts {
            for feed in &host.feeds {
                let token = self.token_of(host, feed, &feeds, &mut changes)?;
                let mut one = One::new(host, feed, refresh, token);
                let is_same = |old: &&One| {
                    old.head.name == feed.name
                        && old.head.kind == feed.kind
                        && old.shown.host.name == host.name
                };
                if let Some(old) = before.iter().find(is_same) {
                    one.content.clone_from(&old.content);
                    one.rendered = old.rendered.clone();
                }
                feeds.push(one);
            }
        }
        if !changes.is_empty() {
            self.base.commit(changes).await?;
        }
        let mut served = self.served();
        served.feeds = feeds;
        served.reached = Reached::by(settings.http.as_ref());
        Ok(())
    }

    /// Looks at what the last pass left, and renders each feed whose content is another one. One
    /// that fails stays as it was; all failures are given.
    pub async fn refresh(&self, now: Timestamp) -> Vec<Error> {
        let _turn = self.turn.lock().await;
        let feeds = self.served().feeds.clone();
        let mut errors = Vec::new();
        for one in feeds {
            match render::anew(&self.base, &one, now).await {
                Ok(None) => {}
                Ok(Some((content, rendered))) => {
                    let mut served = self.served();
                    let mut places = served.feeds.iter_mut();
                    if let Some(place) = places.find(|place| place.head.name == one.head.name) {
                        place.content = Some(content);
                        place.rendered = Arc::new(rendered);
                    }
                }
                Err(error) => {
                    tracing::warn!(feed = %one.head.name, %error, "a feed stays as it was");
                    errors.push(error);
                }
            }
        }
        errors
    }

    /// Says that a pass may have left something new for [`Feeds::keep_fresh`].
    pub fn look_again(&self) {
        self.left.notify_one();
    }

    /// Refreshes after each pass, beside the passes, so that none waits for it. Never ends.
    pub async fn keep_fresh(&self, clock: &dyn Clock) {
        loop {
            self.left.notified().await;
            self.refresh(clock.now()).await;
        }
    }

    /// Every address, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        let served = self.served();
        let feeds = served.feeds.iter();
        feeds.map(|one| one.address(&served.reached)).collect()
    }

    /// How each feed is, in the order of the configuration. It reads the texts through: not to be
    /// asked for where others wait.
    #[must_use]
    pub fn overview(&self) -> Vec<Overview> {
        let all: Vec<(Address, Arc<Rendered>)> = {
            let served = self.served();
            let feeds = served.feeds.iter();
            feeds
                .map(|one| (one.address(&served.reached), one.rendered.clone()))
                .collect()
        };
        let is_known = |rendered: &Rendered| !rendered.ics.is_empty();
        all.into_iter()
            .map(|(address, rendered)| Overview {
                address,
                entries: is_known(&rendered).then(|| render::entries(&rendered.ics)),
                changed: is_known(&rendered).then_some(rendered.modified),
            })
            .collect()
    }

    /// Gives a feed another address. When this returns, the old one leads nowhere, for good.
    ///
    /// # Errors
    /// `Missing` for an unknown name; or when the state cannot be written.
    pub async fn rotate(&self, name: &FeedName) -> Result<Address> {
        let _turn = self.turn.lock().await;
        let doing = || format!("giving the feed {name} another address");
        let one = self
            .served()
            .feeds
            .iter()
            .find(|one| one.head.name == *name)
            .cloned();
        let Some(one) = one else {
            return Err(Error::new(Kind::Missing, doing())
                .because("there is no feed with this name")
                .hint("`slotbridge feeds list` shows their names"));
        };
        let token = Token::random()?;
        let secret = Secret::new(&token, &one.shown.host.name, one.head.kind);
        self.base.commit(vec![secret.change(name)]).await?;
        let mut served = self.served();
        let reached = served.reached.clone();
        let mut places = served.feeds.iter_mut();
        let place = places.find(|place| place.head.name == *name);
        let place = place.ok_or_else(|| Error::new(Kind::Stale, doing()))?;
        place.digest = token.digest();
        place.token = token;
        Ok(place.address(&reached))
    }

    /// The text of every feed, in the order of the configuration.
    #[must_use]
    pub fn texts(&self) -> Vec<FeedText> {
        let served = self.served();
        let feeds = served.feeds.iter();
        feeds
            .map(|one| FeedText {
                name: one.head.name.clone(),
                text: Some(&one.rendered.ics)
                    .filter(|text| !text.is_empty())
                    .map(|text| String::from_utf8_lossy(text).into_owned()),
                modified: one.rendered.modified,
            })
            .collect()
    }

    /// The token that a feed has for what it shows, and that no other one has; else a new one.
    fn token_of(
        &self,
        host: &Host,
        feed: &Feed,
        others: &[One],
        changes: &mut Vec<Change>,
    ) -> Result<Token> {
        let kept = record::secret(self.base.as_ref(), &feed.name)?
            .filter(|secret| secret.is_for(&host.name, feed.kind))
            .and_then(|secret| Token::parse(&secret.token));
        if let Some(kept) = kept
            && !others.iter().any(|other| other.token == kept)
        {
            return Ok(kept);
        }
        let new = Token::random()?;
        changes.push(Secret::new(&new, &host.name, feed.kind).change(&feed.name));
        Ok(new)
    }

    fn served(&self) -> MutexGuard<'_, Served> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for Feeds {
    fn find(&self, token: &str) -> Option<Arc<Rendered>> {
        let asked = Digest::of(token);
        let served = self.served();
        let mut found = None;
        // Every one is compared, so that the time tells nothing about which.
        for one in &served.feeds {
            if asked.is(&one.digest) {
                found = Some(&one.rendered);
            }
        }
        found.cloned()
    }
}

impl One {
    /// A feed that shows nothing yet.
    fn new(host: &Host, feed: &Feed, refresh: Duration, token: Token) -> Self {
        let bookings = host.bookings.as_ref();
        Self {
            head: Head {
                name: feed.name.clone(),
                kind: feed.kind,
                refresh,
            },
            shown: Shown {
                host: compose::bookable_host(host),
                bookings: bookings.map(|bookings| bookings.calendar.clone()),
            },
            digest: token.digest(),
            token,
            content: None,
            rendered: Arc::new(render::nothing_yet(&feed.name)),
        }
    }

    fn address(&self, reached: &Reached) -> Address {
        reached.address(&self.head, &self.shown.host.name, self.token.as_str())
    }
}

/// There is nothing new before the next pass.
fn refresh_interval(rhythm: &Rhythm) -> Duration {
    match rhythm {
        Rhythm::Every(every) => Duration::from_secs(every.as_secs()).max(SOONEST),
        Rhythm::Cron(_) => USUAL,
    }
}

#[cfg(test)]
mod tests;
