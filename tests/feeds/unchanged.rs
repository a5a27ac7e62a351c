//! A feed that is as it was costs one request and no reading.

use std::io::Write as _;

use slotbridge::domain::ids::{Cursor, Href};
use slotbridge::ports::calendar::Coverage;
use slotbridge::ports::source::{Source as _, SourceContent};

use crate::bench::*;
use crate::server::Server;

const MARKS: &str = "ETag: W/\"seven\"\r\nLast-Modified: Sat, 21 Nov 2026 09:00:00 GMT\r\n";

async fn again(
    feed: &slotbridge::adapters::ics::Ics,
    cursor: &Cursor,
) -> (Vec<Href>, Coverage, Cursor) {
    let (hrefs, listed) = list(feed, Some(cursor)).await.expect("a listing");
    (hrefs, listed.coverage, listed.cursor.expect("a cursor"))
}

#[tokio::test]
async fn a_server_is_asked_with_the_marks_it_gave() {
    let server = Server::start(|head, out| {
        if head.contains("if-none-match: w/\"seven\"") {
            assert!(
                head.contains("if-modified-since: sat, 21 nov 2026 09:00:00 gmt"),
                "{head}"
            );
            return write!(
                out,
                "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
            );
        }
        out.say("200 OK", MARKS, calendar(&["a"]).as_bytes())
    });
    let feed = on(&server);
    let (hrefs, listed) = list(&feed, None).await.expect("a listing");
    assert_eq!((hrefs.len(), listed.coverage), (1, Coverage::Full));
    let cursor = listed.cursor.expect("a cursor");
    assert_eq!(
        again(&feed, &cursor).await,
        (vec![], Coverage::Since, cursor.clone())
    );
    assert!(!cursor.as_str().contains("secret") && !cursor.as_str().contains("127.0.0.1"));
    assert_eq!(server.heads().len(), 2);
    // Without a cursor everything is asked for.
    let (hrefs, listed) = list(&feed, None).await.expect("a listing");
    assert_eq!((hrefs.len(), listed.coverage), (1, Coverage::Full));
    assert!(!server.heads()[2].contains("if-none-match"));
}

#[tokio::test]
async fn the_same_bytes_are_no_change_on_a_server_without_marks() {
    let server = Server::saying("200 OK", "", calendar(&["a"]));
    let feed = on(&server);
    let (_, listed) = list(&feed, None).await.expect("a listing");
    let (hrefs, coverage, _) = again(&feed, &listed.cursor.expect("a cursor")).await;
    assert_eq!((hrefs, coverage), (vec![], Coverage::Since));
}

#[tokio::test]
async fn what_says_nothing_about_time_is_no_change() {
    let step = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |_, out| {
        let step = step.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let body = calendar(&["a", "b"])
            .replace(
                "DTSTAMP:20261101T000000Z",
                &format!("DTSTAMP:20261101T00000{step}Z"),
            )
            .replace("Private words", &format!("Other words {step}"));
        out.say("200 OK", &format!("ETag: \"{step}\"\r\n"), body.as_bytes())
    });
    let feed = on(&server);
    let (hrefs, listed) = list(&feed, None).await.expect("a listing");
    assert_eq!(hrefs.len(), 2);
    let first = listed.cursor.expect("a cursor");
    let (hrefs, coverage, second) = again(&feed, &first).await;
    assert_eq!((hrefs, coverage), (vec![], Coverage::Since));
    assert_ne!(first, second, "the new mark is remembered");
    again(&feed, &second).await;
    assert!(server.heads()[2].contains("if-none-match: \"1\""));
}

#[tokio::test]
async fn an_event_that_is_gone_is_missing_from_a_full_listing() {
    let step = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |_, out| {
        let first = step.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let uids: &[&str] = if first { &["a", "b"] } else { &["b"] };
        out.say("200 OK", "", calendar(uids).as_bytes())
    });
    let feed = on(&server);
    let (before, listed) = list(&feed, None).await.expect("a listing");
    let (after, coverage, _) = again(&feed, &listed.cursor.expect("a cursor")).await;
    assert_eq!(
        (before.len(), after.len(), coverage),
        (2, 1, Coverage::Full)
    );
    assert!(before.contains(&after[0]));
}

#[tokio::test]
async fn a_calendar_that_is_emptied_is_a_full_listing_of_nothing() {
    let server = Server::saying("200 OK", "", calendar(&[]));
    let (hrefs, listed) = list(&on(&server), None).await.expect("a listing");
    assert_eq!((hrefs, listed.coverage), (vec![], Coverage::Full));
}

#[tokio::test]
async fn another_feed_is_not_taken_for_unchanged() {
    let server = Server::start(|head, out| {
        assert!(!head.contains("if-none-match"), "{head}");
        out.say("200 OK", MARKS, calendar(&["a"]).as_bytes())
    });
    let (_, listed) = list(&on(&server), None).await.expect("a listing");
    let other = feed(&server.at("127.0.0.1", "/other.ics"));
    let (hrefs, coverage, _) = again(&other, &listed.cursor.expect("a cursor")).await;
    assert_eq!((hrefs.len(), coverage), (1, Coverage::Full));
}

#[tokio::test]
async fn what_was_listed_is_read_without_another_request() {
    let uids: Vec<String> = (0..700).map(|number| format!("event{number}")).collect();
    let uids: Vec<&str> = uids.iter().map(String::as_str).collect();
    let server = Server::saying("200 OK", "", calendar(&uids));
    let feed = on(&server);
    let (hrefs, _) = list(&feed, None).await.expect("a listing");
    assert_eq!(hrefs.len(), 700);
    for some in hrefs.chunks(50) {
        let objects = feed.read(some).await.expect("read");
        let timing = |content: &SourceContent| matches!(content, SourceContent::Timing(_));
        assert!(objects.iter().all(|object| timing(&object.content)));
    }
    assert_eq!((server.heads().len(), feed.meter().requests()), (1, 1));
    // After a power cut between listing and reading, or when it is read again.
    assert_eq!(feed.read(&hrefs[..2]).await.expect("read").len(), 2);
    assert_eq!(server.heads().len(), 2);
}
