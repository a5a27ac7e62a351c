//! `from` of `[host.busy]` changes: a calendar is a source no more, has another name, or its name
//! leads to another place.

use std::fs;

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::Bench;
use super::busy::{Feed, SECRET_PATH, Says, Sink, bench_with, event, flows, span};
use super::proxy::Break;
use super::side::Side::{self, Radicale, Vdir};

fn from(sources: &str, sink: Sink, tables: &str) -> String {
    format!(
        "[host.busy]\nfrom = [{sources}]\nto = \"{}\"\nfuture = \"30d\"\n{tables}",
        sink.word()
    )
}

/// Keys of the state that name a calendar.
fn records_of(bench: &Bench, calendar: &str) -> Vec<String> {
    let path = bench.home.path().join("looked-at");
    let run = bench.run(&["state", "export", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run:#?}");
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let name = format!("/alice/{calendar}");
    let lines = text.lines().filter(|line| line.contains(&name));
    lines.map(str::to_owned).collect()
}

#[rstest]
fn a_calendar_that_is_a_source_no_more_gives_its_time_back_and_leaves_no_records(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let days: Vec<i64> = (2..10).collect();
    let events: Vec<String> = days
        .iter()
        .map(|day| event(&format!("feed-{day}"), span(*day, 14, 15)))
        .collect();
    let feed = Feed::of(&events);
    let tables = feed.config("feed");
    let both = from("\"work\", \"feed\"", sink, &tables);
    let mut bench = bench_with(Vdir, &both, AccountOptions::default());
    bench.has_event("own", span(3, 9, 10));
    bench.pass();
    assert_eq!(bench.taken().len(), days.len() + 1);
    assert!(!records_of(&bench, "feed").is_empty());
    // Something of it waits for a person when it goes.
    feed.says(Says::Events(Vec::new()));
    assert_eq!(bench.sync(&[]).code, 1);
    assert_eq!(bench.waiting("held").len(), 1);
    bench.set_flows(&from("\"work\"", sink, &tables));
    bench.pass_takes(&[span(3, 9, 10)], "not from the feed any more");
    assert_eq!(bench.waiting("held").len(), 0);
    assert_eq!(records_of(&bench, "feed"), Vec::<String>::new());
    bench.writes_nothing(2);
    // A source again: everything is read anew.
    feed.says(Says::Events(events));
    bench.set_flows(&both);
    bench.pass();
    assert_eq!(bench.taken().len(), days.len() + 1);
    // Switched off altogether.
    bench.set_flows("");
    bench.pass_takes(&[], "off");
    bench.has_no_trace();
    assert_eq!(records_of(&bench, "work"), Vec::<String>::new());
}

#[rstest]
fn a_calendar_that_only_got_another_name_gives_nothing_back(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench_with(Radicale, &flows(sink), AccountOptions::default());
    bench.has_event("dentist", span(3, 9, 11));
    bench.has_event("lunch", span(4, 12, 13));
    bench.pass();
    let taken = bench.taken();
    bench.configure(|text| text.replace("\"work\"", "\"job\""));
    bench.proxy().always("*", Break::Answer(503, &[]));
    bench.account.clear_log();
    for _ in 0..2 {
        assert_eq!(bench.sync(&[]).code, 4);
        bench.is_taken(&taken, "away under its new name");
    }
    bench.proxy().heal();
    bench.pass_takes(&taken, "read under its new name");
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    bench.has_no_event("dentist");
    bench.pass_takes(&[span(4, 12, 13)], "and it goes on");
}

/// Where a calendar was, and where it is now.
#[rstest]
fn a_calendar_at_another_place_is_read_anew_and_frees_nothing_wrongly(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[values("the same", "empty", "away")] there: &str,
) {
    let homes = tempfile::tempdir().unwrap();
    let place = |name: &str| homes.path().join(name);
    let table = |name: &str| {
        let path = place(name);
        let path = path.display();
        format!("[[calendar]]\nname = \"two\"\nkind = \"vdir\"\npath = \"{path}\"\n")
    };
    fs::create_dir(place("old")).unwrap();
    for day in 2..6 {
        let name = format!("old/{day}.ics");
        fs::write(place(&name), event(&day.to_string(), span(day, 9, 10))).unwrap();
    }
    let at = |name: &str| from("\"work\", \"two\"", sink, &table(name));
    let mut bench = bench_with(Vdir, &at("old"), AccountOptions::default());
    bench.pass();
    let taken = bench.taken();
    assert_eq!(taken.len(), 4);
    bench.account.clear_log();
    bench.set_flows(&at("new"));
    match there {
        "the same" => {
            // The events moved with the calendar, into other files.
            fs::create_dir(place("new")).unwrap();
            for day in 2..6 {
                let to = place(&format!("new/moved-{day}.ics"));
                fs::copy(place(&format!("old/{day}.ics")), to).unwrap();
            }
            bench.pass_takes(&taken, "the same events");
            bench.writes_nothing(2);
        }
        "empty" => {
            fs::create_dir(place("new")).unwrap();
            for _ in 0..2 {
                let run = bench.sync(&["--json"]);
                assert_eq!((run.code, &run.busy()["held"]), (1, &1.into()), "{run:#?}");
                bench.is_taken(&taken, "held");
            }
            assert_eq!(bench.run(&["held", "release", "--all"]).code, 0);
            bench.pass_takes(&[], "released");
        }
        _ => {
            let run = bench.sync(&["--json"]);
            assert_eq!(run.code, 1, "{run:#?}");
            bench.is_taken(&taken, "the new place is not there");
            bench.set_flows(&at("old"));
            bench.pass_takes(&taken, "back at the old one");
        }
    }
}

/// Files in both places have the same name and the same size, but say another time.
#[test]
fn a_feed_at_another_address_is_another_feed() {
    let feeds = [
        Feed::of(&[event("same", span(3, 9, 11))]),
        Feed::of(&[event("same", span(5, 9, 11))]),
    ];
    for feed in &feeds {
        let Says::Events(events) = feed.now() else {
            unreachable!()
        };
        feed.says(Says::Tagged(events));
    }
    let flows = |feed: &Feed| from("\"feed\"", Sink::Blocks, &feed.config("feed"));
    let mut bench = bench_with(Vdir, &flows(&feeds[0]), AccountOptions::default());
    bench.pass_takes(&[span(3, 9, 11)], "the first");
    bench.set_flows(&flows(&feeds[1]));
    bench.pass_takes(&[span(5, 9, 11)], "the second");
    assert!(!bench.status().said().contains(SECRET_PATH));
}

/// The name of a calendar on a server leads to another collection, whose cursors and tags look like
/// those of the first.
#[test]
fn a_collection_at_another_address_is_read_anew() {
    let bench = bench_with(Radicale, &flows(Sink::Blocks), AccountOptions::default());
    let other = Side::calendar(Radicale, bench.home.path());
    bench.has_event("dentist", span(3, 9, 11));
    other.put("dentist.ics", &event("dentist", span(5, 9, 11)));
    bench.pass_takes(&[span(3, 9, 11)], "the first");
    let (first, second) = (bench.shelf.config(), other.config());
    bench.configure(|text| text.replace(&first, &second));
    bench.pass_takes(&[span(5, 9, 11)], "the second");
    bench.configure(|text| text);
    bench.pass_takes(&[span(3, 9, 11)], "and back");
}
