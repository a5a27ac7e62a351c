//! `slotbridge feeds`: the secret addresses, and files for a web server of others.

mod files;

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::status::unexpected;
use super::{Context, terminal};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::feeds::Address;
use crate::domain::feed::FeedName;
use files::{Outcome, Readers};

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
    /// List them with their addresses (what is done without a word, too)
    List,
    /// Give a feed another address; the old one leads nowhere from then on
    Rotate {
        /// As `list` prints it
        name: String,
    },
    /// Write each feed as NAME.ics, for a static web server
    Write {
        /// Where to; it must be there
        directory: PathBuf,
        /// Let everybody on this machine read the files, so that a web server of another user can
        #[arg(long)]
        public: bool,
    },
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let json = arguments.json;
    match arguments.verb.unwrap_or(Verb::List) {
        Verb::List => show(context, &Ask::Feeds, json).await,
        Verb::Rotate { name } => {
            let name = FeedName::new(name);
            show(context, &Ask::RotateFeed { name }, json).await
        }
        Verb::Write { directory, public } => {
            let readers = if public {
                Readers::Everybody
            } else {
                Readers::Owner
            };
            let directory = context.typed(&directory)?;
            write_files(context, &directory, readers, json).await
        }
    }
}

async fn show(context: &Context, ask: &Ask, json: bool) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let Answer::Feeds(feeds) = desk::ask(ask, &settings, context.clock.as_ref()).await? else {
        return Err(unexpected());
    };
    if json {
        terminal::print_json(&feeds)?;
    } else {
        terminal::print(&words(&feeds))?;
    }
    Ok(Exit::Done)
}

/// The addresses. They go to stdout alone: they are secrets.
fn words(feeds: &[Address]) -> String {
    if feeds.is_empty() {
        return "there are no feeds; add [[host.feed]] with name and kind to the configuration\n"
            .to_owned();
    }
    let mut text = String::new();
    for feed in feeds {
        let place = feed.url.as_ref().unwrap_or(&feed.path);
        let (name, host, kind) = (&feed.name, &feed.host, feed.kind.word());
        // Writing to a String cannot fail.
        writeln!(text, "{name}  {host}  {kind}  {place}").unwrap_or_default();
    }
    text.push_str("whoever knows such an address can read the feed; `slotbridge feeds rotate NAME` gives it another one\n");
    if let Some(feed) = feeds.iter().find(|feed| feed.hint.is_some()) {
        let lack = match feed.url {
            Some(_) => "how others reach them is not known: http.public_url is not set",
            None => "nothing gives them out: http.listen is not set",
        };
        let hint = feed.hint.as_deref().unwrap_or_default();
        writeln!(text, "{lack}\n  hint: {hint}").unwrap_or_default();
    }
    text
}

async fn write_files(
    context: &Context,
    directory: &std::path::Path,
    readers: Readers,
    json: bool,
) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let asked = desk::ask(&Ask::FeedTexts, &settings, context.clock.as_ref()).await?;
    let Answer::FeedTexts(texts) = asked else {
        return Err(unexpected());
    };
    let mut exit = Exit::Done;
    let mut written = Vec::new();
    for feed in &texts {
        let outcome = files::write(directory, feed, readers)?;
        if outcome == Outcome::NotKnown {
            exit = Exit::Attention;
        }
        written.push((&feed.name, outcome));
    }
    if json {
        let list: Vec<_> = written
            .iter()
            .map(|(name, outcome)| serde_json::json!({ "name": name, "outcome": outcome }))
            .collect();
        terminal::print_json(&list)?;
        return Ok(exit);
    }
    let mut text = String::new();
    for (name, outcome) in &written {
        let path = directory.join(files::name(name));
        let word = match outcome {
            Outcome::Written => "written",
            Outcome::Unchanged => "unchanged",
            Outcome::NotKnown => "not known yet; run `slotbridge sync` first",
        };
        writeln!(text, "{}: {word}", path.display()).unwrap_or_default();
    }
    text.push_str(match (written.is_empty(), readers) {
        (true, _) => {
            "there are no feeds; add [[host.feed]] with name and kind to the configuration\n"
        }
        (false, Readers::Owner) => {
            "only you can read these files; with --public everybody on this machine can, which a web server of another user needs\n"
        }
        (false, Readers::Everybody) => {
            "everybody on this machine can read these files, and whoever knows their address\n"
        }
    });
    terminal::print(&text)?;
    Ok(exit)
}
