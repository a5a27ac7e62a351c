//! `slotbridge zoom …` against an account that answers, or does not.

use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};
use slotbridge::adapters::zoom::operations::{self, Need, Operation};
use slotbridge::demo::account::{AccountOptions, Door, Fault};

use super::machine::{Alive, outcome};

const TALK: &str = "talkschedule0id4liffdyszs";

fn run(alive: &Alive, line: &str) -> (i32, String, String) {
    let words: Vec<&str> = ["zoom"].into_iter().chain(line.split(' ')).collect();
    alive.machine.run(&words)
}

/// What a command that works prints.
fn works(alive: &Alive, line: &str) -> String {
    let (code, out, error) = run(alive, line);
    assert_eq!((code, error.as_str()), (0, ""), "{line}");
    out
}

fn json(alive: &Alive, line: &str) -> Value {
    serde_json::from_str(&works(alive, &format!("{line} --json"))).unwrap()
}

/// With a booking page of its own, `talk`.
fn with_page() -> Alive {
    let alive = Alive::server_to_server();
    works(
        &alive,
        "schedules create --name Talk --slug talk --minutes 45 --time-zone Europe/Berlin --weekly \
         mon-fri=09:00-12:00 --from-date 2026-12-01 --to-date 2126-12-31",
    );
    alive.account.clear_log();
    alive
}

fn booked(alive: &Alive) -> String {
    alive.book();
    alive.account.event_ids().pop().unwrap()
}

/// Bodies as they were sent.
fn sent(alive: &Alive) -> Vec<Value> {
    let requests = alive.account.requests().into_iter();
    requests
        .filter(|seen| seen.door == Door::Api)
        .filter_map(|seen| seen.body)
        .collect()
}

#[rstest]
#[case("events get nope", "reading booking nope in Zoom: HTTP 404")]
#[case(
    "events attendee nope who",
    "reading attendee who of booking nope in Zoom: HTTP 404"
)]
#[case("events cancel nope", "cancelling booking nope in Zoom: HTTP 404")]
#[case("events delete nope --yes", "deleting booking nope in Zoom: HTTP 404")]
#[case("events note nope text", "changing booking nope in Zoom: HTTP 404")]
#[case(
    "events list --team-id nope",
    "listing bookings in Zoom: HTTP 404: Team not found"
)]
#[case("schedules get nope", "reading booking page nope in Zoom: HTTP 404")]
#[case(
    "schedules patch nope --name x",
    "changing booking page nope in Zoom: HTTP 404"
)]
#[case(
    "schedules delete nope --yes",
    "deleting booking page nope in Zoom: HTTP 404"
)]
#[case(
    "slots nope",
    "reading free slots of booking page nope in Zoom: HTTP 404"
)]
#[case(
    "links create nope",
    "creating a single-use link in Zoom: HTTP 404: Schedule not found"
)]
#[case(
    "shares create nope",
    "creating a share in Zoom: HTTP 404: Schedule not found"
)]
#[case(
    "availability get nope",
    "reading availability schedule nope in Zoom: HTTP 404"
)]
#[case(
    "availability delete nope --yes",
    "deleting availability schedule nope in Zoom: HTTP 404"
)]
#[case("users get nope", "reading user nope in Zoom: HTTP 404")]
#[case(
    "users get eve@example.net",
    "reading user with this mail address in Zoom: HTTP 404"
)]
#[case("teams list --user-id nope", "listing teams in Zoom: HTTP 404")]
#[case("analytics get --user-id nope", "reading analytics in Zoom: HTTP 404")]
#[case(
    "routing get form nope",
    "reading response nope to routing form form in Zoom: HTTP 404"
)]
fn what_is_not_there_is_named_with_its_cause(#[case] line: &str, #[case] words: &str) {
    let alive = Alive::server_to_server();
    let (code, out, error) = run(&alive, &format!("{line} -vvvv"));
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    assert!(error.contains(words) && error.contains("hint:"), "{error}");
    assert!(!error.contains("eve@"), "{error}");
}

#[rstest]
#[case(
    "events list --from yesterday",
    "'yesterday' for '--from <TIME>'",
    "2026-11-23T09:00:00Z"
)]
#[case(
    "slots intro --to 2026-11-23",
    "for '--to <TIME>'",
    "2026-11-23T09:00:00Z"
)]
#[case(
    "shares create ID --from-date soon",
    "for '--from-date <DATE>'",
    "write it like 2026-12-24"
)]
#[case("events list --limit 0", "'0' for '--limit <NUMBER>'", "")]
#[case("events list --order-by name", "'--order-by <WORD>'", "startTime")]
#[case(
    "events list --time-zone Mars",
    "--time-zone: this zone is not known",
    "IANA"
)]
#[case(
    "teams list --host bob",
    "--host: there is no host \"bob\"",
    "use one of: alice"
)]
#[case(
    "teams list --host alice --user-id x",
    "cannot be used with",
    "--user-id"
)]
#[case("schedules patch intro", "nothing to change is named", "--help")]
#[case("events patch ID", "nothing to change is named", "--help")]
#[case("schedules create --name x", "required", "--weekly")]
#[case(
    "schedules create --json-body /nowhere",
    "--json-body /nowhere: No such file",
    "stdin"
)]
#[case("links create", "required", "<ID>")]
#[case("routing get form", "required", "<RESPONSE>")]
fn what_makes_no_request_exits_with_2_before_anything_is_asked(
    #[case] line: &str,
    #[case] words: &str,
    #[case] remedy: &str,
) {
    let alive = Alive::server_to_server();
    let (code, out, error) = run(&alive, line);
    assert_eq!((code, out.as_str()), (2, ""), "{error}");
    assert!(error.contains(words) && error.contains(remedy), "{error}");
    assert_eq!(alive.account.request_count(Door::Api), 0);
}

#[rstest]
#[case("{", "this is not JSON (line 1, column 1)")]
#[case("[]", "this is no JSON object")]
fn a_body_that_is_no_object_is_refused(#[case] body: &str, #[case] words: &str) {
    let alive = Alive::server_to_server();
    let mut command =
        alive
            .machine
            .command(&["zoom", "schedules", "patch", "intro", "--json-body", "-"]);
    command.write_stdin(body);
    let (code, _, error) = outcome(command);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains(words), "{error}");
    assert_eq!(alive.account.request_count(Door::Api), 0);
}

#[test]
fn a_time_to_wait_says_how_it_is_written() {
    let alive = Alive::server_to_server();
    let (code, _, error) = alive.machine.run(&["login", "--timeout", "2"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("write it like 90s, 10m or 1h"), "{error}");
}

/// The command of an operation with something for everything that it needs.
fn typed(operation: &Operation) -> String {
    let mut line = format!("{} {}", operation.resource, operation.verb);
    for one in operation.parameters() {
        let usual = match one.option {
            "minutes" => "30",
            "weekly" => "mon=09:00-10:00",
            "from-date" | "to-date" => "2026-12-01",
            "time-zone" => "UTC",
            _ => "x",
        };
        match one.need {
            Need::Argument => line.extend([" ", usual]),
            Need::Option => line.extend([" --", one.option, " ", usual]),
            Need::Optional if operation.verb == "patch" && one.option.ends_with("name") => {
                line.push_str(" --name x");
            }
            Need::Optional => {}
        }
    }
    if (operation.resource, operation.verb) == ("events", "patch") {
        line.push_str(" --notes x");
    }
    if operation.ends.is_some() {
        line.push_str(" --yes");
    }
    line.trim().replace("  ", " ")
}

#[test]
fn a_missing_scope_exits_with_3_and_is_named() {
    let alive = Alive::server_to_server();
    let path = "/v2/scheduler";
    for operation in operations::all() {
        alive.account.faults().clear();
        let method = format!("{:?}", operation.method).to_uppercase();
        alive
            .account
            .faults()
            .always(&method, path, Fault::Status(403));
        let line = typed(operation).replace(
            "availability patch x",
            &format!("availability patch {}", alive.account.availability_id()),
        );
        let (code, out, error) = run(&alive, &line);
        assert_eq!((code, out.as_str()), (3, ""), "{line}: {error}");
        let scope = operation.scope;
        assert!(
            error.contains("HTTP 403") && error.contains(scope),
            "{line}: {error}"
        );
        assert!(error.contains("marketplace"), "{line}: {error}");
    }
    assert!(operations::all().count() >= 24);
}

#[test]
fn an_account_that_cannot_be_reached_exits_with_4_and_nothing_is_made_twice() {
    let alive = with_page();
    let faults = alive.account.faults();
    faults.once("POST", "/v2/scheduler/shares", Fault::DropAfter);
    let (code, _, error) = run(&alive, &format!("shares create {TALK}"));
    assert_eq!(code, 4, "{error}");
    assert!(error.contains("creating a share in Zoom: "), "{error}");
    assert_eq!(
        sent(&alive).len(),
        1,
        "a link that may be there is not made again"
    );
    let qps = Fault::ThrottleQps {
        retry_after: Some(1),
    };
    faults.once("POST", "/v2/scheduler/shares", qps);
    assert!(works(&alive, &format!("shares create {TALK}")).contains("/alice-demo/share-"));
}

#[test]
fn lists_are_read_to_the_end_or_to_the_limit() {
    let options = AccountOptions {
        page_limit: 10,
        ..AccountOptions::default()
    };
    let alive = Alive::with_options(options, |app| {
        format!(
            "kind = \"server_to_server\"\naccount_id = \"{}\"",
            app.account_id
        )
    });
    alive.account.fill(40);
    let all = json(&alive, "events list");
    assert_eq!(all["items"].as_array().unwrap().len(), 40);
    assert_eq!(alive.account.request_count(Door::Api), 4);
    alive.account.clear_log();
    let some = json(&alive, "events list --limit 12");
    assert_eq!(
        some["items"].as_array().unwrap(),
        &all["items"].as_array().unwrap()[..12]
    );
    assert_eq!(alive.account.request_count(Door::Api), 2);
    let table = works(&alive, "events list --limit 3");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(
        lines[0].starts_with("id ") && lines[0].contains("start"),
        "{table}"
    );
    assert!(
        lines[1].contains(all["items"][0]["event_id"].as_str().unwrap()),
        "{table}"
    );
    assert_eq!(
        works(&alive, "events list --search nothing"),
        "no bookings\n"
    );
}

#[test]
fn a_booking_is_shown_noted_cancelled_and_deleted() {
    let alive = Alive::server_to_server();
    let id = booked(&alive);
    let shown = works(&alive, &format!("events get {id}"));
    assert!(
        shown.contains("event_id:") && shown.contains(&id),
        "{shown}"
    );
    let event = json(&alive, &format!("events get {id}"));
    let attendee = event["attendees"][0]["attendee_id"].as_str().unwrap();
    assert_eq!(
        works(&alive, &format!("events note {id} later")),
        format!("changed booking {id}: meeting_notes\n")
    );
    let changed = json(&alive, &format!("events patch {id} --no-show {attendee}"));
    let people = json!([{"attendee_id": attendee, "no_show": true}]);
    assert_eq!(
        changed,
        json!({"changed": id, "set": {"attendees": people}})
    );
    let event = alive.account.event(&id).unwrap();
    assert_eq!(event["meeting_notes"], "later");
    assert_eq!(event["attendees"][0]["no_show"], true);
    assert_eq!(
        works(&alive, &format!("events cancel {id} --yes")),
        "cancelled\n"
    );
    assert_eq!(alive.account.cancellations(), std::slice::from_ref(&id));
    let other = booked(&alive);
    assert_eq!(
        json(&alive, &format!("events delete {other}")),
        json!({"deleted": other})
    );
}

#[test]
fn a_page_is_made_changed_and_deleted_and_its_slots_follow() {
    let alive = with_page();
    let window = "--from 2126-11-25T00:00:00Z --to 2126-11-26T00:00:00Z";
    let slots = works(&alive, &format!("slots talk {window}"));
    assert_eq!(slots, "2126-11-25 Mon  09:00 09:45 10:30 11:15\n");
    let changed = json(
        &alive,
        "schedules update talk --weekly mon=10:00-11:00 --before 5 --active false",
    );
    assert_eq!(
        (&changed["active"], &changed["buffer"]["before"]),
        (&json!(false), &json!(5))
    );
    let week = &changed["segments_recurrence"];
    assert_eq!(week["mon"], json!([{"start": "10:00", "end": "11:00"}]));
    assert_eq!(
        week["tue"],
        json!([{"start": "09:00", "end": "12:00"}]),
        "not named"
    );
    let list = works(&alive, "schedules list");
    assert!(list.contains("talk") && list.contains(TALK), "{list}");
    assert_eq!(works(&alive, "schedules delete talk --yes"), "deleted\n");
    assert_eq!(run(&alive, "schedules get talk").0, 1);
}

#[test]
fn a_refusal_is_told_in_zooms_words() {
    let alive = with_page();
    let (code, out, error) = run(&alive, "schedules patch talk --slug intro");
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    let words = "changing booking page talk in Zoom: HTTP 400: Invalid argument. slug: taken";
    assert!(error.contains(words) && error.contains("--help"), "{error}");
}

#[test]
fn what_zoom_took_and_forgot_is_said() {
    let alive = Alive::server_to_server();
    let page = json!({
        "summary": "All of us", "slug": "all-of-us", "duration": 30, "capacity": 1,
        "time_zone": "UTC", "availability_override": true, "availability_rules": [],
        "segments_recurrence": {
            "mon": [], "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": [],
        },
        "interval_type": "fixed", "start_date": "2026-12-01", "end_date": "2026-12-31",
        "start": "2026-12-01", "end": "2026-12-31", "schedule_type": "one", "type": "one",
        "pooling_type": "all_hosts", "user_pools": [{"email": "bob@example.org"}],
    });
    let file = alive.machine.home.path().join("page.json");
    std::fs::write(&file, page.to_string()).unwrap();
    let line = format!(
        "schedules create --json-body {} --minutes 20 --json",
        file.display()
    );
    let (code, out, error) = run(&alive, &line);
    assert_eq!(code, 1, "{error}");
    assert!(
        error.contains("did not keep as asked: pooling_type, user_pools;"),
        "{error}"
    );
    assert!(!error.contains("bob@"), "{error}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&made["slug"], &made["duration"]),
        (&json!("all-of-us"), &json!(20))
    );
    let mut given = page;
    given["duration"] = json!(20);
    assert_eq!(
        sent(&alive),
        [given],
        "nothing is added to a body that is given"
    );
}

#[test]
fn links_teams_numbers_and_answers_are_told() {
    let alive = with_page();
    let url = works(&alive, &format!("links create {TALK}"));
    assert!(
        url.starts_with("https://scheduler.zoom.us/alice-demo/once-"),
        "{url}"
    );
    let share = format!("shares create {TALK} --minutes 15 --weekly sun=10:00-11:00");
    let made = json(&alive, &share);
    assert!(
        made["scheduling_url"].as_str().unwrap().contains("share-"),
        "{made}"
    );
    let body = sent(&alive).pop().unwrap();
    assert_eq!(
        (&body["duration"], &body["schedule_id"]),
        (&json!(15), &json!(TALK))
    );
    assert_eq!(body["segments_recurrence"]["sun"][0]["end"], "11:00");
    assert!(works(&alive, "schedules managed").contains("items[1].slug:"));
    let team = alive.account.team_id();
    assert!(works(&alive, "teams list").contains(team));
    assert_eq!(json(&alive, "teams list")["teams"][0]["team_id"], team);
    booked(&alive);
    let told = works(&alive, "analytics get --user-id all");
    assert!(told.contains("popular_schedules[1].Intro call:"), "{told}");
    let counted = json(&alive, "analytics report");
    assert_eq!(counted["last_n_days"]["scheduled_events_created"], 1);
    let (form, response) = alive.account.routing_response();
    let told = works(&alive, &format!("routing get {form} {response}"));
    assert!(
        told.contains("questions_and_answers[1].answers:") && told.contains("Prices"),
        "{told}"
    );
    let user = works(&alive, "users get");
    assert!(
        user.contains("display_name:") && user.contains("Alice Demo"),
        "{user}"
    );
}

#[rstest]
#[case("yes", 0, 0)]
#[case("no", 1, 1)]
#[case("", 1, 1)]
fn on_a_terminal_a_person_is_asked_first(
    #[case] answer: &str,
    #[case] code: i64,
    #[case] left: usize,
) {
    let alive = Alive::server_to_server();
    let id = booked(&alive);
    let typist = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/typist.py");
    let question = format!("cancelling booking {id} in Zoom: go on? [no]");
    let output = std::process::Command::new("python3")
        .arg(typist)
        .arg(json!([[question, answer, "shown"]]).to_string())
        .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
        .arg("--config")
        .arg(&alive.machine.config)
        .args(["zoom", "events", "cancel", &id])
        .env_clear()
        .envs(alive.machine.environment())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["code"], code, "{told}");
    assert_eq!(alive.account.live_ids().len(), left, "{told}");
}

#[test]
fn somebody_elses_things_are_asked_for_as_theirs() {
    let alive = Alive::server_to_server();
    let theirs = "name = \"alice\"\nzoom_user = \"alice@example.org\"\n";
    alive.machine.rewrite("name = \"alice\"\n", theirs);
    let id = booked(&alive);
    let attendee = alive.account.event(&id).unwrap()["attendees"][0]["attendee_id"].clone();
    let attendee = attendee.as_str().unwrap();
    works(&alive, "teams list");
    works(&alive, &format!("events attendee {id} {attendee}"));
    works(&alive, "analytics get --user-id all");
    works(&alive, "users get");
    let requests = alive.account.requests();
    let asked: Vec<(&str, Option<&str>)> = requests
        .iter()
        .filter(|seen| seen.door == Door::Api)
        .map(|seen| {
            let user = seen.query.iter().find(|(name, _)| name == "user_id");
            (seen.path.as_str(), user.map(|(_, id)| id.as_str()))
        })
        .collect();
    let event = format!("/v2/scheduler/events/{id}/attendees/{attendee}");
    assert_eq!(
        asked,
        [
            ("/v2/scheduler/teams", Some("alice@example.org")),
            (&event, None),
            ("/v2/scheduler/analytics", Some("all")),
            ("/v2/scheduler/users/alice@example.org", None),
        ]
    );
}
