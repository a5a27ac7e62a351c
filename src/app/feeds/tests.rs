#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::Read as _;

use jiff::SignedDuration;

use super::*;
use crate::adapters::memory::base::MemoryBase;
use crate::domain::entry::{Base as Agreement, Field, Fields};
use crate::domain::ids::HostName;
use crate::domain::ids::{BookingId, CalendarName, Href, Uid};
use crate::domain::link::{Link, Standing};
use crate::engine::ledger::{Batch, Ledger, Position};
use crate::settings::environment::Environment;
use crate::settings::{self, Sources};

fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

fn later() -> Timestamp {
    now() + SignedDuration::from_hours(1)
}

const BOOKINGS: &str = "[[host.feed]]\nname = \"b\"\nkind = \"bookings\"\n";
const BUSY: &str = "[[host.feed]]\nname = \"f\"\nkind = \"busy\"\n";
const HTTP: &str =
    "[http]\nlisten = \"127.0.0.1:8787\"\npublic_url = \"https://cal.example.org/zoom/\"\n";

/// Settings of one host with all flows, and more words before and after it.
fn settings(before: &str, after: &str) -> Settings {
    settings_of("alice", before, after)
}

fn settings_of(host: &str, before: &str, after: &str) -> Settings {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let text = format!(
        "{before}[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"/w\"\n\
         [[host]]\nname = \"{host}\"\n[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\"]\n[host.hours]\ncalendar = \"work\"\n{after}"
    );
    std::fs::write(&file, text).unwrap();
    let sources = Sources {
        files: vec![file],
        state_dir: None,
    };
    let environment =
        Environment::from_iter([("HOME".to_owned(), home.path().display().to_string())]);
    settings::load(&sources, &environment).unwrap().settings
}

fn base() -> Arc<MemoryBase> {
    Arc::new(MemoryBase::new())
}

fn feeds(base: &Arc<MemoryBase>) -> Feeds {
    let base: Arc<dyn Base> = base.clone();
    Feeds::open(base)
}

async fn book(base: &MemoryBase, id: &str, summary: &str) {
    let (host, calendar) = (HostName::new("alice"), CalendarName::new("work"));
    let ledger = Ledger::new(base, &host, &calendar);
    let booking = BookingId::new(id);
    let uid = Uid::of_booking(&booking);
    let fields: Fields = [(Field::Summary, summary.to_owned())].into_iter().collect();
    let link = Link {
        booking,
        href: Href::of_uid(&uid),
        uid,
        etag: None,
        sequence: 0,
        base: Agreement::from(&fields),
        booking_print: None,
        policy_print: None,
        start: now(),
        end: later(),
        pair: None,
        page: None,
        manage_url: None,
        updated: Some(now()),
        pending: None,
        standing: Standing::Live,
    };
    let position = Position {
        cursor: None,
        at: now(),
        full: now(),
    };
    let mut batch = Batch::default();
    ledger.put_link(&mut batch, &link, None);
    ledger.put_position(&mut batch, &position);
    ledger.commit(batch).await.unwrap();
}

fn token_of(address: &Address) -> String {
    let file = address.path.strip_prefix("/feeds/").unwrap();
    file.strip_suffix(".ics").unwrap().to_owned()
}

fn served(feeds: &Feeds, at: usize) -> Arc<Rendered> {
    feeds.find(&token_of(&feeds.addresses()[at])).unwrap()
}

#[tokio::test]
async fn an_address_is_found_by_its_whole_token_and_nothing_else() {
    let base = base();
    let feeds = feeds(&base);
    feeds
        .follow(&settings(HTTP, &format!("{BOOKINGS}{BUSY}")))
        .await
        .unwrap();
    let all = feeds.addresses();
    assert_eq!(all.len(), 2);
    let tokens: Vec<String> = all.iter().map(token_of).collect();
    assert_ne!(tokens[0], tokens[1]);
    for (token, file) in tokens.iter().zip(["b.ics", "f.ics"]) {
        assert_eq!(feeds.find(token).unwrap().file, file);
        for wrong in [
            &token[1..],
            &token[..token.len() - 1],
            "",
            &token.to_lowercase(),
            "b",
        ] {
            assert!(feeds.find(wrong).is_none(), "{wrong}");
        }
    }
    assert_eq!(
        all[0].url.as_deref(),
        Some(format!("https://cal.example.org/zoom/feeds/{}.ics", tokens[0]).as_str())
    );
    assert_eq!(all[0].hint, None);
    let shown = format!("{all:?}");
    assert!(!shown.contains(&tokens[0]), "no address in a log: {shown}");
}

#[tokio::test]
async fn whoever_asks_for_addresses_is_told_what_to_set() {
    let feeds = feeds(&base());
    feeds.follow(&settings("", BOOKINGS)).await.unwrap();
    let address = feeds.addresses().remove(0);
    assert_eq!(address.url, None);
    assert!(address.hint.unwrap().contains("listen and public_url"));
    let http = "[http]\nlisten = \"127.0.0.1:8787\"\n";
    feeds.follow(&settings(http, BOOKINGS)).await.unwrap();
    let again = feeds.addresses().remove(0);
    assert_eq!(again.path, address.path);
    assert!(
        again
            .url
            .unwrap()
            .starts_with("http://127.0.0.1:8787/feeds/")
    );
    assert!(again.hint.unwrap().contains("public_url"));
}

#[tokio::test]
async fn addresses_tags_and_dates_survive_a_restart() {
    let base = base();
    let first = feeds(&base);
    let settings = settings("", &format!("{BOOKINGS}{BUSY}"));
    first.follow(&settings).await.unwrap();
    book(&base, "e1", "Intro: Bob").await;
    assert!(first.refresh(now()).await.is_empty());
    let before = served(&first, 0);
    let second = feeds(&base);
    second.follow(&settings).await.unwrap();
    assert!(second.refresh(later()).await.is_empty());
    assert_eq!(second.addresses(), first.addresses());
    let after = served(&second, 0);
    assert_eq!(
        (&after.ics, &after.gzip, &after.digest, after.modified),
        (&before.ics, &before.gzip, &before.digest, now())
    );
}

#[tokio::test]
async fn a_feed_is_rendered_anew_only_when_its_content_changed() {
    let base = base();
    let feeds = feeds(&base);
    feeds.follow(&settings("", BOOKINGS)).await.unwrap();
    book(&base, "e1", "Intro: Bob").await;
    feeds.refresh(now()).await;
    let first = served(&feeds, 0);
    let commits = base.commits();
    feeds.refresh(later()).await;
    assert!(Arc::ptr_eq(&first, &served(&feeds, 0)));
    assert_eq!(base.commits(), commits, "nothing is written");
    book(&base, "e2", "Intro: Eve").await;
    feeds.refresh(later()).await;
    let second = served(&feeds, 0);
    assert_ne!(first.digest, second.digest);
    assert_eq!((first.modified, second.modified), (now(), later()));
    let text = String::from_utf8(second.ics.to_vec()).unwrap();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    let mut unzipped = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&*second.gzip);
    decoder.read_to_string(&mut unzipped).unwrap();
    assert_eq!(unzipped, text);
    // What is no longer configured is no longer served.
    let token = token_of(&feeds.addresses()[0]);
    feeds.follow(&settings("", "")).await.unwrap();
    assert!(feeds.find(&token).is_none());
}

#[tokio::test]
async fn a_lost_record_changes_the_date_and_not_the_text() {
    let base = base();
    let settings = settings("", BOOKINGS);
    let first = feeds(&base);
    first.follow(&settings).await.unwrap();
    book(&base, "e1", "Intro: Bob").await;
    first.refresh(now()).await;
    let gone = crate::ports::base::Change::Delete("feed/b".to_owned());
    base.commit(vec![gone]).await.unwrap();
    let second = feeds(&base);
    second.follow(&settings).await.unwrap();
    second.refresh(later()).await;
    assert_eq!(served(&first, 0).digest, served(&second, 0).digest);
    assert_eq!(served(&second, 0).modified, later());
}

#[tokio::test]
async fn a_rotated_address_leads_nowhere_for_good() {
    let base = base();
    let settings = settings("", &format!("{BOOKINGS}{BUSY}"));
    let first = feeds(&base);
    first.follow(&settings).await.unwrap();
    let before = first.addresses();
    let rotated = first.rotate(&FeedName::new("b")).await.unwrap();
    assert_ne!(rotated.path, before[0].path);
    assert!(first.find(&token_of(&before[0])).is_none());
    assert!(first.find(&token_of(&rotated)).is_some());
    let after = first.addresses();
    assert_eq!((&after[0], &after[1]), (&rotated, &before[1]));
    let second = feeds(&base);
    second.follow(&settings).await.unwrap();
    assert_eq!(second.addresses(), after);
    let unknown = first.rotate(&FeedName::new("x")).await.unwrap_err();
    assert_eq!(unknown.kind(), Kind::Missing);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_given_out() {
    use crate::adapters::memory::base::CommitFault;
    let failing = MemoryBase::with_hook(Box::new(|changes| {
        let of_a_feed = changes.iter().any(|change| {
            matches!(change, crate::ports::base::Change::Put(key, _) if key.starts_with("feedtoken/"))
        });
        if of_a_feed {
            CommitFault::Before
        } else {
            CommitFault::None
        }
    }));
    let feeds = feeds(&Arc::new(failing));
    assert!(feeds.follow(&settings("", BOOKINGS)).await.is_err());
    assert!(feeds.addresses().is_empty());
}

#[tokio::test]
async fn an_address_never_comes_to_show_something_else() {
    let base = base();
    let feeds = feeds(&base);
    feeds.follow(&settings("", BUSY)).await.unwrap();
    let busy = token_of(&feeds.addresses()[0]);
    // Whoever was given when alice is busy was not given her bookings, nor those of bob.
    let bookings = BUSY.replace("\"busy\"", "\"bookings\"");
    feeds.follow(&settings("", &bookings)).await.unwrap();
    assert!(feeds.find(&busy).is_none());
    let bookings = token_of(&feeds.addresses()[0]);
    feeds
        .follow(&settings_of(
            "bob",
            "",
            &BUSY.replace("\"busy\"", "\"bookings\""),
        ))
        .await
        .unwrap();
    assert!(feeds.find(&bookings).is_none());
}

#[tokio::test]
async fn two_feeds_never_share_a_token() {
    let base = base();
    let settings = settings(
        "",
        &format!("{BOOKINGS}{}", BUSY.replace("busy", "bookings")),
    );
    feeds(&base).follow(&settings).await.unwrap();
    // Somebody copied a line of an export by hand.
    let one = base.get("feedtoken/b").unwrap().unwrap();
    let copy = crate::ports::base::Change::Put("feedtoken/f".to_owned(), one);
    base.commit(vec![copy]).await.unwrap();
    let again = feeds(&base);
    again.follow(&settings).await.unwrap();
    let all = again.addresses();
    assert_ne!(all[0].path, all[1].path);
}

#[tokio::test]
async fn a_feed_that_no_pass_has_known_has_an_address_and_no_text() {
    let feeds = feeds(&base());
    feeds.follow(&settings("", BOOKINGS)).await.unwrap();
    assert!(feeds.refresh(now()).await.is_empty());
    assert!(served(&feeds, 0).ics.is_empty());
    assert_eq!(feeds.texts()[0].text, None);
}

#[tokio::test]
async fn a_feed_asks_to_be_asked_for_as_often_as_passes_run() {
    for (every, said) in [("30s", "PT5M"), ("10m", "PT10M"), ("2h", "PT2H")] {
        let base = base();
        let feeds = feeds(&base);
        let sync = format!("[sync]\nevery = \"{every}\"\njitter = \"0s\"\n");
        feeds.follow(&settings(&sync, BOOKINGS)).await.unwrap();
        book(&base, "e1", "Intro: Bob").await;
        feeds.refresh(now()).await;
        let text = String::from_utf8(served(&feeds, 0).ics.to_vec()).unwrap();
        assert!(
            text.contains(&format!("X-PUBLISHED-TTL:{said}\r\n")),
            "{text}"
        );
    }
}
