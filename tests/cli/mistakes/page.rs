//! docs/MISTAKES.md: its tables are what the test heard.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

/// Set, it has the page written anew.
const WRITE: &str = "SLOTBRIDGE_WRITE_DOCS";
/// Several tests write parts of one file.
static PAGE: Mutex<()> = Mutex::new(());

/// One mistake, as the page shows it.
#[derive(Debug)]
pub struct Row {
    pub what: String,
    pub command: String,
    pub said: String,
    pub hint: String,
    pub code: i32,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/MISTAKES.md")
}

fn read() -> String {
    fs::read_to_string(path()).unwrap()
}

/// A section: the text before it, its own, the text behind it.
fn section<'p>(page: &'p str, name: &str) -> (&'p str, &'p str, &'p str) {
    let begin = format!("<!-- what the test heard: {name} -->\n");
    let end = "<!-- end -->";
    let start = page.find(&begin).unwrap_or_else(|| {
        panic!("docs/MISTAKES.md has no line {begin}");
    }) + begin.len();
    let length = page[start..].find(end).unwrap();
    let (before, rest) = page.split_at(start);
    let (own, behind) = rest.split_at(length);
    (before, own, behind)
}

/// The page says what was heard; or is made to.
pub fn compare(name: &str, rows: &[Row]) {
    let _one_at_a_time = PAGE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let page = read();
    let heard = table(rows);
    let (before, own, behind) = section(&page, name);
    if std::env::var_os(WRITE).is_some() {
        fs::write(path(), [before, &heard, behind].concat()).unwrap();
        return;
    }
    for (heard, own) in heard.lines().zip(own.lines()) {
        assert_eq!(
            heard, own,
            "docs/MISTAKES.md differs; {WRITE}=1 writes it anew"
        );
    }
    assert_eq!(
        heard, own,
        "docs/MISTAKES.md differs; {WRITE}=1 writes it anew"
    );
}

/// The page has a row for each of these, and for nothing else.
pub fn has_only(names: &[&str]) {
    let _one_at_a_time = PAGE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if std::env::var_os(WRITE).is_some() {
        return;
    }
    let page = read();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let mut told: Vec<&str> = rows
        .filter_map(|row| row.split_once(" | "))
        .map(|(what, _)| what)
        .filter(|what| ![HEADS[0], "---"].contains(what))
        .collect();
    told.sort_unstable();
    assert_eq!(told, names);
}

const HEADS: [&str; 5] = [
    "what is wrong",
    "what was typed",
    "what slotbridge says",
    "what to do: its hint",
    "exit code",
];

fn table(rows: &[Row]) -> String {
    let mut text = String::from("\n");
    let line = |text: &mut String, cells: [&str; 5]| {
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    };
    line(&mut text, HEADS);
    line(&mut text, ["---"; 5]);
    for row in rows {
        let command = literal(&row.command);
        let (said, code) = (literal(&row.said), row.code.to_string());
        let hint = row.hint.replace('|', "\\|").replace('*', "\\*");
        line(&mut text, [&row.what, &command, &said, &hint, &code]);
    }
    text.push('\n');
    text
}

/// Word by word, in a cell.
fn literal(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
