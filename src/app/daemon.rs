//! `run`: the life of the daemon. It wakes, runs a pass, and waits; a signal reloads or ends it.
//!
//! One loop does the passes, so that none overlaps another; wakes that come meanwhile are one wake.
//! Being offline is not an end: the next try comes later, by itself.

mod noting;
mod reloading;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::domain::hint::Hint;
use crate::domain::ids::HostName;
use crate::engine::hinted::Outcome;
use crate::engine::{Order, Progress, Silent};
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::Rhythm;
use crate::triggers::Wake;
use crate::web;
use crate::web::refusals::Refusals;

use super::compose::Wired;
use super::control::{self, Desk, PassRequest};
use super::desk::Answer;
use super::ears::{self, Ears, Listening};
use super::failure::{Exit, Failure};
use super::hinting::{self, Deleted};
use super::hints::{Hints, Todo};
use super::metrics;
use super::plan::{self, Plan};
use super::rhythm;
use super::round::Round;
use super::serving::{Server, Serving};
use super::signals::GRACE;
use super::signals::{Asked, Signals};
use super::state::{self, State};
use super::tasks::{self, Tasks, notify};
use super::whose::Whose;

/// How long the tasks beside the passes may take to end: nothing of theirs can be lost.
const BESIDE: Duration = Duration::from_millis(500);
/// How soon a whole pass follows what only a whole pass can see; more of the same is one pass.
const SOON: Duration = Duration::from_secs(2);
/// How far apart such passes are, however often something is told that only they find.
const APART: Duration = Duration::from_secs(10);
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
    let (passes, requests) = mpsc::channel(4);
    let (settings_now, settings_seen) = watch::channel(Arc::new(settings));
    let (next_now, next_seen) = watch::channel(None);
    let (unready_now, unready) = watch::channel(Some("the first pass has not ended"));
    let hints = Hints::open(state.base.clone())?;
    let mut running = Tasks::new();
    let desk = Desk {
        state: state.clone(),
        settings: settings_seen.clone(),
        next: next_seen,
        clock: clock.clone(),
        wake: wake.clone(),
        passes,
    };
    tasks::start(&mut running, desk, clock.clone(), wake.clone());
    let serving = Serving {
        state: state.clone(),
        settings: settings_seen,
        clock: clock.clone(),
        hearing: Arc::new(hints.clone()),
        unready,
        more: vec![web::feeds::routes(Arc::new(state.feeds.clone()))],
        refusals: Arc::new(Refusals::default()),
    };
    let first = settings_now.borrow().clone();
    let plan = tokio::select! {
        plan = Plan::make(&first, &state, &clock, &wake) => plan?,
        () = signals.end() => return Ok(()),
    };
    let mut server = Server::new();
    let mut ears = Ears::default();
    let listening = Listening {
        settings: &first,
        plan: &plan,
        state: &state,
        clock: &clock,
        hearing: Arc::new(hints.clone()),
        wake: wake.clone(),
    };
    let prepared = async {
        let server = server.prepare(&serving, &first).await?;
        Ok::<_, Failure>((server, ears::prepare(listening)?))
    };
    // Secrets of the server may take as long as those of the plan.
    let prepared = tokio::select! {
        prepared = prepared => prepared?,
        () = signals.end() => return Ok(()),
    };
    server.begin(prepared.0).await;
    ears.begin(prepared.1).await;
    let mut daemon = Daemon {
        state,
        clock,
        wake,
        wakes,
        requests,
        settings: settings_now,
        next: next_now,
        unready: unready_now,
        plan,
        hints,
        looked: false,
        begun: None,
        deleted: Deleted::new(),
        whose: Whose::of(&first),
        server,
        serving,
        ears,
        failures: 0,
        state_failed: false,
        told_to_wait: Duration::ZERO,
        commands: JoinSet::new(),
        words: "waiting for the first pass".to_owned(),
    };
    notify(&[NotifyState::Ready, NotifyState::Status(&daemon.words)]);
    tracing::info!(pid = std::process::id(), "started");
    let outcome = daemon.live(&mut signals, &mut running, reload).await;
    end(daemon, running).await;
    tracing::info!("stopped");
    outcome
}

/// Ends what runs beside the passes.
async fn end(daemon: Daemon, mut running: Tasks) {
    notify(&[NotifyState::Stopping]);
    let Daemon {
        plan,
        settings,
        mut server,
        mut ears,
        ..
    } = daemon;
    let beside = async {
        ears.stop().await;
        server.stop().await;
        running.shutdown().await;
        plan.end().await;
    };
    if tokio::time::timeout(BESIDE, beside).await.is_err() {
        tracing::debug!("not all tasks ended in time");
    }
    if let Err(error) = std::fs::remove_file(control::path(&settings.borrow().state_dir)) {
        tracing::debug!(%error, "the socket was gone already");
    }
}

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
    /// Commands of `sync.on_failure` that run. They end with the daemon.
    commands: JoinSet<()>,
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
                            due = Some(Instant::now());
                        }
                        ended
                    }
                    Todo::Everything => {
                        let soon = Instant::now() + SOON;
                        let soon = soon.max(self.begun.map_or(soon, |begun| begun + APART));
                        due = Some(due.map_or(soon, |due| due.min(soon)));
                        continue;
                    }
                },
                Step::Asked(request) => self.answer(request, signals, running).await?,
                Step::Pass => {
                    while self.wakes.try_recv().is_ok() {}
                    let begun = Instant::now();
                    let order = Order::default();
                    let ended = self.whole_pass(&order, signals, running).await?;
                    due = self.due(begun);
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
                tracing::info!(why = wake.word(), "woken");
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

    /// Runs a pass over all hosts, and remembers it.
    async fn whole_pass(
        &mut self,
        order: &Order,
        signals: &mut Signals,
        running: &mut Tasks,
    ) -> Result<Ended, Failure> {
        notify(&[NotifyState::Status("a pass runs")]);
        let begun = Instant::now();
        self.begun = Some(begun);
        let before = self.plan.throttles();
        let clock = self.clock.clone();
        let hears = |_: &HostName| -> Box<dyn Progress> { Box::new(Silent) };
        let round = Round::run(&self.plan.wired, order, clock.as_ref(), &hears);
        let (round, ended) = until_asked(round, order, signals, running).await?;
        if let Some(round) = round {
            self.count(&round, begun, before);
            // Whoever hears that the pass is done may ask whether the daemon is ready.
            if ended == Ended::ByItself {
                self.seen_all(&round, begun).await;
            }
            self.note(&round).await;
        }
        if ended == Ended::ByItself {
            self.export().await;
        }
        Ok(ended)
    }

    /// A pass that somebody waits for.
    async fn answer(
        &mut self,
        request: PassRequest,
        signals: &mut Signals,
        running: &mut Tasks,
    ) -> Result<Ended, Failure> {
        let PassRequest {
            order,
            host,
            answer,
        } = request;
        let begun = Instant::now();
        let before = self.plan.throttles();
        let settings = self.settings.borrow().clone();
        let dry: Vec<Wired>;
        let all = if order.dry_run {
            match self.plan.dry(&settings, &self.state, &self.clock) {
                Ok(wired) => dry = wired,
                Err(failure) => {
                    tell(answer, control::failed(&failure));
                    return Ok(Ended::ByItself);
                }
            }
            &dry
        } else {
            &self.plan.wired
        };
        let wired = match plan::only(all, host.as_ref()) {
            Ok(wired) => wired,
            Err(failure) => {
                tell(answer, control::failed(&failure));
                return Ok(Ended::ByItself);
            }
        };
        let clock = self.clock.clone();
        let hears = |_: &HostName| -> Box<dyn Progress> { Box::new(Silent) };
        let round = Round::run(wired, &order, clock.as_ref(), &hears);
        let (round, ended) = until_asked(round, &order, signals, running).await?;
        let Some(round) = round else {
            return Ok(ended);
        };
        if !order.dry_run {
            self.count(&round, begun, before);
            if ended == Ended::ByItself && host.is_none() {
                self.seen_all(&round, begun).await;
            }
            self.note(&round).await;
        }
        let exit = match round.exit() {
            Exit::Done if ended == Ended::Asked => Exit::Attention,
            exit => exit,
        };
        let round = Box::new(round);
        tell(
            answer,
            Answer::Synced {
                round,
                exit: exit as u8,
            },
        );
        Ok(ended)
    }

    /// Looks into hints. `true` where a whole pass is wanted.
    async fn look_into(
        &mut self,
        hints: Vec<Hint>,
        signals: &mut Signals,
        running: &mut Tasks,
    ) -> Result<(Ended, bool), Failure> {
        if hints.is_empty() {
            return Ok((Ended::ByItself, false));
        }
        let order = Order::default();
        let before = self.plan.throttles();
        let (deleted, whose) = (&mut self.deleted, &mut self.whose);
        let look = hinting::look(&self.plan.wired, &order, hints, deleted, whose);
        let (looked, ended) = until_asked(look, &order, signals, running).await?;
        let Some(mut looked) = looked else {
            return Ok((ended, false));
        };
        self.count_throttles(before);
        self.note_hints(&looked);
        // There is nothing to do about those.
        let strange = looked.strange.into_iter();
        let done = strange.map(|hint| (hint, Outcome::Settled));
        looked.answers.extend(done);
        let then = self
            .hints
            .answered(&looked.answers)
            .await
            .map_err(Failure::from)?;
        for user in &then.missed {
            self.whose.missed(user);
        }
        metrics::waiting(self.hints.waiting());
        Ok((ended, then.whole_pass))
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
        let words = match next.filter(|next| *next > now) {
            Some(next) => {
                let local = next.to_zoned(TimeZone::system());
                format!("{}; next pass at {}", self.words, local.strftime("%H:%M"))
            }
            None => self.words.clone(),
        };
        notify(&[NotifyState::Status(&words)]);
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

/// Does it to its end. A signal to end lets it finish the call in hand.
async fn until_asked<T>(
    work: impl Future<Output = T>,
    order: &Order,
    signals: &mut Signals,
    running: &mut Tasks,
) -> Result<(Option<T>, Ended), Failure> {
    let mut work = Box::pin(work);
    tokio::select! {
        done = &mut work => Ok((Some(done), Ended::ByItself)),
        () = signals.end() => {
            tracing::info!("stopping after the call in hand");
            order.stop.ask();
            let done = tokio::time::timeout(GRACE, &mut work).await.ok();
            if done.is_none() {
                tracing::warn!(
                    "the pass did not end in time and is left; the next one goes on from there"
                );
            }
            Ok((done, Ended::Asked))
        }
        Some(joined) = running.join_next() => {
            order.stop.ask();
            if tokio::time::timeout(GRACE, &mut work).await.is_err() {
                tracing::warn!("the pass did not end in time");
            }
            Err(tasks::ended(joined))
        }
    }
}

/// Whoever asked may have gone.
fn tell(answer: oneshot::Sender<Answer>, what: Answer) {
    if answer.send(what).is_err() {
        tracing::debug!("nobody waits for this pass any more");
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
