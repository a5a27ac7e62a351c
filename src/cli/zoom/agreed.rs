//! What cannot be had back is asked about first.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use super::super::terminal;
use crate::app::failure::{Exit, Failure};

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 1024;

/// Asks a person whether to go on, unless they agreed already. What a script says is done.
///
/// # Errors
/// When they do not.
pub(super) fn to(doing: &str, already: bool) -> Result<(), Failure> {
    if already || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    terminal::say(&format!("{doing}: go on? [no]"));
    let mut answer = Vec::new();
    let mut input = io::stdin().lock().take(LONGEST);
    let read = input.read_until(b'\n', &mut answer);
    let answer = String::from_utf8_lossy(&answer).trim().to_lowercase();
    if read.is_ok() && matches!(answer.as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Attention,
        format!("{doing}: not done"),
        "answer yes to go on",
    ))
}
