//! Logging: one place that decides how events are written. They go to stderr, or into the journal
//! where systemd connected stderr to it.

/// systemd's journal.
pub mod journal;

use std::fmt;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::ValueEnum;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use journal::Journal;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// Entries with fields for systemd's journal; where stderr is not connected to it, lines with a
    /// priority in front, as systemd reads them from stderr.
    Journald,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Even in a pipe.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether what goes there is coloured; `plain`: the environment asks for text alone.
    #[must_use]
    pub fn on(self, stream: &impl IsTerminal, plain: bool) -> bool {
        match self {
            Self::Auto => !plain && stream.is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// What is to be logged, and how.
#[derive(Clone, Debug, Default)]
pub struct Logging {
    /// How.
    pub format: LogFormat,
    /// Whether coloured.
    pub color: bool,
    /// Number of `-v` less the number of `-q`, counted from what the command usually says.
    pub verbosity: i16,
    /// `SLOTBRIDGE_LOG`, in the form of tracing's filters; wins over `verbosity`. Whatever it says,
    /// other crates are heard from `info` up alone.
    pub filter: Option<String>,
    /// Where the journal listens, if stderr is connected to it.
    pub journal: Option<PathBuf>,
}

/// The usual verbosity of the daemon: one step more than that of a command.
pub const DAEMON: i16 = 1;

/// Begins to log. A second call changes nothing.
///
/// # Errors
/// When the filter makes no sense; the words say why.
pub fn start(logging: &Logging) -> Result<(), String> {
    let filter = match &logging.filter {
        Some(filter) => {
            EnvFilter::try_new(filter).map_err(|error| format!("SLOTBRIDGE_LOG: {error}"))?
        }
        None => EnvFilter::new(directives(logging.verbosity)),
    };
    let journal = logging.journal.as_ref();
    if let (LogFormat::Journald, Some(path)) = (logging.format, journal) {
        // Where nothing listens, lines do.
        if let Ok(journal) = Journal::at(path) {
            let heard = filter_fn(may_be_heard);
            let registry = tracing_subscriber::registry().with(filter).with(heard);
            drop(registry.with(journal).try_init());
            return Ok(());
        }
    }
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    let quiet = filter_fn(may_be_heard);
    let started = match logging.format {
        LogFormat::Text => {
            let lines = lines.compact().with_target(false).with_ansi(logging.color);
            lines.finish().with(quiet).try_init()
        }
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_ansi(false);
            lines.finish().with(quiet).try_init()
        }
        LogFormat::Journald => {
            let lines = lines.with_ansi(false).event_format(Prioritised);
            lines.finish().with(quiet).try_init()
        }
    };
    // Tests start several commands in one process: the first one's wins.
    drop(started);
    Ok(())
}

fn directives(verbosity: i16) -> &'static str {
    match verbosity {
        ..=-2 => "off",
        -1 => "error",
        0 => "slotbridge=warn,error",
        1 => "slotbridge=info,warn",
        2 => "slotbridge=debug,warn",
        3.. => "slotbridge=trace,info",
    }
}

/// Below `info` other crates show what they send and get: addresses, headers and frames, with
/// tokens in them. No filter that a person writes can mean that.
fn may_be_heard(metadata: &Metadata<'_>) -> bool {
    let whose = metadata.target().split("::").next();
    whose == Some(env!("CARGO_CRATE_NAME")) || *metadata.level() <= Level::INFO
}

/// `<N>message key=value …`, as `sd-daemon(3)` describes it.
struct Prioritised;

impl<S, N> FormatEvent<S, N> for Prioritised
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = journal::priority(*event.metadata().level());
        let mut line = String::new();
        context
            .field_format()
            .format_fields(Writer::new(&mut line), event)?;
        // Each line needs its own priority.
        for part in line.lines() {
            writeln!(writer, "<{priority}>{part}")?;
        }
        Ok(())
    }
}
