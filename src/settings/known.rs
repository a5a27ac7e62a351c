//! What variables of the environment may be called, and of which type the keys are that they set.

use std::collections::BTreeSet;

use config::{Map, Value, ValueKind};
use serde_json::Value as Json;

use super::environment::{Environment, PREFIX};
use super::reader::nearest;

/// Variables that set no key: what is logged, and what a command of `sync.on_failure` is told.
const OTHERS: [&str; 5] = [
    "SLOTBRIDGE_LOG",
    "SLOTBRIDGE_EVENT",
    "SLOTBRIDGE_HOST",
    "SLOTBRIDGE_FLOW",
    "SLOTBRIDGE_SINCE",
];

/// A text of a variable, as the type that its key has. What does not fit stays a text, and is told
/// where it is read.
pub(super) fn typed(path: &[String], text: &str) -> ValueKind {
    let of_key = schema().and_then(|schema| {
        let found = path.iter().try_fold(&schema, |at, name| {
            at.get("properties").and_then(|below| below.get(name))
        });
        found?.get("type")?.as_str().map(str::to_owned)
    });
    let text = text.to_owned();
    let trimmed = text.trim();
    let fitting = match of_key.as_deref() {
        Some("number") => trimmed.parse().ok().map(ValueKind::Float),
        Some("boolean") => trimmed.parse().ok().map(ValueKind::Boolean),
        _ => None,
    };
    fitting.unwrap_or(ValueKind::String(text))
}

/// What is to be said of variables that look like ours and mean nothing. Those that the
/// configuration speaks of (`{ env = "…" }`, a path) are its own.
pub(super) fn strangers(environment: &Environment, root: &Map<String, Value>) -> Vec<String> {
    let strange = environment.names().filter(|name| {
        name.starts_with("SLOTBRIDGE_")
            && !name.starts_with(PREFIX)
            && !OTHERS.contains(name)
            && !root.values().any(|value| speaks_of(value, name))
    });
    let strange: Vec<&str> = strange.collect();
    if strange.is_empty() {
        return Vec::new();
    }
    let known = names();
    let words = strange.into_iter().map(|name| {
        let known = known.iter().map(String::as_str);
        let remedy = match nearest(name, known.chain(OTHERS)) {
            Some(right) => format!("did you mean {right}?"),
            None => "a key is set by two underscores before and between its names, like SLOTBRIDGE__SYNC__EVERY".to_owned(),
        };
        format!("the variable {name} means nothing to slotbridge; {remedy}")
    });
    words.collect()
}

fn speaks_of(value: &Value, name: &str) -> bool {
    match &value.kind {
        ValueKind::String(text) => text.contains(name),
        ValueKind::Table(table) => table.values().any(|value| speaks_of(value, name)),
        ValueKind::Array(items) => items.iter().any(|item| speaks_of(item, name)),
        _ => false,
    }
}

fn schema() -> Option<Json> {
    serde_json::from_str(super::SCHEMA).ok()
}

/// The names of all variables that set a key.
fn names() -> BTreeSet<String> {
    fn collect(at: &Json, name: &str, names: &mut BTreeSet<String>) {
        let Some(below) = at.get("properties").and_then(Json::as_object) else {
            names.insert(name.to_owned());
            return;
        };
        for (key, at) in below {
            // Hosts and calendars cannot be set by a variable.
            if at.get("items").is_some() && at.get("minItems").is_none() {
                continue;
            }
            collect(at, &format!("{name}__{}", key.to_uppercase()), names);
        }
    }
    let mut names = BTreeSet::new();
    if let Some(schema) = schema() {
        collect(&schema, "SLOTBRIDGE", &mut names);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("SLOTBRIDGE_SYNC__EVERY", "did you mean SLOTBRIDGE__SYNC__EVERY?")]
    #[case("SLOTBRIDGE_ZOOM_API_URL", "did you mean SLOTBRIDGE__ZOOM__API_URL?")]
    #[case("SLOTBRIDGE_LOGS", "did you mean SLOTBRIDGE_LOG?")]
    #[case("SLOTBRIDGE_STATE_DIR", "did you mean SLOTBRIDGE__STATE_DIR?")]
    fn the_right_name_is_told(#[case] name: &str, #[case] remedy: &str) {
        let environment = [(name.to_owned(), "hush".to_owned())].into_iter().collect();
        let said = strangers(&environment, &Map::new());
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains(name) && said[0].ends_with(remedy),
            "{said:?}"
        );
        assert!(!said[0].contains("hush"), "{said:?}");
    }

    #[test]
    fn what_the_configuration_or_a_command_uses_is_known() {
        let names = [
            "SLOTBRIDGE_MINE",
            "SLOTBRIDGE_LOG",
            "SLOTBRIDGE__SYNC__EVERY",
            "PATH",
        ];
        let pairs = names.map(|name| (name.to_owned(), String::new()));
        let mine = Value::new(None, ValueKind::String("SLOTBRIDGE_MINE".to_owned()));
        let root = [("env".to_owned(), mine)].into_iter().collect();
        assert!(strangers(&pairs.into_iter().collect(), &root).is_empty());
    }

    #[test]
    fn a_text_is_what_its_key_is() {
        let path = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(typed(&path("zoom.share"), "0.5"), ValueKind::Float(0.5));
        let text = |text: &str| ValueKind::String(text.to_owned());
        assert_eq!(typed(&path("zoom.share"), "half"), text("half"));
        assert_eq!(
            typed(&path("zoom.auth.client_secret"), "0123"),
            text("0123")
        );
    }
}
