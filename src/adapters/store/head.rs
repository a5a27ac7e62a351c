//! The record that stands in every batch: schema, generation, count and checksum of all pairs.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where the head stands. Keys of callers start with [`PAIR`], so nothing can collide with it.
pub(super) const HEAD: &[u8] = b"\0head";

/// The first byte of every key of a caller.
pub(super) const PAIR: u8 = 1;

/// What is true of the whole state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The version of what the values mean.
    pub(super) schema: u32,
    /// Counts the batches.
    pub(super) generation: u64,
    /// How many pairs there are.
    pub(super) pairs: u64,
    /// The sum of the digests of all pairs: independent of order, so that a batch updates it
    /// from its own pairs alone.
    pub(super) checksum: u64,
}

impl Head {
    pub(super) fn new(schema: u32) -> Self {
        Self {
            schema,
            generation: 0,
            pairs: 0,
            checksum: 0,
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The schema alone, which every version must be able to read.
    pub(super) fn schema_of(bytes: &[u8]) -> Option<u32> {
        #[derive(Deserialize)]
        struct Schema {
            schema: u32,
        }
        serde_json::from_slice::<Schema>(bytes)
            .ok()
            .map(|head| head.schema)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.pairs = self.pairs.wrapping_add(1);
        self.checksum = self.checksum.wrapping_add(digest(key, value));
    }

    pub(super) fn remove(&mut self, key: &[u8], value: &[u8]) {
        self.pairs = self.pairs.wrapping_sub(1);
        self.checksum = self.checksum.wrapping_sub(digest(key, value));
    }
}

/// The first eight bytes of a pair's SHA-256.
fn digest(key: &[u8], value: &[u8]) -> u64 {
    let mut hash = Sha256::new();
    // The length keeps ("a", "bc") apart from ("ab", "c").
    hash.update((key.len() as u64).to_be_bytes());
    hash.update(key);
    hash.update(value);
    hash.finalize()
        .iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_forgets_what_was_removed() {
        let mut head = Head::new(1);
        head.add(b"a", b"bc");
        let one = head.clone();
        head.add(b"ab", b"c");
        assert_ne!(head.checksum, one.checksum.wrapping_mul(2));
        head.remove(b"ab", b"c");
        assert_eq!(head, one);
    }

    #[test]
    fn the_schema_of_a_later_head_can_be_read() {
        assert_eq!(Head::schema_of(br#"{"schema":9,"other":true}"#), Some(9));
        assert_eq!(Head::parse(br#"{"schema":9,"other":true}"#), None);
    }
}
