//! What one `AVAILABLE` says of the usual week.

use rstest::rstest;

use super::{BERLIN, base, said, slot};

#[rstest]
#[case::days("RRULE:FREQ=WEEKLY;BYDAY=MO,WE", "Mon 09:00-17:00; Wed 09:00-17:00")]
#[case::its_own_day("RRULE:FREQ=WEEKLY;WKST=SU;INTERVAL=1", "Mon 09:00-17:00")]
#[case::lower_case("RRULE:freq=weekly;byday=mo", "Mon 09:00-17:00")]
#[case::over("RRULE:FREQ=WEEKLY;UNTIL=20260601T000000Z", "")]
#[case::counted_out("RRULE:FREQ=WEEKLY;COUNT=5", "")]
#[case::once_long_ago("X-A:1", "")]
#[case::ends(
    "RRULE:FREQ=WEEKLY;UNTIL=20270601T000000Z",
    "[an AVAILABLE whose rule comes to an end (UNTIL)]"
)]
#[case::counts(
    "RRULE:FREQ=WEEKLY;COUNT=500",
    "[an AVAILABLE whose rule comes to an end (COUNT)]"
)]
#[case::every_other_week("RRULE:FREQ=WEEKLY;INTERVAL=2", "[an AVAILABLE with an INTERVAL]")]
#[case::monthly("RRULE:FREQ=MONTHLY;BYDAY=1MO", "[an AVAILABLE with FREQ=MONTHLY]")]
#[case::yearly("RRULE:FREQ=YEARLY", "[an AVAILABLE with FREQ=YEARLY]")]
#[case::nonsense("RRULE:FREQ=Bob's birthday", "[an AVAILABLE with FREQ=?]")]
#[case::numbered("RRULE:FREQ=WEEKLY;BYDAY=1MO", "[an AVAILABLE with a numbered BYDAY]")]
#[case::by_month(
    "RRULE:FREQ=WEEKLY;BYMONTH=5",
    "[an AVAILABLE whose rule is not a plain weekly one]"
)]
#[case::two_rules(
    "RRULE:FREQ=WEEKLY\nRRULE:FREQ=DAILY",
    "[an AVAILABLE with several rules]"
)]
#[case::rdate(
    "RRULE:FREQ=WEEKLY\nRDATE:20261224T090000Z",
    "[an AVAILABLE with RDATE]"
)]
#[case::exception(
    "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20261221T090000,20260601T090000",
    "Mon 09:00-17:00; 2026-12-21 off"
)]
#[case::exception_in_utc(
    "RRULE:FREQ=WEEKLY\nEXDATE:20261221T080000Z",
    "Mon 09:00-17:00; 2026-12-21 off"
)]
#[case::exception_on_no_occasion("RRULE:FREQ=WEEKLY\nEXDATE:20261222T080000Z", "Mon 09:00-17:00")]
#[case::broken_exception(
    "RRULE:FREQ=WEEKLY\nEXDATE:soon",
    "[an AVAILABLE whose EXDATE makes no sense]"
)]
fn a_rule_is_read(#[case] lines: &str, #[case] expected: &str) {
    let text = base(&slot(&format!("{BERLIN}\n{lines}")));
    let expected = format!("Europe/Berlin; {expected}");
    let expected = expected.trim_end_matches("; ");
    assert_eq!(said(&text, "Europe/Berlin"), expected);
}

#[rstest]
#[case::daily(
    "DTSTART:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYDAY=SA,SU",
    "Sat 09:00-10:00; Sun 09:00-10:00"
)]
#[case::past_midnight(
    "DTSTART:20260105T220000\nDTEND:20260106T020000\nRRULE:FREQ=WEEKLY",
    "Mon 22:00-24:00; Tue 00:00-02:00"
)]
#[case::sunday_night(
    "DTSTART:20260104T220000\nDTEND:20260105T020000\nRRULE:FREQ=WEEKLY",
    "Mon 00:00-02:00; Sun 22:00-24:00"
)]
#[case::until_midnight(
    "DTSTART:20260105T220000\nDTEND:20260106T000000\nRRULE:FREQ=WEEKLY",
    "Mon 22:00-24:00"
)]
#[case::whole_day("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY", "Mon 00:00-24:00")]
#[case::seconds(
    "DTSTART:20260105T090030\nDTEND:20260105T100030\nRRULE:FREQ=WEEKLY",
    "Mon 09:01-10:00; [an AVAILABLE that begins or ends inside a minute]"
)]
#[case::no_end(
    "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE without an end]"
)]
#[case::no_start("RRULE:FREQ=WEEKLY", "[an AVAILABLE without DTSTART]")]
#[case::backwards(
    "DTSTART:20260105T090000\nDTEND:20260105T080000\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE that ends before it begins, or lasts for months]"
)]
#[case::tomorrow(
    "DTSTART:20270104T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE whose rule only begins in the future]"
)]
#[case::once("DTSTART:20261224T090000\nDURATION:PT1H", "2026-12-24 09:00-10:00")]
#[case::once_over_night(
    "DTSTART:20261224T220000\nDURATION:PT4H",
    "2026-12-24 22:00-24:00; 2026-12-25 00:00-02:00"
)]
#[case::unknown_zone(
    "DTSTART;TZID=Nowhere:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    "[an AVAILABLE whose DTSTART or time zone makes no sense]"
)]
fn times_are_read_in_the_zone_given(#[case] lines: &str, #[case] expected: &str) {
    let expected = format!("Asia/Kathmandu; {expected}");
    assert_eq!(said(&base(&slot(lines)), "Asia/Kathmandu"), expected);
}

#[rstest]
#[case::same_rules("Europe/Paris", "Europe/Berlin", "Europe/Berlin; Mon 09:00-17:00")]
#[case::another(
    "America/New_York",
    "Europe/Berlin",
    "America/New_York; Mon 09:00-17:00"
)]
#[case::windows(
    "W. Europe Standard Time",
    "Europe/Berlin",
    "Europe/Berlin; Mon 09:00-17:00"
)]
fn the_zone_of_the_week_is_that_of_its_slots(
    #[case] tzid: &str,
    #[case] zone: &str,
    #[case] expected: &str,
) {
    let lines = format!("{BERLIN}\nRRULE:FREQ=WEEKLY").replace("Europe/Berlin", tzid);
    assert_eq!(said(&base(&slot(&lines)), zone), expected);
}

#[rstest]
#[case::a_fixed_distance("Europe/London", "Tue 10:00-11:00")]
#[case::other_nights(
    "America/New_York",
    "[an AVAILABLE in a zone whose clock changes on other days]"
)]
#[case::utc("UTC", "[an AVAILABLE in a zone whose clock changes on other days]")]
fn a_slot_in_another_zone_counts_where_it_is_the_same_all_year(
    #[case] tzid: &str,
    #[case] expected: &str,
) {
    let first = slot(&format!("{BERLIN}\nRRULE:FREQ=WEEKLY"));
    let second = slot(&format!(
        "DTSTART;TZID={tzid}:20260106T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    ));
    assert_eq!(
        said(&base(&format!("{first}{second}")), "Europe/Berlin"),
        format!("Europe/Berlin; Mon 09:00-17:00; {expected}")
    );
}

#[test]
fn a_week_in_utc_is_read_in_a_zone_without_clock_changes() {
    let text = base(&slot(
        "DTSTART:20260105T200000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    ));
    assert_eq!(said(&text, "Asia/Kolkata"), "Asia/Kolkata; Tue 01:30-02:30");
    assert_eq!(said(&text, "Europe/Berlin"), "UTC; Mon 20:00-21:00");
}

#[test]
fn an_occurrence_that_was_changed_replaces_that_of_its_rule() {
    let rule = slot(&format!("{BERLIN}\nRRULE:FREQ=WEEKLY"));
    let other = slot(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261221T090000\n\
         DTSTART;TZID=Europe/Berlin:20261221T100000\nDURATION:PT1H",
    );
    let text = base(&format!("{rule}{other}"));
    assert_eq!(
        said(&text, "Europe/Berlin"),
        "Europe/Berlin; Mon 09:00-17:00; 2026-12-21 10:00-11:00"
    );
    let ranged = text.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;");
    assert_eq!(
        said(&ranged, "Europe/Berlin"),
        "Europe/Berlin; Mon 09:00-17:00; [an AVAILABLE that changes a rule from a date on (RANGE)]"
    );
}
