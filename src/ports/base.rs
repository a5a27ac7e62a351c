//! The store that remembers: an ordered map of keys to small values, changed by atomic batches.
//!
//! What stands in it is the engine's business (`engine::ledger`); how it is kept on disk is the
//! adapter's.

use async_trait::async_trait;

use super::error::Result;

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets a key. A value stays under 64 KiB for any well-behaved input; larger ones are kept too.
    Put(String, Vec<u8>),
    /// Removes a key; one that is not there is removed.
    Delete(String),
}

/// An ordered map on disk.
#[async_trait]
pub trait Base: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// Up to `limit` pairs whose key starts with `prefix` and is greater than `after`, in order.
    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>>;

    /// Applies a batch as a whole. When this returns, it survives a power cut.
    async fn commit(&self, batch: Vec<Change>) -> Result<()>;
}
