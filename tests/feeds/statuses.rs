//! What answers mean that are no calendar.

use rstest::rstest;
use slotbridge::ports::error::Kind;
use slotbridge::ports::source::Source as _;

use crate::bench::*;
use crate::server::Server;

#[rstest]
#[case::internal("500 Internal Server Error", Kind::Transient, "answered 500")]
#[case::gateway("502 Bad Gateway", Kind::Transient, "answered 502")]
#[case::down("503 Service Unavailable", Kind::Transient, "answered 503")]
#[case::gone("410 Gone", Kind::Missing, "copy its address anew")]
#[case::missing(
    "404 Not Found",
    Kind::Missing,
    "the feed is gone or its address was changed"
)]
#[case::forbidden("403 Forbidden", Kind::Denied, "no longer shared")]
#[case::who("401 Unauthorized", Kind::Denied, "asks for a user name and password")]
#[case::bad("400 Bad Request", Kind::Refused, "answered 400")]
#[case::choices("300 Multiple Choices", Kind::Malformed, "answered 300")]
#[case::unasked("304 Not Modified", Kind::Malformed, "304 to a plain request")]
#[case::nothing("204 No Content", Kind::Malformed, "it is empty")]
#[case::part("206 Partial Content", Kind::Malformed, "answered 206")]
#[tokio::test]
async fn a_status_says_how_to_react(
    #[case] status: &'static str,
    #[case] kind: Kind,
    #[case] words: &str,
) {
    let server = Server::start(move |_, out| {
        if status.starts_with("204") || status.starts_with("304") {
            use std::io::Write as _;
            return write!(out, "HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
        }
        out.say(status, "", calendar(&["a"]).as_bytes())
    });
    refused(&on(&server), kind, words).await;
}

#[tokio::test]
async fn a_password_that_was_refused_is_not_asked_for() {
    let server = Server::saying("401 Unauthorized", "", "");
    let address = server.at("alice:hunter2@127.0.0.1", PATH);
    refused(
        &feed(&address),
        Kind::Denied,
        "refused the user name and password",
    )
    .await;
}

#[rstest]
#[case::html("<!DOCTYPE html><html><title>Log in</title></html>", "web page")]
#[case::json("{\"error\":\"private\"}", "JSON")]
#[case::empty("", "empty")]
#[case::words("Private words", "no iCalendar text")]
#[tokio::test]
async fn what_is_no_calendar_is_called_by_its_name(
    #[case] body: &'static str,
    #[case] words: &str,
) {
    let server = Server::saying("200 OK", "Content-Type: text/calendar\r\n", body);
    refused(&on(&server), Kind::Malformed, words).await;
}

#[rstest]
#[case::mark("\u{feff}", "text/calendar")]
#[case::lines("\r\n\r\n", "application/octet-stream")]
#[case::html("", "text/html; charset=iso-8859-1")]
#[tokio::test]
async fn a_calendar_is_one_whatever_it_is_called(#[case] before: &str, #[case] kind: &'static str) {
    let body = format!("{before}{}", calendar(&["a", "b"]));
    let server = Server::start(move |_, out| {
        out.say(
            "200 OK",
            &format!("Content-Type: {kind}\r\n"),
            body.as_bytes(),
        )
    });
    assert_eq!(timings(&on(&server)).await, 2);
}

#[tokio::test]
async fn a_calendar_in_utf_16_or_latin_1_is_one() {
    let text = calendar(&["a"]);
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(timings(&on(&Server::saying("200 OK", "", wide))).await, 1);
    let latin = text.replace("Private words", "B?ro").into_bytes();
    let latin: Vec<u8> = latin
        .into_iter()
        .map(|byte| if byte == b'?' { 0xfc } else { byte })
        .collect();
    assert_eq!(timings(&on(&Server::saying("200 OK", "", latin))).await, 1);
}

#[rstest]
#[case::too_many("429 Too Many Requests", "Retry-After: 600\r\n", 600)]
#[case::down("503 Service Unavailable", "Retry-After: 90\r\n", 90)]
#[case::date(
    "429 Too Many Requests",
    "Retry-After: Sat, 21 Nov 2026 10:10:00 GMT\r\n",
    600
)]
#[case::no_word("429 Too Many Requests", "", 60)]
#[case::soon("429 Too Many Requests", "Retry-After: 1\r\n", 60)]
#[case::for_ever("429 Too Many Requests", "Retry-After: 99999999\r\n", 7200)]
#[tokio::test]
async fn a_server_that_asks_to_wait_is_not_asked_before(
    #[case] status: &'static str,
    #[case] headers: &'static str,
    #[case] seconds: i64,
) {
    use slotbridge::ports::clock::Clock as _;
    let server = Server::saying(status, headers, "");
    let clock = StillClock::new();
    let address = server.at("127.0.0.1", PATH);
    let feed = feed_with(
        &address,
        None,
        slotbridge::adapters::http_client::Timeouts::default(),
        clock.clone(),
    );
    let until = clock.now() + jiff::SignedDuration::from_secs(seconds);
    refused(&feed, Kind::Throttled { until }, "asked to wait").await;
    clock.advance(seconds - 1);
    refused(&feed, Kind::Throttled { until }, "asked to wait").await;
    assert_eq!((server.heads().len(), feed.meter().throttles()), (1, 1));
    clock.advance(1);
    assert!(list(&feed, None).await.is_err());
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let address = Server::saying("200 OK", "", "").at("127.0.0.1", PATH);
    refused(&feed(&address), Kind::Unreachable, "check the network").await;
}

#[tokio::test]
async fn one_bad_event_stops_only_itself() {
    let bad = calendar(&["a", "bad", "b"]).replacen(
        "UID:bad\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Private words\r\nDTSTART:20261125T100000Z",
        "UID:bad\r\nDTSTART:never",
        1,
    );
    assert!(bad.contains("never"));
    let server = Server::saying("200 OK", "", bad);
    assert_eq!(timings(&on(&server)).await, 2);
}
