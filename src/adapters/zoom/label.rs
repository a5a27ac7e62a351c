//! How heavy Zoom calls a request, and so how many of its kind an account may make.

use reqwest::Method;

/// Zoom's labels; each has a limit per second of its own (FACTS.md section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// All of Scheduler, and one event of a calendar by its id.
    Light,
    /// Listing the events of a calendar.
    Medium,
    /// Writing to a calendar, and finding it.
    Heavy,
}

impl Label {
    /// The label of a request. What is not known of the Calendar API counts as heavy.
    pub(super) fn of(method: &Method, path: &[&str]) -> Self {
        match path {
            ["calendars", _, "events", _] if *method == Method::GET => Self::Light,
            ["calendars", _, "events"] if *method == Method::GET => Self::Medium,
            ["calendars", ..] => Self::Heavy,
            _ => Self::Light,
        }
    }
}
