//! Feeds as files: replaced as a whole, and only when they changed, so that a web server's own
//! `Last-Modified` and `ETag` say the truth.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tempfile::Builder;

use crate::app::failure::{Exit, Failure};
use crate::app::feeds::FeedText;
use crate::domain::feed::FeedName;

/// Who may read the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Who wrote them.
    Owner,
    /// Everybody on this machine.
    Everybody,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It has another text now.
    Written,
    /// It had that text already.
    Unchanged,
    /// No pass has known what it shows, and what is there stays.
    NotKnown,
}

/// What the file of a feed is called.
pub(super) fn name(feed: &FeedName) -> String {
    format!("{feed}.ics")
}

/// Brings the file of a feed up to date.
///
/// # Errors
/// When the directory does not take it.
pub(super) fn write(
    directory: &Path,
    feed: &FeedText,
    readers: Readers,
) -> Result<Outcome, Failure> {
    let Some(text) = &feed.text else {
        return Ok(Outcome::NotKnown);
    };
    let path = directory.join(name(&feed.name));
    let outcome = match fs::read(&path) {
        Ok(there) if there == text.as_bytes() => {
            fs::set_permissions(&path, readers.mode()).map(|()| Outcome::Unchanged)
        }
        _ => replace(directory, &path, text, feed.modified.as_second(), readers)
            .map(|()| Outcome::Written),
    };
    outcome.map_err(|error| {
        Failure::new(
            Exit::Attention,
            format!("writing the feed {}: {error}", path.display()),
            "name a directory that is there and that you can write to",
        )
    })
}

fn replace(
    directory: &Path,
    path: &Path,
    text: &str,
    modified: i64,
    readers: Readers,
) -> io::Result<()> {
    // Its name ends otherwise, so that no web server takes it for a feed.
    let mut file = Builder::new().prefix(".feed-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(readers.mode())?;
    let since = Duration::from_secs(modified.unsigned_abs());
    file.as_file()
        .set_modified(SystemTime::UNIX_EPOCH + since)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

impl Readers {
    fn mode(self) -> Permissions {
        Permissions::from_mode(match self {
            Self::Owner => 0o600,
            Self::Everybody => 0o644,
        })
    }
}
