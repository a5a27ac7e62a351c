//! Secrets that cannot be had, that come later, and that change while slotbridge runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::Bench;
use super::busy::{event, span};
use super::daemon::{Daemon, created, listening};
use super::servers::{PASSWORD, USER};
use super::side::Side::{Radicale, Vdir};

const CLIENT: &str = "\"demo-client-secret\"";

/// The password of the calendar is in a file, which is not there yet.
fn in_file(bench: &Bench) -> PathBuf {
    let path = bench.home.path().join("dav-password");
    bench.configure(|text| with_password(text, &file(&path)));
    path
}

fn file(path: &std::path::Path) -> String {
    format!("{{ file = \"{}\" }}", path.display())
}

fn with_password(text: String, form: &str) -> String {
    listening(text).replace(&format!("\"{PASSWORD}\""), form)
}

fn put(path: &std::path::Path, secret: &str) {
    fs::write(path, secret).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_password_that_comes_after_the_start_is_taken_by_the_next_pass() {
    let bench = Bench::new(Radicale, "");
    let booking = bench.book(3);
    let path = in_file(&bench);
    let mut daemon = Daemon::start(&bench);
    let line = daemon.until("dav-password");
    for word in ["config.toml:", "calendar.work.password", "No such file"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert_eq!(bench.sync(&[]).code, 3);
    put(&path, PASSWORD);
    let run = bench.sync(&[]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(bench.entry(&booking).contains("BEGIN:VEVENT"));
    daemon.end();
}

#[test]
fn the_secret_of_the_app_that_comes_after_the_start_is_taken_by_the_next_pass() {
    let bench = Bench::new(Vdir, "");
    bench.book(3);
    let path = bench.home.path().join("client-secret");
    bench.configure(|text| listening(text).replace(CLIENT, &file(&path)));
    let mut daemon = Daemon::start(&bench);
    daemon.until("zoom.auth.client_secret");
    let run = bench.sync(&[]);
    assert_eq!(run.code, 3, "{run:#?}");
    assert!(run.stdout.contains("config.toml:"), "{run:#?}");
    put(&path, "demo-client-secret");
    let run = bench.sync(&[]);
    assert_eq!(run.code, 0, "{run:#?}");
    daemon.end();
}

/// The daemon serves meanwhile, and webhooks are taken as soon as their secret is there.
#[test]
fn a_secret_of_webhooks_that_comes_after_the_start_is_taken_by_the_next_pass() {
    let bench = Bench::new(Vdir, "");
    let path = bench.home.path().join("webhook-secret");
    bench.configure(|text| listening(text).replace("\"hush-webhook-secret\"", &file(&path)));
    let mut daemon = Daemon::start(&bench);
    assert_eq!(daemon.get("/healthz").status, 200);
    let booking = bench.book(3);
    assert_eq!(daemon.tell(&created(&bench, &booking)).status, 503);
    daemon.until("pass done");
    put(&path, "hush-webhook-secret");
    assert_eq!(bench.sync(&[]).code, 0);
    let booking = bench.book(4);
    assert_eq!(daemon.tell(&created(&bench, &booking)).status, 204);
    daemon.end();
}

#[test]
fn a_changed_password_reaches_the_running_daemon() {
    let bench = Bench::new(Radicale, "");
    let path = in_file(&bench);
    put(&path, "not it\n");
    bench.book(3);
    let mut daemon = Daemon::start(&bench);
    daemon.until("(401)");
    let refused = bench.sync(&[]);
    assert_eq!(refused.code, 3, "{refused:#?}");
    put(&path, &format!("{PASSWORD}\n"));
    let run = bench.sync(&[]);
    assert_eq!(run.code, 0, "{run:#?}");
    daemon.end();
}

#[test]
fn a_changed_client_secret_reaches_the_running_daemon() {
    let bench = Bench::new(Vdir, "");
    let path = bench.home.path().join("client-secret");
    put(&path, "not it\n");
    bench.configure(|text| listening(text).replace(CLIENT, &file(&path)));
    bench.book(3);
    let mut daemon = Daemon::start(&bench);
    daemon.until("invalid_client");
    put(&path, "demo-client-secret\n");
    let run = bench.sync(&[]);
    assert_eq!(run.code, 0, "{run:#?}");
    daemon.end();
}

/// A command that prints short-lived words: each is good until the next is asked for.
#[test]
fn a_command_is_run_again_when_what_it_printed_is_refused_and_once_in_a_pass() {
    let bench = Bench::new(Radicale, "");
    let home = bench.home.path();
    put(&home.join("word"), "not it");
    let script = home.join("print");
    fs::write(
        &script,
        format!(
            "#!/bin/sh\necho run >> {0}/runs\ncat {0}/word\n",
            home.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let runs = || {
        let text = fs::read_to_string(home.join("runs")).unwrap_or_default();
        text.lines().count()
    };
    let form = format!("{{ command = [\"{}\"] }}", script.display());
    bench.configure(|text| with_password(text, &form));
    let mut daemon = Daemon::start(&bench);
    daemon.until("(401)");
    assert_eq!(
        runs(),
        1,
        "what was printed just now is not asked for again"
    );
    // A person who asks for a pass has it run again: once, however many requests are refused.
    assert_eq!(bench.sync(&[]).code, 3);
    assert_eq!(runs(), 2);
    put(&home.join("word"), PASSWORD);
    assert_eq!(bench.sync(&[]).code, 0);
    assert_eq!(runs(), 3);
    // What works is kept.
    assert_eq!(bench.sync(&[]).code, 0);
    assert_eq!(runs(), 3);
    daemon.end();
}

fn sources(bench: &Bench, form: &str) -> String {
    let own = bench.shelf.config();
    let url = own.lines().find(|line| line.starts_with("url")).unwrap();
    format!(
        "[[calendar]]\nname = \"team\"\nkind = \"caldav\"\n{url}\nusername = \"{USER}\"\npassword = {form}\n"
    )
}

/// What was read of it before stays in force, and everything else is done.
#[rstest]
#[case::file("{ file = \"/nowhere/secret\" }", "/nowhere/secret")]
#[case::command("{ command = [\"false\"] }", "running false")]
#[case::variable("{ env = \"NOT_SET_HERE\" }", "NOT_SET_HERE")]
fn a_source_without_its_secret_stops_only_itself(#[case] form: &str, #[case] cause: &str) {
    let busy = "[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\", \"team\"]\nto = \"zoom_calendar\"\nfuture = \"30d\"\n";
    let bench = Bench::flows(Radicale, "", AccountOptions::default());
    let write = |form: &str| {
        let tables = sources(&bench, form);
        bench.configure(|text| text + busy + &tables);
    };
    write(&format!("\"{PASSWORD}\""));
    bench
        .shelf
        .put("lunch.ics", &event("lunch", span(3, 9, 10)));
    bench.pass();
    write(form);
    let booking = bench.book(5);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    let errors = run.host()["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{run:#?}");
    let said = errors[0].to_string();
    for word in ["calendar.team.password", "config.toml:", cause] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(bench.entry(&booking).contains("BEGIN:VEVENT"));
    let status = bench.run(&["status"]);
    assert!(
        status.stdout.contains("calendar.team.password"),
        "{status:#?}"
    );
}

/// A secret that does not come is not waited for at the end.
#[test]
fn a_command_that_hangs_keeps_no_daemon_from_ending() {
    let bench = Bench::new(Radicale, "");
    let form = "{ command = [\"sleep\", \"600\"] }";
    bench.configure(|text| with_password(text, form));
    let mut daemon = Daemon::spawn(bench.command(&["-vv", "run"]).stdin(Stdio::null()));
    daemon.until("running the command of a secret");
    daemon.end();
}

/// Webhooks that are taken are not given up for a secret that is not there.
#[test]
fn a_reload_without_the_secret_of_webhooks_leaves_the_old_configuration_in_force() {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    let mut daemon = Daemon::ready(&bench);
    let missing = "{ file = \"webhook-secret\" }";
    bench.configure(|text| listening(text).replace("\"hush-webhook-secret\"", missing));
    daemon.signal("-HUP");
    daemon.until("the old one stays in force");
    let booking = bench.book(3);
    assert_eq!(daemon.tell(&created(&bench, &booking)).status, 204);
    let logged = daemon.end();
    assert!(logged.contains("zoom.webhook.secret_token"), "{logged}");
}
