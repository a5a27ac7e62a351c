//! What several `VAVAILABILITY`s say together.

use rstest::rstest;

use super::{BERLIN, DAYS, calendar, said, slot};
use crate::ical::availability::laws::BY_HAND;

fn above(lines: &str, inner: &str) -> String {
    let week = slot(&format!("{BERLIN}\nRRULE:FREQ=DAILY"));
    calendar(&format!(
        "BEGIN:VAVAILABILITY\nUID:b\nPRIORITY:5\n{week}END:VAVAILABILITY\n\
         BEGIN:VAVAILABILITY\nUID:c\n{lines}\n{inner}END:VAVAILABILITY"
    ))
}

#[rstest]
#[case::a_day_off(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "",
    "2026-12-24 off"
)]
#[case::part_of_a_day(
    "PRIORITY:1\nDTSTART:20261224T120000\nDURATION:PT2H",
    "",
    "2026-12-24 09:00-12:00, 14:00-17:00"
)]
#[case::several_days(
    "PRIORITY:1\nDTSTART:20261224T120000\nDTEND:20261225T100000",
    "",
    "2026-12-24 09:00-12:00; 2026-12-25 10:00-17:00"
)]
#[case::open_in_it(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "DTSTART:20261224T200000\nDURATION:PT1H",
    "2026-12-24 20:00-21:00"
)]
#[case::open_weekly_in_it(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261226T000000",
    "DTSTART:20260101T200000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
    "2026-12-24 20:00-21:00; 2026-12-25 off"
)]
#[case::as_usual(
    "PRIORITY:1\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "DTSTART:20261224T090000\nDURATION:PT8H",
    "2026-12-24 09:00-17:00"
)]
#[case::below("PRIORITY:9\nDTSTART:20261224T000000\nDTEND:20261225T000000", "", "")]
#[case::without_priority("DTSTART:20261224T000000\nDTEND:20261225T000000", "", "")]
#[case::wholly_below("PRIORITY:0", "", "")]
#[case::over("PRIORITY:1\nDTSTART:20251224T000000\nDTEND:20251225T000000", "", "")]
#[case::busy_of_any_kind(
    "PRIORITY:1\nBUSYTYPE:X-AT-SEA\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "",
    "2026-12-24 off"
)]
#[case::the_same_priority(
    "PRIORITY:5\nDTSTART:20261224T000000\nDTEND:20261225T000000",
    "",
    "[several VAVAILABILITYs with the same PRIORITY]"
)]
#[case::for_months(
    "PRIORITY:1\nDTSTART:20261224T000000\nDURATION:P200D",
    "",
    "[a VAVAILABILITY that lasts for months and then ends]"
)]
#[case::in_the_future(
    "PRIORITY:1\nDTSTART:20271224T000000",
    "",
    "[a VAVAILABILITY that only begins in the future]"
)]
fn what_stands_above_the_week_replaces_it(
    #[case] lines: &str,
    #[case] inner: &str,
    #[case] expected: &str,
) {
    let inner = if inner.is_empty() {
        String::new()
    } else {
        slot(inner)
    };
    let week: Vec<String> = DAYS
        .iter()
        .map(|day| format!("{day} 09:00-17:00"))
        .collect();
    let expected = format!("Europe/Berlin; {}; {expected}", week.join("; "));
    let expected = expected.trim_end_matches("; ");
    assert_eq!(said(&above(lines, &inner), "Europe/Berlin"), expected);
}

#[rstest]
#[case::nothing_of_it("BEGIN:VEVENT\nUID:a\nEND:VEVENT", "none")]
#[case::no_usual_week(
    "BEGIN:VAVAILABILITY\nUID:a\nDTSTART:20261224T000000\nDURATION:P1D\nEND:VAVAILABILITY",
    "broken: it says no usual week: it has no VAVAILABILITY that is in force and has no end"
)]
#[case::broken_start(
    "BEGIN:VAVAILABILITY\nUID:a\nDTSTART:Bob\nEND:VAVAILABILITY",
    "broken: its DTSTART or DTEND makes no sense"
)]
#[case::never("BEGIN:VAVAILABILITY\nUID:a\nEND:VAVAILABILITY", "UTC")]
fn odd_calendars_are_answered(#[case] inner: &str, #[case] expected: &str) {
    assert_eq!(said(&calendar(inner), "UTC"), expected);
}

#[test]
fn what_a_person_wrote_is_read() {
    assert_eq!(
        said(BY_HAND, "Europe/Berlin"),
        "Europe/Berlin; Mon 09:00-12:00; Tue 09:00-12:00; Wed 09:00-12:00; Thu 09:00-12:00; \
         Fri 09:00-12:00, 22:00-24:00; Sat 00:00-02:00; 2026-12-12 00:00-02:00, 10:00-11:00; \
         2026-12-24 off; 2026-12-28 off; 2026-12-29 off; 2026-12-30 off; 2026-12-31 off; \
         2027-01-01 off"
    );
}
