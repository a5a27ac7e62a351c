//! Where hours may stand, and where they stood last.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::super::Shared;
use crate::domain::ids::{Etag, Href};
use crate::ports::base::Change;
use crate::ports::error::{Error, Kind, Result};

/// The name of the object.
const OBJECT: &str = "slotbridge-hours.ics";

/// A place for hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// The property of the calendar.
    Calendar,
    /// The property of the scheduling inbox (RFC 6638 section 2.2).
    Inbox(Url),
    /// An object in the calendar.
    Object(Href),
}

/// A text as it stands.
#[derive(Clone)]
pub(super) struct Text {
    /// The text.
    pub(super) text: String,
    /// Its tag, where it has one.
    pub(super) etag: Option<Etag>,
}

impl Place {
    /// The object, by its usual name.
    pub(super) fn object() -> Self {
        Self::Object(Href::new(OBJECT))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calendar => f.write_str("the property calendar-availability of the calendar"),
            Self::Inbox(_) => f.write_str("the property calendar-availability of the inbox"),
            Self::Object(href) => write!(f, "the object {href}"),
        }
    }
}

fn key(shared: &Shared) -> String {
    format!("{}/hours", shared.key)
}

/// Where hours stood last; anything unreadable is forgotten, and so is what leads elsewhere.
pub(super) fn remembered(shared: &Shared) -> Result<Option<Place>> {
    let stored = shared.base.get(&key(shared))?;
    let place: Option<Place> = stored.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(place.filter(|place| match place {
        Place::Inbox(url) => shared.dav.ensure_known(url, super::READING).is_ok(),
        Place::Calendar | Place::Object(_) => true,
    }))
}

/// Remembers where hours stand.
pub(super) async fn remember(shared: &Shared, place: &Place) -> Result<()> {
    if remembered(shared)?.as_ref() == Some(place) {
        return Ok(());
    }
    let bytes = serde_json::to_vec(place).map_err(|error| {
        Error::new(Kind::Local, "remembering where the working hours stand").because(error)
    })?;
    let put = Change::Put(key(shared), bytes);
    shared.base.commit(vec![put]).await
}
