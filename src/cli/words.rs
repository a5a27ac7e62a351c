//! What a pass did, in words for a person, without private content.

use std::fmt::Write;

use crate::app::round::Round;
use crate::engine::report::{Done, FlowReport, HostReport, Trouble};

/// How many actions are listed one by one.
const LISTED: usize = 20;

/// What a pass over all hosts did, and what to do next.
pub(super) fn of_round(round: &Round) -> String {
    let mut text = String::new();
    for host in &round.hosts {
        // Writing to a String cannot fail.
        write_host(&mut text, host, round.dry_run).unwrap_or_default();
    }
    if round.hosts.is_empty() {
        text.push_str("nothing to do: no host has [host.bookings]\n");
    }
    if round.dry_run {
        text.push_str("nothing was changed (--dry-run)\n");
    }
    text
}

fn write_host(text: &mut String, host: &HostReport, dry_run: bool) -> std::fmt::Result {
    let requests = host.requests;
    writeln!(
        text,
        "{}: {} ({} requests to Zoom, {} to the calendar)",
        host.name,
        host.bookings
            .as_ref()
            .map_or_else(|| "could not begin".to_owned(), counts),
        requests.zoom,
        requests.calendar
    )?;
    let flow = host.bookings.iter();
    let actions: Vec<&Done> = host
        .actions
        .iter()
        .chain(flow.clone().flat_map(|flow| &flow.actions))
        .collect();
    for action in actions
        .iter()
        .take(if dry_run { usize::MAX } else { LISTED })
    {
        writeln!(
            text,
            "  {} {} ({}): {}",
            action.verb, action.id, action.side, action.why
        )?;
    }
    if !dry_run && actions.len() > LISTED {
        writeln!(
            text,
            "  … and {} more; --json lists them",
            actions.len().saturating_sub(LISTED)
        )?;
    }
    let errors: Vec<&Trouble> = host
        .errors
        .iter()
        .chain(flow.clone().flat_map(|flow| &flow.errors))
        .collect();
    for error in errors {
        writeln!(
            text,
            "  failed: {}: {}\n    hint: {}",
            error.doing, error.cause, error.hint
        )?;
    }
    for flow in flow {
        if flow.held > 0 {
            writeln!(
                text,
                "  {} held: `slotbridge held` shows what waits for you",
                flow.held
            )?;
        }
        if flow.conflicts > 0 {
            writeln!(
                text,
                "  {} in conflict: `slotbridge conflicts` shows what waits for you",
                flow.conflicts
            )?;
        }
    }
    Ok(())
}

fn counts(flow: &FlowReport) -> String {
    let done = [
        (flow.created, "created"),
        (flow.updated, "updated"),
        (flow.deleted, "deleted"),
        (flow.cancelled, "cancelled in Zoom"),
        (flow.noted, "notes to Zoom"),
        (flow.failed, "failed"),
    ];
    let done: Vec<String> = done
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let done = if done.is_empty() {
        "nothing to do".to_owned()
    } else {
        done.join(", ")
    };
    format!("{} bookings, {done}", flow.seen)
}
