//! The files that come with the program say what the code says.

use std::collections::BTreeSet;

use super::super::layers::Layers;
use super::super::reader::Reader;
use super::*;
use crate::plan::policy::BookingsPolicy;

/// `config/default.toml` with every key switched on: `#key` is a key, `# text` a comment, and `##key`
/// a key that excludes another one or has no default.
fn everything(also_doubly: bool) -> String {
    let lines = DEFAULTS.lines().map(|line| {
        let word = |c: char| c.is_ascii_lowercase() || c == '[';
        match (line.strip_prefix("##"), line.strip_prefix('#')) {
            (Some(key), _) if key.starts_with(word) => {
                if also_doubly {
                    key
                } else {
                    ""
                }
            }
            (_, Some(key)) if key.starts_with(word) => key,
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_defaults_of_the_file_are_those_of_the_code() {
    let settings = given(&everything(false)).settings();
    let host = &settings.hosts[0];
    assert_eq!(
        host.bookings.as_ref().unwrap().policy,
        BookingsPolicy::default()
    );
    let bare = format!(
        "{CALENDARS}\n[[calendar]]\nname = \"laptop\"\nkind = \"vdir\"\npath = \"/x\"\n[[host]]\nname = \"alice\"\n[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\", \"family\", \"laptop\"]\n[host.hours]\ncalendar = \"work\"\n[[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\""
    );
    let bare = given(&bare).settings();
    assert_eq!(
        serde_json::to_value(host).unwrap(),
        serde_json::to_value(&bare.hosts[0]).unwrap()
    );
    assert_eq!(settings.sync, bare.sync);
}

#[test]
fn every_key_stands_in_the_default_file() {
    let given = given(&everything(true));
    let environment: Environment = given.environment.iter().cloned().collect();
    let (layers, mistakes) = Layers::read(&given.sources, &environment);
    let reader = Reader::new(&layers, &environment, mistakes);
    let _ = resolve::read(&reader, &given.sources);
    let (mistakes, asked) = reader.finish();
    let unknown = mistakes
        .sorted()
        .into_iter()
        .filter(|mistake| mistake.cause.contains("not known"));
    assert_eq!(unknown.count(), 0, "{mistakes}");
    let written: BTreeSet<String> = keys(&toml::from_str(&everything(true)).unwrap(), "");
    let forms = |key: &String| {
        [".file", ".command", ".env", ".credential"]
            .iter()
            .any(|form| key.ends_with(form))
    };
    let missing: Vec<&String> = asked
        .iter()
        .filter(|key| !written.contains(*key) && !forms(key))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn keys(table: &toml::Table, path: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (key, value) in table {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            toml::Value::Table(below) => all.extend(keys(below, &path)),
            toml::Value::Array(items) => {
                for below in items.iter().filter_map(toml::Value::as_table) {
                    all.extend(keys(below, &path));
                }
            }
            _ => {}
        }
        all.insert(path);
    }
    all
}

#[test]
fn the_starter_file_is_without_mistakes() {
    let settings = given(STARTER).settings();
    assert_eq!(settings.hosts.len(), 1);
    assert!(matches!(settings.zoom.auth, Some(Auth::User { .. })));
}

#[test]
fn the_schema_takes_what_the_code_takes() {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let valid = |text: &str| {
        let value: toml::Value = toml::from_str(text).unwrap();
        schema.is_valid(&serde_json::to_value(value).unwrap())
    };
    for text in [DEFAULTS, STARTER, &everything(false)] {
        assert!(valid(text), "{text}");
    }
    // `##` keys include both `every` and `cron`, which exclude each other.
    let all = everything(true).replace("every = \"5m\"", "");
    assert!(valid(&all), "{all}");
    for text in [
        "zoom.api_ulr = 'x'",
        "sync.every = 5",
        "sync.every = '5 minutes'",
        "zoom.plan = 'gold'",
        "[[host]]\nzoom_user = 'me'",
    ] {
        assert!(!valid(text) && given(text).load().is_err(), "{text}");
    }
}

/// The keys of an object, at any depth, whose value is a secret by the schema.
fn secrets_of(schema: &serde_json::Value, found: &mut Vec<String>) {
    let Some(object) = schema.as_object() else {
        for one in schema.as_array().into_iter().flatten() {
            secrets_of(one, found);
        }
        return;
    };
    for (key, value) in object {
        if value["$ref"] == "#/$defs/secret" {
            found.push(key.clone());
        }
        secrets_of(value, found);
    }
}

#[test]
fn every_secret_of_the_schema_is_masked() {
    let mut keys = Vec::new();
    secrets_of(&serde_json::from_str(SCHEMA).unwrap(), &mut keys);
    assert!(keys.len() >= 9, "{keys:?}");
    for key in keys {
        assert!(
            super::super::show::SECRETS.contains(&key.as_str()),
            "{key} is shown in clear"
        );
    }
}
