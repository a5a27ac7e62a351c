//! `slotbridge state`: move, restore, rebuild and check the state.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::status::unexpected;
use super::{Context, terminal};
use crate::adapters::store::{self, Force};
use crate::app::control::{self, NoDaemon};
use crate::app::desk::{self, Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::state::{self, State};
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write everything as JSON Lines; they hold the tokens, too
    Export {
        /// Where to; `-` is stdout
        #[arg(default_value = "-")]
        path: PathBuf,
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
        Verb::Export { path } => export(context, &settings, &context.typed(&path)?).await,
        Verb::Import { path, force } => {
            import(context, &settings, &context.typed(&path)?, force).await
        }
        Verb::Rebuild => rebuild(context, &settings).await,
        Verb::Verify => verify(context, &settings).await,
    }
}

async fn export(context: &Context, settings: &Settings, path: &Path) -> Result<Exit, Failure> {
    let to_stdout = path == Path::new("-");
    let asked = if to_stdout {
        control::export(&settings.state_dir, io::stdout().lock()).await
    } else {
        // A daemon is asked first whether it is there, so that no empty file is left.
        match control::ask(&settings.state_dir, &Ask::Status).await {
            Ok(_) => export_of_the_daemon(settings, path).await,
            Err(why) => Err(why),
        }
    };
    match asked {
        Ok(_) => return Ok(Exit::Done),
        Err(NoDaemon::Broken(failure)) => return Err(failure),
        Err(NoDaemon::Absent) => {}
    }
    let state = state::open_to_read(&settings.state_dir, context.clock.as_ref())?;
    let now = context.clock.now();
    if to_stdout {
        store::export(&state.store, &mut io::stdout().lock(), now)?;
    } else {
        let exported = store::write_export(&state.store, path, now)?;
        terminal::say(&format!("{} records written", exported.pairs));
    }
    Ok(Exit::Done)
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
