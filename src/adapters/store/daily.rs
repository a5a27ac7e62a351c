//! One export a day, kept for a week: what a damaged state is restored from.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::export::write_file;
use super::sled_base::SledBase;
use crate::ports::error::{Error, Kind, Result};

/// How many daily exports are kept.
pub const DAYS_KEPT: usize = 7;

/// Writes `exports/state-YYYY-MM-DD.jsonl` (the UTC day) and deletes all but the newest
/// [`DAYS_KEPT`]. A second one on the same day replaces the first. It blocks: run it where that
/// is allowed.
///
/// # Errors
/// When the state cannot be read, or the file not be written (`Local`); then all earlier exports
/// stay.
pub fn export_daily(base: &SledBase, now: Timestamp) -> Result<PathBuf> {
    let dir = base.dir().join("exports");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dir)
        .map_err(|error| {
            Error::new(
                Kind::Local,
                format!("making the directory {}", dir.display()),
            )
            .because(error)
            .hint("check the disk space and the rights of the state directory")
        })?;
    let path = todays(base, now);
    base.still(|generation| write_file(base, &path, now, Some(generation)))?;
    for old in exports(base.dir()).into_iter().skip(DAYS_KEPT) {
        if let Err(error) = fs::remove_file(&old) {
            tracing::warn!(export = %old.display(), %error, "an old export stays");
        }
    }
    Ok(path)
}

/// Whether this (UTC) day has its export already.
#[must_use]
pub fn is_exported(base: &SledBase, now: Timestamp) -> bool {
    todays(base, now).exists()
}

fn todays(base: &SledBase, now: Timestamp) -> PathBuf {
    let name = format!("state-{}.jsonl", now.strftime("%Y-%m-%d"));
    base.dir().join("exports").join(name)
}

/// The daily exports, newest first.
pub(super) fn exports(state_dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(state_dir.join("exports")) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_stem().and_then(|name| name.to_str());
            path.extension().is_some_and(|ending| ending == "jsonl")
                && name.is_some_and(|name| name.starts_with("state-"))
        })
        .collect();
    // The names sort like their days.
    paths.sort();
    paths.reverse();
    paths
}
