//! Hidden files beside the entries: those that are being written, and what power cuts leave of them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::Builder;

/// How the name of a file that is being written begins and ends. Hidden, and with an ending that
/// khal and vdirsyncer pass over.
const PREFIX: &str = ".slotbridge-";
const SUFFIX: &str = ".tmp";

/// A file that is being written is older than this only where a power cut left it behind.
const ABANDONED: Duration = Duration::from_hours(24);

/// Makes files that are being written, with rights as the umask has them.
pub(super) fn file() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(12);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Whether a name is that of a file of ours that was being written.
fn is_temporary(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

/// Removes what power cuts left behind. A failure is no failure of the listing: the next one
/// tries again. The age is told by a new file's own time, because the clock of a network drive
/// may be another than ours.
pub(super) fn sweep(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    let modified = |path: &Path| {
        let metadata = fs::symlink_metadata(path).ok()?;
        metadata.is_file().then(|| metadata.modified().ok())?
    };
    let left: Vec<PathBuf> = files
        .filter_map(|file| Some(file.ok()?.file_name()))
        .filter(|name| is_temporary(name))
        .map(|name| folder.join(name))
        .collect();
    if left.is_empty() {
        return;
    }
    let Some(now) = file()
        .tempfile_in(folder)
        .ok()
        .and_then(|new| modified(new.path()))
    else {
        return;
    };
    for path in left {
        let age = modified(&path).and_then(|time| now.duration_since(time).ok());
        if age.is_some_and(|age| age > ABANDONED) {
            // Another process may have been faster.
            drop(fs::remove_file(&path));
        }
    }
}
