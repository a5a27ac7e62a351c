//! `slotbridge zoom events` and `users`: what Zoom answers is printed as it is.

use clap::Subcommand;
use serde_json::{Value, json};

use super::super::{Context, terminal};
use super::Common;
use super::connection::Connection;
use crate::adapters::zoom::raw::Verb;
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Events {
    /// List bookings, all pages
    List {
        #[command(flatten)]
        common: Common,
        /// Only those that end after this time (RFC 3339)
        #[arg(long, value_name = "TIME")]
        from: Option<jiff::Timestamp>,
        /// Only those that start before this time (RFC 3339)
        #[arg(long, value_name = "TIME")]
        to: Option<jiff::Timestamp>,
        /// Cancelled ones, too
        #[arg(long)]
        show_deleted: bool,
    },
    /// Show one booking
    Get {
        /// The booking's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Cancel one booking; the invitee is told
    Cancel {
        /// The booking's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Delete one booking
    Delete {
        /// The booking's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Set the meeting notes of one booking
    Note {
        /// The booking's id
        id: String,
        /// The notes
        text: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Users {
    /// Show a person's settings
    Get {
        /// `me`, a user id or a mail address
        #[arg(default_value = "me")]
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what was typed about bookings.
pub(super) async fn run(context: &Context, events: Events) -> Result<Exit, Failure> {
    match events {
        Events::List {
            common,
            from,
            to,
            show_deleted,
        } => {
            let times = [("from", from), ("to", to)].into_iter();
            let times = times.filter_map(|(key, time)| Some((key.to_owned(), time?.to_string())));
            let mut query: Vec<(String, String)> = times.collect();
            if show_deleted {
                query.push(("show_deleted".to_owned(), "true".to_owned()));
            }
            let connection = Connection::open(context, &common)?;
            let items = connection.list("/scheduler/events", &query).await?;
            print(&json!({ "items": items }))
        }
        Events::Get { id, common } => one(context, &common, Verb::Get, &id, None).await,
        Events::Cancel { id, common } => {
            let body = json!({"status": "cancelled"});
            one(context, &common, Verb::Patch, &id, Some(body)).await
        }
        Events::Delete { id, common } => one(context, &common, Verb::Delete, &id, None).await,
        Events::Note { id, text, common } => {
            let body = json!({"meeting_notes": text});
            one(context, &common, Verb::Patch, &id, Some(body)).await
        }
    }
}

/// Does what was typed about people.
pub(super) async fn users(context: &Context, users: Users) -> Result<Exit, Failure> {
    let Users::Get { id, common } = users;
    let connection = Connection::open(context, &common)?;
    let path = format!("/scheduler/users/{id}");
    print(&connection.ask(Verb::Get, &path, &[], None).await?)
}

async fn one(
    context: &Context,
    common: &Common,
    verb: Verb,
    id: &str,
    body: Option<Value>,
) -> Result<Exit, Failure> {
    let connection = Connection::open(context, common)?;
    let path = format!("/scheduler/events/{id}");
    print(&connection.ask(verb, &path, &[], body).await?)
}

fn print(answer: &Value) -> Result<Exit, Failure> {
    if !answer.is_null() {
        terminal::print_json(answer)?;
    }
    Ok(Exit::Done)
}
