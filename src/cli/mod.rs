//! The command line, one file per command: what was typed, and what it does.

/// The terminal: results, warnings and progress.
pub mod terminal;

mod calendars;
mod check;
mod completions;
mod config;
mod conflicts;
mod demo;
mod feeds;
mod held;
mod login;
mod logout;
mod run;
mod service;
mod state;
mod status;
mod sync;
mod words;
mod wrap;
mod zoom;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::adapters::system::SystemClock;
use crate::app::failure::{Exit, Failure};
use crate::app::tokens;
use crate::demo::table::Paint;
use crate::ports::clock::Clock;
use crate::settings::environment::Environment;
use crate::settings::{self, Loaded, Settings, Sources};
use crate::telemetry::{self, Color, LogFormat, Logging, journal};

/// Keeps a Zoom Scheduler host and their own calendars in step, both ways.
#[derive(Debug, Parser)]
#[command(
    name = "slotbridge",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
struct Global {
    /// Read this configuration file, too; later ones win
    #[arg(long, global = true, value_name = "PATH", action = ArgAction::Append)]
    config: Vec<PathBuf>,
    /// Keep the state here
    #[arg(long, global = true, value_name = "PATH")]
    state_dir: Option<PathBuf>,
    /// Say more; up to four times
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say less; twice for nothing
    #[arg(short, long, global = true, action = ArgAction::Count)]
    quiet: u8,
    /// How to write the log
    #[arg(long, global = true, value_enum, default_value_t)]
    log_format: LogFormat,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run as a daemon: poll, keep in step, until a signal ends it
    Run,
    /// Run one pass over all hosts, then exit
    Sync(sync::Arguments),
    /// Show how each host is
    Status(status::Arguments),
    /// Let a person log in to Zoom, or to a calendar, in their browser
    Login(login::Arguments),
    /// End a login, there and here
    Logout(logout::Arguments),
    /// List the calendars behind an address, or beside a calendar of yours, ready to paste
    Calendars(calendars::Arguments),
    /// Try everything that the configuration names, and say what is wrong and what to do
    Check(check::Arguments),
    /// Show and decide what both sides changed differently
    #[command(subcommand_required = false)]
    Conflicts(conflicts::Arguments),
    /// Show, release and drop what waits for a person
    Held(held::Arguments),
    /// Show, change and write out what others can subscribe to
    Feeds(feeds::Arguments),
    /// Zoom Scheduler's API as commands
    #[command(subcommand)]
    Zoom(zoom::Typed),
    /// Move, restore, rebuild and check the state
    #[command(subcommand)]
    State(state::Verb),
    /// Write, show and describe the configuration
    #[command(subcommand)]
    Config(config::Verb),
    /// Have systemd start it
    #[command(subcommand)]
    Service(service::Verb),
    /// See everything at work, with nothing to configure and no network
    Demo(demo::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
    /// Print the manual page
    Man,
}

/// What every command works with.
struct Context {
    global: Global,
    environment: Environment,
    clock: Arc<dyn Clock>,
}

impl Global {
    /// With a leading `~/` of its paths filled in.
    fn with_home(self, environment: &Environment) -> Result<Self, Failure> {
        let config = self.config.iter().map(|path| typed(environment, path));
        Ok(Self {
            config: config.collect::<Result<_, _>>()?,
            state_dir: self
                .state_dir
                .as_deref()
                .map(|path| typed(environment, path))
                .transpose()?,
            ..self
        })
    }
}

/// A path of the command line: not every shell fills in `~/` everywhere, and nobody wants a directory
/// of that name.
fn typed(environment: &Environment, path: &Path) -> Result<PathBuf, Failure> {
    environment.with_home(path).map_err(|why| {
        Failure::new(
            Exit::Usage,
            format!("{}: {why}", path.display()),
            why.remedy(),
        )
    })
}

impl Context {
    /// A path that was typed.
    fn typed(&self, path: &Path) -> Result<PathBuf, Failure> {
        typed(&self.environment, path)
    }

    fn load(&self) -> Result<Loaded, Failure> {
        let sources = Sources {
            files: self.global.config.clone(),
            state_dir: self.global.state_dir.clone(),
        };
        Ok(settings::load(&sources, &self.environment)?)
    }

    fn settings(&self) -> Result<Settings, Failure> {
        Ok(self.load()?.settings)
    }

    /// The settings, with everything said that a person should know about them.
    fn settings_with_warnings(&self) -> Result<Settings, Failure> {
        let settings = self.settings()?;
        if self.global.quiet == 0 {
            settings
                .warnings
                .iter()
                .for_each(|warning| terminal::warn(warning));
        }
        Ok(settings)
    }

    fn quiet(&self) -> bool {
        self.global.quiet > 0
    }

    /// Whether nothing but text is wanted, even on a terminal.
    fn is_plain(&self) -> bool {
        is_plain(&self.environment)
    }

    /// Whether what goes to stdout has colours.
    fn paint(&self) -> Paint {
        if self.global.color.on(&io::stdout(), self.is_plain()) {
            Paint::Colours
        } else {
            Paint::Plain
        }
    }
}

/// Whether nothing but text is wanted: `NO_COLOR` (no-color.org), or a terminal that knows no more.
fn is_plain(environment: &Environment) -> bool {
    let no_color = environment.get("NO_COLOR");
    no_color.is_some_and(|set| !set.is_empty()) || environment.get("TERM") == Some("dumb")
}

/// Reads what was typed; a wrong usage, `--help` and `--version` end the process here.
#[must_use]
pub fn parse(typed: impl IntoIterator<Item = OsString>) -> Cli {
    let typed: Vec<OsString> = typed.into_iter().collect();
    let mut cli = Cli::parse_from(&typed);
    cli.global.config = every_config(&typed);
    cli
}

/// Whether the command line is one, without doing what it says; else clap's words about it.
///
/// # Errors
/// What is wrong with it.
pub fn is_command(typed: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    match Cli::try_parse_from(typed) {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), DisplayHelp | DisplayVersion) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Every `--config`, before and after the command: of a global option that stands at both places
/// clap keeps only those behind the command.
fn every_config(typed: &[OsString]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut words = typed.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if word == "--config" {
            files.extend(words.next().map(PathBuf::from));
        } else if let Some(path) = word.as_bytes().strip_prefix(b"--config=") {
            files.push(PathBuf::from(OsStr::from_bytes(path)));
        }
    }
    files
}

/// Runs what was typed, and says how it ended.
#[must_use]
pub fn execute(cli: Cli) -> Exit {
    match try_execute(cli) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal::fail(&failure);
            failure.exit
        }
    }
}

fn try_execute(cli: Cli) -> Result<Exit, Failure> {
    let Cli { global, command } = cli;
    let environment = Environment::of_process();
    let usual = if matches!(command, Command::Run) {
        telemetry::DAEMON
    } else {
        0
    };
    let logging = Logging {
        format: global.log_format,
        color: global.color.on(&io::stderr(), is_plain(&environment)),
        verbosity: usual + i16::from(global.verbose) - i16::from(global.quiet),
        filter: environment
            .get("SLOTBRIDGE_LOG")
            .filter(|filter| !filter.is_empty())
            .map(str::to_owned),
        journal: environment
            .get("JOURNAL_STREAM")
            .filter(|stream| journal::is_named(stream, io::stderr()))
            .map(|_| journal::SOCKET.into()),
    };
    telemetry::start(&logging).map_err(|cause| {
        Failure::new(
            Exit::Usage,
            cause,
            "write it like SLOTBRIDGE_LOG=slotbridge=debug",
        )
    })?;
    let context = Context {
        global: global.with_home(&environment)?,
        environment,
        clock: Arc::new(SystemClock),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // The allocator keeps what each thread once used: fewer threads, less memory.
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::new(
            Exit::Attention,
            format!("starting: {error}"),
            "check the limits of this user",
        )
    })?;
    let exit = runtime.block_on(async {
        let exit = Box::pin(dispatch(command, &context)).await;
        tokens::finished().await;
        exit
    });
    // A blocking call that hangs (a dead network mount) must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    exit
}

async fn dispatch(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Run => run::run(context).await,
        Command::Sync(arguments) => sync::run(context, &arguments).await,
        Command::Status(arguments) => status::run(context, &arguments).await,
        Command::Login(arguments) => login::run(context, &arguments).await,
        Command::Logout(arguments) => logout::run(context, &arguments).await,
        Command::Calendars(arguments) => calendars::run(context, &arguments).await,
        Command::Check(arguments) => check::run(context, &arguments).await,
        Command::Conflicts(arguments) => conflicts::run(context, arguments).await,
        Command::Held(arguments) => held::run(context, arguments).await,
        Command::Feeds(arguments) => feeds::run(context, arguments).await,
        Command::Zoom(typed) => zoom::run(context, typed).await,
        Command::State(verb) => state::run(context, verb).await,
        Command::Config(verb) => config::run(context, &verb).await,
        Command::Service(verb) => service::run(context, &verb),
        Command::Demo(arguments) => demo::run(context, &arguments).await,
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man => completions::man(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn config_counts_before_and_after_the_command() {
        let typed = [
            "slotbridge",
            "--config",
            "a",
            "status",
            "--config=b",
            "--config",
            "c",
        ];
        let cli = parse(typed.map(OsString::from));
        assert_eq!(cli.global.config, ["a", "b", "c"].map(PathBuf::from));
    }
}
