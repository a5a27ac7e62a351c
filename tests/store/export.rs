//! An export is enough to move machines, and a broken one says where.

use std::os::unix::fs::PermissionsExt;

use jiff::{SignedDuration, Timestamp};
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::store::{
    DAYS_KEPT, Force, export, export_daily, import, rebuild, write_export,
};
use slotbridge::ports::base::Base;

use super::{all, now, put, whole};

async fn filled() -> MemoryBase {
    let base = MemoryBase::new();
    let batch = vec![
        put(
            "link/1",
            r#"{"z":1,"a":1.50,"big":123456789012345678901234567890}"#,
        ),
        put("link/2", "{\n}"),
        put("link/ä\"\n", "\"text\""),
        put("cursor/x", " 5"),
        put("blob/x", vec![7; 100_000]),
        put("token/a", vec![0, 255, 10]),
        put("quota/a", ""),
        put("held/1", "null"),
        put("conflict/1", "[1, 2]"),
    ];
    base.commit(batch).await.unwrap();
    base
}

fn exported(base: &dyn Base) -> String {
    let mut out = Vec::new();
    export(base, &mut out, now()).unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn an_export_comes_back_byte_for_byte() {
    let base = filled().await;
    let text = exported(&base);
    assert!(text.starts_with('{') && text.contains(r#""version":1"#));
    assert!(
        text.contains(r#""value":{"z":1,"a":1.50,"#),
        "JSON can be read: {text}"
    );
    let dir = tempfile::tempdir().unwrap();
    let other = whole(dir.path());
    let imported = import(text.as_bytes(), &other, Force::No).await.unwrap();
    assert_eq!((imported.pairs, imported.passed_over.len()), (9, 0));
    assert_eq!(all(&other), all(&base));
    assert_eq!(exported(&other), text);
}

#[tokio::test]
async fn a_state_that_is_not_empty_is_replaced_by_force_only() {
    let text = exported(&filled().await);
    let other = MemoryBase::new();
    other
        .commit(vec![put("link/9", "old"), put("link/1", "old")])
        .await
        .unwrap();
    let before = other.snapshot();
    let error = import(text.as_bytes(), &other, Force::No)
        .await
        .unwrap_err();
    assert!(error.remedy().unwrap().contains("--force"));
    assert_eq!(other.snapshot(), before);
    import(text.as_bytes(), &other, Force::Yes).await.unwrap();
    assert_eq!(exported(&other), text);
}

#[tokio::test]
async fn a_broken_export_names_the_line_and_changes_nothing() {
    let text = exported(&filled().await);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without = |from: usize, to: usize| [&lines[..from], &lines[to..]].concat().concat();
    let cases = [
        (String::new(), "line 1", "no export"),
        ("{}\n".to_owned(), "line 1", "no export"),
        (
            text.replace("\"version\":1", "\"version\":2"),
            "line 1",
            "up to 1",
        ),
        (without(10, 11), "line 11", "cut short"),
        (text.trim_end().to_owned(), "line 11", "cut short"),
        (without(3, 4), "line 10", "changed"),
        (
            text.replace("\"link/1\"", "\"link/8\""),
            "line 11",
            "changed",
        ),
        (text.clone() + "{}\n", "line 12", "changed"),
        (
            text.replace("\"key\":\"held/1\"", "\"key\":5"),
            "line",
            "no pair",
        ),
        (
            text.replace("\"base64\":\"AP8K\"", "\"base64\":\"?\""),
            "line",
            "no pair",
        ),
    ];
    for (broken, line, why) in cases {
        let base = MemoryBase::new();
        let error = import(broken.as_bytes(), &base, Force::No)
            .await
            .unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains(line) && words.contains(why),
            "{words} is not {line}, {why}"
        );
        assert!(all(&base).is_empty());
    }
    let base = MemoryBase::new();
    let cut = without(9, 11) + "{\"key\":\"li";
    let imported = import(cut.as_bytes(), &base, Force::Yes).await.unwrap();
    assert_eq!((imported.pairs, imported.passed_over.len()), (8, 1));
}

#[tokio::test]
async fn a_rebuild_keeps_tokens_and_what_waits_for_a_person() {
    let base = filled().await;
    assert_eq!(rebuild(&base).await.unwrap(), 5);
    let keys: Vec<String> = all(&base).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["conflict/1", "held/1", "quota/a", "token/a"]);
}

#[tokio::test]
async fn a_daily_export_is_private_and_a_week_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let base = whole(dir.path());
    base.commit(vec![put("token/a", "secret")]).await.unwrap();
    let mut last = None;
    for day in 0..10 {
        let when: Timestamp = now() + SignedDuration::from_hours(24 * day);
        last = Some(export_daily(&base, when).unwrap());
        assert_eq!(last, Some(export_daily(&base, when).unwrap()));
    }
    let last = last.unwrap();
    assert!(last.ends_with("exports/state-2026-11-30.jsonl"));
    let mode = std::fs::metadata(&last).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left = std::fs::read_dir(last.parent().unwrap()).unwrap().count();
    assert_eq!(left, DAYS_KEPT);
    let nowhere = dir.path().join("none/x.jsonl");
    let error = write_export(&base, &nowhere, now()).unwrap_err();
    assert!(error.to_string().contains("none/x.jsonl"), "{error}");
}
