//! Who may open the state, and what it says to others.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rstest::rstest;
use slotbridge::adapters::store::{OpenError, Schema, SledBase, Step};
use slotbridge::ports::base::Base;
use slotbridge::ports::error::{Error, Kind};

use super::{delete, options, put, whole};

#[test]
fn the_directory_is_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("state");
    drop(whole(&made));
    let rights =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(rights(&made), 0o700);
    assert_eq!(rights(&made.join("db")), 0o700);
    assert_eq!(rights(&made.join("db/db")), 0o600);
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o755)).unwrap();
    drop(whole(&made));
    assert_eq!(rights(&made), 0o700);
}

#[rstest]
#[case::a_web_site("index.html", 0o755)]
#[case::everybodys("somebodys.txt", 0o1777)]
fn a_directory_with_other_things_in_it_is_left_alone(#[case] file: &str, #[case] mode: u32) {
    let dir = tempfile::tempdir().unwrap();
    let theirs = dir.path().join("theirs");
    std::fs::create_dir_all(theirs.join("lock")).unwrap();
    std::fs::write(theirs.join(file), "theirs").unwrap();
    std::fs::set_permissions(&theirs, std::fs::Permissions::from_mode(mode)).unwrap();
    match SledBase::open(&theirs, &options()) {
        Err(error @ OpenError::SomethingElse { .. }) => {
            assert!(!error.remedy().contains("chown"), "{}", error.remedy());
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    }
    let found = std::fs::metadata(&theirs).unwrap().permissions().mode() & 0o7777;
    assert_eq!(found, mode);
    assert_eq!(
        std::fs::read_dir(&theirs).unwrap().count(),
        2,
        "nothing is left there"
    );
}

#[rstest]
#[case::empty(&[])]
#[case::cut_off_at_the_first_opening(&["lock"])]
#[case::on_a_disk_of_its_own(&["lost+found/"])]
#[case::beside_a_note(&["generation", "note.txt"])]
fn a_directory_of_our_own_or_an_empty_one_is_closed(#[case] there: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in there {
        match name.strip_suffix('/') {
            Some(name) => std::fs::create_dir(dir.path().join(name)).unwrap(),
            None => std::fs::write(dir.path().join(name), "").unwrap(),
        }
    }
    drop(whole(dir.path()));
    let mode = std::fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

#[test]
fn a_second_opening_names_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    match SledBase::open(dir.path(), &options()) {
        Err(error @ OpenError::Locked { pid, .. }) => {
            assert_eq!(pid, Some(std::process::id()));
            assert!(!error.remedy().is_empty());
            assert_eq!(Error::from(error).kind(), Kind::State);
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opened twice"),
    }
    drop(base);
    drop(whole(dir.path()));
}

#[test]
fn another_process_is_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    let status = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["open::as_another_process", "--exact", "--nocapture"])
            .env("STORE_OTHER", dir.path())
            .output()
            .unwrap()
    };
    let said = String::from_utf8(status().stdout).unwrap();
    let expected = format!("LOCKED by {:?}", Some(std::process::id()));
    assert!(said.contains(&expected), "{said}");
    drop(base);
    let said = String::from_utf8(status().stdout).unwrap();
    assert!(said.contains("OPENED"), "{said}");
}

/// The other process of the test above; nothing to do in any other run.
#[test]
fn as_another_process() {
    let Some(dir) = std::env::var_os("STORE_OTHER") else {
        return;
    };
    match SledBase::open(dir.as_ref(), &options()) {
        Ok(_) => println!("OPENED"),
        Err(OpenError::Locked { pid, .. }) => println!("LOCKED by {pid:?}"),
        Err(other) => println!("{other}"),
    }
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let newer = Schema {
        current: 3,
        steps: &[],
    };
    let base = SledBase::open_as(dir.path(), &options(), newer)
        .unwrap()
        .base;
    base.commit(vec![put("link/a", "1")]).await.unwrap();
    drop(base);
    match SledBase::open(dir.path(), &options()) {
        Err(error @ OpenError::NewerSchema { .. }) => {
            let words = error.to_string();
            assert!(
                words.contains("schema 3") && words.contains("up to 2"),
                "{words}"
            );
            assert!(error.remedy().contains("newer version"));
        }
        _ => panic!("a newer schema was not noticed"),
    }
    let base = SledBase::open_as(dir.path(), &options(), newer)
        .unwrap()
        .base;
    assert_eq!(base.get("link/a").unwrap().unwrap(), b"1");
}

#[tokio::test]
async fn an_older_schema_is_brought_forward_once() {
    const RENAME: Step = Step {
        to: 2,
        changes: |base| {
            let old = base.scan("old/", None, 100)?;
            let moved = old
                .into_iter()
                .flat_map(|(key, value)| [delete(&key), put(&key.replace("old/", "new/"), value)]);
            Ok(moved.collect())
        },
    };
    const COUNT: Step = Step {
        to: 3,
        changes: |base| {
            Ok(vec![put(
                "count",
                base.scan("new/", None, 9)?.len().to_string(),
            )])
        },
    };
    let dir = tempfile::tempdir().unwrap();
    let oldest = Schema {
        current: 1,
        steps: &[],
    };
    let opened = SledBase::open_as(dir.path(), &options(), oldest).unwrap();
    let base = opened.base;
    base.commit(vec![put("old/a", "1"), put("old/b", "2")])
        .await
        .unwrap();
    drop(base);
    let newer = Schema {
        current: 3,
        steps: &[RENAME, COUNT],
    };
    for _ in 0..2 {
        let base = SledBase::open_as(dir.path(), &options(), newer)
            .unwrap()
            .base;
        let keys: Vec<String> = super::all(&base).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["count", "new/a", "new/b"]);
        assert_eq!(base.get("count").unwrap().unwrap(), b"2");
        base.commit(vec![put("seen", "x"), delete("seen")])
            .await
            .unwrap();
    }
    let gap = Schema {
        current: 5,
        steps: &[],
    };
    match SledBase::open_as(dir.path(), &options(), gap) {
        Err(error) => assert!(error.to_string().contains("no way there from schema 3")),
        Ok(_) => panic!("a step is missing"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commits_at_once_are_all_there() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..20 {
        let base = base.clone();
        tasks.spawn(async move {
            for number in 0..5 {
                let key = format!("link/{task:02}-{number}");
                base.commit(vec![put(&key, "x"), put(&format!("also/{key}"), "y")])
                    .await
                    .unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    drop(base);
    let base = whole(dir.path());
    assert_eq!(super::all(&base).len(), 200);
    assert!(base.verify().checksum_ok);
}
