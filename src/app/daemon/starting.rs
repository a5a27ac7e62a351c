//! How the daemon begins and ends.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::outcomes::Outcomes;
use super::{Daemon, Reload};
use crate::app::control::{self, Desk};
use crate::app::ears::{self, Ears, Listening};
use crate::app::failure::Failure;
use crate::app::hinting::Deleted;
use crate::app::hints::Hints;
use crate::app::plan::Plan;
use crate::app::serving::{Server, Serving};
use crate::app::signals::Signals;
use crate::app::state;
use crate::app::tasks::{self, Tasks, notify};
use crate::app::whose::Whose;
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::web;
use crate::web::refusals::Refusals;

/// How long the tasks beside the passes may take to end: nothing of theirs can be lost.
const BESIDE: Duration = Duration::from_millis(500);

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
    let (listens_now, listens) = watch::channel(None);
    let (unready_now, unready) = watch::channel(Some("the first pass has not ended"));
    let hints = Hints::open(state.base.clone())?;
    let mut running = Tasks::new();
    let desk = Desk {
        state: state.clone(),
        settings: settings_seen.clone(),
        next: next_seen.clone(),
        listens,
        clock: clock.clone(),
        wake: wake.clone(),
        passes,
    };
    tasks::start(&mut running, desk, clock.clone(), wake.clone());
    let serving = Serving {
        state: state.clone(),
        settings: settings_seen,
        next: next_seen,
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
    let mut server = Server::new(listens_now);
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
        left_alone: None,
        commands: JoinSet::new(),
        outcomes: Outcomes::default(),
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
        hints,
        ..
    } = daemon;
    let beside = async {
        ears.stop().await;
        server.stop().await;
        hints.finished(BESIDE).await;
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
