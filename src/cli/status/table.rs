//! The hosts and their flows as a table.

use jiff::Timestamp;

use crate::app::status::HostStatus;
use crate::app::status::lines::{self, HEADS, Line, State};
use crate::cli::wrap::{fits, wrap};
use crate::demo::table::{Paint, Tone};

fn tone(state: State) -> Tone {
    match state {
        State::New => Tone::Quiet,
        State::Well => Tone::Ours,
        State::Waiting => Tone::Person,
        State::Failing => Tone::Alarm,
    }
}

/// The table; where it is wider than the terminal, a paragraph for each flow.
pub(super) fn of(
    hosts: &[HostStatus],
    now: Timestamp,
    paint: Paint,
    columns: Option<usize>,
) -> String {
    let table = table(hosts, now, paint);
    if fits(&table, columns) {
        table
    } else {
        paragraphs(hosts, now, paint, columns)
    }
}

fn paragraphs(
    hosts: &[HostStatus],
    now: Timestamp,
    paint: Paint,
    columns: Option<usize>,
) -> String {
    let [_, _, _, last, next, did] = HEADS;
    let mut text = String::new();
    for row in hosts.iter().flat_map(|host| lines::of(host, now)) {
        let [host, flow, state, ago, due, done] = &row.cells;
        if !host.is_empty() {
            text.push_str(&paint.tint(Tone::Heading, host));
            text.push('\n');
            let when = format!("{last}: {ago}; {next}: {due}");
            text.push_str(&wrap(&when, "  ", "    ", columns));
        }
        // A colour has no width, but would be counted.
        let words = wrap(&format!("{flow}: {state}"), "  ", "    ", columns);
        text.push_str(&words.replacen(state, &paint.tint(tone(row.state), state), 1));
        if !done.is_empty() {
            text.push_str(&wrap(&format!("{did}: {done}"), "    ", "      ", columns));
        }
    }
    text
}

fn table(hosts: &[HostStatus], now: Timestamp, paint: Paint) -> String {
    let rows: Vec<Line> = hosts.iter().flat_map(|host| lines::of(host, now)).collect();
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
        text.push_str(&line(&cells, Some(tone(row.state))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::failing::Flow;
    use crate::app::status::{BusyStatus, Counts, FailingStatus, LastPass};

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
            settled: 0,
            overdue: None,
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
            troubles: Vec::new(),
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
            errors: 1,
            ..Counts::default()
        });
        carol.held = 4;
        carol.failing = vec![FailingStatus {
            flow: Flow::Busy,
            since: at(0),
            told: false,
            cause: None,
            hint: None,
        }];
        alice.last.as_mut().unwrap().hours = Some(Counts {
            failed: 2,
            ..Counts::default()
        });
        let text = of(&[alice, bob, carol], at(1_000), Paint::Plain, None);
        let expected = "\
host   flow      state                 last pass  next pass  last pass did
alice  bookings  all done: 12 in step  3 min ago  in 4 min   2 created, 1 updated
       busy      all done                                    nothing to do
       hours     2 failed                                    2 failed
bob    bookings  no pass yet           never      -
       busy      no pass yet
carol  bookings  waits for you         3 min ago  in 4 min   4 held
       busy      failing                                     nothing done
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_terminal_too_narrow_for_columns_gets_paragraphs() {
        let mut alice = host("alice", Some(last(false)));
        alice.last.as_mut().unwrap().hours = Some(Counts {
            failed: 2,
            ..Counts::default()
        });
        for columns in [40, 60] {
            let text = of(&[alice.clone()], at(1_000), Paint::Plain, Some(columns));
            assert!(fits(&text, Some(columns)), "{text}");
        }
        let text = of(&[alice.clone()], at(1_000), Paint::Plain, Some(40));
        let expected = "\
alice
  last pass: 3 min ago; next pass: in 4
    min
  bookings: all done: 12 in step
    last pass did: 2 created, 1 updated
  busy: all done
    last pass did: nothing to do
  hours: 2 failed
    last pass did: 2 failed
";
        assert_eq!(text, expected);
        let coloured = of(&[alice], at(1_000), Paint::Colours, Some(40));
        assert!(
            coloured.contains("hours: \u{1b}[31m2 failed\u{1b}[0m\n"),
            "{coloured}"
        );
    }

    #[rstest::rstest]
    #[case::waits(4, 0, "waits for you", "4 held")]
    #[case::was_decided(0, 0, "for the next pass", "4 held")]
    fn what_is_held_waits_for_a_person_and_is_no_failure(
        #[case] held: u64,
        #[case] failed: u64,
        #[case] state: &str,
        #[case] did: &str,
    ) {
        let mut carol = host("carol", Some(last(false)));
        carol.held = held;
        carol.last.as_mut().unwrap().bookings = Some(Counts {
            held: 4,
            failed,
            errors: 1,
            ..Counts::default()
        });
        let row = &lines::of(&carol, at(1_000))[0];
        assert_eq!((row.cells[2].as_str(), row.cells[5].as_str()), (state, did));
        assert_eq!(row.state, State::Waiting);
    }

    #[test]
    fn an_old_pass_without_a_daemon_is_not_all_done() {
        let mut alice = host("alice", Some(last(true)));
        alice.overdue = Some(20 * 86_400);
        let rows = lines::of(&alice, at(1_000));
        assert_eq!(rows[0].cells[2], "out of date");
        assert_eq!(
            (rows[0].state, rows[1].state),
            (State::Waiting, State::Waiting)
        );
    }

    #[test]
    fn a_host_without_flows_has_a_line_too() {
        let mut dora = host("dora", None);
        (dora.links, dora.busy) = (None, None);
        let text = of(&[dora], at(1_000), Paint::Plain, None);
        assert!(
            text.ends_with("dora  -     no pass yet  never      in 4 min\n"),
            "{text}"
        );
    }

    #[test]
    fn colours_change_no_column() {
        let plain = of(
            &[host("alice", Some(last(true)))],
            at(1_000),
            Paint::Plain,
            None,
        );
        let coloured = of(
            &[host("alice", Some(last(true)))],
            at(1_000),
            Paint::Colours,
            None,
        );
        let bare = console::strip_ansi_codes(&coloured).into_owned();
        let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
        assert!(coloured.contains("\u{1b}[32mall done"), "{coloured}");
    }
}
