//! A source, or the state, is suddenly not what it was: what was busy stays busy.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, Run};
use super::busy::{Feed, Says, Sink, bench, bench_with, event, span};
use super::proxy::Break;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// A host with a calendar and a feed.
fn with_feed(feed: &Feed, sink: Sink) -> Bench {
    let flows = format!(
        "[host.busy]\nfrom = [\"work\", \"feed\"]\nto = \"{}\"\nfuture = \"30d\"\n{}",
        sink.word(),
        feed.config("feed")
    );
    bench_with(Radicale, &flows, AccountOptions::default())
}

/// A pass with something to say.
fn speaks(bench: &Bench) -> Run {
    let run = bench.sync(&["--json"]);
    // Also where a login is refused: a copy is in force, and everything else is done.
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.host()["ok"], false, "{run:#?}");
    let errors = run.host()["errors"].as_array().unwrap();
    for error in errors {
        for key in ["doing", "cause", "hint"] {
            assert!(!error[key].as_str().unwrap().is_empty(), "{run:#?}");
        }
    }
    run
}

#[rstest]
fn the_state_is_deleted_and_nothing_is_doubled_or_lost(
    #[values(Radicale, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(side, sink);
    for days in 2..9 {
        bench.has_event(&format!("event-{days}"), span(days, 9, 10));
    }
    bench.pass();
    let (taken, blocks, overrides) = (
        bench.taken(),
        bench.account.blocks(),
        bench.sorted_overrides(),
    );
    bench.lose_state();
    bench.pass_takes(&taken, "without the state");
    assert_eq!(bench.account.blocks(), blocks);
    assert_eq!(bench.sorted_overrides(), overrides);
    bench.writes_nothing(2);
    // What is rebuilt works: an event that is gone gives its time back.
    bench.has_no_event("event-4");
    let fewer: Vec<_> = taken
        .into_iter()
        .filter(|one| *one != span(4, 9, 10))
        .collect();
    if sink == Sink::Blocks {
        bench.pass_takes(&fewer, "one is gone");
    } else {
        bench.pass();
    }
}

#[rstest]
fn a_server_that_is_away_leaves_what_was_busy(
    #[values(Radicale, Xandikos)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(side, sink);
    bench.has_event("dentist", span(3, 9, 11));
    bench.has_event("lunch", span(4, 12, 13));
    bench.pass();
    let taken = bench.taken();
    bench.account.clear_log();
    for how in [
        Break::Before,
        Break::Answer(500, &[]),
        Break::Answer(503, &[]),
        Break::HalfAnswer,
    ] {
        bench.proxy().always("*", how.clone());
        let run = bench.sync(&["--json"]);
        assert!(matches!(run.code, 1 | 4), "{how:?}: {run:#?}");
        assert!(run.errors().contains("work"), "{how:?}: {run:#?}");
        assert!(run.errors().contains("stays in force"), "{how:?}: {run:#?}");
        bench.is_taken(&taken, &format!("{how:?}"));
        let status = bench.status();
        assert!(status.stdout.contains("failing for"), "{status:#?}");
        assert!(status.stdout.contains("stays in force"), "{status:#?}");
        bench.proxy().heal();
    }
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    bench.pass_takes(&taken, "back again");
    bench.has_no_event("dentist");
    bench.pass_takes(&[span(4, 12, 13)], "and it goes on");
    assert!(!bench.status().stdout.contains("failing"));
}

#[rstest]
fn a_feed_that_fails_stays_in_force_and_others_go_on(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let events = [
        event("dentist", span(3, 9, 11)),
        event("lunch", span(4, 12, 13)),
    ];
    let feed = Feed::of(&events);
    let bench = with_feed(&feed, sink);
    let mut taken = vec![span(3, 9, 11), span(4, 12, 13)];
    bench.pass_takes(&taken, "at first");
    let failures = [
        Says::Status("500 Internal Server Error"),
        Says::Status("404 Not Found"),
        Says::Status("401 Unauthorized"),
        Says::Html,
        Says::Cut(events.to_vec()),
    ];
    for (number, says) in (5..).zip(failures) {
        feed.says(says.clone());
        bench.has_event(&format!("other-{number}"), span(number, 9, 10));
        taken.push(span(number, 9, 10));
        let run = speaks(&bench);
        bench.is_taken(&taken, &format!("{says:?}"));
        assert!(run.errors().contains("feed"), "{says:?}: {run:#?}");
        assert!(
            run.errors().contains("stays in force"),
            "{says:?}: {run:#?}"
        );
        let status = bench.status();
        assert_eq!(status.code, 1, "{status:#?}");
        assert!(status.stdout.contains("failing for"), "{status:#?}");
        for said in [run.said(), status.said()] {
            assert!(!said.contains("private-"), "{said}");
        }
    }
    feed.says(Says::Events(events[..1].to_vec()));
    taken.remove(1);
    bench.pass_takes(&taken, "well again");
    assert_eq!(bench.status().code, 0);
}

#[rstest]
fn a_source_that_is_suddenly_empty_is_held_until_a_person_decides(
    #[values(Radicale, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[values("release", "drop", "back")] decision: &str,
) {
    let bench = bench(side, sink);
    let days: Vec<i64> = (2..8).collect();
    for day in &days {
        bench.has_event(&format!("event-{day}"), span(*day, 9, 10));
    }
    bench.pass();
    let taken = bench.taken();
    assert_eq!(taken.len(), days.len());
    let entries = bench.entries();
    for day in &days {
        bench.has_no_event(&format!("event-{day}"));
    }
    bench.account.clear_log();
    for _ in 0..2 {
        let run = speaks(&bench);
        assert_eq!(run.busy()["held"], 1, "{run:#?}");
        assert!(
            run.errors().contains("gone from the calendar at once"),
            "{run:#?}"
        );
        bench.is_taken(&taken, "held");
    }
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    let held = bench.waiting("held");
    assert_eq!(held.len(), 1, "{held:#?}");
    let id = held[0]["id"].as_str().unwrap();
    let shown = bench.run(&["held", "show", id]);
    assert_eq!(shown.code, 0, "{shown:#?}");
    assert!(shown.stdout.contains("work"), "{shown:#?}");
    if decision == "back" {
        for (name, text) in &entries {
            bench.shelf.put(name, text);
        }
    } else {
        let run = bench.run(&["held", decision, id]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    let expected = if decision == "release" { vec![] } else { taken };
    bench.pass_takes(&expected, decision);
    let held = bench.waiting("held");
    if decision == "drop" {
        assert_eq!(held.len(), 1, "what is kept can be given back: {held:#?}");
        assert_eq!(held[0]["what"], "kept-time", "{held:#?}");
        assert_eq!(bench.status().code, 0, "it waits for nobody");
    } else {
        assert!(held.is_empty(), "{held:#?}");
    }
    bench.writes_nothing(2);
    bench.has_event("another", span(12, 9, 10));
    bench.pass();
    assert!(bench.taken().contains(&span(12, 9, 10)));
    if decision == "drop" {
        let run = bench.run(&["held", "release", held[0]["id"].as_str().unwrap()]);
        assert_eq!(run.code, 0, "{run:#?}");
        bench.pass_takes(&[span(12, 9, 10)], "given back after all");
        assert!(bench.waiting("held").is_empty());
    }
}

#[rstest]
fn a_feed_whose_only_event_is_gone_is_held(#[values(Sink::Blocks, Sink::Overrides)] sink: Sink) {
    let holiday = span(3, 0, 240);
    let feed = Feed::of(&[event("holiday", holiday)]);
    let bench = with_feed(&feed, sink);
    bench.pass();
    let taken = bench.taken();
    assert_eq!(taken, [holiday]);
    feed.says(Says::Events(Vec::new()));
    for _ in 0..2 {
        assert_eq!(speaks(&bench).busy()["held"], 1);
        bench.is_taken(&taken, "held");
    }
    let id = bench.waiting("held")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bench.run(&["held", "release", &id]).code, 0);
    bench.pass_takes(&[], "released");
}

#[rstest]
fn without_state_and_source_nothing_is_given_back(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(Radicale, sink);
    bench.has_event("dentist", span(3, 9, 11));
    bench.has_event("lunch", span(4, 12, 13));
    bench.pass();
    let taken = bench.taken();
    bench.lose_state();
    bench.proxy().always("*", Break::Answer(503, &[]));
    bench.account.clear_log();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert!(matches!(run.code, 1 | 4), "{run:#?}");
        bench.is_taken(&taken, "still");
    }
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    bench.proxy().heal();
    bench.pass_takes(&taken, "and again");
    bench.writes_nothing(1);
}
