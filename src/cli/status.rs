//! `slotbridge status`: how each host is.

mod table;

use std::fmt::{self, Write as _};

use clap::Args;
use jiff::Timestamp;

use super::{Context, terminal};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::status::{BusyStatus, HostStatus, Status};
use crate::demo::table::Paint;
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
        let now = context.clock.now();
        terminal::print(&in_words(&status, now, context.paint()))?;
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

fn in_words(status: &Status, now: Timestamp, paint: Paint) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    write_all(&mut text, status, now, paint).unwrap_or_default();
    text
}

fn write_all(text: &mut String, status: &Status, now: Timestamp, paint: Paint) -> fmt::Result {
    match status.daemon {
        Some(pid) => writeln!(text, "daemon: running (pid {pid})")?,
        None => writeln!(
            text,
            "daemon: not running; `slotbridge sync` runs one pass, `slotbridge run` stays"
        )?,
    }
    if status.hosts.is_empty() {
        return writeln!(
            text,
            "no host is configured: `slotbridge config init` writes a file to start from"
        );
    }
    writeln!(text)?;
    text.push_str(&table::of(&status.hosts, now, paint));
    for host in &status.hosts {
        let mut notes = String::new();
        write_notes(&mut notes, host, now)?;
        if !notes.is_empty() {
            write!(text, "\n{}:\n{notes}", host.name)?;
        }
    }
    Ok(())
}

/// What does not fit into a row: why, and what to do.
fn write_notes(text: &mut String, host: &HostStatus, now: Timestamp) -> fmt::Result {
    if let Some(last) = &host.last
        && let Some(error) = &last.first_error
    {
        writeln!(text, "  {} went wrong, first: {error}", last.errors)?;
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
    if let Some(age) = host.cursor_age {
        writeln!(text, "  calendar read up to: {} ago", words(age))?;
    }
    if let Some(busy) = &host.busy {
        write_busy(text, busy, now)?;
    }
    Ok(())
}

fn write_busy(text: &mut String, busy: &BusyStatus, now: Timestamp) -> fmt::Result {
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

/// A span of time, in the largest unit that says enough.
fn words(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
