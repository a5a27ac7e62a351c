//! Writes to a directory calendar: each as a whole, each survives a power cut once it is done.

use std::fs;
#[cfg(unix)]
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::failure::{failure, stale};
use super::folder::Folder;
use super::hidden;
use super::snapshot::{Snapshot, digest, snapshot};
use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{Etag, Href};
use crate::ical::component::MAX_OBJECT_BYTES;
use crate::ical::{export, import};
use crate::ports::calendar::Written;
use crate::ports::error::{Error, Kind, Result};

impl Folder {
    pub(super) fn create(&self, draft: &Draft) -> Result<Written> {
        let doing = || format!("creating {}", self.path.join(draft.href.as_str()).display());
        let path = self.path_of(&draft.href)?;
        self.is_there()?;
        let text = export::create(draft);
        if !matches!(import::read(text.as_bytes()), Ok(import::Found::Ours(_))) {
            // What we could not read back would be a stranger in the next pass.
            return Err(Error::new(Kind::Refused, doing())
                .because("the entry has no time, or its UID is not one of ours"));
        }
        let temporary = self.temporary(&self.path, &draft.href, text.as_bytes(), None)?;
        temporary.persist_noclobber(&path).map_err(|failed| {
            if failed.error.kind() == ErrorKind::AlreadyExists {
                stale(doing(), "a file is already there")
            } else {
                failure(doing(), &self.path, failed.error)
            }
        })?;
        self.sync(&self.path)?;
        Ok(Written {
            href: draft.href.clone(),
            etag: Some(digest(text.as_bytes())),
        })
    }

    pub(super) fn update(&self, edit: &Edit) -> Result<Written> {
        let doing = || format!("changing {}", self.path.join(edit.href.as_str()).display());
        let path = self.path_of(&edit.href)?;
        // A link stays a link: what it points at is changed.
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let snapshot_now = || {
            self.seen(&real, edit.seen.as_ref(), &doing)?
                .ok_or_else(|| stale(doing(), "the file is gone"))
        };
        let before = snapshot_now()?;
        let text = export::edit(&before.bytes.unwrap_or_default(), edit)
            .map_err(|broken| Error::new(Kind::Refused, doing()).because(broken))?;
        let place = real.parent().unwrap_or(&self.path);
        let temporary = self.temporary(place, &edit.href, &text, Some(&real))?;
        // An edit that was made while this one was written. What is left is the blink of an eye
        // between this and the rename; no file system has a rename with a condition.
        if snapshot_now()?.etag != before.etag {
            return Err(stale(doing(), "the file was changed meanwhile"));
        }
        temporary
            .persist(&real)
            .map_err(|failed| failure(doing(), &self.path, failed.error))?;
        self.sync(place)?;
        Ok(Written {
            href: edit.href.clone(),
            etag: Some(digest(&text)),
        })
    }

    pub(super) fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        let doing = || format!("deleting {}", self.path.join(href.as_str()).display());
        let path = self.path_of(href)?;
        if self.seen(&path, seen, &doing)?.is_none() {
            return Ok(());
        }
        match fs::remove_file(&path) {
            Ok(()) => self.sync(&self.path),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(failure(doing(), &self.path, cause)),
        }
    }

    /// What is in a file, with its tag; `None` when there is none.
    pub(super) fn bytes(&self, href: &Href) -> Result<Option<(Etag, Vec<u8>)>> {
        let doing = || format!("reading {}", self.path.join(href.as_str()).display());
        let path = self.path_of(href)?;
        let Some(snapshot) = self.seen(&path, None, &doing)? else {
            return Ok(None);
        };
        match snapshot.bytes {
            Some(bytes) => Ok(Some((snapshot.etag, bytes))),
            None => Err(Error::new(Kind::Malformed, doing())
                .because(format!("it is larger than {MAX_OBJECT_BYTES} bytes"))),
        }
    }

    /// Writes a file that is as it was seen; a new one where none was.
    pub(super) fn put(&self, href: &Href, bytes: &[u8], seen: Option<&Etag>) -> Result<Etag> {
        let doing = || format!("writing {}", self.path.join(href.as_str()).display());
        let path = self.path_of(href)?;
        self.is_there()?;
        if seen.is_none() {
            let temporary = self.temporary(&self.path, href, bytes, None)?;
            temporary.persist_noclobber(&path).map_err(|failed| {
                if failed.error.kind() == ErrorKind::AlreadyExists {
                    stale(doing(), "a file is already there")
                } else {
                    failure(doing(), &self.path, failed.error)
                }
            })?;
            self.sync(&self.path)?;
            return Ok(digest(bytes));
        }
        // A link stays a link: what it points at is changed.
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let place = real.parent().unwrap_or(&self.path);
        let temporary = self.temporary(place, href, bytes, real.exists().then_some(&real))?;
        if self.seen(&real, seen, &doing)?.is_none() {
            return Err(stale(doing(), "the file is gone"));
        }
        temporary
            .persist(&real)
            .map_err(|failed| failure(doing(), &self.path, failed.error))?;
        self.sync(place)?;
        Ok(digest(bytes))
    }

    /// The file as it is now, if it is as it was seen; `None` when it is gone.
    fn seen(
        &self,
        path: &Path,
        seen: Option<&Etag>,
        doing: &dyn Fn() -> String,
    ) -> Result<Option<Snapshot>> {
        let now = snapshot(path).map_err(|cause| failure(doing(), &self.path, cause))?;
        match &now {
            None => self.is_there().map(|_| None),
            Some(now_there) if seen.is_some_and(|seen| *seen != now_there.etag) => {
                Err(stale(doing(), "the file is not as it was seen"))
            }
            Some(_) => Ok(now),
        }
    }

    /// A hidden file beside its target, complete and on disk. No two have the same name, so that
    /// nobody else's is taken away; what a power cut leaves behind is swept by a later listing.
    fn temporary(
        &self,
        place: &Path,
        href: &Href,
        bytes: &[u8],
        like: Option<&Path>,
    ) -> Result<NamedTempFile> {
        let make = || -> io::Result<NamedTempFile> {
            let mut file = hidden::file().tempfile_in(place)?;
            file.write_all(bytes)?;
            if let Some(like) = like {
                file.as_file()
                    .set_permissions(fs::metadata(like)?.permissions())?;
            }
            file.as_file().sync_all()?;
            Ok(file)
        };
        make().map_err(|cause| {
            let doing = format!("writing {} in {}", href, self.path.display());
            failure(doing, &self.path, cause)
        })
    }

    /// Leaves a hidden file behind, as a power cut would; gives its name.
    #[cfg(test)]
    pub(super) fn leave_behind(&self, href: &Href) -> String {
        let cut = self.temporary(&self.path, href, b"BEGIN:VCAL", None);
        let (_, path) = cut.expect("a file").keep().expect("kept");
        let name = path.file_name().expect("a name");
        name.to_string_lossy().into_owned()
    }

    /// Makes a rename or a removal survive a power cut.
    fn sync(&self, place: &Path) -> Result<()> {
        #[cfg(unix)]
        File::open(place)
            .and_then(|directory| directory.sync_all())
            .map_err(|cause| {
                let doing = format!("writing the directory {} to disk", place.display());
                failure(doing, &self.path, cause)
            })?;
        Ok(())
    }
}
