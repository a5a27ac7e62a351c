//! Relative paths mean the same wherever slotbridge is started, and `~` is the home directory.

use std::fs;

use rstest::rstest;

use super::machine::{Alive, COMPLETE, Machine, outcome};

/// What systemd does, a person in their home directory, and one beside the configuration.
#[test]
fn a_relative_path_is_one_beside_the_configuration() {
    let alive = Alive::server_to_server();
    let (machine, elsewhere) = (&alive.machine, tempfile::tempdir().unwrap());
    let home = machine.home.path();
    let relative = alive.calendar.strip_prefix(home).unwrap();
    let whole = alive.calendar.display().to_string();
    machine.rewrite(&whole, relative.to_str().unwrap());
    fs::write(home.join("client-secret"), "demo-client-secret\n").unwrap();
    machine.rewrite("\"demo-client-secret\"", "{ file = \"client-secret\" }");
    for place in [home, elsewhere.path(), "/".as_ref()] {
        let mut command = machine.command(&["sync"]);
        command.current_dir(place);
        let (code, out, error) = outcome(command);
        assert_eq!(code, 0, "{}: {out}{error}", place.display());
    }
    fs::remove_file(home.join("client-secret")).unwrap();
    // Another state has no token that is good still.
    let (code, out, _) = machine.run(&["--state-dir", "~/other", "sync"]);
    let whole = home.join("client-secret").display().to_string();
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains(&format!("reading {whole}: No such file")),
        "{out}"
    );
}

#[rstest]
#[case("state_dir = \"~root/state\"\n", "state_dir")]
#[case("[zoom.webhook]\nsecret_token = { file = \"~bob/token\" }\n", "file")]
#[case(
    "[[calendar]]\nname = \"x\"\nkind = \"ics\"\nurl = \"~bob/x.ics\"\n",
    "calendar.x.url"
)]
#[case(
    "[[calendar]]\nname = \"x\"\nkind = \"vdir\"\npath = \"~bob/x\"\n",
    "calendar.x.path"
)]
fn the_home_of_another_user_is_refused_with_words(#[case] more: &str, #[case] key: &str) {
    let text = match more.strip_prefix("state_dir") {
        Some(_) => format!("{more}{COMPLETE}"),
        None => format!("{COMPLETE}{more}"),
    };
    let (code, _, error) = Machine::with(&text).run(&["config", "show"]);
    assert_eq!(code, 2, "{error}");
    for word in [key, "is not looked up", "write the whole path"] {
        assert!(error.contains(word), "{word}: {error}");
    }
}

/// Shells leave it as it is in quotes, and some after `=`.
#[test]
fn a_tilde_on_the_command_line_is_the_home_directory() {
    let machine = Machine::with(COMPLETE);
    let home = machine.home.path();
    let here = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = machine.command(words);
        command.current_dir(here.path());
        outcome(command)
    };
    let (code, _, error) = run(&["--state-dir=~/kept/here", "sync"]);
    assert_eq!(code, 4, "{error}");
    assert!(home.join("kept/here").is_dir());
    let (code, _, error) = run(&["config", "init", "~/new/c.toml"]);
    assert_eq!(code, 0, "{error}");
    assert!(home.join("new/c.toml").is_file());
    let (code, out, error) = run(&["--config", "~/config.toml", "config", "show"]);
    assert_eq!(code, 0, "{out}{error}");
    let (code, _, error) = run(&[
        "--state-dir",
        "~/kept/here",
        "state",
        "export",
        "~/state.jsonl",
    ]);
    assert_eq!(code, 0, "{error}");
    assert!(home.join("state.jsonl").is_file());
    let (code, _, error) = run(&["--state-dir", "~bob/kept", "sync"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("~bob is not looked up"), "{error}");
    let left: Vec<_> = fs::read_dir(here.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
