//! Stands between slotbridge and a CalDAV server: counts what passes, and breaks it on purpose.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// One thing that goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Break {
    /// The connection is closed before the server hears of the request.
    Before,
    /// The server does what it was asked, the answer never arrives.
    After,
    /// The server does what it was asked, half of the answer's body arrives.
    HalfAnswer,
    /// The server hears nothing; this is answered.
    Answer(u16, &'static [(&'static str, &'static str)]),
}

/// One request that came by.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "shown when a scenario fails")]
pub struct Passed {
    pub method: String,
    pub path: String,
    /// `None` where no answer was passed on.
    pub status: Option<u16>,
    /// Octets of the body of the answer.
    pub answer: usize,
}

struct Rule {
    method: &'static str,
    let_through: usize,
    times: usize,
    how: Break,
}

#[derive(Default)]
struct Shared {
    log: Mutex<Vec<Passed>>,
    rules: Mutex<Vec<Rule>>,
    /// What happens to every request that names this object.
    spoiled: Mutex<Option<(&'static str, Break)>>,
    /// Seconds by which the server's clock seems to be ahead.
    ahead: Mutex<i64>,
    closed: AtomicBool,
}

/// A server that is not one.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Passed {
    /// Whether it asked the server to change something.
    pub fn writes(&self) -> bool {
        !matches!(
            self.method.as_str(),
            "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT"
        )
    }
}

impl Proxy {
    /// Listens on a free port, in front of this one.
    pub fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let ours = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                if ours.closed.load(Ordering::SeqCst) {
                    break;
                }
                let shared = ours.clone();
                let Ok(client) = client else { continue };
                // A client that went away is no concern of a test.
                thread::spawn(move || serve(client, port, &shared).ok());
            }
        });
        Self { address, shared }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Breaks the n-th (from 1) request from now on with this method (`*` for any).
    pub fn on_nth(&self, nth: usize, method: &'static str, how: Break) {
        self.add(method, nth - 1, 1, how);
    }

    /// Breaks every request with this method until `heal`.
    pub fn always(&self, method: &'static str, how: Break) {
        self.add(method, 0, usize::MAX, how);
    }

    /// Breaks every request that names this object, in its address or its body, until `heal`.
    pub fn spoil(&self, name: &'static str, how: Break) {
        *self.shared.spoiled.lock().unwrap() = Some((name, how));
    }

    /// Nothing is broken any more; how many planned ones did not come to it.
    pub fn heal(&self) -> usize {
        *self.shared.spoiled.lock().unwrap() = None;
        let mut rules = self.shared.rules.lock().unwrap();
        let waiting = rules.iter().filter(|rule| rule.times != usize::MAX).count();
        rules.clear();
        waiting
    }

    /// Shows the server's clock so many seconds ahead.
    pub fn shift_clock(&self, seconds: i64) {
        *self.shared.ahead.lock().unwrap() = seconds;
    }

    /// Everything that came by since `clear_log`.
    pub fn log(&self) -> Vec<Passed> {
        self.shared.log.lock().unwrap().clone()
    }

    pub fn clear_log(&self) {
        self.shared.log.lock().unwrap().clear();
    }

    fn add(&self, method: &'static str, let_through: usize, times: usize, how: Break) {
        self.shared.rules.lock().unwrap().push(Rule {
            method,
            let_through,
            times,
            how,
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, so that it sees the end.
        TcpStream::connect(self.address).ok();
    }
}

impl Shared {
    /// What happens to a request that names a spoiled object.
    fn spoils(&self, head: &str, body: &[u8]) -> Option<Break> {
        let spoiled = self.spoiled.lock().unwrap();
        let (name, how) = spoiled.as_ref()?;
        let line = head.lines().next().unwrap_or_default();
        let names = line.contains(name) || String::from_utf8_lossy(body).contains(name);
        names.then(|| how.clone())
    }

    fn strike(&self, method: &str) -> Option<Break> {
        let mut rules = self.rules.lock().unwrap();
        let mut struck = None;
        for rule in rules.iter_mut() {
            if rule.method != "*" && rule.method != method {
                continue;
            }
            if rule.let_through > 0 {
                rule.let_through -= 1;
            } else if struck.is_none() && rule.times > 0 {
                rule.times = if rule.times == usize::MAX {
                    usize::MAX
                } else {
                    rule.times - 1
                };
                struck = Some(rule.how.clone());
            }
        }
        rules.retain(|rule| rule.times > 0);
        struck
    }

    fn record(&self, head: &str, status: Option<u16>, answer: usize) {
        let mut words = head.split_whitespace();
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (method, path) = (word(), word());
        self.log.lock().unwrap().push(Passed {
            method,
            path,
            status,
            answer,
        });
    }
}

fn serve(mut client: TcpStream, port: u16, shared: &Shared) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let Some((head, body)) = message(&mut client)? else {
        return Ok(());
    };
    let method = head.split(' ').next().unwrap_or_default();
    let broken = shared
        .strike(method)
        .or_else(|| shared.spoils(&head, &body));
    match broken {
        Some(Break::Before) => {
            shared.record(&head, None, 0);
            return Ok(());
        }
        Some(Break::Answer(status, headers)) => {
            let mut answer = format!("HTTP/1.1 {status} Broken\r\n");
            for (name, value) in headers {
                for part in [name, ": ", value, "\r\n"] {
                    answer += part;
                }
            }
            answer += "Content-Length: 0\r\nConnection: close\r\n\r\n";
            shared.record(&head, Some(status), 0);
            return client.write_all(answer.as_bytes());
        }
        Some(Break::After | Break::HalfAnswer) | None => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.set_read_timeout(Some(PATIENCE))?;
    server.write_all(closing(&head).as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let end = end_of_head(&answer).unwrap_or(answer.len());
    let answer_head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = answer_head.split_whitespace().nth(1);
    let status = status.and_then(|code| code.parse().ok());
    let length = answer.len() - end;
    match broken {
        Some(Break::After) => {
            shared.record(&head, None, length);
            Ok(())
        }
        Some(Break::HalfAnswer) => {
            shared.record(&head, status, length / 2);
            client.write_all(&answer[..end + length / 2])
        }
        _ => {
            shared.record(&head, status, length);
            let ahead = *shared.ahead.lock().unwrap();
            client.write_all(shifted(&closing(&answer_head), ahead).as_bytes())?;
            client.write_all(&answer[end..])
        }
    }
}

/// One message: its head with the empty line, and its body.
fn message(stream: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    let end = loop {
        if let Some(end) = end_of_head(&bytes) {
            break end;
        }
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece[..read]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end);
    let length: usize = header(&head, "content-length")
        .and_then(|value| value.parse().ok())
        .unwrap_or(0);
    while body.len() < length {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            break;
        }
        body.extend_from_slice(&piece[..read]);
    }
    Ok(Some((head, body)))
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let found = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    found.map(|start| start + 4)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The head, for a connection that serves one request.
fn closing(head: &str) -> String {
    let lines = head.trim_end().split("\r\n");
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let kept: Vec<&str> = kept.collect();
    format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"))
}

/// The head, with its clock put forward.
fn shifted(head: &str, ahead: i64) -> String {
    if ahead == 0 {
        return head.to_owned();
    }
    let lines = head.trim_end().split("\r\n");
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    let kept: Vec<&str> = kept.collect();
    #[allow(clippy::disallowed_methods, reason = "a test's own clock")]
    let now = Timestamp::now() + SignedDuration::from_secs(ahead);
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT");
    format!("{}\r\nDate: {date}\r\n\r\n", kept.join("\r\n"))
}
