//! Changes of the clock, and days in zones.

use super::*;

#[rstest]
#[case::gap("DTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT1H", &["0329T0130/0329T0230"])]
#[case::fold("DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT1H", &["1025T0030/1025T0130"])]
#[case::outlook_long_day("DTSTART;TZID=W. Europe Standard Time:20261018T000000\nDTEND;TZID=W. Europe Standard Time:20261019T000000\nRRULE:FREQ=WEEKLY;COUNT=2", &["1017T2200/1018T2200", "1024T2200/1025T2300"])]
#[case::outlook_short_day("DTSTART;TZID=W. Europe Standard Time:20260328T000000\nDTEND;TZID=W. Europe Standard Time:20260329T000000\nRRULE:FREQ=DAILY;COUNT=2", &["0327T2300/0328T2300", "0328T2300/0329T2200"])]
#[case::whole_day("DTSTART;VALUE=DATE:20261024\nRRULE:FREQ=DAILY;COUNT=2", &["1023T2200/1024T2200", "1024T2200/1025T2300"])]
#[case::night_that_is_longer("DTSTART;TZID=Europe/Berlin:20261023T220000\nDTEND;TZID=Europe/Berlin:20261024T060000\nRRULE:FREQ=DAILY;COUNT=2", &["1023T2000/1024T0400", "1024T2000/1025T0500"])]
#[case::night_that_is_shorter("DTSTART;TZID=Europe/Berlin:20260327T220000\nDTEND;TZID=Europe/Berlin:20260328T060000\nRRULE:FREQ=DAILY;COUNT=2", &["0327T2100/0328T0500", "0328T2100/0329T0400"])]
#[case::night_on_the_clock_of_the_viewer("DTSTART:20261023T220000\nDTEND:20261024T060000\nRRULE:FREQ=DAILY;COUNT=2", &["1023T2000/1024T0400", "1024T2000/1025T0500"])]
#[case::night_in_utc("DTSTART:20261023T200000Z\nDTEND:20261024T040000Z\nRRULE:FREQ=DAILY;COUNT=2", &["1023T2000/1024T0400", "1024T2000/1025T0400"])]
#[case::flight_between_zones("DTSTART;TZID=Europe/Berlin:20261023T220000\nDTEND;TZID=Europe/London:20261024T050000\nRRULE:FREQ=DAILY;COUNT=2", &["1023T2000/1024T0400", "1024T2000/1025T0400"])]
#[case::duration_in_hours("DTSTART;TZID=Europe/Berlin:20261023T220000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=2", &["1023T2000/1024T0400", "1024T2000/1025T0400"])]
#[case::swallowed_by_the_gap("DTSTART;TZID=Europe/Berlin:20260328T021500\nDTEND;TZID=Europe/Berlin:20260328T024500\nRRULE:FREQ=DAILY;COUNT=2", &["0328T0115/0328T0145", "0329T0115/0329T0145"])]
#[case::first_one_in_the_gap("DTSTART;TZID=Europe/Berlin:20260329T023000\nDTEND;TZID=Europe/Berlin:20260329T030000", &["0329T0130/0329T0200"])]
#[case::nominal_day("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:P1D", &["1024T1000/1025T1100"])]
#[case::until_in_utc("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261025T110000Z", &["1024T1000/1024T1100", "1025T1100/1025T1200"])]
#[case::until_a_day("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261025", &["1024T1000/1024T1100", "1025T1100/1025T1200"])]
fn clocks_change(#[case] lines: &str, #[case] spans: &[&str]) {
    let window = window("2026-03-01T00:00:00Z", "2026-12-01T00:00:00Z");
    assert_eq!(short(&expand(&event(lines), window)), spans);
}

/// Whether every minute between two times of the 25th of October is busy.
fn busy_between(lines: &str, from: &str, to: &str) -> bool {
    let night = window("2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z");
    let found = expand(&event(lines), night);
    let busy = crate::domain::busy::Busy::of(found.spans);
    let at = |time: &str| {
        format!("2026-10-25T{time}:00Z")
            .parse()
            .expect("an instant")
    };
    let span = crate::domain::time_span::TimeSpan {
        start: at(from),
        end: at(to),
    };
    busy.cut_out_of(span).is_empty()
}

#[rstest]
#[case::hourly("DURATION:PT1H\nRRULE:FREQ=HOURLY")]
#[case::hourly_with_an_end("DTEND;TZID=Europe/Berlin:20261024T010000\nRRULE:FREQ=HOURLY")]
#[case::half_hours("DURATION:PT30M\nRRULE:FREQ=HOURLY;BYMINUTE=0,30")]
#[case::all_hours(
    "DURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23"
)]
#[case::some_hours("DURATION:PT1H\nRRULE:FREQ=HOURLY;BYHOUR=1,2,3")]
#[case::minutes_of_hours("DURATION:PT1H\nRRULE:FREQ=MINUTELY;INTERVAL=60")]
fn the_hour_that_comes_twice_is_busy_twice(#[case] lines: &str) {
    let lines = format!("DTSTART;TZID=Europe/Berlin:20261024T000000\n{lines}");
    assert!(busy_between(&lines, "00:00", "03:00"), "{lines}");
}

#[rstest]
#[case::daily("DURATION:PT1H\nRRULE:FREQ=DAILY")]
#[case::every_other_hour("DURATION:PT1H\nRRULE:FREQ=HOURLY;INTERVAL=2")]
fn what_does_not_come_every_hour_comes_at_the_first_of_two_equal_times(#[case] lines: &str) {
    let lines = format!("DTSTART;TZID=Europe/Berlin:20261024T020000\n{lines}");
    assert!(busy_between(&lines, "00:00", "01:00"), "{lines}");
    assert!(!busy_between(&lines, "01:00", "01:30"), "{lines}");
}

const DAYS: &str = "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=WEEKLY;COUNT=3";

#[rstest]
#[case::midnight_here("20261108T230000Z")]
#[case::midnight_in_utc("20261109T000000Z")]
#[case::some_time_of_the_day_here("20261109T090000Z")]
#[case::late_in_utc_is_the_next_day_here("20261108T233000Z")]
fn a_day_may_be_named_in_utc(#[case] value: &str) {
    let excluded = november(&format!("{DAYS}\nEXDATE:{value}"));
    assert_eq!(excluded, ["1101T2300/1102T2300", "1115T2300/1116T2300"]);
    let rdate = november(&format!("DTSTART;VALUE=DATE:20261102\nRDATE:{value}"));
    assert_eq!(rdate, ["1101T2300/1102T2300", "1108T2300/1109T2300"]);
    let moved = calendar(&format!(
        "BEGIN:VEVENT\nUID:a\n{DAYS}\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:{value}\nDTSTART;VALUE=DATE:20261111\nEND:VEVENT"
    ));
    let window = window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z");
    assert_eq!(
        short(&expand(&moved, window)),
        [
            "1101T2300/1102T2300",
            "1110T2300/1111T2300",
            "1115T2300/1116T2300"
        ]
    );
}

/// A zone an hour and a half east of Greenwich that lists so many changes, all without effect.
fn zone_with(changes: usize) -> String {
    let dates: Vec<String> = (0..changes)
        .map(|n| format!("{:04}0101T000000", 1 + n % 2_000))
        .collect();
    format!(
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRDATE:{}\nTZOFFSETFROM:+0130\nTZOFFSETTO:+0130\nEND:STANDARD\nEND:VTIMEZONE",
        dates.join(",")
    )
}

fn in_its_own_zone(zone: &str, tzid: &str) -> Occurrences {
    let lines =
        format!("DTSTART;TZID={tzid}:20261102T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2");
    let zone = zone.replace("TZID:Ours", &format!("TZID:{tzid}"));
    let text = calendar(&format!("{zone}\nBEGIN:VEVENT\nUID:a\n{lines}\nEND:VEVENT"));
    expand(
        &text,
        window("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
    )
}

#[test]
fn a_zone_that_lists_thousands_of_changes_is_not_followed_and_that_is_said() {
    let few = in_its_own_zone(&zone_with(500), "Ours");
    assert_eq!(short(&few), ["1102T0730/1102T0830", "1103T0730/1103T0830"]);
    assert!(few.failures.is_empty(), "{:?}", few.failures);
    let many = in_its_own_zone(&zone_with(50_000), "Ours");
    assert_eq!(short(&many), ["1102T0730/1102T0830", "1103T0730/1103T0830"]);
    assert!(
        many.failures[0].contains("VTIMEZONE"),
        "{:?}",
        many.failures
    );
    let known = in_its_own_zone(&zone_with(50_000), "America/New_York");
    assert_eq!(
        short(&known),
        ["1102T1400/1102T1500", "1103T1400/1103T1500"]
    );
    assert!(known.failures.is_empty(), "{:?}", known.failures);
}

#[test]
fn a_zone_with_hundreds_of_rules_is_not_followed_and_that_is_said() {
    let rule = "BEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=YEARLY\nTZOFFSETFROM:+0130\nTZOFFSETTO:+0130\nEND:STANDARD\n";
    let zone = |count: usize| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Ours\n{}END:VTIMEZONE",
            rule.repeat(count)
        )
    };
    let few = in_its_own_zone(&zone(50), "Ours");
    assert_eq!(short(&few), ["1102T0730/1102T0830", "1103T0730/1103T0830"]);
    let many = in_its_own_zone(&zone(500), "Ours");
    assert!(
        many.failures[0].contains("VTIMEZONE"),
        "{:?}",
        many.failures
    );
}
