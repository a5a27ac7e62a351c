//! `slotbridge status`: how each host is.

use std::fmt::Write;

use clap::Args;
use jiff::Timestamp;

use super::{Context, terminal};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::status::{BusyStatus, HostStatus, Status};
use crate::engine::bookable::records::Sink;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let answer = desk::ask(&Ask::Status, &settings, context.clock.as_ref()).await?;
    let Answer::Status(status) = answer else {
        return Err(unexpected());
    };
    if arguments.json {
        terminal::print_json(&status)?;
    } else {
        terminal::print(&in_words(&status, context.clock.now()))?;
    }
    Ok(if status.hosts.iter().all(in_order) {
        Exit::Done
    } else {
        Exit::Attention
    })
}

/// An answer to another question.
pub(super) fn unexpected() -> Failure {
    Failure::new(
        Exit::State,
        "the daemon answered another question",
        "restart it: it may be of another version",
    )
}

fn in_order(host: &HostStatus) -> bool {
    host.held == 0 && host.conflicts == 0 && host.last.as_ref().is_none_or(|last| last.ok)
}

fn in_words(status: &Status, now: Timestamp) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    write_all(&mut text, status, now).unwrap_or_default();
    text
}

fn write_all(text: &mut String, status: &Status, now: Timestamp) -> std::fmt::Result {
    match status.daemon {
        Some(pid) => writeln!(text, "daemon: running (pid {pid})")?,
        None => writeln!(text, "daemon: not running")?,
    }
    if status.hosts.is_empty() {
        writeln!(
            text,
            "no host is configured: `slotbridge config init` writes a file to start from"
        )?;
    }
    for host in &status.hosts {
        writeln!(text, "{}:", host.name)?;
        match &host.last {
            None => writeln!(text, "  last pass: none yet")?,
            Some(last) => {
                let word = if last.ok {
                    "all done"
                } else {
                    "needs attention"
                };
                let ago = words(now.as_second().saturating_sub(last.finished.as_second()));
                writeln!(text, "  last pass: {ago} ago, {word}")?;
                if let Some(counts) = &last.bookings {
                    writeln!(
                        text,
                        "    {} seen, {} created, {} updated, {} deleted, {} cancelled, {} noted, {} failed",
                        counts.seen,
                        counts.created,
                        counts.updated,
                        counts.deleted,
                        counts.cancelled,
                        counts.noted,
                        counts.failed
                    )?;
                }
                for (flow, counts) in [("busy", &last.busy), ("hours", &last.hours)] {
                    let Some(counts) = counts else { continue };
                    writeln!(
                        text,
                        "    {flow}: {} seen, {} created, {} updated, {} deleted, {} failed",
                        counts.seen, counts.created, counts.updated, counts.deleted, counts.failed
                    )?;
                }
                if let Some(error) = &last.first_error {
                    writeln!(text, "    {} went wrong, first: {error}", last.errors)?;
                }
            }
        }
        for failing in &host.failing {
            let since = words(now.as_second().saturating_sub(failing.since.as_second()));
            let again = match host.next {
                Some(_) => "the next pass tries again",
                None => "`slotbridge sync` tries again",
            };
            let flow = failing.flow.word();
            writeln!(text, "  {flow}: failing for {since}; {again}")?;
        }
        if let Some(links) = host.links {
            writeln!(text, "  in step: {links} bookings")?;
        }
        if let Some(next) = host.next {
            writeln!(
                text,
                "  next pass: in {}",
                words(next.as_second().saturating_sub(now.as_second()))
            )?;
        }
        if let Some(age) = host.cursor_age {
            writeln!(text, "  calendar read up to: {} ago", words(age))?;
        }
        if let Some(busy) = &host.busy {
            write_busy(text, busy, now)?;
        }
        if host.held > 0 {
            writeln!(text, "  {} held: see `slotbridge held`", host.held)?;
        }
        if host.conflicts > 0 {
            writeln!(
                text,
                "  {} in conflict: see `slotbridge conflicts`",
                host.conflicts
            )?;
        }
    }
    Ok(())
}

fn write_busy(text: &mut String, busy: &BusyStatus, now: Timestamp) -> std::fmt::Result {
    let ago = |time: Timestamp| words(now.as_second().saturating_sub(time.as_second()));
    if let (Some(to), Some(because)) = (busy.to, &busy.because) {
        let to = match to {
            Sink::ZoomCalendar => "the Zoom calendar",
            Sink::Availability => "the availability, as date overrides",
        };
        writeln!(text, "  busy time goes to {to}, because {because}")?;
    }
    for source in &busy.sources {
        let name = &source.name;
        match source.read {
            Some(read) => write!(text, "  busy from {name}: read {} ago", ago(read))?,
            None => write!(text, "  busy from {name}: not read yet")?,
        }
        if let Some(trouble) = &source.trouble {
            let since = ago(trouble.since);
            write!(
                text,
                "; failing for {since}: {}: {}",
                trouble.doing, trouble.cause
            )?;
            if source.whole {
                write!(text, "; that copy stays in force")?;
            }
        }
        writeln!(text)?;
    }
    Ok(())
}

fn words(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
