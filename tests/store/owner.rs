//! What root makes in the state of another user is that user's: a service must be able to read it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use slotbridge::adapters::store::{
    OpenError, Options, Recovered, SledBase, export_daily, write_export,
};
use slotbridge::ports::base::Base;

use super::{now, opened, options, put, whole};

/// A user, and a group of another number, that nobody on this machine has.
const SERVICE: (u32, u32) = (61_203, 61_204);

/// A directory of the service's; none where this process cannot give it one, which CI does not forgive.
fn theirs() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    if let Err(error) = chown(dir.path(), Some(SERVICE.0), Some(SERVICE.1)) {
        let missing = "only root can have a directory of another user";
        assert!(std::env::var_os("CI").is_none(), "{missing}: {error}");
        println!("not checked here: whose root's files are. {missing}");
        return None;
    }
    Some(dir)
}

fn whose(path: &Path) -> (u32, u32) {
    let found = fs::symlink_metadata(path).unwrap();
    (found.uid(), found.gid())
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

/// All of it is the service's; the names below the directory, to look for what must be among them.
fn all_theirs(dir: &Path) -> Vec<String> {
    let found = everything(dir);
    for path in &found {
        assert_eq!(whose(path), SERVICE, "{}", path.display());
    }
    let below = found.iter().map(|path| path.strip_prefix(dir).unwrap());
    below.map(|path| path.display().to_string()).collect()
}

async fn fill(base: &SledBase) {
    let batch = vec![put("token/a", "1"), put("large", vec![1; 70_000])];
    base.commit(batch).await.unwrap();
    export_daily(base, now()).unwrap();
}

#[tokio::test]
async fn what_root_makes_is_the_owners() {
    let Some(dir) = theirs() else { return };
    let base = whole(dir.path());
    // From the start, so that a kill leaves nothing that the service cannot read.
    all_theirs(dir.path());
    fill(&base).await;
    let there = all_theirs(dir.path());
    for made in ["lock", "generation", "kept.json", "db/db", "db/conf"] {
        assert!(there.iter().any(|name| name == made), "{made}: {there:?}");
    }
    for made in ["blobs/", "exports/state-"] {
        assert!(there.iter().any(|name| name.starts_with(made)), "{made}");
    }
    drop(base);
    // sled writes its snapshot when it opens again.
    drop(whole(dir.path()));
    let there = all_theirs(dir.path());
    assert!(there.iter().any(|name| name.starts_with("db/snap.")));
}

#[tokio::test]
async fn so_is_what_root_puts_aside_and_only_looks_at() {
    let Some(dir) = theirs() else { return };
    let base = whole(dir.path());
    fill(&base).await;
    drop(base);
    // A large value is gone.
    fs::remove_dir_all(dir.path().join("blobs")).unwrap();
    let reading = Options::to_read(now());
    assert!(SledBase::open(dir.path(), &reading).is_err());
    all_theirs(dir.path());
    let recovered = opened(dir.path());
    assert!(matches!(recovered.recovered, Recovered::FromExport { .. }));
    let there = all_theirs(dir.path());
    assert!(there.iter().any(|name| name.starts_with("db.damaged-")));
}

#[tokio::test]
async fn what_a_killed_root_left_is_given_at_the_next_opening() {
    let Some(dir) = theirs() else { return };
    let base = whole(dir.path());
    fill(&base).await;
    drop(base);
    for path in everything(dir.path()).iter().skip(1) {
        chown(path, Some(0), Some(0)).unwrap();
    }
    drop(whole(dir.path()));
    all_theirs(dir.path());
}

#[test]
fn no_link_leads_root_out_of_the_state() {
    let Some(dir) = theirs() else { return };
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("shadow");
    fs::write(&file, "root's").unwrap();
    let open_to_all = PermissionsExt::from_mode(0o644);
    fs::set_permissions(&file, open_to_all).unwrap();
    drop(whole(dir.path()));
    let untouched = |name: &str| {
        assert_eq!(fs::read_to_string(&file).unwrap(), "root's", "{name}");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o644, "{name}");
        assert_eq!(whose(&file), (0, 0), "{name}");
        assert_eq!(whose(outside.path()), (0, 0), "{name}");
    };
    // What the owner of a directory can put into it.
    for name in [
        "lock",
        "generation",
        "kept.json",
        "db/passwd",
        "db/db",
        "exports",
    ] {
        let path = dir.path().join(name);
        let away = dir.path().join("away");
        let there = fs::rename(&path, &away).is_ok();
        let to = if name == "exports" {
            outside.path()
        } else {
            &file
        };
        symlink(to, &path).unwrap();
        match SledBase::open(dir.path(), &options()) {
            Err(OpenError::Link { path: found }) => assert_eq!(found, path),
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name}: opened"),
        }
        untouched(name);
        fs::remove_file(&path).unwrap();
        assert!(!there || fs::rename(&away, &path).is_ok());
    }
    // Another name of a file, where it can be given one at all.
    let second = dir.path().join("second-name");
    if fs::hard_link(&file, &second).is_ok() {
        drop(whole(dir.path()));
        untouched("second-name");
    }
}

#[test]
fn the_state_itself_may_stand_behind_a_link() {
    let Some(dir) = theirs() else { return };
    let place = tempfile::tempdir().unwrap();
    // As systemd makes it for a user that is there only while the service runs.
    let link = place.path().join("slotbridge");
    symlink(dir.path(), &link).unwrap();
    drop(whole(&link));
    all_theirs(dir.path());
    assert_eq!(whose(&link), (0, 0));
}

#[test]
fn an_export_elsewhere_stays_roots() {
    let (Some(dir), Some(elsewhere)) = (theirs(), theirs()) else {
        return;
    };
    let base = whole(dir.path());
    let path = elsewhere.path().join("state.jsonl");
    write_export(&base, &path, now()).unwrap();
    assert_eq!(whose(&path), (0, 0));
}
