//! What Zoom writes. Everything is optional, and what has an unexpected shape counts as absent:
//! `convert` says what a booking cannot be without.

#![allow(
    clippy::struct_field_names,
    reason = "fields are named as they are on the wire"
)]

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// One page of `/scheduler/events`. Items are read one by one, so that a broken one stops only
/// itself.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) items: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) next_page_token: String,
    #[serde(flatten)]
    pub(super) rest: serde_json::Map<String, Value>,
}

/// One scheduled event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    #[serde(deserialize_with = "lenient")]
    pub(super) event_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) schedule_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) summary: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) description: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) start_date_time: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) end_date_time: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) status: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) event_type: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) updated: Option<String>,
    #[serde(deserialize_with = "lenient_list")]
    pub(super) attendees: Vec<Attendee>,
    #[serde(deserialize_with = "lenient_list")]
    pub(super) guests: Vec<Guest>,
    #[serde(deserialize_with = "lenient")]
    pub(super) location: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) external_location: Option<ExternalLocation>,
    #[serde(deserialize_with = "lenient")]
    pub(super) meeting_notes: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) manage_url: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) text_phone_number: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) phone_number: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) rescheduled_from_event_id: Option<String>,
}

/// One attendee, in an event or as a resource of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attendee {
    #[serde(deserialize_with = "lenient")]
    pub(super) attendee_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) booker: bool,
    #[serde(deserialize_with = "lenient")]
    pub(super) display_name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) first_name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) last_name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) email: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) time_zone: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) no_show: bool,
    #[serde(deserialize_with = "lenient")]
    pub(super) manage_url: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) text_phone_number: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) phone_number: Option<String>,
    #[serde(deserialize_with = "lenient_list")]
    pub(super) custom_values: Vec<CustomValue>,
}

/// One answered question of the booking form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CustomValue {
    #[serde(deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) position: Option<i64>,
    #[serde(deserialize_with = "lenient_list")]
    pub(super) values: Vec<String>,
}

/// A guest: a mail address, or an object with one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Guest {
    Address(String),
    Object { email: String },
}

/// An online meeting.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExternalLocation {
    #[serde(deserialize_with = "lenient")]
    pub(super) kind: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) meeting_id: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) personal_meeting_id: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) meeting_passcode: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) meeting_join_url: String,
}

/// A value, or the default where it has another shape.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// The items of a list that have the expected shape.
fn lenient_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let items = match Value::deserialize(deserializer)? {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    Ok(items
        .into_iter()
        .filter_map(|item| serde_json::from_value(item).ok())
        .collect())
}

/// Meeting ids are numbers in other Zoom APIs.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}
