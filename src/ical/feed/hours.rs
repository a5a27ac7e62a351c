//! Writes working hours as a feed, with the writer of `ical::availability`.

use jiff::Timestamp;

use super::super::availability::{Form, UID_SUFFIX, write};
use super::super::broken::Broken;
use super::super::component::{Component, Document, Item};
use super::super::content_line::ContentLine;
use super::super::export::utc;
use super::Head;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::hours::Hours;

/// The feed of these hours. `changed` is when they became what they are: `DTSTAMP`, and the time
/// around which the rules of their zone are given.
///
/// # Errors
/// When the zone of the hours is not known.
pub fn hours(head: &Head, hours: &Hours, changed: Timestamp) -> Result<Vec<u8>, Broken> {
    let mut availability = Component::new("VAVAILABILITY");
    // The name of the feed, so that the UID stays while the hours change.
    let print = Fingerprint::of(["feed", head.name.as_str()]);
    let lines = [
        ("UID", format!("{}{UID_SUFFIX}", print.as_str())),
        ("DTSTAMP", utc(changed)),
        ("BUSYTYPE", "BUSY-UNAVAILABLE".to_owned()),
    ];
    let lines = lines.map(|(name, value)| Item::Line(ContentLine::new(name, &value)));
    availability.items.extend(lines);
    let mut calendar = head.calendar();
    calendar.items.push(Item::Component(availability));
    let empty = Document {
        components: vec![calendar],
    };
    write(Some(&empty.write()), hours, changed, Form::Text)
}
