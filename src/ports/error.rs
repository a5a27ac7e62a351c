//! Why a call to the world failed, and how to react.

use std::error::Error as StdError;
use std::fmt;

use jiff::Timestamp;

/// How the engine reacts to a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The other side changed since it was read (a failed condition, a page token or sync-token
    /// that is no longer good): read and plan again.
    Stale,
    /// The side asked us to wait.
    Throttled {
        /// Until when.
        until: Timestamp,
    },
    /// It may work next time (5xx, a time-out, a dropped connection, a cut-off body). Whether the
    /// work was done is not known.
    Transient,
    /// The side could not be reached at all: nothing was done.
    Unreachable,
    /// The credentials were refused, or lack a right: a person has to act.
    Denied,
    /// What was asked for is not there (a collection, a user).
    Missing,
    /// The side refuses this one item, and would refuse it again; its neighbours may pass.
    Refused,
    /// The answer makes no sense, or is larger than allowed.
    Malformed,
    /// This machine cannot do it (disk full, no right to a file).
    Local,
    /// The state on disk cannot be used (damaged, or it could not be written): nothing goes on
    /// without it.
    State,
}

/// A failed call: what we were doing, why it failed, how to react and what a person can do.
///
/// `Display` says what we were doing and, after a colon, why. No secret, title, name or mail
/// address ever stands in it.
#[derive(Debug)]
pub struct Error {
    doing: String,
    kind: Kind,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of a call to the world.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure of this kind while doing this ("reading the entry x.ics").
    pub fn new(kind: Kind, doing: impl Into<String>) -> Self {
        Self {
            doing: doing.into(),
            kind,
            hint: None,
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says which of several places it was, in front of what we were doing.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        self.doing = format!("{place}: {}", self.doing);
        self
    }

    /// Adds what a person can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How to react.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What we were doing.
    #[must_use]
    pub fn doing(&self) -> &str {
        &self.doing
    }

    /// What a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The causes, outermost first, joined with ": ".
    #[must_use]
    pub fn cause(&self) -> String {
        let mut words = Vec::new();
        let mut next = self.source.as_deref().map(|e| e as &dyn StdError);
        while let Some(error) = next {
            words.push(error.to_string());
            // One of ours says its causes itself.
            next = error.source().filter(|_| !error.is::<Self>());
        }
        if words.is_empty() {
            self.kind.to_string()
        } else {
            words.join(": ")
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "it changed in the meantime",
            Self::Throttled { .. } => "asked to wait",
            Self::Transient => "a passing fault",
            Self::Unreachable => "not reachable",
            Self::Denied => "refused",
            Self::Missing => "not found",
            Self::Refused => "this item was refused",
            Self::Malformed => "the answer makes no sense",
            Self::Local => "this machine cannot do it",
            Self::State => "the state cannot be used",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.cause())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|e| e as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_cause_that_says_its_own_causes_is_said_once() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let words = full.to_string();
        let inner = Error::new(Kind::State, "using the state").because(full);
        let outer = Error::new(Kind::Local, "saving a token").because(inner);
        assert_eq!(outer.cause(), format!("using the state: {words}"));
    }
}
