//! Zones that are named strangely, described strangely, or not at all.

use super::*;

/// An hour from nine on the 2nd of November, and on the 1st of July.
fn both(tzid: &str, zone: &str) -> Occurrences {
    let event = |uid: u8, day: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID=\"{tzid}\":{day}T090000\nDURATION:PT1H\nEND:VEVENT"
        )
    };
    let text = calendar(&format!(
        "{zone}\n{}\n{}",
        event(1, "20260701"),
        event(2, "20261102")
    ));
    expand(
        &text,
        window("2026-06-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    )
}

#[rstest]
#[case("(UTC-05:00) Eastern Time (US & Canada)", "1300", "1400")]
#[case("Eastern Time (US & Canada)", "1300", "1400")]
#[case("EASTERN STANDARD TIME", "1300", "1400")]
#[case("Eastern Standard Time 1", "1300", "1400")]
#[case("America-New_York", "1300", "1400")]
#[case("US-Eastern", "1300", "1400")]
#[case("tzone://Microsoft/Utc", "0900", "0900")]
#[case("GMT-0500", "1400", "1400")]
#[case("GMT+01:00", "0800", "0800")]
#[case("Mid-Atlantic Standard Time", "1100", "1100")]
fn a_mangled_name_is_read_where_it_says(
    #[case] tzid: &str,
    #[case] july: &str,
    #[case] november: &str,
) {
    let found = both(tzid, "");
    let at = |day: &str, begin: &str| {
        let end: i32 = begin.parse::<i32>().expect("a time") + 100;
        format!("{day}T{begin}/{day}T{end:04}")
    };
    assert_eq!(short(&found), [at("0701", july), at("1102", november)]);
    assert_eq!(
        (found.notes, found.failures),
        (Vec::new(), Vec::new()),
        "{tzid}"
    );
}

#[test]
fn kamchatka_is_far_away() {
    let found = both("Kamchatka Standard Time", "");
    assert_eq!(
        short(&found),
        ["0630T2100/0630T2200", "1101T2100/1101T2200"]
    );
}

/// A zone five hours west of Greenwich, four in summer, that changes by these rules.
fn zone(standard: &str, daylight: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\n{standard}\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nEND:STANDARD\nBEGIN:DAYLIGHT\n{daylight}\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nEND:DAYLIGHT\nEND:VTIMEZONE"
    )
}

const AUTUMN: &str = "DTSTART:20001101T020000\nRRULE:FREQ=YEARLY;BYMONTH=11";
const SPRING: &str = "DTSTART:20000321T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=21";

#[rstest]
#[case::day_of_the_month(
    AUTUMN,
    "DTSTART:20000321T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=21"
)]
#[case::counted_from_its_end(
    AUTUMN,
    "DTSTART:20000331T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=-1"
)]
#[case::day_of_the_first_time("DTSTART:20001101T020000\nRRULE:FREQ=YEARLY;BYMONTH=11", SPRING)]
#[case::fifth_weekday(
    "DTSTART:20001029T020000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=5SU",
    SPRING
)]
fn rules_of_all_kinds_are_followed(#[case] standard: &str, #[case] daylight: &str) {
    let found = both("Ours", &zone(standard, daylight));
    assert_eq!(
        short(&found),
        ["0701T1300/0701T1400", "1102T1400/1102T1500"]
    );
    assert_eq!((found.notes, found.failures), (Vec::new(), Vec::new()));
}

/// On the day itself, before and after the change; the year has four Sundays in October.
#[rstest]
#[case("DTSTART:20001101T020000\nRRULE:FREQ=YEARLY;BYMONTH=11", "20261101")]
#[case(
    "DTSTART:20001029T020000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=5SU",
    "20261025"
)]
fn the_clock_changes_on_the_day_that_the_rule_says(#[case] standard: &str, #[case] day: &str) {
    let text = calendar(&format!(
        "{}\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Ours:{day}T003000\nDURATION:PT30M\nRRULE:FREQ=DAILY;BYHOUR=0,3;COUNT=2\nEND:VEVENT",
        zone(standard, SPRING)
    ));
    let found = expand(
        &text,
        window("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    );
    let day = &day[4..];
    assert_eq!(
        short(&found),
        [
            format!("{day}T0430/{day}T0500"),
            format!("{day}T0830/{day}T0900")
        ]
    );
}

#[rstest]
#[case::every_other_year(
    "DTSTART:20001105T020000\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYDAY=1SU"
)]
#[case::monthly("DTSTART:20001105T020000\nRRULE:FREQ=MONTHLY;BYDAY=1SU")]
#[case::a_day_that_only_some_years_have("DTSTART:20000229T020000\nRRULE:FREQ=YEARLY")]
#[case::no_start("X-NOTHING:here")]
fn where_its_rules_cannot_be_followed_its_standard_time_holds_and_that_is_said(
    #[case] standard: &str,
) {
    let found = both("Ours", &zone(standard, SPRING));
    assert_eq!(
        short(&found),
        ["0701T1400/0701T1500", "1102T1400/1102T1500"]
    );
    assert_eq!(found.failures.len(), 1, "{:?}", found.failures);
    assert!(
        found.failures[0].contains("its VTIMEZONE has rules that are not followed"),
        "{:?}",
        found.failures
    );
}

#[rstest]
#[case::none("")]
#[case::empty("BEGIN:VTIMEZONE\nTZID:Ours\nEND:VTIMEZONE")]
#[case::without_an_offset(
    "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:east\nEND:STANDARD\nEND:VTIMEZONE"
)]
fn a_zone_that_nobody_knows_is_a_failure_and_busy_in_the_zone_of_the_host(#[case] zone: &str) {
    let found = both("Ours", zone);
    assert_eq!(
        short(&found),
        ["0701T0700/0701T0800", "1102T0800/1102T0900"]
    );
    assert_eq!(
        found.failures,
        [
            "its TZID is not known, and it brings no VTIMEZONE that can be read: its times are read in the zone of the host"
        ]
    );
    assert_eq!(found.notes, [""; 0]);
}

#[rstest]
#[case::long_ago("20200102", 0)]
#[case::it_may_be_today("20261102", 1)]
fn a_zone_that_nobody_knows_is_a_failure_only_where_it_matters(
    #[case] day: &str,
    #[case] failures: usize,
) {
    let lines = format!("DTSTART;TZID=Ours:{day}T200000\nDURATION:PT1H");
    let found = expand(
        &event(&lines),
        window("2026-11-02T23:00:00Z", "2026-11-30T23:00:00Z"),
    );
    assert_eq!((found.spans.len(), found.failures.len()), (0, failures));
}

fn kept(text: &str) -> String {
    match strip(text.as_bytes()) {
        Ok(Stripped::Timing(timing)) => timing.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_a_zone_that_repeats_itself_only_what_is_followed_is_kept_once() {
    let event = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Ours:20261102T090000\nDURATION:PT1H\nEND:VEVENT";
    let plain = zone(AUTUMN, SPRING);
    let long = plain.replace(
        "TZOFFSETTO:-0500",
        "TZOFFSETTO:-0500\n".repeat(5_000).trim_end(),
    );
    let of = |zone: &str| kept(&calendar(&format!("{zone}\n{event}")));
    assert_eq!(of(&long), of(&plain));
    let rdates = |line: &str| plain.replace(AUTUMN, &format!("{AUTUMN}\n{line}"));
    let once = of(&rdates("RDATE:20010101T000000,20020101T000000"));
    let twice = "RDATE:20020101T000000\nRDATE:20010101T000000\nRDATE:20010101T000000";
    assert_eq!(of(&rdates(twice)), once);
    // More than a zone may say, though few enough lines: its standard time is left.
    let wordy = plain.replace(
        "BYMONTH=11",
        &format!("BYMONTH=11;X-A={}", "A".repeat(9_000)),
    );
    let kept = of(&wordy);
    assert!(kept.len() < 500 && kept.contains("TZID=UTC-0500"), "{kept}");
}

#[test]
fn an_object_that_would_be_kept_with_a_zone_for_each_of_its_events_is_refused_by_name() {
    let dates: Vec<String> = (1_001..1_401)
        .map(|year| format!("{year}0101T000000"))
        .collect();
    let zone = zone(&format!("{AUTUMN}\nRDATE:{}", dates.join(",")), SPRING);
    let text = |events: usize| {
        let events: Vec<String> = (0..events)
            .map(|n| format!("BEGIN:VEVENT\nUID:{n}\nDTSTART;TZID=Ours:20261102T090000\nDURATION:PT1H\nEND:VEVENT\n"))
            .collect();
        let events = events.concat();
        calendar(&format!("{zone}\n{events}"))
    };
    assert!(strip(text(100).as_bytes()).is_ok());
    let refusal = strip(text(200).as_bytes()).expect_err("refused");
    assert!(
        refusal
            .to_string()
            .contains("says more about time than 1048576 bytes"),
        "{refusal}"
    );
    // A feed may have that many.
    assert_eq!(split(text(200).as_bytes()).expect("a feed").len(), 200);
}
