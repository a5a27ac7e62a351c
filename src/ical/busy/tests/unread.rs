//! What cannot be read: it is named, and all else counts.

use super::*;

/// A name that stands in every event, and must stand in no failure.
const SECRET: &str = "private";

fn series(lines: &str) -> Occurrences {
    let text = event(&format!(
        "DTSTART:20261101T000000Z\nDURATION:PT1H\nLOCATION:{SECRET}\n{lines}"
    ));
    let found = expand(
        &text,
        window("2026-10-31T23:00:00Z", "2026-12-30T23:00:00Z"),
    );
    assert!(!format!("{:?}", found.failures).contains(SECRET));
    found
}

#[rstest]
#[case("FREQ=FORTNIGHTLY", "its RRULE cannot be read: its FREQ is not known")]
#[case("FREQ=private", "its RRULE cannot be read: its FREQ is not known")]
#[case("COUNT=3", "its RRULE cannot be read: it has no FREQ")]
#[case("", "its RRULE cannot be read: it has no FREQ")]
#[case(
    "FREQ=DAILY;private",
    "its RRULE cannot be read: it has a part without a name"
)]
#[case(
    "FREQ=DAILY;INTERVAL=two",
    "its RRULE cannot be read: its INTERVAL makes no sense"
)]
#[case(
    "FREQ=DAILY;COUNT=-1",
    "its RRULE cannot be read: its COUNT makes no sense"
)]
#[case(
    "FREQ=DAILY;UNTIL=tomorrow",
    "its RRULE cannot be read: its UNTIL makes no sense"
)]
#[case(
    "FREQ=DAILY;UNTIL=20261131",
    "its RRULE cannot be read: its UNTIL makes no sense"
)]
#[case(
    "FREQ=DAILY;WKST=XX",
    "its RRULE cannot be read: its WKST makes no sense"
)]
#[case(
    "FREQ=DAILY;BYMONTH=13,14",
    "its RRULE cannot be read: its BYMONTH lists nothing that ever comes"
)]
#[case(
    "FREQ=MONTHLY;BYMONTHDAY=0",
    "its RRULE cannot be read: its BYMONTHDAY lists nothing that ever comes"
)]
#[case(
    "FREQ=DAILY;BYMONTH=private",
    "its RRULE cannot be read: its BYMONTH has something that is no number"
)]
#[case(
    "FREQ=YEARLY;BYDAY=XX",
    "its RRULE cannot be read: its BYDAY makes no sense"
)]
#[case(
    "FREQ=YEARLY;RSCALE=CHINESE",
    "its RRULE cannot be read: its RSCALE is a calendar that is not followed"
)]
#[case(
    "FREQ=YEARLY;BYEASTER=-2",
    "its RRULE cannot be read: its BYEASTER is not followed"
)]
#[case(
    "FREQ=MONTHLY;SKIP=SIDEWAYS",
    "its RRULE cannot be read: its SKIP makes no sense"
)]
#[case(
    "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD",
    "its RRULE cannot be followed: its SKIP says what happens on days that do not exist"
)]
#[case(
    "FREQ=WEEKLY;BYMONTHDAY=13;BYSETPOS=1",
    "its RRULE cannot be followed: its BYSETPOS together with BYMONTHDAY in a rule that is WEEKLY is not followed"
)]
#[case(
    "FREQ=MONTHLY;BYHOUR=1,2,3;BYDAY=MO,TU,WE;BYSETPOS=40",
    "its RRULE cannot be followed: its BYSETPOS counts further than 31"
)]
fn a_rule_that_cannot_be_read_fails_by_name_and_the_rest_stays_busy(
    #[case] rule: &str,
    #[case] why: &str,
) {
    let found = series(&format!("RRULE:{rule}\nRDATE:20261103T000000Z"));
    let so = "its first occurrence and the dates that are listed stay busy";
    assert_eq!(found.failures, [format!("{why}; {so}")]);
    assert_eq!(found.notes, [""; 0]);
    assert_eq!(
        short(&found),
        ["1101T0000/1101T0100", "1103T0000/1103T0100"]
    );
}

#[rstest]
#[case::rdate("RDATE:20261103T000000Z,tomorrow,20261105T000000Z", &["1101T0000/1101T0100", "1103T0000/1103T0100", "1105T0000/1105T0100"], "one of its RDATE makes no sense: that time is not known, and not busy")]
#[case::end_of_a_period("RDATE;VALUE=PERIOD:20261103T000000Z/sometime", &["1101T0000/1101T0100", "1103T0000/1103T0100"], "the end of one of its RDATE makes no sense: it lasts as long as the others")]
#[case::exdate("RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261102T000000Z\nEXDATE:private", &["1101T0000/1101T0100", "1103T0000/1103T0100"], "one of its EXDATE makes no sense: it takes nothing out")]
#[case::exrule("RRULE:FREQ=DAILY;COUNT=2\nEXRULE:FREQ=private", &["1101T0000/1101T0100", "1102T0000/1102T0100"], "its EXRULE cannot be read: its FREQ is not known; it takes nothing out")]
#[case::second_rule("RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=private", &["1101T0000/1101T0100", "1102T0000/1102T0100"], "its RRULE cannot be read: its FREQ is not known; its first occurrence and the dates that are listed stay busy")]
fn what_is_wrong_with_dates_is_said(
    #[case] lines: &str,
    #[case] spans: &[&str],
    #[case] why: &str,
) {
    let found = series(lines);
    assert_eq!(short(&found), spans);
    assert_eq!(found.failures, [why]);
}

#[rstest]
#[case("RDATE:")]
#[case("EXDATE:")]
#[case("RDATE:,20261101T000000Z,")]
fn an_empty_value_says_nothing(#[case] line: &str) {
    let found = series(line);
    assert_eq!((short(&found).len(), found.failures.len()), (1, 0));
}

/// Components of one UID, or of several.
fn together(components: &[&str]) -> Occurrences {
    let all: Vec<String> = components
        .iter()
        .map(|lines| format!("BEGIN:VEVENT\nSUMMARY:{SECRET}\n{lines}\nEND:VEVENT"))
        .collect();
    let window = window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z");
    let found = expand(&calendar(&all.join("\n")), window);
    assert!(!format!("{:?}", found.failures).contains(SECRET));
    found
}

const MASTER: &str = "UID:a\nDTSTART:20261102T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2";

#[test]
fn a_changed_occurrence_that_stands_for_nobody_knows_what_is_busy_beside_its_series() {
    let one = "UID:a\nRECURRENCE-ID:private\nDTSTART:20261105T090000Z\nDURATION:PT1H";
    let two = "UID:a\nRECURRENCE-ID:private\nDTSTART:20261106T090000Z\nDURATION:PT1H\nSEQUENCE:3";
    let found = together(&[one, MASTER, two]);
    assert_eq!(
        short(&found),
        [
            "1102T0900/1102T1000",
            "1103T0900/1103T1000",
            "1105T0900/1105T1000",
            "1106T0900/1106T1000"
        ]
    );
    assert_eq!(
        found.failures,
        ["its RECURRENCE-ID makes no sense, so that it is busy beside the series that it changes"]
    );
}

#[rstest]
#[case::override_without_a_start(
    "UID:a\nRECURRENCE-ID:20261103T090000Z\nDURATION:PT1H",
    "its event has no DTSTART"
)]
#[case::override_with_a_wrong_end(
    "UID:a\nRECURRENCE-ID:20261103T090000Z\nDTSTART:20261103T100000Z\nDTEND:private",
    "its DTEND makes no sense"
)]
#[case::another_event("UID:b\nDTSTART:private", "its DTSTART makes no sense")]
#[case::another_event_with_a_wrong_length(
    "UID:b\nDTSTART:20261109T090000Z\nDURATION:P-1D",
    "its DURATION makes no sense"
)]
fn one_component_that_is_broken_stops_only_itself(#[case] broken: &str, #[case] why: &str) {
    let expected = ["1102T0900/1102T1000", "1103T0900/1103T1000"];
    for components in [[MASTER, broken], [broken, MASTER]] {
        let found = together(&components);
        assert_eq!(short(&found), expected);
        assert_eq!(found.failures.len(), 1);
        assert!(found.failures[0].ends_with(why), "{:?}", found.failures);
    }
}

#[test]
fn where_nothing_is_left_the_object_is_broken() {
    let text = calendar(
        "BEGIN:VEVENT\nUID:a\nDTSTART:private\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:20261102T090000Z\nTRANSP:TRANSPARENT\nEND:VEVENT",
    );
    let broken = strip(text.as_bytes()).expect_err("broken");
    assert_eq!(broken.to_string(), "its DTSTART makes no sense");
    let text = calendar("BEGIN:VFREEBUSY\nUID:a\nFREEBUSY:private\nEND:VFREEBUSY");
    let broken = strip(text.as_bytes()).expect_err("broken");
    assert_eq!(
        broken.to_string(),
        "one of its FREEBUSY periods makes no sense"
    );
}

#[test]
fn one_busy_period_that_is_broken_stops_only_itself() {
    let text = calendar(
        "BEGIN:VFREEBUSY\nUID:a\nFREEBUSY:20261102T090000Z/PT1H,private,20261103T090000Z/PT1H\nEND:VFREEBUSY",
    );
    let found = expand(
        &text,
        window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
    );
    assert_eq!(short(&found).len(), 2);
    assert_eq!(
        found.failures,
        ["one of its FREEBUSY periods makes no sense"]
    );
}
