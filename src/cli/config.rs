//! `slotbridge config`: a starter file, the merged result, a JSON Schema.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use clap::Subcommand;

use super::{Context, terminal};
use crate::app::failure::{Exit, Failure};
use crate::settings::{SCHEMA, STARTER, show};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write a commented file to start from; refuses to overwrite one
    Init {
        /// Where to; without it, where slotbridge looks for it
        path: Option<PathBuf>,
    },
    /// Print the merged result, secrets masked; -v adds where each value was said
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of a configuration file
    Schema,
}

pub(super) fn run(context: &Context, verb: &Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Init { path } => init(context, path.clone())?,
        Verb::Schema => terminal::print(SCHEMA)?,
        Verb::Show { json } => {
            let loaded = context.load()?;
            if !context.quiet() {
                loaded
                    .settings
                    .warnings
                    .iter()
                    .for_each(|warning| terminal::warn(warning));
            }
            if *json {
                terminal::print_json(&show::json(&loaded.layers))?;
            } else {
                terminal::print(&show::toml(&loaded.layers, context.global.verbose > 0))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn init(context: &Context, path: Option<PathBuf>) -> Result<(), Failure> {
    let asked = path.or_else(|| context.global.config.last().cloned());
    let path = asked
        .or_else(|| context.environment.user_config())
        .ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                "there is no home directory to write to",
                "name a path",
            )
        })?;
    let failed = |error: std::io::Error| {
        let hint = if error.kind() == ErrorKind::AlreadyExists {
            "it is left as it is; name another path, or remove it first"
        } else {
            "check the path and its rights"
        };
        Failure::new(
            Exit::Usage,
            format!("writing {}: {error}", path.display()),
            hint,
        )
    };
    if let Some(directory) = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(failed)?;
    }
    // Secrets may be written into it later.
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    file.and_then(|mut file| file.write_all(STARTER.as_bytes()))
        .map_err(failed)?;
    terminal::print(&format!(
        "written: {}\nfill it in, then try `slotbridge sync --dry-run`\n",
        path.display()
    ))
}
