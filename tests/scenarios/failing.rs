//! What has failed for over an hour is told once, and once when it is well again.

use std::fs;

use rstest::rstest;
use slotbridge::demo::account::Fault;

use super::bench::{Bench, EVENTS, Run, write_private};
use super::daemon::{Daemon, listening};
use super::side::Side::Vdir;

/// A bench whose failures are written into a file, with what else the configuration says.
fn bench(rest: fn(String) -> String) -> Bench {
    let bench = Bench::new(Vdir, "");
    let told = bench.home.path().join("told");
    let line = format!(
        "on_failure = [\"sh\", \"-c\", \"echo $SLOTBRIDGE_EVENT $SLOTBRIDGE_HOST $SLOTBRIDGE_FLOW $SLOTBRIDGE_SINCE >> {}; echo \\\"$SLOTBRIDGE_NEXT|$SLOTBRIDGE_CAUSE|$SLOTBRIDGE_HINT\\\" >> {}\"]\n",
        told.display(),
        bench.home.path().join("why").display()
    );
    bench.configure(|text| {
        let text = rest(text);
        if text.contains("[sync]\n") {
            text.replacen("[sync]\n", &format!("[sync]\n{line}"), 1)
        } else {
            text.replacen("[[host]]", &format!("[sync]\n{line}[[host]]"), 1)
        }
    });
    bench
}

fn told(bench: &Bench) -> Vec<String> {
    let text = fs::read_to_string(bench.home.path().join("told")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// When it is tried again, the cause and the hint, as the command last heard them.
fn why(bench: &Bench) -> Vec<String> {
    let text = fs::read_to_string(bench.home.path().join("why")).unwrap_or_default();
    let last = text.lines().last().unwrap_or_default();
    last.split('|').map(str::to_owned).collect()
}

fn breaks(bench: &Bench) {
    bench
        .account
        .faults()
        .always("GET", EVENTS, Fault::Status(404));
}

/// What fails began long ago.
fn ages(bench: &Bench) {
    let changed = bench.change_state(|line| {
        let since = "\"since\":\"";
        match line.split_once(since).filter(|_| line.contains("failing/")) {
            Some((before, rest)) => {
                let (_, after) = rest.split_once('"').unwrap();
                format!("{before}{since}2026-01-05T08:00:00Z\"{after}")
            }
            None => line.to_owned(),
        }
    });
    assert_eq!(changed, 1);
}

#[test]
fn what_lasts_is_told_once_and_once_when_it_is_over() {
    let bench = bench(|text| text);
    breaks(&bench);
    let run = bench.sync(&[]);
    assert_ne!(run.code, 0);
    assert!(!run.stderr.contains("over an hour"), "{run:#?}");
    let status = bench.run(&["status", "--json"]);
    assert_eq!(
        status.host()["failing"][0]["flow"],
        "bookings",
        "{status:#?}"
    );
    assert_eq!(status.host()["failing"][0]["told"], false);
    assert!(told(&bench).is_empty());
    ages(&bench);
    let run = bench.sync(&[]);
    assert!(
        run.stderr
            .contains("alice, bookings: this has failed for over an hour"),
        "{run:#?}"
    );
    let began = "failing alice bookings 2026-01-05T08:00:00Z";
    assert_eq!(told(&bench), [began]);
    let [next, cause, hint] = &why(&bench)[..] else {
        panic!("{:?}", why(&bench))
    };
    assert_eq!(next, "", "no daemon runs");
    assert!(!cause.is_empty() && !hint.is_empty());
    assert!(
        run.stderr.contains(cause) && run.stderr.contains(&format!("hint: {hint}")),
        "{run:#?}"
    );
    let run = bench.sync(&[]);
    assert!(!run.stderr.contains("over an hour"), "{run:#?}");
    assert_eq!(told(&bench), [began]);
    let status = bench.run(&["status"]);
    assert!(
        status.stdout.contains("bookings: failing for") && status.stdout.contains(hint),
        "{status:#?}"
    );
    let status = bench.run(&["status", "--json"]);
    assert_eq!(status.host()["failing"][0]["hint"], hint.as_str());
    assert_eq!(status.host()["failing"][0]["cause"], cause.as_str());
    bench.account.faults().clear();
    bench.pass();
    let ended = "well alice bookings 2026-01-05T08:00:00Z";
    assert_eq!(told(&bench), [began, ended]);
    bench.pass();
    assert_eq!(told(&bench), [began, ended]);
    let status = bench.run(&["status", "--json"]);
    assert_eq!(status.host()["failing"].as_array().unwrap().len(), 0);
}

#[test]
fn the_daemon_tells_it_in_its_log_its_metrics_and_by_the_command() {
    let bench = bench(listening);
    breaks(&bench);
    assert_ne!(bench.sync(&[]).code, 0);
    ages(&bench);
    let mut daemon = Daemon::start(&bench);
    let line = daemon.until("has failed for over an hour");
    assert!(
        line.contains("ERROR") && line.contains("flow=\"bookings\""),
        "{line}"
    );
    for field in ["tried again at 20", " cause=", " hint="] {
        assert!(line.contains(field), "{field}: {line}");
    }
    daemon.until("sync.on_failure was run");
    let next: jiff::Timestamp = why(&bench)[0].parse().unwrap();
    let status = bench.run(&["status", "--json"]);
    let shown: jiff::Timestamp = status.host()["next"].as_str().unwrap().parse().unwrap();
    assert!(
        (next.as_second() - shown.as_second()).abs() < 2,
        "{status:#?}"
    );
    let metrics = daemon.get("/metrics");
    let gauge = "slotbridge_failing{host=\"alice\",flow=\"bookings\"} 1";
    assert!(metrics.body.contains(gauge), "{}", metrics.body);
    for name in ["failing_since", "next_pass"] {
        let name = format!("\nslotbridge_{name}_timestamp_seconds");
        assert!(metrics.body.contains(&name), "{name}: {}", metrics.body);
    }
    let status = bench.run(&["status"]);
    assert!(
        status.stdout.contains("the next pass tries again"),
        "{status:#?}"
    );
    daemon.end();
    assert_eq!(told(&bench).len(), 1);
    // A restart tells nothing twice.
    assert_ne!(bench.sync(&[]).code, 0);
    assert_eq!(told(&bench).len(), 1);
}

#[test]
fn a_command_that_fails_is_told_and_stops_nothing() {
    let bench = bench(|text| text);
    breaks(&bench);
    bench.sync(&[]);
    ages(&bench);
    bench.configure(|text| {
        text.replacen("[[host]]", "[sync]\non_failure = [\"false\"]\n[[host]]", 1)
    });
    let run = bench.sync(&[]);
    assert!(
        run.stderr.contains("sync.on_failure: false ended with"),
        "{run:#?}"
    );
}

/// Alice is well; Bob's calendar is where nobody listens.
fn with_bob(text: &str, user: &str) -> String {
    format!(
        "{text}[[calendar]]\nname = \"bobs\"\nkind = \"caldav\"\nurl = \"http://127.0.0.1:9/bob/\"\n\
         [[host]]\nname = \"bob\"\nzoom_user = \"{user}\"\n[host.bookings]\ncalendar = \"bobs\"\n"
    )
}

#[rstest]
fn a_pass_over_one_host_tells_nothing_of_another(#[values(false, true)] by_the_daemon: bool) {
    let bench = bench(listening);
    let text = fs::read_to_string(bench.config()).unwrap();
    let user = &bench.account.options().user_email;
    write_private(&bench.config(), &with_bob(&text, user));
    assert_eq!(bench.sync(&[]).code, 4);
    ages(&bench);
    let before = bench.run(&["status", "--json"]);
    let bob = |run: &Run| run.json["hosts"][1]["failing"].clone();
    assert_eq!(bob(&before)[0]["told"], false, "{before:#?}");
    let began = "failing bob bookings 2026-01-05T08:00:00Z";
    let daemon = by_the_daemon.then(|| {
        let mut daemon = Daemon::start(&bench);
        daemon.until("sync.on_failure was run");
        daemon
    });
    // The daemon's first pass was over both, and has told it.
    let so_far = if by_the_daemon { vec![began] } else { vec![] };
    bench.account.clear_log();
    for _ in 0..2 {
        let run = bench.sync(&["--host", "alice", "--json"]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.json["hosts"].as_array().unwrap().len(), 1, "{run:#?}");
        assert!(!run.said().contains("bob"), "{run:#?}");
        assert_eq!(told(&bench), so_far);
    }
    let after = bench.run(&["status", "--json"]);
    assert_eq!(
        bob(&after)[0]["since"],
        bob(&before)[0]["since"],
        "{after:#?}"
    );
    assert_eq!(bob(&after)[0]["told"], by_the_daemon, "{after:#?}");
    // Whoever asks for him is told.
    let run = bench.sync(&["--host", "bob"]);
    assert_eq!(run.code, 4, "{run:#?}");
    assert_eq!(told(&bench), [began]);
    drop(daemon);
}

/// A bench with working hours alone.
fn hours_alone() -> Bench {
    let mut bench = bench(listening);
    bench.set_flows("[host.hours]\ncalendar = \"work\"\n");
    bench.pass();
    bench
}

fn failing_flows(bench: &Bench) -> Vec<String> {
    let status = bench.run(&["status", "--json"]);
    let failing = status.host()["failing"].as_array().cloned().unwrap();
    let flows = failing.iter();
    flows
        .map(|one| one["flow"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn hours_without_zoom_fail_and_nothing_is_said_of_what_is_off() {
    let mut bench = hours_alone();
    let run = bench.sync(&["--json"]);
    assert!(run.host()["busy"].is_null(), "{run:#?}");
    bench.stop_zoom();
    bench.account.clear_log();
    let run = bench.sync(&[]);
    assert_eq!(run.code, 4, "{run:#?}");
    let line = run.stdout.lines().next().unwrap();
    assert!(
        line.contains("0 working hours, 1 failed") && !line.contains("busy"),
        "{line}"
    );
    let status = bench.run(&["status"]);
    assert!(
        status.stdout.contains("hours") && !status.stdout.contains("busy"),
        "{status:#?}"
    );
    assert_eq!(failing_flows(&bench), ["hours"]);
    bench.start_zoom();
    bench.pass();
    assert!(failing_flows(&bench).is_empty());
}

#[test]
fn a_flow_that_did_not_run_stays_as_it_was() {
    let mut bench = bench(listening);
    bench.set_flows("[host.bookings]\ncalendar = \"work\"\n[host.hours]\ncalendar = \"work\"\navailability = \"Nope\"\n");
    bench.configure(listening);
    assert_eq!(bench.sync(&[]).code, 1);
    assert_eq!(failing_flows(&bench), ["hours"]);
    let daemon = Daemon::ready(&bench);
    let metrics = daemon.get("/metrics").body;
    let gauge = |flow: &str| {
        let name = "slotbridge_last_success_timestamp_seconds";
        metrics.contains(&format!("{name}{{host=\"alice\",flow=\"{flow}\"}}"))
    };
    assert!(gauge("bookings") && !gauge("hours"), "{metrics}");
    daemon.end();
}
