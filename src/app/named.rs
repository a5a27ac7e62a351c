//! A calendar that says its name in every error: with several of them, "wrong password" is no help.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{CalendarName, Cursor, Etag, Href};
use crate::ports::calendar::{Calendar, Change, Listed, Listing, Object, Written};
use crate::ports::error::{Error, Result};
use crate::ports::meter::Meter;

/// A calendar by its name in the configuration.
pub struct Named {
    place: Arc<str>,
    calendar: Arc<dyn Calendar>,
}

impl Named {
    /// The calendar, called like this.
    #[must_use]
    pub fn new(name: &CalendarName, calendar: Arc<dyn Calendar>) -> Self {
        Self {
            place: format!("calendar {name}").into(),
            calendar,
        }
    }

    fn say<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.at(&self.place))
    }
}

#[async_trait]
impl Calendar for Named {
    async fn list(&self, since: Option<&Cursor>) -> Result<Box<dyn Listing>> {
        let listing = self.say(self.calendar.list(since).await)?;
        Ok(Box::new(NamedListing {
            place: Arc::clone(&self.place),
            listing,
        }))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<Object>> {
        self.say(self.calendar.read(hrefs).await)
    }

    async fn create(&self, draft: &Draft) -> Result<Written> {
        self.say(self.calendar.create(draft).await)
    }

    async fn update(&self, edit: &Edit) -> Result<Written> {
        self.say(self.calendar.update(edit).await)
    }

    async fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        self.say(self.calendar.delete(href, seen).await)
    }

    fn meter(&self) -> &Meter {
        self.calendar.meter()
    }
}

struct NamedListing {
    place: Arc<str>,
    listing: Box<dyn Listing>,
}

#[async_trait]
impl Listing for NamedListing {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let next = self.listing.next().await;
        next.map_err(|error: Error| error.at(&self.place))
    }

    fn listed(&self) -> Listed {
        self.listing.listed()
    }
}
