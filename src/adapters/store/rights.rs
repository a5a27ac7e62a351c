//! Who may look into the state: its owner alone.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

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

/// Makes the directory, closed to everybody else.
pub(super) fn prepare(dir: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::unusable("preparing the state directory", dir, source);
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
