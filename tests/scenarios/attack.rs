//! Somebody attacks the HTTP server: everything is refused, told once, and costs no memory.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::bench::{Bench, name_of};
use super::daemon::{Daemon, SECRET, created, listening, now, raw, signed};
use super::side::Side::Vdir;

/// How much the resident memory may grow between two equal waves, in KiB.
const GROWTH: u64 = 8 * 1024;
/// How much all bodies that are read at once may take: eight of at most 1 MiB each, in whatever
/// pieces they come, and twice while they are put together.
const BODIES: u64 = 24 * 1024;
const WRONG_SIGNATURES: usize = 20_000;
const GUESSED_FEEDS: usize = 5_000;
/// Connections with half a body each.
const HALF_OPEN: usize = 64;
/// Connections that send at once.
const AT_ONCE: usize = 4;
const PATIENCE: Duration = Duration::from_mins(1);

fn bench() -> Bench {
    let bench = Bench::new(Vdir, "");
    bench.configure(|text| {
        let feed = "[[host.feed]]\nname = \"f\"\nkind = \"bookings\"\n";
        listening(text).replace("[http]\n", "[http]\nadmin_token = \"hush-admin\"\n") + feed
    });
    bench
}

/// Sends so many requests over connections that are kept, and expects this status of each.
fn flood(
    address: SocketAddr,
    count: usize,
    status: u16,
    request: &(dyn Fn(usize) -> Vec<u8> + Sync),
) {
    thread::scope(|scope| {
        for part in 0..AT_ONCE {
            let numbers = (part..count).step_by(AT_ONCE);
            scope.spawn(move || {
                let mut open = None;
                for number in numbers {
                    let bytes = request(number);
                    // A connection that has been kept for long is closed between two requests.
                    let answer =
                        one(&mut open, address, &bytes).or_else(|| one(&mut open, address, &bytes));
                    assert_eq!(answer, Some(status));
                }
            });
        }
    });
}

/// Sends one request, over the connection where there is one; its status.
fn one(open: &mut Option<BufReader<TcpStream>>, address: SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut stream = open.take().unwrap_or_else(|| {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        BufReader::new(stream)
    });
    stream.get_mut().write_all(bytes).ok()?;
    let (mut status, mut length, mut line) = (None, 0, String::new());
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(count) = lower.strip_prefix("content-length:") {
            length = count.trim().parse().unwrap();
        }
        status = status.or_else(|| line.split(' ').nth(1)?.parse::<u16>().ok());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    *open = Some(stream);
    status
}

fn webhook(signature: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nx-zm-request-timestamp: {}\r\n\
         x-zm-signature: {signature}\r\nContent-Length: {}\r\n\r\n",
        now(),
        body.len()
    );
    let mut bytes = head.into_bytes();
    bytes.extend(body);
    bytes
}

/// Half a body on each of many connections, all at once; whatever is answered in the end.
fn half_open(address: SocketAddr) {
    let body = vec![b' '; 1_000_000];
    let mut request = webhook(&format!("v0={}", "0".repeat(64)), &body);
    request.truncate(request.len() - 50_000);
    let request = &request;
    thread::scope(|scope| {
        for _ in 0..HALF_OPEN {
            scope.spawn(move || {
                let status = raw(address, request).status;
                assert!(matches!(status, 408 | 503), "{status}");
            });
        }
    });
}

fn oversized(address: SocketAddr) {
    let declared = b"POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
    let zeros = "0".repeat(64);
    let mut chunked = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nx-zm-request-timestamp: {}\r\n\
         x-zm-signature: v0={zeros}\r\nTransfer-Encoding: chunked\r\n\r\n",
        now()
    )
    .into_bytes();
    for _ in 0..20 {
        chunked.extend(b"10000\r\n");
        chunked.extend(vec![b' '; 0x10000]);
        chunked.extend(b"\r\n");
    }
    for _ in 0..50 {
        assert_eq!(raw(address, declared).status, 413);
        assert_eq!(raw(address, &chunked).status, 413);
    }
}

/// Everything that somebody may try who knows no secret.
fn wave(address: SocketAddr, body: &[u8]) {
    flood(address, WRONG_SIGNATURES, 401, &|number| {
        let wrong = format!("v0={number:064x}");
        webhook(&wrong, body)
    });
    flood(address, GUESSED_FEEDS, 404, &|number| {
        format!("GET /feeds/{number:032x}.ics HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
    });
    let paths = [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/.git/config",
        "//etc/passwd",
        "/webhooks/../../zoom",
        "/metrics/..%2f",
        "/%00",
    ];
    flood(address, 1_400, 404, &|number| {
        let path = paths[number % paths.len()];
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
    });
    flood(address, 500, 401, &|number| {
        format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {number}\r\n\r\n")
            .into_bytes()
    });
    oversized(address);
    half_open(address);
    let many: String = "x-same: y\r\n".repeat(500);
    let long = format!("x-long: {}\r\n", "y".repeat(200_000));
    for _ in 0..100 {
        for headers in [&many, &long] {
            let request = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
            assert_eq!(raw(address, request.as_bytes()).status, 431);
        }
        let tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        assert_eq!(raw(address, tls).status, 400);
    }
}

#[test]
fn an_attack_costs_no_memory_and_is_told_once() {
    let bench = bench();
    let id = bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    let body = created(&bench, &id).to_string().into_bytes();
    let (_, before) = daemon.memory();
    wave(daemon.address, &body);
    let first = daemon.memory();
    wave(daemon.address, &body);
    let second = daemon.memory();
    println!("resident, most (KiB): {before} before, {first:?} and {second:?} after a wave");
    assert!(second.0 <= first.0 + GROWTH, "{first:?} {second:?}");
    assert!(second.1 <= first.1 + GROWTH, "{first:?} {second:?}");
    assert!(second.1 <= before + BODIES, "{before} {second:?}");
    let told = daemon.refusals();
    for (kind, times) in &told {
        assert_eq!(*times, 1, "{kind}: {told:#?}");
    }
    for kind in [
        "webhook with a wrong signature",
        "webhook over 1 MiB",
        "webhook that did not come whole",
        "webhooks, too many at once",
        "metrics without the admin token",
        "a feed's address that leads nowhere",
        "a path that is none of ours",
        "requests with too long a head",
        "what is no HTTP request",
    ] {
        assert!(told.contains_key(kind), "{kind}: {told:#?}");
    }
    let (time, signature) = signed(SECRET, now(), &body);
    assert_eq!(daemon.tell_so(&time, &signature, &body).status, 204);
    let logged = daemon.end();
    assert!(!logged.contains("panicked"), "{logged}");
    bench.is_settled();
}

#[test]
fn when_no_file_is_left_it_is_told_once_and_passes() {
    let bench = bench();
    let mut command = bench.wrapped(
        "sh",
        &[
            "-c",
            "ulimit -n 64; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_slotbridge"),
        ],
        &["-v", "run"],
    );
    let mut daemon = Daemon::spawn(&mut command);
    daemon.until("pass done");
    let idle: Vec<TcpStream> = (0..200)
        .map(|_| TcpStream::connect(daemon.address).unwrap())
        .collect();
    daemon.until("connections that cannot be taken");
    // A pass meanwhile finds no file either, and does no harm.
    let meanwhile = bench.book(1);
    daemon.signal("-USR1");
    daemon.until("pass done");
    drop(idle);
    assert_eq!(daemon.get("/healthz").status, 200);
    assert_eq!(daemon.refusals()["connections that cannot be taken"], 1);
    let id = bench.book(2);
    assert_eq!(daemon.tell(&created(&bench, &id)).status, 204);
    daemon.until("outcome=\"settled\"");
    assert_eq!(bench.sync(&[]).code, 0);
    assert!(bench.entries().contains_key(&name_of(&meanwhile)));
    daemon.end();
    bench.is_settled();
}
