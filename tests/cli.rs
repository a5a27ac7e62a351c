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
#[path = "cli/pasted.rs"]
mod pasted;
#[path = "cli/paths.rs"]
mod paths;
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
#[path = "cli/zoom.rs"]
mod zoom;

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
#[case::of_a_calendar("[calendar]\nname = \"w\"", "config.toml:1: calendar: a table stands")]
#[case::of_a_host("\n\n[host]\nname = \"b\"", "config.toml:3: host: a table stands")]
fn a_table_that_should_be_a_list_is_found_where_it_stands(
    #[case] config: &str,
    #[case] said: &str,
) {
    let machine = Machine::with(config);
    let user = machine.home.path().join(".config/slotbridge");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(
        user.join("config.toml"),
        "[sync]\nevery = \"7m\"\n[[calendar]]\nname = \"w\"\nkind = \"vdir\"\npath = \"/x\"\n[[host]]\nname = \"a\"\n",
    )
    .unwrap();
    let (code, _, error) = machine.run(&["sync"]);
    assert_eq!(code, 2, "{error}");
    let whole = format!("{}/{said}", machine.home.path().display());
    assert!(error.contains(&whole), "{error}");
}

#[rstest]
#[case(
    "client_id = \"id\"",
    "client_id = \"FILL-IN\"",
    "zoom.auth.client_id",
    "FILL-IN"
)]
#[case(
    "\"hush-client\"",
    "\"YOUR-CLIENT-SECRET\"",
    "zoom.auth.client_secret",
    "YOUR-CLIENT-SECRET"
)]
#[case(
    "\"account\"",
    "\"YOUR-ACCOUNT-ID\"",
    "zoom.auth.account_id",
    "YOUR-ACCOUNT-ID"
)]
#[case(
    "http://127.0.0.1:9/alice/work/",
    "https://YOUR-SERVER/remote.php/dav/",
    "calendar.work.url",
    "YOUR-SERVER"
)]
fn what_is_still_the_examples_is_a_mistake(
    #[case] from: &str,
    #[case] to: &str,
    #[case] key: &str,
    #[case] word: &str,
) {
    let machine = Machine::with(COMPLETE);
    machine.rewrite(from, to);
    for words in [&["sync"][..], &["run"], &["check"], &["login"]] {
        let (code, _, error) = machine.run(words);
        assert_eq!(code, 2, "{words:?} {error}");
        let (line, _) = std::fs::read_to_string(&machine.config)
            .unwrap()
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(word))
            .map(|(number, line)| (number + 1, line.to_owned()))
            .unwrap();
        assert!(
            error.contains(&format!("config.toml:{line}: {key}: ")),
            "{error}"
        );
        assert!(error.contains(word) && error.contains("hint: "), "{error}");
    }
    assert_eq!(
        machine.run(&["config", "show"]).0,
        0,
        "it can still be looked at"
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
fn a_secret_that_cannot_be_had_is_told_with_its_place() {
    let config = COMPLETE
        .replace("\"hush-dav\"", "{ file = \"/nonexistent/dav\" }")
        .replace("\"hush-client\"", "{ command = [\"false\"] }");
    let (code, out, error) = Machine::with(&config).run(&["sync"]);
    assert_eq!(code, 3, "{out}{error}");
    assert!(
        out.contains("config.toml:18: calendar.work.password: reading /nonexistent/dav"),
        "{out}"
    );
    let config = COMPLETE.replace("\"hush-client\"", "{ command = [\"false\"] }");
    let (code, _, error) = Machine::with(&config).run(&["zoom", "events", "list"]);
    assert_eq!(code, 3, "{error}");
    assert!(
        error.contains("config.toml:8: zoom.auth.client_secret: running false"),
        "{error}"
    );
}

/// Wherever a secret stands.
#[rstest]
#[case("[zoom.webhook]", "secret_token = @", "zoom.webhook.secret_token")]
#[case(
    "[zoom.webhook]",
    "secret_token = \"x\"\nusername = \"x\"\npassword = @",
    "zoom.webhook.password"
)]
#[case(
    "[http]",
    "listen = \"127.0.0.1:0\"\nadmin_token = @",
    "http.admin_token"
)]
fn a_secret_of_the_server_that_cannot_be_had_is_told_with_its_place(
    #[case] table: &str,
    #[case] keys: &str,
    #[case] key: &str,
) {
    let more = keys.replace('@', "{ file = \"/nonexistent/x\" }");
    let text = format!("{COMPLETE}\n{table}\n{more}\n");
    let text = if table == "[http]" {
        text
    } else {
        text + "[http]\nlisten = \"127.0.0.1:0\"\n"
    };
    let line = text
        .lines()
        .position(|line| line.contains("/nonexistent"))
        .unwrap()
        + 1;
    let machine = Machine::with(&text);
    let (_, out, error) = machine.run(&["check", "--json"]);
    let report: serde_json::Value =
        serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{error}"));
    let said = report.to_string();
    for word in [key, &format!("config.toml:{line}: reading /nonexistent/x")] {
        assert!(said.contains(word), "{word}: {said}");
    }
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
    assert_eq!(shown["zoom"]["share"], 0.5, "a variable over files");
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

#[rstest]
#[case::status(&["status"])]
#[case::held(&["held"])]
#[case::feeds(&["feeds"])]
#[case::export(&["state", "export"])]
fn a_pass_that_holds_the_state_is_waited_for(#[case] words: &[&str]) {
    let machine = Machine::with(COMPLETE);
    let options = Options::at(jiff::Timestamp::now());
    let held = SledBase::open(&machine.state(), &options).unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .envs(machine.environment())
        .arg("--config")
        .arg(&machine.config)
        .args(words)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut error = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut error, &mut said).unwrap();
    let us = std::process::id().to_string();
    assert!(said.contains("waiting for") && said.contains(&us), "{said}");
    drop(held);
    std::io::Read::read_to_string(&mut error, &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
}

#[rstest]
#[case::import(&["state", "import", "-"])]
#[case::rebuild(&["state", "rebuild"])]
fn what_a_daemon_cannot_do_by_itself_is_not_said_to_be_done(#[case] words: &[&str]) {
    let alive = machine::Alive::server_to_server();
    let mut daemon = alive.machine.daemon();
    daemon.until("pass done");
    let (code, _, error) = alive.machine.run(words);
    assert_eq!(code, 5, "{error}");
    assert!(
        error.contains("end it") && !error.contains("by itself"),
        "{error}"
    );
}

#[test]
fn an_export_writes_over_an_older_export_alone() {
    let alive = machine::Alive::server_to_server();
    assert_eq!(alive.sync().0, 0);
    let path = alive.machine.home.path().join("export");
    let word = path.to_str().unwrap();
    assert_eq!(alive.machine.run(&["state", "export", word]).0, 0);
    assert_eq!(alive.machine.run(&["state", "export", word]).0, 0);
    std::fs::write(&path, "somebody's").unwrap();
    let (code, _, error) = alive.machine.run(&["state", "export", word]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("--force"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's");
    assert_eq!(
        alive.machine.run(&["state", "export", "--force", word]).0,
        0
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .contains("slotbridge-state")
    );
}

#[test]
fn a_reader_who_hung_up_has_read_enough_of_an_export() {
    let alive = machine::Alive::server_to_server();
    assert_eq!(alive.sync().0, 0);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = std::process::Command::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .envs(alive.machine.environment())
        .arg("--config")
        .arg(&alive.machine.config)
        .args(["state", "export"])
        .stdout(writer)
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_variable_that_means_nothing_is_told_with_the_right_name() {
    let alive = machine::Alive::server_to_server();
    let mut command = alive.machine.command(&["sync"]);
    command.env("SLOTBRIDGE_SYNC__EVERY", "2m");
    let (code, _, error) = outcome(command);
    assert_eq!(code, 0, "{error}");
    assert!(
        error.contains("SLOTBRIDGE_SYNC__EVERY means nothing"),
        "{error}"
    );
    assert!(
        error.contains("did you mean SLOTBRIDGE__SYNC__EVERY?"),
        "{error}"
    );
}

#[test]
fn what_is_held_is_shown_with_its_time_and_the_commands_that_decide() {
    let alive = machine::Alive::server_to_server();
    alive.machine.rewrite(
        "calendar = \"work\"\n",
        "calendar = \"work\"\ndeleted_in_calendar = \"hold\"\n",
    );
    alive.book();
    assert_eq!(alive.sync().0, 0);
    for entry in std::fs::read_dir(&alive.calendar).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(alive.sync().0, 1);
    let (_, json, _) = alive.machine.run(&["held", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let id = json[0]["id"].as_str().unwrap();
    let start: jiff::Timestamp = json[0]["start"].as_str().unwrap().parse().unwrap();
    let berlin = start.in_tz("Europe/Berlin").unwrap();
    let day = berlin.strftime("%Y-%m-%d %H:%M").to_string();
    for words in [&["held", "show", id][..], &["held", "list"]] {
        let mut command = alive.machine.command(words);
        command.env("TZ", "Europe/Berlin");
        let (code, out, _) = outcome(command);
        assert_eq!(code, 0, "{out}");
        assert!(out.contains(&day), "{day}: {out}");
        assert!(out.contains("slotbridge held release"), "{out}");
    }
}

#[rstest]
#[case("install")]
#[case("remove")]
fn a_service_is_for_somebody_or_for_the_machine(#[case] verb: &str) {
    let (code, _, error) = Machine::with("").run(&["service", verb]);
    assert_eq!(code, 2, "{error}");
    assert!(
        error.contains("--user") && error.contains("--system"),
        "{error}"
    );
    let both = ["service", verb, "--user", "--system"];
    assert_eq!(Machine::with("").run(&both).0, 2);
}

#[test]
fn the_starter_file_is_to_be_logged_in_with() {
    let machine = Machine::with("");
    let path = machine.home.path().join("new/config.toml");
    let (_, out, _) = machine.run(&["config", "init", path.to_str().unwrap()]);
    let (login, sync) = (out.find("slotbridge login"), out.find("sync --dry-run"));
    assert!(login.is_some() && login < sync, "{out}");
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
