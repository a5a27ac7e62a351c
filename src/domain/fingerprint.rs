//! Stable digests that say whether something changed. Never a secret, never reversed.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first 64 bits of a SHA-256, as 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The digest of some texts; the boundaries between them count.
    pub fn of<I, T>(parts: I) -> Self
    where
        I: IntoIterator<Item = T>,
        T: AsRef<str>,
    {
        let mut hash = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let head: [u8; 8] = hash.finalize()[..8].try_into().unwrap_or_default();
        Self(format!("{:016x}", u64::from_be_bytes(head)))
    }

    /// A fingerprint read back from text; `None` unless it is 16 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 16 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_count() {
        assert_ne!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["a", "bc"]));
        assert_eq!(Fingerprint::of(["ab"]), Fingerprint::of(["ab"]));
    }

    #[test]
    fn text_that_is_no_digest_is_refused() {
        let print = Fingerprint::of(["x"]);
        assert_eq!(Fingerprint::parse(print.as_str()), Some(print));
        assert_eq!(Fingerprint::parse("zz"), None);
        assert_eq!(Fingerprint::parse("ABCDEF0123456789"), None);
    }
}
