//! What a listing showed, at eight bytes an item: the only thing of a pass that grows with the
//! account and not with the page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A set of texts, known by their digests. Two texts with one digest (one pass in 10^9 with
/// 100,000 items) make a lost item be noticed one full listing later, never a kept one be lost.
#[derive(Debug, Default)]
pub struct Seen(HashSet<u64>);

impl Seen {
    /// Adds a text; `false` when it was there.
    pub fn add(&mut self, text: &str) -> bool {
        self.0.insert(digest(text))
    }

    /// Whether a text was added.
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        self.0.contains(&digest(text))
    }

    /// How many were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
