//! Rules that want to be endless work: each comes to an end, and says what became of it. How long
//! each takes is measured in `benches/expansion.rs`; here its steps are counted.

use super::corpus::HOSTILE;
use super::*;

const TOO_OFTEN: &str = "busy all through: it comes too often to be counted";
const TOO_FAR: &str = "a COUNT that reaches too far is read as endless";

/// An hour long, since 2020.
fn since(start: &str, rule: &str) -> Occurrences {
    let text = event(&format!("DTSTART:{start}\nDURATION:PT1H\n{rule}"));
    expand(
        &text,
        window("2026-10-31T23:00:00Z", "2026-12-30T23:00:00Z"),
    )
}

#[rstest]
#[case("FREQ=SECONDLY")]
#[case("FREQ=SECONDLY;INTERVAL=7")]
#[case("FREQ=MINUTELY")]
#[case("FREQ=MINUTELY;BYMONTHDAY=31;BYMONTH=2")]
#[case("FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55;BYSECOND=0,30")]
#[case(
    "FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25"
)]
fn what_comes_too_often_is_busy_all_through(#[case] rule: &str) {
    let found = since("20200101T000000Z", &format!("RRULE:{rule}"));
    assert_eq!(found.notes, [TOO_OFTEN]);
    let from = "2026-10-31T23:00:00Z/2026-12-31T23:00:00Z";
    assert!(
        found.spans.iter().any(|span| span.text() == from),
        "{:?}",
        found.spans
    );
}

#[rstest]
#[case::before_the_window("20200101T000000Z", "FREQ=SECONDLY;COUNT=86400", &[])]
#[case::into_the_window("20261101T000000Z", "FREQ=MINUTELY;COUNT=60", &["1101T0000/1101T0100", "1101T0000/1101T0159"])]
#[case::until("20261101T000000Z", "FREQ=MINUTELY;UNTIL=20261101T030000Z", &["1101T0000/1101T0100", "1101T0000/1101T0400"])]
#[case::hours_in_minutes("20261101T000000Z", "FREQ=MINUTELY;INTERVAL=120;COUNT=2", &["1101T0000/1101T0100", "1101T0200/1101T0300"])]
#[case::hours_in_seconds("20261101T000000Z", "FREQ=SECONDLY;INTERVAL=7200;COUNT=2", &["1101T0000/1101T0100", "1101T0200/1101T0300"])]
fn what_comes_too_often_ends_where_it_ends(
    #[case] start: &str,
    #[case] rule: &str,
    #[case] spans: &[&str],
) {
    let found = since(start, &format!("RRULE:{rule}"));
    assert_eq!(short(&found), spans);
}

#[rstest]
#[case("20200101T000000Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31")]
#[case("20200101T000000Z", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")]
#[case("20200101T000000Z", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")]
#[case("20200101T000000Z", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5")]
#[case("20200101T000000Z", "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30")]
#[case("20200101T000000Z", "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")]
#[case("20200101T000000Z", "FREQ=HOURLY;INTERVAL=24;BYHOUR=5")]
#[case("20200101T000000Z", "FREQ=HOURLY;INTERVAL=48;BYHOUR=5;COUNT=1000000")]
#[case("00010101T000000Z", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5")]
#[case("00010101T000000Z", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6")]
#[case("20200101T000000Z", "FREQ=YEARLY;BYYEARDAY=60;BYWEEKNO=40")]
#[case("20200101T000000Z", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=31")]
#[case("20200101T000000Z", "FREQ=DAILY;COUNT=0")]
#[case("20200101T000000Z", "FREQ=DAILY;UNTIL=20190101T000000Z")]
#[case("20200101T000000Z", "FREQ=DAILY;UNTIL=20200101T000000Z")]
#[case("20200101T000000Z", "FREQ=YEARLY;INTERVAL=2147483648")]
#[case("20200101T000000Z", "FREQ=MONTHLY;INTERVAL=4294967296")]
#[case("20200101T000000Z", "FREQ=WEEKLY;INTERVAL=65536;BYDAY=MO,FR;COUNT=9")]
#[case("20200101T000000Z", "FREQ=DAILY;INTERVAL=2147483648;COUNT=2147483648")]
#[case("20200101T000000Z", "FREQ=HOURLY;INTERVAL=99999999999999999999")]
#[case("99991231T235959Z", "FREQ=DAILY")]
#[case("99991231T235959Z", "FREQ=YEARLY;COUNT=1000000")]
fn what_never_comes_gives_up(#[case] start: &str, #[case] rule: &str) {
    let found = since(start, &format!("RRULE:{rule}"));
    assert_eq!((found.spans, found.notes), (Vec::new(), Vec::new()));
    assert!(found.failures.is_empty(), "{:?}", found.failures);
}

#[rstest]
#[case("20200101T100000Z", "FREQ=DAILY;COUNT=2000000000", 60, &[])]
#[case("20200101T100000Z", "FREQ=DAILY;BYHOUR=10;COUNT=2000000000", 60, &[])]
#[case("00010101T100000Z", "FREQ=DAILY;BYHOUR=10;COUNT=2000000000", 60, &[TOO_FAR])]
#[case("00010101T100000Z", "FREQ=DAILY", 60, &[])]
#[case("00010101T100000Z", "FREQ=MONTHLY", 2, &[])]
#[case("00010101T100000Z", "FREQ=WEEKLY;BYDAY=MO;COUNT=1000000", 9, &[TOO_FAR])]
#[case("20200101T100000Z", "FREQ=HOURLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;COUNT=100000000", 1440, &[TOO_FAR])]
#[case("18000101T100000Z", "FREQ=YEARLY;BYMONTH=11", 1, &[])]
#[case("20200101T100000Z", "FREQ=DAILY;INTERVAL=7", 9, &[])]
fn a_far_start_and_a_huge_count_are_followed(
    #[case] start: &str,
    #[case] rule: &str,
    #[case] spans: usize,
    #[case] notes: &[&str],
) {
    let found = since(start, &format!("RRULE:{rule}"));
    assert_eq!(found.notes, notes);
    assert_eq!(found.spans.len(), spans);
}

#[test]
fn thousands_of_values_and_dates_are_followed() {
    let many = |name: &str, from: i64| {
        let start: jiff::Timestamp = "2026-11-01T00:00:00Z".parse().expect("an instant");
        let dates: Vec<String> = (0..10_000)
            .map(|n| start + jiff::SignedDuration::from_hours(from + n))
            .map(|at| at.strftime("%Y%m%dT%H%M%SZ").to_string())
            .collect();
        format!("{name}:{}", dates.join(","))
    };
    let found = since("20261101T000000Z", &many("RDATE", 0));
    assert_eq!(
        found.spans.len(),
        60 * 24 - 1,
        "each hour of the window but its first"
    );
    let both = format!("{}\n{}", many("RDATE", 0), many("EXDATE", -5_000));
    assert!(since("20261101T000000Z", &both).spans.is_empty());
    let hours = vec!["1,2,3"; 5_000].join(",");
    let found = since(
        "20261101T000000Z",
        &format!("RRULE:FREQ=DAILY;BYHOUR={hours};COUNT=3"),
    );
    assert_eq!(found.spans.len(), 4);
}

#[test]
fn thousands_of_rules_are_not_followed() {
    let rules = ["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;INTERVAL=X"; 10].join("\n");
    let some: Vec<String> = (1..200)
        .map(|n| format!("RRULE:FREQ=DAILY;INTERVAL={n};BYMONTH=2;BYMONTHDAY=31"))
        .collect();
    let found = since("20200101T000000Z", &format!("{rules}\n{}", some.join("\n")));
    assert!(
        found.notes.contains(&TOO_OFTEN.to_owned()),
        "{:?}",
        found.notes
    );
}

#[test]
fn what_lasts_nothing_blocks_nothing_however_often() {
    let text = event("DTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY");
    let found = expand(
        &text,
        window("2026-10-31T23:00:00Z", "2026-12-30T23:00:00Z"),
    );
    assert_eq!(found, Occurrences::default());
}

#[test]
fn occurrences_that_last_for_ages_are_busy_all_through() {
    let text = event("DTSTART:00010101T000000Z\nDTEND:99990101T000000Z\nRRULE:FREQ=DAILY");
    let found = expand(
        &text,
        window("2026-10-31T23:00:00Z", "2026-12-30T23:00:00Z"),
    );
    assert_eq!(found.notes, [TOO_OFTEN]);
    assert!(!found.spans.is_empty());
}

/// An hour long event, expanded for 60 days out of a budget.
fn within(lines: &str, budget: &mut Budget) -> Occurrences {
    let text = event(&format!("DURATION:PT1H\n{lines}"));
    let Ok(Stripped::Timing(timing)) = strip(text.as_bytes()) else {
        panic!("a timing");
    };
    let viewer = Viewer {
        window: window("2026-10-31T23:00:00Z", "2026-12-30T23:00:00Z"),
        zone: &berlin(),
        emails: &[],
    };
    occurrences_within(&timing, &viewer, budget).expect("a timing")
}

#[test]
fn every_hostile_rule_is_followed_within_its_steps_or_refused_by_name() {
    for (name, start, rule) in HOSTILE {
        let mut budget = Budget::default();
        let found = within(&format!("DTSTART:{start}\nRRULE:{rule}"), &mut budget);
        let (steps, occurrences) = (budget.steps(), budget.occurrences());
        println!(
            "{name}: {steps} steps, {occurrences} occurrences, {:?} {:?}",
            found.notes, found.failures
        );
        assert!(steps <= OBJECT_STEPS, "{name}: {steps} steps");
        assert!(occurrences <= OBJECT_OCCURRENCES, "{name}: {occurrences}");
    }
}

/// What never comes and is not seen to: the second of November 2026 is a Monday, but never a fifth.
fn costly(number: usize) -> String {
    let (hour, minute) = (number % 24, number / 24 % 60);
    format!("RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=5MO;BYMONTHDAY=2;BYHOUR={hour};BYMINUTE={minute}")
}

#[test]
fn an_object_with_many_costly_rules_is_given_up_by_name() {
    let rules: Vec<String> = (0..60).map(costly).collect();
    let mut budget = Budget::default();
    let lines = format!("DTSTART:20261120T090000Z\n{}", rules.join("\n"));
    let found = within(&lines, &mut budget);
    assert!(budget.steps() > OBJECT_STEPS && budget.steps() < OBJECT_STEPS * 5 / 4);
    assert_eq!(found.failures.len(), 1);
    assert!(
        found.failures[0].contains("RRULE takes more steps"),
        "{:?}",
        found.failures
    );
    assert!(
        found
            .spans
            .iter()
            .any(|span| span.text().starts_with("2026-11-20T09"))
    );
}

#[test]
fn thousands_of_hostile_events_in_a_source_do_not_stop_the_others() {
    let rules: Vec<String> = (0..60).map(costly).collect();
    let hostile = format!("DTSTART:20261120T090000Z\n{}", rules.join("\n"));
    let mut budget = Budget::default();
    let mut steps = Vec::new();
    for _ in 0..60 {
        let before = budget.steps();
        within(&hostile, &mut budget);
        steps.push(budget.steps() - before);
    }
    // In the beginning each takes all that one may take, in the end hardly more than its own.
    assert!(
        steps[0] > OBJECT_STEPS && steps[59] < OBJECT_STEPS / 10,
        "{steps:?}"
    );
    let usual = "DTSTART:20261120T090000Z\nRRULE:";
    for (rule, count) in [
        ("FREQ=DAILY", 41),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=300", 13),
        ("FREQ=MONTHLY;BYDAY=-1FR", 3),
        ("FREQ=YEARLY", 1),
        ("FREQ=DAILY;BYHOUR=9,14", 82),
        ("FREQ=HOURLY;BYDAY=MO;BYHOUR=9,10", 13),
    ] {
        let found = within(&format!("{usual}{rule}"), &mut budget);
        assert_eq!(found.failures, [""; 0], "{rule}");
        assert_eq!(found.spans.len(), count, "{rule}");
    }
}
