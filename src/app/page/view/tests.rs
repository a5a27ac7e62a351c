use quick_xml::Reader as Xml;
use quick_xml::events::Event;

use jiff::SignedDuration;

use super::*;
use crate::domain::busy::Busy;
use crate::domain::entry::Field;
use crate::domain::feed::{FeedKind, FeedName};
use crate::domain::ids::{BookingId, CalendarName, HostName, Uid};
use crate::domain::time_span::TimeSpan;
use crate::domain::waiting::Disputed;
use crate::engine::week::{self, Booking, Day};
use crate::plan::week::{self as plan, Facts, Known};
use crate::ports::error::{Error, Kind};

const HOSTILE: &str = "<b onclick='x'>\"&\u{0}";

fn conflict(number: usize) -> Conflict {
    let (host, booking) = (HostName::new(HOSTILE), BookingId::new(format!("e{number}")));
    Conflict {
        id: Conflict::id_for(&host, &booking, Field::Notes),
        about: Disputed::Field {
            uid: Uid::of_booking(&booking),
            booking,
            field: Field::Notes,
        },
        host,
        zoom: "what Zoom says".to_owned(),
        calendar: "what the calendar says".to_owned(),
        found: Timestamp::UNIX_EPOCH,
        standing: ConflictStanding::Open,
        manage_url: Some("https://example.org/manage".to_owned()),
        decision: None,
    }
}

fn feed() -> Overview {
    let address = crate::app::feeds::Address {
        name: FeedName::new("alice-busy"),
        host: HostName::new("alice"),
        kind: FeedKind::Busy,
        path: "/feeds/hush.ics".to_owned(),
        url: Some("https://cal.example.org/feeds/hush.ics".to_owned()),
        hint: None,
    };
    Overview {
        address,
        entries: None,
        changed: None,
    }
}

fn view() -> View {
    let host = HostStatus {
        name: HOSTILE.to_owned(),
        last: None,
        next: None,
        held: 0,
        conflicts: 61,
        settled: 0,
        overdue: None,
        cursor_age: None,
        links: None,
        busy: None,
        failing: Vec::new(),
    };
    let broken = Error::new(Kind::State, "reading a record").hint("look at the state");
    View {
        week: IsoWeek::parse("2026-W48").unwrap(),
        now: "2026-11-22T04:00:00Z".parse().unwrap(),
        zone: TimeZone::UTC,
        reader: Reader::Local,
        unready: Some("the first pass has not ended"),
        status: Status {
            version: 1,
            daemon: None,
            hosts: vec![host],
        },
        weeks: vec![Err(broken)],
        conflicts: (0..61).map(conflict).collect(),
        held: Vec::new(),
        feeds: vec![feed()],
    }
}

/// That it is well-formed, and its words.
fn words(html: &str) -> String {
    let mut reader = Xml::from_str(html);
    let mut words = String::new();
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Text(text) => words.push_str(&text.into_inner()),
            Event::GeneralRef(_) => words.push('?'),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    words
}

#[test]
fn what_waits_is_named_up_to_a_number_and_its_content_is_not_shown() {
    let html = view().html();
    let text = words(&html);
    assert_eq!(html.matches("slotbridge conflicts show ").count(), NAMED);
    assert!(text.contains("And 11 more"), "{text}");
    for word in ["what Zoom says", "what the calendar says", "manage"] {
        assert!(!html.contains(word), "{word} is in {html}");
    }
    assert!(!html.contains("<b onclick"), "{html}");
}

#[test]
fn a_host_whose_week_cannot_be_read_is_said_to_be_so() {
    let text = words(&view().html());
    assert!(
        text.contains("Its week cannot be shown: reading a record"),
        "{text}"
    );
    assert!(text.contains("look at the state"), "{text}");
    assert!(
        text.contains("Not ready: the first pass has not ended."),
        "{text}"
    );
}

#[test]
fn addresses_of_feeds_are_shown_to_who_showed_the_token_and_to_nobody_else() {
    let mut view = view();
    assert!(!view.html().contains("hush"));
    view.reader = Reader::Admitted;
    assert!(
        view.html()
            .contains("https://cal.example.org/feeds/hush.ics")
    );
}

/// A week in which as much as possible is going on.
fn full() -> Week {
    let (zone, asked) = (TimeZone::UTC, IsoWeek::parse("2026-W48").unwrap());
    let span = |start: Timestamp| TimeSpan {
        start,
        end: start + SignedDuration::from_mins(1),
    };
    let busy = plan::spans(asked, &zone).flat_map(|day| {
        let minutes = (0..720).map(|minute| SignedDuration::from_mins(2 * minute));
        minutes.map(move |since| span(day.start + since))
    });
    let busy = Busy::of(busy);
    let always = TimeSpan {
        start: Timestamp::MIN,
        end: Timestamp::MAX,
    };
    let facts = Facts {
        zone: &zone,
        now: view().now,
        hours: Known::Off,
        busy: Known::Is((&busy, always)),
        bookings: Known::Is(&busy),
    };
    let days = plan::days(asked, &facts).map(|plan| {
        let booking = Booking {
            span: span(plan.bounds.start),
            page: Some("<".repeat(10_000)),
            pending: Some(true),
        };
        Day {
            plan,
            bookings: vec![booking; week::NAMED],
            more: 9_950,
        }
    });
    Week {
        zone,
        days: days.to_vec(),
        bookings: Known::Is(()),
        never_whole: vec![CalendarName::new("<work>")],
        in_part: vec![CalendarName::new("<family>")],
    }
}

#[test]
fn however_much_is_going_on_the_page_stays_small() {
    let mut view = view();
    view.weeks = vec![Ok(full())];
    let html = view.html();
    let text = words(&html);
    assert!(html.len() < 500_000, "{} bytes", html.len());
    assert!(text.contains("and 9950 more"), "{text}");
    assert!(text.contains("and 670 more"), "{text}");
    assert!(text.contains("was never read as a whole"), "{text}");
    let part = "Not everything in the calendar ?family? could be understood";
    assert!(text.contains(part), "{text}");
}
