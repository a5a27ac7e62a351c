//! Tries everything that the configuration names, at once, and says of each what was seen and what
//! to do. Nothing is changed anywhere, but for one test object in each calendar that bookings or
//! hours go to, which is removed again.

mod calendars;
mod feeds;
mod item;
mod machine;
mod scopes;
mod secrets;
mod service;
mod state;
mod web;
mod webhook;
mod zoom;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, join_all};

use crate::adapters::memory::base::MemoryBase;
use crate::domain::ids::CalendarName;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};
use crate::settings::Settings;

pub use item::{Grade, Item, Report};

use secrets::Fetched;
use state::Tokens;

/// How long one thing may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What everything is tried with.
struct Kit<'a> {
    settings: &'a Settings,
    secrets: &'a Fetched,
    clock: &'a Arc<dyn Clock>,
    /// What is learnt on the way is kept here, and forgotten with it.
    scratch: Arc<dyn Base>,
    /// Where the tokens of calendars are; none where they cannot be had.
    kept: Option<Arc<dyn Base>>,
    /// The calendars for which the daemon had none to lend.
    not_lent: Vec<CalendarName>,
}

impl<'a> Kit<'a> {
    /// Before there is any state: `config init` tries what it was just told.
    fn without_state(
        settings: &'a Settings,
        secrets: &'a Fetched,
        clock: &'a Arc<dyn Clock>,
    ) -> Self {
        Self {
            settings,
            secrets,
            clock,
            scratch: Arc::new(MemoryBase::new()),
            kept: None,
            not_lent: Vec::new(),
        }
    }
}

/// Tries everything. The order of the items is that of the configuration.
pub async fn run(settings: &Settings, clock: &Arc<dyn Clock>) -> Report {
    let daemon = machine::daemon(settings).await;
    let state = state::state(settings, clock, &daemon).await;
    let (secret_items, fetched) = secrets::fetch(settings).await;
    let kit = Kit {
        settings,
        secrets: &fetched,
        clock,
        scratch: Arc::new(MemoryBase::new()),
        kept: state.kept.clone(),
        not_lent: state.not_lent.clone(),
    };
    let mut groups: Vec<BoxFuture<'_, Vec<Item>>> = vec![zoom::items(&kit, &state.tokens).boxed()];
    for calendar in &settings.calendars {
        groups.push(calendars::items(&kit, calendar).boxed());
    }
    groups.push(web::items(&kit, &daemon).boxed());
    groups.push(machine::items(settings).boxed());
    let tried = join_all(groups).await;
    let first = [vec![daemon.item()], state.items, secret_items].concat();
    Report::of(first.into_iter().chain(tried.into_iter().flatten()))
}

/// Tries Zoom alone, for an account-wide app.
pub async fn zoom(settings: &Settings, clock: &Arc<dyn Clock>) -> Vec<Item> {
    let (mut items, fetched) = secrets::fetch_zoom(settings).await;
    let kit = Kit::without_state(settings, &fetched, clock);
    items.extend(zoom::items(&kit, &Tokens::Anew).await);
    items
}

/// Tries one calendar alone.
pub async fn calendar(
    settings: &Settings,
    name: &CalendarName,
    clock: &Arc<dyn Clock>,
) -> Vec<Item> {
    let Some(calendar) = settings.calendar(name) else {
        return Vec::new();
    };
    let (mut items, fetched) = secrets::fetch_calendar(calendar).await;
    let kit = Kit::without_state(settings, &fetched, clock);
    items.extend(calendars::items(&kit, calendar).await);
    items
}

/// What came of something that may not take for ever.
async fn in_time<T>(doing: &str, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(Kind::Transient, doing)
            .because(format!("no answer within {} s", PATIENCE.as_secs()))
            .hint("try again; look at the server and the network if this stays")),
    }
}
