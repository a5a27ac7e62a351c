//! Rules that are wrong by the letter and have only one sensible meaning.

use super::*;

/// From Sunday, the 1st of November, at noon.
fn november_with(rule: &str) -> Occurrences {
    let text = event(&format!(
        "DTSTART:20261101T120000Z\nDURATION:PT1H\nRRULE:{rule}"
    ));
    expand(
        &text,
        window("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    )
}

#[rstest]
#[case::interval_zero("FREQ=WEEKLY;INTERVAL=0;COUNT=2", "FREQ=WEEKLY;COUNT=2")]
#[case::interval_below("FREQ=WEEKLY;INTERVAL=-2;COUNT=2", "FREQ=WEEKLY;COUNT=2")]
#[case::gregorian(
    "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=OMIT;BYMONTHDAY=2,31",
    "FREQ=MONTHLY;BYMONTHDAY=2,31"
)]
#[case::nothing_to_skip(
    "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=5",
    "FREQ=MONTHLY;BYMONTHDAY=5"
)]
#[case::nothing_to_skip_in_weeks("FREQ=WEEKLY;SKIP=BACKWARD;COUNT=3", "FREQ=WEEKLY;COUNT=3")]
#[case::zero_among_days("FREQ=MONTHLY;BYMONTHDAY=0,15", "FREQ=MONTHLY;BYMONTHDAY=15")]
#[case::zero_among_positions(
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=0,2",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2"
)]
#[case::zero_before_a_day("FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=MO")]
#[case::empty_part("FREQ=WEEKLY;BYDAY=;UNTIL=;COUNT=3", "FREQ=WEEKLY;COUNT=3")]
#[case::empty_item("FREQ=WEEKLY;BYDAY=MO,,TU,;COUNT=3", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=3")]
#[case::spaces(
    "FREQ = WEEKLY ; BYDAY = MO , +1 TU ; COUNT = 3",
    "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=3"
)]
#[case::until_with_dashes("FREQ=DAILY;UNTIL=2026-11-04", "FREQ=DAILY;UNTIL=20261104")]
#[case::until_with_colons(
    "FREQ=DAILY;UNTIL=2026-11-04T12:00:00Z",
    "FREQ=DAILY;UNTIL=20261104T120000Z"
)]
#[case::days_of_the_month_in_weeks("FREQ=WEEKLY;BYMONTHDAY=13", "FREQ=MONTHLY;BYMONTHDAY=13")]
#[case::weeks_in_days(
    "FREQ=DAILY;BYWEEKNO=46",
    "FREQ=YEARLY;BYWEEKNO=46;BYDAY=MO,TU,WE,TH,FR,SA,SU"
)]
#[case::weeks_in_hours(
    "FREQ=HOURLY;BYWEEKNO=46;BYHOUR=9",
    "FREQ=YEARLY;BYWEEKNO=46;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=9"
)]
#[case::no_such_position("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=99", "FREQ=MONTHLY;COUNT=1")]
#[case::a_part_that_nobody_knows("FREQ=WEEKLY;X-COLOUR=RED;COUNT=3", "FREQ=WEEKLY;COUNT=3")]
fn it_is_read_as_what_it_means(#[case] wrong: &str, #[case] right: &str) {
    let (wrong, right) = (november_with(wrong), november_with(right));
    assert_eq!((&wrong.notes, &wrong.failures), (&Vec::new(), &Vec::new()));
    assert!(!right.spans.is_empty());
    assert_eq!(short(&wrong), short(&right));
}

/// As python-dateutil says, which takes the part for a filter.
#[rstest]
#[case("FREQ=WEEKLY;INTERVAL=2;BYMONTHDAY=13", &["1101T1200/1101T1300", "1113T1200/1113T1300"])]
#[case("FREQ=WEEKLY;INTERVAL=2;BYMONTHDAY=10,18,25", &["1101T1200/1101T1300", "1110T1200/1110T1300", "1125T1200/1125T1300"])]
#[case("FREQ=DAILY;INTERVAL=2;BYWEEKNO=46", &["1101T1200/1101T1300", "1109T1200/1109T1300", "1111T1200/1111T1300", "1113T1200/1113T1300", "1115T1200/1115T1300"])]
fn a_filter_leaves_the_interval_as_it_is(#[case] rule: &str, #[case] spans: &[&str]) {
    let found = november_with(rule);
    assert_eq!((&found.notes, &found.failures), (&Vec::new(), &Vec::new()));
    assert_eq!(short(&found), spans);
}
