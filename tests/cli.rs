//! The command line from outside: the real binary, its exit codes and its words.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test may fail loudly, and reads its own environment"
)]

#[path = "cli/alive.rs"]
mod alive;
#[path = "cli/asked.rs"]
mod asked;
#[path = "cli/browser.rs"]
mod browser;
#[path = "cli/calendar_login.rs"]
mod calendar_login;
#[path = "cli/calendars.rs"]
mod calendars;
#[path = "cli/damage.rs"]
mod damage;
#[path = "feeds/server.rs"]
#[allow(
    dead_code,
    clippy::expect_used,
    reason = "used in part; shared with the tests of feeds"
)]
mod feed_server;
#[path = "cli/feeds.rs"]
mod feeds;
#[path = "cli/full_disk.rs"]
mod full_disk;
#[path = "cli/hours.rs"]
mod hours;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/login.rs"]
mod login;
#[path = "cli/logout.rs"]
mod logout;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/machine.rs"]
mod machine;
#[path = "cli/mistakes.rs"]
mod mistakes;
#[path = "scenarios/proxy.rs"]
#[allow(dead_code, reason = "used in part; shared with the scenarios")]
mod proxy;
#[path = "cli/root.rs"]
mod root;
mod servers;
#[path = "cli/service.rs"]
mod service;
#[path = "cli/siblings.rs"]
mod siblings;
#[path = "scenarios/check_tls.rs"]
mod tls;
#[path = "cli/tokens.rs"]
#[allow(dead_code, reason = "used in part; shared with the tests of kills")]
mod tokens;

use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use machine::{COMPLETE, Machine, outcome};
use rstest::rstest;
use slotbridge::adapters::store::{Options, SledBase};

#[rstest]
#[case(&["--help"])]
#[case(&["sync", "--help"])]
#[case(&["conflicts", "--help"])]
#[case(&["--version"])]
#[case(&["man"])]
#[case(&["completions", "bash"])]
#[case(&["config", "schema"])]
fn what_explains_itself_needs_no_configuration(#[case] words: &[&str]) {
    let machine = Machine::with("this is not TOML");
    let (code, out, error) = machine.run(words);
    assert_eq!(code, 0, "{error}");
    assert!(!out.is_empty());
}

#[rstest]
#[case(&[])]
#[case(&["snyc"])]
#[case(&["sync", "--hots", "alice"])]
#[case(&["conflicts", "show"])]
#[case(&["held", "release"])]
#[case(&["feeds", "rotate"])]
#[case(&["feeds", "write"])]
#[case(&["--color", "red", "status"])]
#[case(&["login"])]
#[case(&["zoom", "availability", "patch"])]
#[case(&["zoom", "availability", "patch", "x", "--weekly", "monday=09:00-10:00"])]
#[case(&["zoom", "availability", "patch", "x", "--override", "tomorrow=off"])]
#[case(&["zoom", "availability", "patch", "x", "--replace-overrides"])]
#[case(&["zoom", "availability", "create", "--name", "x"])]
#[case(&["zoom", "slots"])]
fn a_wrong_usage_exits_with_2(#[case] words: &[&str]) {
    let (code, out, error) = Machine::with("").run(words);
    assert_eq!(code, 2, "{error}");
    assert!(out.is_empty(), "{out}");
    assert!(!error.is_empty());
}

#[rstest]
#[case::unknown_key(
    "[zoom]\napi_ulr = \"x\"",
    "config.toml:2: zoom.api_ulr: this key is not known",
    "did you mean \"api_url\"?"
)]
#[case::wrong_type(
    "[sync]\nevery = 5",
    "config.toml:2: sync.every: a number stands where a duration",
    "\"5m\""
)]
#[case::bad_duration("[sync]\nevery = \"5 min\"", "config.toml:2: sync.every:", "\"5m\"")]
#[case::unknown_word(
    "[zoom]\nplan = \"gold\"",
    "zoom.plan: \"gold\" is not known",
    "\"free\", \"pro\", \"business\""
)]
#[case::not_toml("[zoom", "config.toml:1: this is not TOML", "correct the line")]
#[case::two_hosts_for_one_flow(
    "[[calendar]]\nname = \"w\"\nkind = \"vdir\"\npath = \"/x\"\n[[host]]\nname = \"a\"\n[host.bookings]\ncalendar = \"w\"\n[[host]]\nname = \"b\"\nzoom_user = \"me\"\n[host.bookings]\ncalendar = \"w\"",
    "hosts \"a\" and \"b\" bring the same person's bookings",
    "give each its own"
)]
#[case::no_calendar(
    "[[host]]\nname = \"a\"\n[host.bookings]\ncalendar = \"w\"",
    "there is no calendar \"w\"",
    "add a [[calendar]]"
)]
#[case::read_only(
    "[[calendar]]\nname = \"w\"\nkind = \"ics\"\nurl = \"/x\"\n[[host]]\nname = \"a\"\n[host.bookings]\ncalendar = \"w\"",
    "read-only",
    "\"caldav\" or \"vdir\""
)]
fn a_wrong_configuration_exits_with_2_and_says_what_to_do(
    #[case] config: &str,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let machine = Machine::with(config);
    for words in [
        &["sync"][..],
        &["status"],
        &["run"],
        &["config", "show"],
        &["state", "verify"],
    ] {
        let (code, out, error) = machine.run(words);
        assert_eq!(code, 2, "{words:?}: {error}");
        assert!(out.is_empty(), "{out}");
        assert!(
            error.contains(cause) && error.contains(remedy),
            "{words:?}: {error}"
        );
    }
    assert!(
        !machine.state().exists(),
        "nothing is made for a wrong configuration"
    );
}

#[rstest]
#[case("[sync]\nevery 5m")]
#[case("[sync]\nevrey = ")]
#[case("[sync]\nevrey = \"5m")]
#[case("[zoom]\nplan gold = 5")]
fn a_line_that_is_no_toml_is_one_mistake(#[case] config: &str) {
    let (code, _, error) = Machine::with(config).run(&["sync"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("config.toml:2: this is not TOML"), "{error}");
    assert!(!error.contains("is not known"), "{error}");
}

#[test]
fn all_mistakes_of_all_files_come_at_once() {
    let machine = Machine::with("[zoom]\nplan = \"gold\"\nshare = 2");
    let second = machine.home.path().join("second.toml");
    std::fs::write(&second, "[sync]\nevery = \"soon\"").unwrap();
    let mut command = machine.command(&["sync"]);
    command
        .arg("--config")
        .arg(&second)
        .env("SLOTBRIDGE__HTTP__PORT", "1");
    let (code, _, error) = outcome(command);
    assert_eq!(code, 2);
    for part in [
        "config.toml:2:",
        "config.toml:3:",
        "second.toml:2:",
        "SLOTBRIDGE__HTTP__PORT",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[rstest]
#[case("", "no host is configured", "config init")]
#[case(
    "[[host]]\nname = \"a\"",
    "zoom.auth: this table is missing",
    "client_id"
)]
fn a_pass_needs_a_host_and_an_app(#[case] config: &str, #[case] cause: &str, #[case] remedy: &str) {
    for words in [&["sync"][..], &["run"]] {
        let (code, _, error) = Machine::with(config).run(words);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains(cause) && error.contains(remedy), "{error}");
    }
}

#[test]
fn a_secret_that_cannot_be_fetched_is_a_mistake_of_the_configuration() {
    let config = COMPLETE
        .replace("\"hush-dav\"", "{ file = \"/nonexistent/dav\" }")
        .replace("\"hush-client\"", "{ command = [\"false\"] }");
    let (code, _, error) = Machine::with(&config).run(&["sync"]);
    assert_eq!(code, 2, "{error}");
    assert!(
        error.contains("calendar.work.password: reading /nonexistent/dav"),
        "{error}"
    );
    assert!(
        error.contains("zoom.auth.client_secret: running false"),
        "{error}"
    );
}

#[test]
fn an_unknown_host_is_a_wrong_usage() {
    let (code, _, error) = Machine::with(COMPLETE).run(&["sync", "--host", "bob"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("use one of: alice"), "{error}");
}

#[test]
fn config_show_prints_the_merged_result_without_secrets() {
    let machine = Machine::with(COMPLETE);
    let (code, out, _) = machine.run(&["config", "show"]);
    assert_eq!(code, 0);
    let shown: toml::Table = toml::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    assert_eq!(shown["zoom"]["plan"].as_str(), Some("pro"));
    assert_eq!(
        shown["host"][0]["bookings"]["calendar"].as_str(),
        Some("work")
    );
    assert_eq!(shown["calendar"][0]["password"].as_str(), Some("***"));
    assert_eq!(shown["host"][0]["zoom_user"].as_str(), Some("me"));
    for (key, usual) in [
        ("past", "7d"),
        ("future", "180d"),
        ("grace", "0s"),
        ("deleted_in_calendar", "cancel"),
        ("attendees", "description"),
    ] {
        assert_eq!(
            shown["host"][0]["bookings"][key].as_str(),
            Some(usual),
            "{key}"
        );
    }
    let (_, origins, _) = machine.run(&["config", "show", "-v"]);
    assert!(
        origins.contains("config.toml:") && origins.contains("# built in"),
        "{origins}"
    );
    let (_, json, _) = machine.run(&["config", "show", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["sync"]["every"], "1h");
    for shown in [out, origins, json.to_string()] {
        assert!(!shown.contains("hush"), "{shown}");
    }
}

#[test]
fn layers_win_in_the_order_of_the_contract() {
    let machine = Machine::with("[zoom]\nplan = \"free\"\nshare = 0.3\n[sync]\njitter = \"9s\"");
    let user = machine.home.path().join(".config/slotbridge");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(
        user.join("config.toml"),
        "[zoom]\nplan = \"business\"\n[sync]\nevery = \"7m\"\njitter = \"1s\"",
    )
    .unwrap();
    let later = machine.home.path().join("later.toml");
    std::fs::write(&later, "[sync]\njitter = \"2s\"").unwrap();
    let mut command = machine.command(&["config", "show", "--json"]);
    command
        .arg("--config")
        .arg(&later)
        .env("SLOTBRIDGE__ZOOM__SHARE", "0.5");
    let (code, out, error) = outcome(command);
    assert_eq!(code, 0, "{error}");
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        shown["zoom"]["plan"], "free",
        "--config over the user's file"
    );
    assert_eq!(
        shown["sync"]["every"], "7m",
        "the user's file over the defaults"
    );
    assert_eq!(
        shown["sync"]["jitter"], "2s",
        "a later --config over an earlier one"
    );
    assert_eq!(shown["zoom"]["share"], "0.5", "a variable over files");
}

#[test]
fn config_init_writes_a_file_once() {
    let machine = Machine::with("");
    let path = machine.home.path().join("new/config.toml");
    let path = path.to_str().unwrap();
    assert_eq!(machine.run(&["config", "init", path]).0, 0);
    let (code, _, error) = machine.run(&["config", "init", path]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("it is left as it is"), "{error}");
    let (code, _, error) = outcome({
        let mut command = Command::cargo_bin("slotbridge").unwrap();
        command
            .env_clear()
            .envs(machine.environment())
            .args(["--config", path, "config", "show"]);
        command
    });
    assert_eq!(code, 0, "{error}");
}

#[test]
fn status_works_without_a_daemon_and_without_a_state() {
    let machine = Machine::with(COMPLETE);
    let (code, out, error) = machine.run(&["status"]);
    assert_eq!(code, 0, "{error}");
    assert!(
        out.contains("daemon: not running") && out.contains("no pass yet"),
        "{out}"
    );
    assert!(!machine.state().exists(), "asking makes no state");
    let (_, out, _) = machine.run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status["version"], 1);
    assert_eq!(status["hosts"][0]["name"], "alice");
}

#[test]
fn nothing_waits_at_first() {
    let machine = Machine::with(COMPLETE);
    assert_eq!(
        machine.run(&["conflicts"]),
        (0, "no conflicts\n".into(), String::new())
    );
    assert_eq!(
        machine.run(&["held", "list", "--json"]),
        (0, "[]\n".into(), String::new())
    );
    let (code, _, error) = machine.run(&["held", "release", "abc"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("slotbridge held list"), "{error}");
}

#[test]
fn the_state_moves_from_one_machine_to_another() {
    let (here, there) = (Machine::with(COMPLETE), Machine::with(COMPLETE));
    assert_eq!(here.run(&["state", "verify"]).0, 0);
    let file = here.home.path().join("state.jsonl");
    let file = file.to_str().unwrap();
    let (code, _, error) = here.run(&["state", "export", file]);
    assert_eq!(code, 0, "{error}");
    let (_, out, _) = here.run(&["state", "export"]);
    assert!(
        out.lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{out}"
    );
    let (code, _, error) = there.run(&["state", "import", file]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(there.run(&["state", "rebuild"]).0, 0);
}

#[rstest]
#[case(&["sync"])]
#[case(&["run"])]
#[case(&["status"])]
#[case(&["state", "verify"])]
fn a_state_in_use_by_another_process_exits_with_5(#[case] words: &[&str]) {
    let machine = Machine::with(COMPLETE);
    let now = jiff::Timestamp::UNIX_EPOCH;
    let held = SledBase::open(&machine.state(), &Options::at(now))
        .map_err(|error| error.to_string())
        .unwrap();
    let (code, out, error) = machine.run(words);
    assert_eq!(code, 5, "{error}");
    assert!(out.is_empty(), "{out}");
    assert!(
        error.contains(&std::process::id().to_string()) && error.contains("--state-dir"),
        "{error}"
    );
    drop(held);
}

#[test]
fn a_daemon_answers_commands_reloads_and_ends_when_told() {
    let machine = Machine::with(COMPLETE);
    let mut daemon = machine.daemon();
    daemon.until("started");

    let (_, out, error) = machine.run(&["status", "--json"]);
    let status: serde_json::Value =
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    assert_eq!(status["daemon"], daemon.child.id());
    assert_eq!(machine.run(&["conflicts", "list"]).0, 0);
    assert_eq!(machine.run(&["state", "verify"]).0, 0);
    assert_eq!(machine.run(&["state", "export"]).0, 0);
    // The daemon does it, and nothing listens where the configuration says.
    let (code, out, error) = machine.run(&["sync"]);
    assert_eq!(code, 4, "{error}");
    assert!(out.contains("alice:"), "{out}");

    replace(&machine.config, "[zoom]\nplan = \"gold\"");
    daemon.signal("-HUP");
    let refused = daemon.until("the old one stays in force");
    assert!(refused.contains("gold"), "{refused}");
    replace(
        &machine.config,
        &COMPLETE.replace("every = \"1h\"", "every = \"2h\""),
    );
    daemon.signal("-HUP");
    daemon.until("the configuration was read again");

    let (code, took, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(!machine.state().join("control.sock").exists());
    assert!(!log.contains("hush"), "{log}");
}

fn replace(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
