//! Writes entries: a new one, or changes to one that is there.

pub(super) mod create;
mod edit;
/// The words that we write into entries.
pub(super) mod words;

use jiff::Timestamp;

use super::content_line::ContentLine;

pub use super::broken::Broken;
pub use create::create;
pub use edit::edit;

/// A DATE-TIME in UTC (RFC 5545 section 3.3.5, form 2).
pub(super) fn utc(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Our `CONFERENCE` (RFC 7986 section 5.11).
fn conference(address: &str) -> ContentLine {
    let parameters = [("VALUE", "URI"), ("LABEL", words::CONFERENCE_LABEL)];
    ContentLine::with_parameters("CONFERENCE", &parameters, address)
}

#[cfg(test)]
mod tests;
