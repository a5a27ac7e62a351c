//! Feeds in files.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rstest::rstest;
use slotbridge::adapters::http_client::Timeouts;
use slotbridge::adapters::ics::Ics;
use slotbridge::ports::calendar::Coverage;
use slotbridge::ports::clock::Clock as _;
use slotbridge::ports::error::Kind;
use tempfile::TempDir;

use crate::bench::*;

struct Disk {
    directory: TempDir,
    clock: Arc<StillClock>,
}

impl Disk {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            clock: StillClock::new(),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("feed.ics")
    }

    fn feed(&self, path: &Path) -> Ics {
        let path = path.display().to_string();
        feed_with(&path, None, Timeouts::default(), self.clock.clone())
    }

    /// Writes the file, so many seconds before now by the clock.
    fn write(&self, text: &str, seconds_ago: i64) {
        fs::write(self.path(), text).expect("written");
        let seconds = self.clock.now().as_second() - seconds_ago;
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).expect("a time"));
        let file = File::options().write(true).open(self.path());
        file.and_then(|file| file.set_modified(time))
            .expect("a time");
    }
}

#[tokio::test]
async fn a_file_is_a_feed_by_its_path_or_address() {
    let disk = Disk::new();
    disk.write(&calendar(&["a", "b"]), 60);
    assert_eq!(timings(&disk.feed(&disk.path())).await, 2);
    let address = format!("file://{}", disk.path().display());
    assert_eq!(timings(&disk.feed(Path::new(&address))).await, 2);
}

#[tokio::test]
async fn a_file_that_is_as_it_was_is_not_read() {
    let disk = Disk::new();
    disk.write(&calendar(&["a"]), 60);
    let feed = disk.feed(&disk.path());
    let (_, listed) = list(&feed, None).await.expect("a listing");
    let (hrefs, again) = list(&feed, listed.cursor.as_ref())
        .await
        .expect("a listing");
    assert_eq!((hrefs, again.coverage), (vec![], Coverage::Since));
    // The same size and time in the same place: it was not opened.
    disk.write(&calendar(&["b"]), 60);
    let (_, again) = list(&feed, listed.cursor.as_ref())
        .await
        .expect("a listing");
    assert_eq!(again.coverage, Coverage::Since);
    disk.write(&calendar(&["b"]), 59);
    let (hrefs, again) = list(&feed, listed.cursor.as_ref())
        .await
        .expect("a listing");
    assert_eq!((hrefs.len(), again.coverage), (1, Coverage::Full));
}

#[tokio::test]
async fn a_file_just_written_is_told_by_what_is_in_it() {
    let disk = Disk::new();
    disk.write(&calendar(&["a"]), 1);
    let feed = disk.feed(&disk.path());
    let (_, listed) = list(&feed, None).await.expect("a listing");
    // Within the same tick of the file system's clock.
    disk.write(&calendar(&["b"]), 1);
    let (hrefs, again) = list(&feed, listed.cursor.as_ref())
        .await
        .expect("a listing");
    assert_eq!((hrefs.len(), again.coverage), (1, Coverage::Full));
    let (hrefs, again) = list(&feed, again.cursor.as_ref()).await.expect("a listing");
    assert_eq!((hrefs, again.coverage), (vec![], Coverage::Since));
}

#[tokio::test]
async fn a_file_half_written_is_tried_again() {
    let disk = Disk::new();
    let whole = calendar(&["a", "b"]);
    disk.write(&whole[..whole.len() / 2], 60);
    let feed = disk.feed(&disk.path());
    refused(&feed, Kind::Transient, "stops in the middle").await;
    disk.write("", 50);
    refused(&feed, Kind::Malformed, "it is empty").await;
    disk.write(&whole, 40);
    assert_eq!(timings(&feed).await, 2);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read() {
    let disk = Disk::new();
    let file = File::create(disk.path()).expect("a file");
    file.set_len(2 << 30).expect("2 GiB of nothing");
    refused(
        &disk.feed(&disk.path()),
        Kind::Malformed,
        "larger than 1 MiB",
    )
    .await;
}

#[rstest]
#[case::missing("nothing.ics", Kind::Missing, "nothing.ics")]
#[case::below_a_file("feed.ics/below.ics", Kind::Missing, "below.ics")]
#[case::directory("", Kind::Local, "\"vdir\"")]
#[tokio::test]
async fn a_file_that_cannot_be_had_is_shown(
    #[case] name: &str,
    #[case] kind: Kind,
    #[case] words: &str,
) {
    let disk = Disk::new();
    disk.write(&calendar(&["a"]), 60);
    let path = disk.directory.path().join(name);
    refused(&disk.feed(&path), kind, words).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_without_end_is_no_feed() {
    refused(
        &Disk::new().feed(Path::new("/dev/zero")),
        Kind::Local,
        "a plain file",
    )
    .await;
}

#[tokio::test]
async fn a_file_that_goes_and_comes_back_is_as_it_was() {
    let disk = Disk::new();
    disk.write(&calendar(&["a"]), 60);
    let feed = disk.feed(&disk.path());
    let (_, listed) = list(&feed, None).await.expect("a listing");
    fs::remove_file(disk.path()).expect("removed");
    let error = list(&feed, listed.cursor.as_ref())
        .await
        .expect_err("it is gone");
    assert_eq!(error.kind(), Kind::Missing);
    disk.write(&calendar(&["a"]), 30);
    let (hrefs, again) = list(&feed, listed.cursor.as_ref())
        .await
        .expect("a listing");
    assert_eq!((hrefs, again.coverage), (vec![], Coverage::Since));
}
