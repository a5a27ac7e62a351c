//! Date overrides: busy time is cut out of the person's hours, and they get back what they had.

use jiff::ToSpan;
use jiff::tz::TimeZone;
use rstest::rstest;
use serde_json::json;
use slotbridge::demo::account::{AccountOptions, EmptySegments, Fault, ShowsSegments};
use slotbridge::domain::time_span::TimeSpan;

use super::bench::{Bench, at};
use super::busy::{PAGE, Sink, bench, bench_with, flows, flows_to, span};
use super::side::Side::{Radicale, Vdir};

/// The local day in Berlin on which that UTC day has its noon.
fn day(days: i64) -> TimeSpan {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let start = at(days, 12).to_zoned(zone).start_of_day().unwrap();
    let end = start.checked_add(1.day()).unwrap();
    TimeSpan {
        start: start.timestamp(),
        end: end.timestamp(),
    }
}

fn add_override(bench: &Bench, when: TimeSpan) {
    let account = &bench.account;
    assert!(account.add_override(account.availability_id(), when.start, when.end));
}

#[test]
fn the_persons_override_on_a_busy_day_is_merged_and_comes_back_to_the_letter() {
    let bench = bench(Radicale, Sink::Overrides);
    add_override(&bench, span(3, 8, 12));
    add_override(&bench, span(3, 14, 16));
    let off = day(5);
    add_override(
        &bench,
        TimeSpan {
            end: off.start,
            ..off
        },
    );
    let before = bench.sorted_overrides();
    let closed = bench.taken();
    bench.has_event("dentist", span(3, 11, 15));
    bench.has_event("off", span(5, 9, 10));
    bench.pass();
    let free = bench.account.free_stretches(PAGE, day(3).start, day(3).end);
    assert_eq!(free, [span(3, 8, 11), span(3, 15, 16)]);
    assert!(
        bench
            .account
            .free_stretches(PAGE, off.start, off.end)
            .is_empty()
    );
    bench.writes_nothing(2);
    bench.has_no_event("off");
    bench.pass();
    bench.has_no_event("dentist");
    bench.pass_takes(&closed, "as before");
    assert_eq!(bench.sorted_overrides(), before);
    bench.writes_nothing(1);
}

#[test]
fn the_person_edits_an_override_on_a_day_that_is_touched() {
    let bench = bench(Vdir, Sink::Overrides);
    bench.has_event("dentist", span(3, 11, 15));
    bench.pass();
    let id = bench.account.availability_id();
    let date = at(3, 12).to_zoned(TimeZone::UTC).date();
    assert!(bench.account.remove_override(id, date));
    add_override(&bench, span(3, 10, 18));
    bench.pass();
    let free = bench.account.free_stretches(PAGE, day(3).start, day(3).end);
    assert_eq!(free, [span(3, 10, 11), span(3, 15, 18)]);
    bench.writes_nothing(1);
    bench.has_no_event("dentist");
    bench.pass();
    assert_eq!(
        bench.overrides(),
        [span(3, 10, 18)],
        "what they wished last"
    );
}

#[rstest]
fn a_day_that_is_busy_all_day_leaves_nothing_bookable(
    #[values(EmptySegments::DayOff, EmptySegments::Refused)] empty: EmptySegments,
    #[values(ShowsSegments::Always, ShowsSegments::InResource, ShowsSegments::Never)]
    shows: ShowsSegments,
) {
    let mut options = AccountOptions::default();
    options.availability.empty_segments = empty;
    options.availability.shows_segments = shows;
    let allowed = format!("{}replace_overrides = true\n", flows(Sink::Overrides));
    let bench = bench_with(Vdir, &allowed, options);
    let whole = day(4);
    bench.has_event("away", whole);
    bench.has_event("dentist", span(7, 9, 11));
    bench.clean_passes(2);
    assert!(
        bench
            .account
            .free_slots(PAGE, whole.start, whole.end)
            .is_empty()
    );
    let free: i64 = {
        let free = bench.account.free_stretches(PAGE, whole.start, whole.end);
        free.iter()
            .map(|span| span.end.duration_since(span.start).as_mins())
            .sum()
    };
    assert!(free <= 1, "{free} minutes");
    let day_before = bench.account.free_slots(PAGE, at(2, 0), at(3, 0));
    assert_eq!(day_before.len(), 48);
    bench.writes_nothing(2);
    bench.has_event("away", span(9, 1, 2));
    bench.clean_passes(2);
    bench.is_taken(&[span(7, 9, 11), span(9, 1, 2)], "the day is given back");
    bench.has_no_event("away");
    bench.clean_passes(2);
    bench.has_no_event("dentist");
    bench.clean_passes(2);
    bench.has_no_trace();
}

#[test]
fn one_patch_for_a_pass_with_changes_and_none_for_the_others() {
    let bench = bench(Radicale, Sink::Overrides);
    let id = bench.account.availability_id();
    assert!(
        bench
            .account
            .rename_availability(id, "Sprechstunde / \"Office\"")
    );
    for days in 2..9 {
        bench.has_event(&format!("event-{days}"), span(days, 9, 10));
    }
    bench.account.clear_log();
    bench.pass();
    let patches = bench.schedule_patches();
    assert_eq!(patches.len(), 1, "{patches:#?}");
    let body = patches[0].body.as_ref().unwrap();
    assert_eq!(body["name"], json!("Sprechstunde / \"Office\""));
    assert_eq!(body["time_zone"], json!("Europe/Berlin"));
    let run = bench.writes_nothing(3);
    assert_eq!(run.zoom_requests(), 1, "{run:#?}");
    bench.account.clear_log();
    bench.has_event("event-2", span(2, 11, 12));
    bench.has_event("event-3", span(4, 11, 12));
    bench.pass();
    assert_eq!(bench.schedule_patches().len(), 1);
}

#[test]
fn a_change_of_the_weekly_hours_reaches_the_days_that_are_touched() {
    let bench = bench(Vdir, Sink::Overrides);
    bench.has_event("dentist", span(3, 11, 15));
    bench.pass();
    let id = bench.account.availability_id();
    assert!(bench.account.set_week(id, ["10:00-20:00"; 7]));
    bench.pass();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let local = |hour: i8| {
        let date = at(3, 12).to_zoned(zone.clone()).date();
        date.at(hour, 0, 0, 0)
            .to_zoned(zone.clone())
            .unwrap()
            .timestamp()
    };
    let free = bench.account.free_stretches(PAGE, day(3).start, day(3).end);
    let expected = [
        TimeSpan {
            start: local(10),
            end: at(3, 11),
        },
        TimeSpan {
            start: at(3, 15),
            end: local(20),
        },
    ];
    assert_eq!(free, expected);
    bench.writes_nothing(1);
    bench.has_no_event("dentist");
    bench.pass();
    bench.has_no_trace();
}

#[test]
fn an_override_that_zoom_does_not_show_is_not_lost() {
    let mut options = AccountOptions::default();
    options.availability.shows_segments = ShowsSegments::Never;
    let mut bench = bench_with(Vdir, &flows(Sink::Overrides), options);
    add_override(&bench, span(5, 14, 16));
    let before = bench.sorted_overrides();
    bench.has_event("dentist", span(3, 9, 11));
    for arguments in [&["--json", "--dry-run"][..], &["--json"], &["--json"]] {
        let run = bench.sync(arguments);
        assert_eq!(run.code, 1, "{run:#?}");
        assert!(run.errors().contains("nothing was written"), "{run:#?}");
        assert!(run.errors().contains("replace_overrides"), "{run:#?}");
        assert_eq!(bench.sorted_overrides(), before);
    }
    assert!(bench.schedule_patches().is_empty());
    let allowed = format!("{}replace_overrides = true\n", flows(Sink::Overrides));
    bench.set_flows(&allowed);
    bench.clean_passes(2);
    bench.is_taken(&[span(3, 9, 11)], "because the person said so");
}

#[test]
fn auto_that_may_not_write_overrides_goes_to_the_calendar_as_soon_as_it_can() {
    let mut options = AccountOptions::default();
    options.availability.shows_segments = ShowsSegments::Never;
    let bench = bench_with(Vdir, &flows_to("auto"), options);
    let events = format!("/v2/calendars/{}/events", bench.account.calendar_id());
    bench
        .account
        .faults()
        .always("GET", &events, Fault::Status(403));
    bench.has_event("dentist", span(3, 9, 11));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.errors().contains("tries in each pass"), "{run:#?}");
    let status = bench.status();
    assert!(
        status.stdout.contains("nothing is written there"),
        "{status:#?}"
    );
    bench.account.faults().clear();
    bench.pass_takes(&[span(3, 9, 11)], "by blocks");
    assert_eq!(bench.block_spans(), [span(3, 9, 11)]);
}
