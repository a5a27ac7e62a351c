//! `slotbridge zoom`: Zoom Scheduler's API as commands. What Zoom answers is printed as it is.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Context, terminal};
use crate::adapters::memory::base::MemoryBase;
use crate::adapters::zoom::ZoomClient;
use crate::adapters::zoom::raw::Verb;
use crate::app::compose;
use crate::app::failure::{Exit, Failure};
use crate::app::state::{self, NotHeld};
use crate::ports::base::Base;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

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

/// One request, as the arguments say it.
struct Request {
    verb: Verb,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
    host: Option<String>,
    /// Whether all pages are wanted.
    paged: bool,
}

pub(super) async fn run(context: &Context, resource: Resource) -> Result<Exit, Failure> {
    let mut settings = context.settings_with_warnings()?;
    settings.complete()?;
    let request = request(resource);
    let zoom_user = whose(&settings, request.host.as_deref())?;
    // Only Zoom is asked, so that no calendar's password is fetched.
    settings
        .hosts
        .iter_mut()
        .for_each(|host| (host.bookings, host.busy, host.hours) = (None, None, None));
    let revealed = compose::reveal(&settings).await?;
    let kept = kept(context, &settings)?;
    let client = compose::zoom_client(&settings, &revealed, &zoom_user, &kept, &context.clock)?;
    let answer = if request.paged {
        all_pages(&client, request).await?
    } else {
        client
            .raw(request.verb, &request.path, &request.query, request.body)
            .await?
    };
    if !answer.is_null() {
        terminal::print_json(&answer)?;
    }
    Ok(Exit::Done)
}

/// Where tokens are kept. An account-wide app gets as many as it asks for, so that a running
/// daemon is no obstacle; of a user app's refresh tokens only the last one is good, and who holds
/// the state has it.
fn kept(context: &Context, settings: &Settings) -> Result<Arc<dyn Base>, Failure> {
    let account_wide = matches!(settings.zoom.auth, Some(Auth::ServerToServer { .. }));
    match state::open_if_whole(&settings.state_dir, context.clock.as_ref()) {
        Ok(state) => Ok(state.base),
        Err(NotHeld::Locked(_)) if account_wide => Ok(Arc::new(MemoryBase::new())),
        Err(NotHeld::Locked(mut failure)) => {
            failure.words.push_str(
                "\n  hint: with kind = \"user\" only one process can use the app's tokens: end the other one first (`systemctl stop slotbridge`)",
            );
            Err(failure)
        }
        Err(NotHeld::Unusable(failure)) => Err(failure),
    }
}

fn whose(settings: &Settings, name: Option<&str>) -> Result<String, Failure> {
    let found = match name {
        Some(name) => settings
            .hosts
            .iter()
            .find(|host| host.name.as_str() == name),
        None => settings.hosts.first(),
    };
    let unknown = || {
        Failure::new(
            Exit::Usage,
            "--host: there is no such host",
            "use the name of a [[host]]",
        )
    };
    found.map(|host| host.zoom_user.clone()).ok_or_else(unknown)
}

fn request(resource: Resource) -> Request {
    let on = |verb, path: String, body, common: Common| Request {
        verb,
        path,
        query: Vec::new(),
        body,
        host: common.host,
        paged: false,
    };
    match resource {
        Resource::Users(Users::Get { id, common }) => {
            on(Verb::Get, format!("/scheduler/users/{id}"), None, common)
        }
        Resource::Events(events) => match events {
            Events::List {
                common,
                from,
                to,
                show_deleted,
            } => {
                let times = [("from", from), ("to", to)].into_iter();
                let times =
                    times.filter_map(|(key, time)| Some((key.to_owned(), time?.to_string())));
                let mut query: Vec<(String, String)> = times.collect();
                query.push(("page_size".to_owned(), "250".to_owned()));
                if show_deleted {
                    query.push(("show_deleted".to_owned(), "true".to_owned()));
                }
                let path = "/scheduler/events".to_owned();
                Request {
                    query,
                    paged: true,
                    ..on(Verb::Get, path, None, common)
                }
            }
            Events::Get { id, common } => on(Verb::Get, event(&id), None, common),
            Events::Cancel { id, common } => on(
                Verb::Patch,
                event(&id),
                Some(json!({"status": "cancelled"})),
                common,
            ),
            Events::Delete { id, common } => on(Verb::Delete, event(&id), None, common),
            Events::Note { id, text, common } => on(
                Verb::Patch,
                event(&id),
                Some(json!({"meeting_notes": text})),
                common,
            ),
        },
    }
}

fn event(id: &str) -> String {
    format!("/scheduler/events/{id}")
}

/// All pages as one: the items of every page under the key that they stand at.
async fn all_pages(client: &ZoomClient, request: Request) -> Result<Value, Failure> {
    let mut items = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut query = request.query.clone();
        query.extend(
            token
                .take()
                .map(|token| ("next_page_token".to_owned(), token)),
        );
        let mut page = client
            .raw(request.verb, &request.path, &query, None)
            .await?;
        if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
            items.extend(more);
        }
        let next = page.get("next_page_token").and_then(Value::as_str);
        match next.filter(|next| !next.is_empty()) {
            Some(next) => token = Some(next.to_owned()),
            None => return Ok(json!({ "items": items })),
        }
    }
}
