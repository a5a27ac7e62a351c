//! Whether the asker has it already (RFC 9110 section 13).

use axum::http::HeaderMap;
use axum::http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimePrinter;

/// The three ways in which a date may be written (RFC 9110 section 5.6.7), the usual one first.
const DATES: [&str; 3] = [
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %d %H:%M:%S %Y",
];

/// Whether a tag is named in `If-None-Match`; how strong it is does not matter there (RFC 9110
/// section 13.1.2).
pub(super) fn is_listed(headers: &HeaderMap, etag: &str) -> bool {
    listed(headers).any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Whether the answer is 304. `If-None-Match` has the say where it is there.
pub(super) fn is_known(headers: &HeaderMap, etag: &str, modified: Timestamp) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        return is_listed(headers, etag) || listed(headers).any(|tag| tag == "*");
    }
    let mut dates = headers.get_all(IF_MODIFIED_SINCE).into_iter();
    let since = match (dates.next(), dates.next()) {
        (Some(date), None) => date.to_str().ok().and_then(read),
        _ => None,
    };
    since.is_some_and(|since| modified.as_second() <= since.as_second())
}

/// The tags of `If-None-Match`. A comma within quotes ends none; ours have none, so that a tag of
/// somebody else that is cut there cannot become one of ours.
fn listed(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(IF_NONE_MATCH)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}

/// `Last-Modified`.
pub(super) fn date(time: Timestamp) -> String {
    let printed = DateTimePrinter::new().timestamp_to_rfc9110_string(&time);
    printed.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

fn read(text: &str) -> Option<Timestamp> {
    let parsed = DATES
        .into_iter()
        .find_map(|form| DateTime::strptime(form, text.trim()).ok())?;
    let zoned = parsed.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}
