//! A calendar behind CalDAV whose busy time is wanted: listed and read, never written to.

use std::sync::Arc;

use async_trait::async_trait;

use super::objects::{Body, Raw};
use super::{Caldav, CaldavConfig, Shared, listing, near, objects};
use crate::domain::ids::{Cursor, Href};
use crate::domain::window::Window;
use crate::ical::busy::{self, Stripped};
use crate::ports::base::Base;
use crate::ports::calendar::Listing;
use crate::ports::clock::Clock;
use crate::ports::error::Result;
use crate::ports::meter::Meter;
use crate::ports::source::{Source, SourceContent, SourceObject};

/// A calendar behind CalDAV as a source of busy time.
///
/// The same collection may be the calendar that bookings are written to: what each remembers of
/// its listings are cursors of its own, and neither hears of the other.
pub struct CaldavSource {
    shared: Arc<Shared>,
    /// A full listing of more objects than these is worth asking which of them are near.
    many: usize,
}

impl CaldavSource {
    /// Prepares a source. Nothing is sent before it is used.
    ///
    /// # Errors
    /// As [`Caldav::new`].
    pub fn new(config: CaldavConfig, base: Arc<dyn Base>, clock: Arc<dyn Clock>) -> Result<Self> {
        let shared = Caldav::new(config, base, clock)?.shared;
        let many = near::MANY;
        Ok(Self { shared, many })
    }

    /// Changes how many objects a calendar may have before a full listing leaves out what is far
    /// away (usually 1,000).
    #[must_use]
    pub fn listing_all_of(self, many: usize) -> Self {
        Self { many, ..self }
    }
}

#[async_trait]
impl Source for CaldavSource {
    async fn list(&self, since: Option<&Cursor>, around: Window) -> Result<Box<dyn Listing>> {
        let lines = listing::start(&self.shared, since).await?;
        if !lines.is_of_everything() {
            return Ok(lines);
        }
        Ok(near::only(&self.shared, lines, around, self.many).await?)
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        objects::read(&self.shared, hrefs, timing).await
    }

    fn meter(&self) -> &Meter {
        self.shared.dav.http().meter()
    }
}

/// What an object says about time; the rest of it is dropped here.
fn timing(raw: Raw) -> SourceObject {
    let content = match raw.body {
        Body::Text(bytes) => match busy::strip(&bytes) {
            Ok(Stripped::Timing(timing)) => SourceContent::Timing(timing),
            Ok(Stripped::Nothing) => SourceContent::Nothing,
            Err(broken) => SourceContent::Broken(broken.to_string()),
        },
        Body::Broken(why) => SourceContent::Broken(why),
        Body::Absent => SourceContent::Absent,
    };
    SourceObject {
        href: raw.href,
        etag: raw.etag,
        content,
    }
}
