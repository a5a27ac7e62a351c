//! What a cursor of a feed holds: what to ask "is it still this?" with. Never its address.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::Cursor;

/// The longest validator that is remembered, in bytes. A longer one is done without.
const LONGEST: usize = 1024;

/// What was known of a feed after a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Which feed: a digest of its address.
    pub(super) feed: Fingerprint,
    /// What its server or file system tells it by.
    pub(super) seen: Seen,
    /// A digest of its bytes.
    pub(super) body: String,
    /// A digest of what its events say about time.
    pub(super) events: Fingerprint,
}

/// What a server or a file system tells a state by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Seen {
    /// The validators of RFC 9110 section 8.8, as they were sent.
    Web {
        /// `ETag`.
        etag: Option<String>,
        /// `Last-Modified`.
        modified: Option<String>,
    },
    /// What the file system says of a file; `None` where that cannot be trusted.
    File(Option<Stat>),
}

/// What the file system says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stat {
    /// When it was written, in nanoseconds since 1970.
    pub(super) modified: u64,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Which file it is.
    pub(super) inode: u64,
    /// On which disk.
    pub(super) device: u64,
}

impl Seen {
    /// The validators of an answer.
    pub(super) fn web(etag: Option<&str>, modified: Option<&str>) -> Self {
        let short =
            |text: &str| (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned());
        Self::Web {
            etag: etag.and_then(short),
            modified: modified.and_then(short),
        }
    }
}

impl Mark {
    /// As a cursor.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// From a cursor; `None` for one that is not ours.
    pub(super) fn parse(cursor: &Cursor) -> Option<Self> {
        serde_json::from_str(cursor.as_str()).ok()
    }
}

/// A digest of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let half = digest.first_chunk::<16>().copied().unwrap_or_default();
    format!("{:032x}", u128::from_be_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_another_is_none() {
        let mark = Mark {
            feed: Fingerprint::of(["https://example.org/secret"]),
            seen: Seen::web(Some("\"1\""), Some("Sat, 21 Nov 2026 10:00:00 GMT")),
            body: digest(b"x"),
            events: Fingerprint::of(["y"]),
        };
        assert_eq!(Mark::parse(&mark.cursor()), Some(mark.clone()));
        assert!(!mark.cursor().as_str().contains("example.org"));
        for text in ["", "{}", "token:1", "null"] {
            assert_eq!(Mark::parse(&Cursor::new(text)), None, "{text}");
        }
    }

    #[test]
    fn a_validator_without_end_is_done_without() {
        let long = "x".repeat(LONGEST + 1);
        let none = Seen::web(None, None);
        assert_eq!(Seen::web(Some(&long), Some("")), none);
    }
}
