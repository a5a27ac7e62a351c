//! Notices that files changed: the objects of a directory calendar, or the file of a feed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::Wake;

/// A program writes several files, or one in several steps: the wake waits until it is quiet.
const QUIET: Duration = Duration::from_millis(500);
/// The next wake comes no sooner: our own writes are noticed as well, once.
const APART: Duration = Duration::from_secs(10);

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// A directory with one `.ics` file per object.
    Folder(PathBuf),
    /// One file, which may not be there yet.
    File(PathBuf),
}

/// Watches for as long as the receiver is there.
pub async fn watch(all: BTreeSet<Watched>, wake: mpsc::Sender<Wake>) {
    let (tell, mut told) = mpsc::channel(1);
    let wanted = all.clone();
    let heard = move |event: notify::Result<Event>| {
        // What cannot be told any more may have been anything.
        let counts = event.map_or(true, |event| wanted.iter().any(|one| one.is_meant(&event)));
        if counts {
            // A full queue holds a word already.
            tell.try_send(()).unwrap_or_default();
        }
    };
    let mut watcher = match notify::recommended_watcher(heard) {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "files cannot be watched; changes are found when a pass is due");
            return std::future::pending().await;
        }
    };
    for one in &all {
        begin(&mut watcher, one);
    }
    while told.recv().await.is_some() {
        while tokio::time::timeout(QUIET, told.recv())
            .await
            .is_ok_and(|word| word.is_some())
        {}
        if wake.send(Wake::Files).await.is_err() {
            return;
        }
        tokio::time::sleep(APART).await;
    }
}

fn begin(watcher: &mut RecommendedWatcher, one: &Watched) {
    let folder = match one {
        Watched::Folder(path) => path.as_path(),
        Watched::File(path) => path.parent().unwrap_or(Path::new(".")),
    };
    if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
        tracing::warn!(
            folder = %folder.display(), cause = %error.kind_words(),
            "this directory cannot be watched; changes there are found when a pass is due"
        );
    }
}

trait KindWords {
    fn kind_words(&self) -> String;
}

impl KindWords for notify::Error {
    fn kind_words(&self) -> String {
        format!("{:?}", self.kind)
    }
}

impl Watched {
    fn is_meant(&self, event: &Event) -> bool {
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        event.need_rescan() || event.paths.iter().any(|path| self.holds(path))
    }

    fn holds(&self, path: &Path) -> bool {
        match self {
            Self::File(file) => file.file_name() == path.file_name(),
            Self::Folder(folder) => {
                let visible = |name: &OsString| !name.as_encoded_bytes().starts_with(b".");
                let name = path.file_name().map(OsString::from);
                let object = path.extension().is_some_and(|ending| ending == "ics");
                path == folder || (object && name.as_ref().is_some_and(visible))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::an_object("/cal/a.ics", true)]
    #[case::the_folder_itself("/cal", true)]
    #[case::a_file_in_the_making("/cal/.a.ics.tmp", false)]
    #[case::hidden("/cal/.a.ics", false)]
    #[case::something_else("/cal/color", false)]
    fn of_a_folder_the_objects_count(#[case] path: &str, #[case] counts: bool) {
        let folder = Watched::Folder("/cal".into());
        assert_eq!(folder.holds(Path::new(path)), counts);
    }

    #[test]
    fn of_a_feed_only_its_file_counts() {
        let file = Watched::File("/home/a/feed.ics".into());
        assert!(file.holds(Path::new("/home/a/feed.ics")));
        assert!(!file.holds(Path::new("/home/a/other.ics")));
    }

    #[tokio::test]
    async fn a_file_that_is_written_wakes_once() {
        let folder = tempfile::tempdir().unwrap();
        let (wake, mut woken) = mpsc::channel(4);
        let watched = BTreeSet::from([Watched::Folder(folder.path().to_owned())]);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(watch(watched, wake));
        // Whether watching has begun cannot be seen from outside: write until it is noticed.
        let writes = async {
            for count in 0_u64.. {
                std::fs::write(folder.path().join(format!("{count}.ics")), "x").unwrap();
                tokio::time::sleep(QUIET * 2).await;
            }
        };
        tokio::select! {
            woken = woken.recv() => assert_eq!(woken, Some(Wake::Files)),
            () = writes => {}
        }
    }
}
