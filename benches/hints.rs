//! From a webhook's arrival to the entry on a real Radicale, by the real binary.
//!
//! ```text
//! cargo bench --bench hints             # 20 bookings a second, for a minute
//! cargo bench --bench hints -- 5 10     # so many a second, for so many seconds
//! ```

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot be made fails, and its table goes to stdout"
)]

#[path = "made/calendars.rs"]
#[allow(dead_code, reason = "used in part")]
mod calendars;
#[path = "memory/child.rs"]
#[allow(dead_code, reason = "used in part")]
mod child;
#[path = "memory/machine.rs"]
#[allow(dead_code, reason = "used in part")]
mod machine;
#[path = "../tests/servers/mod.rs"]
mod servers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac as _};
use jiff::{SignedDuration, Timestamp};
use machine::{Machine, Place};
use notify::{RecursiveMode, Watcher as _};
use serde_json::json;
use sha2::Sha256;
use slotbridge::demo::account::NewBooking;

const SECRET: &str = "bench";
const TABLES: &str = "[sync]\nevery = \"1h\"\njitter = \"0s\"\n[http]\nlisten = \"127.0.0.1:0\"\n[zoom.webhook]\nsecret_token = \"bench\"\n";
/// How many entries the server is asked to take alone, for comparison.
const ALONE: usize = 200;

fn main() {
    let numbers: Vec<u64> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let (rate, seconds) = match numbers.as_slice() {
        [rate, seconds, ..] => (*rate, *seconds),
        _ => (20, 60),
    };
    let machine = Machine::with(Place::Radicale, 0).and(TABLES);
    let mut daemon = machine.daemon().stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(daemon.stderr.take().unwrap());
    let line = until(&mut log, "serving HTTP");
    let address = line.rsplit('=').next().unwrap().trim().to_owned();
    until(&mut log, "pass done");
    let rest = std::thread::spawn(move || {
        let mut rest = String::new();
        log.read_to_string(&mut rest).unwrap();
        rest
    });
    let (seen, arrivals) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let now = Instant::now();
        for path in event.unwrap().paths {
            seen.send((path, now)).unwrap_or_default();
        }
    })
    .unwrap();
    let folder = collection(machine.calendar().unwrap().home());
    watcher.watch(&folder, RecursiveMode::NonRecursive).unwrap();
    let (mut sent, mut answered) = (BTreeMap::new(), Vec::new());
    let begun = Instant::now();
    for count in 0..rate * seconds {
        let due = begun
            + Duration::from_secs(1) * u32::try_from(count).unwrap() / u32::try_from(rate).unwrap();
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let number = i64::try_from(count).unwrap();
        let id = machine.account.book(booking(number));
        let before = Instant::now();
        tell(&address, &id);
        answered.push(before.elapsed());
        sent.insert(format!("{id}@scheduler.slotbridge.ics"), before);
    }
    let last = Instant::now();
    let mut took = Vec::new();
    let mut there = BTreeSet::new();
    while there.len() < sent.len() && last.elapsed() < Duration::from_mins(2) {
        let Ok((path, when)) = arrivals.recv_timeout(Duration::from_secs(30)) else {
            break;
        };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(before) = sent.get(&name)
            && there.insert(name)
        {
            took.push(when.duration_since(*before));
        }
    }
    // Each exactly once: as many objects as bookings.
    let objects = fs::read_dir(&folder).unwrap().flatten();
    let objects = objects.filter(|entry| entry.path().extension().is_some_and(|e| e == "ics"));
    let objects = objects.count();
    let alone = alone(&machine);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    drop(rest.join().unwrap());
    println!(
        "{} bookings, {rate} a second; {objects} objects on the server",
        sent.len()
    );
    assert_eq!(objects, sent.len(), "every booking exactly once");
    assert_eq!(took.len(), sent.len(), "every booking was seen to arrive");
    println!("| | p50 | p99 | most |");
    println!("|---|---|---|---|");
    row("webhook answered", answered);
    row("webhook sent to entry on Radicale", took);
    row("Radicale's own PUT, alone", alone);
}

fn row(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let place = ((times.len() as f64 - 1.0) * share).round() as usize;
        times[place].as_secs_f64() * 1_000.0
    };
    println!(
        "| {name} | {:.1} ms | {:.1} ms | {:.1} ms |",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// What the server takes for one object, as long as nothing else is asked of it.
fn alone(machine: &Machine) -> Vec<Duration> {
    let server = machine.calendar().unwrap();
    (0..ALONE)
        .map(|count| {
            let text = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:alone\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20270101T100000Z\r\nDTEND:20270101T110000Z\r\nSUMMARY:{count}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            );
            let before = Instant::now();
            server.put("alone.ics", &text);
            before.elapsed()
        })
        .collect()
}

fn until(log: &mut impl std::io::BufRead, word: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "ended before {word}");
        if line.contains(word) {
            return line;
        }
    }
}

/// Where Radicale keeps the objects.
fn collection(home: &Path) -> PathBuf {
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.join(".Radicale.props").exists() {
            return folder;
        }
        let entries = fs::read_dir(&folder).unwrap().flatten();
        folders.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| path.is_dir()),
        );
    }
    panic!("no collection below {}", home.display());
}

#[allow(
    clippy::disallowed_methods,
    reason = "the binary runs on real time, too"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn booking(number: i64) -> NewBooking {
    let start = now() + SignedDuration::from_hours(24) + SignedDuration::from_mins(number * 30);
    NewBooking::new(start, "Bob Example", &format!("bob{number}@example.org"))
}

fn tell(address: &str, id: &str) {
    let body = json!({
        "event": "scheduler.scheduled_event_created", "event_ts": now().as_millisecond(),
        "payload": {"account_id": "A", "user_id": "u", "object": {
            "rescheduled": false, "questions_and_answers": [], "scheduled_event": {"event_id": id},
        }},
    })
    .to_string();
    let time = now().as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("v0:{time}:{body}").as_bytes());
    let signature = mac.finalize().into_bytes();
    let request = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nx-zm-request-timestamp: {time}\r\n\
         x-zm-signature: v0={signature:x}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}
