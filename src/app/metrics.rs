//! What `/metrics` tells, by name. Hosts are named as in the configuration; nothing of a booking
//! is in it.

use std::sync::OnceLock;

use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use super::failing::{self, Noted};
use super::round::Round;
use crate::engine::report::{FlowReport, HostReport};

const HINT_DELAY: &str = "slotbridge_hint_delay_seconds";
const FAILING: &str = "slotbridge_failing";
const FAILING_SINCE: &str = "slotbridge_failing_since_timestamp_seconds";
const NEXT: &str = "slotbridge_next_pass_timestamp_seconds";
const PASS: &str = "slotbridge_pass_duration_seconds";

/// Seconds that a hint may take: the upper bounds of the histogram's buckets.
const DELAYS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0, 300.0];
const DURATIONS: [f64; 9] = [0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0];

/// There is one for the whole process.
static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count. Once per process; later calls go on with the first.
///
/// # Errors
/// When the buckets make no sense to the exporter.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(full(HINT_DELAY), &DELAYS)?
        .set_buckets_for_metric(full(PASS), &DURATIONS)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("metrics are counted already");
    }
    describe();
    Ok(HANDLE.get_or_init(|| handle).clone())
}

fn full(name: &str) -> metrics_exporter_prometheus::Matcher {
    metrics_exporter_prometheus::Matcher::Full(name.to_owned())
}

fn describe() {
    describe_counter!("slotbridge_passes_total", "Passes, by how they ended.");
    describe_histogram!(PASS, "How long a pass over all hosts took.");
    describe_counter!(
        "slotbridge_actions_total",
        "What was done, by verb and side."
    );
    describe_counter!("slotbridge_failures_total", "Items that failed, by flow.");
    describe_gauge!("slotbridge_held", "Actions that wait for a person.");
    describe_gauge!("slotbridge_conflicts", "Conflicts that wait for a person.");
    describe_counter!("slotbridge_requests_total", "Requests sent, by side.");
    describe_counter!(
        "slotbridge_throttled_total",
        "Answers that asked us to wait (429), by side."
    );
    describe_histogram!(
        HINT_DELAY,
        "From a hint being heard to its booking being in step."
    );
    describe_gauge!(
        "slotbridge_hints_waiting",
        "Hints heard and not looked into yet."
    );
    describe_counter!(
        "slotbridge_hints_total",
        "Hints looked into, by what became of them."
    );
    describe_gauge!(
        "slotbridge_cursor_age_seconds",
        "Since the calendar's cursor was taken."
    );
    describe_gauge!(
        FAILING,
        "1 while a flow has failed for over an hour, else 0."
    );
    describe_gauge!(
        FAILING_SINCE,
        "Since when a flow fails, in Unix time; 0 while it does not."
    );
    describe_gauge!(
        NEXT,
        "When the next pass is due, in Unix time: what fails is tried again then."
    );
    describe_gauge!(
        "slotbridge_last_success_timestamp_seconds",
        "When a flow last ended with nothing failed, in Unix time."
    );
}

/// Counts a pass over all hosts.
pub(super) fn pass(round: &Round, seconds: f64) {
    histogram!(PASS).record(seconds);
    for report in &round.hosts {
        let host = report.name.to_string();
        let outcome = outcome(report);
        counter!("slotbridge_passes_total", "host" => host.clone(), "outcome" => outcome)
            .increment(1);
        let flows = [
            ("bookings", &report.bookings),
            ("busy", &report.busy),
            ("hours", &report.hours),
        ];
        for (name, flow) in flows {
            let Some(flow) = flow else { continue };
            let labels = [("host", host.clone()), ("flow", name.to_owned())];
            if failing::failed(Some(flow), report.cut_short) == Some(false) {
                #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
                gauge!("slotbridge_last_success_timestamp_seconds", &labels)
                    .set(round.finished.as_second() as f64);
            }
            set(flow, &labels);
        }
        done(report);
    }
}

fn set(flow: &FlowReport, labels: &[(&'static str, String); 2]) {
    counter!("slotbridge_failures_total", labels).increment(flow.failed);
    #[allow(clippy::cast_precision_loss, reason = "there are not that many")]
    let (held, conflicts) = (flow.held as f64, flow.conflicts as f64);
    gauge!("slotbridge_held", labels).set(held);
    gauge!("slotbridge_conflicts", labels).set(conflicts);
}

/// Says which flows have failed for over an hour.
pub(super) fn failing(noted: &[Noted]) {
    for one in noted {
        let labels = [
            ("host", one.host.to_string()),
            ("flow", one.flow.word().to_owned()),
        ];
        gauge!(FAILING, &labels).set(f64::from(u8::from(one.long)));
        #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        let since = one
            .since
            .filter(|_| one.failing)
            .map_or(0.0, |at| at.as_second() as f64);
        gauge!(FAILING_SINCE, &labels).set(since);
    }
}

/// Says when the next pass is due.
pub(super) fn next_pass(next: Timestamp) {
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    gauge!(NEXT).set(next.as_second() as f64);
}

/// Counts what was done and asked for one host, in a whole pass or because of hints.
pub(super) fn done(report: &HostReport) {
    let host = report.name.to_string();
    for action in &report.actions {
        let labels = [
            ("host", host.clone()),
            ("verb", action.verb.to_string()),
            ("side", action.side.to_string()),
        ];
        counter!("slotbridge_actions_total", &labels).increment(1);
    }
    let asked = report.requests;
    for (side, count) in [("zoom", asked.zoom), ("calendar", asked.calendar)] {
        let labels = [("host", host.clone()), ("side", side.to_owned())];
        counter!("slotbridge_requests_total", &labels).increment(count);
    }
}

/// Counts answers that asked us to wait.
pub(super) fn throttled(side: &'static str, count: u64) {
    counter!("slotbridge_throttled_total", "side" => side).increment(count);
}

/// Counts a hint that was looked into.
pub(super) fn hint(outcome: &'static str, delay: f64) {
    counter!("slotbridge_hints_total", "outcome" => outcome).increment(1);
    if outcome == "settled" {
        histogram!(HINT_DELAY).record(delay);
    }
}

/// How many hints wait.
pub(super) fn waiting(hints: usize) {
    #[allow(clippy::cast_precision_loss, reason = "there are not that many")]
    gauge!("slotbridge_hints_waiting").set(hints as f64);
}

/// How old the cursor of a host is.
pub(super) fn cursor_age(host: &str, seconds: f64) {
    gauge!("slotbridge_cursor_age_seconds", "host" => host.to_owned()).set(seconds);
}

fn outcome(report: &HostReport) -> &'static str {
    if report.worst.state {
        "state"
    } else if report.worst.denied {
        "denied"
    } else if report.worst.unreachable {
        "unreachable"
    } else if report.ok {
        "ok"
    } else {
        "attention"
    }
}
