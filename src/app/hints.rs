//! Hints that were heard and not looked into yet: on disk before whoever told them is answered,
//! and gone from there only when a pass has seen to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::adapters::to_end::ToEnd;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::hint::Hint;
use crate::domain::ids::{BookingId, ZoomUserId};
use crate::engine::hinted::Outcome;
use crate::engine::ledger;
use crate::ports::base::{Base, Change};
use crate::ports::error::Result;
use crate::triggers::hearing::{Heard, Hearing};

/// How many hints may wait. Beyond them one whole pass is the shorter way.
const WAITING: usize = 2_000;
/// How many notifications are remembered, so that the same one is known again.
const REMEMBERED: usize = 16_384;
/// How long after a hint Zoom may take to know what it told.
const NOT_YET: Duration = Duration::from_secs(90);
/// The first wait before another look; it doubles up to the last, which is longer where a host fails.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_mins(1);
const FAILED_WAIT: Duration = Duration::from_mins(15);
/// How long hints are looked into while a host fails; then they are left to whole passes.
const FAILING: Duration = Duration::from_hours(1);
/// How long a hint is kept that no pass has surely seen, because some host cannot be asked.
const KEPT: Duration = Duration::from_hours(24);

/// Takes hints in, and gives them to the passes.
#[derive(Clone)]
pub struct Hints {
    base: Arc<dyn Base>,
    inner: Arc<Mutex<Inner>>,
    /// Held from the look at what is known to the commit of what is known then.
    writing: Arc<tokio::sync::Mutex<()>>,
    /// What is on disk is in memory, too, even if whoever told it hangs up in between.
    taking: ToEnd,
    news: Arc<Notify>,
}

#[derive(Default)]
struct Inner {
    waiting: BTreeMap<BookingId, Waiting>,
    heard: BTreeSet<Fingerprint>,
    /// The same, the oldest first.
    order: VecDeque<Fingerprint>,
    /// There were too many: a whole pass is to be run.
    everything: bool,
}

struct Waiting {
    hint: Hint,
    since: Instant,
    tries: u32,
    due: Instant,
    /// Only a whole pass can say.
    unclear: bool,
    /// It was told since it was handed out.
    news: bool,
}

/// What is to be done about hints now.
#[derive(Debug, PartialEq, Eq)]
pub enum Todo {
    /// Look into these.
    These(Vec<Hint>),
    /// Run a whole pass.
    Everything,
}

/// What follows from what became of hints.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Then {
    /// A whole pass is wanted.
    pub whole_pass: bool,
    /// Users of whom a booking was looked for until nobody expected it any more.
    pub missed: Vec<ZoomUserId>,
}

impl Hints {
    /// Takes up what was heard before the daemon was stopped or killed.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn open(base: Arc<dyn Base>) -> Result<Self> {
        let kept = ledger::hints(base.as_ref())?;
        let mut inner = Inner {
            everything: kept.len() >= WAITING,
            ..Inner::default()
        };
        for hint in kept.into_iter().take(WAITING) {
            inner.wait_for(hint);
        }
        Ok(Self {
            base,
            inner: Arc::new(Mutex::new(inner)),
            writing: Arc::default(),
            taking: ToEnd::default(),
            news: Arc::new(Notify::new()),
        })
    }

    /// Waits until something is due. Dropping it loses nothing.
    pub async fn due(&self) {
        loop {
            let news = self.news.notified();
            let next = {
                let inner = self.lock();
                let dues = inner.waiting.values().filter(|waiting| !waiting.unclear);
                let next = dues.map(|waiting| waiting.due).min();
                if inner.everything {
                    Some(Instant::now())
                } else {
                    next
                }
            };
            match next {
                Some(due) if due <= Instant::now() => return,
                Some(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = news => {}
                },
                None => news.await,
            }
        }
    }

    /// What is due now.
    #[must_use]
    pub fn todo(&self) -> Todo {
        let mut inner = self.lock();
        if std::mem::take(&mut inner.everything) {
            return Todo::Everything;
        }
        let now = Instant::now();
        let due = inner
            .waiting
            .values_mut()
            .filter(|one| one.due <= now && !one.unclear);
        let due = due.map(|one| {
            one.news = false;
            one.hint.clone()
        });
        Todo::These(due.collect())
    }

    /// Waits until whatever was told is taken, or for this long at most; whether it is.
    pub async fn finished(&self, at_most: Duration) -> bool {
        self.taking.finished(at_most).await
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Remembers what became of hints that were looked into.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn answered(&self, answers: &[(Hint, Outcome)]) -> Result<Then> {
        let _writing = self.writing.lock().await;
        let mut settled = Vec::new();
        let mut then = Then::default();
        {
            let mut inner = self.lock();
            for (hint, outcome) in answers {
                let Some(one) = inner.waiting.get_mut(&hint.booking) else {
                    continue;
                };
                // What was told meanwhile is looked into, too.
                if one.news {
                    continue;
                }
                match outcome {
                    Outcome::Settled => settled.push(hint.booking.clone()),
                    Outcome::Unclear => {
                        one.unclear = true;
                        then.whole_pass = true;
                    }
                    Outcome::NotHere | Outcome::NotYet if one.since.elapsed() > NOT_YET => {
                        one.unclear = true;
                        match (outcome, &hint.user) {
                            (Outcome::NotYet, _) => then.whole_pass = true,
                            // What ended may be gone without ever having been seen.
                            (_, Some(user)) if !hint.ended => then.missed.push(user.clone()),
                            (_, _) => {}
                        }
                    }
                    Outcome::NotHere | Outcome::NotYet => one.put_off(LAST_WAIT),
                    Outcome::Failed if one.since.elapsed() > FAILING => one.unclear = true,
                    Outcome::Failed => one.put_off(FAILED_WAIT),
                }
            }
        }
        self.forget(&settled).await?;
        Ok(then)
    }

    /// A whole pass that began then has seen everything that was heard before of the users of whom
    /// `seen` says so.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn passed(&self, began: Instant, seen: impl Fn(&Hint) -> bool) -> Result<()> {
        let _writing = self.writing.lock().await;
        let seen: Vec<BookingId> = {
            let inner = self.lock();
            let before = |one: &&Waiting| {
                let ripe = one.unclear || one.since.elapsed() > NOT_YET;
                let seen = seen(&one.hint) || one.since.elapsed() > KEPT;
                one.since < began && ripe && seen
            };
            let gone = inner.waiting.values().filter(before);
            gone.map(|one| one.hint.booking.clone()).collect()
        };
        self.forget(&seen).await
    }

    async fn take(&self, what: &Fingerprint, hint: Hint) -> Result<Heard> {
        let _writing = self.writing.lock().await;
        let (hint, full) = {
            let inner = self.lock();
            if inner.heard.contains(what) {
                return Ok(Heard::Before);
            }
            let known = inner.waiting.get(&hint.booking);
            let full = known.is_none() && inner.waiting.len() >= WAITING;
            let joined = match known {
                Some(known) => known.hint.clone().join(hint),
                None => hint,
            };
            (joined, full)
        };
        // Too many to keep each: the daemon begins with a whole pass after any crash.
        if !full {
            let put = ledger::put_hint(&hint);
            self.base.commit(vec![put]).await?;
        }
        {
            let mut inner = self.lock();
            inner.remember(what.clone());
            if full {
                inner.everything = true;
            } else {
                inner.wait_for(hint);
            }
        }
        self.news.notify_one();
        Ok(Heard::New)
    }

    async fn forget(&self, ids: &[BookingId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let gone = ids.iter().map(|id| Change::Delete(ledger::hint_key(id)));
        self.base.commit(gone.collect()).await?;
        let mut inner = self.lock();
        for id in ids {
            inner.waiting.remove(id);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Hearing for Hints {
    async fn heard(&self, what: &Fingerprint, hint: Hint) -> Result<Heard> {
        if self.lock().heard.contains(what) {
            return Ok(Heard::Before);
        }
        let (hints, what) = (self.clone(), what.clone());
        let taking = async move { hints.take(&what, hint).await };
        self.taking.run(taking).await
    }

    fn look_soon(&self) {
        self.lock().everything = true;
        self.news.notify_one();
    }
}

impl Inner {
    fn wait_for(&mut self, hint: Hint) {
        let now = Instant::now();
        let waiting = Waiting {
            hint: hint.clone(),
            since: now,
            tries: 0,
            due: now,
            unclear: false,
            news: true,
        };
        self.waiting.insert(hint.booking, waiting);
    }

    fn remember(&mut self, what: Fingerprint) {
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.heard.remove(&oldest);
        }
        if self.heard.insert(what.clone()) {
            self.order.push_back(what);
        }
    }
}

impl Waiting {
    fn put_off(&mut self, most: Duration) {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.tries));
        self.tries = self.tries.saturating_add(1);
        self.due = Instant::now() + doubled.min(most);
    }
}

/// How long ago a hint was heard, in seconds.
#[must_use]
pub fn delay(hint: &Hint, now: Timestamp) -> f64 {
    now.duration_since(hint.received).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests;
