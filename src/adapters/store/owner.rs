//! Root and the state of another user, a service's say: root never writes there, and reads a copy.
//!
//! Guaranteed, where the effective user is root and the directory belongs to another user: nothing
//! in it is made, written, locked against others for longer than a copy takes, given away or closed.
//! To be read, its files are copied into a directory of root's own, through handles, without following
//! a link, and only those that are plain, have one name and are not too large. Nothing that the owner
//! exchanges meanwhile leads elsewhere, and neither a pipe nor a device keeps root waiting.
//!
//! Not guaranteed: that the bytes mean well (sled reads what that user wrote, as root does), that
//! nothing else of that user's keeps root waiting (a file system of its own, or whoever answers at the
//! control socket), and what others do who may write above the directory, or to whom a directory of
//! root's is given while root works in it. In a directory of root's own nothing of this applies.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use tempfile::TempDir;

use super::lock;
use super::open::OpenError;

/// How much is copied to be read (bytes): several times what a hundred thousand bookings take.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// How many files are copied to be read.
const MOST: u32 = 100_000;

/// The user and group that a directory belongs to, where this is root and the directory is not.
pub(super) fn another(dir: &Path) -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let found = fs::metadata(dir).ok()?;
    (found.uid() != 0).then(|| (found.uid(), found.gid()))
}

/// What root may read of the state of another user, gone when it is dropped; nothing where this is not
/// root, or the state is root's own.
pub(super) fn copied(dir: &Path) -> Result<Option<TempDir>, OpenError> {
    if another(dir).is_none() {
        return Ok(None);
    }
    // The directory itself was named by whoever runs this. systemd makes it a link.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let from = Shelf {
        handle: rustix::fs::open(dir, flags, Mode::empty()).map_err(|e| unusable(dir, e))?,
        path: dir.to_owned(),
    };
    // Who holds the state may be writing it.
    let lock = from.plain("lock")?;
    if let Some(mut lock) = lock.as_ref() {
        let path = dir.join("lock");
        match lock.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = lock::holder(&mut lock);
                return Err(OpenError::Locked { path, pid });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(&path, error)),
        }
    }
    // Closed to everybody else, in a directory in which nobody can exchange what another made.
    let copy = tempfile::Builder::new()
        .prefix("slotbridge-look-")
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|e| unusable(&std::env::temp_dir(), e))?;
    let mut budget = Budget {
        bytes: LARGEST,
        files: MOST,
    };
    from.copy("generation", copy.path(), &mut budget)?;
    for name in ["db", "blobs"] {
        let to = copy.path().join(name);
        fs::create_dir(&to).map_err(|e| unusable(&to, e))?;
        if let Some(inner) = from.inner(name)? {
            inner.copy_all(&to, &mut budget)?;
        }
    }
    Ok(Some(copy))
}

/// What may still be copied.
struct Budget {
    bytes: u64,
    files: u32,
}

/// A directory of another user, by its handle; the path is for words alone.
struct Shelf {
    handle: OwnedFd,
    path: PathBuf,
}

impl Shelf {
    /// What stands there under a name: not what a link leads to.
    fn stat(&self, name: &Path) -> Result<Option<Stat>, OpenError> {
        match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(found)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(unusable(&self.path.join(name), error)),
        }
    }

    fn open(&self, name: &Path, more: OFlags) -> Result<OwnedFd, OpenError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | more;
        rustix::fs::openat(&self.handle, name, flags, Mode::empty())
            .map_err(|e| unusable(&self.path.join(name), e))
    }

    fn inner(&self, name: &str) -> Result<Option<Self>, OpenError> {
        let path = self.path.join(name);
        let Some(found) = self.stat(name.as_ref())? else {
            return Ok(None);
        };
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => {}
            kind => return Err(not_plain(path, word(kind))),
        }
        let handle = self.open(name.as_ref(), OFlags::DIRECTORY)?;
        Ok(Some(Self { handle, path }))
    }

    /// A plain file with one name, to be read. It is looked at first, because opening a device does
    /// something already, and again when it is open, because it may have been exchanged.
    fn plain(&self, name: impl AsRef<Path>) -> Result<Option<File>, OpenError> {
        let name = name.as_ref();
        let path = self.path.join(name);
        let Some(found) = self.stat(name)? else {
            return Ok(None);
        };
        refuse_odd(&found, &path)?;
        let file = self.open(name, OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let found = rustix::fs::fstat(&file).map_err(|e| unusable(&path, e))?;
        refuse_odd(&found, &path)?;
        Ok(Some(File::from(file)))
    }

    fn copy(
        &self,
        name: impl AsRef<Path>,
        to: &Path,
        budget: &mut Budget,
    ) -> Result<(), OpenError> {
        let name = name.as_ref();
        let path = self.path.join(name);
        let Some(file) = self.plain(name)? else {
            return Ok(());
        };
        let too_large = || unusable(&path, io::ErrorKind::FileTooLarge);
        let size = file.metadata().map_err(|e| unusable(&path, e))?.len();
        if size > budget.bytes {
            return Err(too_large());
        }
        let to = to.join(name);
        // It may grow meanwhile.
        let copied = File::create_new(&to)
            .and_then(|mut out| io::copy(&mut file.take(budget.bytes + 1), &mut out));
        let copied = copied.map_err(|e| unusable(&to, e))?;
        let (bytes, files) = (
            budget.bytes.checked_sub(copied),
            budget.files.checked_sub(1),
        );
        let (Some(bytes), Some(files)) = (bytes, files) else {
            return Err(too_large());
        };
        *budget = Budget { bytes, files };
        Ok(())
    }

    fn copy_all(&self, to: &Path, budget: &mut Budget) -> Result<(), OpenError> {
        let failed = |e| unusable(&self.path, e);
        for entry in Dir::read_from(&self.handle).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = Path::new(std::ffi::OsStr::from_bytes(entry.file_name().to_bytes()));
            // sled keeps its blobs in a directory that ours never fill: large values are our files.
            let is_directory = self
                .stat(name)?
                .is_some_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Directory);
            if !is_directory {
                self.copy(name, to, budget)?;
            }
        }
        Ok(())
    }
}

fn refuse_odd(found: &Stat, path: &Path) -> Result<(), OpenError> {
    match FileType::from_raw_mode(found.st_mode) {
        // A second name may be that of a file which this user must not have.
        FileType::RegularFile if found.st_nlink <= 1 => Ok(()),
        FileType::RegularFile => Err(not_plain(
            path.to_owned(),
            "a file that has other names, too",
        )),
        kind => Err(not_plain(path.to_owned(), word(kind))),
    }
}

fn word(kind: FileType) -> &'static str {
    match kind {
        FileType::Symlink => "a link",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::Directory => "a directory",
        FileType::RegularFile => "a file",
        _ => "a device",
    }
}

fn not_plain(path: PathBuf, is: &'static str) -> OpenError {
    OpenError::NotPlain { path, is }
}

fn unusable(path: &Path, error: impl Into<io::Error>) -> OpenError {
    OpenError::unusable(
        "copying the state of another user to read it",
        path,
        error.into(),
    )
}
