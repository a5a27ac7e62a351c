//! Asks a person on a terminal, line by line.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use secrecy::SecretString;

use super::super::terminal;
use crate::app::failure::{Exit, Failure};

/// The longest line that is taken, in bytes.
const LONGEST: u64 = 16 * 1024;

/// Whether there is a person to ask.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks for a line. An empty one means `usual`; without it, there must be an answer.
pub(super) async fn line(question: &str, usual: Option<&str>) -> Result<String, Failure> {
    let prompt = match usual {
        None | Some("") => format!("{question}: "),
        Some(usual) => format!("{question} [{usual}]: "),
    };
    loop {
        terminal::print(&prompt)?;
        let Some(typed) = typed().await? else {
            continue;
        };
        let text = typed.trim();
        if !text.is_empty() {
            return Ok(text.to_owned());
        }
        if let Some(usual) = usual {
            return Ok(usual.to_owned());
        }
    }
}

/// Asks for a line until it fits; what is wrong with one is said at once.
pub(super) async fn fitting(
    question: &str,
    usual: Option<&str>,
    wrong: impl Fn(&str) -> Option<&'static str>,
) -> Result<String, Failure> {
    loop {
        let answer = line(question, usual).await?;
        match wrong(&answer) {
            None => return Ok(answer),
            Some(cause) => terminal::print(&format!("{cause}\n"))?,
        }
    }
}

/// Asks for a line that is not shown.
pub(super) async fn hidden(question: &str) -> Result<SecretString, Failure> {
    loop {
        let silence = Silence::begin().map_err(|error| unreadable(&error))?;
        terminal::print(&format!("{question} (it is not shown): "))?;
        let typed = typed().await?;
        drop(silence);
        terminal::print("\n")?;
        if let Some(typed) = typed.filter(|typed| !typed.is_empty()) {
            return Ok(SecretString::from(typed));
        }
    }
}

/// Asks for yes or no.
pub(super) async fn yes(question: &str, usual: bool) -> Result<bool, Failure> {
    let usual = if usual { "yes" } else { "no" };
    loop {
        let answer = line(question, Some(usual)).await?.to_lowercase();
        match answer.as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => terminal::print("answer yes or no\n")?,
        }
    }
}

/// Asks for one of several, counted from 0.
pub(super) async fn one_of(question: &str, choices: &[String]) -> Result<usize, Failure> {
    show(question, choices)?;
    loop {
        let answer = line("Number", Some("1")).await?;
        if let Some(choice) = number(&answer, choices.len()) {
            return Ok(choice);
        }
        terminal::print(&format!("answer a number from 1 to {}\n", choices.len()))?;
    }
}

/// Asks for any of several, counted from 0; none of them will do.
pub(super) async fn some_of(question: &str, choices: &[String]) -> Result<Vec<usize>, Failure> {
    show(question, choices)?;
    loop {
        let answer = line("Numbers, as in 1,2 (Enter: none)", Some("")).await?;
        let words = answer.split([',', ' ']).filter(|word| !word.is_empty());
        let numbers: Option<Vec<usize>> = words.map(|word| number(word, choices.len())).collect();
        if let Some(mut numbers) = numbers {
            numbers.sort_unstable();
            numbers.dedup();
            return Ok(numbers);
        }
        terminal::print(&format!("answer numbers from 1 to {}\n", choices.len()))?;
    }
}

fn show(question: &str, choices: &[String]) -> Result<(), Failure> {
    let mut text = format!("{question}\n");
    for (number, choice) in (1_u32..).zip(choices) {
        // Writing to a String cannot fail.
        writeln!(text, "  {number}  {choice}").unwrap_or_default();
    }
    terminal::print(&text)
}

fn number(text: &str, most: usize) -> Option<usize> {
    let number = text.parse::<usize>().ok()?;
    (1..=most).contains(&number).then(|| number - 1)
}

/// One line as it was typed; `None` where it cannot be an answer, which is said.
async fn typed() -> Result<Option<String>, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .take(LONGEST)
            .read_until(b'\n', &mut bytes)?;
        Ok(bytes)
    });
    let bytes = read.await.map_err(io::Error::other).flatten();
    let bytes = bytes.map_err(|error| unreadable(&error))?;
    if bytes.is_empty() {
        terminal::print("\n")?;
        return Err(ended());
    }
    let text = String::from_utf8(bytes).ok();
    let text = text.map(|text| text.trim_end_matches(['\n', '\r']).to_owned());
    // A tab at an end comes with what is pasted from a table.
    let text = text.map(|text| text.trim_matches('\t').to_owned());
    let text = text.filter(|text| !text.chars().any(char::is_control));
    if text.is_none() {
        terminal::print("there was a key among it that is no letter; type it again\n")?;
    }
    Ok(text)
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("asking on the terminal: {error}; nothing was written"),
        "`slotbridge config init --no-input` asks nothing and writes a file to fill in",
    )
}

/// The person closed the input.
fn ended() -> Failure {
    Failure::new(
        Exit::Usage,
        "the input ended before everything was answered; nothing was written",
        "run `slotbridge config init` again; with --no-input it asks nothing and writes a file to fill in",
    )
}

/// As long as it lives, the terminal does not show what is typed.
pub(in crate::cli) struct Silence(Termios);

impl Silence {
    pub(in crate::cli) fn begin() -> io::Result<Self> {
        let usual = termios::tcgetattr(io::stdin())?;
        let mut silent = usual.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        termios::tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        Ok(Self(usual))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Where the terminal is gone, nothing is shown there anyway.
        termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.0).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1", Some(0))]
    #[case("3", Some(2))]
    #[case("0", None)]
    #[case("4", None)]
    #[case("-1", None)]
    #[case("one", None)]
    #[case("", None)]
    fn choices_are_counted_from_one(#[case] text: &str, #[case] expected: Option<usize>) {
        assert_eq!(number(text, 3), expected);
    }
}
