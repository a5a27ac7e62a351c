//! The rules of a zone, as they are written beside hours.

use rstest::rstest;

use crate::ical::availability::laws::now;
use crate::ical::availability::zone_text;
use crate::ical::{timezone, vtimezone};

#[rstest]
#[case("Europe/Berlin", 2)]
#[case("America/New_York", 2)]
#[case("Australia/Sydney", 2)]
#[case("Australia/Lord_Howe", 2)]
#[case("Asia/Kolkata", 1)]
#[case("Asia/Kathmandu", 1)]
#[case("Europe/Dublin", 2)]
fn the_rules_of_a_zone_are_written(#[case] name: &str, #[case] parts: usize) {
    let zone = timezone::by_name(name).expect("a zone");
    let written = zone_text::component(name, &zone, now());
    assert_eq!(written.components().count(), parts, "{written:?}");
    for hours in (0..24 * 365 * 4).step_by(7) {
        let time = now() + jiff::SignedDuration::from_hours(hours);
        let local = zone.to_datetime(time);
        let read = vtimezone::rules(&written, local).expect("rules");
        assert_eq!(read.to_offset(time), zone.to_offset(time), "{time}");
    }
}

#[test]
fn clock_changes_that_follow_no_rule_are_listed() {
    let zone = timezone::by_name("Africa/Casablanca").expect("a zone");
    let written = zone_text::component("Africa/Casablanca", &zone, now());
    assert!(written.components().count() > 2);
    assert!(
        written
            .components()
            .all(|part| part.line("RRULE").is_none())
    );
}
