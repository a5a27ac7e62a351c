//! `slotbridge check`: is everything in order?

use std::fmt::Write as _;

use clap::Args;

use super::{Context, terminal};
use crate::app::check::{self, Grade, Item, Report};
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    settings.complete()?;
    let line = terminal::line("waiting for", !arguments.json && !context.quiet());
    let tells = |words: &str| {
        if let Some(line) = &line {
            line.says(words);
        }
    };
    let report = check::run(&settings, &context.clock, &tells).await;
    drop(line);
    if arguments.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&in_words(&report))?;
    }
    Ok(report.exit())
}

fn in_words(report: &Report) -> String {
    let width = |of: fn(&Item) -> usize| report.items.iter().map(of).max().unwrap_or_default();
    let name = width(|item| item.name.chars().count());
    let object = width(|item| item.object.chars().count()).min(40);
    let mut text = String::new();
    for item in &report.items {
        let state = word(item.state);
        let seen = &item.seen;
        // Writing to a String cannot fail.
        writeln!(
            text,
            "{state:7}  {:name$}  {:object$}  {seen}",
            item.name, item.object
        )
        .unwrap_or_default();
        if let Some(hint) = &item.hint {
            writeln!(text, "         hint: {hint}").unwrap_or_default();
        }
    }
    text.push_str(&summary(report));
    text
}

fn word(state: Grade) -> &'static str {
    match state {
        Grade::Ok => "ok",
        Grade::Warning => "warning",
        Grade::Failed => "failed",
    }
}

fn summary(report: &Report) -> String {
    let all = report.items.len();
    match (report.count(Grade::Failed), report.count(Grade::Warning)) {
        (0, 0) => format!("everything is in order ({all} looked at)\n"),
        (0, warnings) => format!("it works; {warnings} of {all} should be known (warning)\n"),
        (failed, _) => format!("{failed} of {all} failed\n"),
    }
}
