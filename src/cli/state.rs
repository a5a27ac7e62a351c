//! `slotbridge state`: move, restore, rebuild and check the state.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::status::unexpected;
use super::{Context, terminal};
use crate::adapters::store::{self, Force};
use crate::app::control::{self, NoDaemon};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::state::{self, Patience, State};
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write everything as JSON Lines; they hold the tokens, too
    Export {
        /// Where to; `-` is stdout
        #[arg(default_value = "-")]
        path: PathBuf,
        /// Replace a file that is no older export
        #[arg(long)]
        force: bool,
    },
    /// Read what `export` wrote into an empty state
    Import {
        /// Where from; `-` is stdin
        path: PathBuf,
        /// Replace what is there, and take what can be read
        #[arg(long)]
        force: bool,
    },
    /// Forget what the sides can tell again; the next pass recognises its own entries
    Rebuild,
    /// Look whether the state is whole
    Verify,
}

pub(super) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    match verb {
        Verb::Export { path, force } => {
            let path = context.typed(&path)?;
            ensure_free(&path, force)?;
            export(context, &settings, &path).await
        }
        Verb::Import { path, force } => {
            import(context, &settings, &context.typed(&path)?, force).await
        }
        Verb::Rebuild => rebuild(context, &settings).await,
        Verb::Verify => verify(context, &settings).await,
    }
}

async fn export(context: &Context, settings: &Settings, path: &Path) -> Result<Exit, Failure> {
    let to_stdout = path == Path::new("-");
    let mut patience = Patience::default();
    let state = loop {
        match exported_by_the_daemon(settings, path).await {
            Ok(_) => return Ok(Exit::Done),
            Err(NoDaemon::Broken(failure)) => return Err(failure),
            Err(NoDaemon::Absent) => {}
        }
        match state::open_to_read(&settings.state_dir, context.clock.as_ref()) {
            Ok(state) => break state,
            Err(why) => patience.wait(why, context.clock.as_ref()).await?,
        }
    };
    let now = context.clock.now();
    if to_stdout {
        let mut out = Reader(io::stdout().lock());
        store::export(&state.store, &mut out, now)?;
    } else {
        let exported = store::write_export(&state.store, path, now)?;
        terminal::say(&format!("{} records written", exported.pairs));
    }
    Ok(Exit::Done)
}

/// Whoever reads what goes to stdout. One that hung up (`| head`) has read enough: that is no
/// failure.
struct Reader<W>(W);

impl<W: Write> Write for Reader<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

async fn exported_by_the_daemon(settings: &Settings, path: &Path) -> Result<u64, NoDaemon> {
    if path == Path::new("-") {
        return control::export(&settings.state_dir, Reader(io::stdout().lock())).await;
    }
    // It is asked first whether it is there, so that no empty file is left.
    control::ask(&settings.state_dir, &Ask::Status).await?;
    export_of_the_daemon(settings, path).await
}

/// Writes over nothing that may still be needed: an export of this program alone gives way.
fn ensure_free(path: &Path, force: bool) -> Result<(), Failure> {
    if force || path == Path::new("-") || store::is_export(path) {
        return Ok(());
    }
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(there) if there.is_file() && there.len() == 0 => Ok(()),
        Ok(_) => Err(Failure::new(
            Exit::Usage,
            format!(
                "writing {}: something stands there that is no older export",
                path.display()
            ),
            "name another file, or say --force to replace it",
        )),
    }
}

/// What the daemon gives goes into a file that nobody else may read, and only a whole one takes
/// the place of what was there: it holds tokens, and may be the only backup.
async fn export_of_the_daemon(settings: &Settings, path: &Path) -> Result<u64, NoDaemon> {
    let failed = |error: io::Error| {
        NoDaemon::Broken(Failure::new(
            Exit::Attention,
            format!("writing {}: {error}", path.display()),
            "check the path and its rights",
        ))
    };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .prefix(".export-")
        .tempfile_in(dir.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    let bytes = control::export(&settings.state_dir, &mut file).await?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(bytes)
}

async fn import(
    context: &Context,
    settings: &Settings,
    path: &Path,
    force: bool,
) -> Result<Exit, Failure> {
    let state = super::sync::hold(context, settings, state::open)?;
    say_damage(&state);
    let force = if force { Force::Yes } else { Force::No };
    let base = state.base.as_ref();
    let imported = if path == Path::new("-") {
        store::import(BufReader::new(io::stdin()), base, force).await?
    } else {
        let file = File::open(path).map_err(|error| {
            Failure::new(
                Exit::Usage,
                format!("reading {}: {error}", path.display()),
                "name a file that `state export` wrote",
            )
        })?;
        store::import(BufReader::new(file), base, force).await?
    };
    for passed_over in &imported.passed_over {
        terminal::warn(passed_over);
    }
    terminal::print(&format!("{} records read\n", imported.pairs))?;
    Ok(if imported.passed_over.is_empty() {
        Exit::Done
    } else {
        Exit::Attention
    })
}

/// A damage that was recovered from on the way.
fn say_damage(state: &State) {
    if let Some(damage) = state.damage() {
        terminal::warn(&format!("{}: {}", damage.doing, damage.cause));
    }
}

async fn rebuild(context: &Context, settings: &Settings) -> Result<Exit, Failure> {
    let state = super::sync::hold(context, settings, state::open)?;
    say_damage(&state);
    let forgotten = store::rebuild(state.base.as_ref()).await?;
    terminal::print(&format!(
        "{forgotten} records forgotten; tokens and what waits for you are kept\nthe next pass looks at both sides and recognises its own entries\n"
    ))?;
    Ok(Exit::Done)
}

async fn verify(context: &Context, settings: &Settings) -> Result<Exit, Failure> {
    let answer = desk::ask(&Ask::Verify, settings, context.clock.as_ref()).await?;
    let Answer::Verified { records, problems } = answer else {
        return Err(unexpected());
    };
    if problems.is_empty() {
        terminal::print(&format!("{records} records, all whole\n"))?;
        return Ok(Exit::Done);
    }
    for problem in &problems {
        terminal::print(&format!("{problem}\n"))?;
    }
    Err(Failure::new(
        Exit::State,
        "the state is damaged",
        "`slotbridge state rebuild` forgets what the sides can tell again",
    ))
}
