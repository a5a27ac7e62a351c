//! `slotbridge check`: everything is in order, or each mistake has its words, its remedy and its
//! exit code, and stops nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;
use serde_json::Value;
use slotbridge::adapters::system::SystemClock;
use slotbridge::demo::account::{AccountOptions, Discovery, Fault, Scope};
use slotbridge::ports::clock::Clock as _;

use super::bench::{Bench, EVENTS, Run};
use super::daemon::{Daemon, SECRET, listening};
use super::feed_server::Server as FeedServer;
use super::proxy::Break;
use super::side::Side::{self, Radicale, Vdir, Xandikos};
use super::{check_tls, ics};

const BUSY: &str = "[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\"]\n[host.hours]\ncalendar = \"work\"\n";

pub fn check(bench: &Bench) -> Run {
    let run = bench.run(&["check", "--json"]);
    assert_eq!(run.json["version"], 1, "{run:#?}");
    run
}

fn items(run: &Run) -> &Vec<Value> {
    run.json["items"].as_array().unwrap()
}

pub fn item<'a>(run: &'a Run, name: &str, object: &str) -> &'a Value {
    let found = items(run)
        .iter()
        .find(|item| item["name"] == name && item["object"] == object);
    found.unwrap_or_else(|| panic!("no {name} of {object}: {run:#?}"))
}

fn failed(run: &Run) -> Vec<(&str, &str)> {
    let failed = items(run).iter().filter(|item| item["state"] == "failed");
    failed
        .map(|item| {
            (
                item["name"].as_str().unwrap(),
                item["object"].as_str().unwrap(),
            )
        })
        .collect()
}

/// What went wrong, why, what to do: in the item of this name.
#[track_caller]
pub fn says(run: &Run, code: i32, (name, object): (&str, &str), cause: &str, remedy: &str) {
    assert_eq!(run.code, code, "{run:#?}");
    let item = item(run, name, object);
    let word = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
    assert!(word("seen").contains(cause), "{cause}: {item}");
    assert!(word("hint").contains(remedy), "{remedy}: {item}");
}

fn with(bench: &Bench, from: &str, to: &str) {
    bench.configure(|text| {
        assert!(text.contains(from), "{from}: {text}");
        text.replace(from, to)
    });
}

#[rstest]
fn all_is_in_order_and_nothing_is_left_behind(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = Bench::flows(side, BUSY, AccountOptions::default());
    bench.book(1);
    bench.clean_passes(3);
    let before = bench.entries();
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json["ok"], true);
    for item in items(&run) {
        // Nothing runs, and not every machine has systemd: that is neither right nor wrong.
        let note = ["daemon", "systemd"].contains(&item["name"].as_str().unwrap());
        assert!(
            item["state"] == "ok" || note && item["state"] == "note",
            "{run:#?}"
        );
    }
    assert_eq!(item(&run, "daemon", "slotbridge run")["state"], "note");
    for name in [
        "Zoom token",
        "Zoom scopes",
        "secret",
        "state",
        "state directory",
        "free disk",
        "systemd",
    ] {
        assert!(
            items(&run).iter().any(|item| item["name"] == name),
            "{name}"
        );
    }
    assert!(
        item(&run, "calendar, writing", "work")["seen"]
            .as_str()
            .unwrap()
            .contains("removed")
    );
    if side != Vdir {
        let changes = item(&run, "calendar, changes", "work");
        assert!(
            changes["seen"]
                .as_str()
                .unwrap()
                .contains("sync-collection")
        );
        item(&run, "calendar, etags", "work");
        item(&run, "calendar, unknown properties", "work");
    }
    assert_eq!(bench.entries(), before);
    bench.is_settled();
    let words = bench.run(&["check"]);
    assert_eq!(words.code, 0);
    assert!(
        words
            .stdout
            .contains("everything that was tried is in order"),
        "{words:#?}"
    );
    assert!(!words.said().contains("correct horse"));
}

#[test]
fn nothing_at_all_is_made_before_the_first_pass() {
    let bench = Bench::flows(Vdir, BUSY, AccountOptions::default());
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(!bench.state().exists());
    assert!(
        bench
            .zoom_writes()
            .iter()
            .all(|write| write.contains("no-such-booking"))
    );
}

#[rstest]
#[case::where_nobody_logged_in("", 3)]
#[case::with_a_token_to_begin_with("refresh_token", 0)]
fn a_state_that_is_not_there_yet_is_said_as_it_is(#[case] given: &str, #[case] code: i32) {
    let bench = Bench::new(Vdir, "");
    let first = bench.account.options().refresh_token.clone();
    bench.configure(|text| match given {
        "" => as_user(&text, "").replace("refresh_token = \"\"\n", ""),
        _ => as_user(&text, &first),
    });
    let run = check(&bench);
    assert_eq!(run.code, code, "{run:#?}");
    let dir = bench.state().display().to_string();
    let seen = item(&run, "state directory", &dir)["seen"]
        .as_str()
        .unwrap();
    if given.is_empty() {
        assert!(seen.contains("the first pass makes it"), "{seen}");
        assert!(!bench.state().exists(), "nothing had to be kept");
    } else {
        assert!(seen.contains("made now"), "{seen}");
        assert!(
            bench.state().exists(),
            "the token that took its place is kept"
        );
    }
}

#[test]
fn a_state_that_cannot_be_made_is_told_and_nothing_is_left_behind() {
    let bench = Bench::new(Vdir, "");
    let parent = bench.state().parent().unwrap().to_owned();
    fs::create_dir_all(&parent).unwrap();
    // What root may write to, nobody can: a file in the way stops root, too.
    let dir = parent.join("file/state");
    fs::write(parent.join("file"), "").unwrap();
    let dir = dir.display().to_string();
    let run = bench.run(&["check", "--json", "--state-dir", &dir]);
    says(
        &run,
        5,
        ("state directory", &dir),
        "Not a directory",
        "--state-dir",
    );
    let run = bench.run(&["check", "--json", "--state-dir", "/proc/slotbridge/state"]);
    let cause = "preparing the state directory";
    let object = "/proc/slotbridge/state";
    says(&run, 5, ("state directory", object), cause, "--state-dir");
    check(&bench);
    let left = fs::read_dir(&parent).unwrap().flatten();
    let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    left.sort();
    assert_eq!(left, ["calendar", "config.toml", "file"]);
}

#[rstest]
#[case::on_no_path("nosuchprogram", "not found")]
#[case::no_program("/etc/passwd", "not executable")]
#[case::not_there("/nonexist/tell", "not found")]
#[case::there("true", "")]
fn the_command_for_failures_is_looked_for(#[case] program: &str, #[case] cause: &str) {
    let bench = Bench::new(Vdir, "");
    with(
        &bench,
        "[zoom]",
        &format!("[sync]\non_failure = [\"{program}\", \"x\"]\n[zoom]"),
    );
    let run = check(&bench);
    if cause.is_empty() {
        assert_eq!(item(&run, "command", "sync.on_failure")["state"], "ok");
        return;
    }
    says(
        &run,
        1,
        ("command", "sync.on_failure"),
        cause,
        "the whole path",
    );
}

#[test]
fn a_directory_of_calendars_is_told_with_the_calendars_in_it() {
    let bench = Bench::new(Vdir, "");
    let home = tempfile::tempdir().unwrap();
    for (name, file) in [
        ("private", "a.ics"),
        ("team", "b.ics"),
        ("empty", "note.txt"),
    ] {
        fs::create_dir(home.path().join(name)).unwrap();
        fs::write(home.path().join(name).join(file), "").unwrap();
    }
    bench.configure(|text| {
        let path = home.path().display();
        format!("{text}\n[[calendar]]\nname = \"all\"\nkind = \"vdir\"\npath = \"{path}\"\n")
    });
    let run = check(&bench);
    says(&run, 0, ("calendar", "all"), "private, team", "/private");
    let found = item(&run, "calendar", "all");
    assert_eq!(found["state"], "warning");
    assert!(!found.to_string().contains("empty"), "{found}");
}

#[rstest]
#[case::dead(-400, "Mon, 05 Jan 2015 08:00:00 GMT", "warning")]
#[case::quiet_but_fresh(-400, "today", "ok")]
#[case::old_but_with_events(3, "Mon, 05 Jan 2015 08:00:00 GMT", "ok")]
#[case::far_ahead_only(500, "Mon, 05 Jan 2015 08:00:00 GMT", "warning")]
fn a_feed_that_looks_dead_is_told(#[case] days: i64, #[case] changed: &str, #[case] state: &str) {
    let now = SystemClock.now();
    let start = now + jiff::SignedDuration::from_hours(24 * days);
    let body = ics::foreign("one", "hush-title", start);
    let changed = match changed {
        "today" => jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&now)
            .unwrap(),
        date => date.to_owned(),
    };
    let head = format!("Last-Modified: {changed}\r\n").leak();
    let feed = FeedServer::saying("200 OK", head, body);
    let bench = Bench::new(Vdir, "");
    let url = feed.at("127.0.0.1", "/family.ics");
    bench.configure(|text| {
        format!("{text}\n[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"{url}\"\n")
    });
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    let found = item(&run, "feed", "family");
    assert_eq!(found["state"], state, "{found}");
    if state == "warning" {
        says(
            &run,
            0,
            ("feed", "family"),
            "in the coming year",
            "copy its address anew",
        );
    }
}

#[rstest]
#[case::client_secret("demo-client-secret", "wrong", "HTTP 401", "zoom.auth.client_secret")]
#[case::account_id("demo-account", "wrong", "HTTP 400", "zoom.auth.account_id")]
fn a_wrong_app_is_told_by_its_keys(
    #[case] from: &str,
    #[case] to: &str,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let bench = Bench::new(Vdir, "");
    with(&bench, from, to);
    let run = check(&bench);
    says(&run, 3, ("Zoom token", "zoom.auth"), cause, remedy);
    assert_eq!(item(&run, "calendar", "work")["state"], "ok");
}

#[test]
fn a_user_who_never_opened_scheduler_is_told() {
    let bench = Bench::new(Vdir, "");
    with(&bench, "\"me\"", "\"nobody@example.org\"");
    let run = check(&bench);
    let of = ("Zoom user", "alice");
    says(
        &run,
        1,
        of,
        "HTTP 404",
        "open Zoom Scheduler once as this user",
    );
    assert_eq!(failed(&run), [of]);
}

#[rstest]
#[case::reading(
    "GET",
    "Zoom bookings, reading",
    "scheduler:read:list_scheduled_events"
)]
#[case::changing("PATCH", "Zoom bookings, changing", "scheduler:update:scheduled_event")]
fn a_missing_scope_is_named(#[case] method: &str, #[case] name: &str, #[case] scope: &str) {
    let bench = Bench::new(Vdir, "");
    bench
        .account
        .faults()
        .always(method, EVENTS, Fault::Status(403));
    let run = check(&bench);
    says(&run, 3, (name, "alice"), "HTTP 403", scope);
    assert_eq!(failed(&run), [(name, "alice")]);
}

#[rstest]
#[case::wanted("zoom_calendar", 3)]
#[case::auto("auto", 0)]
fn a_zoom_calendar_without_a_scope_matters_only_where_it_is_wanted(
    #[case] to: &str,
    #[case] code: i32,
) {
    let mut options = AccountOptions::default();
    options.calendar.scope = Scope::Missing(403);
    let flows = BUSY.replace("[host.busy]", &format!("[host.busy]\nto = \"{to}\""));
    let bench = Bench::flows(Vdir, &flows, options);
    let run = check(&bench);
    assert_eq!(run.code, code, "{run:#?}");
    let seen = item(&run, "Zoom calendar", "alice")["seen"]
        .as_str()
        .unwrap();
    assert_eq!(
        seen.contains("goes to the availability"),
        code == 0,
        "{seen}"
    );
}

/// What Zoom says the app may do is told, whatever it then refuses.
#[rstest]
#[case::all("scheduler:read scheduler:write", true, 0, "has all that", "")]
#[case::by_name(
    "scheduler:read:admin scheduler:update:scheduled_event:admin",
    true,
    3,
    "lacks scheduler:update:availability (to write hours, and busy time as overrides)",
    "activate it again"
)]
#[case::nothing_said("", false, 0, "does not say", "")]
#[case::only_better(
    "scheduler:read scheduler:write",
    false,
    0,
    "calendar:write:event (to create blocks)",
    ""
)]
#[case::none_of_it(
    "user:read",
    false,
    3,
    "scheduler:read:list_scheduled_events (to list the bookings)",
    "add these scopes to the app"
)]
fn scopes_that_the_flows_need_are_looked_for(
    #[case] scopes: &str,
    #[case] calendar: bool,
    #[case] code: i32,
    #[case] seen: &str,
    #[case] remedy: &str,
) {
    let mut options = AccountOptions::default();
    scopes.clone_into(&mut options.scopes);
    if !calendar {
        options.calendar.scope = Scope::Missing(400);
    }
    let bench = Bench::flows(Vdir, BUSY, options);
    let run = check(&bench);
    let of = ("Zoom scopes", "zoom.auth");
    says(&run, code, of, seen, remedy);
    assert_eq!(failed(&run).contains(&of), code == 3, "{run:#?}");
}

#[test]
fn a_zoom_calendar_that_is_not_shown_is_no_failure_by_itself() {
    let mut options = AccountOptions::default();
    options.calendar.discovery = Discovery::Empty;
    let bench = Bench::flows(Vdir, BUSY, options);
    assert_eq!(check(&bench).code, 0);
}

#[test]
fn an_availability_that_is_not_there_is_told() {
    let flows = format!("{BUSY}availability = \"Nights\"\n");
    let bench = Bench::flows(Vdir, &flows, AccountOptions::default());
    let run = check(&bench);
    let of = ("Zoom availability", "alice");
    says(
        &run,
        1,
        of,
        "none of the 1 has that name or id",
        "[host.hours]",
    );
}

#[test]
fn a_wrong_calendar_address_is_told() {
    let bench = Bench::new(Radicale, "");
    bench.configure(|text| {
        let (before, rest) = text.split_once("/alice/t").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        format!("{before}/alice/nowhere/\"{after}")
    });
    let run = check(&bench);
    assert_eq!(run.code, 1, "{run:#?}");
    let item = item(&run, "calendar", "work");
    assert!(
        item["seen"]
            .as_str()
            .unwrap()
            .contains("no calendar at the address"),
        "{item}"
    );
    assert!(
        item["hint"]
            .as_str()
            .unwrap()
            .contains("on the same server there are"),
        "{item}"
    );
}

#[test]
fn a_wrong_calendar_password_is_told() {
    let bench = Bench::new(Radicale, "");
    with(&bench, "correct horse", "battery staple");
    let run = check(&bench);
    let of = ("calendar", "work");
    says(
        &run,
        3,
        of,
        "refused the credentials (401)",
        "check username and password",
    );
    assert_eq!(failed(&run), [of]);
    assert!(!run.said().contains("battery"));
}

#[test]
fn a_read_only_calendar_is_told_where_it_is_written_to() {
    let mut bench = Bench::new(Radicale, "");
    bench.shelf.make_read_only();
    bench.configure(|text| text);
    let run = check(&bench);
    let of = ("calendar, writing", "work");
    says(
        &run,
        3,
        of,
        "the server answered 403",
        "may only read the calendar",
    );
    assert_eq!(failed(&run), [of]);
    assert!(bench.entries().is_empty());
}

#[test]
fn a_calendar_that_is_only_read_is_not_written_to() {
    let bench = Bench::flows(
        Radicale,
        "[host.busy]\nfrom = [\"work\"]\n",
        AccountOptions::default(),
    );
    assert_eq!(check(&bench).code, 0);
    assert!(bench.calendar_writes().is_empty());
}

#[rstest]
#[case::half_a_minute(-20, "ok", 0)]
#[case::some_minutes(-200, "warning", 0)]
#[case::an_hour(3_600, "failed", 1)]
fn a_clock_that_is_off_is_told(#[case] seconds: i64, #[case] state: &str, #[case] code: i32) {
    let bench = Bench::new(Radicale, "");
    bench.proxy().shift_clock(seconds);
    let run = check(&bench);
    let clock = item(&run, "clock", "work");
    assert_eq!(clock["state"], state, "{run:#?}");
    assert_eq!(run.code, code, "{run:#?}");
    if state != "ok" {
        assert!(
            clock["hint"].as_str().unwrap().contains("set-ntp"),
            "{clock}"
        );
    }
}

#[rstest]
#[case::name(
    "https://dav.invalid/alice/",
    4,
    "dns",
    "check the network, the address of dav.invalid"
)]
#[case::port(
    "http://127.0.0.1:9/alice/",
    4,
    "refused",
    "check the network, the address of 127.0.0.1"
)]
fn a_server_that_cannot_be_reached_is_told(
    #[case] url: &str,
    #[case] code: i32,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let bench = Bench::new(Vdir, "");
    bench.configure(|text| {
        format!("{text}\n[[calendar]]\nname = \"far\"\nkind = \"caldav\"\nurl = \"{url}\"\n")
    });
    let run = check(&bench);
    says(&run, code, ("calendar", "far"), cause, remedy);
    assert_eq!(failed(&run), [("calendar", "far")]);
}

#[rstest]
#[case::calendar(
    "[[calendar]]\nname = \"far\"\nkind = \"caldav\"\nurl = \"http://dav.example.org/alice/\"\n",
    "calendar.far.url"
)]
fn plain_http_to_another_machine_is_a_mistake_of_the_configuration(
    #[case] table: &str,
    #[case] key: &str,
) {
    let bench = Bench::new(Vdir, "");
    bench.configure(|text| format!("{text}\n{table}"));
    let run = bench.run(&["check"]);
    assert_eq!(run.code, 2, "{run:#?}");
    for words in [key, "is not encrypted", "use https://"] {
        assert!(run.stderr.contains(words), "{words}: {run:#?}");
    }
}

#[test]
fn what_no_flow_needs_may_be_hidden_from_the_app() {
    let bench = Bench::new(Vdir, "");
    for path in ["users", "schedules", "availability"] {
        let path = format!("/v2/scheduler/{path}");
        bench
            .account
            .faults()
            .always("GET", &path, Fault::Status(403));
    }
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    for name in ["Zoom user", "Zoom booking pages", "Zoom availability"] {
        let item = item(&run, name, "alice");
        assert_eq!(item["state"], "note", "{item}");
        assert!(
            item["seen"]
                .as_str()
                .unwrap()
                .contains("nothing here needs it")
        );
    }
    // With busy time, the availability is needed.
    let bench = Bench::flows(Vdir, BUSY, AccountOptions::default());
    let path = "/v2/scheduler/availability";
    bench
        .account
        .faults()
        .always("GET", path, Fault::Status(403));
    let run = check(&bench);
    let of = ("Zoom availability", "alice");
    says(&run, 3, of, "HTTP 403", "scheduler:read:list_availability");
}

#[test]
fn a_zoom_that_is_away_is_told_once() {
    let mut bench = Bench::new(Vdir, "");
    bench.stop_zoom();
    let run = check(&bench);
    let of = ("Zoom token", "zoom.auth");
    says(&run, 4, of, "refused", "check the network");
    assert_eq!(failed(&run), [of]);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told() {
    let bench = Bench::new(Vdir, "");
    let address = check_tls::start();
    bench.configure(|text| {
        format!("{text}\n[[calendar]]\nname = \"far\"\nkind = \"caldav\"\nurl = \"https://{address}/alice/\"\n")
    });
    let run = check(&bench);
    says(
        &run,
        4,
        ("calendar", "far"),
        "certificate",
        "its TLS certificate",
    );
}

#[rstest]
#[case::gone("404 Not Found", "no", "failed", "404", "copy its address anew")]
#[case::page(
    "200 OK",
    "<!DOCTYPE html><html></html>",
    "failed",
    "web page",
    "ending in .ics"
)]
#[case::empty(
    "200 OK",
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "warning",
    "no events at all",
    "copy its address anew"
)]
fn a_feed_that_shows_nothing_is_told(
    #[case] status: &'static str,
    #[case] body: &'static str,
    #[case] state: &str,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let feed = FeedServer::saying(status, "", body);
    let bench = Bench::new(Vdir, "");
    let url = feed.at("127.0.0.1", "/hush-feed.ics");
    bench.configure(|text| {
        format!("{text}\n[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"{url}\"\n")
    });
    let run = check(&bench);
    says(
        &run,
        i32::from(state == "failed"),
        ("feed", "family"),
        cause,
        remedy,
    );
    assert_eq!(item(&run, "feed", "family")["state"], state);
    assert!(!run.said().contains("hush-feed"));
}

#[test]
fn a_feed_says_how_much_is_in_it_and_how_old_it_is() {
    let body = ics::foreign("one", "hush-title", super::bench::at(3, 9));
    let feed = FeedServer::saying(
        "200 OK",
        "Last-Modified: Mon, 05 Jan 2026 08:00:00 GMT\r\n",
        body,
    );
    let bench = Bench::new(Vdir, "");
    let url = feed.at("127.0.0.1", "/family.ics");
    bench.configure(|text| {
        format!("{text}\n[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"{url}\"\n")
    });
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    let seen = item(&run, "feed", "family")["seen"].as_str().unwrap();
    assert!(
        seen.starts_with("1 events; last changed") && seen.ends_with("days ago"),
        "{seen}"
    );
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let bench = Bench::new(Vdir, "");
    bench.shelf.remove();
    let run = check(&bench);
    says(
        &run,
        1,
        ("calendar", "work"),
        "calendar directory",
        "mount it or create it",
    );
}

#[rstest]
#[case::file(
    "{ file = \"/nowhere/secret\" }",
    "reading /nowhere/secret",
    "readable by the user"
)]
#[case::command(
    "{ command = [\"false\"] }",
    "running false",
    "run the command by hand"
)]
#[case::variable(
    "{ env = \"NOT_SET_HERE\" }",
    "NOT_SET_HERE is not set",
    "set it where"
)]
fn a_secret_that_cannot_be_had_stops_only_what_needs_it(
    #[case] secret: &str,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let bench = Bench::new(Radicale, "");
    with(&bench, "\"correct horse\"", secret);
    let run = check(&bench);
    let key = "calendar \"work\".password";
    let object = failed(&run).first().map(|(_, object)| (*object).to_owned());
    assert!(object.is_some(), "{key}: {run:#?}");
    says(&run, 2, ("secret", &object.unwrap()), cause, remedy);
    assert_eq!(item(&run, "calendar", "work")["state"], "warning");
    assert_eq!(item(&run, "Zoom user", "alice")["state"], "ok");
}

#[test]
fn a_secret_that_everybody_can_read_is_told() {
    let bench = Bench::new(Vdir, "");
    let path = bench.home.path().join("hush");
    fs::write(&path, "demo-client-secret").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let form = format!("{{ file = \"{}\" }}", path.display());
    with(&bench, "\"demo-client-secret\"", &form);
    let run = check(&bench);
    says(
        &run,
        0,
        ("configuration", "settings"),
        "can be read by everybody",
        "chmod 600",
    );
}

#[test]
fn a_state_that_others_may_look_into_is_told_and_left_as_it_is() {
    let bench = Bench::new(Vdir, "");
    fs::create_dir(bench.state()).unwrap();
    fs::set_permissions(bench.state(), fs::Permissions::from_mode(0o755)).unwrap();
    let run = check(&bench);
    let object = bench.state().display().to_string();
    says(
        &run,
        0,
        ("state directory", &object),
        "mode 755",
        "chmod 700",
    );
    assert_eq!(
        fs::metadata(bench.state()).unwrap().permissions().mode() & 0o777,
        0o755
    );
}

#[test]
fn a_state_that_is_none_is_told() {
    let bench = Bench::new(Vdir, "");
    fs::write(bench.state(), "").unwrap();
    let run = check(&bench);
    let object = bench.state().display().to_string();
    says(
        &run,
        5,
        ("state directory", &object),
        "no directory",
        "remove the file",
    );
    assert_eq!(item(&run, "calendar", "work")["state"], "ok");
}

#[test]
fn a_webhook_that_nobody_takes_is_not_said_to_be_in_order() {
    let bench = Bench::new(Vdir, "");
    let of = ("webhook", "zoom.webhook");
    for (public, seen) in [
        ("", "http.public_url is not set"),
        (
            "public_url = \"https://cal.example.org\"\nadmin_token = \"hush-admin-of-some-length\"\n",
            "not tried: no slotbridge runs",
        ),
    ] {
        let table = format!("{public}[zoom.webhook]");
        bench.configure(|text| listening(text).replace("[zoom.webhook]", &table));
        let run = check(&bench);
        says(&run, 0, of, seen, "run this again");
        assert_eq!(item(&run, of.0, of.1)["state"], "note");
        let words = bench.run(&["check"]).stdout;
        assert!(
            words.contains("everything that was tried is in order"),
            "{words}"
        );
    }
}

#[test]
fn without_a_public_address_the_webhook_is_asked_where_it_listens() {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    let daemon = Daemon::ready(&bench);
    let address = daemon.address.to_string();
    let asking = |secret: &str| {
        bench.configure(|text| {
            let text = listening(text).replace("127.0.0.1:0", &address);
            text.replace(SECRET, secret)
        });
        check(&bench)
    };
    let run = asking(SECRET);
    let of = ("webhook", "zoom.webhook");
    says(
        &run,
        0,
        of,
        "answers Zoom's question at http.listen",
        "/webhooks/zoom",
    );
    assert_eq!(item(&run, of.0, of.1)["state"], "warning");
    says(&run, 0, ("http", &address), "slotbridge answers there", "");
    let run = asking("hush-another");
    says(
        &run,
        3,
        of,
        "another secret token",
        "zoom.webhook.secret_token",
    );
}

#[test]
fn a_daemon_that_listens_elsewhere_is_found_and_that_is_said() {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    let daemon = Daemon::ready(&bench);
    let there = daemon.address.to_string();
    let other = FeedServer::saying("200 OK", "", "hello");
    let other = url::Url::parse(&other.at("127.0.0.1", "/")).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free_port = free.local_addr().unwrap().port();
    drop(free);
    for port in [other.port().unwrap(), free_port] {
        let address = format!("127.0.0.1:{port}");
        bench.configure(|text| listening(text).replace("127.0.0.1:0", &address));
        let run = check(&bench);
        says(&run, 0, ("http", &there), &address, "reload");
        assert_eq!(item(&run, "http", &there)["state"], "warning");
    }
}

#[test]
fn a_question_that_zoom_did_not_answer_is_no_right() {
    let bench = Bench::new(Vdir, "");
    let faults = bench.account.faults();
    faults.always("PATCH", EVENTS, Fault::Status(500));
    let run = check(&bench);
    let of = ("Zoom bookings, changing", "alice");
    says(&run, 4, of, "HTTP 500", "");
    assert_eq!(failed(&run), [of]);
}

#[test]
fn the_webhook_is_asked_through_the_public_address_as_zoom_asks() {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    let daemon = Daemon::ready(&bench);
    let address = daemon.address.to_string();
    let asking = |path: &str, secret: &str| {
        let public = format!("public_url = \"http://{address}{path}\"\n[zoom.webhook]");
        bench.configure(|text| {
            listening(text)
                .replace("127.0.0.1:0", &address)
                .replace("[zoom.webhook]", &public)
                .replace(SECRET, secret)
        });
        check(&bench)
    };
    let asked = ("webhook", "zoom.webhook");
    // Zoom itself would not ask there; but what it asks is answered.
    let run = asking("", SECRET);
    says(&run, 0, asked, "answers Zoom's question", "certificate");
    let run = asking("/elsewhere/", SECRET);
    says(&run, 1, asked, "HTTP 404", "pass /webhooks/zoom on");
    let run = asking("", "hush-another");
    says(
        &run,
        3,
        asked,
        "another secret token",
        "zoom.webhook.secret_token",
    );
    assert!(!run.json.to_string().contains("hush-"), "{run:#?}");
}

fn as_user(text: &str, refresh: &str) -> String {
    text.replace("server_to_server", "user").replace(
        "account_id = \"demo-account\"",
        &format!("refresh_token = \"{refresh}\""),
    )
}

#[test]
fn while_the_daemon_runs_its_token_is_lent_and_none_is_used_up() {
    let bench = Bench::new(Vdir, "");
    let first = bench.account.options().refresh_token.clone();
    bench.configure(|text| as_user(&listening(text), &first));
    let daemon = Daemon::ready(&bench);
    let good = bench.account.refresh_token();
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    let token = item(&run, "Zoom token", "zoom.auth");
    assert!(
        token["seen"].as_str().unwrap().contains("running daemon"),
        "{token}"
    );
    assert_eq!(item(&run, "Zoom user", "alice")["state"], "ok");
    says(&run, 0, ("Zoom scopes", "zoom.auth"), "has all that", "");
    let seen = item(&run, "daemon", "slotbridge run")["seen"]
        .as_str()
        .unwrap();
    assert!(seen.starts_with("running (pid"), "{seen}");
    assert_eq!(bench.account.refresh_token(), good);
    daemon.end();
    // Without it, the refresh goes through the state: the next pass finds the new one there.
    assert_eq!(check(&bench).code, 0);
    bench.pass();
}

#[test]
fn nobody_who_logged_in_is_told() {
    let bench = Bench::new(Vdir, "");
    bench.configure(|text| as_user(&text, "").replace("refresh_token = \"\"\n", ""));
    let run = check(&bench);
    says(
        &run,
        3,
        ("Zoom token", "zoom.auth"),
        "nobody has logged in yet",
        "refresh_token",
    );
}

#[test]
fn the_test_object_is_removed_though_the_rest_fails() {
    let bench = Bench::new(Radicale, "");
    bench.proxy().on_nth(2, "PUT", Break::Before);
    let run = check(&bench);
    assert_eq!(failed(&run), [("calendar, writing", "work")]);
    assert_eq!(bench.proxy().heal(), 0);
    assert!(bench.entries().is_empty(), "{:?}", bench.entries());
}

#[test]
fn a_test_object_that_could_not_be_removed_is_named_and_removed_next_time() {
    let bench = Bench::new(Radicale, "");
    bench.proxy().always("DELETE", Break::Answer(500, &[]));
    let run = check(&bench);
    says(
        &run,
        4,
        ("calendar, writing", "work"),
        "removing the test object",
        "by hand",
    );
    assert_eq!(bench.entries().len(), 1);
    // It is nothing to a pass.
    bench.proxy().heal();
    bench.pass();
    bench.is_settled();
    assert_eq!(check(&bench).code, 0);
    assert!(bench.entries().is_empty());
}
