//! What root types about a service's state: the service is asked, or the state is read, or it is refused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use super::machine::{Alive, Daemon, Machine};

/// A user and a group that nobody on this machine has.
const SERVICE: (u32, u32) = (61_203, 61_204);

const FEED: &str = "[[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\"\n";

fn each(path: &Path, show: &mut dyn FnMut(&Path)) {
    show(path);
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            each(&entry.unwrap().path(), show);
        }
    }
}

fn give(path: &Path) {
    each(path, &mut |path| {
        lchown(path, Some(SERVICE.0), Some(SERVICE.1)).unwrap();
    });
}

/// Names, owners, modes, when they were changed, and contents.
type Seen = BTreeMap<PathBuf, (u32, u32, u32, i64, i64, Vec<u8>)>;

fn seen(machine: &Machine) -> Seen {
    let mut seen = Seen::new();
    each(&machine.state(), &mut |path| {
        let found = fs::symlink_metadata(path).unwrap();
        let content = fs::read(path).unwrap_or_default();
        let (changed, also) = (found.ctime(), found.ctime_nsec());
        let of = (
            found.uid(),
            found.gid(),
            found.mode(),
            changed,
            also,
            content,
        );
        seen.insert(path.to_owned(), of);
    });
    seen
}

/// A state with a booking, which then is the service's; false where this process cannot give it away,
/// which CI does not forgive.
fn of_the_service(alive: &Alive) -> bool {
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    fs::write(&alive.machine.config, format!("{config}{FEED}")).unwrap();
    alive.book();
    assert_eq!(alive.sync().0, 0);
    if rustix::process::geteuid().is_root() {
        give(&alive.machine.state());
        return true;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "only root can be tried here"
    );
    false
}

fn refused(alive: &Alive, words: &[&str]) {
    let before = seen(&alive.machine);
    let (code, out, error) = alive.machine.run(words);
    assert_eq!((code, out.as_str()), (5, ""), "{words:?}: {error}");
    for word in [
        "slotbridge belongs to another user (uid 61203), and root does not write there",
        "start the service and say it again",
        "`setpriv --reuid=61203 --regid=61204 --clear-groups slotbridge …`",
    ] {
        assert!(error.contains(word), "{words:?}: {error}");
    }
    assert!(!error.contains("a running daemon does this"), "{error}");
    assert!(
        seen(&alive.machine) == before,
        "{words:?} changed the state"
    );
}

#[test]
fn without_the_service_root_reads_its_state_and_writes_nothing() {
    let alive = Alive::server_to_server();
    if !of_the_service(&alive) {
        return;
    }
    let export = alive.machine.home.path().join("state.jsonl");
    let path = export.to_str().unwrap();
    let before = seen(&alive.machine);
    for (words, says) in [
        (&["status"][..], "alice"),
        (&["check"], "slotbridge"),
        (&["held"], ""),
        (&["conflicts", "list"], ""),
        (&["state", "verify"], "all whole"),
        (&["state", "export", path], ""),
        (&["state", "export"], "slotbridge-state"),
        (&["zoom", "events", "list"], "Bob Bunting"),
    ] {
        let (code, out, error) = alive.machine.run(words);
        assert_eq!(code, 0, "{words:?}: {out}{error}");
        assert!(out.contains(says), "{words:?}: {out}");
        assert!(
            seen(&alive.machine) == before,
            "{words:?} changed the state"
        );
    }
    let exported = fs::read_to_string(&export).unwrap();
    assert!(exported.lines().count() > 3, "{exported}");
    assert_eq!(fs::metadata(&export).unwrap().uid(), 0);
    for words in [
        &["sync"][..],
        &["sync", "--dry-run"],
        &["run"],
        &["held", "release", "--all"],
        &["held", "drop", "0123456789abcdef"],
        &["conflicts", "keep-zoom", "0123456789abcdef"],
        &["feeds", "rotate", "alice-bookings"],
        // It has no address yet, and would get one.
        &["feeds", "list"],
        &["state", "rebuild"],
        &["state", "import", path],
        &["state", "import", "--force", path],
    ] {
        refused(&alive, words);
    }
}

#[test]
fn root_lists_the_feeds_that_have_an_address() {
    let alive = Alive::server_to_server();
    if !of_the_service(&alive) {
        return;
    }
    let daemon = service(&alive);
    let (code, addresses, error) = alive.machine.run(&["feeds", "list"]);
    assert_eq!(code, 0, "{error}");
    daemon.end();
    let before = seen(&alive.machine);
    let (code, out, error) = alive.machine.run(&["feeds", "list"]);
    assert_eq!((code, &out), (0, &addresses), "{error}");
    assert!(seen(&alive.machine) == before, "the state was changed");
}

#[test]
fn a_login_of_the_service_is_not_touched() {
    let alive = Alive::user();
    if !of_the_service(&alive) {
        return;
    }
    refused(&alive, &["logout"]);
    let before = seen(&alive.machine);
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 5, "{error}");
    assert!(out.contains("root does not write there"), "{out}");
    assert!(seen(&alive.machine) == before, "the state was changed");
}

/// The service, running as its user.
fn service(alive: &Alive) -> Daemon {
    let machine = &alive.machine;
    give(machine.home.path());
    give(&alive.calendar);
    // Where it was built may be closed to that user.
    let program = machine.home.path().join("slotbridge");
    let built = assert_cmd::cargo::cargo_bin("slotbridge");
    if fs::hard_link(&built, &program).is_err() {
        fs::copy(&built, &program).unwrap();
    }
    let child = Process::new(&program)
        .env_clear()
        .envs(machine.environment())
        .arg("--config")
        .arg(&machine.config)
        .args(["--log-format", "json", "run"])
        .uid(SERVICE.0)
        .gid(SERVICE.1)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut daemon = Daemon::new(child);
    daemon.until("pass done");
    daemon
}

#[test]
fn while_the_service_runs_root_asks_it() {
    let alive = Alive::server_to_server();
    if !of_the_service(&alive) {
        return;
    }
    let daemon = service(&alive);
    for words in [
        &["status"][..],
        &["sync"],
        &["sync", "--full"],
        &["held", "list"],
        &["feeds", "rotate", "alice-bookings"],
        &["state", "verify"],
        &["state", "export"],
        &["zoom", "events", "list"],
    ] {
        let (code, out, error) = alive.machine.run(words);
        assert_eq!(code, 0, "{words:?}: {out}{error}");
    }
    each(&alive.machine.state(), &mut |path| {
        let owner = fs::symlink_metadata(path).unwrap().uid();
        assert_eq!(owner, SERVICE.0, "{}", path.display());
    });
    // It does not do this.
    refused(&alive, &["state", "rebuild"]);
    daemon.end();
}
