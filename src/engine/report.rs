//! What a pass did, for people and machines: the shape of `sync --json` (CONTRACT section 9).

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::HostName;
use crate::ports::error::{Error, Kind};

/// How many actions and errors are listed one by one; the counts are always complete.
pub const LISTED: usize = 10_000;

/// What a pass did for one host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostReport {
    /// The host.
    pub name: HostName,
    /// Nothing failed, nothing is held, nothing is in conflict.
    pub ok: bool,
    /// Requests sent in this pass.
    pub requests: Requests,
    /// The bookings flow; absent where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookings: Option<FlowReport>,
    /// The busy flow; absent where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<FlowReport>,
    /// The hours flow; absent where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<FlowReport>,
    /// With `--dry-run`, what each day would be like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayReport>,
    /// The actions of all flows.
    pub actions: Vec<Done>,
    /// What went wrong in all flows, and before any.
    pub errors: Vec<Trouble>,
    /// The failures that the exit code depends on.
    #[serde(skip)]
    pub worst: Worst,
    /// It was asked to end before its end: a flow of which nothing failed may not have been done.
    #[serde(skip)]
    pub cut_short: bool,
    /// The bookings could not all be looked at: the flow could not go on.
    #[serde(skip)]
    pub bookings_unread: bool,
}

/// One day as it would be on the booking page, less the bookings themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReport {
    /// The day, in the zone of the availability: `2026-11-21`.
    pub date: String,
    /// When it could be booked if nothing were in the way: `09:00-12:00`.
    pub hours: Vec<String>,
    /// When it is busy.
    pub busy: Vec<String>,
    /// What stays bookable.
    pub bookable: Vec<String>,
}

/// Requests sent, per side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// To Zoom's API.
    pub zoom: u64,
    /// To the calendar's server.
    pub calendar: u64,
}

/// What one flow did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowReport {
    /// Looked at.
    pub seen: u64,
    /// Entries created.
    pub created: u64,
    /// Entries changed.
    pub updated: u64,
    /// Entries deleted.
    pub deleted: u64,
    /// Bookings cancelled in Zoom.
    pub cancelled: u64,
    /// Bookings whose `meeting_notes` were changed in Zoom.
    pub noted: u64,
    /// Nothing to do.
    pub unchanged: u64,
    /// Waiting to be released by a person.
    pub held: u64,
    /// Waiting for a person's decision.
    pub conflicts: u64,
    /// Not done because something went wrong.
    pub failed: u64,
    /// What was done (or, with `--dry-run`, would be), at most [`LISTED`].
    pub actions: Vec<Done>,
    /// What went wrong, at most [`LISTED`].
    pub errors: Vec<Trouble>,
}

impl FlowReport {
    /// Nothing failed, nothing is held, nothing is in conflict.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.failed == 0 && self.held == 0 && self.conflicts == 0 && self.errors.is_empty()
    }

    /// Whether a flow that was tried failed. What is held, and what is only said, is no failure.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed > 0
    }
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// `create`, `update`, `delete`, `mark`, `cancel`, `note`, `hold`, `free`, `conflict`.
    pub verb: Cow<'static, str>,
    /// `zoom` or `calendar`.
    pub side: Cow<'static, str>,
    /// The id of the booking or block, or the day.
    pub id: String,
    /// Why, in words without private content.
    pub why: String,
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What we were doing.
    pub doing: String,
    /// Why it failed.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// What the exit code depends on.
#[allow(
    clippy::struct_excessive_bools,
    reason = "several sides fail at once, each in its own way"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worst {
    /// Credentials were refused (exit code 3).
    pub denied: bool,
    /// A side could not be reached (exit code 4).
    pub unreachable: bool,
    /// A side was reached, but what was asked for is not there, or makes no sense (exit code 1).
    pub unusable: bool,
    /// The state cannot be used (exit code 5).
    pub state: bool,
    /// A side asked to be left alone until then.
    pub wait_until: Option<Timestamp>,
}

impl Worst {
    /// What a side that failed as a whole comes to: the one table behind the exit codes of a pass,
    /// of `check` and of every other command.
    ///
    /// | the side | |
    /// |---|---|
    /// | refused the credentials | `denied` |
    /// | gave no answer, or is out of order, or asked to wait | `unreachable` |
    /// | answered, but has not what was asked for | `unusable` |
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        let none = Self::default();
        match kind {
            Kind::Denied => Self {
                denied: true,
                ..none
            },
            Kind::State => Self {
                state: true,
                ..none
            },
            Kind::Unreachable | Kind::Transient => Self {
                unreachable: true,
                ..none
            },
            Kind::Throttled { until } => Self {
                unreachable: true,
                wait_until: Some(until),
                ..none
            },
            Kind::Stale | Kind::Missing | Kind::Refused | Kind::Malformed | Kind::Local => Self {
                unusable: true,
                ..none
            },
        }
    }

    /// Whether a side could be listed as a whole.
    #[must_use]
    pub fn is_none(self) -> bool {
        !(self.state || self.denied || self.unreachable || self.unusable)
    }

    /// What either says.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            denied: self.denied || other.denied,
            unreachable: self.unreachable || other.unreachable,
            unusable: self.unusable || other.unusable,
            state: self.state || other.state,
            wait_until: self.wait_until.max(other.wait_until),
        }
    }
}

impl Trouble {
    /// What we were doing and why it failed, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.doing, self.cause)
    }

    /// Words for a failed call.
    #[must_use]
    pub fn from_error(error: &Error) -> Self {
        Self {
            doing: error.doing().to_owned(),
            cause: error.cause(),
            hint: error
                .remedy()
                .map_or_else(|| usual_remedy(error.kind()).to_owned(), str::to_owned),
        }
    }
}

fn usual_remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Stale => "nothing to do: the next pass looks again",
        Kind::Throttled { .. } => "nothing to do: the next pass waits as told",
        Kind::Transient => "nothing to do: it is tried again by itself",
        Kind::Unreachable => "check the network and the address in the configuration",
        Kind::Denied => "check the credentials and rights in the configuration",
        Kind::Missing => "check the address or name in the configuration",
        Kind::Refused => "look at this item on its server; its neighbours are not affected",
        Kind::Malformed => "look at what the server answers there; it is tried again by itself",
        Kind::State => "run `slotbridge state verify`; `slotbridge state rebuild` is always safe",
        Kind::Local => "check disk space and file rights on this machine",
    }
}

impl HostReport {
    /// The report of a pass that could not even begin.
    #[must_use]
    pub fn failed(name: &HostName, error: &Error) -> Self {
        let trouble = Trouble::from_error(error);
        let flow = FlowReport {
            failed: 1,
            errors: vec![trouble.clone()],
            ..FlowReport::default()
        };
        Self {
            ok: false,
            bookings: Some(flow),
            errors: vec![trouble],
            bookings_unread: true,
            worst: Worst::of(error.kind()),
            ..Self::new(name)
        }
    }

    /// Both reports of one host as one.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.ok &= other.ok;
        self.requests.zoom += other.requests.zoom;
        self.requests.calendar += other.requests.calendar;
        self.bookings = self.bookings.or(other.bookings);
        self.busy = self.busy.or(other.busy);
        self.hours = self.hours.or(other.hours);
        self.days.extend(other.days);
        self.actions.extend(other.actions);
        self.errors.extend(other.errors);
        self.worst = self.worst.join(other.worst);
        self.cut_short |= other.cut_short;
        self.bookings_unread |= other.bookings_unread;
        self
    }

    /// An empty report.
    #[must_use]
    pub fn new(name: &HostName) -> Self {
        Self {
            name: name.clone(),
            ok: true,
            requests: Requests::default(),
            bookings: None,
            busy: None,
            hours: None,
            days: Vec::new(),
            actions: Vec::new(),
            errors: Vec::new(),
            worst: Worst::default(),
            cut_short: false,
            bookings_unread: false,
        }
    }
}
