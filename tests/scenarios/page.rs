//! The status page, as a browser gets it: what it shows, and what it never says.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use slotbridge::demo::account::{AccountOptions, NewBooking};

use super::bench::{Bench, at, booking};
use super::daemon::{Answer, Daemon, listening, raw};
use super::hours::{bench_with, date, local, zone};
use super::markup::Element;
use super::side::Side::Vdir;

const FLOWS: &str = "[host.bookings]\ncalendar = \"work\"\nfuture = \"300d\"\n\
                     [host.busy]\nfrom = [\"work\"]\nto = \"zoom_calendar\"\nfuture = \"20d\"\n\
                     [host.hours]\ncalendar = \"work\"\n\
                     [[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\"\n\
                     [[host.feed]]\nname = \"alice-busy\"\nkind = \"busy\"\n";

/// A host with every flow, who works from nine to five.
pub fn bench() -> Bench {
    let bench = bench_with(Vdir, FLOWS, AccountOptions::default());
    bench.set_zoom_week(["09:00-17:00"; 7]);
    bench.configure(listening);
    bench
}

/// Asks as a browser on this machine does, with more headers.
pub fn ask(daemon: &Daemon, method: &str, path: &str, headers: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
        daemon.address
    );
    raw(daemon.address, request.as_bytes())
}

#[track_caller]
fn page(daemon: &Daemon, path: &str) -> Element {
    let answer = ask(daemon, "GET", path, "");
    assert_eq!(answer.status, 200, "{answer:?}");
    Element::read(&answer.body)
}

fn week_of(date: Date) -> String {
    let week = date.iso_week_date();
    format!("{}-W{:02}", week.year(), week.week())
}

/// The cells of a day of the only host: hours, busy, bookings, still bookable.
#[track_caller]
fn day(daemon: &Daemon, date: Date) -> Vec<String> {
    let page = page(daemon, &format!("/?week={}", week_of(date)));
    let rows = page.by_id("week-1").all("tr");
    let date = date.to_string();
    let is_it = |row: &&&Element| {
        let times = row.all("time");
        times
            .iter()
            .any(|time| time.attribute("datetime") == Some(&date))
    };
    let row = rows
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("no {date} in {rows:#?}"));
    row.all("td").iter().map(|cell| cell.text()).collect()
}

/// What a clock in the host's zone shows.
fn clock(days: i64, hour: i64, minute: i64) -> String {
    let time = at(days, hour) + minute.minutes();
    time.to_zoned(zone()).strftime("%H:%M").to_string()
}

#[test]
fn it_shows_each_day_with_hours_busy_time_bookings_and_what_stays_bookable() {
    let bench = bench();
    bench.book(2);
    let mut asked = booking(2);
    asked.start = at(2, 13);
    asked.summary = "Review".to_owned();
    asked.pending = true;
    bench.account.book(asked);
    bench.has_event("dentist", local(3, 12, 14));
    let daemon = Daemon::ready(&bench);
    let cells = day(&daemon, date(3));
    assert_eq!(cells[0], "09:00–17:00");
    assert_eq!(cells[1], "12:00–14:00");
    assert_eq!(cells[2], "none");
    assert_eq!(cells[3], "09:00–12:00 14:00–17:00");
    let cells = day(&daemon, date(2));
    let (first, second) = (
        format!(
            "{}–{} Intro call confirmed",
            clock(2, 9, 0),
            clock(2, 9, 30)
        ),
        format!(
            "{}–{} Review waits for your approval",
            clock(2, 13, 0),
            clock(2, 13, 30)
        ),
    );
    assert_eq!(
        cells[1..3],
        ["none".to_owned(), format!("{first} {second}")]
    );
    assert_eq!(
        cells[3],
        format!(
            "09:00–{} {}–{} {}–17:00",
            clock(2, 9, 0),
            clock(2, 9, 30),
            clock(2, 13, 0),
            clock(2, 13, 30)
        )
    );
    // Busy time is known as far as `future` says; the hours are known for good.
    let cells = day(&daemon, date(40));
    assert_eq!(cells[0], "09:00–17:00");
    assert!(cells[1].starts_with("not known yet"), "{cells:?}");
    assert!(cells[3].starts_with("not known yet"), "{cells:?}");
    // The same facts as `slotbridge status`, and the feeds without their addresses.
    let page = page(&daemon, "/");
    assert_eq!(page.attribute("lang"), Some("en"));
    let flows = page.by_id("flows").text();
    for words in [
        "alice bookings all done: 2 in step",
        "busy all done",
        "hours all done",
    ] {
        assert!(flows.contains(words), "{words:?} is not in {flows}");
    }
    assert!(
        flows.contains("in 60 min") || flows.contains("in 59 min"),
        "{flows}"
    );
    assert!(
        page.text().contains("busy from work: read"),
        "{}",
        page.text()
    );
    let feeds = page.by_id("feeds").text();
    assert!(feeds.contains("alice-bookings bookings 2"), "{feeds}");
    assert!(feeds.contains("slotbridge feeds list"), "{feeds}");
    assert!(page.find_id("waiting").is_none(), "nothing waits");
}

#[test]
fn it_never_says_who_booked_nor_what_a_private_event_is_called() {
    let bench = bench();
    bench.book(2);
    bench.has_event("dentist", local(3, 12, 14));
    let mut daemon = Daemon::ready(&bench);
    for (days, shown) in [(2, "Intro call"), (3, "12:00–14:00")] {
        let path = format!("/?week={}", week_of(date(days)));
        let said = ask(&daemon, "GET", &path, "").body;
        assert!(said.contains(shown), "{shown} is not in {said}");
        for word in [
            "Bob",
            "bob2",
            "example.org",
            "Dentist",
            "dentist",
            "/feeds/",
        ] {
            assert!(!said.contains(word), "{word} is in {said}");
        }
    }
    let logged = daemon.logged();
    assert!(!logged.contains("Intro call"), "{logged}");
}

#[test]
fn a_hostile_title_is_nothing_but_a_title() {
    let bench = bench();
    let title = "</td></table><script>alert(1)</script> \"&amp;' ]]> \u{202e}gnp.exe <img src=x onerror=alert(1)>";
    let hostile = NewBooking {
        summary: title.to_owned(),
        ..booking(2)
    };
    bench.account.book(hostile);
    let daemon = Daemon::ready(&bench);
    let cells = day(&daemon, date(2));
    // What turns the direction of writing is shown as something that cannot be shown.
    let title = &title.replace('\u{202e}', "\u{fffd}");
    assert!(cells[2].contains(title), "{cells:?}");
    let page = page(&daemon, &format!("/?week={}", week_of(date(2))));
    for name in ["script", "img"] {
        assert!(page.all(name).is_empty(), "{name} stands in the page");
    }
    let inside = page.all("bdi");
    assert!(inside.iter().any(|one| one.text() == *title), "{inside:?}");
}

#[test]
fn bookings_of_a_state_that_knew_no_names_of_pages_learn_them() {
    let bench = bench();
    bench.book(2);
    bench.pass();
    let name = "\"page\":\"Intro call\",";
    let escaped = name.replace('"', "\\\"");
    let without = |line: &str| line.replace(name, "").replace(&escaped, "");
    assert_eq!(bench.change_state(without), 1);
    let daemon = Daemon::ready(&bench);
    let cells = day(&daemon, date(2));
    assert!(cells[2].ends_with("Intro call confirmed"), "{cells:?}");
    daemon.end();
    bench.is_settled();
}

#[test]
fn a_day_on_which_the_clock_is_changed_is_as_long_as_it_is() {
    let bench = bench();
    bench.set_zoom_week(["00:00-24:00"; 7]);
    let mut sunday = date(1);
    let hours = |date: Date| {
        let day = |date: Date| date.to_zoned(zone()).unwrap().timestamp();
        let length = day(date.tomorrow().unwrap()).duration_since(day(date));
        length.as_hours()
    };
    while hours(sunday) == 24 {
        sunday = sunday.tomorrow().unwrap();
    }
    assert_eq!(sunday.weekday(), Weekday::Sunday);
    // An hour on both sides of three o'clock in UTC, which exists on each such day.
    let start = sunday.to_zoned(zone()).unwrap().timestamp() + 3.hours();
    let there = NewBooking {
        start,
        ..booking(2)
    };
    bench.account.book(there);
    let daemon = Daemon::ready(&bench);
    let shown = |time: jiff::Timestamp| time.to_zoned(zone()).strftime("%H:%M %Z").to_string();
    let cells = day(&daemon, sunday);
    let end = start + 30.minutes();
    assert_eq!(
        cells[2],
        format!("{}–{} Intro call confirmed", shown(start), shown(end))
    );
    assert!(
        cells[0].starts_with("00:00 CE") && cells[0].contains("–24:00"),
        "{cells:?}"
    );
    let page = page(&daemon, &format!("/?week={}", week_of(sunday)));
    let words = format!("{} hours", hours(sunday));
    let week = page.by_id("week-1").text();
    assert!(week.contains(&words), "{words:?} is not in {week}");
}

#[test]
fn before_anything_was_read_it_says_so() {
    let mut bench = bench();
    bench.stop_zoom();
    let mut daemon = Daemon::start(&bench);
    let text = page(&daemon, "/").text();
    assert!(text.contains("not read yet"), "{text}");
    daemon.until("pass");
    let flows = page(&daemon, "/").by_id("flows").text();
    assert!(flows.contains("alice"), "{flows}");
}

#[test]
fn a_flow_that_is_off_is_said_to_be_off() {
    let bench = Bench::new(Vdir, "");
    bench.configure(listening);
    bench.book(2);
    let daemon = Daemon::ready(&bench);
    let cells = day(&daemon, date(2));
    assert_eq!(cells[0], "off");
    assert_eq!(cells[1], "off");
    assert!(cells[2].contains("Intro call"), "{cells:?}");
    assert_eq!(cells[3], "not known");
    let text = page(&daemon, "/").text();
    assert!(
        text.contains("[host.hours]") && text.contains("[host.busy]"),
        "{text}"
    );
}

#[test]
fn what_waits_for_a_person_is_named_and_not_shown() {
    let bench = bench();
    let ids = bench.book_many(6);
    bench.pass();
    for id in &ids[..4] {
        bench.delete_entry(id);
    }
    bench.edit(&ids[5], |text| text.replace("Intro call", "Very own title"));
    let daemon = Daemon::ready(&bench);
    let held = bench.waiting("held");
    assert_eq!(held.len(), 4);
    let page = page(&daemon, "/");
    let waiting = page.by_id("waiting").text();
    for one in &held {
        let id = one["id"].as_str().unwrap();
        assert!(waiting.contains(id), "{id} is not in {waiting}");
    }
    assert!(waiting.contains("slotbridge held show"), "{waiting}");
    assert!(waiting.contains("cancel the booking in Zoom"), "{waiting}");
    assert!(!page.text().contains("Very own title"), "{}", page.text());
}
