//! `zoom availability`, `zoom schedules` and `zoom slots` against an account that answers.

use serde_json::Value;
use slotbridge::demo::account::{AccountOptions, AppOwner, EmptySegments, ShowsSegments};

use super::machine::Alive;

const ID: &str = "hours0id4liffdyszsp8kpxl80";
const PATCH: [&str; 4] = ["zoom", "availability", "patch", ID];

fn with(options: AccountOptions) -> Alive {
    Alive::with_options(options, |app| {
        let account = &app.account_id;
        format!("kind = \"server_to_server\"\naccount_id = \"{account}\"")
    })
}

/// Runs a command that works; what it printed.
fn run(alive: &Alive, words: &[&str]) -> String {
    let (code, out, error) = alive.machine.run(words);
    assert_eq!(code, 0, "{words:?}: {error}");
    out
}

fn patch(alive: &Alive, words: &[&str]) -> (i32, String, String) {
    alive.machine.run(&[&PATCH[..], words].concat())
}

fn json(alive: &Alive, words: &[&str]) -> Value {
    serde_json::from_str(&run(alive, words)).unwrap()
}

fn overrides(alive: &Alive) -> Vec<String> {
    let all = alive.account.overrides(ID).into_iter();
    all.map(|span| span.text()).collect()
}

#[test]
fn hours_are_shown_to_people_and_to_programs() {
    let alive = Alive::server_to_server();
    let list = run(&alive, &["zoom", "availability", "list"]);
    assert!(
        list.contains(ID) && list.contains("Europe/Berlin"),
        "{list}"
    );
    let all = json(&alive, &["zoom", "availability", "list", "--json"]);
    assert_eq!(all["items"][0]["availability_id"], ID);
    let one = run(&alive, &["zoom", "availability", "get", ID]);
    assert!(one.contains("mon  09:00-12:00, 13:00-17:00\n"), "{one}");
    assert!(
        one.contains("sun  off\n") && one.contains("no day differs"),
        "{one}"
    );
    let one = json(&alive, &["zoom", "availability", "get", ID, "--json"]);
    assert_eq!(one["time_zone"], "Europe/Berlin");
}

#[test]
fn a_change_leaves_everything_that_it_does_not_name() {
    let alive = Alive::server_to_server();
    let (start, end) = (
        "2027-01-04T09:00:00Z".parse().unwrap(),
        "2027-01-04T10:00:00Z".parse().unwrap(),
    );
    alive.account.add_override(ID, start, end);
    let (code, out, error) = patch(
        &alive,
        &[
            "--override",
            "2026-12-24=off",
            "--weekly",
            "fri=09:00-12:00",
        ],
    );
    assert_eq!((code, out.as_str()), (0, "changed\n"), "{error}");
    assert_eq!(
        overrides(&alive),
        [
            "2027-01-04T09:00:00Z/2027-01-04T10:00:00Z",
            "2026-12-23T23:00:00Z/2026-12-23T23:00:00Z"
        ]
    );
    let one = run(&alive, &["zoom", "availability", "get", ID]);
    assert!(
        one.contains("thu  09:00-12:00, 13:00-17:00\nfri  09:00-12:00\nsat  off\n"),
        "{one}"
    );
    assert!(
        one.contains("2026-12-24  off\n2027-01-04  10:00-11:00\n"),
        "{one}"
    );
    assert_eq!(patch(&alive, &["--name", "Office"]).0, 0);
    assert_eq!(patch(&alive, &["--override", "2026-12-24=usual"]).0, 0);
    assert_eq!(
        overrides(&alive),
        ["2027-01-04T09:00:00Z/2027-01-04T10:00:00Z"]
    );
    assert_eq!(alive.account.availability(ID).unwrap()["name"], "Office");
}

#[test]
fn one_is_made_and_deleted() {
    let alive = Alive::server_to_server();
    let new = [
        "zoom",
        "availability",
        "create",
        "--name",
        "Evenings",
        "--time-zone",
        "UTC",
    ];
    let id = run(
        &alive,
        &[&new[..], &["--weekly", "mon-fri=18:00-20:00"]].concat(),
    );
    let one = alive.account.availability(id.trim()).unwrap();
    assert_eq!(one["segments_recurrence"]["fri"][0]["start"], "18:00");
    assert_eq!(one["segments_recurrence"]["sat"], Value::Array(Vec::new()));
    assert_eq!(
        run(
            &alive,
            &["zoom", "availability", "delete", id.trim(), "--yes"]
        ),
        "deleted\n"
    );
    assert_eq!(alive.account.availability(id.trim()), None);
    let (code, _, error) = alive
        .machine
        .run(&["zoom", "availability", "delete", ID, "--yes"]);
    assert_eq!(code, 1, "it is in use: {error}");
}

#[test]
fn what_zoom_does_not_tell_is_not_lost_without_a_word() {
    let mut options = AccountOptions::default();
    options.availability.shows_segments = ShowsSegments::Never;
    let alive = with(options);
    let noon = "2027-01-04T12:00:00Z".parse().unwrap();
    alive.account.add_override(ID, noon, noon);
    let (code, _, error) = patch(&alive, &["--override", "2026-12-24=off"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("--replace-overrides"), "{error}");
    assert_eq!(overrides(&alive).len(), 1);
    let (code, _, error) = patch(
        &alive,
        &["--override", "2026-12-24=off", "--replace-overrides"],
    );
    assert_eq!(code, 0, "{error}");
    assert_eq!(
        overrides(&alive),
        ["2026-12-23T23:00:00Z/2026-12-23T23:00:00Z"]
    );
    assert_eq!(
        patch(&alive, &["--name", "Office"]).0,
        0,
        "other changes need no word"
    );
}

#[test]
fn where_zoom_takes_no_empty_day_its_first_minute_stays() {
    let mut options = AccountOptions::default();
    options.availability.empty_segments = EmptySegments::Refused;
    let alive = with(options);
    let (code, _, error) = patch(&alive, &["--override", "2026-12-24=off"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("first minute"), "{error}");
    assert_eq!(
        overrides(&alive),
        ["2026-12-23T23:00:00Z/2026-12-23T23:01:00Z"]
    );
}

#[test]
fn somebody_elses_hours_are_shown_but_not_changed_and_it_says_what_to_do() {
    let options = AccountOptions {
        app_owner: AppOwner::SomebodyElse,
        ..AccountOptions::default()
    };
    let alive = with(options);
    let config = std::fs::read_to_string(&alive.machine.config).unwrap();
    let config = config.replace(
        "name = \"alice\"\n",
        "name = \"alice\"\nzoom_user = \"alice@example.org\"\n",
    );
    std::fs::write(&alive.machine.config, config).unwrap();
    assert!(run(&alive, &["zoom", "availability", "get", ID]).contains("mon  09:00"));
    let (code, _, error) = patch(&alive, &["--name", "Office"]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("host.zoom_user = \"me\""), "{error}");
    let new = [
        "zoom",
        "availability",
        "create",
        "--name",
        "x",
        "--time-zone",
        "UTC",
    ];
    let (code, _, error) = alive.machine.run(&new);
    assert_eq!(code, 2, "{error}");
}

#[test]
fn pages_and_their_free_slots_are_shown() {
    let alive = Alive::server_to_server();
    let list = run(&alive, &["zoom", "schedules", "list"]);
    assert!(list.contains("intro") && list.contains("30"), "{list}");
    let one = run(&alive, &["zoom", "schedules", "get", "review"]);
    assert!(one.contains("60 min") && one.contains(ID), "{one}");
    assert_eq!(
        json(&alive, &["zoom", "schedules", "get", "review", "--json"])["slug"],
        "review"
    );
    alive.account.set_week(ID, ["09:00-11:00"; 7]);
    let slots = [
        "zoom",
        "slots",
        "review",
        "--from",
        "2126-11-25T00:00:00Z",
        "--to",
        "2126-11-26T00:00:00Z",
    ];
    assert_eq!(run(&alive, &slots), "2126-11-25 Mon  09:00 10:00\n");
    let tokyo = [&slots[..], &["--time-zone", "Asia/Tokyo", "--json"]].concat();
    let told = json(&alive, &tokyo);
    assert_eq!(
        told["items"][0]["spots"][0]["start_time"],
        "2126-11-25T17:00:00+09:00"
    );
    alive.account.set_week(ID, [""; 7]);
    assert!(run(&alive, &["zoom", "slots", "review"]).contains("nothing can be booked"));
    assert_eq!(alive.machine.run(&["zoom", "slots", "none"]).0, 1);
}
