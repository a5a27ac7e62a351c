//! `slotbridge zoom schedules`: booking pages, to look at.

use clap::Subcommand;
use serde_json::{Value, json};

use super::super::{Context, terminal};
use super::connection::Connection;
use super::{Common, table};
use crate::adapters::zoom::raw;
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// List booking pages
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Show one booking page
    Get {
        /// The last part of the page's address
        slug: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List { common } => {
            let connection = Connection::open(context, &common)?;
            let pages = connection.list("/scheduler/schedules", &[]).await?;
            if common.json {
                terminal::print_json(&json!({ "items": pages }))?;
            } else if pages.is_empty() {
                terminal::print("no booking pages\n")?;
            } else {
                let head = ["slug", "minutes", "name", "hours"]
                    .map(str::to_owned)
                    .to_vec();
                let rows: Vec<Vec<String>> =
                    std::iter::once(head).chain(pages.iter().map(row)).collect();
                terminal::print(&table::lines(&rows))?;
            }
        }
        Verb::Get { slug, common } => {
            let connection = Connection::open(context, &common)?;
            let path = format!("/scheduler/schedules/{slug}");
            let page = connection.ask(raw::Verb::Get, &path, &[], None).await?;
            if common.json {
                terminal::print_json(&page)?;
            } else {
                terminal::print(&table::lines(&told(&page)))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn row(page: &Value) -> Vec<String> {
    let word = |name| table::word(page, name);
    vec![word("slug"), word("duration"), word("summary"), hours(page)]
}

fn told(page: &Value) -> Vec<Vec<String>> {
    let buffer = |name| {
        let minutes = page.get("buffer").map(|buffer| table::word(buffer, name));
        minutes
            .filter(|minutes| !minutes.is_empty())
            .unwrap_or_else(|| "0".to_owned())
    };
    let line = |name: &str, words: String| vec![format!("{name}:"), words];
    let minutes = |words: String| format!("{words} min");
    vec![
        line("name", table::word(page, "summary")),
        line("address", table::word(page, "scheduling_url")),
        line("duration", minutes(table::word(page, "duration"))),
        line("before", minutes(buffer("before"))),
        line("after", minutes(buffer("after"))),
        line("hours", hours(page)),
        line("zone", table::word(page, "time_zone")),
    ]
}

/// The availability schedules that a page offers the hours of.
fn hours(page: &Value) -> String {
    let rules = page.get("availability_rules").and_then(Value::as_array);
    let ids: Vec<String> = rules
        .into_iter()
        .flatten()
        .map(|rule| table::word(rule, "availability_id"))
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        "its own".to_owned()
    } else {
        ids.join(", ")
    }
}
