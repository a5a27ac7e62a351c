//! Splits a feed into the events that it holds.

use std::collections::BTreeMap;

use super::kept::{self, Everything, Kept};
use super::names::Zones;
use super::{FeedEvent, Stripped, strip};
use crate::domain::busy::Timing;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{Etag, Href};
use crate::ical::broken::Broken;

/// Every event of a feed, by its `UID`; one without a `UID` by what it says.
///
/// # Errors
/// When it cannot be read, or more than `most` bytes would be kept of it.
pub(super) fn split(feed: &[u8], most: usize) -> Result<Vec<FeedEvent>, Broken> {
    let Everything { components, zones } = kept::read(feed)?;
    let mut events: BTreeMap<String, Vec<Kept>> = BTreeMap::new();
    for component in components {
        let key = if let Some(uid) = &component.uid {
            Fingerprint::of(["uid", uid])
        } else {
            let mut text = Vec::new();
            for line in &component.lines {
                line.write(&mut text);
            }
            Fingerprint::of(["text", &String::from_utf8_lossy(&text)])
        };
        let all = events.entry(key.as_str().to_owned()).or_default();
        all.push(component);
    }
    let zones = Zones::new(zones);
    let mut left = most;
    let mut found = Vec::new();
    for (key, components) in events {
        let content = strip::text(&components, &zones);
        let size = content
            .as_ref()
            .map_or(0, |text| text.as_ref().map_or(0, String::len));
        left = left.checked_sub(size).ok_or_else(|| too_large(most))?;
        let etag = match &content {
            Ok(Some(text)) => Fingerprint::of(["timing", text]),
            Ok(None) => Fingerprint::of(["nothing"]),
            Err(why) => Fingerprint::of(["broken", &why.0]),
        };
        found.push(FeedEvent {
            href: Href::new(format!("{key}.ics")),
            etag: Etag::new(format!("\"{}\"", etag.as_str())),
            content: content.map(stripped),
        });
    }
    Ok(found)
}

fn too_large(most: usize) -> Broken {
    Broken::new(format!(
        "it says more about time than {most} bytes, with the zones that its events name"
    ))
}

/// What is kept of an object.
pub(super) fn stripped(text: Option<String>) -> Stripped {
    text.map_or(Stripped::Nothing, |text| {
        Stripped::Timing(Timing::new(text))
    })
}
