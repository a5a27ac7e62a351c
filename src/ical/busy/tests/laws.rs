//! Laws of stripping and expansion, on made-up and on damaged objects.

use proptest::prelude::*;

use super::*;
use crate::domain::busy::Busy;
use crate::ical::fixtures::WHOLE;

const SERIES: &str = "DTSTART;TZID=Europe/Berlin:20261002T100000\nDTEND;TZID=Europe/Berlin:20261002T110000\nRRULE:FREQ=DAILY;BYDAY=MO,WE;INTERVAL=1\nEXDATE:20261104T090000Z\nEXDATE;TZID=Europe/Berlin:20261111T100000\nRDATE:20261105T090000Z,20261106T090000Z\nATTENDEE;PARTSTAT=DECLINED;CN=Secret:mailto:bob@example.org\nSUMMARY:Secret\nSEQUENCE:2\nTRANSP:OPAQUE";

fn rule() -> impl Strategy<Value = String> {
    let freq = prop::sample::select(vec![
        "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY",
    ]);
    let day = prop::sample::select(vec!["MO", "2TU", "-1FR", "WE", "-5SU", "SA"]);
    let part = prop_oneof![
        (0i64..70_000).prop_map(|n| format!(";INTERVAL={n}")),
        (0u32..3_000).prop_map(|n| format!(";COUNT={n}")),
        (2_000u16..2_030).prop_map(|year| format!(";UNTIL={year}1101T120000Z")),
        prop::collection::vec(day, 1..4).prop_map(|days| format!(";BYDAY={}", days.join(","))),
        (-31i64..32).prop_map(|n| format!(";BYMONTHDAY={n}")),
        (0i64..14).prop_map(|n| format!(";BYMONTH={n},11")),
        (-54i64..55).prop_map(|n| format!(";BYWEEKNO={n}")),
        (-367i64..368).prop_map(|n| format!(";BYYEARDAY={n},{n}")),
        (-40i64..40).prop_map(|n| format!(";BYSETPOS={n}")),
        (0i64..25).prop_map(|n| format!(";BYHOUR={n}")),
        (0i64..61).prop_map(|n| format!(";BYMINUTE={n};BYSECOND={n}")),
    ];
    (freq, prop::collection::vec(part, 0..4))
        .prop_map(|(freq, parts)| format!("FREQ={freq}{}", parts.concat()))
}

/// The lines of an event with a rule, an end, and things that nobody may see.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let zone = prop::sample::select(vec![
        "Europe/Berlin",
        "Asia/Kathmandu",
        "Eastern Standard Time",
        "Nobody",
    ]);
    (rule(), 1i64..3_000, zone, 0u32..12_000, any::<bool>()).prop_map(
        |(rule, minutes, zone, days, date)| {
            let start = jiff::civil::date(1995, 1, 1)
                .saturating_add(jiff::Span::new().days(i64::from(days)));
            let start = start.strftime("%Y%m%d");
            let mut lines = vec![
                "SUMMARY:Secret title".to_owned(),
                "LOCATION:Secret place".to_owned(),
                "ORGANIZER;CN=Secret:mailto:secret@example.org".to_owned(),
                "ATTENDEE;CN=Secret;PARTSTAT=DECLINED:mailto:alice@example.org".to_owned(),
                "X-SECRET;X=Secret:Secret".to_owned(),
                format!("RRULE:{rule};X-SECRET=SECRET"),
            ];
            if date {
                lines.push(format!("DTSTART;VALUE=DATE;X-SECRET=Secret:{start}"));
            } else {
                lines.push(format!(
                    "DTSTART;TZID={zone};X-SECRET=Secret:{start}T101500"
                ));
                lines.push(format!("DURATION:PT{minutes}M"));
            }
            lines
        },
    )
}

fn text(lines: &[String]) -> String {
    let uid = "UID:Secret@example.org";
    calendar(&format!(
        "BEGIN:VEVENT\n{uid}\n{}\nEND:VEVENT",
        lines.join("\n")
    ))
}

fn spans(text: &str, from: i64, days: i64) -> Occurrences {
    let start = jiff::Timestamp::from_second(1_790_000_000 + from * 86_400).expect("an instant");
    let window = Window {
        from: start,
        to: start + jiff::SignedDuration::from_hours(days * 24),
    };
    let Ok(Stripped::Timing(timing)) = strip(text.as_bytes()) else {
        return Occurrences::default();
    };
    let viewer = Viewer {
        window,
        zone: &berlin(),
        emails: &[],
    };
    let Ok(mut found) = occurrences(&timing, &viewer) else {
        return Occurrences::default();
    };
    for span in &found.spans {
        assert!(span.start < span.end && span.start < window.to && window.from < span.end);
    }
    found.spans.sort();
    found
}

proptest! {
    #[test]
    fn the_order_of_lines_does_not_matter(
        lines in Just(SERIES.lines().map(str::to_owned).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let original: Vec<String> = SERIES.lines().map(str::to_owned).collect();
        prop_assert_eq!(strip(text(&lines).as_bytes()), strip(text(&original).as_bytes()));
    }

    #[test]
    fn the_order_of_lines_does_not_matter_whatever_the_rule(
        (original, shuffled) in lines().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        prop_assert_eq!(strip(text(&shuffled).as_bytes()), strip(text(&original).as_bytes()));
        prop_assert_eq!(spans(&text(&shuffled), 0, 60), spans(&text(&original), 0, 60));
    }

    #[test]
    fn a_larger_window_shows_no_less(lines in lines(), from in -400i64..400, days in 1i64..40, more in 0i64..40) {
        let text = text(&lines);
        let small = spans(&text, from, days);
        let large = Busy::of(spans(&text, from - more, days + 2 * more).spans);
        for span in Busy::of(small.spans).spans() {
            prop_assert!(large.cut_out_of(*span).is_empty(), "{}: {}", span.text(), text);
        }
    }

    #[test]
    fn nothing_private_is_kept(lines in lines()) {
        if let Ok(Stripped::Timing(timing)) = strip(text(&lines).as_bytes()) {
            prop_assert!(!timing.as_str().to_lowercase().contains("secret"), "{}", timing.as_str());
            prop_assert!(spans(&text(&lines), 0, 60).notes.iter().all(|note| !note.to_lowercase().contains("secret")));
            prop_assert!(spans(&text(&lines), 0, 60).failures.iter().all(|why| !why.to_lowercase().contains("secret")));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        drop(strip(&bytes));
        drop(split(&bytes));
    }

    #[test]
    fn a_damaged_object_is_expanded_without_a_panic(
        which in 0..WHOLE.len(),
        lines in lines(),
        made in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"0123456789;:,=\n-TZ".to_vec()), 0..3u8), 1..10),
    ) {
        let mut bytes = if made { text(&lines).into_bytes() } else { WHOLE[which].to_vec() };
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        spans(&String::from_utf8_lossy(&bytes), 0, 60);
    }
}
