#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use crate::adapters::memory::base::MemoryBase;
use crate::domain::entry::NOTES_LINE;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{Href, Uid};
use crate::domain::link::Standing;
use crate::engine::ledger::{Batch, Position};

const MANY: usize = 650;

pub(in crate::engine) fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

pub(in crate::engine) fn shown() -> Shown {
    Shown {
        host: bookable::Host {
            name: HostName::new("alice"),
            busy: None,
            hours: None,
            bookings: None,
            places: std::collections::BTreeMap::new(),
            zone: "UTC".to_owned(),
        },
        bookings: Some(CalendarName::new("work")),
    }
}

fn fields(summary: &str) -> Fields {
    [
        (
            Field::Time,
            "2020-01-01T00:00:00Z/2020-01-01T00:30:00Z".to_owned(),
        ),
        (Field::Summary, summary.to_owned()),
        (Field::Notes, "notes".to_owned()),
    ]
    .into_iter()
    .collect()
}

pub(in crate::engine) fn link(number: usize) -> Link {
    let booking = BookingId::new(format!("e{number:04}"));
    let uid = Uid::of_booking(&booking);
    Link {
        booking,
        href: Href::of_uid(&uid),
        uid,
        etag: None,
        sequence: 2,
        base: Agreement::from(&fields("Intro: Bob")),
        booking_print: None,
        policy_print: None,
        start: now(),
        end: now() + jiff::SignedDuration::from_mins(30),
        pair: None,
        page: None,
        manage_url: None,
        updated: Some(now()),
        pending: None,
        standing: Standing::Live,
    }
}

pub(in crate::engine) async fn base_with(links: &[Link]) -> MemoryBase {
    let base = MemoryBase::new();
    let (host, calendar) = (HostName::new("alice"), CalendarName::new("work"));
    let ledger = Ledger::new(&base, &host, &calendar);
    let mut batch = Batch::default();
    for link in links {
        ledger.put_link(&mut batch, link, None);
    }
    let position = Position {
        cursor: None,
        at: now(),
        full: now(),
    };
    ledger.put_position(&mut batch, &position);
    ledger.commit(batch).await.unwrap();
    base
}

async fn drafts(base: &MemoryBase) -> Vec<Draft> {
    let content = content(base, &shown(), FeedKind::Bookings, now()).await;
    let Some(Content::Bookings(mut bookings)) = content.unwrap() else {
        panic!("no bookings");
    };
    let mut all = Vec::new();
    while let Some(page) = bookings.page().unwrap() {
        all.extend(page);
    }
    all
}

#[tokio::test]
async fn every_booking_is_shown_once_in_one_order() {
    let mut links: Vec<Link> = (0..MANY).map(link).collect();
    links.reverse();
    let base = base_with(&links).await;
    let drafts = drafts(&base).await;
    let ids: Vec<&str> = drafts
        .iter()
        .map(|draft| draft.entry.uid.as_str())
        .collect();
    let expected: Vec<String> = (0..MANY)
        .map(|number| format!("e{number:04}@scheduler.slotbridge"))
        .collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_booking_is_shown_as_zoom_says_it_at_the_time_it_has_there() {
    let mut changed = link(1);
    changed.pending = Some(Pending::Changed(Box::new(Entry {
        uid: changed.uid.clone(),
        fields: fields("my own title"),
        event_id: None,
        host: None,
        sequence: 0,
        base: Agreement::default(),
        notes_shown: true,
    })));
    let base = base_with(&[changed]).await;
    let draft = drafts(&base).await.remove(0);
    let fields = &draft.entry.fields;
    assert_eq!(fields.get(Field::Summary), "Intro: Bob");
    assert_eq!(
        fields.get(Field::Time),
        "2026-11-21T09:00:00Z/2026-11-21T09:30:00Z"
    );
    assert_eq!(fields.get(Field::Notes), "notes");
    assert_eq!((draft.modified, draft.entry.sequence), (now(), 2));
    assert_eq!(draft.alarm_seconds, None);
    assert_eq!(draft.entry.base, Agreement::default());
    let text = crate::ical::export::create(&draft);
    assert!(text.contains(NOTES_LINE) && !text.contains("X-SLOTBRIDGE-BASE"));
}

#[tokio::test]
async fn after_a_lost_state_the_entry_says_what_its_digest_cannot() {
    let mut adopted = link(1);
    let mut base = Agreement::default();
    base.agree_print(Field::Summary, Fingerprint::of(["Intro: Bob"]));
    adopted.base = base;
    adopted.updated = None;
    adopted.pending = Some(Pending::Changed(Box::new(Entry {
        uid: adopted.uid.clone(),
        fields: fields("Intro: Bob"),
        event_id: None,
        host: None,
        sequence: 0,
        base: Agreement::default(),
        notes_shown: true,
    })));
    let base = base_with(&[adopted]).await;
    let draft = drafts(&base).await.remove(0);
    assert_eq!(draft.entry.fields.get(Field::Summary), "Intro: Bob");
    assert_eq!(draft.modified, UNKNOWN);
}

#[tokio::test]
async fn what_is_cancelled_and_what_has_no_time_is_not_shown() {
    let mut marked = link(1);
    marked.standing = Standing::Marked;
    let mut timeless = link(2);
    timeless.start = Timestamp::UNIX_EPOCH;
    timeless.end = Timestamp::UNIX_EPOCH;
    let base = base_with(&[marked, timeless, link(3)]).await;
    let drafts = drafts(&base).await;
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].entry.uid.as_str(), "e0003@scheduler.slotbridge");
}

#[tokio::test]
async fn before_the_first_pass_nothing_is_known() {
    let base = MemoryBase::new();
    for kind in [FeedKind::Bookings, FeedKind::Busy, FeedKind::Hours] {
        let content = content(&base, &shown(), kind, now()).await.unwrap();
        assert!(content.is_none(), "{kind:?}");
    }
}
