//! The CalDAV adapter against real servers: Radicale and Xandikos.

#[path = "caldav_quirks/bench.rs"]
mod bench;
mod servers;

use std::sync::Arc;

use bench::{MapBase, alice, calendar_with, draft, edit, list};
use rstest::rstest;
use servers::{Radicale, Server, Xandikos};
use slotbridge::adapters::caldav::{Caldav, CaldavConfig, Credentials, discover};
use slotbridge::adapters::system::SystemClock;
use slotbridge::domain::ids::{Cursor, Href};
use slotbridge::ports::calendar::{Calendar, Content, Coverage};
use slotbridge::ports::error::Kind;
use url::Url;

fn credentials(server: &Server) -> Credentials {
    match server.login() {
        Some((username, password)) => Credentials::Password {
            username: username.to_owned(),
            password: password.into(),
        },
        None => Credentials::None,
    }
}

fn at(server: &Server, url: &str, collection: Option<&str>) -> (Caldav, Arc<MapBase>) {
    let base = Arc::default();
    let calendar = calendar_with(url, collection, credentials(server), &base);
    (calendar, base)
}

fn foreign(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//somebody//else//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261121T090000Z\r\nDTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\n\
         SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn a_calendar_is_found_from_the_server_alone(#[case] start: fn() -> Server) {
    let server = start();
    let config = |url: String, name: Option<&str>| CaldavConfig {
        url: Url::parse(&url).unwrap(),
        collection: name.map(str::to_owned),
        credentials: credentials(&server),
    };
    let found = discover(config(server.url(), None), Arc::new(SystemClock)).await;
    let found = found.unwrap();
    let work = found
        .iter()
        .find(|calendar| calendar.display_name == "Work");
    let work = work.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(work.url.as_str(), server.calendar_url());
    assert!(work.sync_collection && work.takes_events());
    assert_eq!(work.writable, Some(true));

    for url in [
        server.url(),
        format!("{}alice/", server.url()),
        server.calendar_url(),
    ] {
        for name in ["Work", "work"] {
            let (calendar, _) = at(&server, &url, Some(name));
            let read = list(&calendar, None).await.unwrap();
            assert_eq!(read.listed.coverage, Coverage::Full, "{url} {name}");
        }
    }
    let (calendar, _) = at(&server, &server.url(), Some("Nowhere"));
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
    assert!(error.remedy().unwrap().contains("Work"), "{error:?}");
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn a_pass_with_nothing_to_do_costs_one_request(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, base) = at(&server, &server.url(), Some("Work"));
    for i in 0..3 {
        let name = format!("b{i}");
        calendar.create(&draft(&name, "Intro")).await.unwrap();
    }
    let full = list(&calendar, None).await.unwrap();
    assert_eq!((full.listed.coverage, full.lines), (Coverage::Full, 3));
    // A new process, with what the state remembers.
    let again = calendar_with(&server.url(), Some("Work"), credentials(&server), &base);
    let quiet = list(&again, full.listed.cursor.as_ref()).await.unwrap();
    assert_eq!((quiet.listed.coverage, quiet.lines), (Coverage::Since, 0));
    assert_eq!(again.meter().requests(), 1);
    let cursor = quiet.listed.cursor.unwrap();
    let token = cursor.as_str().strip_prefix("token:").unwrap();
    let body = format!(
        r#"<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"#
    );
    let headers = [("Depth", "0"), ("Content-Type", "application/xml")];
    let (status, answer) = server.request("REPORT", "", &headers, &body);
    assert!(status == 207 && answer.len() < 1024, "{answer}");
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn a_delta_tells_what_was_added_changed_and_removed(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, _) = at(&server, &server.calendar_url(), None);
    for name in ["a", "b", "c"] {
        server.put(&format!("{name}.ics"), &foreign(name, "Old"));
    }
    let full = list(&calendar, None).await.unwrap();
    server.put("a.ics", &foreign("a", "New"));
    server.put("d.ics", &foreign("d", "New"));
    server.delete("b.ics");
    let delta = list(&calendar, full.listed.cursor.as_ref()).await.unwrap();
    assert_eq!(delta.listed.coverage, Coverage::Since);
    let there: Vec<&str> = delta.there.keys().map(Href::as_str).collect();
    let removed: Vec<&str> = delta.removed.iter().map(Href::as_str).collect();
    assert_eq!((there, removed), (vec!["a.ics", "d.ics"], vec!["b.ics"]));
    // Radicale tells of deletions in a full listing as well: they are no part of it.
    let full = list(&calendar, None).await.unwrap();
    assert_eq!((full.lines, full.removed.len()), (3, 0));
    assert_eq!(full.listed.coverage, Coverage::Full);
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn a_token_that_is_no_good_turns_into_a_full_listing(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, _) = at(&server, &server.calendar_url(), None);
    server.put("a.ics", &foreign("a", "x"));
    for text in [
        "token:nonsense",
        "token:http://radicale.org/ns/sync/00",
        "ctag:1",
        "?",
    ] {
        let read = list(&calendar, Some(&Cursor::new(text))).await.unwrap();
        assert_eq!(
            (read.listed.coverage, read.lines),
            (Coverage::Full, 1),
            "{text}"
        );
        assert!(read.listed.cursor.is_some());
    }
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn an_entry_is_created_once_changed_as_seen_and_deleted(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, _) = at(&server, &server.calendar_url(), None);
    let draft = draft("b1", "Intro: Bob");
    let made = calendar.create(&draft).await.unwrap();
    let again = calendar.create(&draft).await.unwrap_err();
    assert_eq!(again.kind(), Kind::Stale);

    // The tag given for the write is the one that listings show.
    let read = list(&calendar, None).await.unwrap();
    assert_eq!(read.there.get(&draft.href), Some(&made.etag));

    // Somebody adds what is theirs.
    let text = server.get(draft.href.as_str()).unwrap();
    let theirs = text.replace("END:VEVENT", "X-THEIRS;X-P=1:kept\r\nEND:VEVENT");
    server.put(draft.href.as_str(), &theirs);
    let stale = calendar
        .update(&edit(&draft, made.etag.as_ref(), "Later"))
        .await;
    assert_eq!(stale.unwrap_err().kind(), Kind::Stale);
    let stale = calendar.delete(&draft.href, made.etag.as_ref()).await;
    assert_eq!(stale.unwrap_err().kind(), Kind::Stale);

    let object = calendar
        .read(std::slice::from_ref(&draft.href))
        .await
        .unwrap()
        .remove(0);
    let Content::Ours(entry) = &object.content else {
        panic!("{object:?}");
    };
    assert_eq!(entry.uid, draft.entry.uid);
    let written = calendar
        .update(&edit(&draft, object.etag.as_ref(), "Later"))
        .await
        .unwrap();
    let text = server.get(draft.href.as_str()).unwrap();
    assert!(
        text.contains("SUMMARY:Later") && text.contains("X-THEIRS"),
        "{text}"
    );

    // The same again changes nothing, and writes nothing.
    let before = calendar.meter().requests();
    let same = calendar
        .update(&edit(&draft, written.etag.as_ref(), "Later"))
        .await
        .unwrap();
    assert_eq!(
        (same.etag, calendar.meter().requests() - before),
        (written.etag.clone(), 1)
    );

    calendar
        .delete(&draft.href, written.etag.as_ref())
        .await
        .unwrap();
    calendar
        .delete(&draft.href, written.etag.as_ref())
        .await
        .unwrap();
    let gone = calendar
        .update(&edit(&draft, written.etag.as_ref(), "x"))
        .await
        .unwrap_err();
    assert_eq!(gone.kind(), Kind::Stale);
    assert_eq!(list(&calendar, None).await.unwrap().lines, 0);
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn objects_are_read_in_order_whatever_they_are_called(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, _) = at(&server, &server.calendar_url(), None);
    let names = [
        "a@b.ics",
        "with%20space.ics",
        "%C3%BCmlaut.ics",
        "plus+.ics",
        "a%26b.ics",
    ];
    for (i, name) in names.iter().enumerate() {
        server.put(name, &foreign(&format!("uid{i}"), "x"));
    }
    let mine = draft("woft7_x", "Intro");
    calendar.create(&mine).await.unwrap();
    let read = list(&calendar, None).await.unwrap();
    let mut hrefs: Vec<Href> = read.there.keys().cloned().collect();
    assert_eq!(hrefs.len(), names.len() + 1, "{hrefs:?}");
    assert!(
        hrefs.contains(&Href::new("with space.ics")) && hrefs.contains(&Href::new("ümlaut.ics"))
    );
    hrefs.push(Href::new("nothing here.ics"));
    hrefs.reverse();
    let objects = calendar.read(&hrefs).await.unwrap();
    for (href, object) in hrefs.iter().zip(&objects) {
        assert_eq!(href, &object.href);
        match &object.content {
            Content::Absent => assert_eq!(href.as_str(), "nothing here.ics"),
            Content::Ours(_) => assert_eq!(href, &mine.href),
            Content::Foreign => assert_eq!(Some(&object.etag), read.there.get(href)),
            Content::Broken(why) => panic!("{href}: {why}"),
        }
    }
    for href in read.there.keys() {
        calendar
            .delete(href, read.there[href].as_ref())
            .await
            .unwrap();
    }
    assert_eq!(list(&calendar, None).await.unwrap().lines, 0);
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn three_hundred_objects_are_listed_and_read_in_batches(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, _) = at(&server, &server.calendar_url(), None);
    for i in 0..300 {
        server.put(&format!("{i}.ics"), &foreign(&format!("u{i}"), "x"));
    }
    let read = list(&calendar, None).await.unwrap();
    assert_eq!(read.lines, 300);
    let hrefs: Vec<Href> = read.there.keys().cloned().collect();
    let before = calendar.meter().requests();
    let objects = calendar.read(&hrefs).await.unwrap();
    assert_eq!(calendar.meter().requests() - before, 6);
    assert!(
        objects
            .iter()
            .all(|object| object.content == Content::Foreign)
    );
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
#[tokio::test]
async fn a_calendar_that_was_removed_is_missing_and_not_empty(#[case] start: fn() -> Server) {
    let server = start();
    let (calendar, _) = at(&server, &server.calendar_url(), None);
    server.put("a.ics", &foreign("a", "x"));
    let full = list(&calendar, None).await.unwrap();
    server.delete("");
    let read = calendar.read(&[Href::new("a.ics")]).await.unwrap_err();
    assert_eq!(read.kind(), Kind::Missing);
    let listed = list(&calendar, full.listed.cursor.as_ref())
        .await
        .unwrap_err();
    assert_eq!(listed.kind(), Kind::Missing, "{listed:?}");
}

#[tokio::test]
async fn a_wrong_password_is_denied_at_once() {
    let server = Radicale::start();
    let wrong = Credentials::Password {
        username: "alice".to_owned(),
        password: "wrong".into(),
    };
    let calendar = calendar_with(&server.calendar_url(), None, wrong, &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(calendar.meter().requests(), 1);
    let calendar = calendar_with(&server.calendar_url(), None, alice(), &Arc::default());
    assert!(list(&calendar, None).await.is_ok());
}

#[tokio::test]
async fn an_entry_with_the_uid_of_another_is_stale() {
    for server in [Radicale::start(), Xandikos::start()] {
        let (calendar, _) = at(&server, &server.calendar_url(), None);
        let one = draft("b1", "Intro");
        calendar.create(&one).await.unwrap();
        let mut other = draft("b1", "Intro");
        other.href = Href::new("elsewhere.ics");
        let error = calendar.create(&other).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Stale);
    }
}
