//! The hosts and their flows as a table: one line for each flow, and in it the one word that counts.

use jiff::Timestamp;

use super::words;
use crate::app::failing::Flow;
use crate::app::status::{Counts, HostStatus};
use crate::demo::table::{Paint, Tone};

const HEADS: [&str; 6] = [
    "host",
    "flow",
    "state",
    "last pass",
    "next pass",
    "last pass did",
];

/// How a flow is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is known yet.
    New,
    Well,
    Waiting,
    Failing,
}

impl State {
    fn tone(self) -> Tone {
        match self {
            Self::New => Tone::Quiet,
            Self::Well => Tone::Ours,
            Self::Waiting => Tone::Person,
            Self::Failing => Tone::Alarm,
        }
    }
}

/// A row, and how its flow is.
struct Row {
    cells: [String; 6],
    state: State,
}

/// The table.
pub(super) fn of(hosts: &[HostStatus], now: Timestamp, paint: Paint) -> String {
    let rows: Vec<Row> = hosts.iter().flat_map(|host| of_host(host, now)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        let cells = cells.map(String::as_str).chain(HEADS.get(column).copied());
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let line = |cells: &[&str], tone: Option<Tone>| {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let padded = format!("{cell:width$}");
            // The third column says how it is: that word alone has a colour.
            match tone {
                Some(Tone::Heading) => line.push_str(&paint.tint(Tone::Heading, &padded)),
                Some(tone) if column == 2 => line.push_str(&paint.tint(tone, &padded)),
                _ => line.push_str(&padded),
            }
            line.push_str("  ");
        }
        format!("{}\n", line.trim_end())
    };
    let mut text = line(&HEADS, Some(Tone::Heading));
    for row in &rows {
        let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
        text.push_str(&line(&cells, Some(row.state.tone())));
    }
    text
}

fn of_host(host: &HostStatus, now: Timestamp) -> Vec<Row> {
    let last = host.last.as_ref();
    let flows = [
        (
            Flow::Bookings,
            host.links.is_some(),
            last.and_then(|last| last.bookings),
        ),
        (
            Flow::Busy,
            host.busy.is_some(),
            last.and_then(|last| last.busy),
        ),
        (Flow::Hours, false, last.and_then(|last| last.hours)),
    ];
    let on = flows
        .into_iter()
        .filter(|(_, on, counts)| *on || counts.is_some());
    let mut rows: Vec<Row> = on
        .map(|(flow, _, counts)| of_flow(host, flow, counts))
        .collect();
    if rows.is_empty() {
        let state = match last {
            Some(last) if !last.ok => (State::Failing, "needs attention"),
            Some(_) => (State::Well, "all done"),
            None => (State::New, "no pass yet"),
        };
        rows.push(row("-", state.0, state.1.to_owned(), String::new()));
    }
    // What is the same for all flows of a host stands once.
    if let Some(first) = rows.first_mut() {
        let seconds = |time: Timestamp| time.as_second().saturating_sub(now.as_second());
        first.cells[0].clone_from(&host.name);
        first.cells[3] = last.map_or_else(
            || "never".to_owned(),
            |last| format!("{} ago", words(-seconds(last.finished))),
        );
        first.cells[4] = host.next.map_or_else(
            || "-".to_owned(),
            |next| format!("in {}", words(seconds(next))),
        );
    }
    rows
}

fn of_flow(host: &HostStatus, flow: Flow, counts: Option<Counts>) -> Row {
    let failing = host.failing.iter().any(|failing| failing.flow == flow);
    let (state, word) = match counts {
        None if failing || host.last.as_ref().is_some_and(|last| !last.ok) => {
            (State::Failing, "needs attention".to_owned())
        }
        None => (State::New, "no pass yet".to_owned()),
        Some(counts) if failing || counts.failed > 0 => (State::Failing, failed(counts)),
        Some(counts) if counts.held + counts.conflicts > 0 => {
            (State::Waiting, "waits for you".to_owned())
        }
        Some(_) if flow == Flow::Bookings => {
            let links = host.links.unwrap_or_default();
            (State::Well, format!("all done: {links} in step"))
        }
        Some(_) => (State::Well, "all done".to_owned()),
    };
    row(
        flow.word(),
        state,
        word,
        counts.map_or_else(String::new, did),
    )
}

fn failed(counts: Counts) -> String {
    match counts.failed {
        0 => "failing".to_owned(),
        failed => format!("{failed} failed"),
    }
}

fn row(flow: &str, state: State, word: String, did: String) -> Row {
    let empty = String::new;
    Row {
        cells: [empty(), flow.to_owned(), word, empty(), empty(), did],
        state,
    }
}

/// What the last pass did, in words; what it did not do is left out.
fn did(counts: Counts) -> String {
    let done = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
        (counts.cancelled, "cancelled"),
        (counts.noted, "noted"),
        (counts.held, "held"),
        (counts.conflicts, "in conflict"),
    ];
    let done = done.iter().filter(|(count, _)| *count > 0);
    let done: Vec<String> = done
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if done.is_empty() {
        "nothing to do".to_owned()
    } else {
        done.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::status::{BusyStatus, FailingStatus, LastPass};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn host(name: &str, last: Option<LastPass>) -> HostStatus {
        HostStatus {
            name: name.to_owned(),
            last,
            next: Some(at(1_240)),
            held: 0,
            conflicts: 0,
            cursor_age: None,
            links: Some(12),
            busy: Some(BusyStatus::default()),
            failing: Vec::new(),
        }
    }

    fn last(ok: bool) -> LastPass {
        LastPass {
            finished: at(820),
            ok,
            bookings: Some(Counts {
                seen: 12,
                created: 2,
                updated: 1,
                ..Counts::default()
            }),
            busy: Some(Counts::default()),
            hours: None,
            zoom_requests: 1,
            calendar_requests: 1,
            errors: 0,
            first_error: None,
        }
    }

    #[test]
    fn each_flow_is_a_line_that_says_how_it_is() {
        let mut alice = host("alice", Some(last(true)));
        let mut bob = host("bob", None);
        bob.next = None;
        let mut carol = host("carol", Some(last(false)));
        carol.last.as_mut().unwrap().bookings = Some(Counts {
            held: 4,
            ..Counts::default()
        });
        carol.failing = vec![FailingStatus {
            flow: Flow::Busy,
            since: at(0),
            told: false,
        }];
        alice.last.as_mut().unwrap().hours = Some(Counts {
            failed: 2,
            ..Counts::default()
        });
        let text = of(&[alice, bob, carol], at(1_000), Paint::Plain);
        let expected = "\
host   flow      state                 last pass  next pass  last pass did
alice  bookings  all done: 12 in step  3 min ago  in 4 min   2 created, 1 updated
       busy      all done                                    nothing to do
       hours     2 failed                                    nothing to do
bob    bookings  no pass yet           never      -
       busy      no pass yet
carol  bookings  waits for you         3 min ago  in 4 min   4 held
       busy      failing                                     nothing to do
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_host_without_flows_has_a_line_too() {
        let mut dora = host("dora", None);
        (dora.links, dora.busy) = (None, None);
        let text = of(&[dora], at(1_000), Paint::Plain);
        assert!(
            text.ends_with("dora  -     no pass yet  never      in 4 min\n"),
            "{text}"
        );
    }

    #[test]
    fn colours_change_no_column() {
        let plain = of(&[host("alice", Some(last(true)))], at(1_000), Paint::Plain);
        let coloured = of(
            &[host("alice", Some(last(true)))],
            at(1_000),
            Paint::Colours,
        );
        let bare = console::strip_ansi_codes(&coloured).into_owned();
        let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
        assert!(coloured.contains("\u{1b}[32mall done"), "{coloured}");
    }
}
