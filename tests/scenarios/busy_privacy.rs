//! Nothing of a private calendar reaches Zoom, a log, or a report.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::busy::{Feed, SECRET_PATH, Says, Sink, bench_with, event_with, span};
use super::side::Side::{Radicale, Xandikos};

const LINES: &str = "LOCATION:private-place 12\nDESCRIPTION:private-words\\, many\n\
    ATTENDEE;CN=private-guest:mailto:private-person@example.net\n\
    ORGANIZER;CN=private-boss:mailto:private-boss@example.net\n\
    URL:https://private-host.example.net/\nCOMMENT:private-comment\nX-NOTE:private-note\n\
    CATEGORIES:private-category\nCONTACT:private-contact\n\
    BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nDESCRIPTION:private-alarm\nEND:VALARM\n";

/// One that is read well, one that recurs, and ones that make no sense.
fn events(of: &str) -> Vec<String> {
    let uid = |name: &str| format!("private-uid-{of}-{name}");
    let titled = |text: String| text.replace("Dentist", "private-title");
    let fine = event_with(&uid("fine"), span(3, 9, 11), LINES);
    let rule = format!("RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20200101T000000Z\n{LINES}");
    let series = event_with(&uid("series"), span(5, 9, 11), &rule);
    let zone = event_with(&uid("zone"), span(6, 9, 11), LINES)
        .replace("DTSTART:", "DTSTART;TZID=private-zone:")
        .replace("Z\r\nDTEND", "\r\nDTEND");
    let rule = format!("RRULE:FREQ=private-rule\n{LINES}");
    let broken = event_with(&uid("broken"), span(7, 9, 11), &rule);
    [fine, series, zone, broken].map(titled).to_vec()
}

#[rstest]
fn no_word_of_a_private_calendar_is_sent_or_said(
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[values(Radicale, Xandikos)] side: super::side::Side,
) {
    let feed = Feed::of(&events("feed"));
    let flows = format!(
        "[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\", \"feed\"]\nto = \"{}\"\n{}",
        sink.word(),
        feed.config("feed")
    );
    let bench = bench_with(side, &flows, AccountOptions::default());
    for (number, text) in events("work").iter().take(2).enumerate() {
        bench.shelf.put(&format!("private-name-{number}.ics"), text);
    }
    let mut said = String::new();
    let mut say = |words: &[&str]| {
        let run = bench.run(words);
        said += &run.said();
    };
    say(&["-vvv", "sync"]);
    say(&["sync", "--json"]);
    say(&["sync", "--dry-run", "--full"]);
    say(&["--log-format", "json", "-vv", "sync", "--full"]);
    feed.says(Says::Status("500 Internal Server Error"));
    say(&["-vv", "sync"]);
    feed.says(Says::Html);
    say(&["-vv", "sync", "--json"]);
    feed.says(Says::Events(vec![]));
    say(&["-vv", "sync"]);
    say(&["held", "list"]);
    say(&["status"]);
    say(&["status", "--json"]);
    assert!(!bench.taken().is_empty());
    assert_eq!(bench.account.was_sent("private-"), None);
    let found: Vec<&str> = said
        .lines()
        .filter(|line| line.to_lowercase().contains("private-"))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    let secret = SECRET_PATH.trim_start_matches('/');
    assert!(!said.contains(secret));
    // And the state that could be stolen says neither.
    let export = bench.home.path().join("export");
    assert_eq!(
        bench
            .run(&["state", "export", export.to_str().unwrap()])
            .code,
        0
    );
    let text = std::fs::read_to_string(export).unwrap();
    for word in [
        "private-title",
        "private-place",
        "private-words",
        "private-person",
        "private-alarm",
    ] {
        assert!(!text.contains(word), "{word}");
    }
}
