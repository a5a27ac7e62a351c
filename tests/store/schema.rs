//! A state that the first schema wrote: `tests/fixtures/state/schema-1.tar.gz`, with 40 bookings of the
//! built-in account.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};
use slotbridge::adapters::store::{Force, Schema, SledBase, export, import};
use slotbridge::ports::base::Base;

use super::{all, now, options, put, whole};

/// Of the 164 lines that the program which wrote the state exported.
const ITS_PAIRS: &str = "974419c6ac5d7d79ea14a9d9c44e51dcd5b33ee6b32f4492fd2ecc440634a210";

fn pairs_of(base: &dyn Base) -> (usize, String) {
    let mut out = Vec::new();
    export(base, &mut out, now()).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let pairs = &lines[1..lines.len() - 1];
    let digest = Sha256::digest(pairs.concat());
    let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    (pairs.len(), hex.concat())
}

/// Unpacks the fixture: nobody but this user may read a state.
fn first() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state/schema-1.tar.gz");
    let unpacked = Command::new("tar")
        .args(["--no-same-owner", "-xzf"])
        .arg(&fixture)
        .arg("-C")
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(unpacked.success(), "tar ended with {unpacked}");
    dir
}

#[tokio::test]
async fn a_state_of_the_first_schema_is_the_same_state_now() {
    let dir = first();
    let base = whole(dir.path());
    assert_eq!(pairs_of(&base), (164, ITS_PAIRS.to_owned()));
    // What is written now stands beside what was written then.
    let link = base.scan("link/", None, 1).unwrap().remove(0);
    base.commit(vec![put("link/new", link.1.clone())])
        .await
        .unwrap();
    drop(base);
    let base = whole(dir.path());
    assert_eq!(base.get("link/new").unwrap().unwrap(), link.1);
    assert_eq!(base.get(&link.0).unwrap().unwrap(), link.1);
}

#[tokio::test]
async fn an_export_is_read_by_the_program_of_before() {
    let dir = first();
    let base = whole(dir.path());
    let mut out = Vec::new();
    export(&base, &mut out, now()).unwrap();
    let header = String::from_utf8_lossy(&out)
        .lines()
        .next()
        .unwrap()
        .to_owned();
    assert!(header.contains(r#""version":1"#), "{header}");
    let before = Schema {
        current: 1,
        steps: &[],
    };
    let old = tempfile::tempdir().unwrap();
    let other = SledBase::open_as(old.path(), &options(), before)
        .unwrap()
        .base;
    import(out.as_slice(), &other, Force::No).await.unwrap();
    assert_eq!(all(&other), all(&base));
}

#[tokio::test]
async fn a_rest_changes_nothing() {
    let dir = first();
    let base = whole(dir.path());
    base.rest().unwrap();
    assert_eq!(pairs_of(&base), (164, ITS_PAIRS.to_owned()));
    let empty = tempfile::tempdir().unwrap();
    whole(empty.path()).rest().unwrap();
}
