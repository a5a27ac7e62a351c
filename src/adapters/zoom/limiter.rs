//! Stays below the account's limits, per second and per day, and obeys when told to wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::config::Plan;
use super::label::Label;
use super::pace::{Gate, shared};
use super::quota::{Day, DayStore};
use crate::adapters::backoff::{Jitter, doubled, later, wait_until};
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};

/// Longer waits are the engine's business: a pass ends and comes again.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
const TWO_HOURS: Duration = Duration::from_hours(2);
/// A day and a little: no word about a day's limit reaches further.
const A_DAY: Duration = Duration::from_hours(26);

/// Which limit a 429 spoke of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The one per second, with the time to come back where it was told.
    Second(Option<Timestamp>),
    /// The one per day.
    Day(Option<Timestamp>),
}

/// Lets requests with the same label pass one after the other, evenly spaced.
pub struct Limiter {
    gates: [Gate; 3],
    per_day: Option<u64>,
    clock: Arc<dyn Clock>,
    jitter: Arc<Jitter>,
    days: DayStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    loaded: bool,
    /// No request before this, because of the limit per second.
    pause: Option<Timestamp>,
    day: Day,
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
            gates: [Label::Light, Label::Medium, Label::Heavy]
                .map(|label| Gate::new(plan, label, share, clock.clone())),
            per_day: plan.per_day().map(|most| shared(most, share)),
            clock,
            jitter,
            days: DayStore::new(base, account),
            state: Mutex::default(),
        }
    }

    /// Waits until one request may be sent, and counts it.
    ///
    /// # Errors
    /// `Throttled` when that would take over a minute: nothing was sent.
    pub async fn admit(&self, label: Label, doing: &str) -> Result<()> {
        let [light, medium, heavy] = &self.gates;
        let gate = match label {
            Label::Light => light,
            Label::Medium => medium,
            Label::Heavy => heavy,
        };
        loop {
            let wait = self.permission(doing)?;
            let wait = if wait.is_zero() {
                match gate.pass() {
                    Ok(()) => break,
                    Err(wait) => wait,
                }
            } else {
                wait
            };
            self.clock.sleep(wait).await;
        }
        if self.per_day.is_some() {
            let day = {
                let mut state = self.state();
                state.day.sent = state.day.sent.saturating_add(1);
                state.day.clone()
            };
            self.days.remember(&day).await;
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
                self.days.remember(&day).await;
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
            state.day = self.days.recall()?;
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
