//! That the fake is stricter than the real thing, and fails when told to.

use std::sync::Arc;

use super::super::fault::{Fault, FaultPlan};
use super::*;
use crate::domain::entry::{Base, Entry, Field, Fields};
use crate::domain::ids::{BookingId, HostName, Uid};
use crate::ports::calendar::{Content, Coverage};
use crate::ports::error::Kind;

fn draft(id: &str) -> Draft {
    let fields: Fields = [
        (Field::Time, "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z"),
        (Field::Status, "CONFIRMED"),
        (Field::Summary, "Intro"),
    ]
    .into_iter()
    .map(|(field, text)| (field, text.to_owned()))
    .collect();
    let uid = Uid::of_booking(&BookingId::new(id));
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            event_id: Some(BookingId::new(id)),
            host: Some(HostName::new("alice")),
            sequence: 1,
            base: Base::from(&fields),
            fields,
            notes_shown: true,
        },
        modified: "2026-11-21T09:00:00Z".parse().expect("a time"),
        alarm_seconds: None,
    }
}

fn edit(draft: &Draft, seen: Option<Etag>) -> Edit {
    Edit {
        href: draft.href.clone(),
        seen,
        set: [(Field::Summary, "Changed".to_owned())].into(),
        event_id: BookingId::new("woft7"),
        host: HostName::new("alice"),
        sequence: 2,
        base: draft.entry.base.clone(),
        modified: draft.modified,
    }
}

fn calendar() -> MemoryCalendar {
    MemoryCalendar::new(Tracking::Cursor, Keeping::Verbatim)
}

fn kind<T>(result: Result<T>) -> Option<Kind> {
    result.err().map(|error| error.kind())
}

type Spoil = fn(&mut Draft);

#[tokio::test]
async fn a_draft_that_some_server_would_refuse_is_refused() {
    let spoil: [(&str, Spoil); 9] = [
        ("no time", |d| {
            d.entry.fields.set(Field::Time, String::new());
        }),
        ("all day", |d| {
            d.entry.fields.set(Field::Time, "date 20261202/20261203");
        }),
        ("ends before it starts", |d| {
            let time = "2026-12-02T10:00:00Z/2026-12-02T09:00:00Z";
            d.entry.fields.set(Field::Time, time);
        }),
        ("a strange UID", |d| d.entry.uid = Uid::new("x@example.org")),
        ("no UID", |d| {
            d.entry.uid = Uid::new("@scheduler.slotbridge");
        }),
        ("no base", |d| d.entry.base = Base::default()),
        ("no host", |d| d.entry.host = None),
        ("would echo", |d| {
            d.entry.fields.set(Field::Notes, "blanks at the end  \r\n");
        }),
        ("a path", |d| d.href = Href::new("a/b.ics")),
    ];
    for (what, spoil) in spoil {
        let calendar = calendar();
        let mut draft = draft("woft7");
        spoil(&mut draft);
        assert_eq!(
            kind(calendar.create(&draft).await),
            Some(Kind::Refused),
            "{what}"
        );
        assert_eq!((calendar.hrefs(), calendar.write_count()), (vec![], 0));
    }
}

#[tokio::test]
async fn a_uid_stands_in_one_object_only() {
    let calendar = calendar();
    calendar.create(&draft("woft7")).await.expect("created");
    let mut second = draft("woft7");
    second.href = Href::new("elsewhere.ics");
    assert_eq!(kind(calendar.create(&second).await), Some(Kind::Stale));
}

#[tokio::test]
async fn a_write_without_a_tag_or_with_a_lower_sequence_is_refused() {
    let calendar = calendar();
    let draft = draft("woft7");
    let etag = calendar.create(&draft).await.expect("created").etag;
    assert_eq!(
        kind(calendar.update(&edit(&draft, None)).await),
        Some(Kind::Refused)
    );
    assert_eq!(
        kind(calendar.delete(&draft.href, None).await),
        Some(Kind::Refused)
    );
    let mut down = edit(&draft, etag.clone());
    down.sequence = 0;
    assert_eq!(kind(calendar.update(&down).await), Some(Kind::Refused));
    assert_eq!(kind(calendar.update(&edit(&draft, etag)).await), None);
}

#[tokio::test]
async fn a_fault_before_does_nothing_and_one_after_does_it_all_the_same() {
    let calendar = calendar();
    let draft = draft("woft7");
    calendar.set_faults(Arc::new(FaultPlan::new([
        Fault::Before(Kind::Unreachable),
        Fault::After(Kind::Transient),
    ])));
    assert_eq!(kind(calendar.create(&draft).await), Some(Kind::Unreachable));
    assert_eq!(calendar.hrefs(), []);
    assert_eq!(kind(calendar.create(&draft).await), Some(Kind::Transient));
    assert_eq!(calendar.hrefs(), std::slice::from_ref(&draft.href));
    assert_eq!(kind(calendar.create(&draft).await), Some(Kind::Stale));
    assert_eq!(
        (calendar.write_count(), calendar.meter().requests()),
        (1, 3)
    );
}

#[tokio::test]
async fn a_fault_may_choose_by_the_words_of_a_call() {
    let calendar = calendar();
    let draft = draft("woft7");
    let etag = calendar.create(&draft).await.expect("created").etag;
    calendar.set_faults(Arc::new(|call: &str| match call {
        "delete woft7@scheduler.slotbridge.ics" => Fault::Before(Kind::Transient),
        "list next" => Fault::Before(Kind::Malformed),
        _ => Fault::None,
    }));
    let deleted = calendar.delete(&draft.href, etag.as_ref()).await;
    assert_eq!(kind(deleted), Some(Kind::Transient));
    let mut listing = calendar.list(None).await.expect("a listing");
    assert_eq!(kind(listing.next().await), Some(Kind::Malformed));
}

#[tokio::test]
async fn a_read_only_or_missing_calendar_says_so() {
    let calendar = calendar();
    let draft = draft("woft7");
    calendar.set_read_only(true);
    assert_eq!(kind(calendar.create(&draft).await), Some(Kind::Denied));
    calendar.set_missing(true);
    assert_eq!(kind(calendar.list(None).await), Some(Kind::Missing));
    assert_eq!(
        kind(calendar.read(&[draft.href]).await),
        Some(Kind::Missing)
    );
}

#[tokio::test]
async fn an_expired_cursor_and_a_cut_listing_are_what_they_are() {
    let calendar = calendar();
    for id in ["one", "two"] {
        calendar.create(&draft(id)).await.expect("created");
    }
    let cursor = calendar
        .list(None)
        .await
        .expect("a listing")
        .listed()
        .cursor;
    let coverage = async |since: Option<&Cursor>| {
        let listing = calendar.list(since).await.expect("a listing");
        listing.listed().coverage
    };
    assert_eq!(coverage(cursor.as_ref()).await, Coverage::Since);
    calendar.expire_cursors();
    assert_eq!(coverage(cursor.as_ref()).await, Coverage::Full);
    calendar.cut_listings_at(Some(1));
    assert_eq!(coverage(None).await, Coverage::Partial);
}

#[tokio::test]
async fn a_person_edits_and_the_entry_says_so() {
    let calendar = calendar();
    let draft = draft("woft7");
    calendar.create(&draft).await.expect("created");
    let edited = calendar.edit_as_person(&draft.href, |text| text.replace("Intro", "Mine"));
    assert!(edited);
    assert!(!calendar.edit_as_person(&Href::new("x.ics"), |text| text));
    let objects = calendar
        .read(std::slice::from_ref(&draft.href))
        .await
        .expect("read");
    let Some(Content::Ours(entry)) = objects.into_iter().next().map(|object| object.content) else {
        panic!("not ours");
    };
    assert_eq!(entry.fields.get(Field::Summary), "Mine");
    assert_eq!(calendar.write_count(), 1);
    calendar.clear();
    assert_eq!(calendar.hrefs(), []);
}
