//! The merged result, as it was said, with secrets masked.

use std::fmt::Write;

use config::{Map, Value, ValueKind};

use super::layers::Layers;
use super::secret::MASK;

/// The keys whose values are secrets, or addresses that are as good as one.
const SECRETS: [&str; 7] = [
    "client_secret",
    "refresh_token",
    "secret_token",
    "admin_token",
    "password",
    "bearer_token",
    "websocket",
];

/// What `config show` prints as JSON.
#[must_use]
pub fn json(layers: &Layers) -> serde_json::Value {
    table_json(&layers.root, false)
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
    write_table(&mut text, layers, &layers.root, "", origins);
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
        let origin = origins.then(|| layers.origin(value)).flatten();
        let origin = origin
            .map(|origin| format!("  # {origin}"))
            .unwrap_or_default();
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
