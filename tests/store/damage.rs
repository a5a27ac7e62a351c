//! Damaged bytes are noticed: the state is whole, or it says what became of it.

use std::fs;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use slotbridge::adapters::store::{OpenError, Options, Recovered, SledBase, export_daily};
use slotbridge::ports::base::Base;

use super::{all, delete, now, opened, options, put, whole};

type Pairs = Vec<(String, Vec<u8>)>;

/// A state with some history: an export, later changes, a large value, and what sled writes when
/// it closes and opens again.
async fn history(dir: &Path) -> Pairs {
    let mut random = StdRng::seed_from_u64(7);
    let base = whole(dir);
    for number in 0..200_u32 {
        let value = vec![random.random::<u8>(); random.random_range(0..900)];
        base.commit(vec![put(&format!("link/{number:04}"), value)])
            .await
            .unwrap();
    }
    base.commit(vec![put("token/a", "1"), put("large", vec![1; 70_000])])
        .await
        .unwrap();
    export_daily(&base, now()).unwrap();
    drop(base);
    let base = whole(dir);
    for number in (0..200_u32).step_by(3) {
        base.commit(vec![delete(&format!("link/{number:04}"))])
            .await
            .unwrap();
    }
    base.commit(vec![put("token/a", "2")]).await.unwrap();
    let pairs = all(&base);
    drop(base);
    drop(whole(dir));
    pairs
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn victims(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir.join("db"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn harm(path: &Path, random: &mut StdRng) -> String {
    let mut bytes = fs::read(path).unwrap();
    let length = bytes.len().max(1);
    // sled's file is mostly empty: aim at what is written, too.
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
    let end = if random.random() { length } else { written };
    let at = random.random_range(0..end);
    let what = match random.random_range(0..6) {
        0 => {
            bytes.truncate(at);
            "cut"
        }
        1 => {
            for byte in bytes.iter_mut().skip(at).take(512) {
                *byte = 0;
            }
            "zeroed"
        }
        2 => {
            for byte in bytes.iter_mut().skip(at).take(64) {
                *byte = random.random();
            }
            "scrambled"
        }
        3 => {
            bytes.clear();
            "emptied"
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.random_range(0..8);
            }
            "flipped"
        }
    };
    fs::write(path, bytes).unwrap();
    format!("{} {what} at {at}", path.file_name().unwrap().display())
}

#[tokio::test]
async fn damaged_bytes_never_pass_silently() {
    let master = tempfile::tempdir().unwrap();
    let pairs = history(master.path()).await;
    let rounds: u64 = std::env::var_os("STORE_ROUNDS")
        .map_or(150, |text| text.to_str().unwrap().parse().unwrap());
    let mut seen = std::collections::BTreeMap::<&str, u32>::new();
    for seed in 0..rounds {
        let mut random = StdRng::seed_from_u64(seed);
        let dir = tempfile::tempdir().unwrap();
        copy(master.path(), dir.path());
        let victims = victims(dir.path());
        // Mostly the log: the others are small.
        let one = random.random_range(0..victims.len() * 2);
        let victim = victims.get(one).unwrap_or(&victims[1]);
        let what = format!("seed {seed}: {}", harm(victim, &mut random));
        let state =
            SledBase::open(dir.path(), &options()).unwrap_or_else(|e| panic!("{what}: {e}"));
        let now = all(&state.base);
        let word = match &state.recovered {
            Recovered::No => {
                assert!(now == pairs, "{what}: changed silently");
                "whole"
            }
            Recovered::WithoutSnapshot => {
                assert!(now == pairs, "{what}: changed without its snapshot");
                "without snapshot"
            }
            Recovered::Older { .. } => {
                // Never behind the export: that had all 200 and the token.
                assert!(now.len() > 130, "{what}: {} pairs", now.len());
                assert!(now.iter().any(|(key, _)| key == "token/a"), "{what}");
                "older"
            }
            Recovered::FromExport { aside, .. } => {
                assert_eq!(now.len(), 202, "{what}");
                assert!(
                    aside
                        .as_ref()
                        .is_none_or(|aside| aside.join("db/db").exists()),
                    "{what}"
                );
                "from export"
            }
            Recovered::Fresh { .. } => panic!("{what}: there was an export"),
        };
        *seen.entry(word).or_default() += 1;
        // It goes on from there, and the next opening has nothing to report.
        state.base.commit(vec![put("link/new", "x")]).await.unwrap();
        let report = state.base.verify();
        assert!(report.problems.is_empty(), "{what}: {report:?}");
        let now = all(&state.base);
        drop(state);
        assert!(all(&whole(dir.path())) == now, "{what}: the next opening");
    }
    println!("{seen:?}");
    assert!(seen.contains_key("from export"), "{seen:?}");
}

#[tokio::test]
async fn without_an_export_it_starts_anew_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path()).await;
    fs::remove_dir_all(dir.path().join("exports")).unwrap();
    fs::write(dir.path().join("db/db"), "nonsense".repeat(1000)).unwrap();
    let state = opened(dir.path());
    match &state.recovered {
        Recovered::Fresh { aside: Some(aside) } => {
            assert!(aside.ends_with("db.damaged-20261121T120000Z"));
            assert!(aside.join("db/db").exists());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_database_that_is_gone_comes_back_from_the_export() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path()).await;
    fs::remove_dir_all(dir.path().join("db")).unwrap();
    let state = opened(dir.path());
    assert!(matches!(
        state.recovered,
        Recovered::FromExport { aside: None, .. }
    ));
    // Newer than the export: out of its second copy.
    assert_eq!(state.base.get("token/a").unwrap().unwrap(), b"2");
    assert_eq!(state.base.get("large").unwrap().unwrap().len(), 70_000);
}

#[tokio::test]
async fn a_missing_large_value_is_damage_but_the_token_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path()).await;
    fs::remove_dir_all(dir.path().join("blobs")).unwrap();
    let state = opened(dir.path());
    assert!(matches!(state.recovered, Recovered::FromExport { .. }));
    assert_eq!(state.base.get("token/a").unwrap().unwrap(), b"2");
    assert_eq!(state.base.get("large").unwrap().unwrap().len(), 70_000);
}

#[tokio::test]
async fn a_database_set_back_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let old = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    base.commit(vec![put("link/1", "1")]).await.unwrap();
    drop(base);
    copy(&dir.path().join("db"), old.path());
    let base = whole(dir.path());
    for number in 2..5 {
        base.commit(vec![put("link/1", number.to_string())])
            .await
            .unwrap();
    }
    drop(base);
    fs::remove_dir_all(dir.path().join("db")).unwrap();
    copy(old.path(), &dir.path().join("db"));
    assert_eq!(
        opened(dir.path()).recovered,
        Recovered::Older { missing: 3 }
    );
    drop(whole(dir.path()));
}

#[tokio::test]
async fn a_damaged_large_value_is_named() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path()).await;
    let file = fs::read_dir(dir.path().join("blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::write(file.path(), "other").unwrap();
    let base = whole(dir.path());
    let error = base.get("large").unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert_eq!(base.verify().problems.len(), 1);
    base.commit(vec![put("large", vec![1; 70_000])])
        .await
        .unwrap();
    assert!(
        base.verify().problems.is_empty(),
        "writing it again mends it"
    );
}

#[tokio::test]
async fn a_token_outlives_a_database_of_which_nothing_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    for (token, held) in [("1", put("held/a", "x")), ("2", delete("held/a"))] {
        base.commit(vec![put("token/a", token), put("link/1", "x"), held])
            .await
            .unwrap();
        export_daily(&base, now()).unwrap();
    }
    base.commit(vec![put("token/a", "3"), put("held/b", "y")])
        .await
        .unwrap();
    drop(base);
    let mode = fs::metadata(dir.path().join("kept.json")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&mode) & 0o777, 0o600);
    for exports in [true, false] {
        fs::write(dir.path().join("db/db"), "nonsense".repeat(1000)).unwrap();
        if !exports {
            fs::remove_dir_all(dir.path().join("exports")).unwrap();
        }
        let state = opened(dir.path());
        assert_ne!(state.recovered, Recovered::No);
        assert_eq!(state.base.get("token/a").unwrap().unwrap(), b"3");
        assert_eq!(state.base.get("held/a").unwrap(), None);
        assert_eq!(state.base.get("held/b").unwrap().unwrap(), b"y");
        assert_eq!(state.base.get("link/1").unwrap().is_some(), exports);
    }
}

#[tokio::test]
async fn opening_to_read_leaves_a_damaged_state_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let pairs = history(dir.path()).await;
    let base = SledBase::open(dir.path(), &Options::to_read(now()))
        .unwrap()
        .base;
    assert!(all(&base) == pairs);
    assert!(base.commit(vec![put("link/1", "x")]).await.is_err());
    drop(base);
    for harm in ["nonsense".repeat(1000).into_bytes(), Vec::new()] {
        fs::write(dir.path().join("db/db"), &harm).unwrap();
        let names = || {
            let entries = fs::read_dir(dir.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = names();
        match SledBase::open(dir.path(), &Options::to_read(now())) {
            Err(OpenError::Damaged { path, .. }) => assert_eq!(path, dir.path().join("db")),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("a damaged state was opened"),
        }
        assert_eq!(names(), before);
        assert!(fs::read(dir.path().join("db/db")).unwrap() == harm);
    }
}

#[tokio::test]
async fn what_a_person_had_under_our_overrides_outlives_a_damaged_database() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    let had = put("overrides/alice/", "old");
    base.commit(vec![put("link/1", "x"), had]).await.unwrap();
    export_daily(&base, now()).unwrap();
    base.commit(vec![put("overrides/alice/", "what they had")])
        .await
        .unwrap();
    drop(base);
    for file in victims(dir.path()) {
        fs::write(file, [0xff; 64]).unwrap();
    }
    let opened = opened(dir.path());
    let found = opened.base.get("overrides/alice/").unwrap();
    assert_eq!(found.as_deref(), Some(&b"what they had"[..]));
}
