//! What was heard of bookings and not looked into yet.

use super::batch::{Batch, part};
use crate::domain::hint::Hint;
use crate::domain::ids::BookingId;
use crate::ports::base::{Base, Change};
use crate::ports::error::Result;

/// The key of what was heard of a booking and not looked into yet.
#[must_use]
pub fn hint_key(id: &BookingId) -> String {
    format!("hint/{}", part(id.as_str()))
}

/// The change that remembers a hint.
#[must_use]
pub fn put_hint(hint: &Hint) -> Change {
    let mut batch = Batch::default();
    batch.put(hint_key(&hint.booking), hint);
    batch.changes.swap_remove(0)
}

/// Everything that was heard and not looked into yet. What cannot be read any more is skipped: the
/// next whole pass finds it anyway.
///
/// # Errors
/// When the state cannot be read.
pub fn hints(base: &dyn Base) -> Result<Vec<Hint>> {
    let pairs = base.scan("hint/", None, usize::MAX)?;
    let hints = pairs
        .iter()
        .filter_map(|(_, value)| serde_json::from_slice(value).ok());
    Ok(hints.collect())
}
