//! A feed that answers whatever it likes: the last good copy stays in force, the message is clear,
//! other sources go on (promises 3, 6 and 7). `tests/feeds` has the adapter alone.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, Run};
use super::busy::{Feed, SECRET_PATH, Says, Sink, bench_with, event, span};
use super::daemon::{Daemon, listening};
use super::side::Side::Vdir;

/// What may be in flight beyond the largest feed that is read.
const MOST: u64 = (32 << 20) + (16 << 20);

fn with_feed(feed: &Feed, sink: Sink) -> Bench {
    let flows = format!(
        "[host.busy]\nfrom = [\"work\", \"feed\"]\nto = \"{}\"\nfuture = \"30d\"\n{}",
        sink.word(),
        feed.config("feed")
    );
    bench_with(Vdir, &flows, AccountOptions::default())
}

fn events() -> Vec<String> {
    vec![
        event("dentist", span(3, 9, 11)),
        event("lunch", span(4, 12, 13)),
    ]
}

/// A pass that is done but for the feed: what went wrong is said, and nothing that is private.
fn fails(bench: &Bench, when: &str) -> Run {
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{when}: {run:#?}");
    assert_eq!(run.busy()["failed"], 1, "{when}: {run:#?}");
    let errors = run.host()["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{when}: {run:#?}");
    let doing = errors[0]["doing"].as_str().unwrap();
    assert!(doing.contains("the calendar feed"), "{when}: {run:#?}");
    for said in [run.said(), bench.status().said()] {
        assert!(!said.contains("private-"), "{when}: {said}");
    }
    run
}

#[rstest]
fn whatever_a_feed_answers_the_last_good_copy_stays_in_force(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let feed = Feed::of(&events());
    let bench = with_feed(&feed, sink);
    let mut taken = vec![span(3, 9, 11), span(4, 12, 13)];
    bench.pass_takes(&taken, "at first");
    let answers: [(Says, &str); 8] = [
        (Says::Status("500 Internal Server Error"), "500"),
        (Says::Status("401 Unauthorized"), "401"),
        (Says::Html, "web page"),
        (Says::Huge { announced: true }, "larger than 32 MiB"),
        (Says::Huge { announced: false }, "larger than 32 MiB"),
        (Says::Bomb, "larger than 32 MiB"),
        (Says::Loop, "redirect"),
        (Says::Cut(events()), "end of file"),
    ];
    for (day, (says, words)) in (5..).zip(answers) {
        let before = feed.sent();
        feed.says(says.clone());
        // Another source goes on.
        bench.has_event(&format!("other-{day}"), span(day, 9, 10));
        taken.push(span(day, 9, 10));
        let when = format!("{says:?}");
        let run = fails(&bench, &when);
        bench.is_taken(&taken, &when);
        let errors = run.errors();
        assert!(errors.contains(words), "{when}: {errors}");
        assert!(errors.contains("stays in force"), "{when}: {errors}");
        assert!(feed.sent() - before < MOST, "{when}: {}", feed.sent());
        let status = bench.status();
        assert_eq!(status.code, 1, "{status:#?}");
        for words in ["feed", "failing for", "stays in force"] {
            assert!(status.stdout.contains(words), "{words}: {status:#?}");
        }
    }
    feed.says(Says::Events(events()[..1].to_vec()));
    taken.remove(1);
    bench.pass_takes(&taken, "well again");
    let status = bench.status();
    assert_eq!(status.code, 0, "{status:#?}");
    assert!(!status.stdout.contains("failing"), "{status:#?}");
}

#[test]
fn a_feed_that_is_unchanged_costs_one_small_answer_and_writes_nothing() {
    let feed = Feed::of(&[]);
    feed.says(Says::Tagged(events()));
    let bench = with_feed(&feed, Sink::Blocks);
    let taken = [span(3, 9, 11), span(4, 12, 13)];
    bench.pass_takes(&taken, "at first");
    let (asked, sent) = (feed.asked(), feed.sent());
    bench.writes_nothing(3);
    assert_eq!(feed.asked() - asked, 3);
    assert!(feed.sent() - sent < 3 * 200, "{}", feed.sent() - sent);
    bench.is_taken(&taken, "after 304");
}

#[test]
fn a_feed_that_asks_to_wait_is_counted_by_the_daemon() {
    let feed = Feed::of(&[]);
    feed.says(Says::Status("429 Too Many Requests"));
    let bench = with_feed(&feed, Sink::Blocks);
    bench.configure(listening);
    let daemon = Daemon::ready(&bench);
    let metrics = daemon.get("/metrics").body;
    let counted = "slotbridge_throttled_total{side=\"calendar\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(feed.asked(), 1);
}

#[test]
fn a_304_that_nobody_asked_for_is_no_emptied_feed() {
    let feed = Feed::of(&[]);
    feed.says(Says::Tagged(events()));
    let bench = with_feed(&feed, Sink::Blocks);
    let taken = [span(3, 9, 11), span(4, 12, 13)];
    bench.pass_takes(&taken, "at first");
    feed.says(Says::Unchanged);
    let run = bench.sync(&["--full", "--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.errors().contains("stays in force"), "{run:#?}");
    bench.is_taken(&taken, "304 to a question without a condition");
}

#[rstest]
fn a_feed_without_events_is_held_until_a_person_decides(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[values("release", "drop", "back")] decision: &str,
) {
    let feed = Feed::of(&events());
    let bench = with_feed(&feed, sink);
    bench.has_event("own", span(6, 9, 10));
    let taken = [span(3, 9, 11), span(4, 12, 13), span(6, 9, 10)];
    bench.pass_takes(&taken, "at first");
    feed.says(Says::Events(Vec::new()));
    bench.account.clear_log();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(run.busy()["held"], 1, "{run:#?}");
        bench.is_taken(&taken, "held");
    }
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    assert!(bench.status().stdout.contains("held"));
    let held = bench.waiting("held");
    assert_eq!(held.len(), 1, "{held:#?}");
    let id = held[0]["id"].as_str().unwrap();
    if decision == "back" {
        feed.says(Says::Events(events()));
    } else {
        let run = bench.run(&["held", decision, id]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    let left = if decision == "release" {
        &taken[2..]
    } else {
        &taken[..]
    };
    bench.pass_takes(left, decision);
    // What is kept busy is listed, so that it can be given back.
    let kept = bench.waiting("held").len();
    assert_eq!(kept, usize::from(decision == "drop"));
    bench.writes_nothing(2);
    if decision == "drop" {
        // Kept busy, and no copy of it any more: what the feed says next is taken as usual.
        feed.says(Says::Events(vec![event("new", span(9, 9, 10))]));
        let mut more = taken.to_vec();
        more.push(span(9, 9, 10));
        bench.pass_takes(&more, "and one more");
    }
}

/// Contract section 1: what was never read and refuses us needs credentials; what cannot be reached
/// is out of reach. Where a copy is in force, the pass is done, but for something that failed.
#[rstest]
#[case::refused("401 Unauthorized", 3)]
#[case::away("503 Service Unavailable", 4)]
fn what_was_never_read_decides_the_exit_code(#[case] status: &'static str, #[case] code: i32) {
    let feed = Feed::of(&events());
    feed.says(Says::Status(status));
    let bench = with_feed(&feed, Sink::Blocks);
    bench.has_event("own", span(6, 9, 10));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, code, "{run:#?}");
    bench.is_taken(&[span(6, 9, 10)], "the other source goes on");
    feed.says(Says::Events(events()));
    bench.pass();
    feed.says(Says::Status(status));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(!SECRET_PATH.is_empty());
}
