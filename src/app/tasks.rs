//! What runs beside the passes: answering commands, watching the clock, and a word to the service
//! manager. None of these tasks may end before the daemon does.

use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::ports::clock::Clock;
use crate::triggers::{Wake, clock_jump, network};

use super::control::{self, Desk};
use super::failure::{Exit, Failure};

/// The tasks, each giving its name when it ends.
pub(super) type Tasks = JoinSet<&'static str>;

/// Starts them.
pub(super) fn start(
    tasks: &mut Tasks,
    desk: Desk,
    clock: Arc<dyn Clock>,
    wake: mpsc::Sender<Wake>,
) {
    let (feeds, time) = (desk.state.feeds.clone(), clock.clone());
    tasks.spawn(async move {
        feeds.keep_fresh(time.as_ref()).await;
        "keeping feeds fresh"
    });
    match control::listen(desk.state.store.dir()) {
        Ok(listener) => {
            tasks.spawn(async move {
                control::serve(listener, desk).await;
                "answering commands"
            });
        }
        Err(error) => {
            tracing::warn!(%error, "no socket: commands cannot ask this daemon; give it a shorter --state-dir");
        }
    }
    let woken = wake.clone();
    tasks.spawn(async move {
        network::watch(woken).await;
        "watching the network"
    });
    tasks.spawn(async move {
        clock_jump::watch(clock, wake).await;
        "watching the clock"
    });
    if let Some(limit) = sd_notify::watchdog_enabled() {
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(limit / 3);
            loop {
                ticks.tick().await;
                notify(&[NotifyState::Watchdog]);
            }
        });
    }
}

/// Why the daemon cannot go on without the task that ended.
pub(super) fn ended(ended: Result<&'static str, tokio::task::JoinError>) -> Failure {
    let what = ended.map_or_else(
        |error| format!("a task failed: {error}"),
        |what| format!("{what} ended"),
    );
    Failure::new(
        Exit::Attention,
        format!("the daemon cannot go on: {what}"),
        "please report this; it can be started again",
    )
}

/// Tells the service manager, where there is one.
pub(super) fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager cannot be told");
    }
}
