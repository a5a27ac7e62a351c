//! The built-in Zoom account, and the story that `slotbridge demo` tells with it.

/// A Zoom Scheduler that lives in this process and speaks the same HTTP as the real one.
pub mod account;
mod configuration;
mod editor;
mod stage;
/// The story as data.
pub mod story;
/// What both sides hold, as a table.
pub mod table;
mod tale;

pub use tale::{Telling, tell};
