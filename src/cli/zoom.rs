//! `slotbridge zoom`: Zoom Scheduler's API as commands. What Zoom answers is printed as it is.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Context, terminal};
use crate::app::compose::{self, ZoomRequest};
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Subcommand)]
pub(super) enum Resource {
    /// Bookings
    #[command(subcommand)]
    Events(Events),
    /// People of the account
    #[command(subcommand)]
    Users(Users),
}

#[derive(Debug, Subcommand)]
pub(super) enum Events {
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
pub(super) enum Users {
    /// Show a person's settings
    Get {
        /// `me`, a user id or a mail address
        #[arg(default_value = "me")]
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Print JSON (always so in this version)
    #[arg(long)]
    json: bool,
    /// Whose, with an account-wide app: the name of a [[host]]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

pub(super) async fn run(context: &Context, resource: Resource) -> Result<Exit, Failure> {
    let _ = (context, resource, Value::Null, json!(null), compose::reveal);
    let _: Option<ZoomRequest> = None;
    terminal::print("")?;
    Err(Failure::new(Exit::Attention, "not built in yet", ""))
}
