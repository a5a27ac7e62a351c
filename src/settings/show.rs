//! The merged result, as it was said, with secrets masked.

use std::fmt::Write;

use config::{Map, Value, ValueKind};
use serde::Serialize;

use super::duration;
use super::layers::Layers;
use super::origin::Origin;
use super::secret::MASK;
use crate::plan::policy::BookingsPolicy;

/// The keys whose values are secrets, or addresses that are as good as one.
pub(super) const SECRETS: [&str; 8] = [
    "client_secret",
    "refresh_token",
    "secret_token",
    "admin_token",
    "password",
    "bearer_token",
    "header_value",
    "websocket",
];

/// What `[host.busy]` has without a word of it.
const BUSY: [(&str, &str); 5] = [
    ("to", "auto"),
    ("future", "60d"),
    ("before", "0m"),
    ("after", "0m"),
    ("title", "Busy"),
];

/// What `config show` prints as JSON.
#[must_use]
pub fn json(layers: &Layers) -> serde_json::Value {
    table_json(&with_defaults(&layers.root), false)
}

/// What every host has without a word of it, filled in: the file of defaults can name no host.
fn with_defaults(root: &Map<String, Value>) -> Map<String, Value> {
    let mut root = root.clone();
    let hosts = root.get_mut("host").map(|hosts| &mut hosts.kind);
    if let Some(ValueKind::Array(hosts)) = hosts {
        for host in hosts {
            let ValueKind::Table(host) = &mut host.kind else {
                continue;
            };
            fill(host, "zoom_user", "me");
            let bookings = host.get_mut("bookings").map(|table| &mut table.kind);
            if let Some(ValueKind::Table(bookings)) = bookings {
                fill_policy(bookings, &BookingsPolicy::default());
            }
            let busy = host.get_mut("busy").map(|table| &mut table.kind);
            if let Some(ValueKind::Table(busy)) = busy {
                for (key, usual) in BUSY {
                    fill(busy, key, usual);
                }
            }
            let hours = host.get_mut("hours").map(|table| &mut table.kind);
            if let Some(ValueKind::Table(hours)) = hours {
                fill(hours, "wins", "zoom");
            }
        }
    }
    root
}

fn fill_policy(table: &mut Map<String, Value>, usual: &BookingsPolicy) {
    fill(table, "past", &duration::print(usual.past));
    fill(table, "future", &duration::print(usual.future));
    fill(table, "grace", &duration::print(usual.grace));
    fill(table, "title", &usual.title);
    let words = [
        ("cancelled_in_zoom", word(&usual.cancelled_in_zoom)),
        ("deleted_in_calendar", word(&usual.deleted_in_calendar)),
        ("moved_in_calendar", word(&usual.moved_in_calendar)),
        ("attendees", word(&usual.attendees)),
    ];
    for (key, word) in words {
        fill(table, key, &word);
    }
    if let Some(alarm) = usual.alarm {
        fill(table, "alarm", &duration::print(alarm));
    }
}

/// The word that stands for a choice in a file.
fn word(choice: &impl Serialize) -> String {
    let word = serde_json::to_value(choice).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

fn fill(table: &mut Map<String, Value>, key: &str, usual: &str) {
    let usual = ValueKind::String(usual.to_owned());
    table
        .entry(key.to_owned())
        .or_insert_with(|| Value::new(None, usual));
}

fn table_json(map: &Map<String, Value>, feed: bool) -> serde_json::Value {
    let pairs = map.iter().map(|(key, value)| {
        let shown = if is_secret(key, feed) {
            MASK.into()
        } else {
            value_json(value)
        };
        (key.clone(), shown)
    });
    serde_json::Value::Object(pairs.collect())
}

fn value_json(value: &Value) -> serde_json::Value {
    match &value.kind {
        ValueKind::Table(map) => table_json(map, is_feed(map)),
        ValueKind::Array(items) => items.iter().map(value_json).collect(),
        ValueKind::String(text) => without_secrets(text).into(),
        ValueKind::Boolean(yes) => (*yes).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::Float(number) => (*number).into(),
        _ => serde_json::Value::Null,
    }
}

/// What `config show` prints as TOML; `origins` adds where each value was said.
#[must_use]
pub fn toml(layers: &Layers, origins: bool) -> String {
    let mut text = String::new();
    let root = with_defaults(&layers.root);
    write_table(&mut text, layers, &root, "", origins);
    text.trim_start().to_owned()
}

fn write_table(
    out: &mut String,
    layers: &Layers,
    map: &Map<String, Value>,
    path: &str,
    origins: bool,
) {
    let mut keys: Vec<(&String, &Value)> = map.iter().collect();
    keys.sort_by_key(|(key, _)| *key);
    let feed = is_feed(map);
    for (key, value) in &keys {
        if holds_tables(value) && !is_secret(key, feed) {
            continue;
        }
        let shown = if is_secret(key, feed) {
            MASK.into()
        } else {
            value_json(value)
        };
        let shown = serde_json_to_toml(&shown);
        // What was filled in was said nowhere.
        let origin = layers.origin(value).unwrap_or(&Origin::BuiltIn);
        let origin = if origins {
            format!("  # {origin}")
        } else {
            String::new()
        };
        writeln!(out, "{key} = {shown}{origin}").unwrap_or_default();
    }
    for (key, value) in keys {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        if is_secret(key, feed) {
            continue;
        }
        match &value.kind {
            ValueKind::Table(below) => {
                writeln!(out, "\n[{path}]").unwrap_or_default();
                write_table(out, layers, below, &path, origins);
            }
            ValueKind::Array(items) if holds_tables(value) => {
                for item in items {
                    if let ValueKind::Table(below) = &item.kind {
                        writeln!(out, "\n[[{path}]]").unwrap_or_default();
                        write_table(out, layers, below, &path, origins);
                    }
                }
            }
            _ => {}
        }
    }
}

fn holds_tables(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(_) => true,
        ValueKind::Array(items) => items
            .iter()
            .any(|item| matches!(item.kind, ValueKind::Table(_))),
        _ => false,
    }
}

fn serde_json_to_toml(value: &serde_json::Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| "\"\"".to_owned(), |value| value.to_string())
}

fn is_secret(key: &str, feed: bool) -> bool {
    SECRETS.contains(&key) || (feed && key == "url")
}

/// A read-only feed: its address is often the only thing that keeps it private.
fn is_feed(map: &Map<String, Value>) -> bool {
    map.get("kind")
        .is_some_and(|kind| matches!(&kind.kind, ValueKind::String(kind) if kind == "ics"))
}

/// An address without the password that may stand in it.
fn without_secrets(text: &str) -> String {
    let Ok(mut address) = url::Url::parse(text) else {
        return text.to_owned();
    };
    if address.password().is_none() || address.set_password(Some(MASK)).is_err() {
        return text.to_owned();
    }
    address.to_string()
}
