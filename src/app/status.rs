//! What is remembered of the last pass of each host, and shown by `status`.

/// One line for each flow.
pub mod lines;
/// What does not fit into a line.
pub mod words;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::ids::HostName;
use crate::domain::waiting::ConflictStanding;
use crate::engine::bookable;
use crate::engine::bookable::records::{Sink, SourceTrouble};
use crate::engine::report::{FlowReport, HostReport, Trouble};
use crate::engine::waiting;
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};
use crate::settings::Settings;
use crate::settings::resolved::{Host, Rhythm};

use super::desk::scopes;
use super::failing::{self, Flow};

/// The last pass of a host, as it stands in the base under `status/{host}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPass {
    /// When it ended.
    pub finished: Timestamp,
    /// Nothing failed, nothing is held, nothing is in conflict.
    pub ok: bool,
    /// The counts of the bookings flow.
    pub bookings: Option<Counts>,
    /// The counts of the busy flow.
    #[serde(default)]
    pub busy: Option<Counts>,
    /// The counts of the hours flow.
    #[serde(default)]
    pub hours: Option<Counts>,
    /// Requests sent to Zoom.
    pub zoom_requests: u64,
    /// Requests sent to the calendar.
    pub calendar_requests: u64,
    /// How many things went wrong.
    pub errors: u64,
    /// What went wrong first: its words name no private content.
    pub first_error: Option<String>,
    /// What went wrong, with what to do about it; the first few.
    #[serde(default)]
    pub troubles: Vec<Trouble>,
}

/// The counts of one flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Looked at.
    pub seen: u64,
    /// Entries created.
    pub created: u64,
    /// Entries changed.
    pub updated: u64,
    /// Entries deleted.
    pub deleted: u64,
    /// Bookings cancelled.
    pub cancelled: u64,
    /// Notes written to Zoom.
    pub noted: u64,
    /// Nothing to do.
    pub unchanged: u64,
    /// Waiting to be released.
    pub held: u64,
    /// Waiting for a decision.
    pub conflicts: u64,
    /// Gone wrong.
    pub failed: u64,
    /// How many things are to be known: what failed, and what is only said.
    pub errors: u64,
}

impl From<&FlowReport> for Counts {
    fn from(flow: &FlowReport) -> Self {
        Self {
            seen: flow.seen,
            created: flow.created,
            updated: flow.updated,
            deleted: flow.deleted,
            cancelled: flow.cancelled,
            noted: flow.noted,
            unchanged: flow.unchanged,
            held: flow.held,
            conflicts: flow.conflicts,
            failed: flow.failed,
            errors: flow.errors.len() as u64,
        }
    }
}

/// After so many passes that did not come, the last one is old.
const MISSED: i32 = 3;
/// So old it may be in any case: `sync` may be run by a timer of its own.
const QUIET: SignedDuration = SignedDuration::from_hours(2);
/// So old it may be where passes come at certain times.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// How many things that went wrong are remembered one by one.
const LISTED: usize = 5;

impl LastPass {
    /// What is worth remembering of a report.
    #[must_use]
    pub fn of(report: &HostReport, finished: Timestamp) -> Self {
        Self {
            finished,
            ok: report.ok,
            bookings: report.bookings.as_ref().map(Counts::from),
            busy: report.busy.as_ref().map(Counts::from),
            hours: report.hours.as_ref().map(Counts::from),
            zoom_requests: report.requests.zoom,
            calendar_requests: report.requests.calendar,
            errors: report.errors.len() as u64,
            first_error: report.errors.first().map(Trouble::line),
            troubles: report.errors.iter().take(LISTED).cloned().collect(),
        }
    }

    /// The change that remembers it.
    #[must_use]
    pub fn change(&self, host: &HostName) -> Change {
        // A plain struct with text keys: writing it as JSON cannot fail.
        Change::Put(key(host), serde_json::to_vec(self).unwrap_or_default())
    }
}

fn key(host: &HostName) -> String {
    format!("status/{host}")
}

/// What `status` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The shape of this object.
    pub version: u32,
    /// The daemon's process, where one runs.
    pub daemon: Option<u32>,
    /// Every host of the configuration.
    pub hosts: Vec<HostStatus>,
}

/// One host in `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStatus {
    /// The host.
    pub name: String,
    /// Its last pass, where there was one.
    pub last: Option<LastPass>,
    /// When the next pass is due; `None` where no daemon runs.
    pub next: Option<Timestamp>,
    /// Actions that wait to be released.
    pub held: u64,
    /// Conflicts that wait for a decision.
    pub conflicts: u64,
    /// Conflicts that a rule settled: the losing text can still be read.
    #[serde(default)]
    pub settled: u64,
    /// The last pass is older than it should be and nobody makes another: seconds since it ended.
    #[serde(default)]
    pub overdue: Option<i64>,
    /// Seconds since the calendar's cursor was taken, where there is one.
    pub cursor_age: Option<i64>,
    /// Bookings that have an entry; `None` where the flow is off.
    pub links: Option<u64>,
    /// Where busy time comes from and goes to; `None` where the flow is off.
    #[serde(default)]
    pub busy: Option<BusyStatus>,
    /// The flows that fail, and since when.
    #[serde(default)]
    pub failing: Vec<FailingStatus>,
}

/// A flow that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingStatus {
    /// Which.
    pub flow: Flow,
    /// The end of the first pass in which it failed.
    pub since: Timestamp,
    /// Whether that was told (`sync.on_failure`, the log): after over an hour.
    pub told: bool,
    /// What was being done and why it failed, the last time.
    #[serde(default)]
    pub cause: Option<String>,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

/// Where busy time comes from and goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusyStatus {
    /// Where to; `None` before the first pass.
    pub to: Option<Sink>,
    /// Why there, for a person.
    pub because: Option<String>,
    /// Every calendar that it is read from.
    pub sources: Vec<SourceStatus>,
}

/// A calendar that busy time is read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// When it was last read: what is in force is of that time.
    pub read: Option<Timestamp>,
    /// Whether it was ever read as a whole.
    pub whole: bool,
    /// What is wrong with it, where something is.
    pub trouble: Option<SourceTrouble>,
}

impl Status {
    /// Says that this process is the daemon, and when its next pass is due.
    pub(super) fn of_this_daemon(&mut self, next: Option<Timestamp>) {
        self.daemon = Some(std::process::id());
        for host in &mut self.hosts {
            host.next = next;
            // A pass that takes long is on its way.
            host.overdue = None;
        }
    }
}

/// Reads the status of every host.
///
/// # Errors
/// When the state cannot be read.
pub fn read(base: &dyn Base, settings: &Settings, now: Timestamp) -> Result<Status> {
    let scopes = scopes(settings);
    let conflicts = waiting::conflicts(base, &scopes)?;
    let held = waiting::held(base, &scopes)?;
    let mut hosts = Vec::new();
    for host in &settings.hosts {
        let disputed = |standing: ConflictStanding| {
            let of_host = conflicts.iter().filter(|one| one.host == host.name);
            of_host.filter(|one| one.standing == standing).count() as u64
        };
        let waiting = held
            .iter()
            .filter(|held| held.host == host.name && held.waits());
        let bookings = host.bookings.as_ref();
        let scope = bookings.map(|bookings| (&host.name, Some(&bookings.calendar)));
        let overview = scope
            .map(|scope| waiting::overview(base, scope))
            .transpose()?;
        let last = last(base, &host.name)?;
        let age = last.as_ref().map(|last| now.duration_since(last.finished));
        hosts.push(HostStatus {
            name: host.name.to_string(),
            overdue: age
                .filter(|age| *age > patience(&settings.sync.rhythm))
                .map(|age| age.as_secs()),
            last,
            next: None,
            held: waiting.count() as u64,
            conflicts: disputed(ConflictStanding::Open),
            settled: disputed(ConflictStanding::Settled),
            cursor_age: overview
                .and_then(|overview| overview.listed)
                .map(|at| now.as_second().saturating_sub(at.as_second())),
            links: overview.map(|overview| overview.links as u64),
            busy: busy(base, host)?,
            failing: failing(base, host)?,
        });
    }
    Ok(Status {
        version: 1,
        daemon: None,
        hosts,
    })
}

/// How old the last pass may be, where no daemon says when the next one is due.
fn patience(rhythm: &Rhythm) -> SignedDuration {
    match rhythm {
        Rhythm::Every(every) => {
            let every = SignedDuration::try_from(*every).unwrap_or(SignedDuration::MAX);
            every.saturating_mul(MISSED).max(QUIET)
        }
        Rhythm::Cron(_) => A_DAY,
    }
}

/// The status where there is no state yet.
#[must_use]
pub fn before_any_pass(settings: &Settings) -> Status {
    let hosts = settings.hosts.iter().map(|host| HostStatus {
        name: host.name.to_string(),
        last: None,
        next: None,
        held: 0,
        conflicts: 0,
        settled: 0,
        overdue: None,
        cursor_age: None,
        links: None,
        busy: None,
        failing: Vec::new(),
    });
    Status {
        version: 1,
        daemon: None,
        hosts: hosts.collect(),
    }
}

fn failing(base: &dyn Base, host: &Host) -> Result<Vec<FailingStatus>> {
    let mut all = Vec::new();
    for flow in Flow::ALL {
        let failing = failing::read(base, &host.name, flow)?;
        // What is switched off does not fail.
        let failing = failing.filter(|_| flow.is_on(host));
        all.extend(failing.map(|failing| FailingStatus {
            flow,
            since: failing.since,
            told: failing.told,
            cause: failing.trouble.as_ref().map(Trouble::line),
            hint: failing.trouble.map(|trouble| trouble.hint),
        }));
    }
    Ok(all)
}

fn busy(base: &dyn Base, host: &Host) -> Result<Option<BusyStatus>> {
    let Some(busy) = &host.busy else {
        return Ok(None);
    };
    let choice = bookable::choice(base, &host.name)?;
    let mut status = BusyStatus {
        to: choice.as_ref().map(|choice| choice.sink),
        because: choice.map(|choice| choice.because),
        sources: Vec::new(),
    };
    for name in &busy.from {
        let state = bookable::source(base, &host.name, name)?;
        status.sources.push(SourceStatus {
            name: name.to_string(),
            read: state.good,
            whole: state.whole,
            trouble: state.trouble,
        });
    }
    Ok(Some(status))
}

fn last(base: &dyn Base, host: &HostName) -> Result<Option<LastPass>> {
    let Some(value) = base.get(&key(host))? else {
        return Ok(None);
    };
    serde_json::from_slice(&value).map(Some).map_err(|error| {
        Error::new(Kind::State, "reading the last pass from the state")
            .because(error)
            .hint("run `slotbridge state verify`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::memory::base::MemoryBase;

    #[tokio::test]
    async fn the_last_pass_is_remembered_as_it_was() {
        let base = MemoryBase::new();
        let host = HostName::new("alice");
        let mut report = HostReport::new(&host);
        report.bookings = Some(FlowReport {
            seen: 7,
            failed: 1,
            ..FlowReport::default()
        });
        let pass = LastPass::of(&report, Timestamp::UNIX_EPOCH);
        base.commit(vec![pass.change(&host)]).await.unwrap();
        assert_eq!(last(&base, &host).unwrap(), Some(pass.clone()));
        assert_eq!(
            pass.bookings.map(|counts| (counts.seen, counts.failed)),
            Some((7, 1))
        );
        assert_eq!(last(&base, &HostName::new("bob")).unwrap(), None);
    }
}
