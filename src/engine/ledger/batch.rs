//! Changes, and how records and the parts of their keys are written.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::base::Change;
use crate::ports::error::{Error, Kind, Result};

/// Changes that are to be committed together.
#[derive(Debug, Default)]
pub struct Batch {
    pub(in crate::engine) changes: Vec<Change>,
}

impl Batch {
    pub(in crate::engine) fn put<T: Serialize>(&mut self, key: String, value: &T) {
        // The records are plain structs with text keys: writing them as JSON cannot fail.
        self.changes.push(Change::Put(
            key,
            serde_json::to_vec(value).unwrap_or_default(),
        ));
    }

    pub(in crate::engine) fn delete(&mut self, key: String) {
        self.changes.push(Change::Delete(key));
    }

    /// How many changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

pub(in crate::engine) fn decode<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|error| {
        // The kind of record is enough to say where it is; ids are not private.
        let kind = key.split('/').next().unwrap_or_default();
        Error::new(
            Kind::State,
            format!("reading a record of kind `{kind}` from the state"),
        )
        .because(format!("it does not fit ({:?} error)", error.classify()))
        .hint("run `slotbridge state verify`, then `slotbridge state rebuild`")
    })
}

/// A part of a key: `/` and `%` cannot stand in it.
pub(in crate::engine) fn part(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

pub(in crate::engine) fn unpart(text: &str) -> String {
    text.replace("%2F", "/").replace("%25", "%")
}
