//! The log in its three formats: what an administrator finds in it, and what nobody does.

use serde_json::Value;

use super::machine::Alive;

/// What a pass over two bookings logs, in this format, with all that it would say.
fn logged(format: &str) -> (Vec<String>, String) {
    let alive = Alive::server_to_server();
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let ids = ["Bob Bunting", "Carol Crane"].map(|name| {
        let booking = slotbridge::demo::account::NewBooking::new(start, name, "guest@example.org");
        alive.account.book(booking)
    });
    let words = ["--log-format", format, "-vvv", "sync"];
    let (code, _, log) = alive.machine.run(&words);
    assert_eq!(code, 0, "{log}");
    for private in [
        "Bob",
        "Carol",
        "guest@",
        "Intro call",
        "demo-client-secret",
        "access-",
    ] {
        assert!(!log.contains(private), "{private}: {log}");
    }
    let mut ids = ids.to_vec();
    ids.sort();
    (ids, log)
}

#[test]
fn each_request_is_one_line_without_anything_private() {
    let alive = Alive::server_to_server();
    alive.machine.rewrite("/v2\"", "/v2/hush-part\"");
    let (code, _, log) = alive.machine.run(&["-vv", "sync"]);
    assert_eq!(code, 1, "{log}");
    let asked: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("method=GET"))
        .collect();
    let [line] = asked.as_slice() else {
        panic!("{log}");
    };
    for part in [
        "DEBUG",
        "server=127.0.0.1",
        "path=/v2/…/scheduler/events",
        "status=404",
        "ms=",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(
        log.contains("method=POST") && log.contains("path=/oauth/token"),
        "{log}"
    );
    assert!(!log.contains("hush-part") && !log.contains('?'), "{log}");
    let (_, _, quiet) = alive.machine.run(&["-v", "sync"]);
    assert!(!quiet.contains("method=GET"), "{quiet}");
    // One that nobody answers is told, too.
    alive.machine.rewrite(
        "oauth_url = \"http://127.0.0.1",
        "oauth_url = \"http://127.0.0.1:9/x\" #",
    );
    let other = alive
        .machine
        .home
        .path()
        .join("other")
        .display()
        .to_string();
    let (code, _, log) = alive.machine.run(&["-vv", "sync", "--state-dir", &other]);
    assert_eq!(code, 4, "{log}");
    assert!(log.contains("request without an answer"), "{log}");
}

#[test]
fn a_pass_and_each_of_its_actions_has_one_span() {
    let (ids, log) = logged("json");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let done: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"] == "action")
        .collect();
    let mut seen: Vec<&str> = done
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, ids);
    for line in done {
        let spans = line["spans"].as_array().unwrap();
        let names: Vec<&str> = spans
            .iter()
            .map(|span| span["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["pass", "action"], "{line}");
        assert_eq!(spans[0]["host"], "alice", "{line}");
        assert_eq!(spans[1]["verb"], "create", "{line}");
        assert_eq!(spans[1]["id"], line["id"], "{line}");
        assert!(
            line["why"].is_string() && line["timestamp"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn a_line_of_text_names_the_spans_around_it() {
    let (ids, log) = logged("text");
    for id in &ids {
        let line = log
            .lines()
            .find(|line| line.contains("why=") && line.contains(id.as_str()));
        let line = line.unwrap_or_else(|| panic!("{id}: {log}"));
        assert!(
            line.contains("DEBUG") && line.contains("pass:action"),
            "{line}"
        );
    }
}

#[test]
fn a_line_for_the_journal_has_its_urgency() {
    let (ids, log) = logged("journald");
    assert!(log.lines().all(|line| line.starts_with('<')), "{log}");
    let actions = log
        .lines()
        .filter(|line| line.starts_with("<7>action verb=\"create\""));
    assert_eq!(actions.count(), ids.len(), "{log}");
}
