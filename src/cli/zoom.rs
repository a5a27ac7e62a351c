//! `slotbridge zoom`: Zoom Scheduler's API as commands, made of the table of its operations
//! (`adapters/zoom/operations`).

mod agreed;
mod availability;
mod command;
mod connection;
mod operate;
mod overrides;
mod pages;
mod show;
mod slots;
mod table;
mod typed;
mod weekly;

use clap::Args;

pub(super) use typed::Typed;

use super::Context;
use crate::app::failure::{Exit, Failure};

#[derive(Clone, Debug, Args)]
pub(super) struct Common {
    /// Print JSON as Zoom answers it
    #[arg(long)]
    json: bool,
    /// Whose, with an account-wide app: the name of a [[host]]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

/// Does what was typed. Some verbs mean more than one request, or what Zoom does not say itself.
pub(super) async fn run(context: &Context, typed: Typed) -> Result<Exit, Failure> {
    let own_body = typed.given_body()?;
    match (typed.operation.resource, typed.operation.verb) {
        ("availability", "get") => availability::get(context, &typed).await,
        ("availability", "create") if own_body.is_none() => {
            availability::write::create(context, &typed).await
        }
        ("availability", "patch") if own_body.is_none() => {
            availability::write::patch(context, &typed).await
        }
        ("slots", _) => slots::run(context, &typed).await,
        _ => operate::run(context, &typed, own_body).await,
    }
}
