//! What does not fit into a line: why, and what to do. The same for a terminal and for the status
//! page; no word of it is private.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{BusyStatus, HostStatus};
use crate::engine::bookable::records::Sink;

/// What there is to know of a host besides its lines, a line each.
#[must_use]
pub fn notes(host: &HostStatus, now: Timestamp) -> Vec<String> {
    let ago = |time: Timestamp| span(now.as_second().saturating_sub(time.as_second()));
    let mut notes = Vec::new();
    if let Some(last) = &host.last
        && let Some(error) = &last.first_error
    {
        notes.push(format!("{} went wrong, first: {error}", last.errors));
    }
    for failing in &host.failing {
        let again = match host.next {
            Some(next) => {
                let wait = span(next.as_second().saturating_sub(now.as_second()));
                format!("the next pass tries again, in {wait}")
            }
            None => "`slotbridge sync` tries again".to_owned(),
        };
        let flow = failing.flow.word();
        notes.push(format!(
            "{flow}: failing for {}; {again}",
            ago(failing.since)
        ));
    }
    if host.held > 0 {
        notes.push(format!("{} held: see `slotbridge held`", host.held));
    }
    if host.conflicts > 0 {
        notes.push(format!(
            "{} in conflict: see `slotbridge conflicts`",
            host.conflicts
        ));
    }
    if let Some(age) = host.cursor_age {
        notes.push(format!("calendar read up to: {} ago", span(age)));
    }
    if let Some(busy) = &host.busy {
        notes_of_busy(&mut notes, busy, ago);
    }
    notes
}

fn notes_of_busy(notes: &mut Vec<String>, busy: &BusyStatus, ago: impl Fn(Timestamp) -> String) {
    if let (Some(to), Some(because)) = (busy.to, &busy.because) {
        let to = match to {
            Sink::ZoomCalendar => "the Zoom calendar",
            Sink::Availability => "the availability, as date overrides",
        };
        notes.push(format!("busy time goes to {to}, because {because}"));
    }
    for source in &busy.sources {
        let name = &source.name;
        let mut note = match source.read {
            Some(read) => format!("busy from {name}: read {} ago", ago(read)),
            None => format!("busy from {name}: not read yet"),
        };
        if let Some(trouble) = &source.trouble {
            let (since, doing, cause) = (ago(trouble.since), &trouble.doing, &trouble.cause);
            // Writing to a String cannot fail.
            write!(note, "; failing for {since}: {doing}: {cause}").unwrap_or_default();
            if source.whole {
                note.push_str("; that copy stays in force");
            }
        }
        notes.push(note);
    }
}

/// A span of time in the largest unit that says enough.
#[must_use]
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::failing::Flow;
    use crate::app::status::FailingStatus;

    #[test]
    fn what_fails_is_said_with_when_it_is_tried_again() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut host = HostStatus {
            name: "alice".to_owned(),
            last: None,
            next: Some(at(10_240)),
            held: 1,
            conflicts: 2,
            cursor_age: None,
            links: None,
            busy: None,
            failing: vec![FailingStatus {
                flow: Flow::Busy,
                since: at(0),
                told: true,
            }],
        };
        assert_eq!(
            notes(&host, at(10_000)),
            [
                "busy: failing for 2 h; the next pass tries again, in 4 min",
                "1 held: see `slotbridge held`",
                "2 in conflict: see `slotbridge conflicts`",
            ]
        );
        host.next = None;
        let note = &notes(&host, at(10_000))[0];
        assert!(note.ends_with("`slotbridge sync` tries again"), "{note}");
    }
}
