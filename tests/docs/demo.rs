//! `slotbridge demo`, from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What the issue allows.
const LONGEST: Duration = Duration::from_secs(15);

fn demo(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("slotbridge"));
    command
        .env_clear()
        .env("HOME", home)
        .env("TMPDIR", home)
        .args(words);
    command
}

fn text(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The directory that the demo left behind.
fn left(home: &TempDir) -> PathBuf {
    let mut all = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found = all.find(|path| path.to_string_lossy().contains("slotbridge-demo-"));
    found.expect("the files are kept")
}

/// The story, step by step: what stands between two headings.
fn steps(told: &str) -> Vec<&str> {
    let starts: Vec<usize> = (1..=4)
        .map(|n| told.find(&format!("\n{n}. ")).unwrap())
        .collect();
    let ends = starts
        .iter()
        .skip(1)
        .copied()
        .chain([told.find("\nThe files stay").unwrap()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &told[*start..end])
        .collect()
}

/// The part of a step that says what one side holds.
fn side(step: &str, calendar: bool) -> &str {
    let (zoom, rest) = step.split_once("The calendar holds").unwrap();
    if calendar {
        rest
    } else {
        zoom.split_once("Zoom holds").unwrap().1
    }
}

#[test]
fn the_demo_tells_what_its_files_hold() {
    let home = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let told = text(&demo(home.path(), &["demo"]).output().unwrap());
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    let [booked, moved, edited, quiet] = steps(&told).try_into().unwrap();

    for side in [side(booked, false), side(booked, true)] {
        for booking in ["Tue", "Bob Miller", "Wed", "Carol Jones", "Thu", "Dan Berg"] {
            assert!(side.contains(booking), "{booked}");
        }
    }
    let bob = |side: &str| {
        side.lines()
            .find(|line| line.contains("Bob Miller"))
            .unwrap()
            .to_owned()
    };
    assert!(bob(side(moved, true)).contains("Fri"), "{moved}");
    assert!(bob(side(moved, true)).contains("alarm"), "{moved}");
    assert!(bob(side(moved, false)).contains("Fri"), "{moved}");
    assert!(side(moved, false).contains("cancelled"), "{moved}");
    assert!(!side(moved, true).contains("Carol"), "{moved}");
    assert!(
        bob(side(edited, false)).contains("\"Ask Bob about the contract.\""),
        "{edited}"
    );
    assert!(!side(edited, true).contains("Dan Berg"), "{edited}");
    assert_eq!(
        side(edited, false).matches("cancelled").count(),
        2,
        "{edited}"
    );
    for said in [
        "finds nothing to do, and writes nothing",
        "(1 request to Zoom)",
    ] {
        assert!(quiet.contains(said), "{quiet}");
    }
    assert_eq!(side(quiet, false), side(edited, false));

    let files: Vec<PathBuf> = fs::read_dir(left(&home).join("calendar"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ics"))
        .collect();
    let [file] = files.as_slice() else {
        panic!("one entry is left: {files:?}")
    };
    let entry = fs::read_to_string(file).unwrap().replace("\r\n ", "");
    for line in [
        "SUMMARY:Intro call: Bob Miller",
        "TRIGGER:-PT10M",
        "Ask Bob about the contract.",
    ] {
        assert!(entry.contains(line), "{entry}");
    }
    assert!(entry.contains("T110000Z"), "{entry}");
}

#[test]
fn the_commands_named_at_the_end_work() {
    let home = tempfile::tempdir().unwrap();
    let told = text(&demo(home.path(), &["demo"]).output().unwrap());
    let (_, end) = told.split_once("To look around:\n").unwrap();
    let commands: Vec<&str> = end.lines().map(str::trim).collect();
    assert_eq!(commands.len(), 2, "{end}");
    for line in commands {
        let mut shell = Command::new("sh");
        shell
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::var_os("PATH").unwrap());
        let said = text(&shell.args(["-c", line]).output().unwrap());
        assert!(
            said.contains("Bob Miller") || said.contains("all done"),
            "{line}: {said}"
        );
    }
}

#[test]
fn the_demo_is_told_the_same_each_time() {
    let told = || {
        let home = tempfile::tempdir().unwrap();
        let told = text(&demo(home.path(), &["demo"]).output().unwrap());
        told.replace(left(&home).to_str().unwrap(), "DIR")
    };
    assert_eq!(told(), told());
}

#[test]
fn the_demo_asks_no_configuration() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/slotbridge");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "this is not TOML").unwrap();
    let told = text(
        &demo(home.path(), &["demo"])
            .env("SLOTBRIDGE__ZOOM__PLAN", "x")
            .output()
            .unwrap(),
    );
    assert!(told.contains("The files stay"));
    assert!(
        !home.path().join(".local").exists(),
        "nothing but its own directory"
    );
}

#[test]
fn a_proxy_of_this_machine_never_hears_of_what_stays_on_it() {
    let home = tempfile::tempdir().unwrap();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut demo = demo(home.path(), &["demo"]);
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        demo.env(name, &address);
    }
    text(&demo.output().unwrap());
    assert!(proxy.accept().is_err(), "nobody called");
}

#[test]
fn colours_come_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let plain = text(&demo(home.path(), &["demo"]).output().unwrap());
    assert!(!plain.contains('\u{1b}'));
    let coloured = text(
        &demo(home.path(), &["--color", "always", "demo"])
            .output()
            .unwrap(),
    );
    assert!(coloured.contains("\u{1b}["));
}

#[test]
fn a_reader_that_hangs_up_ends_no_demo() {
    let home = tempfile::tempdir().unwrap();
    let mut child = demo(home.path(), &["demo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output), "");
}
