//! Days that differ from the usual week, as they are typed and among those that Zoom has.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::weekly::hours_of;
use crate::domain::hours::Day;

/// A day that differs, as typed: `2026-12-24=off`, `2026-12-24=09:00-12:00`, `2026-12-24=usual`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Override {
    date: Date,
    /// `None`: as in the usual week again.
    hours: Option<Day>,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let how = || "write it like 2026-12-24=09:00-12:00, 2026-12-24=off or 2026-12-24=usual";
        let (date, hours) = text.split_once('=').ok_or_else(how)?;
        let date = date.trim().parse().map_err(|_| how())?;
        let hours = match hours.trim() {
            "usual" => None,
            hours => Some(hours_of(hours)?),
        };
        Ok(Self { date, hours })
    }
}

/// A segment that Zoom has: from when to when, and as it wrote it.
struct Segment {
    start: Timestamp,
    end: Timestamp,
    text: Value,
}

/// All `segments` after a change. Those of other days stay word by word; what of one that goes
/// over midnight lies on other days stays, too.
///
/// # Errors
/// When a segment that is there cannot be understood: nothing is guessed about it.
pub(super) fn changed(
    there: &[Value],
    changes: &[Override],
    zone: &TimeZone,
) -> Result<Vec<Value>, String> {
    let mut all: Vec<Segment> = there.iter().map(read).collect::<Result<_, _>>()?;
    for change in changes {
        let (begins, ends) = (at(change.date, 0, zone)?, at(change.date, 24 * 60, zone)?);
        all = all
            .into_iter()
            .flat_map(|one| one.without(begins, ends))
            .collect();
        for (start, end) in change.spans(begins, zone)? {
            all.push(Segment::new(start, end));
        }
    }
    Ok(all.into_iter().map(|one| one.text).collect())
}

/// Those that are there, by the day of `zone` on which they begin, in words.
pub(super) fn words(there: &[Value], zone: &TimeZone) -> Result<Vec<(String, String)>, String> {
    let mut days: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    let mut all: Vec<Segment> = there.iter().map(read).collect::<Result<_, _>>()?;
    all.sort_by_key(|one| (one.start, one.end));
    for one in all {
        let (start, end) = (
            one.start.to_zoned(zone.clone()),
            one.end.to_zoned(zone.clone()),
        );
        let words = if start == end {
            "off".to_owned()
        } else if end.date() == start.date() {
            format!("{}-{}", start.strftime("%H:%M"), end.strftime("%H:%M"))
        } else if start
            .date()
            .tomorrow()
            .is_ok_and(|next| end.datetime() == next.at(0, 0, 0, 0))
        {
            format!("{}-24:00", start.strftime("%H:%M"))
        } else {
            format!(
                "{}-{}",
                start.strftime("%H:%M"),
                end.strftime("%Y-%m-%d %H:%M")
            )
        };
        days.entry(start.date()).or_default().push(words);
    }
    let line = |(date, words): (Date, Vec<String>)| (date.to_string(), words.join(", "));
    Ok(days.into_iter().map(line).collect())
}

impl Override {
    /// What it puts on its day, which begins so.
    fn spans(
        &self,
        begins: Timestamp,
        zone: &TimeZone,
    ) -> Result<Vec<(Timestamp, Timestamp)>, String> {
        match &self.hours {
            None => Ok(Vec::new()),
            // An empty segment takes its day off.
            Some(day) if day.is_off() => Ok(vec![(begins, begins)]),
            Some(day) => day
                .segments()
                .iter()
                .map(|one| {
                    let at = |minute: u16| at(self.date, minute, zone);
                    Ok((at(one.start.get())?, at(one.end.get())?))
                })
                .collect(),
        }
    }
}

impl Segment {
    fn new(start: Timestamp, end: Timestamp) -> Self {
        let text = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self {
            start,
            end,
            text: json!({"start": text(start), "end": text(end)}),
        }
    }

    /// What of it lies outside of a day; itself where it does not touch the day.
    fn without(self, begins: Timestamp, ends: Timestamp) -> Vec<Self> {
        let empty_inside = self.start == self.end && self.start >= begins;
        if self.start >= ends || (self.end <= begins && !empty_inside) {
            return vec![self];
        }
        let before = (self.start < begins).then(|| Self::new(self.start, begins));
        let behind = (self.end > ends).then(|| Self::new(ends, self.end));
        before.into_iter().chain(behind).collect()
    }
}

fn read(value: &Value) -> Result<Segment, String> {
    let time = |name: &str| value.get(name)?.as_str()?.trim().parse::<Timestamp>().ok();
    let times = time("start").zip(time("end"));
    let (start, end) = times
        .filter(|(start, end)| end.duration_since(*start) >= SignedDuration::ZERO)
        .ok_or("one of the days that differ has no start and end that make sense")?;
    Ok(Segment {
        start,
        end,
        text: value.clone(),
    })
}

/// The instant of a minute of a day, on the wall clock of a zone.
fn at(date: Date, minute: u16, zone: &TimeZone) -> Result<Timestamp, String> {
    let wall =
        DateTime::from_parts(date, Time::midnight()).checked_add(i64::from(minute).minutes());
    let instant = wall.and_then(|wall| zone.to_timestamp(wall));
    instant.map_err(|_| format!("{date} is too far away"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    fn segment(start: &str, end: &str) -> Value {
        json!({"start": start, "end": end})
    }

    fn change(there: &[Value], typed: &[&str]) -> Result<Vec<Value>, String> {
        let typed: Vec<Override> = typed.iter().map(|text| text.parse().unwrap()).collect();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        changed(there, &typed, &zone)
    }

    #[rstest]
    #[case("2026-12-24")]
    #[case("24.12.2026=off")]
    #[case("2026-02-30=off")]
    #[case("2026-12-24=")]
    #[case("2026-12-24=closed")]
    fn what_is_no_day_that_differs_is_refused(#[case] text: &str) {
        assert!(text.parse::<Override>().is_err());
    }

    #[test]
    fn other_days_stay_word_by_word() {
        let kept = segment("2026-12-23T09:00:00.000+01:00", "2026-12-23T10:00:00+01:00");
        let gone = segment("2026-12-24T09:00:00+01:00", "2026-12-24T10:00:00+01:00");
        let after = change(
            &[kept.clone(), gone.clone()],
            &["2026-12-24=off", "2026-12-28=22:00-24:00"],
        );
        let off = segment("2026-12-23T23:00:00Z", "2026-12-23T23:00:00Z");
        let late = segment("2026-12-28T21:00:00Z", "2026-12-28T23:00:00Z");
        assert_eq!(after.unwrap(), [kept.clone(), off.clone(), late]);
        assert_eq!(
            change(&[kept.clone(), gone, off], &["2026-12-24=usual"]).unwrap(),
            [kept]
        );
    }

    #[test]
    fn one_that_goes_over_midnight_loses_only_the_day_that_is_named() {
        let long = segment("2026-12-23T20:00:00Z", "2026-12-25T08:00:00Z");
        let after = change(&[long], &["2026-12-24=usual"]).unwrap();
        let rest = [
            segment("2026-12-23T20:00:00Z", "2026-12-23T23:00:00Z"),
            segment("2026-12-24T23:00:00Z", "2026-12-25T08:00:00Z"),
        ];
        assert_eq!(after, rest);
    }

    #[test]
    fn nothing_is_guessed_about_what_makes_no_sense() {
        assert!(change(&[segment("soon", "later")], &["2026-12-24=off"]).is_err());
        let backwards = segment("2026-12-25T08:00:00Z", "2026-12-23T20:00:00Z");
        assert!(change(&[backwards], &[]).is_err());
    }

    #[test]
    fn days_are_told_in_their_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let there = [
            segment("2026-12-28T21:00:00Z", "2026-12-28T23:00:00Z"),
            segment("2026-12-23T23:00:00Z", "2026-12-23T23:00:00Z"),
            segment("2026-12-28T08:00:00Z", "2026-12-28T09:00:00Z"),
        ];
        let told = words(&there, &zone).unwrap();
        let line = |date: &str, words: &str| (date.to_owned(), words.to_owned());
        assert_eq!(
            told,
            [
                line("2026-12-24", "off"),
                line("2026-12-28", "09:00-10:00, 22:00-24:00")
            ]
        );
    }
}
