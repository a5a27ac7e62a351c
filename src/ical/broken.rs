//! Why an object cannot be understood.

use thiserror::Error;

/// An object that cannot be understood, or an edit that cannot be applied to it: why, without
/// quoting the object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl Broken {
    /// An object that is broken in this way.
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
