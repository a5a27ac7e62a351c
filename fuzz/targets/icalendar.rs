//! Objects and feeds of strangers: read, edited, stripped and expanded, in bounded time and memory.

#![no_main]

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use slotbridge::domain::window::Window;
use slotbridge::ical::availability::{self, Reader};
use slotbridge::ical::busy::{self, Budget, Stripped, Viewer};
use slotbridge::ical::component::Document;
use slotbridge::ical::import;

/// Sixty days of 2026, both changes of the clock apart.
const FROM: i64 = 1_772_323_200;
const TO: i64 = FROM + 60 * 86_400;

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("an instant")
}

fn expand(object: &Stripped, zone: &TimeZone, budget: &mut Budget) {
    let Stripped::Timing(timing) = object else {
        return;
    };
    let window = Window {
        from: instant(FROM),
        to: instant(TO),
    };
    let emails = ["alice@example.org".to_owned()];
    let viewer = Viewer {
        window,
        zone,
        emails: &emails,
    };
    let Ok(found) = busy::occurrences_within(timing, &viewer, budget) else {
        return;
    };
    for span in &found.spans {
        assert!(span.start <= span.end, "{span:?}");
    }
}

fuzz_target!(|input: &[u8]| {
    if let Ok(document) = Document::parse(input) {
        let written = document.write();
        assert_eq!(
            Document::parse(&written).as_ref(),
            Ok(&document),
            "what is written reads back"
        );
    }
    drop(import::raw_uid(input));
    drop(import::read(input));
    let reader = Reader {
        zone: "Europe/Berlin",
        now: instant(FROM),
    };
    drop(availability::read(input, reader));

    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    drop(busy::strip(input));
    let mut budget = Budget::default();
    let mut seen = BTreeMap::new();
    for event in busy::split(input).unwrap_or_default() {
        if let Ok(object) = &event.content {
            expand(object, &zone, &mut budget);
        }
        assert!(
            seen.insert(event.href.clone(), ()).is_none(),
            "one place, two events"
        );
    }
});
