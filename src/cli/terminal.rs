//! The terminal: results go to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::app::failure::{Exit, Failure};
use crate::domain::ids::HostName;
use crate::engine::{Progress, Silent};

/// Prints a result. A reader that hung up (`| head`) has read enough: that is no failure.
///
/// # Errors
/// When stdout cannot be written (a full disk).
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// How many columns the terminal has that stdout goes to; `None` where it goes elsewhere, or where
/// the terminal does not say.
#[must_use]
pub fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (_, columns) = console::Term::stdout().size_checked()?;
    (columns > 0).then_some(usize::from(columns))
}

/// What became of writing to stdout.
///
/// # Errors
/// As [`print()`].
pub fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(
            Exit::Attention,
            format!("writing the result: {error}"),
            "check where stdout goes",
        )),
        _ => Ok(()),
    }
}

/// Prints a result as one line of JSON.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| {
        Failure::new(
            Exit::Attention,
            format!("writing the result: {error}"),
            "please report this",
        )
    })?;
    print(&format!("{text}\n"))
}

/// Says something that is no result.
pub fn say(text: &str) {
    // Where stderr is gone, there is nobody to tell.
    writeln!(io::stderr().lock(), "{text}").unwrap_or_default();
}

/// Warns.
pub fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

/// Says why a command failed.
pub fn fail(failure: &Failure) {
    say(&format!("error: {failure}"));
}

/// What hears how far the pass of a host is: a line on a terminal, else nothing.
#[must_use]
pub fn progress(host: &HostName, wanted: bool) -> Box<dyn Progress> {
    match line(&host.to_string(), wanted) {
        Some(line) => {
            line.says("reading");
            Box::new(line)
        }
        None => Box::new(Silent),
    }
}

/// A line on a terminal that tells what goes on, until it is dropped.
#[must_use]
pub fn line(prefix: &str, wanted: bool) -> Option<Line> {
    if !wanted || !io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(prefix.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    Some(Line(bar))
}

/// A line that tells what goes on.
#[derive(Debug)]
pub struct Line(ProgressBar);

impl Line {
    /// Tells this from now on.
    pub fn says(&self, words: &str) {
        self.0.set_message(words.to_owned());
    }
}

impl Progress for Line {
    fn at(&self, bookings: u64, writes: u64) {
        self.0
            .set_message(format!("{bookings} bookings, {writes} writes"));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
