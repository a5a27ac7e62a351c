//! The week of a host as a table: a row for each day, with words, and beside them a bar.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::html::Html;
use crate::domain::time_span::TimeSpan;
use crate::engine::week::{Booking, Day, Week};
use crate::plan::week::{Known, Stretches};

/// How many stretches of a kind are named on a day; the others are counted.
const NAMED: usize = 50;
/// How much of a title is shown, in characters: Zoom's are shorter.
const TITLE: usize = 200;

const HEADS: [&str; 5] = ["day", "working hours", "busy", "bookings", "still bookable"];

/// Writes it. `number` tells the tables of several hosts apart.
pub(super) fn write(html: &mut Html, week: &Week, number: usize, now: Timestamp) {
    let id = format!("week-{number}");
    html.open("table", &[("id", &id), ("role", "table")]);
    let zone = week.zone.iana_name().unwrap_or("UTC");
    html.open("caption", &[]);
    html.words(&format!(
        "Times are those of {zone}. The bar is the day from midnight to midnight: "
    ));
    for (class, words) in [
        ("free", "still bookable"),
        ("busy", "busy"),
        ("booked", "booked"),
        ("soft", "the rest of the working hours"),
    ] {
        html.element("span", &[("class", class)], words);
        html.words(if class == "soft" { "." } else { ", " });
    }
    html.close();
    heads(html, &HEADS);
    html.open("tbody", &[("role", "rowgroup")]);
    for day in &week.days {
        row(html, day, week, now);
    }
    html.close();
    html.close();
    notes(html, week);
}

/// A row of headers. A narrow screen shows them beside each cell instead: only then does the role
/// of each part have to be said.
pub(super) fn heads(html: &mut Html, heads: &[&str]) {
    html.open("thead", &[("role", "rowgroup")]);
    html.open("tr", &[("role", "row")]);
    for head in heads {
        let attributes = [("scope", "col"), ("role", "columnheader")];
        html.element("th", &attributes, head);
    }
    html.close();
    html.close();
}

fn row(html: &mut Html, day: &Day, week: &Week, now: Timestamp) {
    html.open("tr", &[("role", "row")]);
    head_of(html, day, now);
    let clock = Clock::of(day, &week.zone);
    let plan = &day.plan;
    cell(html, HEADS[1], "soft", &plan.hours, "day off", &clock);
    cell(html, HEADS[2], "busy", &plan.busy, "none", &clock);
    bookings(html, day, week, &clock);
    cell(html, HEADS[4], "free", &plan.bookable, "nothing", &clock);
    html.close();
}

fn head_of(html: &mut Html, day: &Day, now: Timestamp) {
    let plan = &day.plan;
    html.open("th", &[("scope", "row"), ("role", "rowheader")]);
    let date = plan.date.to_string();
    let words = plan.date.strftime("%a %-d %b").to_string();
    html.element("time", &[("datetime", &date)], &words);
    if plan.bounds.start <= now && now < plan.bounds.end {
        html.element("span", &[], " today");
    }
    let length = length_of(plan.bounds);
    if length != SignedDuration::from_hours(24) {
        let words = format!(" {}: the clock is changed", in_hours(length));
        html.element("span", &[("class", "soft")], &words);
    }
    bar(html, day);
    html.close();
}

fn length_of(bounds: TimeSpan) -> SignedDuration {
    bounds.end.duration_since(bounds.start)
}

fn in_hours(length: SignedDuration) -> String {
    match (length.as_hours(), length.as_mins() % 60) {
        (hours, 0) => format!("{hours} hours"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The same as the words, for who sees it: nothing of it has to be read out.
fn bar(html: &mut Html, day: &Day) {
    let plan = &day.plan;
    let minutes = length_of(plan.bounds).as_mins();
    let size = format!("0 0 {minutes} 10");
    let attributes = [
        ("class", "bar"),
        ("xmlns", "http://www.w3.org/2000/svg"),
        ("viewBox", &size),
        ("preserveAspectRatio", "none"),
        ("aria-hidden", "true"),
    ];
    html.open("svg", &attributes);
    let bookings: Vec<TimeSpan> = day.bookings.iter().map(|booking| booking.span).collect();
    let kinds = [
        ("hours", spans(&plan.hours)),
        ("free", spans(&plan.bookable)),
        ("busy", spans(&plan.busy)),
        ("booked", &bookings),
    ];
    for (class, spans) in kinds {
        for span in spans.iter().take(NAMED) {
            let minute = |time: Timestamp| time.duration_since(plan.bounds.start).as_mins();
            let (start, end) = (minute(span.start), minute(span.end));
            let attributes = [
                ("class", class),
                ("x", &*start.to_string()),
                ("y", "0"),
                ("width", &*(end - start).to_string()),
                ("height", "10"),
            ];
            html.empty("rect", &attributes);
        }
    }
    html.close();
}

fn spans(stretches: &Stretches) -> &[TimeSpan] {
    match stretches {
        Stretches::Are(spans) => spans,
        Stretches::Off
        | Stretches::Unknown
        | Stretches::NotYet
        | Stretches::Past
        | Stretches::Beyond => &[],
    }
}

fn open_cell(html: &mut Html, label: &str) {
    html.open("td", &[("role", "cell"), ("data-label", label)]);
}

fn cell(
    html: &mut Html,
    label: &str,
    class: &'static str,
    stretches: &Stretches,
    none: &str,
    clock: &Clock<'_>,
) {
    open_cell(html, label);
    match stretches {
        Stretches::Are(spans) if !spans.is_empty() => {
            html.open("ul", &[("class", class)]);
            for span in spans.iter().take(NAMED) {
                html.element("li", &[], &clock.span(*span));
            }
            more(html, spans.len().saturating_sub(NAMED));
            html.close();
        }
        Stretches::Are(_) => html.words(none),
        Stretches::Off => html.words("off"),
        Stretches::Unknown => html.words("not known"),
        Stretches::NotYet => html.words("not read yet"),
        Stretches::Past => html.words("over"),
        Stretches::Beyond => html.words("not known yet"),
    }
    html.close();
}

fn bookings(html: &mut Html, day: &Day, week: &Week, clock: &Clock<'_>) {
    open_cell(html, HEADS[3]);
    if day.bookings.is_empty() {
        html.words(match week.bookings {
            Known::Off => "off",
            Known::NotYet => "not read yet",
            Known::Is(()) => "none",
        });
    } else {
        html.open("ul", &[]);
        for booking in &day.bookings {
            one(html, booking, clock);
        }
        more(html, day.more);
        html.close();
    }
    html.close();
}

fn one(html: &mut Html, booking: &Booking, clock: &Clock<'_>) {
    html.open("li", &[("class", "long")]);
    html.element("span", &[("class", "booked")], &clock.span(booking.span));
    html.words(" ");
    // A title may be written from right to left: that ends with it.
    let title = booking.page.as_deref().unwrap_or("a booking");
    html.element("bdi", &[], &shortened(title));
    if let Some(pending) = booking.pending {
        let words = if pending {
            " waits for your approval"
        } else {
            " confirmed"
        };
        html.element("span", &[("class", "soft")], words);
    }
    html.close();
}

fn shortened(title: &str) -> String {
    let mut chars = title.chars();
    let mut short: String = chars.by_ref().take(TITLE).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

fn more(html: &mut Html, count: usize) {
    if count > 0 {
        html.element("li", &[("class", "soft")], &format!("and {count} more"));
    }
}

/// What the table does not say by itself.
fn notes(html: &mut Html, week: &Week) {
    let is_off = |of: fn(&Day) -> &Stretches| {
        let mut days = week.days.iter();
        days.any(|day| *of(day) == Stretches::Off)
    };
    let mut notes: Vec<String> = Vec::new();
    if is_off(|day| &day.plan.hours) {
        notes.push(
            "Working hours stand in Zoom alone, because [host.hours] is not set: what stays \
             bookable is not known here."
                .to_owned(),
        );
    }
    if is_off(|day| &day.plan.busy) {
        notes.push("Busy time is off: [host.busy] is not set.".to_owned());
    }
    if week.bookings == Known::Off {
        notes.push("Bookings are off: [host.bookings] is not set.".to_owned());
    }
    for name in &week.never_whole {
        notes.push(format!(
            "The calendar {name} was never read as a whole: there may be more busy time than is shown."
        ));
    }
    for name in &week.in_part {
        notes.push(format!(
            "Not everything in the calendar {name} could be understood: there may be more busy time \
             than is shown. `slotbridge sync -v` says what it is."
        ));
    }
    notes.push(
        "Zoom may offer less than what is still bookable here: its own buffers, notice and limits \
         count, too."
            .to_owned(),
    );
    list(html, &notes);
}

/// Notes as a list; nothing where there are none.
pub(super) fn list(html: &mut Html, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    html.open("ul", &[("class", "notes")]);
    for note in notes {
        html.element("li", &[], note);
    }
    html.close();
}

/// What a clock on the host's wall shows on one day.
struct Clock<'a> {
    zone: &'a TimeZone,
    end: Timestamp,
    /// The clock is changed on this day: each time says before or after.
    changes: bool,
}

impl<'a> Clock<'a> {
    fn of(day: &Day, zone: &'a TimeZone) -> Self {
        let bounds = day.plan.bounds;
        Self {
            zone,
            end: bounds.end,
            changes: length_of(bounds) != SignedDuration::from_hours(24),
        }
    }

    fn span(&self, span: TimeSpan) -> String {
        format!("{}–{}", self.time(span.start), self.time(span.end))
    }

    fn time(&self, time: Timestamp) -> String {
        if time == self.end {
            return "24:00".to_owned();
        }
        let format = if self.changes { "%H:%M %Z" } else { "%H:%M" };
        let local = time.to_zoned(self.zone.clone());
        local.strftime(format).to_string()
    }
}
