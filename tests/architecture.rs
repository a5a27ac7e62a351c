//! The arrow between the modules, and the words that pure modules never say.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read the sources has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which of our modules a module may import. `None`: whatever it composes.
const ARROW: &[(&str, Option<&[&str]>)] = &[
    ("domain", Some(&[])),
    ("telemetry", Some(&[])),
    ("ical", Some(&["domain"])),
    ("plan", Some(&["domain"])),
    ("ports", Some(&["domain"])),
    ("engine", Some(&["domain", "ical", "plan", "ports"])),
    ("adapters", Some(&["domain", "ical", "ports"])),
    ("triggers", Some(&["domain", "engine", "ports"])),
    (
        "web",
        Some(&["domain", "ical", "engine", "ports", "triggers"]),
    ),
    ("settings", Some(&["domain", "plan"])),
    ("app", None),
    ("cli", None),
    ("demo", None),
    ("lib", None),
    ("main", None),
];

/// What decides must not do: neither wait, nor read the clock, nor touch the machine.
const PURE: &[&str] = &["domain", "ical", "plan"];
const FORBIDDEN: &[&str] = &[
    "async ", "tokio", "reqwest", "sled", "tracing", "std::fs", "std::env", "::now()", "HashMap",
];

/// Adapters that every sibling may use.
const SHARED: &[&str] = &["backoff", "http_client", "oauth", "system", "to_end"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Each source file's path below `src`, with its text less comments.
fn code() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let bare = |text: String| {
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, bare(fs::read_to_string(&path).unwrap()))
        })
        .collect()
}

fn module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn is_test(file: &str) -> bool {
    file.ends_with("tests.rs") || file.contains("/tests/")
}

/// The text before the unit tests, which may import what they like.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

/// The first segments behind each `crate::`, braces included.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap();
                let mut depth = 0;
                let mut word = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push(std::mem::take(&mut word)),
                        c if depth == 0 => word.push(c),
                        _ => {}
                    }
                }
                found.push(word);
            }
            None => found.push(part.to_owned()),
        }
    }
    found
        .iter()
        .map(|path| {
            let path = path.trim();
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            path[..end.unwrap_or(path.len())].to_owned()
        })
        .filter(|path| !path.is_empty())
        .collect()
}

#[test]
fn modules_import_only_what_stands_before_them() {
    let mut wrong = Vec::new();
    for (file, text) in code() {
        let Some((_, allowed)) = ARROW.iter().find(|(name, _)| *name == module(&file)) else {
            wrong.push(format!("{file}: a module that the map does not know"));
            continue;
        };
        let Some(allowed) = allowed else { continue };
        if is_test(&file) {
            continue;
        }
        for path in imports(product(&text)) {
            let first = path.split("::").next().unwrap();
            if first != module(&file) && !allowed.contains(&first) {
                wrong.push(format!("{file} imports {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn adapters_never_meet_their_siblings() {
    let mut wrong = Vec::new();
    for (file, text) in code() {
        let Some(own) = file.strip_prefix("adapters/") else {
            continue;
        };
        let own = own.split('/').next().unwrap().trim_end_matches(".rs");
        if own == "mod" || is_test(&file) {
            continue;
        }
        for path in imports(product(&text)) {
            let mut parts = path.split("::");
            if parts.next() != Some("adapters") {
                continue;
            }
            let other = parts.next().unwrap_or_default();
            if other != own && !SHARED.contains(&other) {
                wrong.push(format!("{file} imports {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_decides_does_nothing() {
    let mut wrong = Vec::new();
    for (file, text) in code() {
        if !PURE.contains(&module(&file)) {
            continue;
        }
        for word in FORBIDDEN {
            if text.contains(word) {
                wrong.push(format!("{file} says {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reading_of_imports_is_not_blind() {
    let text = "use crate::domain::ids::{A, B};\nuse crate::{ports::x, engine::{pass, y}};";
    assert_eq!(imports(text), ["domain::ids::", "ports::x", "engine::"]);
}
