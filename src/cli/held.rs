//! `slotbridge held`: what waits for a person.

use std::fmt::Write;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::status::unexpected;
use super::{Context, terminal};
use crate::app::desk::{self, Answer, Ask, HeldShown};
use crate::app::failure::{Exit, Failure};
use crate::domain::ids::WaitingId;
use crate::domain::waiting::{About, HeldAction};

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
    /// Show one of them in full
    Show {
        /// As `list` prints it
        id: String,
    },
    /// Do it after all; the next pass looks again first
    Release {
        /// As `list` prints it
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Leave both sides as they are, for good
    Drop {
        /// As `list` prints it
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let (ask, word) = match arguments.verb.unwrap_or(Verb::List) {
        Verb::List => (Ask::Held, ""),
        Verb::Show { id } => return show(context, &WaitingId::new(id), arguments.json).await,
        Verb::Release { id, .. } => {
            let id = id.map(WaitingId::new);
            (
                Ask::Release { id },
                "released; the next pass looks again and does it",
            )
        }
        Verb::Drop { id, .. } => {
            let id = id.map(WaitingId::new);
            (Ask::Drop { id }, "dropped; both sides stay as they are")
        }
    };
    match desk::ask(&ask, &settings, context.clock.as_ref()).await? {
        Answer::Held(held) if arguments.json => terminal::print_json(&held)?,
        Answer::Held(held) => {
            let mut text = String::new();
            for shown in &held {
                let held = &shown.held;
                let released = if held.released { "  (released)" } else { "" };
                // Writing to a String cannot fail.
                writeln!(
                    text,
                    "{}  {}  {}{}  {}: {}{released}",
                    held.id,
                    held.host,
                    held.about,
                    time(shown),
                    held.what,
                    held.why
                )
                .unwrap_or_default();
            }
            text.push_str(if held.is_empty() {
                "nothing is held\n"
            } else {
                "`slotbridge held release ID` (or --all) does it, drop ID (or --all) leaves both sides as they are; deleted_in_calendar = \"restore\" puts deleted entries back instead of cancelling\n"
            });
            terminal::print(&text)?;
        }
        Answer::Done(count) => terminal::print(&format!("{count} {word}\n"))?,
        _ => return Err(unexpected()),
    }
    Ok(Exit::Done)
}

async fn show(context: &Context, id: &WaitingId, json: bool) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let Answer::Held(all) = desk::ask(&Ask::Held, &settings, context.clock.as_ref()).await? else {
        return Err(unexpected());
    };
    let Some(shown) = all.into_iter().find(|shown| shown.held.id == *id) else {
        return Err(Failure::new(
            Exit::Usage,
            format!("showing the held action {id}: there is none with this id"),
            "list them with `slotbridge held list`",
        ));
    };
    if json {
        terminal::print_json(&shown)?;
        return Ok(Exit::Done);
    }
    let held = &shown.held;
    let drop = match (&held.about, held.what) {
        (About::Booking(_), _) => "leaves both sides as they are",
        (About::Calendar(_), HeldAction::KeptTime) => {
            "changes nothing: it is kept until it is over"
        }
        (About::Calendar(_), _) => "keeps that time busy until it is over, or until you release it",
    };
    let word = if held.released {
        "  released: the next pass does it\n"
    } else {
        ""
    };
    terminal::print(&format!(
        "{}{} of {}, held since {:.0}\n  what: {}\n  why: {}\n{word}  `slotbridge held release {id}` does it, `slotbridge held drop {id}` {drop}\n",
        held.about,
        time(&shown),
        held.host,
        held.since,
        held.what,
        held.why
    ))?;
    Ok(Exit::Done)
}

/// Of which time the booking is, on this machine's clock.
fn time(shown: &HeldShown) -> String {
    let Some(start) = shown.start else {
        return String::new();
    };
    let local = start.to_zoned(TimeZone::system());
    format!(" ({})", local.strftime("%a %Y-%m-%d %H:%M %Z"))
}
