//! `slotbridge run` with its HTTP server, and somebody who sends webhooks to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::bench::Bench;

pub const SECRET: &str = "hush-webhook-secret";
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The daemon of a bench. It ends when it is dropped.
pub struct Daemon {
    child: Child,
    log: Receiver<String>,
    pub seen: Vec<String>,
    pub address: SocketAddr,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Nothing is polled in the time of a test, webhooks are taken, and the daemon tells what it does.
#[allow(clippy::needless_pass_by_value, reason = "it serves Bench::configure")]
pub fn listening(text: String) -> String {
    text.replacen(
        "[[host]]",
        &format!(
            "[sync]\nevery = \"1h\"\njitter = \"0s\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
             [zoom.webhook]\nsecret_token = \"{SECRET}\"\n[[host]]"
        ),
        1,
    )
}

impl Daemon {
    /// Starts it, and waits for the end of the first pass.
    pub fn ready(bench: &Bench) -> Self {
        let mut daemon = Self::start(bench);
        daemon.until("pass done");
        daemon
    }

    /// Starts it, and waits until it serves.
    pub fn start(bench: &Bench) -> Self {
        let mut command = bench.command(&["-v", "run"]);
        Self::spawn(&mut command)
    }

    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (told, log) = channel();
        std::thread::spawn(move || {
            for line in lines {
                let Ok(line) = line else { return };
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        let mut daemon = Self {
            child,
            log,
            seen: Vec::new(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let line = daemon.until("serving HTTP");
        daemon.address = address_in(&line).unwrap();
        daemon
    }

    /// Reads the log until a line says this.
    pub fn until(&mut self, word: &str) -> String {
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let line = plain(&line);
                    self.seen.push(line.clone());
                    if line.contains(word) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("never said {word}:\n{}", self.seen.join("\n"))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended before it said {word}:\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    /// Everything that was logged so far.
    pub fn logged(&mut self) -> String {
        self.seen
            .extend(self.log.try_iter().map(|line| plain(&line)));
        self.seen.join("\n")
    }

    /// Its resident memory now, and the most there ever was; in KiB.
    pub fn memory(&self) -> (u64, u64) {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
            kib.and_then(|kib| kib.parse().ok()).unwrap()
        };
        (line("VmRSS:"), line("VmHWM:"))
    }

    /// What was refused, by kind, and how often that was told.
    pub fn refusals(&mut self) -> BTreeMap<String, usize> {
        let logged = self.logged();
        let lines = logged
            .lines()
            .filter(|line| line.contains("a request was refused"));
        let kinds = lines.map(|line| line.split("kind=\"").nth(1).unwrap());
        let mut told = BTreeMap::new();
        for kind in kinds {
            let kind = kind.split('"').next().unwrap();
            *told.entry(kind.to_owned()).or_default() += 1;
        }
        told
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it in good order.
    pub fn end(mut self) -> String {
        self.signal("-TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        // What it said last may still be on its way.
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            self.seen.push(plain(&line));
        }
        self.seen.join("\n")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.address, method, path, headers, body)
    }

    /// Zoom says this.
    pub fn tell(&self, body: &Value) -> Answer {
        self.tell_at(body, now())
    }

    /// Zoom said this at another time.
    pub fn tell_at(&self, body: &Value, seconds: i64) -> Answer {
        let body = body.to_string();
        let (time, signature) = signed(SECRET, seconds, body.as_bytes());
        self.tell_so(&time, &signature, body.as_bytes())
    }

    pub fn tell_so(&self, time: &str, signature: &str, body: &[u8]) -> Answer {
        let headers = [
            ("x-zm-request-timestamp", time),
            ("x-zm-signature", signature),
            ("content-type", "application/json"),
        ];
        self.ask("POST", "/webhooks/zoom", &headers, body)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

/// The address in a line of any format.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("address")?;
    let rest = rest.trim_start_matches(|c: char| !(c.is_ascii_digit() || c == '['));
    let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c)));
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

/// A line without colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    text
}

pub fn now() -> i64 {
    #[allow(
        clippy::disallowed_methods,
        reason = "the binary runs on real time, too"
    )]
    Timestamp::now().as_second()
}

/// The headers of a webhook.
pub fn signed(secret: &str, seconds: i64, body: &[u8]) -> (String, String) {
    let time = seconds.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{time}:").as_bytes());
    mac.update(body);
    let signature = format!("{:x}", mac.finalize().into_bytes());
    (time, format!("v0={signature}"))
}

pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() || method == "POST" {
        write!(request, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend(body);
    raw(address, &bytes)
}

/// Sends so many webhooks over one connection, these bodies again and again; how many were taken.
pub fn many(address: SocketAddr, bodies: &[String], count: usize) -> usize {
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
    let mut taken = 0;
    for body in bodies.iter().cycle().take(count) {
        let (time, signature) = signed(SECRET, now(), body.as_bytes());
        let request = format!(
            "POST /webhooks/zoom HTTP/1.1\r\nHost: here\r\nx-zm-request-timestamp: {time}\r\n\
             x-zm-signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        taken += usize::from(line.starts_with("HTTP/1.1 204"));
        while line != "\r\n" {
            line.clear();
            assert!(stream.read_line(&mut line).unwrap() > 0, "hung up");
        }
    }
    taken
}

/// Sends these bytes, and reads whatever comes.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A server may answer and hang up before it has read everything.
    let _sent = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _read = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Answer {
        status: head
            .split(' ')
            .nth(1)
            .map_or(0, |code| code.parse().unwrap()),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// What Zoom tells about a booking that was made.
pub fn created(bench: &Bench, id: &str) -> Value {
    told("scheduler.scheduled_event_created", bench, id)
}

/// What Zoom tells about a booking that was cancelled.
pub fn canceled(bench: &Bench, id: &str) -> Value {
    told("scheduler.scheduled_event_canceled", bench, id)
}

fn told(event: &str, bench: &Bench, id: &str) -> Value {
    let booking = bench.account.event(id).unwrap_or_default();
    json!({
        "event": event,
        "event_ts": now() * 1_000,
        "payload": {"account_id": "A", "user_id": "u", "object": {
            "invitee_email": "private@example.org",
            "questions_and_answers": [],
            "rescheduled": false,
            "scheduled_event": {
                "event_id": id,
                "start_date_time": booking["start_date_time"],
                "end_date_time": booking["end_date_time"],
                "summary": booking["summary"],
            },
        }},
    })
}

/// The same, as one half of a reschedule.
pub fn rescheduled(mut said: Value, from: Option<&str>, to: Option<&str>) -> Value {
    let object = &mut said["payload"]["object"];
    object["rescheduled"] = Value::Bool(true);
    if let Some(from) = from {
        object["rescheduled_from_event_id"] = json!(from);
    }
    if let Some(to) = to {
        object["rescheduled_to_event_id"] = json!(to);
    }
    said
}
