//! The hosts and their flows, one line for each flow, and in it the one word that counts: the same
//! for a terminal and for the status page.

use jiff::Timestamp;

use super::words::span;
use super::{Counts, HostStatus};
use crate::app::failing::Flow;

/// What the columns are called.
pub const HEADS: [&str; 6] = [
    "host",
    "flow",
    "state",
    "last pass",
    "next pass",
    "last pass did",
];

/// How a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is known yet.
    New,
    /// All is done.
    Well,
    /// Something waits for a person.
    Waiting,
    /// Something went wrong.
    Failing,
}

/// A line, and how its flow is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What stands in the columns.
    pub cells: [String; 6],
    /// How its flow is.
    pub state: State,
}

/// The lines of a host: one at least.
#[must_use]
pub fn of(host: &HostStatus, now: Timestamp) -> Vec<Line> {
    let last = host.last.as_ref();
    let flows = [
        (
            Flow::Bookings,
            host.links.is_some(),
            last.and_then(|last| last.bookings),
        ),
        (
            Flow::Busy,
            host.busy.is_some(),
            last.and_then(|last| last.busy),
        ),
        (Flow::Hours, false, last.and_then(|last| last.hours)),
    ];
    let on = flows
        .into_iter()
        .filter(|(_, on, counts)| *on || counts.is_some());
    let mut rows: Vec<Line> = on
        .map(|(flow, _, counts)| of_flow(host, flow, counts))
        .collect();
    if rows.is_empty() {
        let state = match last {
            Some(last) if !last.ok => (State::Failing, "needs attention"),
            Some(_) => (State::Well, "all done"),
            None => (State::New, "no pass yet"),
        };
        rows.push(row("-", state.0, state.1.to_owned(), String::new()));
    }
    // What is the same for all flows of a host stands once.
    if let Some(first) = rows.first_mut() {
        let seconds = |time: Timestamp| time.as_second().saturating_sub(now.as_second());
        first.cells[0].clone_from(&host.name);
        first.cells[3] = last.map_or_else(
            || "never".to_owned(),
            |last| format!("{} ago", span(-seconds(last.finished))),
        );
        first.cells[4] = host.next.map_or_else(
            || "-".to_owned(),
            |next| format!("in {}", span(seconds(next))),
        );
    }
    rows
}

fn of_flow(host: &HostStatus, flow: Flow, counts: Option<Counts>) -> Line {
    let failing = host.failing.iter().any(|failing| failing.flow == flow);
    let (state, word) = match counts {
        None if failing || host.last.as_ref().is_some_and(|last| !last.ok) => {
            (State::Failing, "needs attention".to_owned())
        }
        None => (State::New, "no pass yet".to_owned()),
        Some(counts) if failing || counts.failed > 0 => (State::Failing, failed(counts)),
        Some(counts) if counts.held + counts.conflicts > 0 => {
            (State::Waiting, waiting(host, counts).to_owned())
        }
        // Something is said of it, although nothing failed: a clock that is wrong, say.
        Some(counts) if counts.errors > 0 => (State::Waiting, "needs attention".to_owned()),
        Some(_) if host.overdue.is_some() => (State::Waiting, "out of date".to_owned()),
        Some(_) if flow == Flow::Bookings => {
            let links = host.links.unwrap_or_default();
            (State::Well, format!("all done: {links} in step"))
        }
        Some(_) => (State::Well, "all done".to_owned()),
    };
    row(
        flow.word(),
        state,
        word,
        counts.map_or_else(String::new, |counts| did(counts, state)),
    )
}

fn failed(counts: Counts) -> String {
    match counts.failed {
        0 => "failing".to_owned(),
        failed => format!("{failed} failed"),
    }
}

fn row(flow: &str, state: State, word: String, did: String) -> Line {
    let empty = String::new;
    Line {
        cells: [empty(), flow.to_owned(), word, empty(), empty(), did],
        state,
    }
}

/// What waits: for a person, or for the pass that does what the person said.
fn waiting(host: &HostStatus, counts: Counts) -> &'static str {
    if host.held + host.conflicts > 0 {
        "waits for you"
    } else if counts.held > 0 {
        "for the next pass"
    } else {
        "conflict settled"
    }
}

/// What the last pass did, in words; what it did not do is left out.
fn did(counts: Counts, state: State) -> String {
    let done = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
        (counts.cancelled, "cancelled"),
        (counts.noted, "noted"),
        (counts.held, "held"),
        (counts.conflicts, "in conflict"),
        (counts.failed, "failed"),
    ];
    let done = done.iter().filter(|(count, _)| *count > 0);
    let done: Vec<String> = done
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if done.is_empty() && state == State::Failing {
        "nothing done".to_owned()
    } else if done.is_empty() {
        "nothing to do".to_owned()
    } else {
        done.join(", ")
    }
}
