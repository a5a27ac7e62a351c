//! Tokens: which are good, which were spent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::options::AccountOptions;
use super::shelf::new_id;

/// A refresh token that was spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// The one that was used, dead from then on.
    pub spent: String,
    /// The one issued in its place.
    pub issued: String,
}

/// An authorisation code that waits to be exchanged.
pub(super) struct Code {
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
}

/// All tokens of the account.
pub(super) struct Keyring {
    refresh: Option<String>,
    refreshes: Vec<Refresh>,
    /// Each access token with its end, and of whom it is.
    access: BTreeMap<String, (Timestamp, Whose)>,
    codes: BTreeMap<String, Code>,
    random: StdRng,
    life_seconds: i64,
}

/// Of whom a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Host,
    /// Somebody else in the account.
    AppOwner,
}

/// Why an access token is not taken.
pub(super) enum Rejected {
    Unknown,
    Expired,
}

impl Keyring {
    pub(super) fn new(options: &AccountOptions) -> Self {
        Self {
            refresh: Some(options.refresh_token.clone()),
            refreshes: Vec::new(),
            access: BTreeMap::new(),
            codes: BTreeMap::new(),
            // Not the dice of the ids: how often a token is asked for must not change an id.
            random: StdRng::seed_from_u64(options.seed ^ 0x005E_C2E7),
            life_seconds: i64::try_from(options.access_token_life.as_secs()).unwrap_or(i64::MAX),
        }
    }

    /// A new access token.
    pub(super) fn grant_access(&mut self, now: Timestamp, whose: Whose) -> String {
        let token = format!("access-{}", new_id(&mut self.random));
        let life = jiff::SignedDuration::from_secs(self.life_seconds);
        let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        self.access.insert(token.clone(), (end, whose));
        token
    }

    /// Seconds that a new access token is good, as the token endpoint tells it.
    pub(super) fn expires_in(&self) -> i64 {
        self.life_seconds.saturating_sub(1).max(0)
    }

    pub(super) fn check_access(&self, token: &str, now: Timestamp) -> Result<Whose, Rejected> {
        match self.access.get(token) {
            None => Err(Rejected::Unknown),
            Some((end, _)) if *end <= now => Err(Rejected::Expired),
            Some((_, whose)) => Ok(*whose),
        }
    }

    /// Spends a refresh token: the next one, or `None` where it is not the good one.
    pub(super) fn spend(&mut self, token: &str) -> Option<String> {
        self.refresh.as_deref().filter(|good| *good == token)?;
        let issued = self.log_in_again();
        self.refreshes.push(Refresh {
            spent: token.to_owned(),
            issued: issued.clone(),
        });
        Some(issued)
    }

    /// A new refresh token; the old one is dead.
    pub(super) fn log_in_again(&mut self) -> String {
        let issued = format!("refresh-{}", new_id(&mut self.random));
        self.refresh = Some(issued.clone());
        issued
    }

    pub(super) fn issue_code(&mut self, code: Code) -> String {
        let id = format!("code-{}", new_id(&mut self.random));
        self.codes.insert(id.clone(), code);
        id
    }

    /// Takes a code; it is good for one use, whatever comes of it.
    pub(super) fn take_code(&mut self, id: &str) -> Option<Code> {
        self.codes.remove(id)
    }

    /// Ends a token of either kind; whether it was good.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        if self.refresh.as_deref() == Some(token) {
            self.refresh = None;
            self.access.clear();
            return true;
        }
        self.access.remove(token).is_some()
    }

    pub(super) fn expire_all(&mut self) {
        for (end, _) in self.access.values_mut() {
            *end = Timestamp::MIN;
        }
    }

    pub(super) fn refresh_token(&self) -> Option<&str> {
        self.refresh.as_deref()
    }

    pub(super) fn refreshes(&self) -> &[Refresh] {
        &self.refreshes
    }
}
