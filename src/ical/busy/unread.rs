//! What was left out of a text because it cannot be read: kept with it, so that each pass can say so.

use std::collections::BTreeSet;

/// The line that says what was left out.
pub(super) const UNREAD: &str = "X-UNREAD";
/// What becomes of a rule that is left out.
pub(super) const LEFT_OUT: &str = "its first occurrence and the dates that are listed stay busy";
/// What becomes of a rule that would only take something out.
pub(super) const TAKES_NOTHING_OUT: &str = "it takes nothing out";
/// How much that was left out is said of one text.
const MOST_UNREAD: usize = 20;

/// What was left out of a text, and why; without quoting it.
#[derive(Debug, Default)]
pub(super) struct Unread(BTreeSet<String>);

impl Unread {
    pub(super) fn add(&mut self, what: impl Into<String>) {
        if self.0.len() < MOST_UNREAD {
            self.0.insert(what.into());
        }
    }

    /// A line for each.
    pub(super) fn lines(&self) -> String {
        let lines = self.0.iter().map(|what| format!("{UNREAD}:{what}\n"));
        lines.collect()
    }
}
