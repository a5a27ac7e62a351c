//! Where a value was said.

use std::fmt;
use std::path::PathBuf;

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody said it.
    BuiltIn,
    /// In a file.
    File {
        /// Which of the files read, counted from 1: later ones win.
        layer: usize,
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; 0 for the file as a whole.
        line: usize,
    },
    /// In a variable of the environment.
    Variable(String),
    /// On the command line.
    Argument(&'static str),
}

impl Origin {
    /// Later layers win over earlier ones.
    #[must_use]
    pub fn layer(&self) -> usize {
        match self {
            Self::BuiltIn => 0,
            Self::File { layer, .. } => *layer,
            Self::Variable(_) => usize::MAX - 1,
            Self::Argument(_) => usize::MAX,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File { path, line: 0, .. } => write!(f, "{}", path.display()),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Argument(name) => f.write_str(name),
        }
    }
}
