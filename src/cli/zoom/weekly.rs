//! Weekly hours as they are typed, `mon-fri=09:00-12:00,13:00-17:00`, and as Zoom writes them.

use std::str::FromStr;

use serde_json::{Map, Value, json};

use crate::domain::hours::{Day, Minute, Segment};

/// The days as Zoom names them, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The hours of one day or of several, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DayHours {
    /// Which days, from and to, both included; Monday is 0.
    days: (usize, usize),
    hours: Day,
}

impl FromStr for DayHours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let how = || "write it like mon=09:00-17:00, mon-fri=09:00-12:00,13:00-17:00 or sun=off";
        let (days, hours) = text.split_once('=').ok_or_else(how)?;
        let index = |name: &str| {
            let name = name.trim().to_lowercase();
            DAYS.iter().position(|day| *day == name).ok_or_else(how)
        };
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let days = (index(first)?, index(last)?);
        if days.0 > days.1 {
            return Err(format!("{first} is not before {last}; write two"));
        }
        Ok(Self {
            days,
            hours: hours_of(hours)?,
        })
    }
}

/// Reads `09:00-12:00,13:00-17:00` or `off`.
pub(super) fn hours_of(text: &str) -> Result<Day, String> {
    if text.trim() == "off" {
        return Ok(Day::default());
    }
    let mut segments = Vec::new();
    for part in text.split(',') {
        let read = |part: &str| {
            let (start, end) = part.split_once('-')?;
            let (start, end) = (Minute::parse(start)?, Minute::parse(end)?);
            (start < end).then_some(Segment { start, end })
        };
        let segment = read(part).ok_or_else(|| {
            format!("{part:?} is not from a time to a later one, like 09:00-12:00 (or off)")
        })?;
        segments.push(segment);
    }
    Ok(Day::of(segments))
}

/// `segments_recurrence` after a change: all seven days, those that are not named as they were.
pub(super) fn changed(as_it_is: Option<&Value>, changes: &[DayHours]) -> Value {
    let mut week = Map::new();
    for (index, name) in DAYS.iter().enumerate() {
        let before = as_it_is.and_then(|week| week.get(*name));
        let named = |change: &&DayHours| (change.days.0..=change.days.1).contains(&index);
        let day = match changes.iter().rev().find(named) {
            Some(change) => json(&change.hours),
            None => before
                .filter(|day| day.is_array())
                .cloned()
                .unwrap_or_else(|| json!([])),
        };
        week.insert((*name).to_owned(), day);
    }
    Value::Object(week)
}

fn json(day: &Day) -> Value {
    let segments = day.segments().iter();
    segments
        .map(|one| json!({"start": one.start.to_string(), "end": one.end.to_string()}))
        .collect()
}

/// The usual week in words: a name and its hours for each day.
pub(super) fn words(week: Option<&Value>) -> Vec<(&'static str, String)> {
    let day = |name: &'static str| {
        let segments = week
            .and_then(|week| week.get(name))
            .and_then(Value::as_array);
        let hours: Vec<String> = segments
            .into_iter()
            .flatten()
            .map(|one| {
                let word = |key| super::table::word(one, key);
                format!("{}-{}", word("start"), word("end"))
            })
            .collect();
        let words = if hours.is_empty() {
            "off".to_owned()
        } else {
            hours.join(", ")
        };
        (name, words)
    };
    DAYS.iter().map(|name| day(name)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("mon")]
    #[case("mon=")]
    #[case("someday=09:00-10:00")]
    #[case("fri-mon=09:00-10:00")]
    #[case("mon=10:00-09:00")]
    #[case("mon=09:00-09:00")]
    #[case("mon=9-10")]
    #[case("mon=09:00-24:01")]
    fn what_is_no_day_with_hours_is_refused(#[case] text: &str) {
        assert!(text.parse::<DayHours>().is_err());
    }

    #[test]
    fn days_that_are_not_named_stay_as_they_were() {
        let before = json!({"mon": [{"start": "08:00", "end": "09:00"}], "sun": [{"start": "1", "end": "2"}]});
        let changes =
            ["mon-fri=09:00-12:00,13:00-24:00", "wed=off"].map(|text| text.parse().unwrap());
        let after = changed(Some(&before), &changes);
        assert_eq!(after["mon"][1], json!({"start": "13:00", "end": "24:00"}));
        assert_eq!((&after["wed"], &after["sat"]), (&json!([]), &json!([])));
        assert_eq!(after["sun"], before["sun"]);
        assert_eq!(after.as_object().unwrap().len(), 7);
        let words = words(Some(&after));
        assert_eq!(words[0], ("mon", "09:00-12:00, 13:00-24:00".to_owned()));
        assert_eq!(words[2].1, "off");
    }
}
