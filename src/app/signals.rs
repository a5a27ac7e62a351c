//! The signals that mean something to the daemon.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::{Exit, Failure};

/// How long a pass may take to end once the end is asked for: ten seconds are promised, and the
/// process itself has to end after it.
pub const GRACE: Duration = Duration::from_secs(7);

/// When this process was first asked to end.
static ASKED: OnceLock<Instant> = OnceLock::new();

/// What is left of this time since the process was asked to end; all of it where it was not.
#[must_use]
pub fn left_of(time: Duration) -> Duration {
    let asked = ASKED.get();
    asked.map_or(time, |asked| time.saturating_sub(asked.elapsed()))
}

/// The signals that mean something.
pub struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
    user: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// SIGTERM or SIGINT: finish the call in hand, and end.
    End,
    /// SIGHUP: read the configuration again.
    Reload,
    /// SIGUSR1: run a pass now.
    Pass,
}

impl Signals {
    /// Waits for the next one.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            () = end(&mut self.term, &mut self.interrupt) => Asked::End,
            _ = self.hangup.recv() => Asked::Reload,
            _ = self.user.recv() => Asked::Pass,
        }
    }

    /// Listens from now on.
    ///
    /// # Errors
    /// When this process may not.
    pub fn listen() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|error| {
                Failure::new(
                    Exit::Attention,
                    format!("listening to signals: {error}"),
                    "check the limits of this user",
                )
            })
        };
        Ok(Self {
            term: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hangup: on(SignalKind::hangup())?,
            user: on(SignalKind::user_defined1())?,
        })
    }

    /// Waits for one that asks for the end.
    pub async fn end(&mut self) {
        end(&mut self.term, &mut self.interrupt).await;
    }
}

async fn end(term: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    ASKED.get_or_init(Instant::now);
}
