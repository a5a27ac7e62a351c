//! One process at a time: a lock file that names who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::open::OpenError;

/// Held while the state is open; let go by the kernel even after a kill.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    pub(super) fn take(state_dir: &Path) -> Result<Self, OpenError> {
        let path = state_dir.join("lock");
        let unusable = |source| OpenError::unusable("locking the state", &path, source);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked {
                    path,
                    pid: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // The pid is a courtesy. A full disk must not keep anybody from reading the state.
        let noted = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        if let Err(error) = noted {
            tracing::debug!(%error, "the lock file does not name this process");
        }
        Ok(Self { file })
    }
}

impl Drop for Lock {
    // Closing is not enough: a program that is just being started by another thread holds a copy
    // of the file for a moment, and the lock with it. Unlocking lets go of it for all copies.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::debug!(%error, "the lock file is let go by closing it");
        }
    }
}

/// Who has the lock, as the file says.
pub(super) fn holder(file: &mut impl Read) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_file_in_a_child_does_not_keep_it_locked() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let copy = lock.file.try_clone().unwrap();
        assert!(matches!(
            Lock::take(dir.path()),
            Err(OpenError::Locked { .. })
        ));
        drop(lock);
        assert!(Lock::take(dir.path()).is_ok());
        drop(copy);
    }
}
