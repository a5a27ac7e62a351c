//! Feeds, made by real passes and given out over real HTTP, read back by programs that others
//! wrote. `tests/run` installs them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::format_push_string,
    missing_docs,
    reason = "a test may fail loudly, and reads its own environment"
)]

#[allow(dead_code, reason = "the tests of the command line use all of it")]
#[path = "cli/machine.rs"]
mod machine;
#[path = "subscriptions/others.rs"]
mod others;
#[path = "servers/mod.rs"]
mod servers;
#[path = "subscriptions/stage.rs"]
mod stage;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use others::Khal;
use serde_json::Value;
use slotbridge::domain::feed::FeedName;
use stage::{PRIVATE, Stage};

const TITLE: &str = "Intro call: Bob; \"Ünal\", the ☎ tester";

fn list<'a>(said: &'a Value, what: &str) -> &'a Vec<Value> {
    said[what].as_array().unwrap()
}

#[test]
fn the_bookings_are_read_by_all_of_them() {
    let stage = Stage::new();
    let given = stage.serve();
    let url = given.address("alice-bookings");
    let start = stage.tomorrow(10);
    let said = others::python(&url, start);
    assert_eq!(said["name"], "alice-bookings");
    assert_eq!(said["color"], "royalblue");
    assert_eq!(said["kind"], "text/calendar; charset=utf-8");
    assert_eq!(said["refresh"], 3600);
    let events = list(&said, "events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["summary"], TITLE);
    assert_eq!(
        events[0]["start"],
        start.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    );
    let also = others::ical_js(&url);
    assert_eq!(also["refresh"], 3600);
    let events = list(&also, "events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["summary"], TITLE);
    assert!(
        events[0]["description"]
            .as_str()
            .unwrap()
            .contains("bob@example.org")
    );
    assert_eq!(
        events[0]["start"],
        start.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    );
    let khal = Khal::subscribed(stage.folder("khal"), &url);
    assert_eq!(khal.sync().len(), 1);
    let lines = khal.list(start, 2);
    let expected = format!("{} 10:00-10:30 {TITLE}", start.strftime("%Y-%m-%d"));
    assert_eq!(lines, [expected]);
}

#[test]
fn busy_time_is_read_by_all_of_them_and_tells_nobody_why() {
    let stage = Stage::new();
    let given = stage.serve();
    let url = given.address("alice busy");
    let start = stage.tomorrow(0);
    // The booking, and three days with an event and its quarter of an hour before.
    let times = |said: &Value| -> Vec<(String, String)> {
        let events = list(said, "events").iter();
        let time = |event: &Value, key: &str| event[key].as_str().unwrap()[..16].to_owned();
        let mut all: Vec<_> = events
            .map(|event| {
                assert_eq!(event["summary"], "Busy");
                (time(event, "start"), time(event, "end"))
            })
            .collect();
        all.sort();
        all
    };
    let at = |hours: i64, minutes: i64| {
        let time = start
            + jiff::SignedDuration::from_hours(hours)
            + jiff::SignedDuration::from_mins(minutes);
        time.strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let expected = [
        (at(10, 0), at(10, 30)),
        (at(14, 45), at(16, 0)),
        (at(38, 45), at(40, 0)),
        (at(62, 45), at(64, 0)),
    ];
    assert_eq!(times(&others::python(&url, start)), expected);
    assert_eq!(times(&others::ical_js(&url)), expected);
    let khal = Khal::subscribed(stage.folder("khal"), &url);
    assert_eq!(khal.sync().len(), 4);
    assert_eq!(khal.list(start, 4).len(), 4);
    let text = given.state.feeds.texts();
    let text = text[1].text.as_deref().unwrap();
    for word in [
        PRIVATE,
        "dentist",
        "Bob",
        "bob@",
        "example.org",
        "DESCRIPTION",
    ] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

/// vdirsyncer 0.21 reads no calendar that has a VAVAILABILITY, whoever wrote it.
#[test]
fn working_hours_are_read_by_those_who_know_rfc_7953() {
    let stage = Stage::new();
    let given = stage.serve();
    let url = given.address("alice-hours");
    let said = others::python(&url, stage.tomorrow(0));
    assert_eq!(said["name"], "alice-hours");
    let mut slots: Vec<(String, String)> = list(&said, "available")
        .iter()
        .map(|slot| {
            let text = |key: &str| slot[key].as_str().unwrap().to_owned();
            (text("start"), text("rule"))
        })
        .collect();
    slots.sort();
    let rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".to_owned();
    assert_eq!(
        slots,
        [
            ("2024-01-01T09:00:00+01:00".to_owned(), rule.clone()),
            ("2024-01-01T13:00:00+01:00".to_owned(), rule.clone()),
        ]
    );
    let also = others::ical_js(&url);
    assert_eq!(list(&also, "events").len(), 0);
    let mut slots: Vec<&str> = list(&also, "available")
        .iter()
        .map(|slot| {
            assert_eq!(slot["rule"], rule);
            slot["start"].as_str().unwrap()
        })
        .collect();
    slots.sort_unstable();
    assert_eq!(
        slots,
        ["2024-01-01T08:00:00.000Z", "2024-01-01T12:00:00.000Z"]
    );
}

#[test]
fn a_subscriber_sees_changes_and_keeps_what_did_not_change() {
    let stage = Stage::new();
    let given = stage.serve();
    let url = given.address("alice-bookings");
    let etag = others::python(&url, stage.tomorrow(0))["etag"].clone();
    let before = given.address("alice-bookings");
    drop(given);
    // A pass with nothing to do, another process: the same bytes at the same address.
    stage.pass();
    let given = stage.serve();
    assert_eq!(
        given.address("alice-bookings").split('/').next_back(),
        before.split('/').next_back()
    );
    let url = given.address("alice-bookings");
    assert_eq!(others::python(&url, stage.tomorrow(0))["etag"], etag);
    let folder = stage.folder("khal");
    let khal = Khal::subscribed(folder, &url);
    let first = khal.sync();
    assert_eq!(khal.sync(), first, "nothing is written anew");
    // Somebody else's feed is another address; a rotated one leads nowhere.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(given.state.feeds.rotate(&FeedName::new("alice-bookings")))
        .unwrap();
    let status = |url: &str| {
        let request = reqwest::Client::builder().build().unwrap().get(url).send();
        runtime.block_on(request).unwrap().status().as_u16()
    };
    assert_eq!(status(&url), 404);
    assert_eq!(status(&given.address("alice-bookings")), 200);
    drop(given);
    let id = stage.book("Eve");
    stage.pass();
    let given = stage.serve();
    let said = others::python(&given.address("alice-bookings"), stage.tomorrow(0));
    assert_eq!(list(&said, "events").len(), 2);
    assert_ne!(said["etag"], etag);
    assert!(stage.alive.account.cancel(&id));
    drop(given);
    stage.pass();
    let given = stage.serve();
    let said = others::python(&given.address("alice-bookings"), stage.tomorrow(0));
    assert_eq!(list(&said, "events").len(), 1);
    assert_eq!(said["etag"], etag, "as before Eve, to the byte");
}

/// One request over a connection that stays open; the head of the answer, and its body.
fn over(stream: &mut BufReader<TcpStream>, request: &str, body: bool) -> (String, Vec<u8>) {
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "cut off: {head}");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.filter(|_| body).map_or(0, |n| n.parse().unwrap());
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    (head, bytes)
}

#[test]
fn one_connection_serves_all_that_a_subscriber_asks_and_nothing_runs_into_the_next() {
    let stage = Stage::new();
    let given = stage.serve();
    let url = given.address("alice busy");
    let (address, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    let mut ask = |method: &str, headers: &str, body: bool| {
        let request = format!("{method} /{path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        over(&mut stream, &request, body)
    };
    let (whole, text) = ask("GET", "", true);
    assert!(whole.starts_with("HTTP/1.1 200 "), "{whole}");
    assert!(whole.contains("filename=\"alice busy.ics\""), "{whole}");
    let etag = whole.lines().find_map(|line| line.strip_prefix("etag: "));
    let etag = etag.unwrap().to_owned();
    let (head, _) = ask("HEAD", "", false);
    assert!(
        head.contains(&format!("content-length: {}\r\n", text.len())),
        "{head}"
    );
    let (known, _) = ask("GET", &format!("If-None-Match: {etag}\r\n"), false);
    assert!(known.starts_with("HTTP/1.1 304 "), "{known}");
    for name in ["content-length", "transfer-encoding", "content-type"] {
        assert!(!known.contains(&format!("\r\n{name}:")), "{known}");
    }
    let (refused, _) = ask("OPTIONS", "Origin: https://evil.example\r\n", true);
    assert!(refused.starts_with("HTTP/1.1 405 "), "{refused}");
    assert!(!refused.contains("access-control"), "{refused}");
    let (small, bytes) = ask("GET", "Accept-Encoding: gzip\r\n", true);
    assert!(small.contains("content-encoding: gzip\r\n"), "{small}");
    assert!(
        !small.contains(&etag),
        "another form has another tag: {small}"
    );
    let mut unzipped = Vec::new();
    flate2::read::GzDecoder::new(&*bytes)
        .read_to_end(&mut unzipped)
        .unwrap();
    assert_eq!(unzipped, text);
}
