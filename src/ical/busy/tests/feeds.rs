//! Whole feeds: one text with many events.

use super::*;

fn refusal(text: &[u8]) -> String {
    split(text).expect_err("refused").to_string()
}

#[rstest]
#[case("", "it is empty")]
#[case(" \r\n", "it is empty")]
#[case(
    "<!DOCTYPE html><html></html>",
    "it is a web page or XML, not iCalendar"
)]
#[case("\u{feff}  {\"error\":1}", "it is JSON, not iCalendar")]
#[case("Not found", "it is not iCalendar")]
#[case(
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTST",
    "it stops in the middle: a component has no END"
)]
#[case(
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n",
    "it stops in the middle: a component has no END"
)]
#[case(
    "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
    "it has an END that does not fit its BEGIN"
)]
fn what_is_no_feed_is_refused_in_clear_words(#[case] text: &str, #[case] why: &str) {
    assert_eq!(refusal(text.as_bytes()), why);
}

#[test]
fn a_feed_without_events_is_a_feed() {
    assert_eq!(split(calendar("X-A:b").as_bytes()), Ok(Vec::new()));
}

#[test]
fn a_broken_event_stops_only_itself() {
    let feed = calendar(
        "BEGIN:VEVENT\nUID:a\nDTSTART:rubbish\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:b\nDTSTART:20261102T090000Z\nDURATION:PT1H\nEND:VEVENT\n\
         BEGIN:VTODO\nUID:c\nDUE:20261102T090000Z\nEND:VTODO",
    );
    let events = split(feed.as_bytes()).expect("a feed");
    let timings = events
        .iter()
        .filter(|event| matches!(event.content, Ok(Stripped::Timing(_))));
    assert_eq!((events.len(), timings.count()), (3, 1));
    let broken: Vec<_> = events
        .iter()
        .filter_map(|event| event.content.as_ref().err())
        .collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].to_string(), "its DTSTART makes no sense");
}

#[test]
fn an_event_keeps_its_place_and_its_tag_says_whether_its_time_changed() {
    let feed = |uid: &str, time: &str, title: &str| {
        let text = calendar(&format!(
            "BEGIN:VEVENT\nUID:{uid}\nSUMMARY:{title}\nDTSTART:{time}\nDURATION:PT1H\nEND:VEVENT"
        ));
        split(text.as_bytes()).expect("a feed").remove(0)
    };
    let one = feed("a", "20261102T090000Z", "x");
    assert_eq!(one, feed("a", "20261102T090000Z", "y"));
    let moved = feed("a", "20261103T090000Z", "x");
    assert_eq!(one.href, moved.href);
    assert_ne!(one.etag, moved.etag);
    assert_ne!(one.href, feed("b", "20261102T090000Z", "x").href);
}

#[test]
fn an_event_brings_only_the_zones_that_no_name_stands_for() {
    let zone = |name: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:{name}\nX-COMMENT:Secret\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nTZNAME:Secret\nEND:STANDARD\nEND:VTIMEZONE"
        )
    };
    let event = |zone: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{zone}\nDTSTART;TZID={zone}:20261102T090000\nDURATION:PT1H\nEND:VEVENT"
        )
    };
    let feed = calendar(&format!(
        "{}\n{}\n{}\n{}\n{}",
        event("Customized Secret"),
        event("Europe/Berlin"),
        zone("Europe/Berlin"),
        zone("Another"),
        zone("Customized Secret"),
    ));
    let events = split(feed.as_bytes()).expect("a feed");
    let texts: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.content {
            Ok(Stripped::Timing(timing)) => Some(timing.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts.len(), 2);
    let zones: usize = texts
        .iter()
        .map(|text| text.matches("BEGIN:VTIMEZONE").count())
        .sum();
    assert_eq!(zones, 1);
    assert!(
        texts.iter().all(|text| !text.contains("Secret")),
        "{texts:?}"
    );
    let found = expand(
        &feed,
        window("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"),
    );
    assert_eq!(
        short(&found),
        ["1102T0600/1102T0700", "1102T0800/1102T0900"]
    );
}

#[test]
fn events_without_a_uid_are_told_apart_by_what_they_say() {
    let feed = calendar(
        "BEGIN:VEVENT\nDTSTART:20261102T090000Z\nDURATION:PT1H\nEND:VEVENT\n\
         BEGIN:VEVENT\nDTSTART:20261103T090000Z\nDURATION:PT1H\nEND:VEVENT",
    );
    assert_eq!(split(feed.as_bytes()).expect("a feed").len(), 2);
}

#[test]
fn what_stands_behind_the_end_of_a_feed_harms_nobody() {
    let feed = format!("{}<!-- made in 0.3 s -->\n", calendar("X-A:b"));
    assert_eq!(split(feed.as_bytes()), Ok(Vec::new()));
}
