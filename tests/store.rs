//! The store keeps what it confirmed: through kills, damage, full disks, and whoever comes next.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests, and the children of the kill test speak over stdout"
)]

#[path = "store/damage.rs"]
mod damage;
#[path = "store/equal.rs"]
mod equal;
#[path = "store/export.rs"]
mod export;
#[path = "store/kill.rs"]
mod kill;
#[path = "store/open.rs"]
mod open;
#[path = "store/owner.rs"]
mod owner;
#[path = "store/schema.rs"]
mod schema;

use std::path::Path;

use jiff::Timestamp;
use slotbridge::adapters::store::{Opened, Options, Recovered, SledBase};
use slotbridge::ports::base::{Base, Change};

/// A fixed time.
fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn options() -> Options {
    Options::at(now())
}

fn opened(dir: &Path) -> Opened {
    SledBase::open(dir, &options()).unwrap()
}

/// A state that must be whole.
fn whole(dir: &Path) -> SledBase {
    let opened = opened(dir);
    assert_eq!(opened.recovered, Recovered::No);
    opened.base
}

fn put(key: &str, value: impl Into<Vec<u8>>) -> Change {
    Change::Put(key.to_owned(), value.into())
}

fn delete(key: &str) -> Change {
    Change::Delete(key.to_owned())
}

fn all(base: &dyn Base) -> Vec<(String, Vec<u8>)> {
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    loop {
        let after = pairs.last().map(|(key, _)| key.clone());
        let page = base.scan("", after.as_deref(), 7).unwrap();
        if page.is_empty() {
            return pairs;
        }
        pairs.extend(page);
    }
}
