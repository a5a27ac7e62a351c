//! Who may look into the state: its owner alone.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::daily::exports;
use super::open::OpenError;

/// Makes the database's directory, closed to everybody else: sled would make it and its files with
/// the usual rights, which a copy or a backup of it would keep.
pub(super) fn close_to_others(db: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::unusable("preparing the database", db, source);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(db)
        .map_err(unusable)?;
    fs::set_permissions(db, fs::Permissions::from_mode(0o700)).map_err(unusable)
}

/// Closes the files that sled made.
pub(super) fn close_files(db: &Path) -> io::Result<()> {
    for entry in fs::read_dir(db)? {
        let entry = entry?;
        let mode = if entry.file_type()?.is_dir() {
            0o700
        } else {
            0o600
        };
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Names that the state alone has: one of them is enough to know it by.
fn is_proof(dir: &Path, name: &str) -> bool {
    match name {
        "generation" | "kept.json" => dir.join(name).is_file(),
        "db" => dir.join("db/conf").is_file() || dir.join("db/db").is_file(),
        "exports" => !exports(dir).is_empty(),
        name => name.starts_with("db.damaged-"),
    }
}

/// Names that the state has too, or that are there by themselves.
fn is_usual(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "db",
        "lock",
        "blobs",
        "exports",
        "control.sock",
        "lost+found",
    ];
    NAMES.contains(&name) || name.starts_with("look-") || name.starts_with(".tmp")
}

/// Whether a directory holds other things and no state: nothing of it may be changed then, not even
/// its rights. One that is not there, is empty or cannot be listed is none of those.
pub(super) fn is_for_something_else(dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else {
        return false;
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    !names.iter().any(|name| is_proof(dir, name)) && !names.iter().all(|name| is_usual(name))
}

/// Makes a directory where one would be made, and removes it.
pub(super) fn try_making(dir: &Path) -> io::Result<()> {
    let above = dir.ancestors().find(|above| above.exists());
    let above = above.unwrap_or(Path::new("."));
    let made = tempfile::Builder::new()
        .prefix(".slotbridge-")
        .tempdir_in(above)?;
    made.close()
}

/// Makes the directory, closed to everybody else.
pub(super) fn prepare(dir: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::unusable("preparing the state directory", dir, source);
    if let Some(wrong) = OpenError::of_something_else(dir) {
        return Err(wrong);
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(unusable)?;
    if let Some(foreign) = OpenError::of_foreign(dir) {
        return Err(foreign);
    }
    let mode = fs::metadata(dir).map_err(unusable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            dir = %dir.display(),
            "the state directory had mode {mode:03o}; it holds tokens, so it is 700 now"
        );
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(unusable)?;
    }
    Ok(())
}
