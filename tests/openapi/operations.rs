//! Zoom's document and the table of commands: every operation can be asked, with everything that
//! it takes; what is asked by the commands themselves, and what is answered, conforms.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use slotbridge::adapters::zoom::operations::{self, Kind, Operation, Place};
use slotbridge::demo::account::{Account, AccountOptions, NewBooking};

use super::Caller;
use super::bookable::ended;
use super::check::Document;
use super::machine::Alive;

/// Operations of the document without a command, each with why: none.
const WITHOUT: [(&str, &str); 0] = [];
/// What the document wants of a query that no option says: pages are turned by themselves.
const TURNED: [&str; 2] = ["page_size", "next_page_token"];
/// Commands that no document knows.
const LIVE_ONLY: [&str; 2] = [
    "GET /scheduler/schedules/{slug}/available_times",
    "GET /scheduler/managed_schedules",
];
/// Members that Zoom wants and the document does not name (FACTS.md section 2).
const LIVE_MEMBERS: [&str; 3] = ["start", "end", "type"];

fn name(operation: &Operation) -> String {
    let method = format!("{:?}", operation.method).to_uppercase();
    format!("{method} {}", operation.path)
}

/// Of all commands of an operation, what stands at a place.
fn said(name_of: &str, place: Place) -> BTreeSet<&'static str> {
    let those = operations::all().filter(|one| name(one) == name_of);
    let parameters = those.flat_map(Operation::parameters);
    let there = parameters.filter(|one| one.place == place);
    there
        .map(|one| one.name.split('.').next().unwrap_or_default())
        .collect()
}

#[test]
fn every_operation_of_the_document_is_a_command_with_all_that_it_takes() {
    let Some(document) = Document::from_environment() else {
        return;
    };
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for (name_of, operation) in document.operations("/scheduler/") {
        known.insert(name_of.clone());
        if WITHOUT.iter().any(|(without, _)| *without == name_of) {
            continue;
        }
        let mut commands = operations::all()
            .filter(|one| name(one) == name_of)
            .peekable();
        if commands.peek().is_none() {
            wrong.push(format!("{name_of}: no command"));
        }
        let about = operation["description"].as_str().unwrap_or_default();
        for command in commands {
            if !about.contains(&format!("`{}`", command.scope)) {
                wrong.push(format!("{name_of}: not the scope {}", command.scope));
            }
        }
        let parameters = operation["parameters"].as_array();
        let wanted = |place: &str| -> BTreeSet<&str> {
            let all = parameters.into_iter().flatten();
            let there = all.filter(|one| one["in"] == place);
            let names = there.filter_map(|one| one["name"].as_str());
            names.filter(|name| !TURNED.contains(name)).collect()
        };
        for (word, place) in [("path", Place::Path), ("query", Place::Query)] {
            let (wanted, said) = (wanted(word), said(&name_of, place));
            if wanted != said {
                wrong.push(format!("{name_of}: {word} is {wanted:?}, not {said:?}"));
            }
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        for member in said(&name_of, Place::Body) {
            let live = name_of == "POST /scheduler/schedules" && LIVE_MEMBERS.contains(&member);
            if schema["properties"].get(member).is_none() && !live {
                wrong.push(format!("{name_of}: no member {member}"));
            }
        }
    }
    let commands = operations::all().map(name);
    let unknown = commands.filter(|one| !known.contains(one) && !LIVE_ONLY.contains(&one.as_str()));
    wrong.extend(unknown.map(|one| format!("{one}: not in the document")));
    assert!(known.len() >= 21, "{known:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_that_an_option_takes_are_those_of_the_document() {
    let Some(document) = Document::from_environment() else {
        return;
    };
    let mut compared = 0;
    for (name_of, operation) in document.operations("/scheduler/") {
        let members = &operation["requestBody"]["content"]["application/json"]["schema"];
        let those = operations::all().filter(|one| name(one) == name_of);
        for one in those.flat_map(Operation::parameters) {
            let Kind::Word(words) = one.kind else {
                continue;
            };
            if let Some(theirs) = members["properties"][one.name]["enum"].as_array() {
                let theirs: Vec<&str> = theirs.iter().filter_map(Value::as_str).collect();
                assert_eq!(words, theirs, "{name_of} {}", one.name);
                compared += 1;
            }
        }
    }
    assert!(compared >= 3, "{compared}");
}

fn week() -> Value {
    json!({
        "mon": [{"start": "09:00", "end": "12:00"}], "tue": [], "wed": [], "thu": [], "fri": [],
        "sat": [], "sun": [],
    })
}

/// As live accounts took it (FACTS.md section 2).
fn new_page() -> Value {
    json!({
        "summary": "Talk", "slug": "talk", "duration": 45, "capacity": 1, "time_zone": "UTC",
        "availability_override": true, "availability_rules": [], "segments_recurrence": week(),
        "interval_type": "fixed", "start_date": "2026-12-01", "end_date": "2026-12-31",
        "start": "2026-12-01", "end": "2026-12-31", "schedule_type": "one", "type": "one",
    })
}

#[tokio::test]
async fn every_answer_about_pages_links_teams_and_numbers_conforms() -> anyhow::Result<()> {
    let Some(document) = Document::from_environment() else {
        return Ok(());
    };
    let account = Account::new(AccountOptions::at("2026-11-21T12:00:00Z".parse()?));
    account.fill(40);
    let mut caller = Caller::new(document, &account).await?;
    let made = caller.call("POST", "/schedules", Some(new_page())).await?;
    let id = json!({"schedule_id": made["schedule_id"]});
    let mut share = id.clone();
    share["segments_recurrence"] = week();
    share["duration"] = json!(15);
    let (team, (form, response)) = (account.team_id(), account.routing_response());
    let changed = json!({"summary": "Long talk", "buffer": {"before": 5}, "active": false});
    for (method, path, body, status) in [
        ("PATCH", "/schedules/talk", Some(changed), 204),
        ("GET", "/schedules/talk?user_id=me", None, 200),
        ("POST", "/schedules/single_use_link", Some(id.clone()), 201),
        (
            "POST",
            &format!("/schedules/single_use_link?team_id={team}"),
            Some(id.clone()),
            201,
        ),
        (
            "POST",
            "/schedules/single_use_link?team_id=none",
            Some(id),
            404,
        ),
        ("POST", "/shares", Some(share), 201),
        ("POST", "/shares", Some(json!({"schedule_id": "none"})), 404),
        ("GET", "/teams?user_id=me", None, 200),
        ("GET", "/analytics", None, 200),
        (
            "GET",
            "/analytics?user_id=all&from=2026-12-01T00:00:00Z&time_zone=UTC",
            None,
            200,
        ),
        ("GET", "/analytics?user_id=nobody", None, 404),
        (
            "GET",
            &format!("/routing/forms/{form}/response/{response}"),
            None,
            200,
        ),
        (
            "GET",
            &format!("/routing/forms/{form}/response/none"),
            None,
            404,
        ),
        (
            "GET",
            &format!("/events?team_id={team}&page_size=3"),
            None,
            200,
        ),
        ("DELETE", "/schedules/talk", None, 204),
        ("DELETE", "/schedules/talk", None, 404),
    ] {
        let (answered, words) = caller
            .call_at(method, &format!("/scheduler{path}"), body)
            .await?;
        assert_eq!(answered, status, "{method} {path}: {words}");
    }
    ended(caller, &account, 10).await
}

#[tokio::test]
async fn a_page_is_made_only_as_live_accounts_take_it() -> anyhow::Result<()> {
    let document = Document::from_value(json!({"paths": {}}));
    let account = Account::new(AccountOptions::at("2026-11-21T12:00:00Z".parse()?));
    let mut caller = Caller::new(document, &account).await?;
    let without = |name: &str| {
        let mut page = new_page();
        page[name].take();
        let object = page.as_object_mut();
        object.and_then(|object| object.remove(name));
        page
    };
    let with = |name: &str, value: Value| {
        let mut page = new_page();
        page[name] = value;
        page
    };
    let saved = json!([{"availability_id": account.availability_id()}]);
    for (body, status, words) in [
        (without("start_date"), 400, "Miss time fields."),
        (without("end"), 400, "Miss time fields."),
        (without("type"), 400, "type: required"),
        (
            without("segments_recurrence"),
            400,
            "Failed json validation!",
        ),
        (
            with("availability_override", json!(false)),
            400,
            "Failed json validation!",
        ),
        (
            with("availability_rules", saved),
            400,
            "Failed json validation!",
        ),
        (with("colour", json!("red")), 400, "colour: unknown"),
        (with("duration", json!(1)), 400, "within its bounds"),
        (with("slug", json!("intro")), 400, "taken"),
        (with("pooling_type", json!("all_hosts")), 201, "\"talk\""),
    ] {
        let (answered, said) = caller
            .call_at("POST", "/scheduler/schedules", Some(body))
            .await?;
        let said = said.to_string();
        assert_eq!(answered, status, "{said}");
        assert!(said.contains(words) && !said.contains("pooling"), "{said}");
    }
    caller.server.stop().await;
    Ok(())
}

/// A booking, and its attendee.
fn booked(alive: &Alive) -> (String, String) {
    let start = alive.account.now() + jiff::SignedDuration::from_hours(24);
    let id = alive
        .account
        .book(NewBooking::new(start, "Bob", "bob@example.org"));
    let event = alive.account.event(&id).unwrap_or_default();
    let attendee = event["attendees"][0]["attendee_id"].as_str();
    (id, attendee.unwrap_or_default().to_owned())
}

/// Every command once, as it is typed below `slotbridge zoom`.
fn commands(alive: &Alive) -> Vec<Vec<String>> {
    let (id, attendee) = booked(alive);
    let (other, _) = booked(alive);
    let (form, response) = alive.account.routing_response();
    let (team, hours) = (alive.account.team_id(), alive.account.availability_id());
    let window = "--from 2026-11-23T10:00:00+01:00 --to 2126-11-23T09:00:00Z --time-zone UTC";
    let made = "--minutes 45 --time-zone Europe/Berlin --weekly mon-fri=09:00-12:00 --weekly sat=off \
                --from-date 2026-12-01 --to-date 2026-12-31";
    [
        format!(
            "events list {window} --show-deleted --order-by updated --team-id {team} --limit 3"
        ),
        "events list --pending --search Intro --user-id me".to_owned(),
        format!("events get {id} --team-id {team}"),
        format!("events attendee {id} {attendee}"),
        format!("events note {id} notes"),
        format!("events patch {id} --notes more --no-show {attendee}"),
        format!("events update {id} --showed-up {attendee}"),
        format!("events cancel {id} --yes"),
        format!("events delete {other} --yes"),
        format!("schedules list {window} --show-deleted"),
        format!("schedules create --name Talk --slug talk {made} --before 5 --active true"),
        "schedules get talk".to_owned(),
        "schedules patch talk --name Long --weekly sun=10:00-11:00 --after 10 --capacity 2"
            .to_owned(),
        "schedules managed".to_owned(),
        "slots talk --time-zone UTC".to_owned(),
        format!("links create talkschedule0id4liffdyszs --team-id {team}"),
        "shares create talkschedule0id4liffdyszs --minutes 15 --weekly mon=09:00-10:00".to_owned(),
        "schedules delete talk --yes".to_owned(),
        "availability list --limit 1".to_owned(),
        format!("availability get {hours}"),
        "availability create --name New --time-zone UTC --weekly mon=09:00-10:00".to_owned(),
        format!("availability patch {hours} --override 2126-12-24=off --weekly fri=off"),
        "users get".to_owned(),
        "teams list --user-id me".to_owned(),
        format!("analytics get --user-id all {window}"),
        "analytics report".to_owned(),
        format!("routing get {form} {response}"),
    ]
    .iter()
    .map(|line| line.split_whitespace().map(str::to_owned).collect())
    .collect()
}

#[test]
fn every_command_asks_as_the_document_says_and_all_of_it_is_asked() {
    let Some(document) = Document::from_environment() else {
        return;
    };
    let alive = Alive::server_to_server();
    let mut made = None;
    for line in commands(&alive) {
        let words: Vec<&str> = ["zoom"]
            .into_iter()
            .chain(line.iter().map(String::as_str))
            .collect();
        let (code, out, error) = alive.machine.run(&words);
        assert_eq!(code, 0, "{words:?}: {error}");
        assert!(!out.is_empty() && error.is_empty(), "{words:?}: {error}");
        if words.starts_with(&["zoom", "availability", "create"]) {
            made = Some(out.trim().to_owned());
        }
    }
    let made = made.unwrap_or_default();
    let (code, _, error) =
        alive
            .machine
            .run(&["zoom", "availability", "delete", &made, "--yes", "--json"]);
    assert_eq!(code, 0, "{error}");
    let requests = alive.account.requests();
    let faults = document.request_faults(&requests);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let asked: BTreeSet<String> = requests
        .iter()
        .filter_map(|seen| document.operation_name(&seen.method, &seen.path))
        .collect();
    let all = document.operations("/scheduler/").map(|(name, _)| name);
    let not_asked: Vec<String> = all.filter(|name| !asked.contains(name)).collect();
    assert!(not_asked.is_empty(), "{not_asked:?}");
}
