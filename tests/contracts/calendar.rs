//! What every calendar behind the port must do. Each check starts from an empty calendar.
//!
//! `calendar_contract!(name, open)` makes one test of each check; `open` is an async function that
//! gives a [`Bench`].

use std::collections::{BTreeMap, BTreeSet};

use slotbridge::domain::entry::Field;
use slotbridge::domain::ids::{BookingId, Cursor, Href};
use slotbridge::ports::calendar::{Change, Content, Coverage};
use slotbridge::ports::error::Kind;

use crate::bench::*;

/// Makes a module of tests out of all checks.
#[macro_export]
macro_rules! calendar_contract {
    ($name:ident, $open:path) => {
        $crate::calendar_contract!(@tests $name, $open,
            a_created_entry_reads_back_as_it_was_drafted,
            an_entry_is_created_once,
            a_uid_that_stands_elsewhere_is_never_overwritten,
            text_of_every_kind_survives,
            an_update_changes_what_it_names_and_nothing_else,
            a_moved_entry_has_its_new_time,
            an_update_of_what_somebody_changed_is_stale,
            an_update_of_what_is_gone_is_stale,
            a_deletion_of_what_somebody_changed_is_stale,
            deleting_twice_is_deleting_once,
            an_empty_calendar_lists_nothing,
            a_full_listing_shows_everything_with_its_tag,
            a_cursor_shows_what_was_added_changed_and_removed,
            a_cursor_that_nobody_knows_gives_a_full_listing,
            objects_are_read_in_the_order_asked,
            somebody_elses_object_is_foreign,
            awkward_names_go_there_and_back,
            five_hundred_entries_are_listed_and_read,
            each_listing_is_counted,
        );
    };
    (@tests $name:ident, $open:path, $($check:ident),+ $(,)?) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let bench = $open().await;
                    $crate::calendar::$check(&bench).await;
                }
            )+
        }
    };
}

pub async fn a_created_entry_reads_back_as_it_was_drafted(bench: &dyn Bench) {
    let draft = draft("woft7");
    let written = created(bench, &draft).await;
    let (etag, entry) = entry(bench, &draft.href).await;
    assert_eq!(entry.uid, draft.entry.uid);
    assert_eq!(entry.fields, draft.entry.fields);
    assert_eq!(entry.event_id, draft.entry.event_id);
    assert_eq!(entry.host, draft.entry.host);
    assert_eq!(entry.sequence, 0);
    for field in Field::ALL {
        let agreed = entry.base.get(field).expect("a digest");
        assert!(agreed.is(draft.entry.fields.get(field)), "{}", field.word());
    }
    assert_eq!(
        etag, written.etag,
        "the tag of a write is the tag of a read"
    );
    let text = text(bench, &draft.href).await;
    assert!(text.contains("BEGIN:VALARM"));
    assert!(text.contains("TRIGGER:-PT10M"));
}

pub async fn an_entry_is_created_once(bench: &dyn Bench) {
    let draft = draft("woft7");
    let written = created(bench, &draft).await;
    let mut again = draft.clone();
    again.entry.fields.set(Field::Summary, "Another title");
    assert_eq!(kind(bench.calendar().create(&again).await), Kind::Stale);
    let (etag, entry) = entry(bench, &draft.href).await;
    assert_eq!(etag, written.etag);
    assert_eq!(
        entry.fields.get(Field::Summary),
        draft.entry.fields.get(Field::Summary)
    );
    assert_eq!(list(bench, None).await.0.len(), 1);
}

pub async fn a_uid_that_stands_elsewhere_is_never_overwritten(bench: &dyn Bench) {
    let first = draft("woft7");
    created(bench, &first).await;
    let mut second = first.clone();
    second.href = Href::new("elsewhere.ics");
    // A side may take a second object with this UID or say `Stale`; the first stays either way.
    if let Err(error) = bench.calendar().create(&second).await {
        assert_eq!(error.kind(), Kind::Stale);
    }
    let (_, entry) = entry(bench, &first.href).await;
    assert_eq!(entry.fields, first.entry.fields);
}

pub async fn text_of_every_kind_survives(bench: &dyn Bench) {
    let mut draft = draft("texts");
    let long = "Grüße 🎉, „quoted“; back\\slash: \\n is no line ending. ".repeat(40);
    draft.entry.fields.set(
        Field::Notes,
        format!("{}\n\n  indented\n\ttab", long.trim()),
    );
    draft.entry.fields.set(
        Field::About,
        "- a\n- b\n --- Notes ---\n\"quotes\" & <tags>",
    );
    draft
        .entry
        .fields
        .set(Field::Summary, "Ünïcødé 🎉 \"x\" \\ ^n %20 &amp;");
    draft
        .entry
        .fields
        .set(Field::Location, "https://example.org/j/1?a=b;c=d,e");
    created(bench, &draft).await;
    assert_eq!(entry(bench, &draft.href).await.1.fields, draft.entry.fields);
}

pub async fn an_update_changes_what_it_names_and_nothing_else(bench: &dyn Bench) {
    let draft = draft("woft7");
    created(bench, &draft).await;
    edit_as_person(bench, &draft.href, |text| {
        person_title(text).replace(
            "BEGIN:VALARM",
            "COLOR:tomato\nX-KEEP-ME;X-HOW=\"a;b\":as it is\nBEGIN:VALARM\nACTION:DISPLAY\n\
             DESCRIPTION:Leave now\nTRIGGER:-PT45M\nEND:VALARM\nBEGIN:VALARM",
        )
    })
    .await;
    let (etag, _) = entry(bench, &draft.href).await;
    let set = [(Field::Notes, "Sent the offer"), (Field::Location, "")];
    let written = bench
        .calendar()
        .update(&edit(&draft, etag, &set))
        .await
        .expect("updated");
    let (etag, entry) = entry(bench, &draft.href).await;
    assert_eq!(etag, written.etag);
    let mut expected = draft.entry.fields.clone();
    expected.set(Field::Summary, "My own title");
    expected.set(Field::Notes, "Sent the offer");
    expected.set(Field::Location, "");
    assert_eq!(entry.fields, expected);
    assert_eq!(
        (entry.sequence, entry.event_id),
        (1, Some(BookingId::new("another")))
    );
    let text = text(bench, &draft.href).await;
    for kept in [
        "COLOR:tomato",
        "X-KEEP-ME",
        ":as it is",
        "TRIGGER:-PT45M",
        "TRIGGER:-PT10M",
    ] {
        assert!(text.contains(kept), "{kept} is lost");
    }
}

pub async fn a_moved_entry_has_its_new_time(bench: &dyn Bench) {
    let draft = draft("woft7");
    let written = created(bench, &draft).await;
    let time = "2026-12-24T23:30:00Z/2026-12-25T00:30:00Z";
    let edit = edit(&draft, written.etag, &[(Field::Time, time)]);
    bench.calendar().update(&edit).await.expect("updated");
    assert_eq!(
        entry(bench, &draft.href).await.1.fields.get(Field::Time),
        time
    );
}

pub async fn an_update_of_what_somebody_changed_is_stale(bench: &dyn Bench) {
    let draft = draft("woft7");
    let written = created(bench, &draft).await;
    edit_as_person(bench, &draft.href, person_title).await;
    let edit = edit(&draft, written.etag, &[(Field::Summary, "Ours")]);
    assert_eq!(kind(bench.calendar().update(&edit).await), Kind::Stale);
    let (_, entry) = entry(bench, &draft.href).await;
    assert_eq!(entry.fields.get(Field::Summary), "My own title");
}

pub async fn an_update_of_what_is_gone_is_stale(bench: &dyn Bench) {
    let draft = draft("woft7");
    let written = created(bench, &draft).await;
    bench.remove(draft.href.as_str()).await;
    let edit = edit(&draft, written.etag, &[(Field::Summary, "Ours")]);
    assert_eq!(kind(bench.calendar().update(&edit).await), Kind::Stale);
    assert_eq!(content(bench, &draft.href).await, (None, Content::Absent));
}

pub async fn a_deletion_of_what_somebody_changed_is_stale(bench: &dyn Bench) {
    let draft = draft("woft7");
    let written = created(bench, &draft).await;
    edit_as_person(bench, &draft.href, person_title).await;
    let deleted = bench
        .calendar()
        .delete(&draft.href, written.etag.as_ref())
        .await;
    assert_eq!(kind(deleted), Kind::Stale);
    entry(bench, &draft.href).await;
}

pub async fn deleting_twice_is_deleting_once(bench: &dyn Bench) {
    let (draft, other) = (draft("woft7"), draft("other"));
    let written = created(bench, &draft).await;
    created(bench, &other).await;
    for _ in 0..2 {
        let deleted = bench
            .calendar()
            .delete(&draft.href, written.etag.as_ref())
            .await;
        deleted.expect("deleted");
        assert_eq!(content(bench, &draft.href).await, (None, Content::Absent));
    }
    entry(bench, &other.href).await;
}

pub async fn an_empty_calendar_lists_nothing(bench: &dyn Bench) {
    let (lines, listed) = list(bench, None).await;
    assert_eq!((lines, listed.coverage), (vec![], Coverage::Full));
}

pub async fn a_full_listing_shows_everything_with_its_tag(bench: &dyn Bench) {
    let mut tags = BTreeMap::new();
    for id in ["one", "two", "three"] {
        let written = created(bench, &draft(id)).await;
        tags.insert(written.href, written.etag);
    }
    bench.put_raw("birthday.ics", FOREIGN).await;
    let foreign = Href::new("birthday.ics");
    tags.insert(foreign.clone(), content(bench, &foreign).await.0);
    let (lines, listed) = list(bench, None).await;
    assert_eq!(listed.coverage, Coverage::Full);
    assert_eq!(lines.len(), tags.len());
    for line in lines {
        let Change::There { href, etag } = line else {
            panic!("a full listing shows no removals");
        };
        assert_eq!(tags.get(&href), Some(&etag));
    }
}

pub async fn a_cursor_shows_what_was_added_changed_and_removed(bench: &dyn Bench) {
    let drafts = ["stays", "changes", "goes"].map(draft);
    for draft in &drafts {
        created(bench, draft).await;
    }
    let (_, before) = list(bench, None).await;
    let Some(cursor) = before.cursor else {
        return; // Each listing is a full one here.
    };
    let (lines, listed) = list(bench, Some(&cursor)).await;
    assert_eq!((lines, listed.coverage), (vec![], Coverage::Since));
    edit_as_person(bench, &drafts[1].href, person_title).await;
    bench.remove(drafts[2].href.as_str()).await;
    let added = created(bench, &draft("new")).await.href;
    let (lines, listed) = list(bench, listed.cursor.as_ref()).await;
    assert_eq!(listed.coverage, Coverage::Since);
    let (mut there, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for line in lines {
        match line {
            Change::There { href, .. } => there.insert(href),
            Change::Removed { href } => removed.insert(href),
        };
    }
    assert_eq!(there, BTreeSet::from([drafts[1].href.clone(), added]));
    assert_eq!(removed, BTreeSet::from([drafts[2].href.clone()]));
    let (lines, _) = list(bench, listed.cursor.as_ref()).await;
    assert_eq!(lines, vec![]);
}

pub async fn a_cursor_that_nobody_knows_gives_a_full_listing(bench: &dyn Bench) {
    let draft = draft("woft7");
    created(bench, &draft).await;
    let unknown = Cursor::new("http://example.org/ns/sync/this-is-no-token");
    let (lines, listed) = list(bench, Some(&unknown)).await;
    assert_eq!((lines.len(), listed.coverage), (1, Coverage::Full));
    if let Some(cursor) = listed.cursor {
        assert_eq!(list(bench, Some(&cursor)).await.1.coverage, Coverage::Since);
    }
}

pub async fn objects_are_read_in_the_order_asked(bench: &dyn Bench) {
    let drafts = ["one", "two"].map(draft);
    for draft in &drafts {
        created(bench, draft).await;
    }
    let absent = Href::new("nothing-here@scheduler.slotbridge.ics");
    let asked = [
        drafts[1].href.clone(),
        absent.clone(),
        drafts[0].href.clone(),
    ];
    let objects = bench.calendar().read(&asked).await.expect("read");
    let hrefs: Vec<&Href> = objects.iter().map(|object| &object.href).collect();
    assert_eq!(hrefs, asked.iter().collect::<Vec<_>>());
    let absents = objects
        .iter()
        .filter(|object| object.content == Content::Absent);
    assert_eq!(
        absents.map(|object| &object.href).collect::<Vec<_>>(),
        [&absent]
    );
    assert_eq!(bench.calendar().read(&[]).await.expect("read"), vec![]);
}

pub async fn somebody_elses_object_is_foreign(bench: &dyn Bench) {
    bench.put_raw("birthday.ics", FOREIGN).await;
    let href = Href::new("birthday.ics");
    let (etag, content) = content(bench, &href).await;
    assert_eq!(content, Content::Foreign);
    let mut edit = edit(&draft("woft7"), etag, &[(Field::Summary, "Ours")]);
    edit.href = href.clone();
    assert_eq!(kind(bench.calendar().update(&edit).await), Kind::Refused);
    assert!(text(bench, &href).await.contains("SUMMARY:Birthday"));
}

pub async fn awkward_names_go_there_and_back(bench: &dyn Bench) {
    for id in [
        "a b",
        "ü€🎉",
        "100%25",
        "a+b=c&d",
        "it's(1)!~",
        "a@b",
        "a;b,c",
        "x/../up",
    ] {
        let draft = draft(id);
        let written = created(bench, &draft).await;
        let (lines, _) = list(bench, None).await;
        let listed = lines
            .iter()
            .any(|line| matches!(line, Change::There { href, .. } if *href == draft.href));
        assert!(listed, "{id} is not listed under its name");
        let (_, read) = entry(bench, &draft.href).await;
        assert_eq!(read.uid, draft.entry.uid);
        let edit = edit(&draft, written.etag, &[(Field::Summary, "Changed")]);
        let written = bench.calendar().update(&edit).await.expect("updated");
        let deleted = bench
            .calendar()
            .delete(&draft.href, written.etag.as_ref())
            .await;
        deleted.expect("deleted");
        assert_eq!(list(bench, None).await.0, vec![]);
    }
}

pub async fn five_hundred_entries_are_listed_and_read(bench: &dyn Bench) {
    let mut expected = BTreeSet::new();
    for number in 0..500 {
        expected.insert(
            created(bench, &draft(&format!("booking{number}")))
                .await
                .href,
        );
    }
    let (lines, listed) = list(bench, None).await;
    assert_eq!(listed.coverage, Coverage::Full);
    let hrefs: Vec<Href> = lines
        .into_iter()
        .map(|line| match line {
            Change::There { href, .. } | Change::Removed { href } => href,
        })
        .collect();
    assert_eq!(hrefs.len(), 500);
    assert_eq!(hrefs.iter().cloned().collect::<BTreeSet<_>>(), expected);
    let objects = bench.calendar().read(&hrefs).await.expect("read");
    assert_eq!(objects.len(), 500);
    assert!(
        objects
            .iter()
            .all(|object| matches!(object.content, Content::Ours(_)))
    );
}

pub async fn each_listing_is_counted(bench: &dyn Bench) {
    let calendar = bench.calendar();
    // An empty calendar may be asked whether it is there at all.
    created(bench, &draft("e1")).await;
    list(bench, None).await;
    let before = calendar.meter().requests();
    list(bench, None).await;
    assert_eq!(calendar.meter().requests(), before + 1);
}

const FOREIGN: &[u8] = include_bytes!("../fixtures/ics/somebody_elses_birthday.ics");
