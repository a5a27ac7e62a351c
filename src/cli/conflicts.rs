//! `slotbridge conflicts`: what both sides changed differently.

use std::fmt::Write;

use clap::{Args, Subcommand};

use super::status::unexpected;
use super::{Context, terminal};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::domain::ids::WaitingId;
use crate::domain::waiting::{Conflict, ConflictStanding, Decision, Disputed};
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List them (what is done without a word, too)
    List,
    /// Show what both sides say; this prints the content of the entry
    Show {
        /// As `list` prints it
        id: String,
    },
    /// Zoom's text stands; the next pass brings it into the entry
    KeepZoom {
        /// As `list` prints it
        id: String,
    },
    /// The calendar's text stands; the next pass brings it to Zoom
    KeepCalendar {
        /// As `list` prints it
        id: String,
    },
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    match arguments.verb.unwrap_or(Verb::List) {
        Verb::List => list(context, &settings, arguments.json).await,
        Verb::Show { id } => show(context, &settings, &WaitingId::new(id), arguments.json).await,
        Verb::KeepZoom { id } => decide(context, &settings, id, Decision::KeepZoom).await,
        Verb::KeepCalendar { id } => decide(context, &settings, id, Decision::KeepCalendar).await,
    }
}

async fn all(context: &Context, settings: &Settings) -> Result<Vec<Conflict>, Failure> {
    match desk::ask(&Ask::Conflicts, settings, context.clock.as_ref()).await? {
        Answer::Conflicts(conflicts) => Ok(conflicts),
        _ => Err(unexpected()),
    }
}

async fn list(context: &Context, settings: &Settings, json: bool) -> Result<Exit, Failure> {
    let conflicts = all(context, settings).await?;
    if json {
        terminal::print_json(&conflicts)?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for conflict in &conflicts {
        let standing = match (conflict.standing, conflict.decision) {
            (ConflictStanding::Settled, None) if conflict.part().is_some() => {
                "settled, as `wins` says"
            }
            (ConflictStanding::Settled, Some(decision)) if conflict.part().is_some() => {
                match decision {
                    Decision::KeepZoom => "decided: keep Zoom's",
                    Decision::KeepCalendar => "decided: keep the calendar's",
                }
            }
            (ConflictStanding::Settled, _) => "settled: Zoom's stands",
            (ConflictStanding::Open, None) => "open",
            (ConflictStanding::Open, Some(Decision::KeepZoom)) => "decided: keep Zoom's",
            (ConflictStanding::Open, Some(Decision::KeepCalendar)) => {
                "decided: keep the calendar's"
            }
        };
        // Writing to a String cannot fail.
        writeln!(
            text,
            "{}  {}  {}  {standing}",
            conflict.id, conflict.host, conflict.about
        )
        .unwrap_or_default();
    }
    text.push_str(if conflicts.is_empty() {
        "no conflicts\n"
    } else {
        "`slotbridge conflicts show ID` shows both sides; keep-zoom ID or keep-calendar ID decides\n"
    });
    terminal::print(&text)?;
    Ok(Exit::Done)
}

async fn show(
    context: &Context,
    settings: &Settings,
    id: &WaitingId,
    json: bool,
) -> Result<Exit, Failure> {
    let conflicts = all(context, settings).await?;
    let found = conflicts.into_iter().find(|conflict| conflict.id == *id);
    let conflict = found.ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("there is no conflict {id}"),
            "see `slotbridge conflicts list`",
        )
    })?;
    if json {
        terminal::print_json(&conflict)?;
        return Ok(Exit::Done);
    }
    let manage = conflict
        .manage_url
        .as_ref()
        .map(|url| format!("manage:   {url}\n"))
        .unwrap_or_default();
    let about = match &conflict.about {
        Disputed::Field { booking, field, .. } => {
            format!("booking:  {booking}\nfield:    {}", field.word())
        }
        Disputed::Hours { hours } => format!("hours:    {hours}"),
    };
    terminal::print(&format!(
        "host:     {}\n{about}\nfound:    {}\nZoom:     {}\ncalendar: {}\n{manage}",
        conflict.host,
        conflict.found,
        indented(&conflict.zoom),
        indented(&conflict.calendar),
    ))?;
    Ok(Exit::Done)
}

/// Text of others: control characters could drive the terminal.
fn indented(text: &str) -> String {
    let tame = |c: char| {
        if c.is_control() && c != '\n' {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    let text: String = text.chars().map(tame).collect();
    text.replace('\n', "\n          ")
}

async fn decide(
    context: &Context,
    settings: &Settings,
    id: String,
    decision: Decision,
) -> Result<Exit, Failure> {
    let id = WaitingId::new(id);
    let ask = Ask::Decide { id, decision };
    desk::ask(&ask, settings, context.clock.as_ref()).await?;
    terminal::print("decided; the next pass carries it out\n")?;
    Ok(Exit::Done)
}
