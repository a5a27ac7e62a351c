//! Reads `[[host]]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reader::{Said, Table, quoted};
use super::resolve_calendar::{Spoken, name};
use super::resolved::{Bookings, Busy, Feed, Host, Hours};
use crate::domain::feed::{FeedKind, FeedName};
use crate::domain::ids::{CalendarName, HostName};
use crate::plan::policy::{
    AttendeesAs, BookingsPolicy, BusyTo, CancelledInZoom, DeletedInCalendar, MovedInCalendar, Wins,
};

const DAY: Duration = Duration::from_hours(24);
const PLACEHOLDERS: [&str; 4] = ["{summary}", "{booker}", "{email}", "{host}"];

/// Reads every `[[host]]`.
pub(super) fn hosts(root: &Table<'_>, calendars: &[Spoken]) -> Vec<Host> {
    let mut names = BTreeMap::new();
    let mut feeds = BTreeMap::new();
    let mut flows = BTreeMap::new();
    let mut times = BTreeMap::new();
    let mut kept = BTreeMap::new();
    let tables = root.tables("host");
    let hosts = tables.into_iter().filter_map(|table| {
        let name = name(&table, &mut names);
        let table = match &name {
            Some(name) => table.called(name),
            None => table,
        };
        let zoom_user = table.text("zoom_user").map(|said| said.value);
        let emails = emails(&table);
        let bookings = table
            .table("bookings")
            .map(|table| bookings(table, calendars));
        let busy = table.table("busy").map(|table| busy(table, calendars));
        let hours = table
            .table("hours")
            .and_then(|table| hours(table, calendars));
        let on = |kind| match kind {
            FeedKind::Bookings => table.has("bookings"),
            FeedKind::Busy => table.has("busy"),
            FeedKind::Hours => table.has("hours"),
        };
        let feeds = table.tables("feed").into_iter().filter_map(|table| {
            let name = self::name(&table, &mut feeds);
            feed(table, name, on)
        });
        let feeds: Vec<Feed> = feeds.collect();
        let zoom_user = zoom_user.unwrap_or_else(|| "me".to_owned());
        if let (Some(name), Some(Some(bookings))) = (&name, &bookings) {
            let flow = (zoom_user.clone(), bookings.calendar.clone());
            if let Some(other) = flows.insert(flow, name.clone()) {
                table.wrong(
                    "zoom_user",
                    format!(
                        "hosts {} and {} bring the same person's bookings into the same calendar {}",
                        quoted(&other),
                        quoted(name),
                        quoted(bookings.calendar.as_str())
                    ),
                    "keep one of them, or give each its own zoom_user or calendar",
                );
            }
        }
        // Two flows over one list of overrides, or one set of blocks, would undo each other's work.
        let writes_times = busy.is_some() || hours.is_some();
        if let (Some(name), true) = (&name, writes_times)
            && let Some(other) = times.insert(zoom_user.clone(), name.clone())
        {
            table.wrong(
                "zoom_user",
                format!(
                    "hosts {} and {} write the busy time or hours of the same person in Zoom",
                    quoted(&other),
                    quoted(name)
                ),
                "put [host.busy] and [host.hours] into one of them; `from` takes several calendars",
            );
        }
        // A calendar has one place for hours: each host would bring the other's to their Zoom.
        if let (Some(name), Some(hours)) = (&name, &hours)
            && let Some(other) = kept.insert(hours.calendar.clone(), name.clone())
        {
            table.wrong(
                "hours.calendar",
                format!(
                    "hosts {} and {} keep their hours in the same calendar {}",
                    quoted(&other),
                    quoted(name),
                    quoted(hours.calendar.as_str())
                ),
                "name a calendar of its own for each in [host.hours]; it may be an empty one",
            );
        }
        table.finish();
        Some(Host {
            name: HostName::new(name?),
            zoom_user,
            emails,
            bookings: bookings.flatten(),
            busy,
            hours,
            feeds,
        })
    });
    hosts.collect()
}

fn emails(table: &Table<'_>) -> Vec<String> {
    let said = table.texts("emails").unwrap_or_default();
    let emails = said.into_iter().filter_map(|Said { value, key, origin }| {
        let fits = value
            .split_once('@')
            .is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty());
        if !fits {
            table.reader.wrong(
                origin.as_ref(),
                key,
                "this is not a mail address",
                "write it like \"alice@example.org\"",
            );
        }
        fits.then_some(value)
    });
    emails.collect()
}

fn calendar(
    table: &Table<'_>,
    said: &Said<String>,
    calendars: &[Spoken],
    writes: bool,
) -> Option<CalendarName> {
    let Some(calendar) = calendars
        .iter()
        .find(|calendar| calendar.name == said.value)
    else {
        let names: Vec<&str> = calendars
            .iter()
            .map(|calendar| calendar.name.as_str())
            .collect();
        let remedy = if names.is_empty() {
            "add a [[calendar]] with this name".to_owned()
        } else {
            format!(
                "add a [[calendar]] with this name, or use one of: {}",
                names.join(", ")
            )
        };
        let cause = format!("there is no calendar {}", quoted(&said.value));
        table
            .reader
            .wrong(said.origin.as_ref(), &said.key, cause, remedy);
        return None;
    };
    if writes && calendar.writable == Some(false) {
        let cause = format!(
            "the calendar {} is read-only (kind = \"ics\")",
            quoted(&said.value)
        );
        table.reader.wrong(
            said.origin.as_ref(),
            &said.key,
            cause,
            "use a calendar of kind \"caldav\" or \"vdir\"",
        );
        return None;
    }
    Some(CalendarName::new(&*said.value))
}

fn bookings(table: Table<'_>, calendars: &[Spoken]) -> Option<Bookings> {
    let named = table.needed(
        "calendar",
        "name the [[calendar]] that entries are written to",
    );
    let calendar = named.and_then(|said| calendar(&table, &said, calendars, true));
    let usual = BookingsPolicy::default();
    let title = table.text("title").map(|said| said.value);
    if let Some(title) = &title {
        check_title(&table, title);
    }
    let policy = BookingsPolicy {
        past: table.duration("past").unwrap_or(usual.past),
        future: table.duration("future").unwrap_or(usual.future),
        cancelled_in_zoom: table
            .word(
                "cancelled_in_zoom",
                &[
                    ("delete", CancelledInZoom::Delete),
                    ("mark", CancelledInZoom::Mark),
                ],
            )
            .unwrap_or(usual.cancelled_in_zoom),
        deleted_in_calendar: table
            .word(
                "deleted_in_calendar",
                &[
                    ("cancel", DeletedInCalendar::Cancel),
                    ("restore", DeletedInCalendar::Restore),
                    ("hold", DeletedInCalendar::Hold),
                ],
            )
            .unwrap_or(usual.deleted_in_calendar),
        moved_in_calendar: table
            .word(
                "moved_in_calendar",
                &[
                    ("restore", MovedInCalendar::Restore),
                    ("keep", MovedInCalendar::Keep),
                ],
            )
            .unwrap_or(usual.moved_in_calendar),
        grace: table.duration("grace").unwrap_or(usual.grace),
        attendees: table
            .word(
                "attendees",
                &[
                    ("description", AttendeesAs::Description),
                    ("property", AttendeesAs::Property),
                ],
            )
            .unwrap_or(usual.attendees),
        title: title.unwrap_or(usual.title),
        alarm: table.duration("alarm").or(usual.alarm),
    };
    table.finish();
    Some(Bookings {
        calendar: calendar?,
        policy,
    })
}

fn check_title(table: &Table<'_>, title: &str) {
    let mut rest = title;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((word, after)) = after.split_once('}') else {
            return;
        };
        let placeholder = format!("{{{word}}}");
        if !PLACEHOLDERS.contains(&placeholder.as_str()) {
            table.wrong(
                "title",
                format!("{} is not filled in here", quoted(&placeholder)),
                format!("use {}", PLACEHOLDERS.join(", ")),
            );
        }
        rest = after;
    }
}

fn busy(table: Table<'_>, calendars: &[Spoken]) -> Busy {
    if !table.has("from") {
        table.missing("from", "list the calendars to read: [\"work\"]");
    }
    let from = table.texts("from").unwrap_or_default();
    let from = from
        .iter()
        .filter_map(|said| calendar(&table, said, calendars, false));
    let mut from: Vec<CalendarName> = from.collect();
    let said = from.len();
    from.sort_unstable();
    from.dedup();
    if from.len() < said {
        table.wrong("from", "a calendar is named twice", "name each once");
    }
    let title = table.text("title").map(|said| said.value);
    if title
        .as_deref()
        .is_some_and(|title| title.trim().is_empty())
    {
        table.wrong("title", "this is empty", "write a word like \"Busy\"");
    }
    let words = [
        ("auto", BusyTo::Auto),
        ("zoom_calendar", BusyTo::ZoomCalendar),
        ("availability", BusyTo::Availability),
    ];
    let busy = Busy {
        from,
        to: table.word("to", &words).unwrap_or(BusyTo::Auto),
        future: table.duration("future").unwrap_or(DAY * 60),
        before: table.duration("before").unwrap_or_default(),
        after: table.duration("after").unwrap_or_default(),
        title: title.unwrap_or_else(|| "Busy".to_owned()),
        replace_overrides: table.flag("replace_overrides").unwrap_or(false),
    };
    table.finish();
    busy
}

fn hours(table: Table<'_>, calendars: &[Spoken]) -> Option<Hours> {
    let named = table.needed("calendar", "name the [[calendar]] that the hours live in");
    let calendar = named.and_then(|said| calendar(&table, &said, calendars, true));
    let availability = table.text("availability").map(|said| said.value);
    let words = [
        ("zoom", Wins::Zoom),
        ("calendar", Wins::Calendar),
        ("hold", Wins::Hold),
    ];
    let wins = table.word("wins", &words).unwrap_or(Wins::Zoom);
    table.finish();
    Some(Hours {
        availability,
        calendar: calendar?,
        wins,
    })
}

/// A feed shows what a flow of its host knows: `on` says which of them are there.
fn feed(table: Table<'_>, name: Option<String>, on: impl Fn(FeedKind) -> bool) -> Option<Feed> {
    if !table.has("kind") {
        table.missing("kind", "write \"bookings\", \"busy\" or \"hours\"");
    }
    let words = [
        ("bookings", FeedKind::Bookings),
        ("busy", FeedKind::Busy),
        ("hours", FeedKind::Hours),
    ];
    let kind = table.word("kind", &words);
    if let Some(kind) = kind.filter(|kind| !on(*kind)) {
        let word = kind.word();
        table.wrong(
            "kind",
            format!("there is nothing to show: [host.{word}] of this host is absent"),
            format!("add [host.{word}], or remove this feed"),
        );
    }
    table.finish();
    Some(Feed {
        name: FeedName::new(name?),
        kind: kind?,
    })
}
