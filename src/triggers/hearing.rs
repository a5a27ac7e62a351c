//! Who takes what was heard: from the webhook, the WebSocket, or anybody else who knows.

use async_trait::async_trait;

use crate::domain::fingerprint::Fingerprint;
use crate::domain::hint::Hint;
use crate::ports::error::Result;

/// Whether it was news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was, and is on disk now.
    New,
    /// The same notification was heard before.
    Before,
}

/// Takes hints.
#[async_trait]
pub trait Hearing: Send + Sync {
    /// Takes a hint; when this returns, it survives a power cut. `what` is a digest of the whole
    /// notification, by which the same one is known when it comes again.
    ///
    /// # Errors
    /// When the state cannot be written: whoever told it shall tell it again.
    async fn heard(&self, what: &Fingerprint, hint: Hint) -> Result<Heard>;

    /// Something happened that only a whole pass finds: one is run soon.
    fn look_soon(&self);
}
