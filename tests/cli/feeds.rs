//! `feeds`: the addresses, with and without a daemon, and the files.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::machine::Alive;

const FEEDS: &str = "[host.busy]\nfrom = [\"work\"]\n\
    [[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\"\n\
    [[host.feed]]\nname = \"alice-busy\"\nkind = \"busy\"\n";

fn with_feeds(more: &str) -> Alive {
    let alive = Alive::server_to_server();
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    fs::write(&alive.machine.config, format!("{config}{FEEDS}{more}")).unwrap();
    alive
}

/// Runs a command that works; what it printed.
fn run(alive: &Alive, words: &[&str]) -> String {
    let (code, out, error) = alive.machine.run(words);
    assert_eq!(code, 0, "{words:?}: {error}");
    assert_eq!(error, "", "a secret goes to stdout alone");
    out
}

fn list(alive: &Alive) -> Vec<Value> {
    let out = run(alive, &["feeds", "--json"]);
    serde_json::from_str(&out).unwrap()
}

fn paths(alive: &Alive) -> Vec<String> {
    let all = list(alive);
    all.iter()
        .map(|feed| feed["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn addresses_are_made_once_and_shown_with_what_to_set() {
    let alive = with_feeds("");
    let out = run(&alive, &["feeds"]);
    assert!(
        out.contains("alice-bookings  alice  bookings  /feeds/"),
        "{out}"
    );
    assert!(out.contains("set listen and public_url in [http]"), "{out}");
    assert_eq!(run(&alive, &["feeds", "list"]), out);
    let all = list(&alive);
    assert_eq!(all[1]["name"], "alice-busy");
    assert_eq!(all[1]["url"], Value::Null);
    // The same path below the address that others reach.
    let more = "[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://cal.example.org/\"\n";
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    fs::write(&alive.machine.config, format!("{config}{more}")).unwrap();
    let (_, out, _) = alive.machine.run(&["feeds", "--json"]);
    let again: Vec<Value> = serde_json::from_str(&out).unwrap();
    let path = all[1]["path"].as_str().unwrap();
    assert_eq!(again[1]["url"], format!("https://cal.example.org{path}"));
    assert_eq!(again[1]["hint"], Value::Null);
}

#[test]
fn a_rotation_changes_one_address_and_nothing_else() {
    let alive = with_feeds("");
    let before = paths(&alive);
    let out = run(&alive, &["feeds", "rotate", "alice-busy"]);
    let after = paths(&alive);
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1], before[1]);
    assert!(out.contains(&after[1]) && !out.contains(&after[0]), "{out}");
    let (code, out, error) = alive.machine.run(&["feeds", "rotate", "nobody"]);
    assert_eq!((code, out.as_str()), (2, ""), "{error}");
    assert!(error.contains("slotbridge feeds list"), "{error}");
}

#[test]
fn the_daemon_tells_changes_and_writes_feeds_while_it_runs() {
    let alive = with_feeds("");
    alive.book();
    let before = paths(&alive);
    let mut daemon = alive.machine.daemon();
    daemon.until("pass done");
    assert_eq!(paths(&alive), before);
    run(&alive, &["feeds", "rotate", "alice-busy"]);
    let after = paths(&alive);
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1], before[1]);
    // The pass is remembered by then, and its feeds are rendered after that.
    daemon.signal("-HUP");
    daemon.until("the configuration was read again");
    let folder = alive.machine.home.path().join("web");
    fs::create_dir(&folder).unwrap();
    let out = run(&alive, &["feeds", "write", folder.to_str().unwrap()]);
    assert_eq!(out.matches(": written").count(), 2, "{out}");
    let text = fs::read_to_string(folder.join("alice-bookings.ics")).unwrap();
    assert!(text.contains("SUMMARY:Intro call: Bob Bunting"), "{text}");
    let (code, _, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    for path in before.iter().chain(&after) {
        let token = path.trim_start_matches("/feeds/").trim_end_matches(".ics");
        assert!(!log.contains(token), "an address in the log: {log}");
    }
    assert_eq!(paths(&alive), after, "it is on disk");
}

/// The status of a GET.
fn status(address: &str, path: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer[9..12].parse().unwrap()
}

#[test]
fn the_daemon_gives_feeds_out_and_a_rotation_is_taken_at_once() {
    let alive = with_feeds("[http]\nlisten = \"127.0.0.1:0\"\n");
    alive.book();
    let mut daemon = alive.machine.daemon();
    let line = daemon.until("serving HTTP");
    let (_, address) = line.split_once("\"address\":\"").unwrap();
    let address = address.split('"').next().unwrap();
    daemon.until("pass done");
    daemon.signal("-HUP");
    daemon.until("the configuration was read again");
    let before = paths(&alive);
    assert_eq!(
        before
            .iter()
            .map(|path| status(address, path))
            .collect::<Vec<_>>(),
        [200, 200]
    );
    let guessed = format!("{}x.ics", before[0].trim_end_matches(".ics"));
    assert_eq!(status(address, &guessed), 404);
    run(&alive, &["feeds", "rotate", "alice-bookings"]);
    let after = paths(&alive);
    assert_eq!(status(address, &before[0]), 404);
    assert_eq!(
        after
            .iter()
            .map(|path| status(address, path))
            .collect::<Vec<_>>(),
        [200, 200]
    );
    let (code, _, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
}

struct Folder(PathBuf);

impl Folder {
    fn at(alive: &Alive) -> Self {
        let path = alive.machine.home.path().join("web");
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, alive: &Alive, more: &[&str]) -> String {
        let words = ["feeds", "write", self.0.to_str().unwrap()];
        run(alive, &[&words[..], more].concat())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_are_written_when_they_change_and_only_then() {
    let alive = with_feeds("");
    alive.book();
    assert_eq!(alive.sync().0, 0);
    let folder = Folder::at(&alive);
    let out = folder.write(&alive, &[]);
    assert_eq!(out.matches(": written\n").count(), 2, "{out}");
    assert!(out.contains("only you can read these files"), "{out}");
    let (bookings, busy) = (
        folder.file("alice-bookings.ics"),
        folder.file("alice-busy.ics"),
    );
    assert_eq!((mode(&bookings), mode(&busy)), (0o600, 0o600));
    let first = fs::metadata(&bookings).unwrap();
    assert_eq!(alive.sync().0, 0);
    let out = folder.write(&alive, &[]);
    assert_eq!(out.matches(": unchanged\n").count(), 2, "{out}");
    let second = fs::metadata(&bookings).unwrap();
    assert_eq!(first.ino(), second.ino());
    assert_eq!(first.modified().unwrap(), second.modified().unwrap());
    // Readable by a web server, by choice.
    let out = folder.write(&alive, &["--public"]);
    assert!(out.contains("everybody on this machine can read"), "{out}");
    assert_eq!((mode(&bookings), mode(&busy)), (0o644, 0o644));
    assert_eq!(fs::metadata(&bookings).unwrap().ino(), first.ino());
    alive
        .account
        .book(slotbridge::demo::account::NewBooking::new(
            jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72),
            "Eve Miller",
            "eve@example.org",
        ));
    assert_eq!(alive.sync().0, 0);
    let out = folder.write(&alive, &["--public", "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json[0]["outcome"], "written");
    let text = fs::read_to_string(&bookings).unwrap();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2, "{text}");
    assert!(!fs::read_to_string(&busy).unwrap().contains("Eve"));
    let files = fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(files, 2, "nothing is left over");
}

#[test]
fn before_the_first_pass_no_file_is_written() {
    let alive = with_feeds("");
    let folder = Folder::at(&alive);
    let words = ["feeds", "write", folder.0.to_str().unwrap()];
    let (code, out, error) = alive.machine.run(&words);
    assert_eq!(code, 1, "{error}");
    assert!(out.contains("run `slotbridge sync` first"), "{out}");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
    assert_eq!(alive.sync().0, 0);
    let (code, _, error) = alive.machine.run(&["feeds", "write", "/nowhere/at/all"]);
    assert_eq!(code, 1);
    assert!(error.contains("name a directory that is there"), "{error}");
}

#[test]
fn addresses_outlive_a_damaged_state() {
    let alive = with_feeds("");
    alive.book();
    assert_eq!(alive.sync().0, 0);
    let before = paths(&alive);
    // No export, and a database that is no database.
    let state = alive.machine.state();
    fs::remove_dir_all(state.join("exports")).unwrap_or_default();
    for file in fs::read_dir(state.join("db")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            fs::write(path, "no database").unwrap();
        }
    }
    let (code, _) = alive.sync();
    assert_eq!(code, 5, "the damage is said once");
    assert_eq!(paths(&alive), before);
    // Nor does a rebuild change them, nor a move to another machine.
    assert_eq!(alive.machine.run(&["state", "rebuild"]).0, 0);
    assert_eq!(paths(&alive), before);
}

#[test]
fn without_feeds_the_way_to_one_is_shown() {
    let alive = Alive::server_to_server();
    let out = run(&alive, &["feeds"]);
    assert!(out.contains("[[host.feed]]"), "{out}");
}
