//! Another user of the machine, and a disk that is full.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command as Process;

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

/// Types the words where no way leads out.
pub fn without_a_network(machine: &Machine, words: &[&str]) -> Ran {
    let mut command = Process::new("unshare");
    command.env_clear().envs(machine.environment());
    command.arg(if is_root() { "-n" } else { "-Urn" });
    command.arg(assert_cmd::cargo::cargo_bin("slotbridge"));
    command.arg("--config").arg(&machine.config).args(words);
    Ran::by(machine, words, Command::from_std(command))
}

/// Types the words where the state's disk has no more room than this.
pub fn on_a_small_disk(machine: &Machine, room: &str, words: &[&str]) -> Ran {
    fs::create_dir_all(machine.state()).unwrap();
    let script = "mount -t tmpfs -o \"size=$1,mode=700\" none \"$2\" && shift 2 && exec \"$@\"";
    let mut command = Process::new("unshare");
    command.env_clear().envs(machine.environment());
    // Who is not root may mount in a namespace where they are.
    command.arg(if is_root() { "-m" } else { "-Urm" });
    command.args(["sh", "-c", script, "sh", room]);
    command.args([
        machine.state().as_os_str(),
        assert_cmd::cargo::cargo_bin("slotbridge").as_os_str(),
        OsStr::new("--config"),
        machine.config.as_os_str(),
    ]);
    command.args(words);
    Ran::by(machine, words, Command::from_std(command))
}
