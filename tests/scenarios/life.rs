//! How the daemon begins and ends, and takes a new configuration: as a whole, or not at all.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;

use super::bench::Bench;
use super::daemon::{Daemon, created, listening};
use super::serving::bench;

/// With a feed of this kind.
fn feed(text: String, kind: &str) -> String {
    let busy = "[host.busy]\nfrom = [\"work\"]\n";
    let feed = format!("{busy}[[host.feed]]\nname = \"f\"\nkind = \"{kind}\"\n");
    listening(text) + &feed
}

/// The service manager may listen elsewhere than the configuration says.
#[test]
fn a_socket_from_outside_that_was_inherited_shows_no_metrics_without_a_token() {
    let bench = bench();
    for (configured, given, status) in [
        ("127.0.0.1:0", "0.0.0.0:0", 403),
        ("0.0.0.0:0", "127.0.0.1:0", 200),
    ] {
        bench.configure(|text| listening(text).replace("127.0.0.1:0", configured));
        let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
        let binary = env!("CARGO_BIN_EXE_slotbridge");
        let mut command = bench.wrapped("sh", &["-c", script, "sh", binary], &["-v", "run"]);
        command.stdin(OwnedFd::from(TcpListener::bind(given).unwrap()));
        let mut daemon = Daemon::spawn(&mut command);
        daemon.address.set_ip([127, 0, 0, 1].into());
        assert_eq!(daemon.get("/healthz").status, 200);
        assert_eq!(daemon.get("/metrics").status, status, "{given}");
        daemon.end();
    }
}

/// A configuration with a secret that a command is asked for, which never gives it.
struct Hanging {
    pipe: PathBuf,
}

impl Hanging {
    fn secret(bench: &Bench, old: &str, key: &str) -> Self {
        let pipe = bench.home.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        bench.configure(|text| {
            let script = format!("echo $$ > {}; exec sleep 600", pipe.display());
            let command = format!("{key} = {{ command = [\"sh\", \"-c\", \"{script}\"] }}");
            let text = listening(text);
            assert!(text.contains(old), "{text}");
            text.replace(old, &command)
        });
        Self { pipe }
    }

    /// Waits until the command runs; its process.
    fn runs(&self) -> PathBuf {
        // Until then there is nobody who writes.
        let pid = fs::read_to_string(&self.pipe).unwrap();
        PathBuf::from("/proc").join(pid.trim())
    }
}

/// Whether a process was ended: nobody may have asked yet how.
fn has_ended(process: &Path) -> bool {
    let status = fs::read_to_string(process.join("status"));
    status.is_err() || status.is_ok_and(|text| text.contains("State:\tZ"))
}

/// A command that nobody waits for any more is ended.
fn ends(process: &Path) {
    let since = Instant::now();
    while !has_ended(process) {
        assert!(since.elapsed() < Duration::from_mins(1), "it still runs");
        std::thread::yield_now();
    }
}

/// Secrets of the passes, and those of the server, which a reload waits for.
#[rstest]
#[case::of_the_app("client_secret = \"demo-client-secret\"", "client_secret", false)]
#[case::of_the_webhook("secret_token = \"hush-webhook-secret\"", "secret_token", false)]
#[case::of_the_webhook_again("secret_token = \"hush-webhook-secret\"", "secret_token", true)]
fn a_secret_that_does_not_come_keeps_no_daemon_from_ending(
    #[case] old: &str,
    #[case] key: &str,
    #[case] of_a_reload: bool,
) {
    let bench = bench();
    if of_a_reload {
        let daemon = Daemon::ready(&bench);
        let hanging = Hanging::secret(&bench, old, key);
        daemon.signal("-HUP");
        let command = hanging.runs();
        assert_eq!(daemon.get("/healthz").status, 200, "it still serves");
        let log = daemon.end();
        assert!(log.contains("stopped"), "{log}");
        // It was left, and not waited for until it failed by itself.
        for word in ["panicked", "stays in force", "read again"] {
            assert!(!log.contains(word), "{word}: {log}");
        }
        ends(&command);
        return;
    }
    let hanging = Hanging::secret(&bench, old, key);
    let mut command = bench.command(&["-v", "run"]);
    let daemon = command.stderr(Stdio::piped()).spawn().unwrap();
    let command = hanging.runs();
    let pid = daemon.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = daemon.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    ends(&command);
}

/// It may be another one's only until that has ended, or not be there until the network is: systemd
/// starts the service again, which it does not after 2.
#[test]
fn an_address_that_cannot_be_listened_at_now_ends_the_daemon_so_that_it_is_started_again() {
    let bench = bench();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_address = taken.local_addr().unwrap().to_string();
    for (address, hint) in [
        (taken_address.as_str(), "`ss -ltnp` shows it"),
        // For documentation alone (RFC 5737): no machine has it.
        ("192.0.2.1:8787", "does not have this address, or not yet"),
    ] {
        bench.configure(|text| listening(text).replace("127.0.0.1:0", address));
        let run = bench.run(&["run"]);
        assert_eq!(run.code, 4, "{run:#?}");
        for word in ["http.listen", address, hint] {
            assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
        }
    }
}

#[test]
fn a_configuration_that_cannot_be_served_leaves_the_old_one_in_force() {
    let bench = bench();
    bench.configure(|text| feed(text, "bookings"));
    let mut daemon = Daemon::ready(&bench);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let old = bench.run(&["feeds", "list", "--json"]).stdout;
    bench.configure(|text| feed(text, "busy").replace("127.0.0.1:0", &address));
    daemon.signal("-HUP");
    daemon.until("the old one stays in force");
    assert_eq!(daemon.get("/healthz").status, 200);
    assert_eq!(
        bench.run(&["feeds", "list", "--json"]).stdout,
        old,
        "no address changed"
    );
}

/// Whatever fails, and however late: here the new feed's address cannot be written down, when server
/// and WebSocket are ready already.
#[test]
fn a_reload_that_fails_late_leaves_the_old_configuration_wholly_in_force() {
    let bench = bench();
    bench.configure(|text| feed(text, "bookings"));
    let mut daemon = Daemon::ready(&bench);
    let old = bench.run(&["feeds", "list", "--json"]).stdout;
    let kept = bench.state().join("kept.json");
    let text = fs::read(&kept).unwrap();
    fs::remove_file(&kept).unwrap();
    fs::create_dir(&kept).unwrap();
    let changed = |text| {
        let text = feed(text, "busy").replace("[http]\n", "[http]\nadmin_token = \"hush-admin\"\n");
        let nowhere = "[zoom.websocket]\nurl = \"ws://127.0.0.1:9/ws?subscriptionId=s\"\n";
        text.replace("[zoom.webhook]", &format!("{nowhere}[zoom.webhook]"))
    };
    bench.configure(changed);
    daemon.signal("-HUP");
    daemon.until("the old one stays in force");
    // Nothing of the new one: not its server, not its token, not its WebSocket, not its feed.
    assert_eq!(daemon.get("/metrics").status, 200);
    assert_eq!(bench.run(&["feeds", "list", "--json"]).stdout, old);
    let id = bench.book(1);
    assert_eq!(daemon.tell(&created(&bench, &id)).status, 204);
    daemon.until("outcome=\"settled\"");
    let logged = daemon.logged();
    assert_eq!(logged.matches("serving HTTP").count(), 1, "{logged}");
    assert!(!logged.contains("WebSocket"), "{logged}");
    // All of it, once it can be.
    fs::remove_dir(&kept).unwrap();
    fs::write(&kept, text).unwrap();
    daemon.signal("-HUP");
    daemon.until("read again");
    assert_eq!(daemon.get("/metrics").status, 401);
    assert_ne!(bench.run(&["feeds", "list", "--json"]).stdout, old);
    daemon.until("WebSocket is closed");
}

/// A new configuration says to listen there.
fn listen(bench: &Bench, daemon: &Daemon, address: &str) {
    bench.configure(|text| listening(text).replace("127.0.0.1:0", address));
    daemon.signal("-HUP");
}

/// The same port at another address: the old socket is open until the new configuration is in force, so
/// all addresses of the machine are not to be had beside one of them. Another family is.
#[test]
fn another_address_at_the_same_port_is_taken_or_the_old_one_stays_with_the_way_out() {
    let bench = bench();
    let mut daemon = Daemon::ready(&bench);
    let port = daemon.address.port();
    listen(&bench, &daemon, &format!("0.0.0.0:{port}"));
    let line = daemon.until("the old one stays in force");
    let line = format!("{line}\n{}", daemon.until("hint:"));
    assert!(
        line.contains(&format!("http.listen: cannot listen at 0.0.0.0:{port}"))
            && line.contains("slotbridge itself has this port: restart it"),
        "{line}"
    );
    assert_eq!(daemon.get("/healthz").status, 200);
    // It is where it was, by another word for it.
    listen(&bench, &daemon, &format!("127.0.0.1:{port}"));
    daemon.until("read again");
    assert_eq!(daemon.get("/healthz").status, 200);
    let old = daemon.address;
    for address in [format!("192.0.2.10:{port}"), format!("[::1]:{port}")] {
        listen(&bench, &daemon, &address);
        if address.starts_with("192") || TcpListener::bind("[::1]:0").is_err() {
            daemon.until("the old one stays in force");
            let line = daemon.until("hint:");
            assert!(
                line.contains("does not have this address, or not yet"),
                "{line}"
            );
            continue;
        }
        let line = daemon.until("serving HTTP");
        assert!(line.contains(&address), "{line}");
        daemon.until("read again");
        daemon.address = address.parse().unwrap();
        assert_eq!(daemon.get("/healthz").status, 200);
        assert!(TcpStream::connect(old).is_err(), "the old one is closed");
    }
}
