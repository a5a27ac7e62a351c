//! What a pass did, in words for a person, without private content.

use std::fmt::Write;

use crate::app::round::Round;
use crate::engine::report::{FlowReport, HostReport};

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
        "{}: {} ({} request{} to Zoom, {} to the calendar)",
        host.name,
        host.bookings.as_ref().map_or_else(
            || "could not begin".to_owned(),
            |flow| counts(flow, host.ok)
        ),
        requests.zoom,
        if requests.zoom == 1 { "" } else { "s" },
        requests.calendar
    )?;
    let actions = &host.actions;
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
    for error in &host.errors {
        writeln!(
            text,
            "  failed: {}: {}\n    hint: {}",
            error.doing, error.cause, error.hint
        )?;
    }
    if let Some(flow) = &host.bookings {
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

fn counts(flow: &FlowReport, ok: bool) -> String {
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
        if ok { "nothing to do" } else { "nothing done" }.to_owned()
    } else {
        done.join(", ")
    };
    format!("{} bookings, {done}", flow.seen)
}
