//! The events of a feed, and the listing made of them.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::failure;
use super::mark::Mark;
use super::text;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ical::busy::{self, FeedEvent, Stripped};
use crate::ports::calendar::{Change, Coverage, Listed, Listing};
use crate::ports::error::Result;
use crate::ports::source::{SourceContent, SourceObject};

/// Lines given at once.
const AT_ONCE: usize = 500;

/// What a feed says about time.
pub(super) struct Events {
    /// Each event by its made-up place.
    pub(super) objects: BTreeMap<Href, SourceObject>,
}

impl Events {
    /// Reads a text, where that may take its time.
    ///
    /// # Errors
    /// `Malformed` for what is no calendar; `Transient` for one that stops in the middle.
    pub(super) async fn read(bytes: Vec<u8>) -> Result<Self> {
        tokio::task::spawn_blocking(move || {
            let text = text::of(bytes).map_err(failure::of_text)?;
            let events = busy::split(&text).map_err(failure::of_split)?;
            let objects = events.into_iter().map(object);
            Ok(Self {
                objects: objects
                    .map(|object| (object.href.clone(), object))
                    .collect(),
            })
        })
        .await
        .map_err(failure::stopped)?
    }

    /// A digest of all that the events say about time.
    pub(super) fn print(&self) -> Fingerprint {
        let tag = |object: &SourceObject| object.etag.as_ref().map_or("", Etag::as_str).to_owned();
        let parts = self.objects.values();
        Fingerprint::of(parts.flat_map(|object| [object.href.as_str().to_owned(), tag(object)]))
    }
}

fn object(event: FeedEvent) -> SourceObject {
    SourceObject {
        href: event.href,
        etag: Some(event.etag),
        content: match event.content {
            Ok(Stripped::Timing(timing)) => SourceContent::Timing(timing),
            Ok(Stripped::Nothing) => SourceContent::Nothing,
            Err(broken) => SourceContent::Broken(broken.to_string()),
        },
    }
}

/// A listing of a feed.
pub(super) struct Lines {
    left: Vec<Change>,
    coverage: Coverage,
    cursor: Cursor,
}

impl Lines {
    /// Every event.
    pub(super) fn everything(events: &Events, mark: &Mark) -> Self {
        let line = |object: &SourceObject| Change::There {
            href: object.href.clone(),
            etag: object.etag.clone(),
        };
        Self {
            left: events.objects.values().map(line).collect(),
            coverage: Coverage::Full,
            cursor: mark.cursor(),
        }
    }

    /// Nothing changed.
    pub(super) fn unchanged(mark: &Mark) -> Self {
        Self {
            left: Vec::new(),
            coverage: Coverage::Since,
            cursor: mark.cursor(),
        }
    }
}

#[async_trait]
impl Listing for Lines {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let keep = self.left.len().saturating_sub(AT_ONCE);
        let some = self.left.split_off(keep);
        Ok((!some.is_empty()).then_some(some))
    }

    fn listed(&self) -> Listed {
        Listed {
            coverage: self.coverage,
            cursor: Some(self.cursor.clone()),
        }
    }
}
