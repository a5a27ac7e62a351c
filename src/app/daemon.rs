//! `run`: the life of the daemon. It wakes, runs a pass, and waits; a signal reloads or ends it.
//!
//! One loop does the passes, so that none overlaps another; wakes that come meanwhile are one wake.
//! Being offline is not an end: the next try comes later, by itself.

mod noting;
mod outcomes;
mod reloading;
mod starting;
mod working;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::engine::Order;
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::Rhythm;
use crate::triggers::Wake;

use super::control::PassRequest;
use super::ears::Ears;
use super::failure::{Exit, Failure};
use super::hinting::Deleted;
use super::hints::{Hints, Todo};
use super::metrics;
use super::plan::Plan;
use super::rhythm;
use super::serving::{Server, Serving};
use super::signals::{Asked, Signals};
use super::state::State;
use super::tasks::{self, Tasks, notify};
use super::whose::Whose;

use outcomes::Outcomes;
pub use starting::run;
use working::Ended;

/// How soon a whole pass follows what only a whole pass can see; more of the same is one pass.
const SOON: Duration = Duration::from_secs(2);
/// How far apart such passes are, however often something is told that only they find.
const APART: Duration = Duration::from_secs(10);
/// How long they wait at most because a side fails: another host may have much to do.
const LONGEST_REST: Duration = Duration::from_mins(1);
/// How soon after the start the first pass begins.
const AT_ONCE: Duration = Duration::ZERO;

/// Reads the configuration again.
pub type Reload<'a> = &'a dyn Fn() -> Result<Settings, Failure>;

struct Daemon {
    state: State,
    clock: Arc<dyn Clock>,
    wake: mpsc::Sender<Wake>,
    wakes: mpsc::Receiver<Wake>,
    requests: mpsc::Receiver<PassRequest>,
    settings: watch::Sender<Arc<Settings>>,
    next: watch::Sender<Option<Timestamp>>,
    unready: watch::Sender<Option<&'static str>>,
    plan: Plan,
    hints: Hints,
    /// Whether hints were looked into just now.
    looked: bool,
    /// When the last whole pass began.
    begun: Option<Instant>,
    /// Entries deleted because of hints since the last whole pass.
    deleted: Deleted,
    /// Whose bookings hints are about.
    whose: Whose,
    server: Server,
    serving: Serving,
    ears: Ears,
    /// Passes in a row in which a side could not be reached.
    failures: u32,
    /// Whether the last pass found the state unusable.
    state_failed: bool,
    /// How long a side asked to be left alone.
    told_to_wait: Duration,
    /// Until when that is.
    left_alone: Option<Instant>,
    /// Commands of `sync.on_failure` that run. They end with the daemon.
    commands: JoinSet<()>,
    /// How the flows ended last: what stays so is no news.
    outcomes: Outcomes,
    /// How the last pass ended, for the service manager.
    words: String,
}

/// What is to be done next.
enum Step {
    End,
    Reload,
    /// A whole pass.
    Pass,
    /// A whole pass at this time.
    PassAt(Instant),
    /// Look into what was heard.
    Hints,
    /// A pass that somebody waits for.
    Asked(PassRequest),
}

impl Daemon {
    async fn live(
        &mut self,
        signals: &mut Signals,
        running: &mut Tasks,
        reload: Reload<'_>,
    ) -> Result<(), Failure> {
        let mut due = Some(Instant::now() + AT_ONCE);
        loop {
            self.tell_next(due).await;
            let ended = match self.next_step(signals, running, due).await? {
                Step::End => return Ok(()),
                Step::Reload => {
                    tokio::select! {
                        () = self.reload(reload) => {}
                        () = signals.end() => return Ok(()),
                    }
                    due = Some(Instant::now());
                    continue;
                }
                Step::PassAt(time) => {
                    due = Some(due.map_or(time, |due| due.min(time)));
                    continue;
                }
                Step::Hints => match self.hints.todo() {
                    Todo::These(hints) => {
                        let (ended, whole_pass) = self.look_into(hints, signals, running).await?;
                        if whole_pass {
                            due = Some(self.sooner(due, Instant::now()));
                        }
                        ended
                    }
                    Todo::Everything => {
                        due = Some(self.sooner(due, Instant::now() + SOON));
                        continue;
                    }
                },
                Step::Asked(request) => self.answer(request, signals, running).await?,
                Step::Pass => {
                    while self.wakes.try_recv().is_ok() {}
                    let begun = Instant::now();
                    let order = Order::default();
                    let (ended, next) = self.whole_pass(&order, begun, signals, running).await?;
                    due = next;
                    ended
                }
            };
            if ended == Ended::Asked {
                return Ok(());
            }
            if self.state_failed {
                return Err(Failure::new(
                    Exit::State,
                    "the state cannot be used any more",
                    "see the log; it is opened anew, and checked, at the next start",
                ));
            }
        }
    }

    async fn next_step(
        &mut self,
        signals: &mut Signals,
        running: &mut Tasks,
        due: Option<Instant>,
    ) -> Result<Step, Failure> {
        let step = tokio::select! {
            biased;
            asked = signals.next() => match asked {
                Asked::End => Step::End,
                Asked::Reload => Step::Reload,
                Asked::Pass => Step::Pass,
            },
            Some(ended) = running.join_next() => return Err(tasks::ended(ended)),
            () = self.server.ended() => return Err(tasks::ended(Ok("the HTTP server"))),
            ended = self.ears.ended() => return Err(tasks::ended(ended)),
            // Hints come first, but not twice in a row: a flood of them keeps nobody else out.
            () = self.hints.due(), if !self.looked => Step::Hints,
            Some(request) = self.requests.recv() => Step::Asked(request),
            Some(wake) = self.wakes.recv() => {
                if wake == Wake::Due {
                    // That comes with every pass.
                    tracing::debug!(why = wake.word(), "woken");
                } else {
                    tracing::info!(why = wake.word(), "woken");
                }
                match wake {
                    Wake::Due => Step::PassAt(Instant::now() + self.jitter()),
                    Wake::Slept | Wake::Decision | Wake::Network | Wake::Files => Step::Pass,
                }
            }
            () = at(due) => Step::Pass,
            () = self.hints.due(), if self.looked => Step::Hints,
        };
        self.looked = matches!(step, Step::Hints);
        Ok(step)
    }

    /// When a pass is due of which somebody told that only it can see something: not too soon after
    /// the last one, and not before a side that asked to be left alone, or fails, has had its rest.
    fn sooner(&self, due: Option<Instant>, wanted: Instant) -> Instant {
        let rest = if self.failures > 0 {
            rhythm::after_failures(self.failures, 0.0).min(LONGEST_REST)
        } else {
            Duration::ZERO
        };
        let rest = rest.max(APART);
        let apart = self.begun.map_or(wanted, |begun| begun + rest);
        let asked = self.left_alone.unwrap_or(wanted);
        let wanted = wanted.max(apart).max(asked);
        due.map_or(wanted, |due| due.min(wanted))
    }

    fn due(&self, begun: Instant) -> Option<Instant> {
        if self.failures > 0 {
            let wait = rhythm::after_failures(self.failures, rand::random()).max(self.told_to_wait);
            return Some(Instant::now() + wait);
        }
        let sync = &self.settings.borrow().sync;
        match sync.rhythm {
            Rhythm::Every(every) => {
                let wait = rhythm::after_a_pass(every, sync.jitter, rand::random());
                // A pass that took longer than `every` is followed at once, not by all those missed.
                Some((begun + wait).max(Instant::now()))
            }
            Rhythm::Cron(_) => None,
        }
    }

    fn jitter(&self) -> Duration {
        let chance: f64 = rand::random();
        self.settings.borrow().sync.jitter.mul_f64(chance)
    }

    /// When the next pass begins, where that is known.
    async fn when(&mut self, due: Option<Instant>) -> Option<Timestamp> {
        let wait = match (due, &mut self.plan.cron) {
            (Some(due), _) => Some(due.saturating_duration_since(Instant::now())),
            (None, Some(cron)) => cron.next().await,
            (None, None) => None,
        };
        let wait = SignedDuration::try_from(wait?).ok()?;
        self.clock.now().checked_add(wait).ok()
    }

    async fn tell_next(&mut self, due: Option<Instant>) {
        let next = self.when(due).await;
        let now = self.clock.now();
        if let Some(next) = next {
            metrics::next_pass(next);
        }
        self.next.send_replace(next);
        let words = match next.filter(|next| *next > now) {
            Some(next) => {
                let local = next.to_zoned(TimeZone::system());
                format!("{}; next pass at {}", self.words, local.strftime("%H:%M"))
            }
            None => self.words.clone(),
        };
        notify(&[NotifyState::Status(&words)]);
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
