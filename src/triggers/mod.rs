//! What wakes the engine. Each trigger only sends a `Wake`; the pass reads the truth.

/// Notices that the machine slept.
pub mod clock_jump;
/// Wakes at the times of a cron expression.
pub mod cron;
/// Notices that files changed.
pub mod files;
/// Who takes what was heard.
pub mod hearing;
/// Notices that the network is there again.
pub mod network;
/// Reads what Zoom tells by webhook or WebSocket.
pub mod notification;

/// Zoom's notifications over a WebSocket.
pub mod websocket;

/// A reason for a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The time has come (`cron`).
    Due,
    /// The machine slept, or its clock was set.
    Slept,
    /// A person decided something.
    Decision,
    /// The network is there again.
    Network,
    /// A file changed in a directory that is read.
    Files,
}

impl Wake {
    /// The word for the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Slept => "slept",
            Self::Decision => "decision",
            Self::Network => "network",
            Self::Files => "files",
        }
    }
}
