//! Reads JSON that a client sent: what is not known is refused, and so is what is of the wrong type.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::{Answer, Result};
use super::call::{Body, Call};

/// The body of a request: an object with only these names.
pub(super) fn body<'a>(call: &'a Call, known: &[&str]) -> Result<&'a Map<String, Value>> {
    match &call.body {
        Body::Json(value) => object("body", value, known),
        Body::Empty | Body::Form(_) | Body::Nonsense => {
            Err(Answer::bad_request("body", "not JSON"))
        }
    }
}

/// An object with only these names.
pub(super) fn object<'a>(
    field: &str,
    value: &'a Value,
    known: &[&str],
) -> Result<&'a Map<String, Value>> {
    let object = value
        .as_object()
        .ok_or_else(|| Answer::bad_request(field, "not an object"))?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(Answer::bad_request(unknown, "unknown, or cannot be set")),
        None => Ok(object),
    }
}

/// A list; an empty one where the name is missing.
pub(super) fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a [Value]> {
    match object.get(name) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Answer::bad_request(name, "not a list")),
    }
}

/// A text of at most so many characters.
pub(super) fn text<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    limit: usize,
) -> Result<Option<&'a str>> {
    let Some(value) = object.get(name) else {
        return Ok(None);
    };
    let text = value
        .as_str()
        .ok_or_else(|| Answer::bad_request(name, "not a text"))?;
    if text.chars().count() > limit {
        return Err(Answer::bad_request(name, "too long"));
    }
    Ok(Some(text))
}

/// Yes or no.
pub(super) fn flag(object: &Map<String, Value>, name: &str) -> Result<Option<bool>> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(Answer::bad_request(name, "neither true nor false")),
    }
}

/// An RFC 3339 time with its offset.
pub(super) fn instant(field: &str, text: &str) -> Result<Timestamp> {
    // jiff takes more than RFC 3339 does (a space, no seconds, a zone in brackets).
    let framed =
        text.get(10..11) == Some("T") && text.get(16..17) == Some(":") && !text.contains('[');
    let time = text.parse().ok().filter(|_| framed);
    time.ok_or_else(|| Answer::bad_request(field, "not an RFC 3339 time with an offset"))
}

/// An IANA zone by its name.
pub(super) fn zone(field: &str, name: &str) -> Result<jiff::tz::TimeZone> {
    jiff::tz::TimeZone::get(name).map_err(|_| Answer::bad_request(field, "not a time zone"))
}
