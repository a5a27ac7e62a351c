//! What goes wrong on purpose: scripted for the n-th request of a kind, or at random from a seed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::call::Call;

/// One thing that goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answered with this status, nothing done.
    Status(u16),
    /// The connection is closed, nothing done.
    DropBefore,
    /// It is done, then the connection is closed without an answer.
    DropAfter,
    /// It is done, and answered this much later.
    DelayAfter(Duration),
    /// It is done, and the connection is closed in the middle of the answer's body.
    TruncateBody,
    /// 429 of the per-second kind.
    ThrottleQps {
        /// `Retry-After` in seconds, where one is sent.
        retry_after: Option<u64>,
    },
    /// 429 of the daily kind.
    ThrottleDaily {
        /// `Retry-After`, as an RFC 3339 time.
        until: Timestamp,
    },
    /// 401, and the access token used is dead from now on.
    Unauthorized,
    /// 400: the page token is no longer good. Only meets requests that carry one.
    StalePageToken,
    /// The sync token is no longer good. Only meets requests that carry one.
    StaleSyncToken,
    /// A listing shows nothing at all. Only meets listings.
    EmptyListing,
    /// A listing ends in the middle of a page, as if it were the last. Only meets listings.
    CutListing,
    /// The first item of a listing makes no sense. Only meets listings.
    GarbageItem,
}

impl Fault {
    /// Faults that pass: a client that tries again gets through, and nothing is lost or doubled.
    #[must_use]
    pub fn passing() -> Vec<Self> {
        vec![
            Self::Status(500),
            Self::Status(503),
            Self::DropBefore,
            Self::DropAfter,
            Self::TruncateBody,
            Self::ThrottleQps {
                retry_after: Some(1),
            },
            Self::Unauthorized,
            Self::StalePageToken,
            Self::StaleSyncToken,
        ]
    }

    fn meets(&self, call: &Call) -> bool {
        match self {
            Self::StalePageToken => {
                let names = ["next_page_token", "pageToken"];
                let mut query = call.query.iter();
                query.any(|(name, _)| names.contains(&name.as_str()))
            }
            Self::StaleSyncToken => call.query.iter().any(|(name, _)| name == "syncToken"),
            Self::EmptyListing | Self::CutListing | Self::GarbageItem => call.is_listing(),
            Self::Status(_)
            | Self::DropBefore
            | Self::DropAfter
            | Self::DelayAfter(_)
            | Self::TruncateBody
            | Self::ThrottleQps { .. }
            | Self::ThrottleDaily { .. }
            | Self::Unauthorized => true,
        }
    }
}

/// What goes wrong on purpose.
#[derive(Default)]
pub struct FaultPlan {
    script: Mutex<Script>,
}

#[derive(Default)]
struct Script {
    rules: Vec<Rule>,
    random: Option<Random>,
    struck: Vec<Fault>,
}

struct Rule {
    method: String,
    path: String,
    /// How many matching requests are still let through.
    let_through: usize,
    /// How many it strikes after that.
    times: usize,
    fault: Fault,
}

struct Random {
    dice: StdRng,
    rate: f64,
    path: String,
    faults: Vec<Fault>,
}

impl FaultPlan {
    /// Strikes the n-th (from 1) request from now on with this method (`*` for any) whose path
    /// starts so (`/v2/scheduler/events`).
    pub fn on_nth(&self, nth: usize, method: &str, path: &str, fault: Fault) {
        self.add(method, path, nth.saturating_sub(1), 1, fault);
    }

    /// Strikes the next such request.
    pub fn once(&self, method: &str, path: &str, fault: Fault) {
        self.on_nth(1, method, path, fault);
    }

    /// Strikes every such request until [`FaultPlan::clear`].
    pub fn always(&self, method: &str, path: &str, fault: Fault) {
        self.add(method, path, 0, usize::MAX, fault);
    }

    /// Strikes any request whose path starts so with one of these faults, at this rate (0 to 1),
    /// the same way for the same seed and order of requests. Scripted faults come first.
    pub fn at_random(&self, seed: u64, rate: f64, path: &str, faults: Vec<Fault>) {
        self.script().random = Some(Random {
            dice: StdRng::seed_from_u64(seed),
            rate: rate.clamp(0.0, 1.0),
            path: path.to_owned(),
            faults,
        });
    }

    /// Nothing goes wrong any more.
    pub fn clear(&self) {
        let mut script = self.script();
        script.rules.clear();
        script.random = None;
    }

    /// The faults that struck so far, in order.
    #[must_use]
    pub fn struck(&self) -> Vec<Fault> {
        self.script().struck.clone()
    }

    /// Scripted faults that wait for their request.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let script = self.script();
        let once = script.rules.iter().filter(|rule| rule.times != usize::MAX);
        once.count()
    }

    /// What goes wrong with this request.
    pub(super) fn strike(&self, call: &Call) -> Option<Fault> {
        let mut script = self.script();
        let fault = script.scripted(call).or_else(|| script.thrown(call))?;
        script.struck.push(fault.clone());
        Some(fault)
    }

    fn add(&self, method: &str, path: &str, let_through: usize, times: usize, fault: Fault) {
        self.script().rules.push(Rule {
            method: method.to_owned(),
            path: path.to_owned(),
            let_through,
            times,
            fault,
        });
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script {
    /// Every rule counts every request that it matches; the first one that is due strikes.
    fn scripted(&mut self, call: &Call) -> Option<Fault> {
        let mut struck = None;
        for rule in &mut self.rules {
            let matches = (rule.method == "*" || rule.method == call.method)
                && call.path.starts_with(&rule.path)
                && rule.fault.meets(call);
            if !matches {
                continue;
            }
            if rule.let_through > 0 {
                rule.let_through -= 1;
            } else if struck.is_none() {
                if rule.times != usize::MAX {
                    rule.times -= 1;
                }
                struck = Some(rule.fault.clone());
            }
        }
        self.rules.retain(|rule| rule.times > 0);
        struck
    }

    fn thrown(&mut self, call: &Call) -> Option<Fault> {
        let random = self.random.as_mut()?;
        if !call.path.starts_with(&random.path) || !random.dice.random_bool(random.rate) {
            return None;
        }
        let able: Vec<&Fault> = random.faults.iter().filter(|f| f.meets(call)).collect();
        if able.is_empty() {
            return None;
        }
        able.get(random.dice.random_range(0..able.len()))
            .map(|fault| (*fault).clone())
    }
}
