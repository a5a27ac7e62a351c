//! The signals that mean something to the daemon.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::{Exit, Failure};

/// The signals that mean something.
pub(super) struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGTERM or SIGINT: finish the call in hand, and end.
    End,
    /// SIGHUP: read the configuration again.
    Reload,
}

impl Signals {
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            () = end(&mut self.term, &mut self.interrupt) => Asked::End,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }

    pub(super) fn listen() -> Result<Self, Failure> {
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
        })
    }

    pub(super) async fn end(&mut self) {
        end(&mut self.term, &mut self.interrupt).await;
    }
}

async fn end(term: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}
