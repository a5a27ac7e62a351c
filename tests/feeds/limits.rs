//! Answers that are too large, stop in the middle, or never end.

use std::io::{self, Read as _, Write};
use std::time::Duration;

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};
use rstest::rstest;
use slotbridge::ports::error::Kind;

use crate::bench::*;
use crate::server::{Answer, Server};

/// What a connection's buffers may hold beyond what was read of it.
const BUFFERS: u64 = 16 << 20;

fn chunk(out: &mut Answer<'_>, bytes: &[u8]) -> io::Result<()> {
    write!(out, "{:x}\r\n", bytes.len())?;
    out.write_all(bytes)?;
    out.write_all(b"\r\n")
}

fn start(out: &mut Answer<'_>, headers: &str) -> io::Result<()> {
    write!(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn two_gigabytes_that_are_announced_are_not_read() {
    let server = Server::start(|_, out| {
        start(out, "Content-Length: 2147483648\r\n")?;
        let piece = vec![b'x'; 1 << 16];
        loop {
            out.write_all(&piece)?;
        }
    });
    refused(&on(&server), Kind::Malformed, "larger than 1 MiB").await;
    assert!(server.sent() < BUFFERS, "{} bytes", server.sent());
}

#[tokio::test]
async fn a_stream_without_end_is_read_to_the_limit() {
    let server = Server::start(|_, out| {
        start(out, "Transfer-Encoding: chunked\r\n")?;
        chunk(out, b"BEGIN:VCALENDAR\r\n")?;
        let piece = b"X-ANYTHING:something or other\r\n".repeat(1000);
        loop {
            chunk(out, &piece)?;
        }
    });
    refused(&on(&server), Kind::Malformed, "larger than 1 MiB").await;
    assert!(server.sent() < BUFFERS, "{} bytes", server.sent());
}

#[tokio::test]
async fn a_compressed_calendar_is_read() {
    let server = Server::start(|head, out| {
        assert!(head.contains("accept-encoding: gzip"), "{head}");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(calendar(&["a", "b", "c"]).as_bytes())?;
        out.say("200 OK", "Content-Encoding: gzip\r\n", &gzip.finish()?)
    });
    assert_eq!(timings(&on(&server)).await, 3);
}

/// The beginning of a compressed text, and a piece of it that may follow any number of times: it
/// stands for 1 MiB, and refers to nothing before it.
fn bomb() -> (Vec<u8>, Vec<u8>) {
    let mut deflate = Compress::new(Compression::fast(), false);
    let mut add = |bytes: &[u8]| {
        let mut out = Vec::with_capacity(1 << 16);
        let flush = FlushCompress::Full;
        deflate
            .compress_vec(bytes, &mut out, flush)
            .expect("compressed");
        out
    };
    // RFC 1952: the head of a gzip member that says nothing about its file.
    let mut beginning = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    beginning.extend(add(b"BEGIN:VCALENDAR\r\n"));
    (beginning, add(&vec![b'x'; 1 << 20]))
}

#[tokio::test]
async fn a_gzip_bomb_is_stopped_by_what_it_unfolds_to() {
    // Less than a hundredth of its size on the way, and it has no end.
    let (beginning, piece) = bomb();
    assert!(piece.len() < 8_192, "{} bytes", piece.len());
    let server = Server::start(move |_, out| {
        start(out, "Content-Encoding: gzip\r\n")?;
        out.write_all(&beginning)?;
        let pieces = piece.repeat(64);
        loop {
            out.write_all(&pieces)?;
        }
    });
    refused(&on(&server), Kind::Malformed, "larger than 1 MiB").await;
    assert!(server.sent() < BUFFERS, "{} bytes", server.sent());
}

#[test]
fn what_the_bomb_is_made_of_unfolds_to_a_mebibyte_a_piece() {
    let (mut bytes, piece) = bomb();
    for _ in 0..5 {
        bytes.extend(&piece);
    }
    let mut unfolded = Vec::new();
    let mut gzip = GzDecoder::new(bytes.as_slice());
    // It has no end, which is said when all of it was unfolded.
    assert!(gzip.read_to_end(&mut unfolded).is_err());
    assert_eq!(unfolded.len(), 17 + 5 * (1 << 20));
}

#[tokio::test]
async fn another_compression_than_was_asked_for_is_named() {
    let server = Server::saying("200 OK", "Content-Encoding: br\r\n", vec![1, 2, 3]);
    refused(&on(&server), Kind::Malformed, "compression").await;
}

#[tokio::test]
async fn a_calendar_of_just_the_limit_is_read() {
    let frame = calendar(&["a"]);
    let line = "X-FILL:x\r\n";
    let fill = line.repeat((LIMIT - frame.len()) / line.len());
    let body = frame.replacen("VERSION:2.0\r\n", &format!("VERSION:2.0\r\n{fill}"), 1);
    assert!(body.len() > LIMIT - line.len() && body.len() <= LIMIT);
    assert_eq!(timings(&on(&Server::saying("200 OK", "", body))).await, 1);
}

/// A zone whose name nobody knows, with this in its only observance, and so many events in it.
fn zoned(more: &str, events: usize) -> String {
    let events: Vec<String> = (0..events)
        .map(|n| {
            format!(
                "BEGIN:VEVENT\nUID:{n}\nDTSTART;TZID=Q:20261125T100000\nDURATION:PT1H\nEND:VEVENT\n"
            )
        })
        .collect();
    let events = events.concat();
    format!(
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Q\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
         TZOFFSETTO:+0130\n{more}END:STANDARD\nEND:VTIMEZONE\n{events}END:VCALENDAR\n"
    )
}

#[tokio::test]
async fn a_zone_that_says_one_thing_thousands_of_times_costs_each_event_no_more_than_one() {
    let body = zoned(&"TZOFFSETTO:+0130\n".repeat(50_000), 400);
    assert!(body.len() < LIMIT);
    let server = Server::saying("200 OK", "", body);
    let feed = on(&server);
    let kept = bytes_kept(&feed).await;
    assert!(kept < 400 * 512, "{kept} bytes");
}

#[tokio::test]
async fn a_feed_that_would_be_kept_with_a_zone_for_each_of_ten_thousand_events_is_refused() {
    let dates: Vec<String> = (1_001..1_481)
        .map(|year| format!("{year}0101T000000"))
        .collect();
    let body = zoned(&format!("RDATE:{}\n", dates.join(",")), 9_500);
    assert!(body.len() < LIMIT, "{} bytes", body.len());
    let server = Server::saying("200 OK", "", body);
    let feed = on(&server);
    refused(
        &feed,
        Kind::Malformed,
        "says more about time than 67108864 bytes",
    )
    .await;
}

/// The ways in which an answer can stop in the middle.
#[derive(Clone, Copy)]
enum Cut {
    Length,
    Chunk,
    Close,
    Gzip,
}

#[rstest]
#[case::before_its_length(Cut::Length)]
#[case::in_a_chunk(Cut::Chunk)]
#[case::without_a_length(Cut::Close)]
#[case::compressed(Cut::Gzip)]
#[tokio::test]
async fn a_calendar_that_stops_in_the_middle_is_tried_again(#[case] cut: Cut) {
    let server = Server::start(move |_, out| {
        let whole = calendar(&["a", "b", "c"]);
        let half = &whole.as_bytes()[..whole.len() / 2];
        match cut {
            Cut::Length => {
                start(out, &format!("Content-Length: {}\r\n", whole.len()))?;
                out.write_all(half)
            }
            Cut::Chunk => {
                start(out, "Transfer-Encoding: chunked\r\n")?;
                chunk(out, half)?;
                out.write_all(b"40\r\nBEGIN")
            }
            Cut::Close => {
                write!(out, "HTTP/1.0 200 OK\r\n\r\n")?;
                out.write_all(half)
            }
            Cut::Gzip => {
                let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
                gzip.write_all(whole.as_bytes())?;
                let bytes = gzip.finish()?;
                start(out, "Content-Encoding: gzip\r\n")?;
                out.write_all(&bytes[..bytes.len() / 2])
            }
        }
    });
    refused(&on(&server), Kind::Transient, "tried again by itself").await;
}

/// The ways in which an answer can never come.
#[derive(Clone, Copy)]
enum Slow {
    Silence,
    HalfAHead,
    HalfABody,
    DropByDrop,
}

#[rstest]
#[case::silence(Slow::Silence)]
#[case::half_a_head(Slow::HalfAHead)]
#[case::half_a_body(Slow::HalfABody)]
#[case::drop_by_drop(Slow::DropByDrop)]
#[tokio::test]
async fn nobody_is_waited_for_without_end(#[case] slow: Slow) {
    let server = Server::start(move |_, out| {
        match slow {
            Slow::Silence => {}
            Slow::HalfAHead => out.write_all(b"HTTP/1.1 200 OK\r\nContent-")?,
            Slow::HalfABody => {
                start(out, "Content-Length: 1000\r\n")?;
                out.write_all(b"BEGIN:VCALENDAR\r\n")?;
            }
            Slow::DropByDrop => {
                start(out, "Content-Length: 1000000\r\n")?;
                loop {
                    out.write_all(b"x")?;
                    out.dawdle()?;
                }
            }
        }
        out.wait_for_the_end()
    });
    let address = server.at("127.0.0.1", PATH);
    let feed = patient_feed(&address, Duration::from_millis(150));
    refused(&feed, Kind::Transient, "did not answer in time").await;
}
