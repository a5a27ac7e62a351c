//! The file work behind a directory calendar. Everything here may block.

use std::ffi::OsStr;
use std::fs::{self, Metadata, ReadDir};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::failure::{failure, missing};
use super::hidden;
use super::name;
use super::snapshot::{Snapshot, snapshot};
use crate::domain::ids::{Etag, Href};
use crate::ical::busy::{self, Stripped};
use crate::ical::component::MAX_OBJECT_BYTES;
use crate::ical::import;
use crate::ports::calendar::{Change, Content, Object};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::source::{SourceContent, SourceObject};

/// A directory by its path.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

/// Which directory stood at the path: device and inode, where the system tells them.
pub(super) type Identity = (u64, u64);

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
            let Some(href) = name::href(&name) else {
                continue;
            };
            if name.to_str().is_none() {
                let etag = Some(name::tag(&href));
                changes.push(Change::There { href, etag });
                continue;
            }
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
            Err(_) | Ok(Ok(None)) if name::may_stand_for_another(href) => {
                (Some(name::tag(href)), broken(name::BROKEN.to_owned()))
            }
            Err(_) | Ok(Ok(None)) => (None, absent),
            Ok(Err(cause)) => (None, broken(unreadable(&cause))),
            Ok(Ok(Some(Snapshot { etag, bytes }))) => (Some(etag), read(bytes.as_deref())),
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
            let Some(href) = name::href(&name) else {
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

    /// The path of an href.
    ///
    /// # Errors
    /// `Refused` when it is no name of a file that a listing would show.
    pub(super) fn path_of(&self, href: &Href) -> Result<PathBuf> {
        let text = href.as_str();
        let plain = !text.contains(['/', '\\', '\0']) && name::href(OsStr::new(text)).is_some();
        plain.then(|| self.path.join(text)).ok_or_else(|| {
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

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {
    (0, 0)
}
