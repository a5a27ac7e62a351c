//! Ids as types, so that the compiler notices when two are swapped.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text of an id, unchanged.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

ids! {
    /// The `event_id` of a scheduled event in Zoom Scheduler.
    BookingId,
    /// The `schedule_id` of the booking page (or its occurrence) a booking was made on.
    ScheduleId,
    /// The `attendee_id` of one attendee of one booking.
    AttendeeId,
    /// The id of a user in Zoom, as notifications have it.
    ZoomUserId,
    /// The `name` of a `[[host]]` in the configuration.
    HostName,
    /// The `name` of a `[[calendar]]` in the configuration.
    CalendarName,
    /// The `name` of a `[[host.feed]]` in the configuration: unique over all hosts.
    FeedName,
    /// The `UID` of an iCalendar component (RFC 5545 section 3.8.4.7).
    Uid,
    /// Where an object stands in its collection: the last path segment, percent-decoded
    /// (CalDAV), or the file name (vdir). Never a full address.
    Href,
    /// The entity tag of an object exactly as its side wrote it, quotes and `W/` included.
    Etag,
    /// What a calendar gave us to ask "what changed since": opaque, at most some KiB.
    Cursor,
    /// Zoom's `next_page_token`.
    PageToken,
    /// The `availability_id` of an availability schedule in Zoom Scheduler.
    AvailabilityId,
    /// The id of a calendar in Zoom Calendar (FACTS.md section 3).
    ZoomCalendarId,
    /// The id of an event in a Zoom calendar that we wrote.
    BlockId,
    /// The `nextSyncToken` of Zoom Calendar.
    SyncToken,
    /// A short id under which a person finds a conflict or a held action.
    WaitingId,
}

/// What every `UID` of ours ends with.
pub const UID_SUFFIX: &str = "@scheduler.slotbridge";

impl Uid {
    /// The `UID` of the entry for a booking seen for the first time: `{event_id}@scheduler.slotbridge`.
    #[must_use]
    pub fn of_booking(id: &BookingId) -> Self {
        Self(format!("{id}{UID_SUFFIX}"))
    }

    /// The first booking id this `UID` was made from; `None` for somebody else's `UID`.
    #[must_use]
    pub fn first_booking(&self) -> Option<BookingId> {
        self.0
            .strip_suffix(UID_SUFFIX)
            .filter(|id| !id.is_empty())
            .map(BookingId::new)
    }
}

impl Href {
    /// Where the entry with this `UID` is created: `{UID}.ics`. What cannot stand in a file name is
    /// replaced by `_`, and then a digest of the whole `UID` follows, because `a/b` and `a_b` are
    /// two entries.
    #[must_use]
    pub fn of_uid(uid: &Uid) -> Self {
        let mut safe: String = uid
            .as_str()
            .chars()
            .map(|c| match c {
                '/' | '\\' | ':' | '*' | '?' | '"' | '\'' | '<' | '>' | '|' | '%' | '#' | ';'
                | ',' => '_',
                c if c.is_control() => '_',
                c => c,
            })
            .collect();
        // A leading dot would hide the file from those who list a directory.
        if let Some(rest) = safe.strip_prefix('.') {
            safe = format!("_{rest}");
        }
        if safe != uid.as_str() {
            let print = Fingerprint::of([uid.as_str()]);
            safe.push('-');
            safe.extend(print.as_str().chars().take(8));
        }
        Self(format!("{safe}.ics"))
    }
}

impl Etag {
    /// Whether the tag is weak (`W/"…"`), and so must not be sent in `If-Match` (RFC 9110 section 13.1.1).
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.0.starts_with("W/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_of_ours_remembers_its_first_booking() {
        let uid = Uid::of_booking(&BookingId::new("woft7"));
        assert_eq!(uid.as_str(), "woft7@scheduler.slotbridge");
        assert_eq!(uid.first_booking(), Some(BookingId::new("woft7")));
        assert_eq!(Uid::new("x@example.org").first_booking(), None);
        assert_eq!(Uid::new(UID_SUFFIX).first_booking(), None);
    }

    #[test]
    fn an_href_cannot_leave_its_collection() {
        let uid = Uid::of_booking(&BookingId::new("../a/b"));
        let href = Href::of_uid(&uid);
        let rest = href.as_str().strip_prefix("_._a_b@scheduler.slotbridge-");
        let digest = rest.and_then(|rest| rest.strip_suffix(".ics"));
        assert!(
            digest
                .is_some_and(|digest| digest.len() == 8
                    && digest.bytes().all(|byte| byte.is_ascii_hexdigit())),
            "{href}"
        );
    }

    #[test]
    fn uids_that_differ_in_replaced_characters_have_names_of_their_own() {
        let href = |id| Href::of_uid(&Uid::of_booking(&BookingId::new(id)));
        assert_eq!(href("a_b").as_str(), "a_b@scheduler.slotbridge.ics");
        assert_eq!(href("a/b"), href("a/b"));
        let all = ["a_b", "a/b", "a:b", ".a", "_a", "a\u{7}b"].map(href);
        let distinct: std::collections::BTreeSet<_> = all.iter().map(Href::as_str).collect();
        assert_eq!(distinct.len(), all.len());
    }
}
