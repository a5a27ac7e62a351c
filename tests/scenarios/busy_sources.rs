//! What stands in any calendar takes its time off the booking page, and gives it back.

use std::fs;

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::at;
use super::busy::{Feed, Says, Sink, bench, bench_with, calendar, event, event_with, span};
use super::side::Side::{self, Radicale, Vdir, Xandikos};

#[rstest]
fn an_event_takes_its_time_off_the_booking_page_and_gives_it_back(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(side, sink);
    bench.pass_takes(&[], "before anything");
    bench.has_event("dentist", span(3, 9, 11));
    bench.pass_takes(&[span(3, 9, 11)], "an event");
    bench.has_event("lunch", span(3, 12, 13));
    bench.pass_takes(&[span(3, 9, 11), span(3, 12, 13)], "a second one");
    bench.has_event("dentist", span(5, 14, 16));
    bench.pass_takes(&[span(3, 12, 13), span(5, 14, 16)], "one moved");
    bench.has_no_event("dentist");
    bench.pass_takes(&[span(3, 12, 13)], "one deleted");
    bench.writes_nothing(2);
    bench.has_no_event("lunch");
    bench.pass_takes(&[], "both deleted");
    bench.has_no_trace();
    bench.writes_nothing(1);
}

#[rstest]
fn a_file_and_a_feed_do_the_same(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[values("file", "feed")] kind: &str,
) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("family.ics");
    let feed = Feed::of(&[]);
    let table = if kind == "file" {
        let path = path.display();
        format!("[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"{path}\"\n")
    } else {
        feed.config("family")
    };
    let say = |events: &[String]| {
        fs::write(&path, calendar(events)).unwrap();
        feed.says(Says::Events(events.to_vec()));
    };
    let (dentist, lunch) = (
        event("dentist", span(3, 9, 11)),
        event("lunch", span(3, 12, 13)),
    );
    say(&[dentist.clone(), lunch.clone()]);
    let word = sink.word();
    let flows =
        format!("[host.busy]\nfrom = [\"family\"]\nto = \"{word}\"\nfuture = \"30d\"\n{table}");
    let bench = bench_with(Vdir, &flows, AccountOptions::default());
    bench.pass_takes(&[span(3, 9, 11), span(3, 12, 13)], "two events");
    say(&[event("dentist", span(5, 14, 16)), lunch.clone()]);
    bench.pass_takes(&[span(3, 12, 13), span(5, 14, 16)], "one moved");
    say(&[lunch]);
    bench.pass_takes(&[span(3, 12, 13)], "one deleted");
    bench.writes_nothing(2);
    if kind == "feed" {
        let before = feed.asked();
        bench.pass();
        assert_eq!(feed.asked() - before, 1, "one request a pass");
    }
}

#[rstest]
fn several_sources_buffers_and_series_become_one_busy_time(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let feed = Feed::of(&[
        event_with(
            "series",
            span(2, 8, 9),
            "RRULE:FREQ=DAILY;INTERVAL=7;COUNT=3\n",
        ),
        event_with("free", span(4, 8, 9), "TRANSP:TRANSPARENT\n"),
        event_with("off", span(4, 9, 10), "STATUS:CANCELLED\n"),
        event_with(
            "no",
            span(4, 10, 11),
            "ATTENDEE;PARTSTAT=DECLINED:mailto:Alice@example.org\n",
        ),
    ]);
    let flows = format!(
        "emails = [\"alice@example.org\"]\n[host.busy]\nfrom = [\"work\", \"feed\"]\nto = \"{}\"\n\
         future = \"30d\"\nbefore = \"1h\"\nafter = \"2h\"\n{}",
        sink.word(),
        feed.config("feed")
    );
    let bench = bench_with(Radicale, &flows, AccountOptions::default());
    bench.has_event("overlaps", span(2, 10, 13));
    bench.has_event("alone", span(6, 10, 13));
    bench.pass_takes(
        &[
            span(2, 7, 15),
            span(6, 9, 15),
            span(9, 7, 11),
            span(16, 7, 11),
        ],
        "all together",
    );
    if sink == Sink::Blocks {
        assert_eq!(bench.account.blocks().len(), 4);
    }
    bench.writes_nothing(2);
}

#[rstest]
fn what_is_on_now_and_what_began_yesterday_is_taken_once(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench(Vdir, sink);
    let mut long = span(-1, 20, 24);
    long.end = at(2, 6);
    bench.has_event("long", long);
    let mut over = span(-3, 9, 10);
    over.end = at(-3, 12);
    bench.has_event("over", over);
    let mut expected = span(1, 0, 24);
    expected.end = at(2, 6);
    bench.pass_takes(&[expected], "the part that is ahead");
    if sink == Sink::Blocks {
        assert_eq!(bench.block_spans(), [long], "whole, and not what is over");
    }
    bench.writes_nothing(2);
}

/// What is kept of it is larger than a value of the state may be (64 KiB).
#[test]
fn a_series_with_thousands_of_exceptions_is_kept_as_a_whole() {
    let bench = bench(Vdir, Sink::Blocks);
    let mut series = span(2, 9, 10);
    series.start = at(-5000, 9);
    series.end = at(-5000, 10);
    let exceptions: String = (-4999..5)
        .filter(|day| *day != 3)
        .map(|day| at(day, 9).strftime("EXDATE:%Y%m%dT%H%M%SZ\n").to_string())
        .collect();
    assert!(exceptions.len() > 100_000);
    let lines = format!("RRULE:FREQ=DAILY\n{exceptions}");
    let expected: Vec<_> = [3]
        .into_iter()
        .chain(5..22)
        .map(|day| span(day, 9, 10))
        .collect();
    bench
        .shelf
        .put("series.ics", &event_with("series", series, &lines));
    bench.pass_takes(&expected, "but for its exceptions");
    bench.writes_nothing(2);
    assert_eq!(bench.run(&["state", "verify"]).code, 0);
    bench.shelf.put(
        "series.ics",
        &event_with("series", series, &format!("{lines}X-NEW:1\n")),
    );
    bench.pass_takes(&expected, "read again");
    assert_eq!(bench.run(&["state", "verify"]).code, 0);
}
