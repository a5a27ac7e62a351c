//! `run`: the life of the daemon. It wakes, runs a pass, and waits; a signal reloads or ends it.
//!
//! One loop does the passes, so that none overlaps another; wakes that come meanwhile are one wake.
//! Being offline is not an end: the next try comes later, by itself.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::domain::ids::HostName;
use crate::engine::{Order, Progress, Silent};
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::Rhythm;
use crate::triggers::Wake;
use crate::triggers::cron::Cron;

use super::compose::{self, Wired};
use super::control::{self, Desk};
use super::failure::{Exit, Failure};
use super::rhythm;
use super::round::Round;
use super::signals::GRACE;
use super::signals::{Asked, Signals};
use super::state::{self, State};
use super::tasks::{self, Tasks, notify};

/// How long the tasks beside the passes may take to end: nothing of theirs can be lost.
const BESIDE: Duration = Duration::from_millis(500);
/// How soon after the start the first pass begins.
const AT_ONCE: Duration = Duration::ZERO;

/// Reads the configuration again.
pub type Reload<'a> = &'a dyn Fn() -> Result<Settings, Failure>;

/// Runs until a signal ends it.
///
/// # Errors
/// When it cannot start, or a task that it needs ends.
pub async fn run(
    settings: Settings,
    reload: Reload<'_>,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    settings.complete()?;
    let state = state::open(&settings.state_dir, clock.as_ref())?;
    if let Some(damage) = state.damage() {
        tracing::error!(cause = %damage.cause, hint = %damage.hint, "{}", damage.doing);
    }
    state.look_again_after_a_loss().await?;
    // What the last pass of an earlier life knew is served from the start.
    state.feeds.follow(&settings).await?;
    state.feeds.refresh(clock.now()).await;
    let mut signals = Signals::listen()?;
    let (wake, wakes) = mpsc::channel(16);
    let (settings_now, settings_seen) = watch::channel(Arc::new(settings));
    let (next_now, next_seen) = watch::channel(None);
    let mut running = Tasks::new();
    let desk = Desk {
        state: state.clone(),
        settings: settings_seen,
        next: next_seen,
        clock: clock.clone(),
        wake: wake.clone(),
    };
    tasks::start(&mut running, desk, clock.clone(), wake.clone());
    let plan = Plan::make(&settings_now.borrow(), &state, &clock, &wake).await?;
    let mut daemon = Daemon {
        state,
        clock,
        wake,
        wakes,
        settings: settings_now,
        next: next_now,
        plan,
        failures: 0,
        state_failed: false,
        told_to_wait: Duration::ZERO,
    };
    notify(&[
        NotifyState::Ready,
        NotifyState::Status("waiting for the first pass"),
    ]);
    tracing::info!(pid = std::process::id(), "started");
    let outcome = daemon.live(&mut signals, &mut running, reload).await;
    notify(&[NotifyState::Stopping]);
    let Daemon { plan, settings, .. } = daemon;
    let beside = async {
        running.shutdown().await;
        plan.end().await;
    };
    if tokio::time::timeout(BESIDE, beside).await.is_err() {
        tracing::debug!("not all tasks ended in time");
    }
    if let Err(error) = std::fs::remove_file(control::path(&settings.borrow().state_dir)) {
        tracing::debug!(%error, "the socket was gone already");
    }
    tracing::info!("stopped");
    outcome
}

/// What passes work on, as the settings in force say.
struct Plan {
    wired: Vec<Wired>,
    cron: Option<Cron>,
}

impl Plan {
    async fn make(
        settings: &Settings,
        state: &State,
        clock: &Arc<dyn Clock>,
        wake: &mpsc::Sender<Wake>,
    ) -> Result<Self, Failure> {
        let revealed = compose::reveal(settings).await?;
        let wired = compose::wire(settings, &revealed, &state.base, &state.base, clock)?;
        let cron = match &settings.sync.rhythm {
            Rhythm::Every(_) => None,
            Rhythm::Cron(expression) => Some(Cron::start(expression, wake.clone()).await.map_err(
                |error| {
                    Failure::new(
                        Exit::Usage,
                        format!("sync.cron: {error}"),
                        "write six fields, seconds first",
                    )
                },
            )?),
        };
        Ok(Self { wired, cron })
    }

    async fn end(self) {
        if let Some(cron) = self.cron {
            cron.stop().await;
        }
    }
}

struct Daemon {
    state: State,
    clock: Arc<dyn Clock>,
    wake: mpsc::Sender<Wake>,
    wakes: mpsc::Receiver<Wake>,
    settings: watch::Sender<Arc<Settings>>,
    next: watch::Sender<Option<Timestamp>>,
    plan: Plan,
    /// Passes in a row in which a side could not be reached.
    failures: u32,
    /// Whether the last pass found the state unusable.
    state_failed: bool,
    /// How long a side asked to be left alone.
    told_to_wait: Duration,
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
            let hangup = tokio::select! {
                            biased;
                            asked = signals.next() => match asked {
             Asked::End => return Ok(()),
             Asked::Reload => true,
            },
                            Some(ended) = running.join_next() => return Err(tasks::ended(ended)),
                            Some(wake) = self.wakes.recv() => {
                                tracing::info!(why = wake.word(), "woken");
                                if wake == Wake::Due {
                                    due = Some(Instant::now() + self.jitter());
                                    continue;
                                }
                                false
                            }
                            () = at(due) => false,
                        };
            if hangup {
                self.reload(reload).await;
                due = Some(Instant::now());
                continue;
            }
            while self.wakes.try_recv().is_ok() {}
            let begun = Instant::now();
            if self.pass(signals, running).await? == Ended::Asked {
                return Ok(());
            }
            if self.state_failed {
                return Err(Failure::new(
                    Exit::State,
                    "the state cannot be used any more",
                    "see the log; it is opened anew, and checked, at the next start",
                ));
            }
            self.export().await;
            due = self.due(begun);
        }
    }

    /// Runs one pass. A signal to end lets it finish the call in hand.
    async fn pass(&mut self, signals: &mut Signals, running: &mut Tasks) -> Result<Ended, Failure> {
        notify(&[NotifyState::Status("a pass runs")]);
        let order = Order::default();
        let clock = self.clock.clone();
        let hears = |_: &HostName| -> Box<dyn Progress> { Box::new(Silent) };
        let mut round = Box::pin(Round::run(&self.plan.wired, &order, clock.as_ref(), &hears));
        let (done, ended) = tokio::select! {
                    done = &mut round => (Some(done), Ended::ByItself),
                    () = signals.end() => {
                        tracing::info!("stopping after the call in hand");
                        order.stop.ask();
                        (tokio::time::timeout(GRACE, &mut round).await.ok(), Ended::Asked)
                    }
                    Some(joined) = running.join_next() => {
                        order.stop.ask();
                        if tokio::time::timeout(GRACE, &mut round).await.is_err() {
         tracing::warn!("the pass did not end in time");
        }
                        return Err(tasks::ended(joined));
                    }
                };
        drop(round);
        if let Some(round) = done {
            self.note(&round).await;
        } else {
            tracing::warn!(
                "the pass did not end in time and is left; the next one goes on from there"
            );
        }
        Ok(ended)
    }

    async fn note(&mut self, round: &Round) {
        if let Err(error) = round.remember(self.state.base.as_ref()).await {
            tracing::error!(%error, "this pass cannot be remembered");
        }
        self.state.feeds.refresh(self.clock.now()).await;
        for host in &round.hosts {
            for error in &host.errors {
                tracing::warn!(host = %host.name, cause = %error.cause, hint = %error.hint, "{}", error.doing);
            }
            let flows = [
                ("bookings", &host.bookings),
                ("busy", &host.busy),
                ("hours", &host.hours),
            ];
            for (name, flow) in flows {
                let Some(flow) = flow else { continue };
                tracing::info!(
                    host = %host.name, flow = name, ok = host.ok, seen = flow.seen, created = flow.created,
                    updated = flow.updated, deleted = flow.deleted, cancelled = flow.cancelled,
                    noted = flow.noted, held = flow.held, conflicts = flow.conflicts,
                    failed = flow.failed, "pass done"
                );
            }
        }
        self.state_failed = round.exit() == Exit::State;
        let unreachable = round.hosts.iter().any(|host| host.worst.unreachable);
        let until = round.hosts.iter().filter_map(|host| host.worst.wait_until);
        self.told_to_wait = until
            .max()
            .and_then(|until| Duration::try_from(until.duration_since(self.clock.now())).ok())
            .unwrap_or_default();
        self.failures = if unreachable {
            self.failures.saturating_add(1)
        } else {
            0
        };
        let words = match round.exit() {
            Exit::Done => "in step",
            Exit::Unreachable => "a side cannot be reached; trying again later",
            Exit::Denied => "credentials were refused: see the log",
            Exit::Attention | Exit::Usage | Exit::State => {
                "something needs attention: see `slotbridge status`"
            }
        };
        notify(&[NotifyState::Status(words)]);
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

    async fn tell_next(&mut self, due: Option<Instant>) {
        let wait = match (due, &mut self.plan.cron) {
            (Some(due), _) => Some(due.saturating_duration_since(Instant::now())),
            (None, Some(cron)) => cron.next().await,
            (None, None) => None,
        };
        let now = self.clock.now();
        let next = wait.and_then(|wait| now.checked_add(SignedDuration::try_from(wait).ok()?).ok());
        self.next.send_replace(next);
    }

    /// Takes the configuration anew; a wrong one is reported, and the old one stays in force.
    async fn reload(&mut self, reload: Reload<'_>) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(_) => notify(&[NotifyState::Reloading]),
        }
        match self.try_reload(reload).await {
            Ok(()) => tracing::info!("the configuration was read again"),
            Err(failure) => tracing::error!(
                "the new configuration is not used, the old one stays in force: {failure}"
            ),
        }
        notify(&[NotifyState::Ready]);
    }

    async fn try_reload(&mut self, reload: Reload<'_>) -> Result<(), Failure> {
        let new = reload()?;
        new.complete()?;
        if new.state_dir != self.settings.borrow().state_dir {
            let hint = "restart slotbridge to use another state_dir";
            return Err(Failure::new(
                Exit::Usage,
                "state_dir cannot change while it is in use",
                hint,
            ));
        }
        for warning in &new.warnings {
            tracing::warn!("{warning}");
        }
        let plan = Plan::make(&new, &self.state, &self.clock, &self.wake).await?;
        self.state.feeds.follow(&new).await?;
        self.state.feeds.refresh(self.clock.now()).await;
        std::mem::replace(&mut self.plan, plan).end().await;
        self.settings.send_replace(Arc::new(new));
        self.failures = 0;
        Ok(())
    }

    /// Writes the daily export; without one, a damaged state could only be rebuilt.
    async fn export(&mut self) {
        let now = self.clock.now();
        if let Err(error) = self.state.export_today(now).await {
            tracing::warn!(%error, "the daily export failed");
        }
    }
}

/// How a pass came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    ByItself,
    Asked,
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
