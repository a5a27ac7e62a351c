//! A calendar on the bench: drafts, edits, and a back door for what other people do to it.

use std::sync::Arc;

use async_trait::async_trait;
use slotbridge::domain::entry::{Base, Draft, Edit, Entry, Field, Fields};
use slotbridge::domain::ids::{BookingId, Cursor, Etag, HostName, Href, Uid};
use slotbridge::ports::calendar::{Calendar, Change, Content, Listed, Written};
use slotbridge::ports::error::Kind;

/// A calendar under test, with a back door for what other people do to it.
#[async_trait]
pub trait Bench: Send + Sync {
    /// The calendar.
    fn calendar(&self) -> Arc<dyn Calendar>;
    /// Puts an object there as another program would. Names are not encoded.
    async fn put_raw(&self, name: &str, bytes: &[u8]);
    /// The bytes of an object.
    async fn raw(&self, name: &str) -> Option<Vec<u8>>;
    /// Removes an object as another program would.
    async fn remove(&self, name: &str);
}

pub fn fields() -> Fields {
    [
        (Field::Time, "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z"),
        (Field::Status, "CONFIRMED"),
        (Field::Summary, "Intro, part 1; with Zoë"),
        (
            Field::About,
            "Zoë <zoe@example.org>\n\nQuestion: why?\nC:\\plan",
        ),
        (Field::Notes, "Bring the plan"),
        (Field::Location, "Room 4, second floor"),
        (Field::Url, "https://example.org/j/1?pwd=a,b&c=d"),
        (Field::Conference, "https://example.org/j/1?pwd=a.b&c=d"),
    ]
    .into_iter()
    .map(|(field, text)| (field, text.to_owned()))
    .collect()
}

pub fn draft(id: &str) -> Draft {
    let fields = fields();
    let uid = Uid::of_booking(&BookingId::new(id));
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            event_id: Some(BookingId::new(id)),
            host: Some(HostName::new("alice")),
            sequence: 0,
            base: Base::from(&fields),
            fields,
            notes_shown: true,
        },
        modified: "2026-11-21T09:00:00Z".parse().expect("a time"),
        alarm_seconds: Some(600),
    }
}

pub fn edit(draft: &Draft, seen: Option<Etag>, set: &[(Field, &str)]) -> Edit {
    Edit {
        href: draft.href.clone(),
        seen,
        set: set
            .iter()
            .map(|(field, text)| (*field, (*text).to_owned()))
            .collect(),
        event_id: BookingId::new("another"),
        host: HostName::new("alice"),
        sequence: 1,
        base: Base::from(&draft.entry.fields),
        modified: "2026-11-21T10:00:00Z".parse().expect("a time"),
    }
}

pub async fn created(bench: &dyn Bench, draft: &Draft) -> Written {
    let written = bench.calendar().create(draft).await.expect("created");
    assert_eq!(written.href, draft.href);
    written
}

pub async fn content(bench: &dyn Bench, href: &Href) -> (Option<Etag>, Content) {
    let objects = bench.calendar().read(std::slice::from_ref(href)).await;
    let object = objects.expect("read").pop().expect("one answer");
    assert_eq!(object.href, *href);
    (object.etag, object.content)
}

pub async fn entry(bench: &dyn Bench, href: &Href) -> (Option<Etag>, Entry) {
    match content(bench, href).await {
        (etag, Content::Ours(entry)) => (etag, *entry),
        (_, other) => panic!("not an entry of ours: {other:?}"),
    }
}

pub async fn list(bench: &dyn Bench, since: Option<&Cursor>) -> (Vec<Change>, Listed) {
    let mut listing = bench.calendar().list(since).await.expect("a listing");
    let mut all = Vec::new();
    while let Some(lines) = listing.next().await.expect("lines") {
        assert!(lines.len() <= 1000, "so many lines at once are no stream");
        all.extend(lines);
    }
    (all, listing.listed())
}

/// Edits an object's text as another program would.
pub async fn edit_as_person(bench: &dyn Bench, href: &Href, edit: impl FnOnce(&str) -> String) {
    let text = text(bench, href).await;
    bench.put_raw(href.as_str(), edit(&text).as_bytes()).await;
}

/// An object's text, unfolded.
pub async fn text(bench: &dyn Bench, href: &Href) -> String {
    let bytes = bench.raw(href.as_str()).await.expect("an object");
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.replace("\r\n", "\n")
        .replace("\n ", "")
        .replace("\n\t", "")
}

pub fn person_title(text: &str) -> String {
    let title = text
        .lines()
        .find(|line| line.starts_with("SUMMARY"))
        .expect("a title")
        .to_owned();
    text.replace(&title, "SUMMARY:My own title")
}

pub fn kind<T: std::fmt::Debug>(result: slotbridge::ports::error::Result<T>) -> Kind {
    result.expect_err("an error").kind()
}
