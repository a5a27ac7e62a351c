//! Connections that break.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use slotbridge::ports::calendar::Calendar;
use slotbridge::ports::error::Kind;

use crate::bench::{calendar, draft, list};
use crate::script::{Skill, about, document, line, token};

/// A server that describes its calendar and answers everything else with these bytes, then hangs
/// up. It ends with the connection that says `END`.
struct Hangup {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
    port: u16,
}

impl Hangup {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let verb = request(&mut stream);
                if verb == "END" {
                    return;
                }
                let reply = if verb == "PROPFIND" {
                    let body = document(&about("/cal/", Skill::Strict));
                    format!(
                        "HTTP/1.0 207 Multi-Status\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    )
                } else {
                    answer.clone()
                };
                log.lock().unwrap().push(verb);
                stream.write_all(reply.as_bytes()).unwrap();
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}/cal/"),
            seen,
            thread: Some(thread),
            port,
        }
    }

    fn count(&self, verb: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|other| *other == verb).count()
    }
}

/// Reads a request to its end and gives its verb.
fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0_u8; 4096];
    loop {
        let size = stream.read(&mut piece).unwrap_or(0);
        bytes.extend_from_slice(&piece[..size]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let verb = text.split_whitespace().next().unwrap_or("").to_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if size == 0 {
                return verb;
            }
            continue;
        };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        if size == 0 || body.len() >= length.unwrap_or(0) {
            return verb;
        }
    }
}

impl Drop for Hangup {
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            stream.write_all(b"END / HTTP/1.0\r\n\r\n").ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_repeated() {
    let server = Hangup::start(String::new());
    let error = calendar(&server.url)
        .create(&draft("b1", "x"))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), server.count("PUT")), (Kind::Transient, 1));
}

#[tokio::test]
async fn a_read_whose_answer_is_lost_is_tried_three_times() {
    let server = Hangup::start(String::new());
    let error = list(&calendar(&server.url), None).await.unwrap_err();
    assert_eq!((error.kind(), server.count("REPORT")), (Kind::Transient, 3));
}

#[tokio::test]
async fn a_listing_that_ends_before_its_length_is_no_listing() {
    let body = document(&[line("a.ics", "\"1\""), token("t1")].concat());
    for length in [
        format!("Content-Length: {}\r\n", body.len() + 1),
        String::new(),
    ] {
        let whole = length.is_empty();
        let cut = if whole {
            &body
        } else {
            body.get(..body.len() - 20).unwrap()
        };
        let server = Hangup::start(format!("HTTP/1.0 207 Multi-Status\r\n{length}\r\n{cut}"));
        let read = list(&calendar(&server.url), None).await;
        assert_eq!(read.map_err(|error| error.kind()).is_ok(), whole);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = list(&calendar(&format!("http://127.0.0.1:{port}/cal/")), None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
}
