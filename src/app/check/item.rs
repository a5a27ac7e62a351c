//! One thing that was tried, and all of them.

use serde::Serialize;

use super::super::failure::{Exit, Failure};
use crate::engine::report::Trouble;
use crate::ports::error::Error;

/// How far the clocks of two machines may differ before it is said, in seconds.
const NEAR: u64 = 30;
/// How far they may differ at all: Zoom's signatures are good for five minutes.
const FAR: u64 = 300;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// Not tried, or nothing to judge: it says nothing about whether it works.
    Note,
    /// It works, but should be known.
    Warning,
    /// It does not work.
    Failed,
}

/// One thing that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// What was tried.
    pub name: &'static str,
    /// Of what: a calendar, a host, a key, a path.
    pub object: String,
    /// How it is.
    pub state: Grade,
    /// What was seen, without private content.
    pub seen: String,
    /// What to do about it, where there is something to do.
    pub hint: Option<String>,
    /// The exit code that it alone would give.
    #[serde(skip)]
    pub exit: Exit,
}

impl Item {
    pub(super) fn ok(
        name: &'static str,
        object: impl Into<String>,
        seen: impl Into<String>,
    ) -> Self {
        Self {
            name,
            object: object.into(),
            state: Grade::Ok,
            seen: seen.into(),
            hint: None,
            exit: Exit::Done,
        }
    }

    /// What was not tried, or is no matter of right and wrong.
    pub(super) fn note(
        name: &'static str,
        object: impl Into<String>,
        seen: impl Into<String>,
    ) -> Self {
        Self {
            state: Grade::Note,
            ..Self::ok(name, object, seen)
        }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub(super) fn warning(
        name: &'static str,
        object: impl Into<String>,
        seen: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            state: Grade::Warning,
            hint: Some(hint.into()),
            ..Self::ok(name, object, seen)
        }
    }

    pub(super) fn wrong(
        name: &'static str,
        object: impl Into<String>,
        exit: Exit,
        seen: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            state: Grade::Failed,
            exit,
            ..Self::warning(name, object, seen, hint)
        }
    }

    pub(super) fn failed(name: &'static str, object: impl Into<String>, error: &Error) -> Self {
        let trouble = Trouble::from_error(error);
        let exit = Failure::exit_for(error.kind());
        let seen = format!("{}: {}", trouble.doing, trouble.cause);
        Self::wrong(name, object, exit, seen, trouble.hint)
    }

    /// What came of something, in words where it went well.
    pub(super) fn of<T>(
        name: &'static str,
        object: impl Into<String>,
        outcome: &Result<T, Error>,
        words: impl FnOnce(&T) -> String,
    ) -> Self {
        match outcome {
            Ok(seen) => Self::ok(name, object, words(seen)),
            Err(error) => Self::failed(name, object, error),
        }
    }

    /// What the difference between two clocks means.
    pub(super) fn of_clock(object: impl Into<String>, ahead: Option<i64>) -> Self {
        let name = "clock";
        let Some(ahead) = ahead else {
            return Self::note(
                name,
                object,
                "not compared: the server does not say its time",
            );
        };
        let off = ahead.unsigned_abs();
        let way = if ahead < 0 { "behind" } else { "ahead of" };
        let seen = format!("this machine's clock is {off} s {way} the server's");
        let hint = "set the clock of this machine: `timedatectl set-ntp true`; if it is right, the server's is wrong";
        if off <= NEAR {
            Self::ok(name, object, format!("no more than {NEAR} s apart"))
        } else if off <= FAR {
            Self::warning(name, object, seen, hint)
        } else {
            Self::wrong(name, object, Exit::Attention, seen, hint)
        }
    }
}

/// Everything that was tried: the object of `check --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The shape of this object.
    pub version: u32,
    /// Nothing failed.
    pub ok: bool,
    /// In the order of the configuration.
    pub items: Vec<Item>,
}

impl Report {
    pub(super) fn of(items: impl Iterator<Item = Item>) -> Self {
        let items: Vec<Item> = items.collect();
        Self {
            version: 1,
            ok: items.iter().all(|item| item.state != Grade::Failed),
            items,
        }
    }

    /// How many are like this.
    #[must_use]
    pub fn count(&self, state: Grade) -> usize {
        self.items.iter().filter(|item| item.state == state).count()
    }

    /// The exit code: what stops everything comes before what stops one item.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let order = [
            Exit::State,
            Exit::Usage,
            Exit::Denied,
            Exit::Unreachable,
            Exit::Attention,
        ];
        let told = |exit: &Exit| self.items.iter().any(|item| item.exit == *exit);
        order.into_iter().find(told).unwrap_or(Exit::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::error::Kind;
    use rstest::rstest;

    #[rstest]
    #[case(0, Grade::Ok)]
    #[case(30, Grade::Ok)]
    #[case(-31, Grade::Warning)]
    #[case(300, Grade::Warning)]
    #[case(-301, Grade::Failed)]
    #[case(i64::MIN, Grade::Failed)]
    fn a_clock_may_be_off_for_half_a_minute(#[case] ahead: i64, #[case] state: Grade) {
        assert_eq!(Item::of_clock("work", Some(ahead)).state, state);
    }

    #[test]
    fn a_server_that_does_not_say_its_time_is_not_said_to_be_right() {
        let item = Item::of_clock("work", None);
        assert_eq!(item.state, Grade::Note);
        assert!(item.seen.contains("does not say its time"), "{}", item.seen);
    }

    #[rstest]
    #[case(&[], Exit::Done)]
    #[case(&[Kind::Missing], Exit::Attention)]
    #[case(&[Kind::Missing, Kind::Transient], Exit::Unreachable)]
    #[case(&[Kind::Denied, Kind::Unreachable], Exit::Denied)]
    #[case(&[Kind::State, Kind::Denied, Kind::Local], Exit::State)]
    fn what_stops_everything_decides_the_exit_code(#[case] kinds: &[Kind], #[case] exit: Exit) {
        let failed = kinds.iter().map(|kind| {
            let error = Error::new(*kind, "reading");
            Item::failed("calendar", "work", &error)
        });
        let warned = Item::warning("feed", "family", "it is empty", "look at it");
        let report = Report::of(failed.chain([warned]));
        assert_eq!(report.exit(), exit);
        assert_eq!(report.ok, kinds.is_empty());
    }
}
