//! Reads and writes working hours as a person's calendar program would; knows nothing of the
//! product's own iCalendar layer.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::{Date, Time};

use super::ics;

/// The days of a week as rules name them, Monday first.
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A `BEGIN` with what stands until its `END`.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    lines: Vec<String>,
    pub parts: Vec<Part>,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The only zone that is named.
    pub zone: String,
    /// Monday first, each like `09:00-12:00, 13:00-24:00`; empty for a day off.
    pub week: [String; 7],
    /// Days that differ.
    pub dates: BTreeMap<Date, String>,
}

impl Part {
    /// The outermost part of a text.
    pub fn read(text: &str) -> Self {
        let mut open = vec![Self {
            name: String::new(),
            lines: Vec::new(),
            parts: Vec::new(),
        }];
        for line in ics::lines(text) {
            if let Some(name) = line.strip_prefix("BEGIN:") {
                open.push(Self {
                    name: name.to_owned(),
                    lines: Vec::new(),
                    parts: Vec::new(),
                });
            } else if let Some(name) = line.strip_prefix("END:") {
                let part = open.pop().unwrap();
                assert_eq!(part.name, name, "{text}");
                open.last_mut().unwrap().parts.push(part);
            } else if !line.is_empty() {
                open.last_mut().unwrap().lines.push(line);
            }
        }
        let root = open.pop().unwrap();
        assert!(open.is_empty() && root.lines.is_empty(), "{text}");
        let [calendar] = <[Self; 1]>::try_from(root.parts).unwrap();
        assert_eq!(calendar.name, "VCALENDAR");
        calendar
    }

    pub fn all(&self, name: &str) -> Vec<&Self> {
        self.parts.iter().filter(|part| part.name == name).collect()
    }

    /// The value of a line, and of its `TZID`.
    pub fn line(&self, name: &str) -> Option<(Option<&str>, &str)> {
        let mut found = self.lines.iter().filter_map(|line| {
            let (head, value) = line.split_once(':')?;
            let mut head = head.split(';');
            (head.next() == Some(name))
                .then(|| (head.find_map(|one| one.strip_prefix("TZID=")), value))
        });
        let line = found.next();
        assert!(found.next().is_none(), "{name} twice in {self:#?}");
        line
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(|(_, value)| value)
    }
}

/// What a text says that has nothing but what we write: the usual week in one `VAVAILABILITY`
/// without an end, and one above it for each day that differs.
pub fn told(text: &str) -> Told {
    let calendar = Part::read(text);
    let zones: Vec<&str> = calendar
        .all("VTIMEZONE")
        .iter()
        .map(|zone| zone.value("TZID").unwrap())
        .collect();
    let [zone] = zones[..] else {
        panic!("one VTIMEZONE is wanted:\n{text}")
    };
    let mut week: [Vec<String>; 7] = Default::default();
    let mut dates = BTreeMap::new();
    let mut bases = 0;
    for part in calendar.all("VAVAILABILITY") {
        assert_eq!(part.value("BUSYTYPE"), Some("BUSY-UNAVAILABLE"), "{text}");
        assert!(part.value("UID").is_some() && part.value("DTSTAMP").is_some());
        let open = part.all("AVAILABLE");
        let Some(end) = part.line("DTEND") else {
            bases += 1;
            for one in open {
                let rule = one.value("RRULE").unwrap();
                let days = rule.strip_prefix("FREQ=WEEKLY;BYDAY=").unwrap();
                for day in days.split(',') {
                    let index = DAYS.iter().position(|name| *name == day).unwrap();
                    week[index].push(segment(one, zone));
                }
            }
            continue;
        };
        let (first, midnight) = clock(part.line("DTSTART").unwrap(), zone);
        assert_eq!(midnight, Time::midnight(), "{text}");
        assert_eq!(
            clock(end, zone),
            (first.tomorrow().unwrap(), Time::midnight())
        );
        assert_eq!(part.value("PRIORITY"), Some("1"), "{text}");
        let open: Vec<String> = open.iter().map(|one| segment(one, zone)).collect();
        assert_eq!(dates.insert(first, sorted(open)), None, "{text}");
    }
    assert_eq!(bases, 1, "{text}");
    Told {
        zone: zone.to_owned(),
        week: week.map(sorted),
        dates,
    }
}

fn sorted(mut segments: Vec<String>) -> String {
    segments.sort();
    segments.join(", ")
}

/// `22:00-24:00`.
fn segment(part: &Part, zone: &str) -> String {
    let (first, start) = clock(part.line("DTSTART").unwrap(), zone);
    let (last, end) = clock(part.line("DTEND").unwrap(), zone);
    let end = if first == last {
        end.strftime("%H:%M").to_string()
    } else {
        assert_eq!((last, end), (first.tomorrow().unwrap(), Time::midnight()));
        "24:00".to_owned()
    };
    format!("{}-{end}", start.strftime("%H:%M"))
}

fn clock((zone, value): (Option<&str>, &str), expected: &str) -> (Date, Time) {
    assert_eq!(zone, Some(expected));
    let time: jiff::civil::DateTime = value.parse().unwrap();
    (time.date(), time.time())
}

/// Hours that a person wrote with their own program: each segment with the days on which it holds,
/// like `("MO,TU", "09:00-12:00")`, and more lines and parts beside them.
pub fn by_hand(zone: &str, week: &[(&str, &str)], more: &str) -> String {
    let mut text = String::from(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//somebody//else//EN\nBEGIN:VAVAILABILITY\n\
         UID:by-hand@example.org\nDTSTAMP:20260101T000000Z\nSUMMARY:My office hours\n",
    );
    for (index, (days, hours)) in week.iter().enumerate() {
        let (start, end) = hours.split_once('-').unwrap();
        let (start, end) = (start.replace(':', ""), end.replace(':', ""));
        let (end, day) = match end.as_str() {
            "2400" => ("0000", 2),
            end => (end, 1),
        };
        write!(
            text,
            "BEGIN:AVAILABLE\nUID:by-hand-{index}@example.org\nDTSTAMP:20260101T000000Z\n\
             DTSTART;TZID={zone}:20240101T{start}00\nDTEND;TZID={zone}:2024010{day}T{end}00\n\
             RRULE:FREQ=WEEKLY;BYDAY={days}\nEND:AVAILABLE\n"
        )
        .unwrap();
    }
    text += more;
    text += "END:VAVAILABILITY\nEND:VCALENDAR\n";
    text.replace('\n', "\r\n")
}

/// A text with another time in every line that holds it, like `("090000", "080000")`.
pub fn with_times(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(&format!("T{old}")), "no {old} in\n{text}");
    text.replace(&format!("T{old}"), &format!("T{new}"))
}
