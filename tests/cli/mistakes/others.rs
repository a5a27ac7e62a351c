//! Another user of the machine, and a disk that is full.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;

use super::super::machine::Machine;
use super::ran::Ran;

/// Nobody in particular.
const NOBODY: u32 = 65534;

/// Whether this test may become somebody else.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Types the words as a user who is not root: the machine's home is theirs, whatever root owns in
/// there is not.
pub fn as_a_user(machine: &Machine, words: &[&str]) -> Ran {
    let home = machine.home.path();
    let mut binary = assert_cmd::cargo::cargo_bin("slotbridge");
    if is_root() {
        // Where it was built may be closed to them.
        let theirs = home.join("slotbridge");
        if fs::hard_link(&binary, &theirs).is_err() {
            fs::copy(&binary, &theirs).unwrap();
        }
        binary = theirs;
    }
    let mut command = Process::new(binary);
    command.env_clear().envs(machine.environment());
    command.arg("--config").arg(&machine.config).args(words);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ran::by(machine, words, Command::from_std(command))
}

/// Gives them what is in these places.
pub fn give(machine: &Machine, places: &[&Path]) {
    if is_root() {
        let all = [machine.home.path(), &machine.config];
        for place in all.iter().chain(places) {
            chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

/// Whether this test may have disks and networks of its own. In a closed container it may not.
fn may_unshare(what: &str) -> bool {
    let mut command = Process::new("unshare");
    let tried = command.args([what, "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Looks for calendars at this address, where no way leads out.
pub fn without_a_network(machine: &Machine, address: &str) -> Ran {
    let words = ["calendars", address];
    let networks = if is_root() { "-n" } else { "-Urn" };
    if !may_unshare(networks) {
        // No way leads to a whole group of machines, either.
        let group = address.replace("192.0.2.10", "224.0.0.1");
        return Ran::of(machine, &["calendars", &group]).with("224.0.0.1", "192.0.2.10");
    }
    let mut command = Process::new("unshare");
    command.env_clear().envs(machine.environment());
    command.arg(networks);
    command.arg(assert_cmd::cargo::cargo_bin("slotbridge"));
    command.arg("--config").arg(&machine.config).args(words);
    Ran::by(machine, &words, Command::from_std(command))
}

/// A command that runs what is added to it where this place is a disk with room for 4 KiB; nothing
/// where a test may have none.
pub fn small_disk(machine: &Machine, place: &Path) -> Option<Process> {
    // Who is not root may mount in a namespace where they are.
    let disks = if is_root() { "-m" } else { "-Urm" };
    if !may_unshare(disks) {
        return None;
    }
    fs::create_dir_all(place).unwrap();
    let script = "mount -t tmpfs -o size=4k,mode=700 none \"$1\" && shift && exec \"$@\"";
    let mut command = Process::new("unshare");
    command.env_clear().envs(machine.environment());
    command.args([disks, "sh", "-c", script, "sh"]).arg(place);
    Some(command)
}

/// Types the words where the state's disk has room for 4 KiB.
pub fn on_a_small_disk(machine: &Machine, words: &[&str]) -> Ran {
    let Some(mut command) = small_disk(machine, &machine.state()) else {
        return with_small_files(machine, words);
    };
    command.arg(assert_cmd::cargo::cargo_bin("slotbridge"));
    command.arg("--config").arg(&machine.config).args(words);
    Ran::by(machine, words, Command::from_std(command))
}

/// The next best: no file may grow. The system has another word for that.
fn with_small_files(machine: &Machine, words: &[&str]) -> Ran {
    let mut command = without_room(machine);
    command.arg(assert_cmd::cargo::cargo_bin("slotbridge"));
    command.arg("--config").arg(&machine.config).args(words);
    let full = "No space left on device (os error 28)";
    Ran::by(machine, words, Command::from_std(command)).with("File too large (os error 27)", full)
}

/// A command that runs what is added to it where no file may grow.
pub fn without_room(machine: &Machine) -> Process {
    let mut command = Process::new("sh");
    command.env_clear().envs(machine.environment());
    // SIGXFSZ is ignored, so that writing fails.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    command.args(["-c", script]);
    command
}
