//! `slotbridge config`: a starter file, the merged result, a JSON Schema.

pub(super) mod ask;
mod flows;
pub(super) mod interview;
mod places;
mod saving;
mod zoom;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Context, terminal};
use crate::app::failure::{Exit, Failure};
use crate::settings::{SCHEMA, STARTER, show};

/// What the system's service reads; [`settings::load`](crate::settings::load) has it as a layer.
const SYSTEM_FILE: &str = "/etc/slotbridge/config.toml";

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write a configuration; on a terminal it asks what to write, and tries the answers. It refuses
    /// to overwrite a file
    Init {
        /// Where to; without it, where slotbridge looks for it
        path: Option<PathBuf>,
        /// Ask nothing: write a commented file to fill in, as where there is no terminal
        #[arg(long)]
        no_input: bool,
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

pub(super) async fn run(context: &Context, verb: &Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Init { path, no_input } => {
            let named = path.is_some() || !context.global.config.is_empty();
            let path = place(context, path.clone())?;
            if let Some(note) = note(rustix::process::geteuid().is_root(), named, &path) {
                terminal::say(&note);
            }
            if ask::is_there() && !no_input {
                return Box::pin(interview::run(context, path)).await;
            }
            start(&path)?;
        }
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

/// Where the configuration is to be.
fn place(context: &Context, path: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let path = path.map(|path| context.typed(&path)).transpose()?;
    let asked = path.or_else(|| context.global.config.last().cloned());
    let path = asked.or_else(|| context.environment.user_config());
    path.ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "there is no home directory to write to",
            "name a path",
        )
    })
}

/// What root has to know of a file that is root's own.
fn note(root: bool, named: bool, path: &Path) -> Option<String> {
    (root && !named).then(|| {
        format!(
            "note: {} is root's own. The system's service reads {SYSTEM_FILE} instead, as a user of its \
             own that must be able to read it (mode 644, secrets not in it): \
             see \"On a server\" (docs/SERVER.md)",
            path.display()
        )
    })
}

/// Writes the starter file.
fn start(path: &Path) -> Result<(), Failure> {
    // Secrets may be written into it later.
    saving::write_whole(path, STARTER)?;
    terminal::print(&format!(
        "written: {}\nfill it in, say `slotbridge login` (with kind = \"user\"), then try `slotbridge sync --dry-run`\n",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_told_which_file_the_service_reads() {
        let path = Path::new("/root/.config/slotbridge/config.toml");
        let said = note(true, false, path).unwrap();
        assert!(said.contains("reads /etc/slotbridge/config.toml"), "{said}");
        assert_eq!(note(false, false, path), None);
        assert_eq!(note(true, true, path), None, "they said where");
    }
}
