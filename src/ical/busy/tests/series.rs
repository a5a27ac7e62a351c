//! Series, their exceptions and their changed occurrences.

use super::*;

const WEEKLY: &str = "DTSTART;TZID=Europe/Berlin:20261102T100000\nDTEND;TZID=Europe/Berlin:20261102T110000\nRRULE:FREQ=WEEKLY;COUNT=3";

#[rstest]
#[case("", &["1102T0900/1102T1000", "1109T0900/1109T1000", "1116T0900/1116T1000"])]
#[case("EXDATE;TZID=Europe/Berlin:20261109T100000", &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case("EXDATE:20261109T090000Z", &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case("EXDATE;TZID=America/New_York:20261109T040000", &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case("EXDATE:20261109T100000", &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case("EXDATE;VALUE=DATE:20261109", &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case("EXDATE:20261102T090000Z,20261109T090000Z\nEXDATE:20261116T090000Z", &[])]
#[case("EXRULE:FREQ=WEEKLY;INTERVAL=2", &["1109T0900/1109T1000"])]
#[case("EXRULE:FREQ=SECONDLY", &["1102T0900/1102T1000", "1109T0900/1109T1000", "1116T0900/1116T1000"])]
#[case("RDATE:20261103T090000Z", &["1102T0900/1102T1000", "1103T0900/1103T1000", "1109T0900/1109T1000", "1116T0900/1116T1000"])]
#[case("RDATE;VALUE=PERIOD:20261103T090000Z/PT10M,20261104T090000Z/20261104T120000Z\nEXDATE:20261109T090000Z", &["1102T0900/1102T1000", "1103T0900/1103T0910", "1104T0900/1104T1200", "1116T0900/1116T1000"])]
#[case("RDATE;VALUE=DATE:20261103\nEXDATE:20261109T090000Z", &["1102T0900/1102T1000", "1103T0900/1103T1000", "1116T0900/1116T1000"])]
fn a_series_is_rules_and_dates_less_what_is_left_out(#[case] more: &str, #[case] spans: &[&str]) {
    assert_eq!(november(&format!("{WEEKLY}\n{more}")), spans);
}

/// A series and, after a blank line, what stands for some of its occurrences.
fn changed(series: &str, changes: &[&str]) -> Vec<String> {
    let mut all = vec![series];
    all.extend(changes);
    let events: Vec<String> = all
        .iter()
        .map(|lines| format!("BEGIN:VEVENT\nUID:a@example.org\n{lines}\nEND:VEVENT"))
        .collect();
    let window = window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z");
    short(&expand(&calendar(&events.join("\n")), window))
}

#[rstest]
#[case::moved(&["RECURRENCE-ID;TZID=Europe/Berlin:20261109T100000\nDTSTART:20261110T120000Z\nDURATION:PT2H"], &["1102T0900/1102T1000", "1110T1200/1110T1400", "1116T0900/1116T1000"])]
#[case::in_another_zone(&["RECURRENCE-ID;TZID=America/New_York:20261109T040000\nDTSTART:20261110T120000Z\nDURATION:PT2H"], &["1102T0900/1102T1000", "1110T1200/1110T1400", "1116T0900/1116T1000"])]
#[case::in_utc(&["RECURRENCE-ID:20261109T090000Z\nDTSTART:20261110T120000Z\nDURATION:PT2H"], &["1102T0900/1102T1000", "1110T1200/1110T1400", "1116T0900/1116T1000"])]
#[case::cancelled(&["RECURRENCE-ID:20261109T090000Z\nDTSTART:20261109T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED"], &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case::declined(&["RECURRENCE-ID:20261109T090000Z\nDTSTART:20261109T090000Z\nDURATION:PT1H\nATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.org"], &["1102T0900/1102T1000", "1116T0900/1116T1000"])]
#[case::of_no_occurrence(&["RECURRENCE-ID:20261110T090000Z\nDTSTART:20261110T120000Z\nDURATION:PT2H"], &["1102T0900/1102T1000", "1109T0900/1109T1000", "1110T1200/1110T1400", "1116T0900/1116T1000"])]
#[case::and_all_that_follow(&["RECURRENCE-ID;RANGE=THISANDFUTURE:20261109T090000Z\nDTSTART;TZID=Europe/Berlin:20261110T120000\nDURATION:PT2H"], &["1102T0900/1102T1000", "1110T1100/1110T1300", "1117T1100/1117T1300"])]
#[case::and_all_that_follow_are_free(&["RECURRENCE-ID;RANGE=THISANDFUTURE:20261109T090000Z\nDTSTART:20261109T090000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"], &["1102T0900/1102T1000"])]
#[case::following_and_one_of_them(&["RECURRENCE-ID;RANGE=THISANDFUTURE:20261109T090000Z\nDTSTART:20261109T100000Z\nDURATION:PT1H", "RECURRENCE-ID:20261116T090000Z\nDTSTART:20261120T090000Z\nDURATION:PT1H"], &["1102T0900/1102T1000", "1109T1000/1109T1100", "1120T0900/1120T1000"])]
#[case::following_twice(&["RECURRENCE-ID;RANGE=THISANDFUTURE:20261102T090000Z\nDTSTART:20261102T100000Z\nDURATION:PT1H", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261116T090000Z\nDTSTART:20261116T120000Z\nDURATION:PT1H"], &["1102T1000/1102T1100", "1109T1000/1109T1100", "1116T1200/1116T1300"])]
fn what_stands_for_an_occurrence_takes_its_place(#[case] changes: &[&str], #[case] spans: &[&str]) {
    assert_eq!(changed(WEEKLY, changes), spans);
}

#[test]
fn a_changed_occurrence_without_its_series_stands_for_itself() {
    let alone = "RECURRENCE-ID:20261109T090000Z\nDTSTART:20261110T120000Z\nDURATION:PT2H";
    assert_eq!(changed(alone, &[]), ["1110T1200/1110T1400"]);
}

#[test]
fn a_free_series_may_have_a_busy_occurrence() {
    let free = format!("{WEEKLY}\nTRANSP:TRANSPARENT");
    let busy = "RECURRENCE-ID:20261109T090000Z\nDTSTART:20261110T120000Z\nDURATION:PT2H";
    assert_eq!(changed(&free, &[busy]), ["1110T1200/1110T1400"]);
}

#[test]
fn the_higher_sequence_counts() {
    let old = format!("{WEEKLY}\nSEQUENCE:1");
    let new = "SEQUENCE:2\nDTSTART;TZID=Europe/Berlin:20261102T100000\nDURATION:PT3H";
    assert_eq!(changed(&old, &[new]), ["1102T0900/1102T1200"]);
    assert_eq!(changed(new, &[&old]), ["1102T0900/1102T1200"]);
}

#[rstest]
#[case::older("SEQUENCE:1\nDTSTAMP:20260101T000000Z")]
#[case::as_old("SEQUENCE:2\nDTSTAMP:20260201T000000Z")]
fn two_events_with_one_uid_are_both_busy_and_that_is_said(#[case] version: &str) {
    let other = format!("{version}\nDTSTART:20261104T090000Z\nDURATION:PT1H");
    let new = "SEQUENCE:2\nDTSTAMP:20260201T000000Z\nDTSTART:20261103T090000Z\nDURATION:PT1H";
    for (one, two) in [(other.as_str(), new), (new, other.as_str())] {
        let text = calendar(&format!(
            "BEGIN:VEVENT\nUID:a\n{one}\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\n{two}\nEND:VEVENT"
        ));
        let found = expand(
            &text,
            window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
        );
        assert_eq!(
            short(&found),
            ["1103T0900/1103T1000", "1104T0900/1104T1000"]
        );
        assert_eq!(
            found.notes,
            ["other events have its UID: each of them is busy"]
        );
    }
}

const BACKWARDS: &str = "its end is before its start: it is busy until the clock shows that end again, for a day at most";

#[rstest]
#[case::night_in_utc(
    "DTSTART:20261110T220000Z\nDTEND:20261110T060000Z",
    "1110T2200/1111T0600"
)]
#[case::night_in_a_zone(
    "DTSTART;TZID=Europe/Berlin:20261110T220000\nDTEND;TZID=Europe/Berlin:20261110T060000",
    "1110T2100/1111T0500"
)]
#[case::days_before(
    "DTSTART:20261110T220000Z\nDTEND:20261103T210000Z",
    "1110T2200/1111T2100"
)]
#[case::whole_days_before(
    "DTSTART:20261110T220000Z\nDTEND:20261103T220000Z",
    "1110T2200/1111T2200"
)]
#[case::on_two_clocks(
    "DTSTART;TZID=Europe/Berlin:20261110T220000\nDTEND:20261110T050000Z",
    "1110T2100/1111T0500"
)]
#[case::until_a_day(
    "DTSTART:20261110T220000Z\nDTEND;VALUE=DATE:20261110",
    "1110T2200/1110T2300"
)]
#[case::a_listed_period(
    "DTSTART:20261210T220000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261110T220000Z/20261110T060000Z",
    "1110T2200/1111T0600"
)]
fn what_ends_before_it_begins_is_busy_until_that_time_comes_and_that_is_said(
    #[case] lines: &str,
    #[case] span: &str,
) {
    let november = window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z");
    let found = expand(&event(lines), november);
    assert_eq!(short(&found), [span]);
    assert_eq!(found.failures, [BACKWARDS]);
    let later = window("2026-12-20T23:00:00Z", "2026-12-30T23:00:00Z");
    let over = expand(&event(lines), later);
    assert_eq!((over.spans, over.failures), (Vec::new(), Vec::new()));
    let free = expand(&event(&format!("{lines}\nTRANSP:TRANSPARENT")), november);
    assert_eq!((free.spans, free.failures), (Vec::new(), Vec::new()));
}

#[test]
fn a_busy_period_and_a_changed_occurrence_may_end_before_they_begin() {
    let november = window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z");
    let others =
        "BEGIN:VFREEBUSY\nUID:f\nFREEBUSY:20261110T220000Z/20261110T060000Z\nEND:VFREEBUSY";
    let found = expand(&calendar(others), november);
    assert_eq!(short(&found), ["1110T2200/1111T0600"]);
    assert_eq!(found.failures, [BACKWARDS]);
    let night = "RECURRENCE-ID:20261116T090000Z\nDTSTART:20261116T220000Z\nDTEND:20261116T060000Z";
    let text = calendar(&format!(
        "BEGIN:VEVENT\nUID:a\n{WEEKLY}\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\n{night}\nEND:VEVENT"
    ));
    let found = expand(&text, november);
    assert_eq!(short(&found)[2], "1116T2200/1117T0600");
    assert_eq!(found.failures, [BACKWARDS]);
}

const LISTED: &str = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:20251026T030000\nRDATE:20261025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20260329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE";
const AMONG: &str = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=SU;BYMONTHDAY=25,26,27,28,29,30,31\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE";

#[rstest]
#[case(LISTED)]
#[case(AMONG)]
fn a_zone_of_its_own_is_followed_across_its_changes(#[case] zone: &str) {
    let event = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Ours:20260328T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEND:VEVENT";
    let text = calendar(&format!("{event}\n{zone}"));
    let spring = window("2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z");
    assert_eq!(
        short(&expand(&text, spring)),
        [
            "0328T0130/0328T0230",
            "0329T0130/0329T0230",
            "0330T0030/0330T0130"
        ]
    );
    let autumn = window("2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z");
    assert_eq!(
        short(&expand(&text, autumn)),
        [
            "1024T0030/1024T0130",
            "1025T0030/1025T0130",
            "1026T0130/1026T0230"
        ]
    );
}

#[test]
fn what_others_are_busy_with_counts_by_its_type() {
    let text = calendar(
        "BEGIN:VFREEBUSY\nUID:f\nDTSTART:20261101T000000Z\nDTEND:20261201T000000Z\n\
         FREEBUSY:20261102T090000Z/PT1H,20261103T090000Z/20261103T100000Z\n\
         FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261104T090000Z/PT1H\n\
         FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261105T090000Z/PT1H\n\
         FREEBUSY;FBTYPE=FREE:20261106T090000Z/PT1H\nEND:VFREEBUSY",
    );
    assert_eq!(
        short(&expand(
            &text,
            window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")
        )),
        [
            "1102T0900/1102T1000",
            "1103T0900/1103T1000",
            "1104T0900/1104T1000",
            "1105T0900/1105T1000"
        ]
    );
}
