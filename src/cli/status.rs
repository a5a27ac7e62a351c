//! `slotbridge status`: how each host is.

mod table;

use std::fmt::{self, Write as _};

use clap::Args;
use jiff::Timestamp;

use super::wrap::wrap;
use super::{Context, terminal};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::status::{HostStatus, Status, words};
use crate::demo::table::Paint;

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
        let columns = terminal::width();
        terminal::print(&in_words(&status, now, context.paint(), columns))?;
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
    host.held == 0
        && host.conflicts == 0
        && host.overdue.is_none()
        && host.failing.is_empty()
        && host.last.as_ref().is_none_or(|last| last.ok)
}

fn in_words(status: &Status, now: Timestamp, paint: Paint, columns: Option<usize>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    write_all(&mut text, status, now, paint, columns).unwrap_or_default();
    text
}

fn write_all(
    text: &mut String,
    status: &Status,
    now: Timestamp,
    paint: Paint,
    columns: Option<usize>,
) -> fmt::Result {
    let daemon = match status.daemon {
        Some(pid) => format!("daemon: running (pid {pid})"),
        None => "daemon: not running; `slotbridge sync` runs one pass, `slotbridge run` stays"
            .to_owned(),
    };
    text.push_str(&wrap(&daemon, "", "  ", columns));
    if status.hosts.is_empty() {
        let none = "no host is configured: `slotbridge config init` writes a file to start from";
        text.push_str(&wrap(none, "", "  ", columns));
        return Ok(());
    }
    writeln!(text)?;
    text.push_str(&table::of(&status.hosts, now, paint, columns));
    for host in &status.hosts {
        let notes = words::notes(host, now);
        if !notes.is_empty() {
            write!(text, "\n{}:\n", host.name)?;
        }
        for note in notes {
            text.push_str(&wrap(&note, "  ", "    ", columns));
        }
    }
    Ok(())
}
