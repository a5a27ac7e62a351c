//! Commands against an account and a calendar that answer, or hang.

use std::io::Read;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use slotbridge::demo::account::{Door, Fault};

use super::machine::{Alive, Daemon, Machine};

/// What is promised, less what a busy machine may take.
const PROMISED: Duration = Duration::from_secs(10);

fn hanging() -> Alive {
    let alive = Alive::server_to_server();
    let fault = Fault::DelayAfter(Duration::from_mins(2));
    alive.account.faults().always("GET", "/v2/scheduler", fault);
    alive
}

fn until_asked(alive: &Alive) {
    let start = Instant::now();
    while alive.account.request_count(Door::Api) == 0 {
        assert!(start.elapsed() < Duration::from_mins(1), "never asked");
        std::thread::yield_now();
    }
}

#[test]
fn check_tells_on_a_terminal_what_it_waits_for_and_in_a_pipe_it_does_not() {
    let alive = Alive::server_to_server();
    let fault = Fault::DelayAfter(Duration::from_secs(1));
    alive.account.faults().always("GET", "/v2/scheduler", fault);
    let typist = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/typist.py");
    let output = Process::new("python3")
        .env_clear()
        .envs(alive.machine.environment())
        .env("TERM", "xterm")
        .arg(typist)
        .arg("[]")
        .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
        .arg("--config")
        .arg(&alive.machine.config)
        .arg("check")
        .output()
        .unwrap();
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let seen = seen["seen"].as_str().unwrap();
    assert!(seen.contains("waiting for: "), "{seen}");
    assert!(seen.contains("Zoom"), "{seen}");
    let (code, _, error) = alive.machine.run(&["check"]);
    assert_eq!((code, error.as_str()), (0, ""));
}

#[test]
fn the_daemon_ends_in_time_though_zoom_hangs() {
    let alive = hanging();
    let daemon = alive.machine.daemon();
    until_asked(&alive);
    let (code, took, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(took < PROMISED, "{took:?}: {log}");
}

/// How long systemd waits before it kills, as our unit says.
fn until_systemd_kills() -> Duration {
    let unit = include_str!("../../systemd/slotbridge.service");
    let mut lines = unit.lines();
    let seconds = lines.find_map(|line| line.strip_prefix("TimeoutStopSec=")?.strip_suffix('s'));
    Duration::from_secs(seconds.unwrap().parse().unwrap())
}

/// An app whose refresh tokens are good for one use, and answers with tokens that come so late.
fn late_tokens(late: Duration) -> Alive {
    let alive = Alive::user();
    let faults = alive.account.faults();
    faults.always("POST", "/oauth", Fault::DelayAfter(late));
    alive
}

fn until_asked_for_a_token(alive: &Alive) {
    while alive.account.request_count(Door::Oauth) == 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_token_endpoint_that_never_answers_keeps_no_daemon_until_it_is_killed() {
    let alive = late_tokens(Duration::from_mins(5));
    let daemon = alive.machine.daemon();
    until_asked_for_a_token(&alive);
    let (code, took, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("is not waited for any longer"), "{log}");
    assert!(took < until_systemd_kills(), "{took:?}: {log}");
}

/// The answer comes when the pass has been left, well before it is not waited for any longer, and holds
/// the only refresh token that is good.
#[test]
fn an_answer_with_tokens_that_comes_late_costs_no_login() {
    let alive = late_tokens(Duration::from_secs(9));
    let daemon = alive.machine.daemon();
    until_asked_for_a_token(&alive);
    let (code, _, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("is not waited for any longer"), "{log}");
    alive.account.faults().clear();
    alive.account.expire_access_tokens();
    alive.account.clear_log();
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
}

#[test]
fn sync_ends_in_time_when_told_and_exits_with_1() {
    let alive = hanging();
    let child = Process::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .envs(alive.machine.environment())
        .arg("--config")
        .arg(&alive.machine.config)
        .arg("sync")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let child = Daemon::new(child);
    until_asked(&alive);
    let (code, took, error) = child.end();
    assert_eq!(code, Some(1), "{error}");
    assert!(took < PROMISED, "{took:?}: {error}");
    assert!(error.contains("stopping after the call in hand"), "{error}");
}

#[test]
fn held_drop_all_leaves_everything_as_it_is() {
    let alive = Alive::server_to_server();
    for _ in 0..6 {
        alive.book();
    }
    assert_eq!(alive.sync().0, 0);
    for entry in std::fs::read_dir(&alive.calendar).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(alive.sync().0, 1);
    let (_, out, _) = alive.machine.run(&["held"]);
    assert!(
        out.contains("--all") && out.contains("deleted_in_calendar = \"restore\""),
        "{out}"
    );
    let (code, out, error) = alive.machine.run(&["held", "drop", "--all"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("6 dropped"), "{out}");
    assert_eq!(alive.machine.run(&["held"]).1, "nothing is held\n");
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hosts"][0]["bookings"]["cancelled"], 0, "{json}");
}

#[test]
fn a_dry_run_without_a_state_makes_none_unless_a_token_needs_it() {
    let alive = Alive::server_to_server();
    alive.book();
    let (code, out, error) = alive.machine.run(&["sync", "--dry-run", "--json"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("\"create\""), "{out}");
    assert!(!alive.machine.state().exists());

    let alive = Alive::user();
    alive.book();
    assert_eq!(alive.machine.run(&["sync", "--dry-run"]).0, 0);
    // The seed is spent now: without the state the next command would need a new login.
    alive.account.expire_access_tokens();
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
}

#[test]
fn zoom_can_be_asked_while_the_daemon_runs() {
    for (alive, expected) in [(Alive::server_to_server(), 0), (Alive::user(), 5)] {
        let mut daemon = alive.machine.daemon();
        daemon.until("pass done");
        let (code, out, error) = alive.machine.run(&["zoom", "events", "list"]);
        assert_eq!(code, expected, "{out}{error}");
        assert!(code == 0 || error.contains("kind = \"user\""), "{error}");
        let (code, out, error) = alive.machine.run(&["sync", "--dry-run"]);
        assert_eq!(code, 0, "{out}{error}");
    }
}

#[test]
fn a_reader_that_hangs_up_is_no_failure() {
    let machine = Machine::with("");
    let mut child = Process::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .envs(machine.environment())
        .arg("man")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut error = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut error)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{error}");
    assert_eq!(error, "");
}

/// The story needs no network, and so nobody's certificates.
#[test]
fn the_demo_needs_no_certificates() {
    let machine = Machine::with("");
    let nothing = machine.home.path().join("no-certificates");
    std::fs::create_dir(&nothing).unwrap();
    let output = Process::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .envs(machine.environment())
        .env("SSL_CERT_DIR", &nothing)
        .env("SSL_CERT_FILE", nothing.join("none.pem"))
        .env("TMPDIR", machine.home.path())
        .arg("demo")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
}
