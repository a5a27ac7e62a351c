//! What does not fit into a line: why, and what to do. The same for a terminal and for the status
//! page; no word of it is private.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{BusyStatus, HostStatus, LastPass};
use crate::engine::bookable::records::Sink;

/// What there is to know of a host besides its lines, a line each.
#[must_use]
pub fn notes(host: &HostStatus, now: Timestamp) -> Vec<String> {
    let ago = |time: Timestamp| span(now.as_second().saturating_sub(time.as_second()));
    let mut notes = Vec::new();
    if let Some(age) = host.overdue {
        let age = span(age);
        notes.push(format!(
            "no pass for {age}, and no daemon runs: what changed since then is not in step; \
             `slotbridge run` stays, `slotbridge sync` runs one pass"
        ));
    }
    if let Some(last) = &host.last {
        notes_of_troubles(&mut notes, last);
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
        let mut note = format!("{flow}: failing for {}; {again}", ago(failing.since));
        if let (Some(cause), Some(hint)) = (&failing.cause, &failing.hint)
            && !is_told(host, cause)
        {
            // Writing to a String cannot fail.
            write!(note, "\n{cause}\nhint: {hint}").unwrap_or_default();
        }
        notes.push(note);
    }
    if !host.failing.is_empty() {
        let check = "`slotbridge check` tries everything that the configuration names, and says \
                     what is wrong";
        notes.push(check.to_owned());
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
    if host.settled > 0 {
        notes.push(format!(
            "{} in conflict and settled by a rule; the losing text: `slotbridge conflicts`",
            host.settled
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

/// What went wrong in the last pass, each with what to do about it.
fn notes_of_troubles(notes: &mut Vec<String>, last: &LastPass) {
    let listed = last.troubles.len() as u64;
    for trouble in &last.troubles {
        notes.push(format!("{}\nhint: {}", trouble.line(), trouble.hint));
    }
    match &last.first_error {
        // It was remembered by an earlier version.
        Some(error) if listed == 0 => {
            notes.push(format!("{} went wrong, first: {error}", last.errors));
        }
        _ if last.errors > listed => {
            let more = last.errors.saturating_sub(listed);
            notes.push(format!(
                "{more} more went wrong: `slotbridge sync` lists them"
            ));
        }
        _ => {}
    }
}

fn is_told(host: &HostStatus, cause: &str) -> bool {
    let troubles = host.last.iter().flat_map(|last| &last.troubles);
    troubles.into_iter().any(|trouble| trouble.line() == cause)
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
            write!(note, "\nhint: {}", trouble.hint).unwrap_or_default();
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
                cause: None,
                hint: None,
            }],
            overdue: None,
            settled: 0,
        };
        assert_eq!(
            notes(&host, at(10_000)),
            [
                "busy: failing for 2 h; the next pass tries again, in 4 min",
                "`slotbridge check` tries everything that the configuration names, and says what is wrong",
                "1 held: see `slotbridge held`",
                "2 in conflict: see `slotbridge conflicts`",
            ]
        );
        host.next = None;
        let note = &notes(&host, at(10_000))[0];
        assert!(note.ends_with("`slotbridge sync` tries again"), "{note}");
    }
}
