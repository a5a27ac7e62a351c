//! What systemd is told by `run`, and what the system is not: no core dump.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
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

/// Whether the memory of a process was written out when it ended by SIGABRT in this folder.
fn dumped(command: &mut Process, folder: &Path, abort: impl Fn(&mut Child)) -> bool {
    let mut child = command.current_dir(folder).spawn().unwrap();
    abort(&mut child);
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6), "{status:?}");
    let mut files = fs::read_dir(folder).unwrap();
    let is_core = |file: fs::DirEntry| file.file_name().to_string_lossy().starts_with("core");
    status.core_dumped() || files.any(|file| is_core(file.unwrap()))
}

#[test]
fn memory_goes_into_no_core_dump() {
    let alive = Alive::server_to_server();
    let place = |name: &str| {
        let folder = alive.machine.home.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    };
    let mut other = Process::new("sh");
    other.args(["-c", "ulimit -c unlimited; kill -ABRT $$"]);
    let others_do = dumped(&mut other, &place("other"), |_| {});
    let mut own = Process::new("sh");
    own.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"])
        .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
        .arg("--config")
        .arg(&alive.machine.config)
        .arg("run")
        .env("HOME", alive.machine.home.path())
        .stderr(Stdio::piped());
    let own_does = dumped(&mut own, &place("own"), |child| {
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(log.any(|line| line.unwrap().contains("started")));
        let pid = child.id().to_string();
        Process::new("kill").args(["-ABRT", &pid]).status().unwrap();
    });
    // Where nothing ever dumps, that says little; systems of tests usually do.
    assert!(!own_does, "other programs here: {others_do}");
}
