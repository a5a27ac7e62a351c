//! A directory with one `.ics` file an event, as vdirsyncer and khal keep it: a calendar to write
//! to (`Vdir`) or a source of busy time (`VdirSource`).
//!
//! The tag of a file is a digest of what is in it. Times cannot do that job: an editor can write
//! twice within one tick of the file system's clock, and a restored backup or `rsync -t` brings old
//! times back. Reading 10,000 entries of 2 KB takes a fraction of a second, and a file that was
//! written anew with the same words is rightly unchanged.

mod failure;
mod folder;
mod hidden;
mod hours;
mod name;
/// What `check` tries.
mod probe;
mod snapshot;
mod source;
#[cfg(test)]
mod tests;
mod writes;

use std::fs::ReadDir;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::entry::{Draft, Edit};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ports::calendar::{Calendar, Change, Coverage, Listed, Listing, Object, Written};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use folder::{Folder, Identity};
pub use source::VdirSource;

/// How many files are looked at before lines of a listing are handed out.
const BATCH: usize = 200;

/// A directory as a calendar.
#[derive(Debug)]
pub struct Vdir {
    folder: Arc<Folder>,
    meter: Meter,
}

impl Vdir {
    /// A calendar in this directory. Whether it is there is asked with each call, because a disk may
    /// come and go while the daemon runs; it is never created, because an empty directory in place
    /// of a disk that is not mounted would look like a calendar that somebody emptied.
    ///
    /// # Errors
    /// `Local` when something else than a directory stands there.
    pub fn open(path: PathBuf) -> Result<Self> {
        Ok(Self {
            folder: Arc::new(Folder::at(path)?),
            meter: Meter::default(),
        })
    }

    /// Runs file work where it may block.
    async fn work<T, F>(&self, doing: &str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Folder) -> Result<T> + Send + 'static,
    {
        self.meter.request();
        blocking(doing, Arc::clone(&self.folder), move |folder| work(folder)).await
    }
}

async fn blocking<T, F>(doing: &str, folder: Arc<Folder>, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&Folder) -> Result<T> + Send + 'static,
{
    tokio::task::spawn_blocking(move || work(&folder))
        .await
        .map_err(|stopped| Error::new(Kind::Local, doing).because(stopped))?
}

#[async_trait]
impl Calendar for Vdir {
    async fn list(&self, _since: Option<&Cursor>) -> Result<Box<dyn Listing>> {
        let (files, identity) = self.work("listing a directory", Folder::files).await?;
        Ok(Box::new(Files::new(&self.folder, files, identity)))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<Object>> {
        if hrefs.is_empty() {
            return Ok(Vec::new());
        }
        let hrefs = hrefs.to_vec();
        self.work("reading entries", move |folder| {
            let objects: Vec<Object> = hrefs.iter().map(|href| folder.read(href)).collect();
            // Only a directory that is there proves that a file is not.
            folder.is_there()?;
            Ok(objects)
        })
        .await
    }

    async fn create(&self, draft: &Draft) -> Result<Written> {
        let draft = draft.clone();
        self.work("creating an entry", move |folder| folder.create(&draft))
            .await
    }

    async fn update(&self, edit: &Edit) -> Result<Written> {
        let edit = edit.clone();
        self.work("changing an entry", move |folder| folder.update(&edit))
            .await
    }

    async fn delete(&self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        let (href, seen) = (href.clone(), seen.cloned());
        self.work("deleting an entry", move |folder| {
            folder.delete(&href, seen.as_ref())
        })
        .await
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

/// A directory being listed.
struct Files {
    folder: Arc<Folder>,
    /// `None` once all have been given.
    left: Option<ReadDir>,
    identity: Identity,
}

impl Files {
    fn new(folder: &Arc<Folder>, files: ReadDir, identity: Identity) -> Self {
        Self {
            folder: Arc::clone(folder),
            left: Some(files),
            identity,
        }
    }
}

#[async_trait]
impl Listing for Files {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let Some(mut files) = self.left.take() else {
            return Ok(None);
        };
        let identity = self.identity;
        let doing = "listing a directory";
        let (files, changes) = blocking(doing, Arc::clone(&self.folder), move |folder| {
            let changes = folder.next(&mut files, BATCH)?;
            if changes.is_empty() {
                // A disk that went away in the middle looks like a short directory.
                folder.is_still(identity)?;
            }
            Ok((files, changes))
        })
        .await?;
        if changes.is_empty() {
            return Ok(None);
        }
        self.left = Some(files);
        Ok(Some(changes))
    }

    fn listed(&self) -> Listed {
        Listed {
            coverage: Coverage::Full,
            cursor: None,
        }
    }
}
