//! Working hours: what can be booked when nothing is in the way.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A minute of a day on the wall clock: 0 is `00:00`, 1,440 is `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(u16);

/// A stretch of a day, from a start to a later end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// The first minute.
    pub start: Minute,
    /// The first minute after it.
    pub end: Minute,
}

/// The segments of one day: in order, neither overlapping nor touching. None at all: a day off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Segment>", into = "Vec<Segment>")]
pub struct Day(Vec<Segment>);

/// The seven days of a week, Monday first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub [Day; 7]);

/// Weekly hours with the days that differ, in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The IANA name of the zone in which the wall clock is read.
    pub zone: String,
    /// The usual week.
    pub week: Week,
    /// Days that differ from it; one without segments is a day off.
    pub overrides: BTreeMap<Date, Day>,
}

impl Minute {
    /// `24:00`.
    pub const END: Self = Self(24 * 60);
    /// `00:00`.
    pub const START: Self = Self(0);

    /// A minute of the day; `None` past 1,440.
    #[must_use]
    pub fn new(minute: u16) -> Option<Self> {
        (minute <= Self::END.0).then_some(Self(minute))
    }

    /// Minutes since the day began.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// Reads `09:00`, `9:00` and `24:00`, with seconds `:00` if any.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| {
            let fits = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse::<u16>().ok())?
        };
        let numbers: Vec<u16> = text.trim().split(':').map(number).collect::<Option<_>>()?;
        let ([hours, minutes] | [hours, minutes, 0]) = numbers[..] else {
            return None;
        };
        if minutes > 59 {
            return None;
        }
        Self::new(hours.checked_mul(60)?.checked_add(minutes)?)
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl From<Minute> for String {
    fn from(minute: Minute) -> Self {
        minute.to_string()
    }
}

impl TryFrom<String> for Minute {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is not a time of day"))
    }
}

impl Day {
    /// Puts segments in order and joins those that overlap or touch; empty ones say nothing.
    #[must_use]
    pub fn of(segments: impl IntoIterator<Item = Segment>) -> Self {
        let mut all: Vec<Segment> = segments
            .into_iter()
            .filter(|segment| segment.start < segment.end)
            .collect();
        all.sort_unstable();
        let mut joined: Vec<Segment> = Vec::new();
        for segment in all {
            match joined.last_mut() {
                Some(last) if segment.start <= last.end => last.end = last.end.max(segment.end),
                Some(_) | None => joined.push(segment),
            }
        }
        Self(joined)
    }

    /// The segments, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether nothing can be booked.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<Segment>> for Day {
    fn from(segments: Vec<Segment>) -> Self {
        Self::of(segments)
    }
}

impl From<Day> for Vec<Segment> {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            return f.write_str("off");
        }
        for (index, segment) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}-{}", segment.start, segment.end)?;
        }
        Ok(())
    }
}

impl Week {
    /// The usual hours of the weekday of a date.
    #[must_use]
    pub fn on(&self, date: Date) -> &Day {
        let index = date.weekday().to_monday_zero_offset();
        let [mon, tue, wed, thu, fri, sat, sun] = &self.0;
        match index {
            0 => mon,
            1 => tue,
            2 => wed,
            3 => thu,
            4 => fri,
            5 => sat,
            _ => sun,
        }
    }
}

impl Hours {
    /// The hours of a date: its override, or else the usual ones.
    #[must_use]
    pub fn on(&self, date: Date) -> &Day {
        self.overrides
            .get(&date)
            .unwrap_or_else(|| self.week.on(date))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("09:00", Some("09:00"))]
    #[case("9:05", Some("09:05"))]
    #[case("24:00", Some("24:00"))]
    #[case("17:00:00", Some("17:00"))]
    #[case("24:01", None)]
    #[case("17:60", None)]
    #[case("17:00:30", None)]
    #[case("17", None)]
    #[case("-1:00", None)]
    #[case("", None)]
    #[case("1:2:0:0", None)]
    fn a_time_of_day_is_read(#[case] text: &str, #[case] read: Option<&str>) {
        let minute = Minute::parse(text).map(|minute| minute.to_string());
        assert_eq!(minute.as_deref(), read);
    }

    #[test]
    fn segments_are_joined_and_an_empty_day_is_off() {
        let segment = |start: &str, end: &str| Segment {
            start: Minute::parse(start).unwrap(),
            end: Minute::parse(end).unwrap(),
        };
        let day = Day::of([
            segment("13:00", "17:00"),
            segment("09:00", "12:00"),
            segment("12:00", "12:30"),
            segment("08:00", "08:00"),
        ]);
        assert_eq!(day.to_string(), "09:00-12:30, 13:00-17:00");
        assert_eq!(Day::default().to_string(), "off");
    }
}
