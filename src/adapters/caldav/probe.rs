//! What `check` tries of a calendar behind CalDAV: it is found, counted, and one object is written,
//! read back and removed.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use super::ask::{Answer, Ask};
use super::collection::Collection;
use super::known::Known;
use super::objects::{self, Fetched};
use super::{Caldav, etag, listing, place, writes};
use crate::domain::ids::{Etag, Href};
use crate::ports::calendar::Listing as _;
use crate::ports::error::{Error, Kind, Result};

const WRITING: &str = "writing a test object into the calendar";
/// What no server may leave out of an object (RFC 4791 section 5.3.4), and some do.
const UNKNOWN: &str = "X-SLOTBRIDGE-CHECK";
/// A tag that no object has.
const NO_TAG: &str = "\"slotbridge-check-no-such-tag\"";

/// How a server says what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Since a token (RFC 6578).
    SyncToken,
    /// Whether anything did, by a tag of the whole calendar.
    Ctag,
    /// It does not: each listing is over everything.
    Etags,
}

/// A calendar that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Whether it takes events.
    pub takes_events: bool,
    /// Whether the user may write, where the server says so.
    pub writable: Option<bool>,
    /// How it says what changed.
    pub changes: Changes,
}

/// How a server treated the test object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conduct {
    /// When it tells the tag.
    pub tags: Tags,
    /// What it makes of conditions.
    pub conditions: Conditions,
    /// What it makes of a property that it does not know.
    pub unknown: Unknown,
}

/// When a server tells the tag of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    /// In the answer to the write.
    WithWrite,
    /// With the object.
    WithRead,
    /// Never one that can be a condition.
    None,
}

/// What a server makes of `If-None-Match` and `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// It does not write where they do not hold.
    Kept,
    /// It writes all the same, for one of them at least.
    Ignored,
}

/// What a server makes of a property that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is still there.
    Kept,
    /// It is gone.
    Dropped,
}

impl Caldav {
    /// Finds the calendar, and says what its server tells of it.
    ///
    /// # Errors
    /// As [`super::discover`].
    pub async fn describe(&self) -> Result<Description> {
        let found = self.shared.find_collection().await?;
        self.shared.remember(Known::from(&found)).await?;
        Ok(Description {
            takes_events: found.takes_events(),
            writable: found.writable,
            changes: changes(&found),
        })
    }

    /// Lists everything, and counts it.
    ///
    /// # Errors
    /// As a listing.
    pub async fn count(&self) -> Result<usize> {
        let mut lines = listing::start(&self.shared, None).await?;
        let mut count = 0;
        while let Some(some) = lines.next().await? {
            count += some.len();
        }
        Ok(count)
    }

    /// Writes one object that is no entry of ours and lies in the past, looks how the server treats
    /// it, and removes it, whatever happened in between. `mark` makes its name; an object that an
    /// earlier try under the same mark left behind is removed first.
    ///
    /// # Errors
    /// `Denied` and `Refused` where nothing can be written; `Transient` where that or the removal
    /// takes longer than `time` each.
    pub async fn try_writing(&self, mark: &str, time: Duration) -> Result<Conduct> {
        let trial = Trial {
            caldav: self,
            known: self.shared.known().await?,
            href: Href::new(format!("slotbridge-check-{mark}.ics")),
            uid: format!("slotbridge-check-{mark}"),
        };
        let late = |_| Error::new(Kind::Transient, WRITING).because("the server takes too long");
        let tried = tokio::time::timeout(time, trial.run()).await;
        let removed = tokio::time::timeout(time, trial.remove()).await;
        let conduct = tried.map_err(late).flatten()?;
        let removed = removed.map_err(late).flatten();
        removed.map_err(|error| {
            let href = &trial.href;
            error.hint(format!(
                "delete the object {href} from the calendar by hand"
            ))
        })?;
        Ok(conduct)
    }
}

fn changes(found: &Collection) -> Changes {
    if found.sync_collection {
        Changes::SyncToken
    } else if found.ctag.is_some() {
        Changes::Ctag
    } else {
        Changes::Etags
    }
}

/// One try.
struct Trial<'a> {
    caldav: &'a Caldav,
    known: Known,
    href: Href,
    uid: String,
}

impl Trial<'_> {
    async fn run(&self) -> Result<Conduct> {
        self.remove().await?;
        let answer = self.put(IF_NONE_MATCH, "*").await?;
        if !answer.status().is_success() {
            let shared = &self.caldav.shared;
            return Err(writes::refused(shared, &self.known, answer, WRITING).await);
        }
        let told = etag::of(answer.response.headers()).is_some();
        let Some(stands) = self.ours().await? else {
            return Err(Error::new(Kind::Refused, WRITING)
                .because("the server took the object, but does not give it back")
                .hint("look into the server's log: it may drop what it does not like"));
        };
        let text = String::from_utf8_lossy(&stands.body).to_ascii_uppercase();
        let strong = |tag: &Etag| etag::condition(tag).is_some();
        let none_match = self.is_kept_away(IF_NONE_MATCH, "*").await?;
        let matching = self.is_kept_away(IF_MATCH, NO_TAG).await?;
        Ok(Conduct {
            tags: match &stands.etag {
                Some(tag) if strong(tag) && told => Tags::WithWrite,
                Some(tag) if strong(tag) => Tags::WithRead,
                Some(_) | None => Tags::None,
            },
            conditions: if none_match && matching {
                Conditions::Kept
            } else {
                Conditions::Ignored
            },
            unknown: if text.contains(UNKNOWN) {
                Unknown::Kept
            } else {
                Unknown::Dropped
            },
        })
    }

    /// Whether a write under this condition, which does not hold, is refused.
    async fn is_kept_away(&self, condition: HeaderName, value: &'static str) -> Result<bool> {
        let answer = self.put(condition, value).await?;
        Ok(answer.status().is_client_error())
    }

    async fn put(&self, condition: HeaderName, value: &'static str) -> Result<Answer> {
        let url = place::address(&self.known.collection, &self.href);
        let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
        let ask = Ask::new(Method::PUT, url, WRITING)
            .header(condition, HeaderValue::from_static(value))
            .header(CONTENT_TYPE, kind)
            .body(object(&self.uid).into_bytes());
        self.caldav.shared.dav.once(&ask).await
    }

    /// The test object as it stands.
    async fn ours(&self) -> Result<Option<Fetched>> {
        let found = objects::fetch(&self.caldav.shared, &self.known, &self.href).await?;
        match found {
            Some(found) if !String::from_utf8_lossy(&found.body).contains(&self.uid) => {
                Err(Error::new(Kind::Refused, WRITING)
                    .because("an object of somebody else has the name of the test object")
                    .hint(format!("rename the object {}", self.href)))
            }
            found => Ok(found),
        }
    }

    /// Removes the test object, if it is there and ours.
    async fn remove(&self) -> Result<()> {
        let Some(stands) = self.ours().await? else {
            return Ok(());
        };
        let doing = "removing the test object from the calendar";
        let url = place::address(&self.known.collection, &self.href);
        let mut ask = Ask::new(Method::DELETE, url, doing);
        if let Some(condition) = stands.etag.as_ref().and_then(etag::condition) {
            ask = ask.header(IF_MATCH, condition);
        }
        let shared = &self.caldav.shared;
        let answer = shared.dav.once(&ask).await?;
        match answer.status().as_u16() {
            200..=299 | 404 | 410 => Ok(()),
            _ => Err(writes::refused(shared, &self.known, answer, doing).await),
        }
    }
}

/// An event of the year 2000 that blocks no time. Its `UID` is not of the form of our entries.
fn object(uid: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//slotbridge//check//EN\r\nBEGIN:VEVENT\r\n\
         UID:{uid}\r\nDTSTAMP:20000101T000000Z\r\nDTSTART:20000101T000000Z\r\n\
         DTEND:20000101T000100Z\r\nSUMMARY:slotbridge check (may be deleted)\r\n\
         TRANSP:TRANSPARENT\r\n{UNKNOWN}:kept\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical::busy::{self, Stripped};
    use crate::ical::import::{self, Found};

    #[test]
    fn the_test_object_is_neither_an_entry_of_ours_nor_busy_time() {
        let text = object("slotbridge-check-0123456789abcdef");
        assert!(matches!(import::read(text.as_bytes()), Ok(Found::Foreign)));
        assert!(matches!(
            busy::strip(text.as_bytes()),
            Ok(Stripped::Nothing)
        ));
    }
}
