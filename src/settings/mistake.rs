//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;

use super::origin::Origin;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where it was said; `None` where something is missing altogether.
    pub origin: Option<Origin>,
    /// The key.
    pub key: String,
    /// What is wrong with it. Never quotes a secret.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

/// All mistakes of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl FromIterator<Mistake> for Mistakes {
    fn from_iter<T: IntoIterator<Item = Mistake>>(mistakes: T) -> Self {
        Self(mistakes.into_iter().collect())
    }
}

impl Mistakes {
    /// Adds one.
    pub fn add(
        &mut self,
        origin: Option<&Origin>,
        key: impl Into<String>,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Mistake {
            origin: origin.cloned(),
            key: key.into(),
            cause: cause.into(),
            remedy: remedy.into(),
        });
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them once, in the order of the places they stand at. Of a line that is no TOML at
    /// all only that is said: what was made of the rest of it is a guess.
    #[must_use]
    pub fn sorted(&self) -> Vec<Mistake> {
        let whole_lines = || self.0.iter().filter(|mistake| mistake.key.is_empty());
        let guessed = |mistake: &Mistake| {
            !mistake.key.is_empty()
                && mistake.origin.is_some()
                && whole_lines().any(|line| line.origin == mistake.origin)
        };
        let mut all: Vec<Mistake> = self.0.iter().filter(|m| !guessed(m)).cloned().collect();
        all.sort();
        all.dedup();
        all
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: ")?,
            None => f.write_str("configuration: ")?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}\n  hint: {}", self.cause, self.remedy)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.sorted();
        let mut words = all.iter().map(ToString::to_string);
        if let Some(first) = words.next() {
            f.write_str(&first)?;
        }
        words.try_for_each(|word| write!(f, "\n{word}"))
    }
}

impl std::error::Error for Mistakes {}
