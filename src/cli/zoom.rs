//! `slotbridge zoom`: Zoom Scheduler's API as commands.

mod availability;
mod bookings;
mod connection;
mod overrides;
mod pages;
mod slots;
mod table;
mod weekly;

use clap::{Args, Subcommand};

use super::Context;
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Subcommand)]
pub(super) enum Resource {
    /// Bookings
    #[command(subcommand)]
    Events(bookings::Events),
    /// People of the account
    #[command(subcommand)]
    Users(bookings::Users),
    /// Working hours: availability schedules
    #[command(subcommand)]
    Availability(availability::Verb),
    /// Booking pages
    #[command(subcommand)]
    Schedules(pages::Verb),
    /// What an invitee can book on a page now
    Slots(slots::Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Print JSON as Zoom answers it; bookings and people always are
    #[arg(long)]
    json: bool,
    /// Whose, with an account-wide app: the name of a [[host]]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

pub(super) async fn run(context: &Context, resource: Resource) -> Result<Exit, Failure> {
    match resource {
        Resource::Events(events) => bookings::run(context, events).await,
        Resource::Users(users) => bookings::users(context, users).await,
        Resource::Availability(verb) => availability::run(context, verb).await,
        Resource::Schedules(verb) => pages::run(context, verb).await,
        Resource::Slots(arguments) => slots::run(context, &arguments).await,
    }
}
