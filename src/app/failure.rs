//! Why a command failed, and its exit code.

use std::fmt;
use std::process::ExitCode;

use crate::adapters::store::OpenError;
use crate::engine::report::Worst;
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

impl Exit {
    /// What stops everything comes before what stops one side; none where nothing of that kind is.
    #[must_use]
    pub fn of(worst: &[Worst]) -> Option<Self> {
        let any = |is: fn(&Worst) -> bool| worst.iter().any(is);
        if any(|worst| worst.state) {
            Some(Self::State)
        } else if any(|worst| worst.denied) {
            Some(Self::Denied)
        } else if any(|worst| worst.unreachable) {
            Some(Self::Unreachable)
        } else if any(|worst| worst.unusable) {
            Some(Self::Attention)
        } else {
            None
        }
    }
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

    /// A state that cannot be opened. A directory that is used for something else was named by a
    /// person.
    #[must_use]
    pub fn of_state(error: &OpenError) -> Self {
        let exit = match error {
            OpenError::SomethingElse { .. } => Exit::Usage,
            _ => Exit::State,
        };
        Self::new(exit, error, error.remedy())
    }

    /// The exit code of a call that failed like this.
    #[must_use]
    pub fn exit_for(kind: Kind) -> Exit {
        Exit::of(&[Worst::of(kind)]).unwrap_or(Exit::Attention)
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
