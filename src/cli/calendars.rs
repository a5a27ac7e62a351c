//! `slotbridge calendars`: what is behind an address, ready to paste into the configuration.

mod listing;

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use console::Term;
use secrecy::{ExposeSecret as _, SecretString};

use super::config::ask::Silence;
use super::config::interview::stopped;
use super::{Context, terminal};
use crate::adapters::caldav::Credentials;
use crate::adapters::caldav::dns::Resolver;
use crate::app::failure::{Exit, Failure};
use crate::app::seek::{self, Target};
use crate::app::siblings;
use crate::domain::ids::CalendarName;
use crate::settings::resolved;
use crate::settings::secret::Secret;
use listing::Listing;
pub(super) use listing::{described, stem};

/// The longest password that is taken, in bytes.
const LONGEST: u64 = 16 * 1024;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The address of a server, a home or a calendar; the name of a server; or a mail address
    #[arg(value_name = "URL", required_unless_present = "calendar")]
    address: Option<String>,
    /// Look beside this calendar of the configuration, with its address, password or login
    #[arg(long, value_name = "NAME", conflicts_with_all = ["address", "username", "password_command"])]
    calendar: Option<String>,
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

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    match (&arguments.calendar, &arguments.address) {
        (Some(name), _) => beside(context, &CalendarName::new(name), arguments.json).await,
        (None, address) => {
            let address = address.as_deref().unwrap_or_default();
            behind(context, arguments, address).await
        }
    }
}

/// What is beside a calendar that is configured.
async fn beside(context: &Context, name: &CalendarName, json: bool) -> Result<Exit, Failure> {
    let settings = context.settings_with_warnings()?;
    let (_, credentials) = siblings::place(&settings, name)?;
    let found = siblings::of(&settings, name, &context.clock).await?;
    show(
        &Listing {
            found: &found,
            credentials,
            configured: &settings.calendars,
            hints: Vec::new(),
        },
        json,
    )
}

/// What is behind an address.
async fn behind(context: &Context, arguments: &Arguments, address: &str) -> Result<Exit, Failure> {
    if let Some(dir) = directory(context, arguments, address)? {
        terminal::print(&dir)?;
        return Ok(Exit::Done);
    }
    let target = Target::of(address)?;
    let preset = target.preset();
    let hints: Vec<String> = preset
        .iter()
        .map(|preset| format!("{}: {}", preset.name, preset.needs))
        .collect();
    if let Some(preset) = preset.filter(|preset| !preset.takes_passwords) {
        return Err(Failure::new(
            Exit::Denied,
            format!("looking for calendars: {} takes no password", preset.name),
            preset.needs,
        ));
    }
    if !context.quiet() {
        for hint in &hints {
            terminal::say(hint);
        }
    }
    let username = username(arguments, address, &target);
    let command = arguments.password_command.as_deref().map(words);
    let shown = match (&username, &command) {
        (None, _) => resolved::Credentials::None,
        (Some(username), command) => resolved::Credentials::Password {
            username: username.clone(),
            password: match command {
                Some(command) => Secret::printed_by("--password-command", command.clone()),
                None => Secret::plain("the terminal", ""),
            },
        },
    };
    let credentials = credentials(username.as_deref(), command, address).await?;
    let resolver = Resolver::of_the_system();
    let found = seek::calendars(&target, &credentials, &resolver, &context.clock).await?;
    show(
        &Listing {
            found: &found,
            credentials: &shown,
            configured: &[],
            hints,
        },
        arguments.json,
    )
}

fn show(listing: &Listing<'_>, json: bool) -> Result<Exit, Failure> {
    if json {
        terminal::print_json(&listing.answer())?;
    } else {
        terminal::print(&listing.in_words())?;
    }
    Ok(Exit::Done)
}

/// The lines for a directory of this machine, where one was named: there is no server to ask.
fn directory(
    context: &Context,
    arguments: &Arguments,
    address: &str,
) -> Result<Option<String>, Failure> {
    let typed = address.trim();
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

fn username(arguments: &Arguments, address: &str, target: &Target) -> Option<String> {
    let typed = address.trim();
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
        password: password.into(),
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
    // Whoever interrupts it while nothing is shown has to get their terminal back.
    let stopped = stopped();
    let silence = Silence::begin().map_err(|error| nowhere(&error))?;
    let terminal = Term::stderr();
    terminal
        .write_str(&prompt)
        .map_err(|error| nowhere(&error))?;
    let typed = tokio::task::spawn_blocking(|| {
        let mut typed = String::new();
        io::stdin().lock().take(LONGEST).read_line(&mut typed)?;
        io::Result::Ok(typed)
    });
    let typed = tokio::select! {
        biased;
        () = stopped => return Err(nowhere(&"interrupted")),
        typed = typed => typed.map_err(io::Error::other).flatten(),
    };
    drop(silence);
    terminal::say("");
    let typed = typed.map_err(|error| nowhere(&error))?;
    let password = typed.trim_end_matches(['\n', '\r']);
    if typed.is_empty() {
        return Err(nowhere(&"the input ended"));
    }
    Ok(SecretString::from(password.to_owned()))
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
}
