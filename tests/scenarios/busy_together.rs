//! Busy time beside bookings, in the same calendar, and through calendars that copy each other.

use std::fs;

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;
use slotbridge::domain::block::BLOCK_TAG;
use slotbridge::domain::time_span::TimeSpan;

use super::bench::{Bench, at, booking, name_of};
use super::busy::{Feed, Sink, bench_with, calendar, event, event_with, flows, joined, span};
use super::side::Side::{self, Radicale, Vdir, Xandikos};

fn with_bookings(sink: Sink) -> String {
    format!("[host.bookings]\ncalendar = \"work\"\n{}", flows(sink))
}

/// Bookings are half an hour at nine.
fn booked(days: i64) -> TimeSpan {
    let start = at(days, 9);
    TimeSpan {
        start,
        end: start + jiff::SignedDuration::from_mins(30),
    }
}

#[rstest]
fn entries_of_bookings_are_never_busy_and_ten_passes_write_nothing(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
) {
    let bench = bench_with(side, &with_bookings(sink), AccountOptions::default());
    bench.has_event("dentist", span(4, 13, 15));
    let id = bench.book(3);
    bench.pass_takes(&[booked(3), span(4, 13, 15)], "a booking and an event");
    assert!(bench.shelf.read(&name_of(&id)).is_some());
    let run = bench.writes_nothing(10);
    assert_eq!(
        run.zoom_requests(),
        2,
        "one for bookings, one for busy: {run:#?}"
    );
    if side != Vdir {
        let log = bench.calendar_log();
        assert_eq!(log.len(), 20, "one for each flow and pass: {log:#?}");
    }
    // A cancelled booking frees its time at once, although its entry was a source's.
    bench.account.cancel(&id);
    bench.pass_takes(&[span(4, 13, 15)], "cancelled");
    let id = bench.account.book(booking(6));
    bench.pass();
    bench.account.reschedule(&id, at(7, 9)).unwrap();
    bench.pass_takes(&[span(4, 13, 15), booked(7)], "rescheduled");
    if sink == Sink::Blocks {
        assert_eq!(bench.block_spans(), [span(4, 13, 15)]);
    }
}

/// Every kind of source at once: a collection, a directory, a feed and a file.
#[rstest]
fn ten_passes_over_all_kinds_of_sources_write_nothing(
    #[values(Radicale, Xandikos)] side: Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[values("", "before = \"15m\"\nafter = \"30m\"\n")] buffers: &str,
) {
    let homes = tempfile::tempdir().unwrap();
    let (folder, file) = (homes.path().join("folder"), homes.path().join("file.ics"));
    fs::create_dir(&folder).unwrap();
    let series = "RRULE:FREQ=DAILY;INTERVAL=7;COUNT=3\n";
    fs::write(
        folder.join("series.ics"),
        event_with("series", span(2, 8, 9), series),
    )
    .unwrap();
    fs::write(&file, calendar(&[event("in-a-file", span(6, 9, 10))])).unwrap();
    let feed = Feed::of(&[event("in-a-feed", span(7, 9, 10))]);
    let tables = format!(
        "{}[[calendar]]\nname = \"folder\"\nkind = \"vdir\"\npath = \"{}\"\n\
         [[calendar]]\nname = \"file\"\nkind = \"ics\"\nurl = \"{}\"\n",
        feed.config("feed"),
        folder.display(),
        file.display()
    );
    let flows = format!(
        "[host.bookings]\ncalendar = \"work\"\n[host.busy]\n\
         from = [\"work\", \"folder\", \"feed\", \"file\"]\nto = \"{}\"\nfuture = \"30d\"\n{buffers}{tables}",
        sink.word()
    );
    let bench = bench_with(side, &flows, AccountOptions::default());
    bench.has_event("dentist", span(4, 13, 15));
    bench.book(3);
    bench.pass();
    let taken = bench.taken();
    // A booking, an event of each of three, and three of the series.
    assert_eq!(taken.len(), 7, "{taken:#?}");
    let asked = feed.asked();
    let run = bench.writes_nothing(10);
    bench.is_taken(&taken, "after ten passes");
    assert_eq!(feed.asked() - asked, 10, "one request a pass");
    assert_eq!(run.zoom_requests(), 2, "bookings and busy: {run:#?}");
}

/// Somebody's tool copies the Zoom calendar into another one, under names of its own.
fn copy_blocks(bench: &Bench, folder: &std::path::Path, with_words: bool) {
    for old in fs::read_dir(folder).unwrap() {
        let path = old.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("copy-")
        {
            fs::remove_file(path).unwrap();
        }
    }
    for event in bench.account.calendar_events() {
        let id = event["id"].as_str().unwrap();
        let time = |key: &str| event[key]["dateTime"].as_str().unwrap().parse().unwrap();
        let when = TimeSpan {
            start: time("start"),
            end: time("end"),
        };
        let words = event["description"].as_str().unwrap().replace('\n', "\\n");
        let lines = if with_words {
            format!("DESCRIPTION:{words}\n")
        } else {
            String::new()
        };
        let text = event_with(&format!("{id}@some.tool"), when, &lines);
        fs::write(folder.join(format!("copy-{id}.ics")), text).unwrap();
    }
}

/// Three calendars: the first gets bookings, each is a source, and each gets a copy of everything
/// that is in Zoom.
#[rstest]
#[case::with_its_words(true, "")]
#[case::with_buffers(true, "before = \"15m\"\nafter = \"30m\"\n")]
#[case::without_its_words(false, "before = \"15m\"\nafter = \"30m\"\n")]
fn a_ring_of_calendars_adds_nothing(#[case] with_words: bool, #[case] buffers: &str) {
    let homes = tempfile::tempdir().unwrap();
    let folder = |name: &str| homes.path().join(name);
    let mut tables = String::new();
    for name in ["two", "three"] {
        fs::create_dir(folder(name)).unwrap();
        tables += "[[calendar]]\nname = \"";
        tables += name;
        tables += "\"\nkind = \"vdir\"\npath = \"";
        tables += folder(name).to_str().unwrap();
        tables += "\"\n";
    }
    let flows = format!(
        "[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\", \"two\", \"three\"]\n\
         to = \"zoom_calendar\"\nfuture = \"30d\"\n{buffers}{tables}"
    );
    let bench = bench_with(Vdir, &flows, AccountOptions::default());
    bench.has_event("dentist", span(4, 13, 15));
    let id = bench.book(3);
    bench.pass();
    let entry = bench.entry(&id);
    let (taken, blocks) = (bench.taken(), bench.account.blocks());
    assert_eq!(blocks.len(), 1);
    let super::side::Shelf::Vdir(work) = &bench.shelf else {
        unreachable!()
    };
    bench.account.clear_log();
    for pass in 0..5 {
        for name in ["two", "three"] {
            copy_blocks(&bench, &folder(name), with_words);
            // The entry of the booking is copied, too, as it is.
            fs::write(folder(name).join("copied-booking.ics"), &entry).unwrap();
        }
        copy_blocks(&bench, work, with_words);
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 0, "pass {pass}: {run:#?}");
        assert_eq!(bench.account.blocks(), blocks, "pass {pass}");
        bench.is_taken(&taken, &format!("pass {pass}"));
    }
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    assert!(entry.contains(&format!("{id}@scheduler.slotbridge")));
    assert!(!BLOCK_TAG.is_empty() && !joined(taken).is_empty());
    if with_words {
        // Copies of what is ours hold nothing open: the event goes, and so does the block.
        bench.has_no_event("dentist");
        bench.pass();
        assert_eq!(bench.account.blocks(), []);
    }
}
