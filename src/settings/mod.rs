//! Configuration: what the files and the environment say, and what that means.
//!
//! Files are read with their line numbers, layered, and then read key by key; every mistake is
//! collected on the way, so that a person sees all of them at once.

/// `"90s"`, `"5m"`, `"2h"`, `"30d"`.
pub mod duration;
/// The environment and the paths that hang on it.
pub mod environment;
/// Files and environment, one over the other.
pub mod layers;
/// What is wrong with a configuration, and what to do.
pub mod mistake;
/// Where a value was said.
pub mod origin;
/// Reads what was said, key by key.
pub mod reader;
/// Who on this machine can read a file.
pub mod readers;
/// What the configuration means.
pub mod resolved;
/// Secrets, and where they come from.
pub mod secret;
/// The merged result, with secrets masked.
pub mod show;

mod known;
mod placeholder;
mod resolve;
mod resolve_calendar;
mod resolve_feed;
mod resolve_host;
mod resolve_oauth;
mod resolve_zoom;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use environment::Environment;
use layers::Layers;
use mistake::Mistakes;
pub use resolved::Settings;

/// The built-in defaults, every key with a comment.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// A starter file for a person to fill in.
pub const STARTER: &str = include_str!("../../config/starter.toml");

/// The JSON Schema of a configuration file.
pub const SCHEMA: &str = include_str!("../../config/schema.json");

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Each `--config`, in order; later ones win.
    pub files: Vec<PathBuf>,
    /// `--state-dir`: wins over everything.
    pub state_dir: Option<PathBuf>,
}

/// A configuration that was read: what it means, and what it was made of.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it means.
    pub settings: Settings,
    /// What it was made of.
    pub layers: Layers,
}

/// Reads the configuration.
///
/// # Errors
/// Every mistake of every file and variable at once.
pub fn load(sources: &Sources, environment: &Environment) -> Result<Loaded, Mistakes> {
    meant(Layers::read(sources, environment), sources, environment)
}

/// Reads the configuration as it would be with this text at this path.
///
/// # Errors
/// As [`load`].
pub fn load_draft(
    sources: &Sources,
    environment: &Environment,
    path: &Path,
    text: &str,
) -> Result<Loaded, Mistakes> {
    let read = Layers::with_draft(sources, environment, Some((path, text)));
    meant(read, sources, environment)
}

fn meant(
    (layers, mut mistakes): (Layers, Mistakes),
    sources: &Sources,
    environment: &Environment,
) -> Result<Loaded, Mistakes> {
    let settings = resolve::settings(&layers, sources, environment, &mut mistakes);
    match settings {
        Some(settings) if mistakes.is_empty() => Ok(Loaded { settings, layers }),
        _ => Err(mistakes),
    }
}
