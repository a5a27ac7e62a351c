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

use std::sync::{Arc, Mutex, PoisonError};
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

/// Hears what is still waited for, whenever that changes.
pub type Tells<'a> = &'a (dyn Fn(&str) + Sync);

/// Tries everything. The order of the items is that of the configuration.
pub async fn run(settings: &Settings, clock: &Arc<dyn Clock>, tells: Tells<'_>) -> Report {
    tells("the daemon and the state");
    let daemon = machine::daemon(settings).await;
    let state = state::state(settings, clock, &daemon).await;
    tells("secrets");
    let (secret_items, fetched) = secrets::fetch(settings).await;
    let kit = Kit {
        settings,
        secrets: &fetched,
        clock,
        scratch: Arc::new(MemoryBase::new()),
        kept: state.kept.clone(),
        not_lent: state.not_lent.clone(),
    };
    let waiting = Waiting::new(tells);
    let zoom = zoom::items(&kit, &state.tokens);
    let mut groups: Vec<BoxFuture<'_, Vec<Item>>> =
        vec![waiting.on("Zoom".to_owned(), zoom).boxed()];
    for calendar in &settings.calendars {
        let name = format!("calendar {}", calendar.name);
        groups.push(waiting.on(name, calendars::items(&kit, calendar)).boxed());
    }
    let web = web::items(&kit, &daemon);
    groups.push(waiting.on("what hears of Zoom".to_owned(), web).boxed());
    groups.push(
        waiting
            .on("systemd".to_owned(), machine::items(settings))
            .boxed(),
    );
    let tried = join_all(groups).await;
    let first = [vec![daemon.item()], state.items, secret_items].concat();
    Report::of(first.into_iter().chain(tried.into_iter().flatten()))
}

/// What is waited for, told whenever that changes.
struct Waiting<'a> {
    tells: Tells<'a>,
    names: Mutex<Vec<String>>,
}

impl<'a> Waiting<'a> {
    fn new(tells: Tells<'a>) -> Self {
        Self {
            tells,
            names: Mutex::default(),
        }
    }

    async fn on<T>(&self, name: String, work: impl Future<Output = T>) -> T {
        self.change(|names| names.push(name.clone()));
        let done = work.await;
        self.change(|names| names.retain(|other| *other != name));
        done
    }

    fn change(&self, how: impl FnOnce(&mut Vec<String>)) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        how(&mut names);
        (self.tells)(&names.join(", "));
    }
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
    let (mut items, fetched) = secrets::fetch_calendar(settings, calendar).await;
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
