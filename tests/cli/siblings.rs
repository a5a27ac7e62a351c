//! `calendars --calendar`: what is beside a calendar that is configured, with its own credentials.

use std::fs;

use rstest::rstest;
use serde_json::Value;

use super::calendar_login::{COMMAND, ensure_no_secret, logged_in, somebody};
use super::machine::{Alive, COMPLETE, Machine};
use super::servers::{PASSWORD, Radicale, Server, USER};
use super::tokens::{CLIENT_SECRET, Manners, Tokens};

const WORDS: [&str; 3] = ["calendars", "--calendar", "work"];

/// Another calendar of the same user.
fn team(server: &Server) {
    let home = server.home().join("data/collection-root/alice/team");
    fs::create_dir_all(&home).unwrap();
    let props = r#"{"tag": "VCALENDAR", "D:displayname": "Team", "C:supported-calendar-component-set": "VEVENT"}"#;
    fs::write(home.join(".Radicale.props"), props).unwrap();
}

/// Somebody who is logged in, has two calendars, and keeps the secret of the app in a file.
fn with_two(manners: Manners) -> (Alive, Tokens) {
    let (alive, tokens) = logged_in(manners);
    team(&tokens.radicale);
    let file = alive.machine.home.path().join("client-secret");
    fs::write(&file, CLIENT_SECRET).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let form = format!("client_secret = {{ file = \"{}\" }}", file.display());
    let plain = format!("client_secret = \"{CLIENT_SECRET}\"");
    alive.machine.rewrite(&plain, &form);
    (alive, tokens)
}

#[rstest]
fn who_is_logged_in_sees_the_others_and_can_paste_them(
    #[values("/alice/work/", "/%61lice/%77ork/")] path: &str,
    #[values(None, Some(1))] expires_in: Option<u32>,
) {
    let (alive, tokens) = with_two(Manners {
        rotates: true,
        expires_in,
        ..Manners::default()
    });
    alive.machine.rewrite("/alice/work/", path);
    let (code, out, error) = alive.machine.run(&WORDS);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert_eq!(
        out.matches("configured already: \"work\"").count(),
        1,
        "{out}"
    );
    assert_eq!(out.matches("[[calendar]]").count(), 1, "{out}");
    assert!(out.contains("name = \"team\""), "{out}");
    ensure_no_secret(&out);

    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let config = config.replace("[[host]]", &format!("{out}\n[[host]]"));
    let busy = "[host.busy]\nfrom = [\"team\"]\n";
    fs::write(&alive.machine.config, config + busy).unwrap();
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    assert_eq!(tokens.logins(), 1, "the new one shares the login");

    let (code, out, error) = alive.machine.run(&[&WORDS[..], &["--json"]].concat());
    assert_eq!(code, 0, "{error}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let mut own: Vec<&str> = json["calendars"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["configured"].as_str().unwrap())
        .collect();
    own.sort_unstable();
    assert_eq!(own, ["team", "work"], "{json}");
    ensure_no_secret(&out);
}

#[test]
fn a_running_daemon_looks_with_the_login_that_it_keeps() {
    let (alive, tokens) = with_two(Manners {
        rotates: true,
        ..Manners::default()
    });
    let mut daemon = alive.machine.daemon();
    daemon.until("\"ok\":true");
    let (code, out, error) = alive.machine.run(&WORDS);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.contains("name = \"team\""), "{out}");
    assert_eq!(tokens.refreshed(), 0);
    // A token that is refused is renewed by the one that may.
    tokens.end_access();
    let (code, out, error) = alive.machine.run(&WORDS);
    assert_eq!(code, 0, "{out}{error}");
    assert_eq!((tokens.refreshed(), tokens.logins()), (1, 1));
    tokens.end_login();
    let (code, out, error) = alive.machine.run(&WORDS);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(
        error.contains("invalid_grant") && error.contains(COMMAND),
        "{error}"
    );
    // A calendar that the daemon does not know yet is not looked for elsewhere.
    alive.machine.rewrite("/alice/work/", "/alice/other/");
    let (code, _, error) = alive.machine.run(&WORDS);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("reload slotbridge"), "{error}");
    let (_, _, log) = daemon.end();
    ensure_no_secret(&log);
}

#[test]
fn who_is_not_logged_in_is_told_how_and_no_state_is_made() {
    let (alive, _tokens) = somebody(Manners::default());
    let (code, out, error) = alive.machine.run(&WORDS);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(error.contains("nobody has logged in yet"), "{error}");
    assert!(error.contains(COMMAND), "{error}");
    assert!(!alive.machine.state().exists(), "asking makes no state");
}

#[test]
fn a_password_of_the_configuration_serves_as_well() {
    let server = Radicale::start();
    team(&server);
    let file = server.home().join("pass");
    fs::write(&file, PASSWORD).unwrap();
    let file = file.display();
    let machine = Machine::with(&format!(
        "[[calendar]]\nname = \"work\"\nkind = \"caldav\"\nurl = \"{}\"\ncollection = \"Work\"\n\
         username = \"{USER}\"\npassword = {{ command = [\"cat\", \"{file}\"] }}\n",
        server.url()
    ));
    let (code, out, error) = machine.run(&WORDS);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert_eq!(
        out.matches("configured already: \"work\"").count(),
        1,
        "{out}"
    );
    let pasted: toml::Table = toml::from_str(&out).unwrap();
    let team = &pasted["calendar"][0];
    assert_eq!(team["name"].as_str(), Some("team"));
    assert_eq!(team["username"].as_str(), Some(USER));
    let command = team["password"]["command"].as_array().unwrap();
    assert_eq!(command[0].as_str(), Some("cat"));
    assert!(!machine.state().exists());
}

/// A mistake: what is typed, the exit code, the cause and the remedy.
#[rstest]
#[case::unknown(&["--calendar", "other"], 2, "there is no calendar \"other\"", "config show")]
#[case::directory(&["--calendar", "laptop"], 2, "\"laptop\" is not behind CalDAV", "kind = \"caldav\"")]
#[case::both(&["https://dav.example.org/", "--calendar", "work"], 2, "cannot be used with", "Usage: ")]
#[case::whose(&["--calendar", "work", "--username", "alice"], 2, "cannot be used with", "Usage: ")]
#[case::nothing(&[], 2, "<URL", "Usage: ")]
fn a_mistake_says_its_cause_and_remedy(
    #[case] words: &[&str],
    #[case] code: i32,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let machine = Machine::with(&format!(
        "{COMPLETE}[[calendar]]\nname = \"laptop\"\nkind = \"vdir\"\npath = \"/tmp\"\n"
    ));
    let (exit, out, error) = machine.run(&[&["calendars"], words].concat());
    assert_eq!((exit, out.as_str()), (code, ""), "{error}");
    assert!(error.contains(cause) && error.contains(remedy), "{error}");
    assert!(!error.contains("hush"), "{error}");
}

#[rstest]
#[case::a_password(&["--username", "alice", "--password-command", "echo hush"])]
#[case::nothing(&[])]
fn a_server_that_wants_a_login_is_told_from_a_wrong_password(#[case] more: &[&str]) {
    let (alive, tokens) = somebody(Manners::default());
    let url = tokens.address();
    let (code, out, error) = alive.machine.run(&[&["calendars", &url], more].concat());
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(error.contains("only tokens of a login"), "{error}");
    assert!(error.contains("--calendar NAME"), "{error}");
}
