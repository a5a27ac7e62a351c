//! The daemon's HTTP server, and commands while it runs.

use std::io::Write as _;
use std::net::TcpStream;

use rstest::rstest;

use super::bench::Bench;
use super::daemon::{Answer, Daemon, created, listening, raw};
use super::side::Side::Vdir;

pub fn bench() -> Bench {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    bench
}

fn value(metrics: &Answer, name: &str) -> f64 {
    let line = metrics.body.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {}", metrics.body));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_daemon_says_how_it_is() {
    let bench = bench();
    bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    assert_eq!(daemon.get("/healthz").status, 200);
    while daemon.get("/readyz").status != 200 {
        std::thread::yield_now();
    }
    let id = bench.book(2);
    daemon.tell(&created(&bench, &id));
    daemon.until("outcome=\"settled\"");
    let metrics = daemon.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.head.contains("text/plain; version=0.0.4"),
        "{}",
        metrics.head
    );
    let passes = "slotbridge_passes_total{host=\"alice\",outcome=\"ok\"}";
    assert!((value(&metrics, passes) - 1.0).abs() < 0.1);
    let made = "slotbridge_actions_total{host=\"alice\",verb=\"create\",side=\"calendar\"}";
    assert!((value(&metrics, made) - 2.0).abs() < 0.1);
    assert!(
        value(
            &metrics,
            "slotbridge_requests_total{host=\"alice\",side=\"zoom\"}"
        ) >= 3.0
    );
    assert!((value(&metrics, "slotbridge_hint_delay_seconds_count") - 1.0).abs() < 0.1);
    assert!(value(&metrics, "slotbridge_cursor_age_seconds{host=\"alice\"}") < 3_600.0);
    let success = "slotbridge_last_success_timestamp_seconds{host=\"alice\",flow=\"bookings\"}";
    assert!(value(&metrics, success) > 1.7e9);
    for name in [
        "slotbridge_held",
        "slotbridge_conflicts",
        "slotbridge_throttled_total",
    ] {
        value(&metrics, name);
    }
    assert!(!metrics.body.contains(&id), "{}", metrics.body);
    assert_eq!(daemon.get("/nothing").status, 404);
    assert_eq!(daemon.get("/feeds/").status, 404);
    // Whoever polls, the numbers do not start again with a new configuration.
    daemon.signal("-HUP");
    daemon.until("read again");
    daemon.until("pass done");
    assert!((value(&daemon.get("/metrics"), passes) - 2.0).abs() < 0.1);
}

#[test]
fn metrics_ask_for_the_admin_token() {
    let bench = bench();
    bench.configure(|text| {
        listening(text).replace("[http]\n", "[http]\nadmin_token = \"hush-admin\"\n")
    });
    let daemon = Daemon::ready(&bench);
    let with = |value: &str| {
        let headers = [("authorization", value)];
        daemon.ask("GET", "/metrics", &headers, b"").status
    };
    assert_eq!(daemon.get("/metrics").status, 401);
    assert_eq!(with("Bearer hush-admin"), 200);
    // "anybody:hush-admin"
    assert_eq!(with("Basic YW55Ym9keTpodXNoLWFkbWlu"), 200);
    for wrong in [
        "Bearer hush",
        "Bearer",
        "Basic !",
        "hush-admin",
        "Bearer hush-admin-2",
    ] {
        assert_eq!(with(wrong), 401, "{wrong}");
    }
    assert_eq!(daemon.get("/healthz").status, 200);
}

#[test]
fn from_outside_there_are_no_metrics_without_a_token() {
    let bench = bench();
    bench.configure(|text| listening(text).replace("127.0.0.1:0", "0.0.0.0:0"));
    let mut daemon = Daemon::ready(&bench);
    daemon.address.set_ip([127, 0, 0, 1].into());
    assert_eq!(daemon.get("/metrics").status, 403);
    assert_eq!(daemon.get("/readyz").status, 200);
}

#[rstest]
#[case::declared(
    b"POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
    413
)]
#[case::no_host(b"GET /healthz HTTP/1.0\r\n\r\n", 200)]
#[case::not_http(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400)]
#[case::climbing(
    b"GET /feeds/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    404
)]
#[case::escaped(
    b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    404
)]
#[case::absolute(
    b"GET http://example.org/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    200
)]
#[case::negative_length(
    b"POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    400
)]
#[case::two_lengths(
    b"POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    400
)]
#[case::null(b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
fn odd_requests_are_answered_and_the_daemon_goes_on(#[case] request: &[u8], #[case] status: u16) {
    let bench = bench();
    let mut daemon = Daemon::ready(&bench);
    let answer = raw(daemon.address, request);
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(daemon.get("/healthz").status, 200);
    let logged = daemon.logged();
    assert!(!logged.contains("panicked"), "{logged}");
}

#[test]
fn floods_of_headers_are_refused() {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    let many: String = "x-same: y\r\n".repeat(500);
    let long = format!("x-long: {}\r\n", "y".repeat(200_000));
    for headers in [many, long] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        assert_eq!(raw(daemon.address, request.as_bytes()).status, 431);
    }
    let line = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(200_000));
    let status = raw(daemon.address, line.as_bytes()).status;
    assert!(matches!(status, 414 | 431), "{status}");
    assert_eq!(daemon.get("/healthz").status, 200);
}

#[test]
fn connections_that_never_ask_do_not_keep_others_out() {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    // More than there is room for: they are sent away when they have not asked in time.
    let idle: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(daemon.address).unwrap();
            stream.write_all(b"GET /healthz HT").unwrap();
            stream
        })
        .collect();
    assert_eq!(daemon.get("/healthz").status, 200);
    drop(idle);
}

#[test]
fn a_body_over_a_mebibyte_is_refused_however_it_comes() {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    let (time, signature) = super::daemon::signed(super::daemon::SECRET, super::daemon::now(), b"");
    let head = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nx-zm-request-timestamp: {time}\r\n\
         x-zm-signature: {signature}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let mut request = head.into_bytes();
    for _ in 0..17 {
        request.extend(b"10000\r\n");
        request.extend(vec![b' '; 0x10000]);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    assert_eq!(raw(daemon.address, &request).status, 413);
}

#[test]
fn sync_asks_the_daemon_that_holds_the_state() {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    bench.book(1);
    let run = bench.sync(&["--dry-run", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json["dry_run"], true);
    assert_eq!(run.bookings()["created"], 1);
    assert!(bench.entries().is_empty());
    let run = bench.sync(&[]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stdout.contains("alice:"), "{}", run.stdout);
    assert_eq!(bench.entries().len(), 1);
    let run = bench.sync(&["--host", "alice", "--full", "--json"]);
    assert_eq!(
        (run.code, run.host()["ok"].as_bool()),
        (0, Some(true)),
        "{run:#?}"
    );
    assert_eq!(run.json["version"], 1);
    let run = bench.sync(&["--host", "nobody"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("use one of: alice"), "{}", run.stderr);
    daemon.end();
}

#[test]
fn a_signal_runs_a_pass() {
    let bench = bench();
    let mut daemon = Daemon::ready(&bench);
    bench.book(1);
    daemon.signal("-USR1");
    daemon.until("pass done");
    assert_eq!(bench.entries().len(), 1);
}

#[test]
fn a_file_that_a_person_changes_is_seen_at_once() {
    let bench = bench();
    let id = bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    bench.edit(&id, |text| {
        text.replace("--- Notes ---", "--- Notes ---\\nBring the plans")
    });
    daemon.until("why=\"files\"");
    daemon.until("pass done");
    assert_eq!(bench.zoom_notes(&id), "Bring the plans");
}

/// An export holds tokens: whatever stood there, nobody else may read it afterwards.
#[test]
fn an_export_beside_the_daemon_is_private_and_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = bench();
    bench.book(1);
    let daemon = Daemon::ready(&bench);
    let path = bench.home.path().join("backup");
    std::fs::write(&path, "{\"format\":\"slotbridge-state\",\"older\":1}\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = bench.run(&["state", "export", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run:#?}");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("link/") && !text.contains("older"), "{text}");
    let left = std::fs::read_dir(bench.home.path()).unwrap().flatten();
    let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".export"));
    assert_eq!(left.count(), 0);
    drop(daemon);
}
