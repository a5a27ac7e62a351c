//! A Zoom Scheduler that lives in this process, speaks the same HTTP as the real one, and is
//! stricter than it: what it does not know it refuses.
//!
//! Three doors lead in: what people do in Zoom (`people`), what a client asks over HTTP (`server`),
//! and what a test wants to know afterwards (`questions`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, tz::TimeZone};

mod answer;
mod availability;
mod booking;
mod calendar;
mod call;
mod event;
mod events;
mod faults;
mod keyring;
mod listing;
mod oauth;
mod options;
mod page_token;
mod pages;
mod patch;
mod people;
mod query;
mod questions;
mod quota;
mod report;
mod resources;
mod route;
mod seen;
mod server;
mod setup;
mod shelf;
mod slots;
mod strict;
mod strike;
#[cfg(test)]
mod tests;
mod ticker;
mod visitor;

pub use booking::{NewBooking, Place};
pub use faults::{Fault, FaultPlan};
pub use keyring::Refresh;
pub use options::{AccountOptions, StoppedClock};
pub use pages::Page;
pub use people::calendar::{CalendarEvent, EventTime};
pub use seen::{Door, Patch, Seen};
pub use server::Server;
pub use setup::{
    AppOwner, AvailabilityOptions, CalendarOptions, Connection, Discovery, EmptySegments, Role,
    Scope, ShowsSegments, Times,
};

use availability::Rota;
use calendar::Diary;
use keyring::Keyring;
use quota::Quota;
use seen::Log;
use shelf::Shelf;

/// A Zoom account with one host. Clones are the same account.
///
/// What differs from one account to the next is set in its [`AccountOptions`]: `app_owner`,
/// `availability` and `calendar` hold what is not known of the real Zoom.
#[derive(Clone)]
pub struct Account {
    shared: Arc<Shared>,
}

struct Shared {
    options: AccountOptions,
    /// `options.time_zone`, looked up once; UTC where there is no such zone.
    zone: TimeZone,
    state: Mutex<State>,
    faults: FaultPlan,
}

/// Everything that changes.
struct State {
    shelf: Shelf,
    rota: Rota,
    pages: Vec<Page>,
    diary: Diary,
    keys: Keyring,
    quota: Quota,
    log: Log,
    /// How many pages and links were made over HTTP.
    made: u64,
}

impl State {
    /// A name that nothing had so far.
    fn next_number(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}-{}", self.made)
    }
}

impl Account {
    /// An empty account.
    #[must_use]
    pub fn new(options: AccountOptions) -> Self {
        let state = State {
            shelf: Shelf::new(options.seed),
            rota: Rota::new(options.seed, &options.time_zone),
            pages: Page::usual(),
            diary: Diary::new(&options),
            keys: Keyring::new(&options),
            quota: Quota::new(options.requests_per_second),
            log: Log::default(),
            made: 0,
        };
        Self {
            shared: Arc::new(Shared {
                zone: TimeZone::get(&options.time_zone).unwrap_or(TimeZone::UTC),
                options,
                state: Mutex::new(state),
                faults: FaultPlan::default(),
            }),
        }
    }

    /// What goes wrong on purpose.
    #[must_use]
    pub fn faults(&self) -> &FaultPlan {
        &self.shared.faults
    }

    /// How it was set up. The refresh token there is the first one: ask
    /// [`Account::refresh_token`] for the one that is good now.
    #[must_use]
    pub fn options(&self) -> &AccountOptions {
        &self.shared.options
    }

    /// The time in this account.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.options.clock.now()
    }

    fn zone(&self) -> TimeZone {
        self.shared.zone.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked while holding the lock says so itself; the others may go on.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
