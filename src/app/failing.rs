//! What has failed for long: told once when it has lasted over an hour, and once when it is over.
//! What was told is remembered under `failing/{host}/{flow}`, so that a restart tells nothing twice.

use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::ids::HostName;
use crate::engine::report::{FlowReport, HostReport, Trouble};
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};
use crate::settings::Settings;
use crate::settings::resolved::Host;

use super::round::Round;

/// How long something fails before anybody is told.
pub const LONG: SignedDuration = SignedDuration::from_hours(1);
/// How long the command of `sync.on_failure` may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The flows of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// `[host.bookings]`.
    Bookings,
    /// `[host.busy]`.
    Busy,
    /// `[host.hours]`.
    Hours,
}

impl Flow {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bookings, Self::Busy, Self::Hours];

    /// Its name, as in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::Busy => "busy",
            Self::Hours => "hours",
        }
    }

    pub(super) fn is_on(self, host: &Host) -> bool {
        match self {
            Self::Bookings => host.bookings.is_some(),
            Self::Busy => host.busy.is_some(),
            Self::Hours => host.hours.is_some(),
        }
    }

    /// What a report says of it; nothing where it is off or was not tried.
    pub(super) fn of(self, report: &HostReport) -> Option<&FlowReport> {
        match self {
            Self::Bookings => report.bookings.as_ref(),
            Self::Busy => report.busy.as_ref(),
            Self::Hours => report.hours.as_ref(),
        }
    }
}

/// Since when something fails, and whether anybody was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// The end of the first pass in which it failed.
    pub since: Timestamp,
    /// Whether it was told.
    pub told: bool,
    /// What went wrong first in the last pass in which it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    /// Nothing.
    Nothing,
    /// It has failed for over an hour.
    Began,
    /// That is over.
    Ended,
    /// It failed, for so short a time that nobody was told, and is well again: that is for the log.
    Passed,
}

/// Decides what is remembered and what is told after a pass that ended now.
///
/// | before | this pass | then |
/// |---|---|---|
/// | well | failed | remembered |
/// | failing for under an hour | failed | nothing |
/// | failing for an hour or more | failed | told, once |
/// | failing, not told | well | forgotten, and only the log says so |
/// | failing, told | well | forgotten, and told |
#[must_use]
pub fn decide(before: Option<Failing>, failed: bool, now: Timestamp) -> (Option<Failing>, Tell) {
    match (before, failed) {
        (None, false) => (None, Tell::Nothing),
        (None, true) => {
            let failing = Failing {
                since: now,
                told: false,
                trouble: None,
            };
            (Some(failing), Tell::Nothing)
        }
        (Some(Failing { told, .. }), false) => {
            (None, if told { Tell::Ended } else { Tell::Passed })
        }
        (
            Some(Failing {
                since,
                told,
                trouble,
            }),
            true,
        ) => {
            // A clock that was set back must not put it off for ever.
            let since = since.min(now);
            let began = !told && now.duration_since(since) >= LONG;
            let failing = Failing {
                since,
                told: told || began,
                trouble,
            };
            (
                Some(failing),
                if began { Tell::Began } else { Tell::Nothing },
            )
        }
    }
}

/// Whether a flow failed in this pass; `None` where the pass did not get to it, or not to its end:
/// then it is neither well nor failed, and whatever was known of it still is.
pub(super) fn failed(flow: Option<&FlowReport>, cut_short: bool) -> Option<bool> {
    let failed = flow?.has_failed();
    (failed || !cut_short).then_some(failed)
}

/// What became of one flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The host.
    pub host: HostName,
    /// The flow.
    pub flow: Flow,
    /// Since when it fails (or failed), where that is remembered.
    pub since: Option<Timestamp>,
    /// Whether it fails.
    pub failing: bool,
    /// Whether it fails, and that was told.
    pub long: bool,
    /// What is to be told.
    pub tell: Tell,
    /// What went wrong first, in words without private content.
    pub trouble: Option<Trouble>,
    /// When it is tried again, where that is known.
    pub next: Option<Timestamp>,
}

/// Remembers how each flow of a pass ended, before anything is told. `next`: when the next pass is
/// due, where a daemon runs.
///
/// # Errors
/// When the state cannot be read or written.
pub async fn note(
    base: &dyn Base,
    settings: &Settings,
    round: &Round,
    next: Option<Timestamp>,
) -> Result<Vec<Noted>> {
    let (mut noted, mut changes) = (Vec::new(), Vec::new());
    for report in &round.hosts {
        let host = settings.hosts.iter().find(|host| host.name == report.name);
        for flow in Flow::ALL {
            let before = read(base, &report.name, flow)?;
            let key = key(&report.name, flow);
            if !host.is_some_and(|host| flow.is_on(host)) {
                changes.extend(before.map(|_| Change::Delete(key)));
                continue;
            }
            let Some(failed) = failed(flow.of(report), report.cut_short) else {
                continue;
            };
            let (mut after, tell) = decide(before.clone(), failed, round.finished);
            if let (Some(after), Some(flow)) = (&mut after, flow.of(report)) {
                after.trouble = flow.errors.first().cloned();
            }
            if after != before {
                changes.push(match &after {
                    // A plain struct: writing it as JSON cannot fail.
                    Some(after) => Change::Put(key, serde_json::to_vec(after).unwrap_or_default()),
                    None => Change::Delete(key),
                });
            }
            let long = after.as_ref().is_some_and(|failing| failing.told);
            let known = after.or(before);
            noted.push(Noted {
                host: report.name.clone(),
                flow,
                since: known.as_ref().map(|failing| failing.since),
                failing: failed,
                long,
                tell,
                trouble: known.and_then(|failing| failing.trouble),
                next,
            });
        }
    }
    if !changes.is_empty() {
        base.commit(changes).await?;
    }
    Ok(noted)
}

/// What is remembered of a flow.
///
/// # Errors
/// When the state cannot be read.
pub fn read(base: &dyn Base, host: &HostName, flow: Flow) -> Result<Option<Failing>> {
    let Some(value) = base.get(&key(host, flow))? else {
        return Ok(None);
    };
    serde_json::from_slice(&value).map(Some).map_err(|error| {
        Error::new(Kind::State, "reading from the state what has failed")
            .because(error)
            .hint("run `slotbridge state verify`")
    })
}

fn key(host: &HostName, flow: Flow) -> String {
    format!("failing/{host}/{}", flow.word())
}

impl Noted {
    /// What is to be told, in words; nothing where nobody is to be told.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self.tell {
            Tell::Nothing | Tell::Passed => None,
            Tell::Began => {
                let again = self.next.map_or_else(
                    || "tried again with every pass".to_owned(),
                    |next| format!("tried again at {next:.0}"),
                );
                Some(format!(
                    "this has failed for over an hour, and is {again}: see `slotbridge status` and \
                     `slotbridge check`"
                ))
            }
            Tell::Ended => Some("this had failed for over an hour and is well again".to_owned()),
        }
    }

    /// What went wrong first, in one line; empty where that is not known.
    #[must_use]
    pub fn cause(&self) -> String {
        self.trouble.as_ref().map(Trouble::line).unwrap_or_default()
    }

    /// What to do about it; empty where that is not known.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.trouble
            .as_ref()
            .map_or("", |trouble| trouble.hint.as_str())
    }

    /// Runs the command of `sync.on_failure`, which learns from its environment what it is about.
    ///
    /// # Errors
    /// In words, where it cannot be run or says that it failed.
    pub async fn run(&self, command: &[String]) -> std::result::Result<(), String> {
        let Some((program, arguments)) = command.split_first() else {
            return Ok(());
        };
        let event = match self.tell {
            Tell::Nothing | Tell::Passed => return Ok(()),
            Tell::Began => "failing",
            Tell::Ended => "well",
        };
        let since = self.since.map(|since| since.to_string());
        let next = self.next.map(|next| next.to_string());
        let ran = tokio::process::Command::new(program)
            .args(arguments)
            .env("SLOTBRIDGE_EVENT", event)
            .env("SLOTBRIDGE_HOST", self.host.as_str())
            .env("SLOTBRIDGE_FLOW", self.flow.word())
            .env("SLOTBRIDGE_SINCE", since.unwrap_or_default())
            .env("SLOTBRIDGE_NEXT", next.unwrap_or_default())
            .env("SLOTBRIDGE_CAUSE", self.cause())
            .env("SLOTBRIDGE_HINT", self.hint())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .status();
        match tokio::time::timeout(PATIENCE, ran).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("{program} ended with {status}")),
            Ok(Err(error)) => Err(format!("{program}: {error}")),
            Err(_) => Err(format!(
                "{program} did not end within {} s",
                PATIENCE.as_secs()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::memory::base::MemoryBase;
    use rstest::rstest;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    fn since(minutes: i64, told: bool) -> Failing {
        Failing {
            since: at(minutes),
            told,
            trouble: None,
        }
    }

    #[rstest]
    #[case::well(None, false, None, Tell::Nothing)]
    #[case::begins(None, true, Some(since(100, false)), Tell::Nothing)]
    #[case::not_yet(Some(since(41, false)), true, Some(since(41, false)), Tell::Nothing)]
    #[case::an_hour(Some(since(40, false)), true, Some(since(40, true)), Tell::Began)]
    #[case::told_already(Some(since(0, true)), true, Some(since(0, true)), Tell::Nothing)]
    #[case::in_passing(Some(since(41, false)), false, None, Tell::Passed)]
    #[case::late_but_never_told(Some(since(0, false)), false, None, Tell::Passed)]
    #[case::over(Some(since(0, true)), false, None, Tell::Ended)]
    #[case::clock_set_back(Some(since(900, false)), true, Some(since(100, false)), Tell::Nothing)]
    #[case::clock_set_back_after_it_was_told(
        Some(since(900, true)),
        true,
        Some(since(100, true)),
        Tell::Nothing
    )]
    fn what_lasts_is_told_once(
        #[case] before: Option<Failing>,
        #[case] failed: bool,
        #[case] after: Option<Failing>,
        #[case] tell: Tell,
    ) {
        assert_eq!(decide(before, failed, at(100)), (after, tell));
    }

    #[rstest]
    #[case::well(Some((0, 0)), false, Some(false))]
    #[case::an_item_or_the_whole(Some((1, 1)), false, Some(true))]
    #[case::something_waits_for_a_person(Some((0, 1)), false, Some(false))]
    #[case::off_or_not_tried(None, false, None)]
    #[case::stopped_on_its_way(Some((0, 0)), true, None)]
    #[case::failed_before_it_was_stopped(Some((1, 1)), true, Some(true))]
    fn a_flow_fails_by_what_failed_and_is_not_judged_by_what_it_did_not_do(
        #[case] flow: Option<(u64, usize)>,
        #[case] cut_short: bool,
        #[case] fails: Option<bool>,
    ) {
        let flow = flow.map(|(failed, errors)| FlowReport {
            failed,
            errors: vec![trouble(); errors],
            ..FlowReport::default()
        });
        assert_eq!(failed(flow.as_ref(), cut_short), fails);
    }

    fn trouble() -> Trouble {
        Trouble {
            doing: "reading".to_owned(),
            cause: "it broke".to_owned(),
            hint: "look".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_is_remembered_is_read_as_it_was() {
        let base = MemoryBase::new();
        let host = HostName::new("alice");
        let failing = Failing {
            since: at(5),
            told: true,
            trouble: Some(trouble()),
        };
        let value = serde_json::to_vec(&failing).unwrap();
        let put = Change::Put("failing/alice/busy".to_owned(), value);
        base.commit(vec![put]).await.unwrap();
        assert_eq!(read(&base, &host, Flow::Busy).unwrap(), Some(failing));
        assert_eq!(read(&base, &host, Flow::Hours).unwrap(), None);
    }
}
