//! Why a command failed, and its exit code.

use std::fmt;
use std::process::ExitCode;

use crate::ports::error::{Error, Kind};
use crate::settings::mistake::Mistakes;

/// The exit codes of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done = 0,
    /// Done, but something failed, is held or in conflict.
    Attention = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Credentials refused.
    Denied = 3,
    /// A side could not be reached.
    Unreachable = 4,
    /// The state is locked by another instance, or damaged.
    State = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that could not do its work. `Display` is what a person reads.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, why, and what to do.
    pub words: String,
}

impl Failure {
    /// A failure with its remedy.
    pub fn new(exit: Exit, cause: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self {
            exit,
            words: format!("{cause}\n  hint: {hint}"),
        }
    }

    /// The exit code of a call that failed like this.
    #[must_use]
    pub fn exit_for(kind: Kind) -> Exit {
        match kind {
            Kind::Denied => Exit::Denied,
            Kind::State => Exit::State,
            Kind::Unreachable | Kind::Transient | Kind::Throttled { .. } => Exit::Unreachable,
            Kind::Stale | Kind::Missing | Kind::Refused | Kind::Malformed | Kind::Local => {
                Exit::Attention
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Failure {}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self {
            exit: Exit::Usage,
            words: mistakes.to_string(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = Self::exit_for(error.kind());
        match error.remedy() {
            Some(hint) => Self::new(exit, &error, hint),
            None => Self {
                exit,
                words: error.to_string(),
            },
        }
    }
}
