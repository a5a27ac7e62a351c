//! `config init` where the disk is full: the whole file or none.

use std::process::{Command as Process, Output};

use super::machine::Machine;
use super::mistakes::others::{small_disk, without_room};

/// Lists what is there when the command ended, with its exit code.
const LIST: &str = "\"$@\"; code=$?; cd \"$PLACE\" && ls -A && cat config.toml; exit $code";
/// The same, when something else has taken all the room.
const FILL: &str = "head -c 4096 /dev/zero >\"$PLACE/full\"; ";

fn init(machine: &Machine, before: Process, script: &str) -> Output {
    let place = machine.home.path().join("place");
    std::fs::create_dir_all(&place).unwrap();
    let mut command = before;
    command
        .env("PLACE", &place)
        .args(["sh", "-c", script, "sh"]);
    command.arg(assert_cmd::cargo::cargo_bin("slotbridge"));
    command.args(["config", "init", "--no-input"]);
    command.arg(place.join("config.toml")).output().unwrap()
}

#[test]
fn config_init_writes_the_whole_file_or_none() {
    let machine = Machine::with("");
    let place = machine.home.path().join("place");
    let starter = include_str!("../../config/starter.toml");
    let (roomy, full) = match small_disk(&machine, &place) {
        Some(disk) => {
            let roomy = init(&machine, disk, LIST);
            let disk = small_disk(&machine, &place).unwrap();
            let full = init(&machine, disk, &format!("{FILL}{LIST}"));
            (Some(roomy), full)
        }
        None => (None, init(&machine, without_room(&machine), LIST)),
    };
    if let Some(roomy) = roomy {
        let said = String::from_utf8(roomy.stdout).unwrap();
        assert_eq!(roomy.status.code(), Some(0), "{said}");
        let (_, there) = said.split_once("\nconfig.toml\n").expect(&said);
        assert_eq!(there, starter);
    }
    let error = String::from_utf8(full.stderr).unwrap();
    let said = String::from_utf8(full.stdout).unwrap();
    assert_eq!(full.status.code(), Some(2), "{said}{error}");
    assert!(matches!(said.as_str(), "full\n" | ""), "{said}{error}");
    assert!(
        error.contains("place/config.toml: ") && error.contains("make room on that disk"),
        "{error}"
    );
}
