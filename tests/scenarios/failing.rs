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
        "on_failure = [\"sh\", \"-c\", \"echo $SLOTBRIDGE_EVENT $SLOTBRIDGE_HOST $SLOTBRIDGE_FLOW $SLOTBRIDGE_SINCE >> {}\"]\n",
        told.display()
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
    let run = bench.sync(&[]);
    assert!(!run.stderr.contains("over an hour"), "{run:#?}");
    assert_eq!(told(&bench), [began]);
    let status = bench.run(&["status"]);
    assert!(
        status.stdout.contains("bookings: failing for"),
        "{status:#?}"
    );
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
    daemon.until("sync.on_failure was run");
    let metrics = daemon.get("/metrics");
    let gauge = "slotbridge_failing{host=\"alice\",flow=\"bookings\"} 1";
    assert!(metrics.body.contains(gauge), "{}", metrics.body);
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
