//! The first pass writes what Zoom has, where the calendar keeps such things; after that nothing
//! is written for nothing.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::Bench;
use super::hours::{OBJECT, WEEK, ZONE, bench, bench_with, date, flows, in_step, local, off};
use super::hours_text::{Told, by_hand};
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// Days that differ: one off, one until midnight, one in two pieces, and one that is over.
fn with_overrides(bench: &Bench) {
    bench.add_zoom_override(off(5));
    bench.add_zoom_override(local(8, 20, 24));
    bench.add_zoom_override(local(10, 7, 9));
    bench.add_zoom_override(local(10, 14, 15));
    bench.add_zoom_override(local(-3, 7, 9));
}

fn expected() -> Told {
    let dates = [
        (date(5), ""),
        (date(8), "20:00-24:00"),
        (date(10), "07:00-09:00, 14:00-15:00"),
    ];
    Told {
        zone: ZONE.to_owned(),
        week: WEEK.map(str::to_owned),
        dates: dates
            .map(|(date, hours)| (date, hours.to_owned()))
            .into_iter()
            .collect(),
    }
}

#[rstest]
fn the_first_pass_writes_the_hours_that_zoom_has(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    with_overrides(&bench);
    let (week, overrides) = (bench.zoom_week(), bench.overrides());
    let run = bench.pass();
    assert_eq!(run.hours()["updated"], 1, "{run:#?}");
    assert_eq!(bench.hours_told(), expected());
    let objects: &[&str] = if side == Radicale { &[] } else { &[OBJECT] };
    assert_eq!(bench.shelf.names(), objects);
    assert_eq!(bench.zoom_writes(), [""; 0], "Zoom is left alone");
    assert_eq!((bench.zoom_week(), bench.overrides()), (week, overrides));
    let mut log = bench.calendar_log();
    log.retain(|passed| passed.method == "PROPPATCH");
    let properties = usize::from(side == Radicale);
    assert_eq!(log.len(), properties, "Xandikos breaks over it: {log:#?}");
}

#[rstest]
fn ten_passes_without_a_change_write_nothing(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    with_overrides(&bench);
    bench.pass();
    let run = bench.stays(10);
    assert_eq!(run.zoom_requests(), 1, "{run:#?}");
    assert_eq!(run.hours()["unchanged"], 1, "{run:#?}");
    if side != Vdir {
        let log = bench.calendar_log();
        assert_eq!(log.len(), 10, "one for each pass: {log:#?}");
    }
}

#[rstest]
fn a_lost_state_is_no_reason_to_write(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    with_overrides(&bench);
    bench.pass();
    bench.lose_state();
    bench.stays(2);
    assert_eq!(bench.hours_told(), expected());
    // And it goes on where it was.
    let mut week = WEEK;
    week[5] = "08:00-09:00";
    bench.set_zoom_week(week);
    bench.pass();
    assert_eq!(bench.hours_told().week, week);
}

#[rstest]
#[case::zoom("zoom", 1, "settled")]
#[case::calendar("calendar", 1, "settled")]
#[case::hold("hold", 1, "open")]
fn with_the_state_lost_a_day_that_differs_is_decided_as_wins_says(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[case] wins: &str,
    #[case] code: i32,
    #[case] standing: &str,
) {
    let bench = in_step(side, wins);
    let written = bench.hours_text();
    let mut week = WEEK;
    week[4] = "19:00-24:00";
    bench.set_zoom_week(week);
    bench.lose_state();
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, code, "{run:#?}");
    let expected = ("friday".into(), "19:00-24:00".into(), "18:00-24:00".into());
    assert_eq!(bench.disputes(standing), [expected]);
    let (zoom, calendar) = (bench.zoom_week(), bench.hours_told().week);
    match wins {
        "zoom" => assert_eq!(
            (zoom, calendar),
            (week.map(str::to_owned), bench.zoom_week())
        ),
        "calendar" => assert_eq!(
            (zoom, calendar),
            (WEEK.map(str::to_owned), bench.zoom_week())
        ),
        _ => {
            assert_eq!(zoom, week);
            assert_eq!(bench.hours_text(), written);
        }
    }
    if wins != "hold" {
        bench.stays(2);
    }
}

#[rstest]
fn a_dry_run_writes_nothing_and_says_what_it_would(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    let run = bench.sync(&["--json", "--dry-run"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.hours()["updated"], 1, "{run:#?}");
    assert_eq!(bench.hours_text(), None);
    assert!(bench.calendar_writes().is_empty() && bench.zoom_writes().is_empty());
}

#[rstest]
fn a_schedule_that_says_nothing_takes_what_the_calendar_says(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = bench_with(side, &flows("zoom"), AccountOptions::default());
    bench.set_zoom_week([""; 7]);
    bench.pass();
    assert_eq!(bench.hours_text(), None, "nothing is said, nothing written");
    bench.put_hours(&by_hand(
        ZONE,
        &[("MO,WE", "09:00-12:00"), ("SA", "20:00-24:00")],
        "",
    ));
    bench.account.clear_log();
    let text = bench.hours_text();
    bench.pass();
    let mut week = [""; 7];
    (week[0], week[2], week[5]) = ("09:00-12:00", "09:00-12:00", "20:00-24:00");
    assert_eq!(bench.zoom_week(), week);
    bench.only_patch();
    assert_eq!(bench.hours_text(), text, "the person's own text stays");
    bench.stays(2);
}

#[rstest]
fn hours_that_both_have_alike_are_in_step_at_once(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    let week = [
        ("MO,TU", "09:00-12:00"),
        ("TU,MO", "13:00-17:00"),
        ("TH", "00:00-24:00"),
        ("FR", "18:00-24:00"),
        ("SU", "10:00-11:00"),
    ];
    bench.put_hours(&by_hand(ZONE, &week, ""));
    bench.pass();
    bench.stays(3);
    assert!(bench.waiting("conflicts").is_empty());
}
