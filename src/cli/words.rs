//! What a pass did, in words for a person, without private content.

use std::fmt::Write;

use crate::app::round::Round;
use crate::engine::report::{DayReport, FlowReport, HostReport};

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
        text.push_str("nothing to do: no host is configured\n");
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
        summary(host),
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
    write_days(text, &host.days)?;
    for error in &host.errors {
        writeln!(
            text,
            "  failed: {}: {}\n    hint: {}",
            error.doing, error.cause, error.hint
        )?;
    }
    let flows = [&host.bookings, &host.busy, &host.hours];
    let sum = |count: fn(&FlowReport) -> u64| -> u64 {
        flows
            .iter()
            .filter_map(|flow| flow.as_ref())
            .map(count)
            .sum()
    };
    let (held, conflicts) = (sum(|flow| flow.held), sum(|flow| flow.conflicts));
    if held > 0 {
        writeln!(
            text,
            "  {held} held: `slotbridge held` shows what waits for you"
        )?;
    }
    if conflicts > 0 {
        writeln!(
            text,
            "  {conflicts} in conflict: `slotbridge conflicts` shows what waits for you"
        )?;
    }
    Ok(())
}

/// What each flow did, in one line.
fn summary(host: &HostReport) -> String {
    let flows = [
        (&host.bookings, "bookings"),
        (&host.busy, "busy events"),
        (&host.hours, "working hours"),
    ];
    let flows = flows
        .iter()
        .filter_map(|(flow, seen)| Some((flow.as_ref()?, seen)));
    let words: Vec<String> = flows
        .map(|(flow, seen)| counts(flow, seen, host.ok))
        .collect();
    match (words.is_empty(), host.ok) {
        (false, _) => words.join("; "),
        (true, true) => "nothing is switched on".to_owned(),
        (true, false) => "could not begin".to_owned(),
    }
}

/// What each day comes to; days without hours of which none is busy are left out.
fn write_days(text: &mut String, days: &[DayReport]) -> std::fmt::Result {
    let shown: Vec<&DayReport> = days
        .iter()
        .filter(|day| !day.hours.is_empty() || !day.busy.is_empty())
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    let list = |parts: &[String]| {
        if parts.is_empty() {
            "-".to_owned()
        } else {
            parts.join(", ")
        }
    };
    let rows: Vec<[String; 4]> = shown
        .iter()
        .map(|day| {
            [
                day.date.clone(),
                list(&day.hours),
                list(&day.busy),
                list(&day.bookable),
            ]
        })
        .collect();
    let heads = ["day", "hours", "busy", "bookable"].map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&heads).chain(&rows);
        let widths = cells.filter_map(|row| Some(row.get(column)?.chars().count()));
        widths.max().unwrap_or_default()
    };
    let (first, second, third) = (width(0), width(1), width(2));
    for [day, hours, busy, bookable] in std::iter::once(&heads).chain(&rows) {
        writeln!(
            text,
            "  {day:first$}  {hours:second$}  {busy:third$}  {bookable}"
        )?;
    }
    Ok(())
}

fn counts(flow: &FlowReport, seen: &str, ok: bool) -> String {
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
    format!("{} {seen}, {done}", flow.seen)
}
