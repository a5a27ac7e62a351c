//! Sync tokens: signed, good for one calendar and one way of listing, until they expire.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::domain::fingerprint::Fingerprint;

/// What a sync token is bound to.
pub(super) struct Stamp<'a> {
    pub(super) seed: u64,
    pub(super) calendar: &'a str,
    pub(super) generation: u64,
    /// Whether recurring events are told as single ones.
    pub(super) single: bool,
}

impl Stamp<'_> {
    /// A token for what changes after this change.
    pub(super) fn issue(&self, mark: Timestamp) -> String {
        let payload = mark.as_nanosecond().to_string();
        let signature = self.sign(&payload);
        URL_SAFE_NO_PAD.encode(format!("{payload}~{signature}"))
    }

    /// The last change that its holder knows; `None` where it is not good (any more).
    pub(super) fn open(&self, token: &str) -> Option<Timestamp> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (payload, signature) = text.split_once('~')?;
        if self.sign(payload) != signature {
            return None;
        }
        Timestamp::from_nanosecond(payload.parse().ok()?).ok()
    }

    fn sign(&self, payload: &str) -> String {
        let words = [
            self.seed.to_string(),
            self.generation.to_string(),
            self.single.to_string(),
        ];
        let [seed, generation, single] = &words;
        let parts = ["sync", seed, generation, single, self.calendar, payload];
        Fingerprint::of(parts).as_str().to_owned()
    }
}
