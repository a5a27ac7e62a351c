//! `calendars` against real servers, and against what is none.

use std::fs;

use rstest::rstest;
use serde_json::Value;

use super::machine::{Alive, Machine};
use super::servers::{PASSWORD, Radicale, Server, USER, Xandikos};

/// Prints the password of the servers.
fn pass() -> String {
    format!("echo {PASSWORD}")
}

fn run(machine: &Machine, server: &Server, url: &str, more: &[&str]) -> (i32, String, String) {
    let pass = pass();
    let mut words = vec!["calendars", url];
    if server.login().is_some() {
        words.extend(["--username", USER, "--password-command", &pass]);
    }
    words.extend(more);
    machine.run(&words)
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
fn what_is_printed_can_be_pasted_and_works(#[case] start: fn() -> Server) {
    let (alive, server) = (Alive::server_to_server(), start());
    alive.book();
    let (code, out, error) = run(&alive.machine, &server, &server.url(), &[]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("# \"Work\": takes "), "{out}");
    assert!(out.contains("; writable; it tells what changed"), "{out}");
    assert!(
        out.contains(&format!("url = \"{}\"\n", server.calendar_url())),
        "{out}"
    );

    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let start = config.find("[[calendar]]").unwrap();
    let end = config.find("[[host]]").unwrap();
    // Xandikos has more calendars than the one that the test made.
    let table = out
        .split("\n\n")
        .find(|table| table.contains("name = \"work\""));
    let config = [&config[..start], table.unwrap(), "\n", &config[end..]].concat();
    fs::write(&alive.machine.config, config).unwrap();
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hosts"][0]["bookings"]["created"], 1, "{json}");
}

#[rstest]
#[case::radicale(Radicale::start)]
#[case::xandikos(Xandikos::start)]
fn programs_are_told_the_same(#[case] start: fn() -> Server) {
    let (machine, server) = (Machine::with(""), start());
    for url in [server.url(), server.calendar_url()] {
        let (code, out, error) = run(&machine, &server, &url, &["--json"]);
        assert_eq!(code, 0, "{error}");
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["version"], 1);
        let calendars = json["calendars"].as_array().unwrap();
        let work = calendars.iter().find(|one| one["display_name"] == "Work");
        let work = work.unwrap_or_else(|| panic!("{out}"));
        assert_eq!(work["url"], server.calendar_url());
        assert_eq!(work["name"], "work");
        assert_eq!(work["writable"], true);
        assert_eq!(work["sync"], "sync-collection");
        assert!(
            json["tried"][0].as_str().unwrap().contains(&server.url()),
            "{out}"
        );
        let table: toml::Table = toml::from_str(work["configuration"].as_str().unwrap()).unwrap();
        assert_eq!(table["calendar"][0]["kind"].as_str(), Some("caldav"));
    }
}

#[test]
fn each_calendar_says_what_it_is_and_gets_a_name_of_its_own() {
    let (machine, server) = (Machine::with(""), Radicale::start());
    let make = |path: &str, props: &str| {
        let home = server.home().join("data/collection-root/alice").join(path);
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join(".Radicale.props"), props).unwrap();
    };
    make(
        "readonly-team",
        r##"{"tag": "VCALENDAR", "D:displayname": "Work", "ICAL:calendar-color": "#ff8800", "C:supported-calendar-component-set": "VEVENT,VTODO"}"##,
    );
    make(
        "odd",
        r##"{"tag": "VCALENDAR", "D:displayname": "\"]] # x\n[zoom]", "ICAL:calendar-color": "#f00\n[sync]", "C:supported-calendar-component-set": "VEVENT"}"##,
    );
    make(
        "tasks",
        r#"{"tag": "VCALENDAR", "D:displayname": "Tasks", "C:supported-calendar-component-set": "VTODO"}"#,
    );
    let (code, out, error) = run(&machine, &server, &server.url(), &[]);
    assert_eq!(code, 0, "{error}");
    assert!(
        out.contains("takes VEVENT, VTODO; read-only: for busy time only"),
        "{out}"
    );
    assert!(out.contains("; colour #ff8800"), "{out}");
    assert!(!out.contains("Tasks"), "no events can be put there: {out}");
    let pasted: toml::Table = toml::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    assert_eq!(pasted.len(), 1, "{out}");
    let names = pasted["calendar"].as_array().unwrap().iter();
    let mut names: Vec<&str> = names.map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["work", "work-2", "x-zoom"]);
}

/// A mistake: the address, what else is typed, the exit code, the cause and the remedy.
#[rstest]
#[case::wrong_password("SERVER", &["--username", "alice", "--password-command", "echo hush"], 3, "401", "made for this app")]
#[case::nobody("SERVER", &[], 3, "401", "--username")]
#[case::no_terminal("SERVER", &["--username", "alice"], 2, "no terminal", "--password-command")]
#[case::command_fails("SERVER", &["--username", "alice", "--password-command", "false"], 2, "running false", "by hand")]
#[case::whose("SERVER", &["--password-command", "echo hush"], 2, "whose password", "--username")]
#[case::plain_http("http://dav.example.org/", &[], 2, "not encrypted", "https")]
#[case::user_in_the_address("https://alice:hush@dav.example.org/", &[], 2, "user name in it", "username")]
#[case::no_address("https://", &[], 2, "this is no address", "mail address")]
#[case::tls("TLS", &[], 4, "127.0.0.1 does not speak TLS", "check the port")]
#[case::closed("http://127.0.0.1:9/", &[], 4, "looking for calendars on 127.0.0.1", "network")]
#[case::no_caldav("ZOOM", &[], 4, "no CalDAV server answers there", "/remote.php/dav/")]
#[case::google_address("https://apidata.googleusercontent.com/caldav/v2/", &[], 3, "Google takes no password", "slotbridge calendars --calendar NAME")]
#[case::google_mail("alice@gmail.com", &[], 3, "a client id of your own", "slotbridge login --calendar NAME")]
#[case::google("alice@gmail.com", &["--password-command", "echo hush"], 3, "takes no password", "OAuth")]
fn a_mistake_says_its_cause_and_remedy(
    #[case] address: &str,
    #[case] more: &[&str],
    #[case] code: i32,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let server = Radicale::start();
    let alive = Alive::server_to_server();
    let address = match address {
        "SERVER" => server.url(),
        "TLS" => server.url().replace("http:", "https:"),
        "ZOOM" => alive.oauth_url(),
        other => other.to_owned(),
    };
    let words = [&["calendars", &address], more].concat();
    let (exit, out, error) = alive.machine.run(&words);
    assert_eq!((exit, out.as_str()), (code, ""), "{error}");
    assert!(error.contains(cause) && error.contains(remedy), "{error}");
    assert!(
        error.contains("hint: ") && !error.contains("hush"),
        "{error}"
    );
}

#[test]
fn a_server_without_a_calendar_is_told_from_one_that_is_none() {
    let (machine, server) = (Machine::with(""), Radicale::start());
    server.delete("");
    let (code, out, error) = run(&machine, &server, &server.url(), &[]);
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    assert!(error.contains("no calendar that takes events"), "{error}");
    assert!(error.contains("make a calendar there first"), "{error}");
    assert!(error.contains("tried: "), "{error}");
}

#[test]
fn a_known_provider_is_told_by_the_mail_address_alone() {
    let machine = Machine::with("");
    let (code, _, error) = machine.run(&["calendars", "alice@icloud.com"]);
    assert_eq!(code, 2, "{error}");
    assert!(
        error.starts_with("iCloud: ") && error.contains("app-specific"),
        "{error}"
    );
    assert!(error.contains("no terminal"), "{error}");
    let (code, _, error) = machine.run(&["-q", "calendars", "alice@icloud.com"]);
    assert_eq!(code, 2);
    assert!(!error.contains("app-specific"), "{error}");
}

/// Types a password on a terminal once it is no longer shown, and prints all that was seen there.
const TYPIST: &str = r#"
import os, pty, sys, termios
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"password of" not in seen:
    seen += os.read(terminal, 1024)
while termios.tcgetattr(terminal)[3] & termios.ECHO:
    pass
os.write(terminal, os.environ["TYPED"].encode() + b"\n")
try:
    while piece := os.read(terminal, 1024):
        seen += piece
except OSError:
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

#[test]
fn a_directory_is_said_to_be_one_with_the_lines_to_paste() {
    let alive = Alive::server_to_server();
    let home = alive.machine.home.path();
    for name in [".calendars/work", ".calendars/private"] {
        fs::create_dir_all(home.join(name)).unwrap();
        fs::write(home.join(name).join("a.ics"), "").unwrap();
    }
    let (code, out, error) = alive.machine.run(&["calendars", "~/.calendars/work"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let whole = home.join(".calendars/work").display().to_string();
    let table: toml::Table = toml::from_str(&out).unwrap();
    assert_eq!(table["calendar"][0]["kind"].as_str(), Some("vdir"));
    assert_eq!(table["calendar"][0]["path"].as_str(), Some(whole.as_str()));
    assert_eq!(table["calendar"][0]["name"].as_str(), Some("work"));
    // One that holds calendars is told with each of them.
    let above = home.join(".calendars").display().to_string();
    let (_, out, _) = alive.machine.run(&["calendars", &above]);
    let table: toml::Table = toml::from_str(&out).unwrap();
    assert_eq!(table["calendar"].as_array().unwrap().len(), 2, "{out}");
}

#[test]
fn on_a_terminal_the_password_is_asked_for_and_not_shown() {
    let (machine, server) = (Machine::with(""), Radicale::start());
    for (typed, code, seen) in [
        (PASSWORD, 0, "[[calendar]]"),
        ("hush", 3, "401"),
        ("", 2, "is empty"),
    ] {
        let output = std::process::Command::new("python3")
            .args(["-c", TYPIST])
            .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
            .args(["calendars", &server.url(), "--username", USER])
            .env_clear()
            .envs(machine.environment())
            .env("TYPED", typed)
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{out}{error}");
        let shown = !typed.is_empty() && out.contains(typed);
        assert!(out.contains(seen) && !shown, "{out}");
    }
}

#[test]
fn who_interrupts_the_question_for_a_password_has_their_terminal_back() {
    let machine = Machine::with("");
    for key in ["\u{3}", "\u{4}"] {
        let steps = serde_json::json!([["password of", key, "hidden key"]]);
        let typist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/typist.py");
        let output = std::process::Command::new("python3")
            .arg(typist)
            .arg(steps.to_string())
            .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
            .args(["calendars", "http://127.0.0.1:9/", "--username", USER])
            .env_clear()
            .envs(machine.environment())
            .output()
            .unwrap();
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(told["shows"], true, "{told}");
        assert_eq!(told["code"], 2, "{told}");
        assert!(told["seen"].as_str().unwrap().contains("hint: "), "{told}");
    }
}
