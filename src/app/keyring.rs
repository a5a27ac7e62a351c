//! Secrets while slotbridge runs: fetched when they are first needed, and again when they are
//! refused. One that cannot be had stops only what needs it.
//!
//! A command may ask a person (a pinentry), so it is not run again and again: not within half a
//! minute of the last time, and less and less often while that changes nothing. Whoever asks for a
//! pass by hand has it tried at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;

use crate::adapters::backoff::later;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::secret::{Keeper, LiveSecret, is_same};
use crate::settings::origin::Origin;
use crate::settings::secret::{NoSecret, Secret, Whence, oddity};

/// How long a file or a credential is not read again.
const FILE_GAP: Duration = Duration::from_secs(1);
/// How long a command is not run again; doubled each time that this changed nothing.
const COMMAND_GAP: Duration = Duration::from_secs(30);
/// Until there is a secret at all, no longer than this.
const LONGEST_WITHOUT: Duration = Duration::from_mins(5);
/// Where the same refused secret comes again and again, no longer than this.
const LONGEST_REFUSED: Duration = Duration::from_hours(1);

/// Every secret of one configuration.
#[derive(Clone)]
pub(in crate::app) struct Keyring {
    clock: Arc<dyn Clock>,
    kept: Arc<Mutex<Vec<Arc<Kept>>>>,
    ending: CancellationToken,
}

impl Keyring {
    pub(in crate::app) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Arc::default(),
            ending: CancellationToken::new(),
        }
    }

    /// A secret of it. `said` is where it was spoken of.
    pub(in crate::app) fn live(&self, secret: &Secret, said: Option<&Origin>) -> LiveSecret {
        let kept = Arc::new(Kept {
            secret: secret.clone(),
            said: said.cloned(),
            clock: self.clock.clone(),
            ending: self.ending.clone(),
            turn: tokio::sync::Mutex::default(),
            had: Mutex::default(),
        });
        locked(&self.kept).push(kept.clone());
        LiveSecret::kept_by(kept)
    }

    /// A person wants it now: nothing waits before it is fetched again.
    pub(in crate::app) fn without_waiting(&self) {
        for kept in locked(&self.kept).iter() {
            kept.had().not_before = None;
        }
    }

    /// The process ends: nothing is fetched any more.
    pub(in crate::app) fn end(&self) {
        self.ending.cancel();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One secret.
struct Kept {
    secret: Secret,
    said: Option<Origin>,
    clock: Arc<dyn Clock>,
    ending: CancellationToken,
    /// One fetches at a time.
    turn: tokio::sync::Mutex<()>,
    had: Mutex<Had>,
}

/// What is known of it.
#[derive(Default)]
struct Had {
    value: Option<SecretString>,
    /// Why it could not be had the last time.
    failed: Option<(String, String)>,
    not_before: Option<Timestamp>,
    /// How often in a row fetching it changed nothing.
    in_vain: u32,
}

impl Kept {
    fn had(&self) -> MutexGuard<'_, Had> {
        locked(&self.had)
    }

    fn may_fetch(&self) -> bool {
        let now = self.clock.now();
        self.had().not_before.is_none_or(|then| now >= then)
    }

    /// Fetches it. The caller has the turn.
    async fn fetch_now(&self) -> std::result::Result<SecretString, NoSecret> {
        let outcome = tokio::select! {
            biased;
            () = self.ending.cancelled() => Err(self.secret.not_at_the_end()),
            outcome = self.secret.reveal() => outcome,
        };
        let mut had = self.had();
        let longest = match &outcome {
            Ok(new) => {
                had.failed = None;
                let same = had.value.as_ref().is_some_and(|old| is_same(old, new));
                had.in_vain = if same {
                    had.in_vain.saturating_add(1)
                } else {
                    0
                };
                had.value = Some(new.clone());
                LONGEST_REFUSED
            }
            Err(NoSecret { cause, hint, .. }) => {
                had.failed = Some((cause.clone(), hint.clone()));
                had.in_vain = had.in_vain.saturating_add(1);
                LONGEST_WITHOUT
            }
        };
        let gap = match self.secret.whence() {
            Whence::Command => {
                let times = 1_u32 << had.in_vain.saturating_sub(1).min(10);
                COMMAND_GAP.saturating_mul(times).min(longest)
            }
            _ => FILE_GAP,
        };
        had.not_before = Some(later(self.clock.now(), gap));
        outcome
    }

    fn error(&self, cause: &str, hint: &str) -> Error {
        let key = self.secret.key();
        let doing = match &self.said {
            Some(said) => format!("{said}: {key}"),
            None => key.to_owned(),
        };
        Error::new(Kind::Denied, doing)
            .because(cause.to_owned())
            .hint(hint.to_owned())
    }
}

#[async_trait]
impl Keeper for Kept {
    async fn fetch(&self) -> Result<SecretString> {
        if let Some(secret) = self.at_hand() {
            return Ok(secret);
        }
        let _turn = self.turn.lock().await;
        if let Some(secret) = self.at_hand() {
            return Ok(secret);
        }
        let failed = self.had().failed.clone();
        if let Some((cause, hint)) = failed
            && !self.may_fetch()
        {
            return Err(self.error(&cause, &hint));
        }
        let fetched = self.fetch_now().await;
        fetched.map_err(|NoSecret { cause, hint, .. }| self.error(&cause, &hint))
    }

    async fn fetch_another(&self, refused: &SecretString) -> Option<SecretString> {
        if matches!(
            self.secret.whence(),
            Whence::Configuration | Whence::Variable
        ) {
            return None;
        }
        let _turn = self.turn.lock().await;
        let other = |secret: &SecretString| !is_same(secret, refused);
        if let Some(renewed) = self.at_hand().filter(other) {
            return Some(renewed);
        }
        if !self.may_fetch() {
            return None;
        }
        let key = self.secret.key();
        match self.fetch_now().await {
            Ok(secret) if other(&secret) => {
                tracing::info!(
                    key,
                    "a secret was refused, and another one stands in its place"
                );
                Some(secret)
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(cause = %error.cause, hint = %error.hint, "{key} was refused, and cannot be had again");
                None
            }
        }
    }

    fn at_hand(&self) -> Option<SecretString> {
        self.had().value.clone()
    }

    fn advice(&self) -> Option<String> {
        let key = self.secret.key();
        let odd = self
            .at_hand()
            .and_then(|secret| oddity(secret.expose_secret()));
        let odd = odd.map(|odd| format!("{key} {odd}"));
        let change = match self.secret.whence() {
            Whence::File | Whence::Command => None,
            Whence::Configuration => Some(format!(
                "after a change of {key}, reload slotbridge where it runs"
            )),
            Whence::Variable => Some(format!(
                "after a change of {key}, restart slotbridge where it runs"
            )),
            Whence::Credential => Some(format!(
                "systemd hands {key} over at the start: after a change, `systemctl restart slotbridge`"
            )),
        };
        let advice: Vec<String> = odd.into_iter().chain(change).collect();
        (!advice.is_empty()).then(|| advice.join("; "))
    }
}

#[cfg(test)]
mod tests;
