//! A calendar entry as a set of comparable fields, and what we ask a calendar to do with it.
//!
//! A field is a canonical text: two texts are equal exactly when the properties mean the same,
//! however a server reordered, folded or escaped them. An absent property is the empty text.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::ids::{BookingId, Etag, HostName, Href, Uid};
pub use super::time_span::TimeSpan;

/// The fields of an entry that Zoom and a person may both change. Everything else in an entry
/// belongs to the person alone (alarms, colours, categories, unknown properties) or to us alone
/// (`UID`, `DTSTAMP`, `LAST-MODIFIED`, `SEQUENCE`, `X-SLOTBRIDGE-*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// `DTSTART` and `DTEND` (or `DURATION`): see [`TimeSpan`].
    Time,
    /// `STATUS`: `CONFIRMED`, `TENTATIVE` or `CANCELLED`; absent counts as `CONFIRMED`.
    Status,
    /// `SUMMARY`.
    Summary,
    /// `DESCRIPTION` above the line [`NOTES_LINE`].
    About,
    /// `DESCRIPTION` below the line [`NOTES_LINE`]: Zoom's `meeting_notes`.
    Notes,
    /// `LOCATION`.
    Location,
    /// `URL`.
    Url,
    /// `CONFERENCE` (RFC 7986 section 5.11): the join link.
    Conference,
    /// `ATTENDEE` lines, where asked for: one `name <mail>` a line, sorted.
    Attendees,
}

impl Field {
    /// All fields, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Time,
        Self::Status,
        Self::Summary,
        Self::About,
        Self::Notes,
        Self::Location,
        Self::Url,
        Self::Conference,
        Self::Attendees,
    ];

    /// The word for this field in messages, records and `X-SLOTBRIDGE-BASE`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Status => "status",
            Self::Summary => "summary",
            Self::About => "about",
            Self::Notes => "notes",
            Self::Location => "location",
            Self::Url => "url",
            Self::Conference => "conference",
            Self::Attendees => "attendees",
        }
    }

    /// The field with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// The line of a `DESCRIPTION` below which Zoom's `meeting_notes` stand.
pub const NOTES_LINE: &str = "--- Notes ---";

/// Field values; an absent field is the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<Field, String>);

impl Fields {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    /// Sets a field; the empty text removes it.
    pub fn set(&mut self, field: Field, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            self.0.remove(&field);
        } else {
            self.0.insert(field, value);
        }
    }

    /// The fields that are there, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }
}

impl FromIterator<(Field, String)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Field, String)>>(iter: I) -> Self {
        let mut fields = Self::default();
        for (field, value) in iter {
            fields.set(field, value);
        }
        fields
    }
}

/// What both sides last agreed a field to be: the text itself, or, after the state was lost,
/// only its digest as the entry carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Agreed {
    /// The text.
    Text(String),
    /// The digest of the text.
    Print(Fingerprint),
}

impl Agreed {
    /// Whether this is what was agreed.
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        match self {
            Self::Text(text) => text == value,
            Self::Print(print) => *print == Fingerprint::of([value]),
        }
    }

    /// The agreed text, where it is known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Print(_) => None,
        }
    }
}

/// What both sides last agreed, per field. A field that is not there was never agreed on
/// (an entry from before, whose base is lost).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Base(BTreeMap<Field, Agreed>);

impl Base {
    /// What was agreed for a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Agreed> {
        self.0.get(&field)
    }

    /// Records what is agreed for a field from now on.
    pub fn agree(&mut self, field: Field, value: impl Into<String>) {
        self.0.insert(field, Agreed::Text(value.into()));
    }

    /// Records the digest of what was agreed for a field.
    pub fn agree_print(&mut self, field: Field, print: Fingerprint) {
        self.0.insert(field, Agreed::Print(print));
    }

    /// All fields agreed on, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Agreed)> {
        self.0.iter().map(|(field, agreed)| (*field, agreed))
    }

    /// The value of `X-SLOTBRIDGE-BASE`: a digest per field, so that an entry alone is enough to
    /// merge three ways after the state was lost (`time=0123456789abcdef;status=…`).
    #[must_use]
    pub fn digest_line(&self) -> String {
        let words: Vec<String> = self
            .0
            .iter()
            .map(|(field, agreed)| {
                let print = match agreed {
                    Agreed::Text(text) => Fingerprint::of([text]),
                    Agreed::Print(print) => print.clone(),
                };
                format!("{}={}", field.word(), print.as_str())
            })
            .collect();
        words.join(";")
    }

    /// Reads `X-SLOTBRIDGE-BASE`; words that are not understood are passed over.
    #[must_use]
    pub fn from_digest_line(line: &str) -> Self {
        let mut base = Self::default();
        for word in line.split(';') {
            let parsed = word.split_once('=').and_then(|(field, print)| {
                Some((
                    Field::from_word(field.trim())?,
                    Fingerprint::parse(print.trim())?,
                ))
            });
            if let Some((field, print)) = parsed {
                base.agree_print(field, print);
            }
        }
        base
    }
}

impl From<&Fields> for Base {
    /// Every field agreed on as it is, the absent ones included.
    fn from(fields: &Fields) -> Self {
        let mut base = Self::default();
        for field in Field::ALL {
            base.agree(field, fields.get(field));
        }
        base
    }
}

/// An entry of ours, as it stands in a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `UID`.
    pub uid: Uid,
    /// What may change on either side.
    pub fields: Fields,
    /// `X-SLOTBRIDGE-EVENT-ID`; a client may have dropped it.
    pub event_id: Option<BookingId>,
    /// `X-SLOTBRIDGE-HOST`; a client may have dropped it.
    pub host: Option<HostName>,
    /// `SEQUENCE`; 0 when absent.
    pub sequence: u32,
    /// `X-SLOTBRIDGE-BASE`; empty when absent.
    pub base: Base,
    /// Whether the description has the line [`NOTES_LINE`]. Without it the absent
    /// [`Field::Notes`] says nothing: a client that rewrote the description dropped the line, and
    /// nobody emptied the notes.
    #[serde(default = "notes_shown")]
    pub notes_shown: bool,
}

/// Records from before the line was watched count as having it.
fn notes_shown() -> bool {
    true
}

/// A new entry to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Where it shall stand.
    pub href: Href,
    /// What it says, with its bookkeeping (`SEQUENCE`, `X-SLOTBRIDGE-*`).
    pub entry: Entry,
    /// `LAST-MODIFIED`, and `DTSTAMP` (RFC 5545 section 3.8.7.2: equal where there is no METHOD).
    pub modified: Timestamp,
    /// How long before the start a display alarm rings; seconds. Given once: an alarm belongs to
    /// the person from then on.
    pub alarm_seconds: Option<u64>,
}

/// A change to an entry that is there. What is not named stays as it is, to the byte where the
/// property is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Where it stands.
    pub href: Href,
    /// The tag it had when the change was decided; `None` where the server gives none. Another
    /// tag now means that the decision is stale.
    pub seen: Option<Etag>,
    /// The fields to write; an empty text removes the property.
    pub set: BTreeMap<Field, String>,
    /// `X-SLOTBRIDGE-EVENT-ID`.
    pub event_id: BookingId,
    /// `X-SLOTBRIDGE-HOST`.
    pub host: HostName,
    /// The `SEQUENCE` it shall have.
    pub sequence: u32,
    /// What both sides agree on after this change: `X-SLOTBRIDGE-BASE`.
    pub base: Base,
    /// `LAST-MODIFIED` and `DTSTAMP`.
    pub modified: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_survives_its_digest_line() {
        let fields: Fields = [(Field::Summary, "Intro: Bob".to_owned())]
            .into_iter()
            .collect();
        let base = Base::from(&fields);
        let read = Base::from_digest_line(&base.digest_line());
        let agreed = |field, text| {
            read.get(field)
                .is_some_and(|agreed: &Agreed| agreed.is(text))
        };
        assert!(agreed(Field::Summary, "Intro: Bob"));
        assert!(agreed(Field::Location, ""));
        assert!(!agreed(Field::Summary, "Intro: Eve"));
    }

    #[test]
    fn a_time_span_reads_its_own_text() {
        let span = TimeSpan {
            start: Timestamp::UNIX_EPOCH,
            end: Timestamp::from_second(1800).unwrap_or_default(),
        };
        assert_eq!(span.text(), "1970-01-01T00:00:00Z/1970-01-01T00:30:00Z");
        assert_eq!(TimeSpan::parse(&span.text()), Some(span));
        assert_eq!(TimeSpan::parse("2026-11-21/2026-11-22"), None);
    }
}
