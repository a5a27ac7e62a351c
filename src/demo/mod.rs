//! The built-in Zoom account, and the story that `slotbridge demo` tells with it.

/// A Zoom Scheduler that lives in this process and speaks the same HTTP as the real one.
pub mod account;
