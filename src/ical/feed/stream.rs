//! Writes a feed of events, one after the other, so that only its text is held.

use super::super::component::{Component, Item};
use super::super::content_line::ContentLine;
use super::super::export::{create, utc};
use super::super::text;
use super::{BUSY_SUFFIX, Head, UNKNOWN};
use crate::domain::entry::Draft;
use crate::domain::feed::FeedName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time_span::TimeSpan;

/// What belongs to one entry in one calendar alone, or to a mail: a feed published to many has
/// neither (`METHOD:PUBLISH` allows no `ATTENDEE`, RFC 5546 section 3.2.1).
const OF_AN_ENTRY: [&str; 2] = ["CREATED", "ATTENDEE"];

/// A feed that is being written.
#[derive(Debug)]
pub struct Stream {
    name: FeedName,
    out: Vec<u8>,
}

impl Stream {
    /// Begins a feed.
    #[must_use]
    pub fn begin(head: &Head) -> Self {
        let mut out = Vec::new();
        ContentLine::new("BEGIN", "VCALENDAR").write(&mut out);
        for line in head.lines() {
            line.write(&mut out);
        }
        Self {
            name: head.name.clone(),
            out,
        }
    }

    /// Adds a booking, as its entry says it. One that is larger than any calendar takes is left
    /// out, as it is there.
    pub fn booking(&mut self, draft: &Draft) {
        let Some(mut event) = create::component(draft) else {
            return;
        };
        event.remove(|line| OF_AN_ENTRY.iter().any(|name| line.is(name)));
        event.items.retain(|item| matches!(item, Item::Line(_)));
        event.write(&mut self.out);
    }

    /// Adds a stretch of busy time.
    pub fn busy(&mut self, span: TimeSpan, title: &str) {
        let print = Fingerprint::of([self.name.as_str(), &span.text()]);
        let uid = format!("{}{BUSY_SUFFIX}", print.as_str());
        let title = text::escape(&text::one_line(title));
        let mut event = Component::new("VEVENT");
        let lines = [
            ("UID", uid.as_str()),
            ("DTSTAMP", &utc(UNKNOWN)),
            ("DTSTART", &utc(span.start)),
            ("DTEND", &utc(span.end)),
            ("SUMMARY", &title),
            ("STATUS", "CONFIRMED"),
            ("TRANSP", "OPAQUE"),
            ("CLASS", "PRIVATE"),
        ];
        let lines = lines.map(|(name, value)| Item::Line(ContentLine::new(name, value)));
        event.items.extend(lines);
        event.write(&mut self.out);
    }

    /// Ends the feed, and gives its text.
    #[must_use]
    pub fn end(mut self) -> Vec<u8> {
        ContentLine::new("END", "VCALENDAR").write(&mut self.out);
        self.out
    }
}
