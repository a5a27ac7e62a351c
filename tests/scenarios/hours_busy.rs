//! Working hours and busy time in one schedule: one PATCH, and each keeps its own.

use std::sync::Once;

use rstest::rstest;
use serde_json::json;
use slotbridge::demo::account::{AccountOptions, EmptySegments, ShowsSegments, Times};
use slotbridge::domain::time_span::TimeSpan;

use super::bench::{Bench, at};
use super::busy::{PAGE, calendar, event};
use super::feed_server::Server;
use super::hours::{ZONE, bench_with, date, local, off};
use super::hours_text::with_times;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

const FLOWS: &str = "[host.busy]\nfrom = [\"work\"]\nto = \"availability\"\nfuture = \"30d\"\n\
                     [host.hours]\ncalendar = \"work\"\n";
/// Every day alike, so that no test depends on the day it runs on.
const EVERY: [&str; 7] = ["08:00-20:00"; 7];

fn with_options(side: Side, options: AccountOptions) -> Bench {
    let bench = bench_with(side, FLOWS, options);
    bench.set_zoom_week(EVERY);
    bench
}

/// What can be booked on a day, in hours on the clock of the account.
#[track_caller]
fn bookable(bench: &Bench, days: i64, expected: &[(i64, i64)]) {
    let day = local(days, 0, 24);
    let free = bench.account.free_stretches(PAGE, day.start, day.end);
    let expected: Vec<TimeSpan> = expected
        .iter()
        .map(|(from, to)| local(days, *from, *to))
        .collect();
    assert_eq!(free, expected);
}

fn in_step(side: Side) -> Bench {
    let bench = with_options(side, AccountOptions::default());
    bench.pass();
    bench
}

#[rstest]
fn both_go_in_one_patch_and_nothing_is_written_without_a_change(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = in_step(side);
    bench.edit_hours(|text| with_times(text, "200000", "210000"));
    bench.has_event("dentist", local(3, 11, 15));
    bench.has_event("away", local(5, 0, 24));
    bench.account.clear_log();
    bench.pass();
    let patch = bench.only_patch();
    let body = patch.body.unwrap();
    assert_eq!(
        (&body["name"], &body["time_zone"]),
        (&json!("Working hours"), &json!(ZONE))
    );
    assert_eq!(bench.zoom_week(), ["08:00-21:00"; 7]);
    bookable(&bench, 3, &[(8, 11), (15, 21)]);
    bookable(&bench, 4, &[(8, 21)]);
    bookable(&bench, 5, &[]);
    assert!(
        bench.hours_told().dates.is_empty(),
        "busy time is nobody's hours"
    );
    bench.stays(10);
    bench.has_no_event("dentist");
    bench.pass();
    bench.has_no_event("away");
    bench.account.clear_log();
    bench.pass();
    bench.only_patch();
    assert_eq!(bench.overrides(), []);
    assert_eq!(bench.zoom_week(), ["08:00-21:00"; 7]);
    bench.stays(2);
}

#[rstest]
fn a_persons_override_of_a_busy_day_is_merged_and_kept_apart(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = with_options(side, AccountOptions::default());
    bench.add_zoom_override(local(3, 6, 9));
    bench.add_zoom_override(local(3, 12, 18));
    bench.add_zoom_override(off(6));
    bench.has_event("dentist", local(3, 8, 14));
    bench.has_event("six", local(6, 9, 10));
    let before = bench.sorted_overrides();
    bench.pass();
    bookable(&bench, 3, &[(6, 8), (14, 18)]);
    bookable(&bench, 6, &[]);
    let told = bench.hours_told();
    assert_eq!(told.dates[&date(3)], "06:00-09:00, 12:00-18:00");
    assert_eq!(told.dates[&date(6)], "");
    assert_eq!(told.dates.len(), 2);
    bench.stays(10);
    // The override is edited in the calendar, on the busy day.
    bench.edit_hours(|text| with_times(text, "060000", "070000"));
    bench.pass();
    bookable(&bench, 3, &[(7, 8), (14, 18)]);
    bench.stays(2);
    bench.edit_hours(|text| with_times(text, "070000", "060000"));
    bench.pass();
    for name in ["dentist", "six"] {
        bench.has_no_event(name);
        bench.pass();
    }
    assert_eq!(bench.sorted_overrides(), before);
    bench.stays(2);
}

#[rstest]
fn the_usual_hours_of_a_busy_day_change_and_the_day_goes_back_to_them(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = in_step(side);
    bench.has_event("dentist", local(3, 11, 15));
    bench.pass();
    bench.edit_hours(|text| with_times(text, "200000", "170000"));
    bench.account.clear_log();
    bench.pass();
    bench.only_patch();
    bookable(&bench, 3, &[(8, 11), (15, 17)]);
    bench.set_zoom_week(["10:00-17:00"; 7]);
    bench.pass();
    bookable(&bench, 3, &[(10, 11), (15, 17)]);
    assert_eq!(bench.hours_told().week, ["10:00-17:00"; 7]);
    bench.has_no_event("dentist");
    bench.pass();
    assert_eq!(bench.overrides(), []);
    bench.stays(2);
}

#[rstest]
fn days_that_are_over_keep_what_the_person_had(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = with_options(side, AccountOptions::default());
    bench.add_zoom_override(local(-3, 6, 9));
    bench.add_zoom_override(off(-2));
    bench.has_event("old", local(-3, 7, 8));
    bench.has_event("dentist", local(3, 11, 15));
    bench.pass();
    let mut overrides = bench.sorted_overrides();
    overrides.retain(|span| span.start < at(0, 0));
    assert_eq!(overrides, [local(-3, 6, 9), off(-2)]);
    bench.stays(2);
    bench.has_no_event("dentist");
    bench.pass();
    assert_eq!(bench.sorted_overrides(), [local(-3, 6, 9), off(-2)]);
}

/// The host edits their hours in Zoom while our pass is between its look and its PATCH: a source
/// that is read in between does it.
#[test]
fn an_edit_in_zoom_while_the_pass_runs_is_not_undone() {
    let bench = in_step(Radicale);
    let account = bench.account.clone();
    let events = [event("feed", local(4, 9, 10))];
    let once = Once::new();
    let feed = Server::start(move |_, out| {
        once.call_once(|| {
            let mut week = EVERY;
            week[2] = "";
            account.set_week(account.availability_id(), week);
            account.set_overrides(account.availability_id(), &[local(7, 6, 7)]);
        });
        let kind = "Content-Type: text/calendar\r\n";
        out.say("200 OK", kind, calendar(&events).as_bytes())
    });
    let mut bench = bench;
    let url = feed.at("127.0.0.1", "/feed.ics");
    bench.set_flows(&format!(
        "{}[[calendar]]\nname = \"feed\"\nkind = \"ics\"\nurl = \"{url}\"\n",
        FLOWS.replace("[\"work\"]", "[\"work\", \"feed\"]")
    ));
    bench.edit_hours(|text| with_times(text, "200000", "210000"));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.errors().contains("somebody changed it"), "{run:#?}");
    assert!(bench.schedule_patches().is_empty(), "{run:#?}");
    assert_eq!(bench.overrides(), [local(7, 6, 7)]);
    bench.clean_passes(2);
    let mut week = ["08:00-21:00"; 7];
    week[2] = "";
    let wednesday = |week: [String; 7]| (week[2].clone(), week[0].clone());
    // Wednesday was changed on both sides: Zoom wins, the calendar's text is kept.
    assert_eq!(
        wednesday(bench.zoom_week()),
        (String::new(), "08:00-21:00".to_owned())
    );
    assert_eq!(bench.hours_told().week, week);
    assert!(bench.hours_told().dates.contains_key(&date(7)));
    assert!(bench.overrides().contains(&local(7, 6, 7)));
}

#[rstest]
fn the_schedule_is_another_one_and_the_old_one_gets_back_what_it_had(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = with_options(side, AccountOptions::default());
    let first = bench.account.availability_id();
    bench.add_zoom_override(local(3, 6, 9));
    bench.has_event("dentist", local(3, 7, 8));
    bench.has_event("four", local(4, 9, 10));
    bench.pass();
    let second = bench.account.add_availability("Evenings", ZONE);
    assert!(bench.account.set_week(&second, ["18:00-22:00"; 7]));
    let mut bench = bench;
    bench.set_flows(&FLOWS.replace(
        "[host.hours]\n",
        "[host.hours]\navailability = \"Evenings\"\n",
    ));
    let run = bench.sync(&["--json"]);
    assert!(matches!(run.code, 0 | 1), "{run:#?}");
    assert_eq!(
        bench.account.overrides(first),
        [local(3, 6, 9)],
        "as the person had it"
    );
    assert_eq!(bench.zoom_week(), EVERY, "its week, too");
    bench.clean_passes(2);
    bench.stays(2);
    assert_eq!(bench.hours_told().week, ["18:00-22:00"; 7]);
}

#[rstest]
fn what_zoom_hides_or_refuses_is_no_reason_to_write_again(
    #[values(Xandikos, Vdir)] side: Side,
    #[values(ShowsSegments::InResource, ShowsSegments::Never)] shows: ShowsSegments,
    #[values(EmptySegments::DayOff, EmptySegments::Refused)] empty: EmptySegments,
) {
    let mut options = AccountOptions::default();
    options.availability.shows_segments = shows;
    options.availability.empty_segments = empty;
    // Nobody made any by hand.
    let allowed = "[host.busy]\nreplace_overrides = true\n";
    let bench = bench_with(side, &FLOWS.replace("[host.busy]\n", allowed), options);
    bench.set_zoom_week(EVERY);
    bench.pass();
    bench.has_event("dentist", local(3, 11, 15));
    bench.has_event("away", local(5, 0, 24));
    bench.clean_passes(2);
    bookable(&bench, 3, &[(8, 11), (15, 20)]);
    assert!(
        bench
            .account
            .free_slots(PAGE, local(5, 0, 24).start, local(5, 0, 24).end)
            .is_empty()
    );
    bench.stays(3);
    bench.edit_hours(|text| with_times(text, "200000", "190000"));
    bench.clean_passes(2);
    assert_eq!(bench.zoom_week(), ["08:00-19:00"; 7]);
    bookable(&bench, 3, &[(8, 11), (15, 19)]);
    bench.stays(3);
    for name in ["dentist", "away"] {
        bench.has_no_event(name);
        bench.clean_passes(2);
    }
    assert_eq!(bench.overrides(), []);
    assert!(bench.hours_told().dates.is_empty());
    bench.stays(2);
}

/// The host makes another schedule the default one, and none is named.
#[rstest]
fn another_default_schedule_is_found_in_the_next_pass(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = in_step(side);
    let first = bench.account.availability_id();
    bench.has_event("dentist", local(3, 9, 10));
    bench.pass();
    assert_eq!(bench.account.overrides(first).len(), 2);
    let second = bench.account.add_availability("Evenings", ZONE);
    assert!(bench.account.set_week(&second, ["08:00-20:00"; 7]));
    assert!(bench.account.make_availability_default(&second));
    bench.pass();
    assert_eq!(bench.account.overrides(first), []);
    assert_eq!(
        bench.account.overrides(&second),
        [local(3, 8, 9), local(3, 10, 20)]
    );
    bench.stays(2);
}

/// Passes that are not clean, and still write nothing.
#[track_caller]
fn says_so_and_writes_nothing(bench: &Bench, word: &str) {
    let before = (bench.hours_text(), bench.zoom_week(), bench.overrides());
    bench.account.clear_log();
    bench.clear_calendar_log();
    for _ in 0..3 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert!(run.errors().contains(word), "{run:#?}");
    }
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    assert!(bench.calendar_writes().is_empty());
    let after = (bench.hours_text(), bench.zoom_week(), bench.overrides());
    assert_eq!(after, before);
}

fn in_quarters(side: Side, wins: &str) -> Bench {
    let mut options = AccountOptions::default();
    options.availability.times = Times::QuarterHours;
    let flows = format!("{FLOWS}wins = \"{wins}\"\n");
    let bench = bench_with(side, &flows, options);
    bench.set_zoom_week(EVERY);
    bench.pass();
    bench
}

#[rstest]
fn a_zoom_that_rounds_overrides_is_told_once(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_quarters(side, "zoom");
    let mut when = local(3, 9, 10);
    when.end += jiff::SignedDuration::from_mins(20);
    bench.has_event("dentist", when);
    bench.account.clear_log();
    assert_eq!(bench.sync(&["--json"]).code, 1);
    bench.only_patch();
    says_so_and_writes_nothing(&bench, "shows other ones since");
    assert!(
        bench.hours_told().dates.is_empty(),
        "it is no wish of the person's"
    );
    bench.account.clear_log();
    bench.sync(&["--full"]);
    bench.only_patch();
    says_so_and_writes_nothing(&bench, "shows other ones since");
    // Times that it keeps are written as ever.
    bench.has_event("dentist", local(3, 9, 10));
    bench.clean_passes(2);
    bookable(&bench, 3, &[(8, 9), (10, 20)]);
    bench.stays(2);
}

#[rstest]
fn a_zoom_that_rounds_the_usual_week_is_told_once(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("zoom", "calendar")] wins: &str,
) {
    let bench = in_quarters(side, wins);
    bench.edit_hours(|text| with_times(text, "200000", "202500"));
    bench.account.clear_log();
    assert_eq!(bench.sync(&["--json"]).code, 1);
    bench.only_patch();
    assert_eq!(bench.zoom_week(), ["08:00-20:15"; 7]);
    if wins == "zoom" {
        // What Zoom made of it is Zoom's word; what was wished is kept for reading.
        bench.clean_passes(2);
        assert_eq!(bench.hours_told().week, ["08:00-20:15"; 7]);
        assert_eq!(bench.disputes("settled").len(), 7);
    } else {
        says_so_and_writes_nothing(&bench, "shows other ones since");
        bench.edit_hours(|text| with_times(text, "202500", "203000"));
        bench.clean_passes(2);
        assert_eq!(bench.zoom_week(), ["08:00-20:30"; 7]);
    }
    bench.stays(2);
}

#[rstest]
fn a_zoom_that_rounds_back_to_what_it_had_is_told_once(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("zoom", "calendar", "hold")] wins: &str,
) {
    let bench = in_quarters(side, wins);
    bench.edit_hours(|text| with_times(text, "200000", "201000"));
    bench.account.clear_log();
    assert_eq!(bench.sync(&["--json"]).code, 1);
    bench.only_patch();
    assert_eq!(bench.zoom_week(), EVERY);
    says_so_and_writes_nothing(&bench, "shows other ones since");
    bench.account.clear_log();
    bench.sync(&["--full"]);
    bench.only_patch();
    bench.edit_hours(|text| with_times(text, "201000", "200000"));
    bench.clean_passes(1);
    bench.stays(2);
}
