//! What systemd is told by `run`, and what the system is not: no core dump.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use slotbridge::demo::account::Fault;

use super::machine::{Alive, Daemon};

/// What plays systemd.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        Self(socket)
    }

    /// Listens until this is said; all that was said until then.
    fn until(&self, word: &str) -> String {
        let mut said = String::new();
        loop {
            let mut buffer = [0; 4096];
            let length = self.0.recv(&mut buffer);
            let length = length.unwrap_or_else(|error| panic!("{word}: {error}: {said}"));
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            said = format!("{said}{text}\n");
            if text.contains(word) {
                return said;
            }
        }
    }
}

/// The daemon, started as systemd starts it.
fn started(alive: &Alive, socket: &Path) -> Daemon {
    let child = Process::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .envs(alive.machine.environment())
        .env("NOTIFY_SOCKET", socket)
        .env("WATCHDOG_USEC", "300000")
        .arg("--config")
        .arg(&alive.machine.config)
        .args(["--log-format", "journald", "run"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Daemon::new(child)
}

#[test]
fn systemd_is_told_how_it_is_in_words() {
    let alive = Alive::server_to_server();
    alive.book();
    let socket = alive.machine.home.path().join("notify");
    let manager = Manager::at(&socket);
    let mut daemon = started(&alive, &socket);
    let said = manager.until("READY=1");
    assert!(!said.contains("in step"), "{said}");
    let said = manager.until("STATUS=in step: 1 booking; next pass at ");
    assert!(said.contains("STATUS=a pass runs"), "{said}");
    manager.until("WATCHDOG=1");
    daemon.signal("-HUP");
    let said = manager.until("RELOADING=1");
    assert!(said.contains("MONOTONIC_USEC="), "{said}");
    manager.until("READY=1");
    // Zoom refuses: what a person reads in `systemctl status` says so.
    alive
        .account
        .faults()
        .always("*", "/v2/", Fault::Status(403));
    daemon.signal("-USR1");
    let said = manager.until("credentials were refused");
    assert!(
        said.contains("alice") && said.contains("; next pass at "),
        "{said}"
    );
    // Lines for a journal, where stderr is none: each with its urgency.
    let line = daemon.until("cause=");
    assert!(line.starts_with("<4>"), "{line}");
    let (code, _, rest) = daemon.end();
    assert_eq!(code, Some(0), "{rest}");
    manager.until("STOPPING=1");
}

/// Bob's calendar cannot be reached: a pass over Alice alone says nothing of him, and one over him
/// alone is no other pass over all.
#[test]
fn a_pass_over_one_host_says_nothing_of_how_all_are() {
    let alive = Alive::server_to_server();
    alive.book();
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let bob = format!(
        "[[calendar]]\nname = \"bobs\"\nkind = \"caldav\"\nurl = \"http://127.0.0.1:9/bob/\"\n\
         [[host]]\nname = \"bob\"\nzoom_user = \"{}\"\n[host.bookings]\ncalendar = \"bobs\"\n",
        alive.account.options().user_email
    );
    fs::write(&alive.machine.config, config + &bob).unwrap();
    let socket = alive.machine.home.path().join("notify");
    let manager = Manager::at(&socket);
    let daemon = started(&alive, &socket);
    let unwell = "STATUS=bob: a side cannot be reached; next pass at ";
    manager.until(unwell);
    for (host, exit) in [("alice", 0), ("bob", 4), ("alice", 0)] {
        let (code, out, error) = alive.machine.run(&["sync", "--host", host]);
        assert_eq!(code, exit, "{host}: {out}{error}");
        assert!(out.contains(&format!("{host}:")), "{out}");
        let other = if host == "bob" { "alice:" } else { "bob" };
        assert!(
            !out.contains(other) && !error.contains(other),
            "{out}{error}"
        );
        let said = manager.until("STATUS=");
        assert!(said.contains(unwell), "after {host}: {said}");
    }
    let (code, _, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn status_is_a_table_and_its_words_have_colours_where_wanted() {
    let alive = Alive::server_to_server();
    alive.book();
    assert_eq!(alive.sync().0, 0);
    let (code, plain, error) = alive.machine.run(&["status"]);
    assert_eq!(code, 0, "{error}");
    let mut lines = plain.lines().skip_while(|line| !line.starts_with("host "));
    let heads: Vec<&str> = lines.next().unwrap().split("  ").collect();
    assert_eq!(heads.first(), Some(&"host"), "{plain}");
    let row = lines.next().unwrap();
    for cell in [
        "alice  bookings  all done: 1 in step  ",
        " s ago  ",
        "1 created",
    ] {
        assert!(row.contains(cell), "{cell}: {plain}");
    }
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let (_, coloured, _) = alive.machine.run(&["--color", "always", "status"]);
    assert!(coloured.contains("\u{1b}[32mall done"), "{coloured:?}");
}

/// Nobody in particular.
const NOBODY: u32 = 65534;

/// Whom the kernel lets look into the memory of a process: of one that may not be dumped root alone,
/// of any other whoever runs it (proc(5), /proc/pid).
fn looks_into(child: &Child) -> u32 {
    let memory = format!("/proc/{}/mem", child.id());
    fs::metadata(memory).unwrap().uid()
}

/// Has a process run as somebody who is not root; who that is.
fn as_a_user(command: &mut Process) -> u32 {
    let us = rustix::process::geteuid();
    if !us.is_root() {
        return us.as_raw();
    }
    command.uid(NOBODY).gid(NOBODY);
    NOBODY
}

/// Gives everything below a place to who runs the program.
fn give(place: &Path) {
    if rustix::process::geteuid().is_root() {
        chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
        if place.is_dir() {
            for below in fs::read_dir(place).unwrap() {
                give(&below.unwrap().path());
            }
        }
    }
}

/// While it holds secrets, no core dump can be made of it, and nobody but root looks into it.
#[test]
fn memory_goes_into_no_core_dump_and_to_no_other_process() {
    // The control: another program of the same user belongs to that user.
    let mut other = Process::new("cat");
    let us = as_a_user(other.stdin(Stdio::piped()).stdout(Stdio::null()));
    let mut other = other.spawn().unwrap();
    assert_eq!(looks_into(&other), us, "this system tells who may look");
    drop(other.stdin.take());
    other.wait().unwrap();

    let alive = Alive::server_to_server();
    alive.book();
    let home = alive.machine.home.path();
    let program = home.join("slotbridge");
    // Where it was built may be closed to them.
    fs::copy(assert_cmd::cargo::cargo_bin("slotbridge"), &program).unwrap();
    give(home);
    for words in [&["run"][..], &["login", "--no-browser"]] {
        if words.len() > 1 {
            let account = &alive.account.options().account_id;
            let auth = format!("kind = \"server_to_server\"\naccount_id = \"{account}\"");
            alive.machine.rewrite(&auth, "kind = \"user\"");
        }
        let mut own = Process::new(&program);
        let us = as_a_user(own.env_clear().envs(alive.machine.environment()));
        let mut child = own
            .arg("--config")
            .arg(&alive.machine.config)
            .args(["--log-format", "json"])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A pass is through, or the page is shown: the secret of the app was read.
        if words == ["run"] {
            let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
            assert!(log.any(|line| line.unwrap().contains("\"ok\":true")));
        } else {
            let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
            assert!(said.any(|line| line.unwrap().contains("/authorize")));
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let owner = format!("\nUid:\t{us}\t");
        assert!(status.contains(&owner), "it is run by a user: {status}");
        assert_eq!(looks_into(&child), 0, "{words:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
