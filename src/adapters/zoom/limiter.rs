//! Stays below the account's limits, per second and per day, and obeys when told to wait.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::backoff::{Jitter, doubled, later, wait_until};
use super::config::Plan;
use crate::ports::base::{Base, Change};
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};

/// Longer waits are the engine's business: a pass ends and comes again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);
/// A day and a little: no word about a day's limit reaches further.
const A_DAY: Duration = Duration::from_secs(26 * 60 * 60);

/// Which limit a 429 spoke of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The one per second, with the time to come back where it was told.
    Second(Option<Timestamp>),
    /// The one per day.
    Day(Option<Timestamp>),
}

/// Lets requests pass one after the other, evenly spaced.
pub struct Limiter {
    gate: RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Duration>>,
    per_day: Option<u64>,
    clock: Arc<dyn Clock>,
    jitter: Arc<Jitter>,
    base: Arc<dyn Base>,
    key: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    loaded: bool,
    /// No request before this, because of the limit per second.
    pause: Option<Timestamp>,
    day: Day,
}

/// What is remembered across processes: `quota/{digest}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Day {
    /// The day in UTC that `sent` counts for.
    date: Option<Date>,
    sent: u64,
    /// Until when Zoom refuses everything, because of the limit per day.
    refused_until: Option<Timestamp>,
}

impl Limiter {
    pub(super) fn new(
        plan: Plan,
        share: f64,
        account: &str,
        clock: Arc<dyn Clock>,
        base: Arc<dyn Base>,
        jitter: Arc<Jitter>,
    ) -> Self {
        Self {
            gate: RateLimiter::direct_with_clock(pace(plan, share), Ticks::new(clock.clone())),
            per_day: plan.per_day().map(|most| shared(most, share).max(1)),
            clock,
            jitter,
            base,
            key: format!("quota/{account}"),
            state: Mutex::default(),
        }
    }

    /// Waits until one request may be sent, and counts it.
    ///
    /// # Errors
    /// `Throttled` when that would take over a minute: nothing was sent.
    pub async fn admit(&self, doing: &str) -> Result<()> {
        loop {
            let wait = self.permission(doing)?;
            if wait.is_zero() {
                match self.gate.check() {
                    Ok(()) => break,
                    Err(not) => {
                        let wait = not.wait_time_from(self.gate.clock().now());
                        self.clock.sleep(wait.max(Duration::from_millis(1))).await;
                    }
                }
            } else {
                self.clock.sleep(wait).await;
            }
        }
        if self.per_day.is_some() {
            let day = {
                let mut state = self.state();
                state.day.sent = state.day.sent.saturating_add(1);
                state.day.clone()
            };
            self.remember(&day).await;
        }
        Ok(())
    }

    /// Obeys a 429, the `times`th in a row (1 for the first): the next [`Limiter::admit`] waits.
    ///
    /// # Errors
    /// `Throttled` when the wait is the engine's business.
    pub async fn obey(&self, told: Told, times: u32, most: u32, doing: &str) -> Result<()> {
        let now = self.clock.now();
        match told {
            Told::Second(then) => {
                let wait = then.map_or_else(
                    || self.growing(times),
                    |then| wait_until(now, then).clamp(SECOND, TWO_HOURS),
                );
                let until = later(now, wait);
                let mut state = self.state();
                state.pause = state.pause.max(Some(until));
                if times > most || wait > LONGEST_WAIT {
                    return Err(throttled(
                        doing,
                        until,
                        "Zoom's limit per second is used up",
                    ));
                }
                tracing::debug!(?wait, times, "Zoom asked to wait");
                Ok(())
            }
            Told::Day(then) => {
                let then = then.unwrap_or_else(|| tomorrow(now));
                let until = later(now, wait_until(now, then).clamp(SECOND, A_DAY));
                let day = {
                    let mut state = self.state();
                    state.day.refused_until = Some(until);
                    state.day.clone()
                };
                self.remember(&day).await;
                Err(used_up(doing, until, "Zoom's limit per day is used up"))
            }
        }
    }

    /// How long to wait; nothing when a request may be sent as far as Zoom's words go.
    ///
    /// # Errors
    /// `Throttled` when nothing may be sent within a minute.
    pub(super) fn permission(&self, doing: &str) -> Result<Duration> {
        let now = self.clock.now();
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut state = self.state();
        if !state.loaded {
            state.day = self.recall()?;
            state.loaded = true;
        }
        if state.day.date != Some(today) {
            state.day.date = Some(today);
            state.day.sent = 0;
        }
        if let Some(until) = state.day.refused_until {
            // A time too far ahead was written by a clock that was wrong.
            if until > now && until <= later(now, A_DAY) {
                return Err(used_up(doing, until, "Zoom's limit per day is used up"));
            }
            state.day.refused_until = None;
        }
        if self.per_day.is_some_and(|most| state.day.sent >= most) {
            let cause = "this daemon's share of the requests per day is used up";
            return Err(used_up(doing, tomorrow(now), cause));
        }
        let pause = state
            .pause
            .map_or(Duration::ZERO, |then| wait_until(now, then));
        // The clock may have been set back since.
        let pause = pause.min(TWO_HOURS);
        if pause > LONGEST_WAIT {
            let until = later(now, pause);
            return Err(throttled(
                doing,
                until,
                "Zoom's limit per second is used up",
            ));
        }
        Ok(pause)
    }

    /// 1 s, 2 s, 4 s, 8 s, 16 s, each with up to half of it on top.
    fn growing(&self, times: u32) -> Duration {
        let wait = doubled(SECOND, times.min(5));
        wait + self.jitter.up_to(wait / 2)
    }

    fn recall(&self) -> Result<Day> {
        let bytes = self.base.get(&self.key)?;
        Ok(bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default())
    }

    /// A count that is lost costs some requests of tomorrow's politeness, so that a full disk is
    /// no reason to stop here.
    async fn remember(&self, day: &Day) {
        let saved = match serde_json::to_vec(day) {
            Ok(bytes) => {
                let change = Change::Put(self.key.clone(), bytes);
                self.base.commit(vec![change]).await
            }
            Err(error) => Err(Error::new(Kind::Local, "counting requests").because(error)),
        };
        if let Err(error) = saved {
            tracing::warn!(cause = %error.cause(), "the count of requests to Zoom was not saved");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evenly spaced requests, so that no second of any kind sees more than the share.
fn pace(plan: Plan, share: f64) -> Quota {
    let share = sane(share);
    let per_second = f64::from(plan.per_second()) * share;
    // Whole requests where there is at least one: 3.2 a second, evenly spaced, can be 4 in one.
    let per_second = if per_second >= 1.0 {
        per_second.floor()
    } else {
        per_second
    };
    Quota::with_period(Duration::from_secs_f64(1.0 / per_second))
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::MIN)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product lies between 0 and a u32"
)]
fn shared(most: u32, share: f64) -> u64 {
    (f64::from(most) * sane(share)).floor() as u64
}

/// A share between a thousandth and all; settings refuse others before.
fn sane(share: f64) -> f64 {
    if share.is_finite() {
        share.clamp(0.001, 1.0)
    } else {
        1.0
    }
}

fn tomorrow(now: Timestamp) -> Timestamp {
    let zoned = now.to_zoned(TimeZone::UTC);
    zoned
        .date()
        .checked_add(1.day())
        .and_then(|date| date.to_zoned(TimeZone::UTC))
        .map_or_else(|_| later(now, A_DAY), |zoned| zoned.timestamp())
}

fn throttled(doing: &str, until: Timestamp, cause: &'static str) -> Error {
    Error::new(Kind::Throttled { until }, doing)
        .because(cause)
        .hint("nothing to do: it goes on later; zoom.plan and zoom.share set the pace")
}

fn used_up(doing: &str, until: Timestamp, cause: &'static str) -> Error {
    Error::new(Kind::Throttled { until }, doing)
        .because(cause)
        .hint(format!(
            "nothing to do: it goes on at {until}; a longer sync.every, or a plan without such a limit (zoom.plan), avoids it"
        ))
}

/// Our clock for `governor`: it only goes forward, however the machine's is set.
struct Ticks {
    clock: Arc<dyn Clock>,
    seen: Mutex<(Timestamp, Duration)>,
}

impl Ticks {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Mutex::new((clock.now(), Duration::ZERO));
        Self { clock, seen }
    }
}

impl GovernorClock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let elapsed = seen.1.saturating_add(wait_until(seen.0, now));
        *seen = (now, elapsed);
        elapsed
    }
}
