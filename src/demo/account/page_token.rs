//! Page tokens: signed, good for one query only, and perishable where the options say so.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::shelf::Place;
use crate::domain::fingerprint::Fingerprint;

/// What a page token is bound to.
pub(super) struct Seal<'a> {
    /// The account's seed: another account's tokens are not good.
    pub(super) seed: u64,
    /// The query without the token.
    pub(super) query: &'a str,
    /// How many API requests there were when it is issued or used.
    pub(super) request: u64,
    /// After how many requests it is no longer good.
    pub(super) life: Option<u64>,
}

impl Seal<'_> {
    /// A token for going on behind a place.
    pub(super) fn issue(&self, place: &Place) -> String {
        let (time, id) = place;
        let payload = format!("{}~{id}~{}", time.as_nanosecond(), self.request);
        let signature = self.sign(&payload);
        URL_SAFE_NO_PAD.encode(format!("{payload}~{signature}"))
    }

    /// The place of a token; `None` where it is not good (any more).
    pub(super) fn open(&self, token: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (payload, signature) = text.rsplit_once('~')?;
        if self.sign(payload) != signature {
            return None;
        }
        let mut words = payload.split('~');
        let time = Timestamp::from_nanosecond(words.next()?.parse().ok()?).ok()?;
        let id = words.next()?.to_owned();
        let issued: u64 = words.next()?.parse().ok()?;
        let age = self.request.saturating_sub(issued);
        self.life
            .is_none_or(|life| age <= life)
            .then_some((time, id))
    }

    fn sign(&self, payload: &str) -> String {
        let seed = self.seed.to_string();
        let print = Fingerprint::of([seed.as_str(), self.query, payload]);
        print.as_str().to_owned()
    }
}
