//! One command of a person who made a mistake: what it said, without what differs from machine to
//! machine.

use std::fmt;

use assert_cmd::Command;

use super::super::machine::{Machine, outcome};
use super::super::servers::PASSWORD;

/// What nobody may read in a message.
const SECRETS: [&str; 6] = [
    PASSWORD,
    "demo-client-secret",
    "demo-refresh-token",
    "hush",
    "access-",
    "refresh-",
];

/// What a command said.
pub struct Ran {
    /// The command, as it is typed.
    pub words: String,
    /// Its exit code.
    pub code: i32,
    out: String,
    error: String,
}

impl Ran {
    /// Types it.
    pub fn of(machine: &Machine, words: &[&str]) -> Self {
        Self::by(machine, words, machine.command(words))
    }

    /// Has this command run, which types the words in another way.
    pub fn by(machine: &Machine, words: &[&str], command: Command) -> Self {
        let (code, out, error) = outcome(command);
        let home = machine.home.path().display().to_string();
        Self {
            words: plain(&format!("slotbridge {}", words.join(" ")), &home)
                .trim()
                .to_owned(),
            code,
            out: plain(&out, &home),
            error: plain(&error, &home),
        }
    }

    /// With one word in place of another.
    #[must_use]
    pub fn with(self, from: &str, to: &str) -> Self {
        Self {
            words: self.words.replace(from, to),
            code: self.code,
            out: self.out.replace(from, to),
            error: self.error.replace(from, to),
        }
    }

    /// Each message with its hint. Of what `check` lists, only the worst.
    pub fn told(&self) -> Vec<(String, String)> {
        let mut told: Vec<(String, String)> = Vec::new();
        let mut before = "";
        let mut further = false;
        for line in self.error.lines().chain(self.out.lines()) {
            match line.trim().strip_prefix("hint: ") {
                Some(hint) if further => {
                    if let Some((_, first)) = told.last_mut() {
                        *first = format!("{first}; or: {hint}");
                    }
                }
                Some(hint) => {
                    told.push((before.trim().to_owned(), hint.to_owned()));
                    further = true;
                }
                None => {
                    before = line;
                    further = false;
                }
            }
        }
        if told.iter().any(|(said, _)| said.starts_with("failed ")) {
            told.retain(|(said, _)| !said.starts_with("warning "));
        }
        told
    }

    /// A secret that is told.
    pub fn secret(&self) -> Option<&'static str> {
        let mut all = SECRETS.into_iter();
        all.find(|secret| self.out.contains(secret) || self.error.contains(secret))
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}\n{}{}", self.words, self.out, self.error)?;
        write!(f, "exit code {}", self.code)
    }
}

/// Without what differs from machine to machine and from run to run.
fn plain(text: &str, home: &str) -> String {
    let mut text = text.replace(home, "/home/alice");
    for name in ["127.0.0.1:", "localhost:"] {
        // The ports that a test takes have five digits, those of an example have not.
        text = masked(&text, name, |c| c.is_ascii_digit(), 5, "PORT");
    }
    text = masked(&text, ".slotbridge-", char::is_alphanumeric, 1, "…");
    text = masked(
        &text,
        "in use by process ",
        |c| c.is_ascii_digit(),
        1,
        "PID",
    );
    text = masked(&text, "clock is ", |c| c.is_ascii_digit(), 1, "3600");
    text = masked(
        &text,
        "goes on at 20",
        |c| c.is_ascii_alphanumeric() || ":-".contains(c),
        1,
        "26-…",
    );
    // What the resolver of this machine calls it.
    let unresolved = "failed to lookup address information: ";
    text = masked(
        &text,
        unresolved,
        |c| c.is_alphanumeric() || c == ' ',
        1,
        "Name or service not known",
    );
    for before in ["this is uid ", "chown -R` "] {
        text = masked(&text, before, |c| c.is_ascii_digit(), 1, "1000");
    }
    let lines = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().collect();
        format!("{}{}\n", &line[..indent], words.join(" "))
    });
    lines.collect()
}

/// So many characters of this kind, or more, after these words become one word.
fn masked(
    text: &str,
    before: &str,
    kind: impl Fn(char) -> bool,
    least: usize,
    word: &str,
) -> String {
    let mut parts = text.split(before);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&kind);
        whole.push_str(before);
        if part.len() - rest.len() >= least {
            whole.push_str(word);
            whole.push_str(rest);
        } else {
            whole.push_str(part);
        }
    }
    whole
}
