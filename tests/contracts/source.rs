//! What every source of busy time behind the port must do. Each check starts from an empty source.
//!
//! `source_contract!(name, open)` makes one test of each check; `open` is an async function that
//! gives a [`SourceBench`]. Objects are told by when they block time, because the places in a feed
//! are made up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use slotbridge::domain::block::BLOCK_TAG;
use slotbridge::domain::busy::Timing;
use slotbridge::domain::ids::{Cursor, Etag, Href};
use slotbridge::domain::window::Window;
use slotbridge::ical::busy::{Viewer, occurrences};
use slotbridge::ports::calendar::{Change, Coverage};
use slotbridge::ports::source::{Source, SourceContent, SourceObject};

/// A source under test, with a back door for what its owner does.
#[async_trait]
pub trait SourceBench: Send + Sync {
    /// The source.
    fn source(&self) -> Arc<dyn Source>;
    /// Puts an object of these components there, in place of the one of that name.
    async fn put(&self, name: &str, components: &str);
    /// Removes it.
    async fn remove(&self, name: &str);
    /// Whether full listings say what changed since the last one by a cursor.
    fn has_deltas(&self) -> bool;
    /// Whether a full listing leaves out what is far away.
    fn leaves_out_what_is_far(&self) -> bool;
}

/// Makes a module of tests out of all checks.
#[macro_export]
macro_rules! source_contract {
    ($name:ident, $open:path) => {
        $crate::source_contract!(@tests $name, $open,
            an_empty_source_lists_nothing,
            everything_is_listed_and_read,
            what_was_added_changed_and_removed_is_told,
            nothing_is_told_when_nothing_changed,
            a_cursor_that_nobody_knows_gives_a_full_listing,
            objects_are_read_in_the_order_asked,
            reading_twice_is_reading_once,
            nothing_private_is_kept,
            our_own_entries_and_blocks_never_block,
            what_never_blocks_is_nothing,
            a_master_far_in_the_past_is_listed,
            an_event_far_away_is_found_when_the_window_reaches_it,
            an_event_across_the_whole_window_is_listed,
            five_hundred_events_are_listed_and_read,
            each_listing_is_counted,
        );
    };
    (@tests $name:ident, $open:path, $($check:ident),+ $(,)?) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let bench = $open().await;
                    $crate::source::$check(&bench).await;
                }
            )+
        }
    };
}

/// The same for objects that no CalDAV server lets in.
#[macro_export]
macro_rules! broken_source_contract {
    ($name:ident, $open:path) => {
        $crate::source_contract!(@tests $name, $open,
            a_broken_object_stops_only_itself,
            a_broken_object_that_was_mended_is_told,
        );
    };
}

/// One component of an event.
pub fn event(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20261101T000000Z\nSUMMARY:Private words\n{lines}\nEND:VEVENT"
    )
}

/// An object around components.
pub fn object(components: &str) -> String {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Somebody//Else//EN\n{components}\nEND:VCALENDAR\n"
    );
    text.replace('\n', "\r\n")
}

fn at(hour: u32) -> String {
    event(
        &format!("at-{hour}"),
        &format!("DTSTART:20261125T{hour:02}0000Z\nDTEND:20261125T{hour:02}3000Z"),
    )
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn window(from: &str, to: &str) -> Window {
    Window {
        from: time(from),
        to: time(to),
    }
}

/// Sixty days from 21 November 2026.
fn soon() -> Window {
    window("2026-11-21T00:00:00Z", "2027-01-20T00:00:00Z")
}

/// A source as a pass sees it: what is kept from one listing to the next.
#[derive(Default)]
struct Mirror {
    kept: BTreeMap<Href, (Option<Etag>, SourceContent)>,
    cursor: Option<Cursor>,
    coverage: Option<Coverage>,
    lines: usize,
    read: usize,
}

impl Mirror {
    /// One look at the source.
    async fn look(&mut self, bench: &dyn SourceBench, around: Window) -> &mut Self {
        let source = bench.source();
        let listing = source.list(self.cursor.as_ref(), around).await;
        let mut listing = listing.expect("a listing");
        let (mut there, mut changed) = (BTreeSet::new(), Vec::new());
        self.lines = 0;
        while let Some(lines) = listing.next().await.expect("lines") {
            assert!(lines.len() <= 1000, "so many lines at once are no stream");
            self.lines += lines.len();
            for line in lines {
                match line {
                    Change::There { href, etag } => {
                        let known = self.kept.get(&href);
                        if etag.is_none() || known.is_none_or(|(seen, _)| *seen != etag) {
                            changed.push(href.clone());
                        }
                        assert!(there.insert(href), "one line for each object");
                    }
                    Change::Removed { href } => {
                        self.kept.remove(&href);
                    }
                }
            }
        }
        let listed = listing.listed();
        if listed.coverage == Coverage::Full {
            self.kept.retain(|href, _| there.contains(href));
        }
        self.read = changed.len();
        for hrefs in changed.chunks(60) {
            for object in source.read(hrefs).await.expect("read") {
                self.keep(object);
            }
        }
        (self.cursor, self.coverage) = (listed.cursor, Some(listed.coverage));
        self
    }

    fn keep(&mut self, object: SourceObject) {
        match object.content {
            SourceContent::Absent => self.kept.remove(&object.href),
            content => self.kept.insert(object.href, (object.etag, content)),
        };
    }

    fn timings(&self) -> impl Iterator<Item = &Timing> {
        self.kept.values().filter_map(|(_, content)| match content {
            SourceContent::Timing(timing) => Some(timing),
            SourceContent::Nothing | SourceContent::Broken(_) | SourceContent::Absent => None,
        })
    }

    /// When time is blocked in a window: the starts, in order.
    fn starts(&self, window: Window) -> Vec<String> {
        let viewer = Viewer {
            window,
            zone: &TimeZone::UTC,
            emails: &[],
        };
        let found = self.timings().flat_map(|timing| {
            let found = occurrences(timing, &viewer).expect("understood");
            assert_eq!(found.notes, Vec::<String>::new());
            found.spans
        });
        let starts: BTreeSet<String> = found.map(|span| span.start.to_string()).collect();
        starts.into_iter().collect()
    }

    fn broken(&self) -> usize {
        let contents = self.kept.values();
        contents
            .filter(|(_, content)| matches!(content, SourceContent::Broken(_)))
            .count()
    }
}

fn hours(hours: &[u32]) -> Vec<String> {
    let start = |hour: &u32| format!("2026-11-25T{hour:02}:00:00Z");
    hours.iter().map(start).collect()
}

pub async fn an_empty_source_lists_nothing(bench: &dyn SourceBench) {
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!((mirror.lines, mirror.coverage), (0, Some(Coverage::Full)));
}

pub async fn everything_is_listed_and_read(bench: &dyn SourceBench) {
    for hour in [9, 11, 13] {
        bench.put(&format!("{hour}.ics"), &at(hour)).await;
    }
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!((mirror.lines, mirror.coverage), (3, Some(Coverage::Full)));
    assert_eq!(mirror.starts(soon()), hours(&[9, 11, 13]));
    assert!(mirror.kept.values().all(|(etag, _)| etag.is_some()));
}

pub async fn what_was_added_changed_and_removed_is_told(bench: &dyn SourceBench) {
    for hour in [9, 11, 13] {
        bench.put(&format!("{hour}.ics"), &at(hour)).await;
    }
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    bench.remove("9.ics").await;
    let moved = at(11).replace("20261125T11", "20261125T12");
    bench.put("11.ics", &moved).await;
    bench.put("15.ics", &at(15)).await;
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.starts(soon()), hours(&[12, 13, 15]));
    assert_eq!(mirror.read, 2, "what did not change is not read again");
    if bench.has_deltas() {
        assert_eq!((mirror.lines, mirror.coverage), (3, Some(Coverage::Since)));
    }
    bench.remove("15.ics").await;
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.starts(soon()), hours(&[12, 13]));
    assert_eq!(mirror.read, 0);
}

pub async fn nothing_is_told_when_nothing_changed(bench: &dyn SourceBench) {
    bench.put("9.ics", &at(9)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    for _ in 0..3 {
        mirror.look(bench, soon()).await;
        assert_eq!(mirror.read, 0);
        assert_eq!(mirror.starts(soon()), hours(&[9]));
        if mirror.cursor.is_some() {
            assert_eq!((mirror.lines, mirror.coverage), (0, Some(Coverage::Since)));
        }
    }
}

pub async fn a_cursor_that_nobody_knows_gives_a_full_listing(bench: &dyn SourceBench) {
    bench.put("9.ics", &at(9)).await;
    let mut mirror = Mirror {
        cursor: Some(Cursor::new("http://example.org/ns/sync/this-is-no-token")),
        ..Mirror::default()
    };
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.coverage, Some(Coverage::Full));
    assert_eq!(mirror.starts(soon()), hours(&[9]));
}

pub async fn objects_are_read_in_the_order_asked(bench: &dyn SourceBench) {
    bench.put("9.ics", &at(9)).await;
    bench.put("11.ics", &at(11)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    let mut asked: Vec<Href> = mirror.kept.keys().rev().cloned().collect();
    asked.insert(1, Href::new("nothing-is-here.ics"));
    let objects = bench.source().read(&asked).await.expect("read");
    let hrefs: Vec<&Href> = objects.iter().map(|object| &object.href).collect();
    assert_eq!(hrefs, asked.iter().collect::<Vec<_>>());
    let there = |object: &SourceObject| matches!(object.content, SourceContent::Timing(_));
    assert_eq!(
        objects.iter().map(there).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(objects[1].content, SourceContent::Absent);
    assert_eq!(bench.source().read(&[]).await.expect("read"), vec![]);
}

pub async fn reading_twice_is_reading_once(bench: &dyn SourceBench) {
    bench.put("9.ics", &at(9)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    let hrefs: Vec<Href> = mirror.kept.keys().cloned().collect();
    let first = bench.source().read(&hrefs).await.expect("read");
    assert_eq!(bench.source().read(&hrefs).await.expect("read"), first);
    assert_eq!(first[0].etag, mirror.kept[&hrefs[0]].0);
}

pub async fn nothing_private_is_kept(bench: &dyn SourceBench) {
    let lines = "DTSTART:20261125T090000Z\nDTEND:20261125T093000Z\nLOCATION:Private words\n\
        DESCRIPTION:Private words\nX-ANYTHING:Private words\nCOMMENT:Private words\n\
        BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Private words\nTRIGGER:-PT5M\nEND:VALARM";
    bench.put("9.ics", &event("private-words", lines)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    let kept: Vec<&Timing> = mirror.timings().collect();
    assert_eq!(kept.len(), 1);
    let text = kept[0].as_str().to_lowercase();
    assert!(!text.contains("private"), "{text}");
}

pub async fn our_own_entries_and_blocks_never_block(bench: &dyn SourceBench) {
    let time = "DTSTART:20261125T100000Z\nDTEND:20261125T103000Z";
    for (number, (uid, line)) in [
        ("block", format!("DESCRIPTION:{BLOCK_TAG}")),
        ("feed@busy.slotbridge", "COMMENT:x".to_owned()),
    ]
    .into_iter()
    .enumerate()
    {
        let components = event(uid, &format!("{time}\n{line}"));
        bench.put(&format!("own{number}.ics"), &components).await;
    }
    bench.put("9.ics", &at(9)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.starts(soon()), hours(&[9]));
    assert_eq!(mirror.timings().count(), 1);
}

pub async fn what_never_blocks_is_nothing(bench: &dyn SourceBench) {
    let time = "DTSTART:20261125T100000Z\nDTEND:20261125T103000Z";
    let cancelled = event("cancelled", &format!("{time}\nSTATUS:CANCELLED"));
    let free = event("free", &format!("{time}\nTRANSP:TRANSPARENT"));
    let task = "BEGIN:VTODO\nUID:task\nDTSTAMP:20261101T000000Z\nSUMMARY:x\nEND:VTODO";
    bench.put("cancelled.ics", &cancelled).await;
    bench.put("free.ics", &free).await;
    bench.put("task.ics", task).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.starts(soon()), hours(&[]));
    assert_eq!((mirror.timings().count(), mirror.broken()), (0, 0));
}

pub async fn a_master_far_in_the_past_is_listed(bench: &dyn SourceBench) {
    let weekly = "DTSTART:20100106T090000Z\nDTEND:20100106T093000Z\nRRULE:FREQ=WEEKLY";
    bench.put("weekly.ics", &event("weekly", weekly)).await;
    let dates = "DTSTART:20100106T110000Z\nDTEND:20100106T113000Z\nRDATE:20261125T110000Z";
    bench.put("dates.ics", &event("dates", dates)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    let day = window("2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z");
    assert_eq!(mirror.starts(day), hours(&[9, 11]));
}

pub async fn an_event_far_away_is_found_when_the_window_reaches_it(bench: &dyn SourceBench) {
    bench.put("9.ics", &at(9)).await;
    let far = "DTSTART:20300306T090000Z\nDTEND:20300306T093000Z";
    bench.put("far.ics", &event("far", far)).await;
    let past = "DTSTART:20200306T090000Z\nDTEND:20200306T093000Z";
    bench.put("past.ics", &event("past", past)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.coverage, Some(Coverage::Full));
    assert_eq!(mirror.starts(soon()), hours(&[9]));
    let listed = if bench.leaves_out_what_is_far() { 1 } else { 3 };
    assert_eq!(mirror.lines, listed);
    // Each day everything is listed anew.
    mirror.cursor = None;
    let then = window("2030-02-01T00:00:00Z", "2030-04-01T00:00:00Z");
    mirror.look(bench, then).await;
    assert_eq!(mirror.starts(then), ["2030-03-06T09:00:00Z"]);
}

pub async fn an_event_across_the_whole_window_is_listed(bench: &dyn SourceBench) {
    let whole = "DTSTART:20260901T000000Z\nDTEND:20270601T000000Z";
    bench.put("whole.ics", &event("whole", whole)).await;
    let days = "DTSTART;VALUE=DATE:20260902\nDTEND;VALUE=DATE:20270602";
    bench.put("days.ics", &event("days", days)).await;
    let lasts = "DTSTART:20260903T000000Z\nDURATION:P300D";
    bench.put("lasts.ics", &event("lasts", lasts)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    let starts = [
        "2026-09-01T00:00:00Z",
        "2026-09-02T00:00:00Z",
        "2026-09-03T00:00:00Z",
    ];
    assert_eq!(mirror.starts(soon()), starts);
}

pub async fn five_hundred_events_are_listed_and_read(bench: &dyn SourceBench) {
    for number in 0..500_i64 {
        let start = time("2026-11-22T00:00:00Z") + jiff::SignedDuration::from_mins(number * 30);
        let lines = format!(
            "DTSTART:{}\nDURATION:PT10M",
            start.strftime("%Y%m%dT%H%M%SZ")
        );
        let components = event(&format!("event{number}"), &lines);
        bench.put(&format!("event{number}.ics"), &components).await;
    }
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!((mirror.lines, mirror.read), (500, 500));
    assert_eq!(mirror.starts(soon()).len(), 500);
}

pub async fn each_listing_is_counted(bench: &dyn SourceBench) {
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    let before = bench.source().meter().requests();
    mirror.look(bench, soon()).await;
    assert_eq!(bench.source().meter().requests(), before + 1);
}

pub async fn a_broken_object_stops_only_itself(bench: &dyn SourceBench) {
    bench.put("9.ics", &at(9)).await;
    bench
        .put("broken.ics", &event("broken", "DTSTART:not a time"))
        .await;
    bench.put("11.ics", &at(11)).await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.broken(), 1);
    assert_eq!(mirror.starts(soon()), hours(&[9, 11]));
    let said = format!("{:?}", mirror.kept);
    assert!(
        !said.contains("not a time") && !said.contains("Private"),
        "{said}"
    );
}

pub async fn a_broken_object_that_was_mended_is_told(bench: &dyn SourceBench) {
    bench
        .put("9.ics", &event("at-9", "DTSTART:not a time"))
        .await;
    let mut mirror = Mirror::default();
    mirror.look(bench, soon()).await;
    assert_eq!(mirror.broken(), 1);
    bench.put("9.ics", &at(9)).await;
    mirror.look(bench, soon()).await;
    assert_eq!((mirror.broken(), mirror.read), (0, 1));
    assert_eq!(mirror.starts(soon()), hours(&[9]));
}
