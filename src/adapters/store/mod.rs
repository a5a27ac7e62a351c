//! The state on disk: an ordered map in sled that survives kills, power cuts and damaged bytes.
//!
//! ```text
//! state_dir/           0700
//!   lock               one process at a time; holds the pid
//!   db/                sled
//!   blobs/             values of 64 KiB and more, by their SHA-256
//!   generation         number of the last batch that is known to be on disk
//!   kept.json          a second copy of tokens, of feed addresses and of what waits for a person
//!   exports/           one export a day, the newest seven
//!   db.damaged-…/      what could not be read, put aside and never deleted
//! ```

mod blobs;
mod daily;
mod disk;
mod export;
mod guard;
mod head;
mod import;
mod kept;
mod lock;
mod open;
mod overlay;
mod owner;
mod packed;
mod recover;
mod rights;
mod schema;
mod sled_base;
mod upkeep;

pub use daily::{DAYS_KEPT, export_daily, is_exported};
pub use export::{Exported, export, is_export, write_export};
pub use import::{Force, Imported, import};
pub use open::{Damage, OpenError, Opened, Options, Recovered};
pub use overlay::Overlay;
pub use schema::{Schema, Step};
pub use sled_base::SledBase;
pub use upkeep::{Report, rebuild};

/// Key prefixes of what no side could tell us again: single-use tokens, used-up quotas, and the
/// addresses of feeds, which subscribers have.
pub const IRREPLACEABLE: [&str; 3] = ["token/", "quota/", "feedtoken/"];

/// Key prefixes of what waits for a person.
pub const WAITING: [&str; 2] = ["conflict/", "held/"];

/// Key prefixes of what a person had in Zoom before we wrote over it: nothing else tells it apart.
const COVERED: &str = "overrides/";

/// Key prefixes of pairs that are many and small: the ways to a booking from its entry.
const SMALL: [&str; 2] = ["href/", "uid/"];

/// How many pairs are read at a time when everything is read.
const PAGE: usize = 300;
