//! docs/ERRORS.md: every message of the program, read out of its sources. What stands there is
//! made here, so that no message can be left out:
//!
//! ```sh
//! SLOTBRIDGE_WRITE_DOCS=1 cargo test --test docs errors
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::page::root;
use crate::source::Source;

/// Set, it has the page written anew.
const WRITE: &str = "SLOTBRIDGE_WRITE_DOCS";
/// Where the lists begin.
const BEGIN: &str = "<!-- what stands in the sources -->\n";

/// The parts of the page: a heading, and the sources that its messages stand in.
const PARTS: [(&str, &str, &[&str]); 9] = [
    (
        "Configuration",
        "Each with the file and line, and the key, before it.",
        &["settings"],
    ),
    ("Zoom", "", &["adapters/zoom", "adapters/oauth"]),
    ("CalDAV", "", &["adapters/caldav"]),
    (
        "Feeds that are read",
        "None of them names the address: it may be secret.",
        &["adapters/ics"],
    ),
    ("Directories", "", &["adapters/vdir"]),
    (
        "Connections",
        "Of Zoom, CalDAV and feeds alike.",
        &["adapters/http_client"],
    ),
    ("State", "", &["adapters/store", "app/state", "app/control"]),
    (
        "Passes",
        "What both sides said does not fit, or waits for a person.",
        &["engine", "triggers", "plan", "ical", "ports"],
    ),
    (
        "Commands and checks",
        "",
        &["app", "cli", "main", "telemetry", "web", "adapters"],
    ),
];

/// The product's sources, by their paths below `src`.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let src = root().join("src");
    let mut paths = Vec::new();
    collect(&src, &mut paths);
    paths.sort();
    let named = paths.into_iter().map(|path| {
        let name = path.strip_prefix(&src).unwrap().display().to_string();
        (name, fs::read_to_string(&path).unwrap())
    });
    // What the built-in account and the fakes say nobody is told.
    let hidden = ["demo/", "adapters/memory/", "tests/", "tests.rs", "laws.rs"];
    named
        .filter(|(name, _)| !hidden.iter().any(|part| name.contains(part)))
        .collect()
}

/// Which part a source belongs to: the first whose path it begins with.
fn part_of(name: &str) -> usize {
    let own = name.trim_end_matches(".rs");
    let is_in = |path: &&str| own == *path || name.starts_with(&format!("{path}/"));
    let fits = |(_, _, paths): &(&str, &str, &[&str])| paths.iter().any(is_in);
    PARTS.iter().position(fits).unwrap_or(PARTS.len() - 1)
}

fn page() -> String {
    let mut parts: Vec<BTreeSet<(String, String)>> = vec![BTreeSet::new(); PARTS.len()];
    for (name, text) in sources() {
        let messages = Source::read(&text).messages();
        parts[part_of(&name)].extend(messages);
    }
    let mut page = String::new();
    for ((title, words, _), messages) in PARTS.iter().zip(parts) {
        write!(page, "\n## {title}\n\n").unwrap();
        if !words.is_empty() {
            write!(page, "{words}\n\n").unwrap();
        }
        page.push_str("| slotbridge says | what to do |\n| --- | --- |\n");
        let (told, parts): (Vec<_>, Vec<_>) =
            messages.iter().partition(|(said, _)| !said.is_empty());
        for (said, hint) in &told {
            writeln!(page, "| {} | {} |", cell(said), cell(hint)).unwrap();
        }
        let is_told = |words: &str| {
            told.iter()
                .any(|(said, hint)| said == words || hint == words)
        };
        let mut parts = parts.iter().filter(|(_, words)| !is_told(words)).peekable();
        if parts.peek().is_some() {
            page.push_str("\nParts of several messages, and advice that goes with several:\n\n");
        }
        for (_, words) in parts {
            writeln!(page, "- {}", cell(words)).unwrap();
        }
    }
    page
}

fn cell(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('|', "\\|")
        .replace('*', "\\*")
        .replace('<', "\\<")
}

#[test]
fn every_message_of_the_program_stands_on_the_page() {
    let path = root().join("docs/ERRORS.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, old) = text.split_once(BEGIN).unwrap();
    let new = page();
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, [head, BEGIN, &new].concat()).unwrap();
        return;
    }
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let (old_lines, new_lines) = (lines(old), lines(&new));
    let missing: Vec<&String> = new_lines.difference(&old_lines).collect();
    let gone: Vec<&String> = old_lines.difference(&new_lines).collect();
    assert!(
        old == new,
        "docs/ERRORS.md differs; {WRITE}=1 writes it anew\nmissing: {missing:#?}\nno longer said: {gone:#?}"
    );
}

#[test]
fn the_reading_of_the_sources_is_not_blind() {
    let page = page();
    for words in [
        "the server refused the credentials (401)",
        "check username and password",
        "this is not a duration",
        "this key is not known",
        "nobody has logged in yet",
        "make room on that disk",
        "belongs to another user",
        "name it in HTTPS_PROXY",
        "copy its address anew",
        "there is no such directory",
        "restart it: it may be of another version",
        "has the daemon run a pass",
    ] {
        assert!(page.contains(words), "{words}");
    }
}
