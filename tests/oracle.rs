//! Expansion compared with what others wrote: python-dateutil and recurring-ical-events, on made-up
//! calendars with recurrences of all kinds in zones with all kinds of clocks.
//!
//! Both run in one Python process of the virtual environment that `tests/run` makes. Where they
//! differ from us, the difference is explained in [`Reason`], or it is a mistake.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot ask its oracle has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use slotbridge::domain::window::Window;
use slotbridge::ical::busy::{Stripped, Viewer, occurrences, strip};

/// Which calendars are made up.
const SEED: u32 = 20_261_121;
const CASES: usize = 1_000;

type Span = (i64, i64);

#[derive(Deserialize)]
struct Case {
    ics: String,
    zone: String,
    from: Timestamp,
    to: Timestamp,
    /// Absent where it cannot say: changed occurrences.
    dateutil: Option<BTreeSet<Span>>,
    rie: BTreeSet<Span>,
}

/// Why an oracle may say something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// dateutil, and recurring-ical-events with it, reads `BYDAY=FR,4TH` as "a Friday that is the
    /// fourth Thursday". RFC 5545 section 3.3.10 has a list: each Friday, and the fourth Thursday.
    NumberedAndPlainDays,
    /// recurring-ical-events adds a `DURATION` of hours by the clock on the wall. By RFC 5545 section
    /// 3.3.6 hours are exact: a night with a change of the clock is an hour longer or shorter.
    HoursByTheWall,
    /// The second of two hours that the clock shows as one: something hourly is busy in both. Both
    /// oracles count on the clock, which shows it once.
    TheHourThatComesTwice,
    /// What begins in the hour that is skipped, and ends by the clock before it began: others have
    /// nothing, or something that lasts less than nothing. It is busy for as long as the clock says.
    SwallowedByTheGap,
    /// recurring-ical-events takes a day that is named by its midnight, told in UTC, for another day
    /// or for none.
    DaysToldInUtc,
    /// recurring-ical-events compares `EXDATE` and `RECURRENCE-ID` also by their digits alone: what
    /// stands for 08:15 in Lord Howe takes out what begins at 08:15 in UTC too. RFC 5545 sections
    /// 3.8.4.4 and 3.8.5.1 mean one instant.
    TimesWithoutTheirZone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Oracle {
    Dateutil,
    RecurringIcalEvents,
}

fn cases() -> Vec<Case> {
    #[allow(clippy::disallowed_methods, reason = "tests/run says where Python is")]
    let venv = env::var("SLOTBRIDGE_TEST_VENV")
        .expect("SLOTBRIDGE_TEST_VENV is not set: start the tests with tests/run");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/cases.py");
    let output = Command::new(Path::new(&venv).join("bin/python"))
        .arg(script)
        .args([SEED.to_string(), CASES.to_string()])
        .output()
        .expect("Python starts");
    assert!(
        output.status.success(),
        "the oracles failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cases")
}

/// When we say that a calendar is busy.
fn ours(case: &Case) -> BTreeSet<Span> {
    let zone = TimeZone::get(&case.zone).unwrap();
    let viewer = Viewer {
        window: Window {
            from: case.from,
            to: case.to,
        },
        zone: &zone,
        emails: &[],
    };
    match strip(case.ics.as_bytes()).unwrap() {
        Stripped::Nothing => BTreeSet::new(),
        Stripped::Timing(timing) => {
            let found = occurrences(&timing, &viewer).unwrap();
            let said = (&found.notes, &found.failures);
            assert_eq!(said, (&Vec::new(), &Vec::new()), "{}", case.ics);
            let spans = found.spans.iter();
            spans
                .map(|span| (span.start.as_second(), span.end.as_second()))
                .collect()
        }
    }
}

fn values<'a>(ics: &'a str, name: &str) -> Vec<&'a str> {
    let lines = ics.lines().filter(|line| line.starts_with(name));
    lines
        .filter_map(|line| Some(line.split_once(':')?.1))
        .collect()
}

/// The zone of the event.
fn zone(case: &Case) -> TimeZone {
    let start = case.ics.lines().find(|line| line.starts_with("DTSTART"));
    let line = start.unwrap();
    match line
        .split_once("TZID=")
        .and_then(|(_, rest)| rest.split_once(':'))
    {
        Some((name, _)) => TimeZone::get(name).unwrap(),
        None if line.ends_with('Z') => TimeZone::UTC,
        None => TimeZone::get(&case.zone).unwrap(),
    }
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn digits(second: i64, zone: &TimeZone) -> String {
    let local = zone.to_datetime(instant(second));
    local.strftime("%Y%m%dT%H%M%S").to_string()
}

/// The digits of each `EXDATE` and `RECURRENCE-ID`, as written and in UTC.
fn named(case: &Case) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for line in case.ics.lines() {
        if !line.starts_with("EXDATE") && !line.starts_with("RECURRENCE-ID") {
            continue;
        }
        let (head, value) = line.split_once(':').unwrap();
        all.insert(value.trim_end_matches('Z').to_owned());
        let zone = head
            .split_once("TZID=")
            .map(|(_, name)| TimeZone::get(name).unwrap());
        if let (Some(zone), Ok(local)) = (zone, value.parse::<DateTime>()) {
            let there = zone.to_timestamp(local).unwrap();
            all.insert(digits(there.as_second(), &TimeZone::UTC));
        }
    }
    all
}

/// Whether a rule lists numbered days together with plain ones.
fn numbered_and_plain(case: &Case) -> bool {
    values(&case.ics, "RRULE").iter().any(|rule| {
        let days = rule.split(';').find_map(|part| part.strip_prefix("BYDAY="));
        let days: Vec<&str> = days.unwrap_or_default().split(',').collect();
        days.iter().any(|day| day.len() > 2) && days.iter().any(|day| day.len() == 2)
    })
}

/// Why a span is in one set and not in the other; `None` when there is no good reason.
fn reason(case: &Case, oracle: Oracle, span: Span, ours: bool) -> Option<Reason> {
    if numbered_and_plain(case) {
        return ours.then_some(Reason::NumberedAndPlainDays);
    }
    let zone = zone(case);
    if ours && is_second(span.0, &zone) {
        return Some(Reason::TheHourThatComesTwice);
    }
    let offset = |at: i64| zone.to_offset(instant(at));
    let skipped = offset(span.0 - 3_600) < offset(span.0);
    if ours && skipped && span.1 - span.0 <= 3_600 && case.ics.contains("DTEND") {
        return Some(Reason::SwallowedByTheGap);
    }
    if oracle == Oracle::Dateutil {
        return None;
    }
    let named = named(case);
    if !ours && named.contains(&digits(span.0, &TimeZone::UTC)) && case.ics.contains("VALUE=DATE:")
    {
        return Some(Reason::DaysToldInUtc);
    }
    let before = span.0 - moved(case);
    let looks_named = [&zone, &TimeZone::UTC]
        .iter()
        .any(|zone| named.contains(&digits(span.0, zone)) || named.contains(&digits(before, zone)));
    if ours && looks_named {
        return Some(Reason::TimesWithoutTheirZone);
    }
    let changes = offset(span.0 - 7_200) != offset(span.1 + 7_200);
    (changes && case.ics.contains("DURATION:PT")).then_some(Reason::HoursByTheWall)
}

/// How far the occurrences after a changed one are moved with it, in seconds.
fn moved(case: &Case) -> i64 {
    let mut lines = case.ics.lines();
    let mut local = |begin: &str| -> Option<DateTime> {
        let line = lines.find(|line| line.starts_with(begin))?;
        line.rsplit(':').next()?.trim_end_matches('Z').parse().ok()
    };
    let was = local("RECURRENCE-ID;RANGE=THISANDFUTURE");
    was.and_then(|was| Some(local("DTSTART")?.duration_since(was).as_secs()))
        .unwrap_or(0)
}

/// Whether an instant is the second of two that the clock shows as one.
fn is_second(at: i64, zone: &TimeZone) -> bool {
    let times = zone.to_ambiguous_timestamp(zone.to_datetime(instant(at)));
    times.is_ambiguous() && times.later().unwrap() == instant(at)
}

#[test]
fn expansion_equals_what_others_wrote_or_the_difference_is_explained() {
    let cases = cases();
    assert_eq!(cases.len(), CASES);
    let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut compared = (0, 0);
    for case in &cases {
        let ours = ours(case);
        let mut compare = |oracle, theirs: &BTreeSet<Span>| {
            if ours == *theirs {
                return;
            }
            let more = ours.difference(theirs).map(|span| (*span, true));
            let less = theirs.difference(&ours).map(|span| (*span, false));
            let found: Vec<(Span, Option<Reason>)> = more
                .chain(less)
                .map(|(span, ours)| (span, reason(case, oracle, span, ours)))
                .collect();
            for (_, reason) in &found {
                if let Some(reason) = reason {
                    *reasons.entry(*reason).or_default() += 1;
                }
            }
            if found.iter().any(|(_, reason)| reason.is_none()) {
                wrong.push(format!(
                    "{oracle:?} in {} from {} to {}: only ours {:?}, only theirs {:?}\n{}",
                    case.zone,
                    case.from,
                    case.to,
                    ours.difference(theirs).collect::<Vec<_>>(),
                    theirs.difference(&ours).collect::<Vec<_>>(),
                    case.ics,
                ));
            }
        };
        if let Some(theirs) = &case.dateutil {
            compare(Oracle::Dateutil, theirs);
            compared.0 += 1;
        }
        compare(Oracle::RecurringIcalEvents, &case.rie);
        compared.1 += usize::from(!case.rie.is_empty());
    }
    println!("compared {compared:?}, differences explained: {reasons:?}");
    assert!(
        wrong.is_empty(),
        "{} of {CASES}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // Made-up calendars that are never busy would show nothing, and a reason that is never needed
    // has no place in the table.
    assert!(
        compared.0 > CASES / 2 && compared.1 > CASES / 2,
        "{compared:?}"
    );
    assert_eq!(reasons.len(), 6, "{reasons:?}");
}
