//! Whose the files of the state are: what root makes there it makes for the owner of the directory.
//!
//! A service's state belongs to a user of its own, who can read nothing of root's. Whatever root does
//! there by hand must be left so that the service goes on with it, also where root is killed halfway.
//! The owner of a directory can put anything into it, so nothing is given or written through a link.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, Uid};

use super::open::OpenError;

/// How deep our directories and sled's lie: `db.damaged-…/db/blobs`, and one more.
const DEPTH: usize = 4;

/// The user and group that a directory belongs to.
#[derive(Clone, Copy)]
struct Owner {
    user: Uid,
    group: Gid,
}

impl Owner {
    /// To whom everything in a directory has to be given: nobody, where this is not root or the
    /// directory is root's own.
    fn of(dir: &Path) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let found = fs::metadata(dir).ok()?;
        (found.uid() != 0).then(|| Self {
            user: Uid::from_raw(found.uid()),
            group: Gid::from_raw(found.gid()),
        })
    }

    /// Gives what root made. What has a second name may be a file that this owner must not have.
    fn give(self, made: impl AsFd) -> io::Result<()> {
        let found = rustix::fs::fstat(&made)?;
        let ours = match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => true,
            FileType::RegularFile | FileType::Socket => found.st_nlink == 1,
            _ => false,
        };
        if found.st_uid != 0 || !ours {
            return Ok(());
        }
        let (user, group) = (Some(self.user), Some(self.group));
        rustix::fs::chownat(made, c"", user, group, AtFlags::EMPTY_PATH)?;
        Ok(())
    }
}

/// Gives a file or directory that was just made to the owner of the directory that it stands in.
pub(super) fn give(made: impl AsFd, dir: &Path) {
    if let Some(Err(error)) = Owner::of(dir).map(|owner| owner.give(made)) {
        told(dir, &error);
    }
}

/// Gives all that root left in the state to whom the directory belongs to.
pub fn hand_over(dir: &Path) {
    let Some(owner) = Owner::of(dir) else { return };
    let mut refused = None;
    let walked = each(dir, &mut |made, _| {
        if let Err(error) = owner.give(made) {
            refused.get_or_insert(error);
        }
    });
    if let Some(error) = walked.err().or(refused) {
        told(dir, &error);
    }
}

fn told(dir: &Path, error: &io::Error) {
    tracing::warn!(
        dir = %dir.display(),
        %error,
        "what root made in the state of another user stays root's; give it to that user (chown -R)"
    );
}

/// Hands everything over when it goes: sled writes files until it is closed, also where opening
/// fails.
pub(super) struct Handover(PathBuf);

impl Handover {
    /// Of a directory.
    pub(super) fn of(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        hand_over(&self.0);
    }
}

/// Refuses a state of another user in which a link stands, where this is root: through it root would
/// write what that user may not.
pub(super) fn refuse_links(dir: &Path) -> Result<(), OpenError> {
    if Owner::of(dir).is_none() {
        return Ok(());
    }
    let mut link = None;
    let walked = each(dir, &mut |made, path| {
        let is_link = rustix::fs::fstat(made)
            .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink);
        if is_link {
            link.get_or_insert_with(|| path.to_owned());
        }
    });
    walked.map_err(|source| OpenError::unusable("looking for links in the state", dir, source))?;
    link.map_or(Ok(()), |path| Err(OpenError::Link { path }))
}

/// Shows everything below a directory, as it is: links are not followed.
fn each(dir: &Path, show: &mut dyn FnMut(&OwnedFd, &Path)) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    // The directory itself was named by whoever runs this. systemd makes it a link.
    let opened = rustix::fs::open(dir, flags, Mode::empty())?;
    below(&opened, dir, DEPTH, show)
}

fn below(
    dir: &OwnedFd,
    path: &Path,
    depth: usize,
    show: &mut dyn FnMut(&OwnedFd, &Path),
) -> io::Result<()> {
    let own = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let path = path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let made = match rustix::fs::openat(dir, name, OFlags::PATH | own, Mode::empty()) {
            Ok(made) => made,
            // Files come and go where a daemon runs.
            Err(rustix::io::Errno::NOENT) => continue,
            Err(error) => return Err(error.into()),
        };
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&made)?.st_mode);
        if kind == FileType::Directory && depth > 0 {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | own;
            let inner = rustix::fs::openat(dir, name, flags, Mode::empty())?;
            below(&inner, &path, depth - 1, show)?;
        }
        show(&made, &path);
    }
    Ok(())
}
