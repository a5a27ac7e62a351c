//! `slotbridge calendars`: what is behind an address, ready to paste into the configuration.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;
use console::Term;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::{Context, terminal};
use crate::adapters::caldav::dns::Resolver;
use crate::adapters::caldav::{Collection, Credentials};
use crate::app::failure::{Exit, Failure};
use crate::app::seek::{self, Found, Target};
use crate::settings::secret::Secret;

/// The longest name that a calendar gets, in characters.
const LONGEST: usize = 40;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The address of a server, a home or a calendar; the name of a server; or a mail address
    #[arg(value_name = "URL")]
    address: String,
    /// Who asks; without it, the mail address, if that is what was given
    #[arg(long, value_name = "U")]
    username: Option<String>,
    /// What prints the password; without it, you are asked on the terminal
    #[arg(long, value_name = "C")]
    password_command: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A calendar as a program reads it.
#[derive(Serialize)]
struct Shown<'a> {
    name: String,
    display_name: &'a str,
    url: &'a str,
    color: Option<&'a str>,
    components: &'a [String],
    writable: Option<bool>,
    sync: &'static str,
    is_calendar: bool,
    configuration: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    version: u8,
    calendars: Vec<Shown<'a>>,
    tried: &'a [String],
    hints: Vec<String>,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(dir) = directory(context, arguments)? {
        terminal::print(&dir)?;
        return Ok(Exit::Done);
    }
    let target = Target::of(&arguments.address)?;
    let preset = target.preset();
    let hints: Vec<String> = preset
        .iter()
        .map(|preset| format!("{}: {}", preset.name, preset.needs))
        .collect();
    if !context.quiet() {
        for hint in &hints {
            terminal::say(hint);
        }
    }
    if let Some(preset) = preset.filter(|preset| !preset.takes_passwords) {
        return Err(Failure::new(
            Exit::Denied,
            format!("looking for calendars: {} takes no password", preset.name),
            preset.needs,
        ));
    }
    let username = username(arguments, &target);
    let command = arguments.password_command.as_deref().map(words);
    let credentials = credentials(username.as_deref(), command.clone(), &arguments.address).await?;
    let resolver = Resolver::of_the_system();
    let found = seek::calendars(&target, &credentials, &resolver, &context.clock).await?;
    let login = username.map(|username| (username, command));
    if arguments.json {
        terminal::print_json(&answer(&found, hints, login.as_ref()))?;
    } else {
        terminal::print(&in_words(&found, login.as_ref()))?;
    }
    Ok(Exit::Done)
}

/// The lines for a directory of this machine, where one was named: there is no server to ask.
fn directory(context: &Context, arguments: &Arguments) -> Result<Option<String>, Failure> {
    let typed = arguments.address.trim();
    let path = match context.environment.expand(typed) {
        Ok(path) if typed.contains('/') && !typed.contains("://") && path.is_dir() => path,
        _ => return Ok(None),
    };
    if arguments.json {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "{} is a directory of this machine, not a server",
                path.display()
            ),
            "leave out --json to see the lines for the configuration",
        ));
    }
    let mut folders = folders_below(&path);
    if folders.is_empty() || has_events(&path) {
        folders.insert(0, path);
    }
    let mut text = String::new();
    for folder in folders {
        let name = folder.file_name().map(|name| name.to_string_lossy());
        let text_of = |text: &str| toml::Value::String(text.to_owned()).to_string();
        // Writing to a String cannot fail.
        writeln!(
            text,
            "{}# a directory of this machine\n[[calendar]]\nname = {}\nkind = \"vdir\"\npath = {}",
            if text.is_empty() { "" } else { "\n" },
            text_of(&stem(&name.unwrap_or_default())),
            text_of(&folder.to_string_lossy())
        )
        .unwrap_or_default();
    }
    Ok(Some(text))
}

fn has_events(dir: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(dir) else {
        return false;
    };
    files.flatten().any(|file| {
        let path = file.path();
        path.extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("ics"))
    })
}

fn folders_below(dir: &Path) -> Vec<PathBuf> {
    let below = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let below = below.map(|entry| entry.path());
    let mut below: Vec<PathBuf> = below.filter(|path| has_events(path)).collect();
    below.sort();
    below
}

fn username(arguments: &Arguments, target: &Target) -> Option<String> {
    let typed = arguments.address.trim();
    let mail = typed.strip_prefix("mailto:").unwrap_or(typed);
    let own = matches!(target, Target::Mail(_)).then(|| mail.to_owned());
    arguments.username.clone().or(own)
}

/// The words of a command: as they are where that is plain, else for a shell to read.
pub(super) fn words(command: &str) -> Vec<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " _-./:@%+=,".contains(c);
    if command.chars().all(is_plain) {
        command.split_whitespace().map(str::to_owned).collect()
    } else {
        ["sh", "-c", command].map(str::to_owned).to_vec()
    }
}

async fn credentials(
    username: Option<&str>,
    command: Option<Vec<String>>,
    place: &str,
) -> Result<Credentials, Failure> {
    let Some(username) = username else {
        if command.is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "--password-command: it is not said whose password that is",
                "add --username",
            ));
        }
        return Ok(Credentials::None);
    };
    let password = match command {
        Some(command) => {
            let secret = Secret::printed_by("--password-command", command);
            let printed = secret.reveal().await;
            printed.map_err(|why| Failure::new(Exit::Usage, &why, &why.hint))?
        }
        None => asked(format!("password of {username} for {place}: ")).await?,
    };
    if password.expose_secret().is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!("the password of {username} is empty"),
            "type it, or give --password-command with what prints it; no server was asked",
        ));
    }
    Ok(Credentials::Password {
        username: username.to_owned(),
        password,
    })
}

/// Asks on the terminal, without showing what is typed.
async fn asked(prompt: String) -> Result<SecretString, Failure> {
    let nowhere = |cause: &dyn std::fmt::Display| {
        Failure::new(
            Exit::Usage,
            format!("asking for the password: {cause}"),
            "give --password-command with what prints it, as in --password-command \"pass show dav\"",
        )
    };
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(nowhere(&"there is no terminal to ask on"));
    }
    let typed = tokio::task::spawn_blocking(move || {
        let terminal = Term::stderr();
        terminal.write_str(&prompt)?;
        terminal.read_secure_line()
    });
    let typed = typed
        .await
        .map_err(io::Error::other)
        .and_then(|typed| typed);
    let typed = typed.map_err(|error| nowhere(&error))?;
    Ok(SecretString::from(typed))
}

/// Who asks, and the command that prints the password, if there is one.
type Who = (String, Option<Vec<String>>);

/// Everything as TOML, so that it can be pasted, or redirected, as it is.
fn in_words(found: &Found, login: Option<&Who>) -> String {
    let mut text = String::new();
    for (collection, name) in named(&found.calendars) {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a String cannot fail.
        writeln!(text, "# {}", described(collection)).unwrap_or_default();
        text.push_str(&table(collection, &name, login));
    }
    text
}

fn answer<'a>(found: &'a Found, hints: Vec<String>, login: Option<&Who>) -> Answer<'a> {
    let calendars = named(&found.calendars).map(|(collection, name)| Shown {
        configuration: table(collection, &name, login),
        name,
        display_name: &collection.display_name,
        url: collection.url.as_str(),
        color: collection.color.as_deref(),
        components: &collection.components,
        writable: collection.writable,
        sync: sync(collection).0,
        is_calendar: collection.is_calendar,
    });
    Answer {
        version: 1,
        calendars: calendars.collect(),
        tried: &found.tried,
        hints,
    }
}

/// Each calendar with a name that no other has.
fn named(calendars: &[Collection]) -> impl Iterator<Item = (&Collection, String)> {
    let mut taken = BTreeSet::new();
    calendars.iter().map(move |collection| {
        let stem = stem(&collection.display_name);
        let mut name = stem.clone();
        let mut number = 2_u32;
        while !taken.insert(name.clone()) {
            name = format!("{stem}-{number}");
            number += 1;
        }
        (collection, name)
    })
}

pub(super) fn stem(display_name: &str) -> String {
    let lower = display_name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let stem: String = words.join("-").chars().take(LONGEST).collect();
    if stem.is_empty() {
        "calendar".to_owned()
    } else {
        stem
    }
}

/// How it tells what changed: for programs, and for people.
fn sync(collection: &Collection) -> (&'static str, &'static str) {
    if collection.sync_collection {
        (
            "sync-collection",
            "it tells what changed (sync-collection, RFC 6578)",
        )
    } else if collection.ctag.is_some() {
        ("ctag", "it tells that something changed (ctag)")
    } else {
        ("listing", "all of it is listed in each pass")
    }
}

/// A calendar in one line, without anything that would end the line.
pub(super) fn described(collection: &Collection) -> String {
    let takes = if collection.components.is_empty() {
        "all components".to_owned()
    } else {
        collection.components.join(", ")
    };
    let writable = match collection.writable {
        Some(true) => "writable",
        Some(false) => "read-only: for busy time only",
        None => "the server does not say whether it is writable",
    };
    let mut words = format!(
        "{:?}: takes {takes}; {writable}; {}",
        collection.display_name,
        sync(collection).1
    );
    if let Some(color) = &collection.color {
        // Writing to a String cannot fail.
        write!(words, "; colour {color}").unwrap_or_default();
    }
    if !collection.is_calendar {
        words.push_str("; it does not say that it is a calendar");
    }
    words.retain(|c| !c.is_control());
    words
}

fn table(collection: &Collection, name: &str, login: Option<&Who>) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut table = format!(
        "[[calendar]]\nname = {}\nkind = \"caldav\"\nurl = {}\n",
        text(name),
        text(collection.url.as_str())
    );
    let Some((username, command)) = login else {
        return table;
    };
    let example = ["pass", "show", "dav"].map(str::to_owned);
    let (command, note) = match command {
        Some(command) => (command.as_slice(), ""),
        None => (example.as_slice(), "  # put what prints your password here"),
    };
    let command: Vec<String> = command.iter().map(|word| text(word)).collect();
    // Writing to a String cannot fail.
    writeln!(
        table,
        "username = {}\npassword = {{ command = [{}] }}{note}",
        text(username),
        command.join(", ")
    )
    .unwrap_or_default();
    table
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("pass show dav", &["pass", "show", "dav"])]
    #[case("  /usr/bin/secret-tool  lookup host dav.example.org ", &["/usr/bin/secret-tool", "lookup", "host", "dav.example.org"])]
    #[case("echo 'a b'", &["sh", "-c", "echo 'a b'"])]
    #[case("cat ~/x | head -1", &["sh", "-c", "cat ~/x | head -1"])]
    #[case("echo $X", &["sh", "-c", "echo $X"])]
    fn a_command_needs_a_shell_only_for_what_a_shell_reads(
        #[case] command: &str,
        #[case] expected: &[&str],
    ) {
        assert_eq!(words(command), expected);
    }

    #[rstest]
    #[case("Work", "work")]
    #[case("My  Wörk / Home", "my-wörk-home")]
    #[case("\u{1f600}\n", "calendar")]
    #[case("", "calendar")]
    fn a_calendar_gets_a_plain_name(#[case] display_name: &str, #[case] expected: &str) {
        assert_eq!(stem(display_name), expected);
    }
}
