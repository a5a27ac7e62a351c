//! The file work behind a directory calendar. Everything here may block.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, ReadDir};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::failure::{failure, missing, stale};
use super::hidden;
use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{Etag, Href};
use crate::ical::busy::{self, Stripped};
use crate::ical::component::MAX_OBJECT_BYTES;
use crate::ical::{export, import};
use crate::ports::calendar::{Change, Content, Object, Written};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::source::{SourceContent, SourceObject};

/// A directory by its path.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

/// Which directory stood at the path: device and inode, where the system tells them.
pub(super) type Identity = (u64, u64);

/// A file with its tag.
struct Snapshot {
    etag: Etag,
    /// `None` when it is larger than an entry can be.
    bytes: Option<Vec<u8>>,
}

impl Folder {
    pub(super) fn at(path: PathBuf) -> Result<Self> {
        match fs::metadata(&path) {
            Ok(metadata) if !metadata.is_dir() => Err(Error::new(
                Kind::Local,
                format!("opening the calendar directory {}", path.display()),
            )
            .because(io::Error::from(ErrorKind::NotADirectory))
            .hint("name a directory that holds one .ics file an event")),
            // What else may be wrong with it may pass; each call says so.
            _ => Ok(Self { path }),
        }
    }

    /// Starts a listing, and sweeps up what power cuts left behind.
    pub(super) fn files(&self) -> Result<(ReadDir, Identity)> {
        self.is_there()?;
        hidden::sweep(&self.path);
        self.look()
    }

    /// Starts a listing that only looks.
    pub(super) fn look(&self) -> Result<(ReadDir, Identity)> {
        let identity = self.is_there()?;
        let files = fs::read_dir(&self.path).map_err(|cause| self.unlisted(cause))?;
        Ok((files, identity))
    }

    /// The next files of a listing; empty at its end.
    pub(super) fn next(&self, files: &mut ReadDir, most: usize) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        while changes.len() < most {
            let Some(file) = files.next() else {
                break;
            };
            // One error here is an error of the whole: a short listing would read as deletions.
            let name = file.map_err(|cause| self.unlisted(cause))?.file_name();
            let Some(href) = href_of(&name) else {
                continue;
            };
            let path = self.path.join(name);
            let etag = match snapshot(&path) {
                Ok(Some(snapshot)) => Some(snapshot.etag),
                // A directory or a device, or a file that is gone already.
                Ok(None) => continue,
                // It is there, and that is all that can be said.
                Err(_) => None,
            };
            changes.push(Change::There { href, etag });
        }
        Ok(changes)
    }

    /// That the directory is there, and which one it is.
    pub(super) fn is_there(&self) -> Result<Identity> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => Ok(identity(&metadata)),
            Ok(_) => Err(missing(&self.path)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Err(missing(&self.path)),
            Err(cause) => Err(self.unlisted(cause)),
        }
    }

    /// That it is the same directory as before.
    pub(super) fn is_still(&self, before: Identity) -> Result<()> {
        if self.is_there()? == before {
            return Ok(());
        }
        Err(Error::new(
            Kind::Transient,
            format!("listing the directory {}", self.path.display()),
        )
        .because("another directory was put in its place meanwhile"))
    }

    /// One file as an object.
    pub(super) fn read(&self, href: &Href) -> Object {
        let (etag, content) = self.understand(href, content, Content::Absent, Content::Broken);
        Object {
            href: href.clone(),
            etag,
            content,
        }
    }

    /// What one file says about time.
    pub(super) fn read_timing(&self, href: &Href) -> SourceObject {
        let (absent, broken) = (SourceContent::Absent, SourceContent::Broken);
        let (etag, content) = self.understand(href, timing, absent, broken);
        SourceObject {
            href: href.clone(),
            etag,
            content,
        }
    }

    /// One file, its bytes understood in one way or the other.
    fn understand<T>(
        &self,
        href: &Href,
        read: fn(Option<&[u8]>) -> T,
        absent: T,
        broken: fn(String) -> T,
    ) -> (Option<Etag>, T) {
        match self.path_of(href).map(|path| snapshot(&path)) {
            Err(_) | Ok(Ok(None)) => (None, absent),
            Ok(Err(cause)) => (None, broken(unreadable(&cause))),
            Ok(Ok(Some(Snapshot { etag, bytes }))) => (Some(etag), read(bytes.as_deref())),
        }
    }

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

    /// All files that have something in them, with their tags, in order of their names. What cannot
    /// be read has nothing.
    pub(super) fn having(
        &self,
        something: fn(&[u8]) -> bool,
    ) -> Result<Vec<(Href, Etag, Vec<u8>)>> {
        let (files, _) = self.look()?;
        let mut having = Vec::new();
        for file in files {
            let name = file.map_err(|cause| self.unlisted(cause))?.file_name();
            let Some(href) = href_of(&name) else {
                continue;
            };
            let Ok(Some(snapshot)) = snapshot(&self.path.join(name)) else {
                continue;
            };
            if let Some(bytes) = snapshot.bytes.filter(|bytes| something(bytes)) {
                having.push((href, snapshot.etag, bytes));
            }
        }
        having.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(having)
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

    /// The path of an href.
    ///
    /// # Errors
    /// `Refused` when it is no name of a file that a listing would show.
    fn path_of(&self, href: &Href) -> Result<PathBuf> {
        let name = href.as_str();
        let plain = !name.contains(['/', '\\', '\0']) && href_of(OsStr::new(name)).is_some();
        plain.then(|| self.path.join(name)).ok_or_else(|| {
            Error::new(
                Kind::Refused,
                format!("opening a file in {}", self.path.display()),
            )
            .because("its name is not that of an .ics file")
        })
    }

    fn unlisted(&self, cause: io::Error) -> Error {
        let doing = format!("listing the directory {}", self.path.display());
        failure(doing, &self.path, cause)
    }
}

/// The href of a file name: `.ics` files that are not hidden. Editors and sync programs write
/// beside them under other names.
fn href_of(name: &OsStr) -> Option<Href> {
    let text = name.to_str()?;
    let ics = Path::new(text)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("ics"));
    (ics && !text.starts_with('.')).then(|| Href::new(text))
}

/// What is in a file, with its tag; `None` when no regular file is there.
fn snapshot(path: &Path) -> io::Result<Option<Snapshot>> {
    let absent = |cause: io::Error| match cause.kind() {
        ErrorKind::NotFound | ErrorKind::InvalidFilename => Ok(None),
        _ => Err(cause),
    };
    // Asked before it is opened: opening a pipe waits for somebody to write.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(cause) => return absent(cause),
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    let limit = u64::try_from(MAX_OBJECT_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes));
    if let Err(cause) = read {
        return absent(cause);
    }
    if bytes.len() > MAX_OBJECT_BYTES {
        // Never an entry of ours: not worth reading to its end each time.
        let changed = metadata.modified().ok();
        let ticks = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let tag = format!(
            "\"large-{}-{}\"",
            metadata.len(),
            ticks.unwrap_or_default().as_nanos()
        );
        return Ok(Some(Snapshot {
            etag: Etag::new(tag),
            bytes: None,
        }));
    }
    Ok(Some(Snapshot {
        etag: digest(&bytes),
        bytes: Some(bytes),
    }))
}

fn unreadable(cause: &io::Error) -> String {
    format!("it cannot be read: {cause}")
}

fn too_large() -> String {
    format!("it is larger than {MAX_OBJECT_BYTES} bytes")
}

fn timing(bytes: Option<&[u8]>) -> SourceContent {
    let Some(bytes) = bytes else {
        return SourceContent::Broken(too_large());
    };
    match busy::strip(bytes) {
        Ok(Stripped::Timing(timing)) => SourceContent::Timing(timing),
        Ok(Stripped::Nothing) => SourceContent::Nothing,
        Err(broken) => SourceContent::Broken(broken.to_string()),
    }
}

fn content(bytes: Option<&[u8]>) -> Content {
    let Some(bytes) = bytes else {
        return Content::Broken(too_large());
    };
    match import::read(bytes) {
        Ok(import::Found::Ours(entry)) => Content::Ours(entry),
        Ok(import::Found::Foreign) => Content::Foreign,
        Err(broken) => Content::Broken(broken.to_string()),
    }
}

fn digest(bytes: &[u8]) -> Etag {
    let digest = Sha256::digest(bytes);
    let half = digest.first_chunk::<16>().copied().unwrap_or_default();
    Etag::new(format!("\"{:032x}\"", u128::from_be_bytes(half)))
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {
    (0, 0)
}
