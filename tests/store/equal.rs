//! All bases do the same as an ordered map.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use proptest::prelude::*;
use slotbridge::adapters::memory::base::{CommitFault, MemoryBase};
use slotbridge::adapters::store::{Overlay, Recovered, SledBase};
use slotbridge::ports::base::{Base, Change};

use super::{all, delete, options, put, whole};

type Model = BTreeMap<String, Vec<u8>>;

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Change>),
    Get(String),
    Scan(String, Option<String>, usize),
    Reopen,
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(link|token|held)/[a-c]{0,2}",
        1 => "[\u{0}\u{1}a-bä/]{0,3}",
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..40),
        // Large ones become files; few different ones, so that files are shared and let go.
        1 => (0..3_u8).prop_map(|byte| vec![byte; 64 * 1024 + usize::from(byte)]),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (key(), value()).prop_map(|(key, value)| Change::Put(key, value)),
        1 => key().prop_map(Change::Delete),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(change(), 0..6).prop_map(Step::Commit),
        2 => key().prop_map(Step::Get),
        4 => ("(link/|token/|held/|li|zz)?", prop::option::of(key()), 0..6_usize)
            .prop_map(|(prefix, after, limit)| Step::Scan(prefix, after, limit)),
        1 => Just(Step::Reopen),
    ]
}

fn scan(model: &Model, prefix: &str, after: Option<&str>, limit: usize) -> Vec<(String, Vec<u8>)> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    model
        .range::<str, _>((from, Bound::Unbounded))
        .filter(|(key, _)| key.starts_with(prefix))
        .take(limit)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn apply(model: &mut Model, batch: &[Change]) {
    for change in batch {
        match change.clone() {
            Change::Put(key, value) => model.insert(key, value),
            Change::Delete(key) => model.remove(&key),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_base_does_the_same_as_an_ordered_map(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let memory = MemoryBase::new();
        let below = Arc::new(MemoryBase::new());
        let mut start = Model::new();
        // What lies under the overlay from the start is there for all.
        let first = [put("link/a", "1"), put("link/bb", "2"), put("token/x", "3")];
        apply(&mut start, &first);
        let mut model = start.clone();
        let overlay = Overlay::new(below.clone());
        let mut sled = whole(dir.path());
        runtime.block_on(async {
            memory.commit(first.to_vec()).await.unwrap();
            below.commit(first.to_vec()).await.unwrap();
            sled.commit(first.to_vec()).await.unwrap();
        });
        for step in steps {
            match step {
                Step::Commit(batch) => {
                    apply(&mut model, &batch);
                    runtime.block_on(async {
                        memory.commit(batch.clone()).await.unwrap();
                        overlay.commit(batch.clone()).await.unwrap();
                        sled.commit(batch).await.unwrap();
                    });
                }
                Step::Get(key) => {
                    for base in [&memory as &dyn Base, &overlay, &sled] {
                        let got = base.get(&key).unwrap();
                        prop_assert_eq!(got.as_ref(), model.get(&key));
                    }
                }
                Step::Scan(prefix, after, limit) => {
                    let expected = scan(&model, &prefix, after.as_deref(), limit);
                    for base in [&memory as &dyn Base, &overlay, &sled] {
                        let got = base.scan(&prefix, after.as_deref(), limit).unwrap();
                        prop_assert_eq!(&got, &expected);
                    }
                }
                Step::Reopen => {
                    drop(sled);
                    let opened = SledBase::open(dir.path(), &options()).unwrap();
                    prop_assert_eq!(opened.recovered, Recovered::No);
                    sled = opened.base;
                }
            }
        }
        let report = sled.verify();
        prop_assert!(report.checksum_ok && report.problems.is_empty(), "{:?}", report);
        prop_assert_eq!(report.pairs, model.len() as u64);
        let large = model.values().filter(|value| value.len() >= 64 * 1024);
        let large: std::collections::BTreeSet<_> = large.collect();
        prop_assert_eq!(report.blobs, large.len() as u64);
        let files = std::fs::read_dir(dir.path().join("blobs")).map_or(0, Iterator::count);
        prop_assert_eq!(files, large.len(), "no file stays that nothing needs");
        // Below the overlay nothing moved, except for what cannot be replaced.
        let through = |pairs: &Model| -> Vec<_> {
            let of = |(key, _): &(&String, &Vec<u8>)| {
                key.starts_with("token/") || key.starts_with("quota/")
            };
            pairs.iter().filter(of).map(|(k, v)| (k.clone(), v.clone())).collect()
        };
        start.retain(|key, _| !key.starts_with("token/"));
        let mut expected = through(&model);
        expected.extend(start);
        expected.sort();
        prop_assert_eq!(all(below.as_ref()), expected);
    }
}

#[tokio::test]
async fn a_fault_before_leaves_nothing_and_a_fault_after_leaves_all() {
    let base = MemoryBase::with_hook(Box::new(|batch| match batch {
        [Change::Put(key, _)] if key == "before" => CommitFault::Before,
        [Change::Put(key, _)] if key == "after" => CommitFault::After,
        _ => CommitFault::None,
    }));
    let empty = base.snapshot();
    base.commit(vec![put("before", "x")]).await.unwrap_err();
    assert_eq!(base.snapshot(), empty);
    base.commit(vec![put("after", "x")]).await.unwrap_err();
    base.commit(vec![put("fine", "x"), delete("none")])
        .await
        .unwrap();
    assert_eq!((base.commits(), base.writes()), (2, 2));
    let keys: Vec<String> = all(&base).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["after", "fine"]);
    base.restore(&empty);
    assert!(all(&base).is_empty());
}
