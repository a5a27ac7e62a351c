//! Root in the state of another user: it is not written, and what is read of it is read with care.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use rstest::rstest;
use slotbridge::adapters::store::{OpenError, Options, Recovered, SledBase, export_daily};
use slotbridge::ports::base::Base;

use super::{all, now, options, put, whole};

/// A user, and a group of another number, that nobody on this machine has.
const SERVICE: (u32, u32) = (61_203, 61_204);

/// A state of the service's; none where this process cannot give it one, which CI does not forgive.
async fn theirs() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    if let Err(error) = chown(dir.path(), Some(SERVICE.0), Some(SERVICE.1)) {
        let missing = "only root can have a directory of another user";
        assert!(std::env::var_os("CI").is_none(), "{missing}: {error}");
        println!("not checked here: what root does in it. {missing}");
        return None;
    }
    give(dir.path(), (0, 0));
    let base = whole(dir.path());
    fill(&base).await;
    drop(base);
    // sled writes its snapshot when it opens again.
    drop(whole(dir.path()));
    for path in everything(dir.path()) {
        give(&path, SERVICE);
    }
    Some(dir)
}

async fn fill(base: &SledBase) {
    let batch = vec![put("token/a", "1"), put("large", vec![1; 70_000])];
    base.commit(batch).await.unwrap();
    export_daily(base, now()).unwrap();
}

fn give(path: &Path, to: (u32, u32)) {
    lchown(path, Some(to.0), Some(to.1)).unwrap();
}

fn everything(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(everything(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Names, owners, modes, when they were changed, and contents.
type Seen = BTreeMap<PathBuf, (u32, u32, u32, i64, i64, u64, Vec<u8>)>;

fn seen(dir: &Path) -> Seen {
    let paths = everything(dir).into_iter();
    let one = |path: PathBuf| {
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let (changed, also) = (found.ctime(), found.ctime_nsec());
        let of = (
            found.uid(),
            found.gid(),
            found.mode(),
            changed,
            also,
            found.nlink(),
            content,
        );
        (path, of)
    };
    paths.map(one).collect()
}

fn read(dir: &Path) -> Result<SledBase, OpenError> {
    SledBase::open(dir, &Options::to_read(now())).map(|opened| opened.base)
}

#[tokio::test]
async fn root_does_not_open_it_to_write() {
    let Some(dir) = theirs().await else { return };
    let before = seen(dir.path());
    let Err(refused) = SledBase::open(dir.path(), &options()) else {
        panic!("opened");
    };
    let OpenError::ByRoot { path, owner, group } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(
        (path.as_path(), *owner, *group),
        (dir.path(), SERVICE.0, SERVICE.1)
    );
    assert_eq!(seen(dir.path()), before);
    // An empty one is somebody else's, too; systemd leaves one behind when all in it was deleted.
    let empty = tempfile::tempdir().unwrap();
    give(empty.path(), SERVICE);
    assert!(matches!(
        SledBase::open(empty.path(), &options()),
        Err(OpenError::ByRoot { .. })
    ));
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[rstest]
#[case::of_a_user(
    "/srv/state",
    "`setpriv --reuid=61203 --regid=61204 --clear-groups slotbridge …`"
)]
#[case::of_systemd(
    "/var/lib/private/none-of-that-name",
    "`systemd-run --pipe --wait -p DynamicUser=yes -p User=none-of-that-name -p StateDirectory=none-of-that-name slotbridge …`"
)]
fn the_way_to_do_it_all_the_same_is_named(#[case] path: &str, #[case] way: &str) {
    let (owner, group) = SERVICE;
    let path = path.into();
    let refused = OpenError::ByRoot { path, owner, group };
    let words = refused.remedy();
    assert!(
        words.contains("start the service") && words.contains(way),
        "{words}"
    );
}

#[tokio::test]
async fn root_reads_it_and_leaves_it_as_it_is() {
    let Some(dir) = theirs().await else { return };
    // Neither does root close what the owner left open.
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let place = tempfile::tempdir().unwrap();
    // As systemd makes it for a user that is there only while the service runs.
    let link = place.path().join("slotbridge");
    symlink(dir.path(), &link).unwrap();
    let before = seen(dir.path());
    for named in [dir.path(), &link] {
        let base = read(named).unwrap();
        assert_eq!(seen(dir.path()), before, "while it is open");
        let copy = fs::metadata(base.dir()).unwrap();
        assert_eq!((copy.uid(), copy.mode() & 0o777), (0, 0o700));
        let large = ("large".to_owned(), vec![1; 70_000]);
        assert_eq!(all(&base), [large, ("token/a".to_owned(), b"1".to_vec())]);
        assert_eq!(base.verify().problems, Vec::<String>::new());
        let refused = base.commit(vec![put("token/a", "2")]).await.unwrap_err();
        assert!(
            refused.to_string().contains("root does not write there"),
            "{refused}"
        );
        drop(base);
        assert_eq!(seen(dir.path()), before);
    }
    // One without anything in it is an empty state.
    let empty = tempfile::tempdir().unwrap();
    give(empty.path(), SERVICE);
    assert_eq!(all(&read(empty.path()).unwrap()), []);
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_damaged_or_held_is_said_and_stays_as_it_is() {
    let Some(dir) = theirs().await else { return };
    let lock = fs::File::open(dir.path().join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(
        read(dir.path()),
        Err(OpenError::Locked { pid: Some(_), .. })
    ));
    lock.unlock().unwrap();
    fs::remove_dir_all(dir.path().join("blobs")).unwrap();
    let before = seen(dir.path());
    let Err(OpenError::Damaged { path, .. }) = read(dir.path()) else {
        panic!("a large value is gone");
    };
    assert_eq!(path, dir.path().join("db"));
    assert_eq!(seen(dir.path()), before);
}

fn run(program: &str, words: &[&str]) -> bool {
    Command::new(program)
        .args(words)
        .status()
        .unwrap()
        .success()
}

/// What the owner of a directory can put into it, and one thing that only root can. False where this
/// machine does not let it be made.
fn plant(what: &str, path: &Path, file: &Path) -> bool {
    let to = path.to_str().unwrap();
    match what {
        "a link" => symlink(file, path).is_ok(),
        "a file that has other names, too" => fs::hard_link(file, path).is_ok(),
        "a named pipe" => run("mkfifo", &[to]),
        "a socket" => UnixListener::bind(path).is_ok(),
        "a device" => run("mknod", &[to, "c", "1", "5"]),
        _ => panic!("{what}"),
    }
}

#[rstest]
#[case::link("a link")]
#[case::second_name("a file that has other names, too")]
#[case::pipe("a named pipe")]
#[case::socket("a socket")]
#[case::device("a device")]
#[tokio::test]
async fn what_is_no_plain_file_is_refused_by_its_name(#[case] what: &str) {
    let Some(dir) = theirs().await else { return };
    let outside = tempfile::tempdir_in(dir.path().parent().unwrap()).unwrap();
    let file = outside.path().join("shadow");
    fs::write(&file, "root's").unwrap();
    for name in [
        "lock",
        "generation",
        "db/db",
        "db/passwd",
        "blobs/passwd",
        "db",
        "blobs",
    ] {
        let path = dir.path().join(name);
        let away = outside.path().join("away");
        let there = fs::rename(&path, &away).is_ok();
        let is_whole = ["db", "blobs"].contains(&name);
        // A directory has one name only.
        if is_whole && what == "a file that has other names, too" {
            fs::rename(&away, &path).unwrap();
            continue;
        }
        let at = if is_whole { outside.path() } else { &file };
        if !plant(what, &path, at) {
            assert!(
                std::env::var_os("CI").is_none() || what == "a device",
                "{what}"
            );
            println!("not checked here: {what} cannot be made");
            return;
        }
        let before = (seen(dir.path()), seen(outside.path()));
        // Whoever opened a pipe would wait here for ever.
        let (tell, told) = mpsc::channel();
        let state = dir.path().to_owned();
        std::thread::spawn(move || {
            let sent = (
                read(&state).map(drop),
                SledBase::open(&state, &options()).map(drop),
            );
            tell.send(sent).unwrap();
        });
        let (reading, writing) = told.recv_timeout(Duration::from_mins(1)).unwrap();
        match reading {
            Err(OpenError::NotPlain { path: found, is }) => {
                assert_eq!((found, is), (path.clone(), what));
            }
            Err(other) => panic!("{name}: {other}"),
            Ok(()) => panic!("{name}: opened"),
        }
        assert!(matches!(writing, Err(OpenError::ByRoot { .. })), "{name}");
        assert_eq!((seen(dir.path()), seen(outside.path())), before, "{name}");
        fs::remove_file(&path).unwrap();
        assert!(!there || fs::rename(&away, &path).is_ok());
    }
    // The control: without it all is well.
    read(dir.path()).unwrap();
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_its_name() {
    let Some(dir) = theirs().await else { return };
    let path = dir.path().join("generation");
    // It takes no room on the disk.
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    match read(dir.path()) {
        Err(OpenError::Unusable { path: found, .. }) => assert_eq!(found, path),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    }
}

#[tokio::test]
async fn in_a_directory_of_its_own_root_goes_on_as_always() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    fill(&base).await;
    drop(base);
    let base = read(dir.path()).unwrap();
    assert_eq!(base.dir(), dir.path());
    assert_eq!(all(&base).len(), 2);
    drop(base);
    // What the service left there is root's to use, as root's own is.
    drop(whole(dir.path()));
    let opened = SledBase::open(dir.path(), &options()).unwrap();
    assert_eq!(opened.recovered, Recovered::No);
}
