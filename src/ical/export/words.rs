//! The words that we write into entries.

/// `X-SLOTBRIDGE-EVENT-ID`: the booking's id now.
pub const EVENT_ID: &str = "X-SLOTBRIDGE-EVENT-ID";
/// `X-SLOTBRIDGE-HOST`: the host's name in the configuration.
pub const HOST: &str = "X-SLOTBRIDGE-HOST";
/// `X-SLOTBRIDGE-BASE`: digests of what both sides agreed on.
pub const BASE: &str = "X-SLOTBRIDGE-BASE";
/// `LABEL` of our `CONFERENCE`.
pub const CONFERENCE_LABEL: &str = "Join";
/// `CATEGORIES` of a new entry.
pub const CATEGORY: &str = "Zoom Scheduler";
/// `PRODID`. Without a version: a new release must not make old entries look changed.
pub const PRODUCT: &str = "-//slotbridge//slotbridge//EN";
