//! What `check` tries of a directory calendar: its files are counted, and a hidden file is written,
//! read back and removed.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::failure::failure;
use super::{Vdir, hidden, name};
use crate::ports::calendar::Calendar as _;
use crate::ports::error::{Error, Kind, Result};

/// How many directories below one are named.
const MOST_BELOW: usize = 10;
const WORDS: &[u8] = b"slotbridge check (may be deleted)\n";

impl Vdir {
    /// Counts the objects.
    ///
    /// # Errors
    /// As a listing.
    pub async fn count(&self) -> Result<usize> {
        let mut lines = self.list(None).await?;
        let mut count = 0;
        while let Some(some) = lines.next().await? {
            count += some.len();
        }
        Ok(count)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder.path
    }

    /// The directories below this one that hold `.ics` files themselves, ten at most, in
    /// the order of their names.
    ///
    /// # Errors
    /// As a listing.
    pub async fn calendars_below(&self) -> Result<Vec<String>> {
        self.work("listing the directory", |folder| {
            let (entries, _) = folder.look()?;
            let below = entries.flatten().filter(|entry| {
                let files = fs::read_dir(entry.path());
                files.is_ok_and(|files| {
                    files
                        .flatten()
                        .any(|file| name::href(&file.file_name()).is_some())
                })
            });
            let mut below: Vec<String> = below
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .filter(|name| !name.starts_with('.'))
                .collect();
            below.sort();
            below.truncate(MOST_BELOW);
            Ok(below)
        })
        .await
    }

    /// Writes a file that no calendar program looks at, reads it back and removes it.
    ///
    /// # Errors
    /// `Missing` where there is no directory; `Local` where nothing can be written.
    pub async fn try_writing(&self) -> Result<()> {
        self.work("writing a test file", |folder| {
            folder.is_there()?;
            let doing = format!("writing a test file into {}", folder.path.display());
            let tried = || {
                // Gone again with this function, however it ends.
                let mut file = hidden::file().tempfile_in(&folder.path)?;
                file.write_all(WORDS)?;
                file.as_file().sync_all()?;
                fs::read(file.path())
            };
            match tried() {
                Ok(read) if read == WORDS => Ok(()),
                Ok(_) => Err(Error::new(Kind::Local, doing)
                    .because("what was read back is not what was written")
                    .hint("look at the disk and at the system's log")),
                Err(cause) => Err(failure(doing, &folder.path, cause)),
            }
        })
        .await
    }
}
