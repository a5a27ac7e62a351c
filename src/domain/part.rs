//! A part of working hours that can differ by itself.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A part of working hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Part {
    /// The zone in which they are said.
    Zone,
    /// The usual week as a whole.
    Week,
    /// A day of the usual week: 0 is Monday.
    Weekday(u8),
    /// A date that differs from it.
    Date(Date),
}

/// The weekdays as they are called, Monday first.
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl Part {
    /// Reads what `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let weekday = WEEKDAYS.iter().position(|name| *name == text);
        match (text, weekday) {
            ("zone", _) => Some(Self::Zone),
            ("week", _) => Some(Self::Week),
            (_, Some(day)) => u8::try_from(day).ok().map(Self::Weekday),
            (_, None) => text.parse().ok().map(Self::Date),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zone => f.write_str("zone"),
            Self::Week => f.write_str("week"),
            Self::Weekday(day) => {
                f.write_str(WEEKDAYS.get(usize::from(*day)).copied().unwrap_or("no day"))
            }
            Self::Date(date) => write!(f, "{date}"),
        }
    }
}

impl From<Part> for String {
    fn from(part: Part) -> Self {
        part.to_string()
    }
}

impl TryFrom<String> for Part {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no part of working hours"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_as_it_is_written() {
        let date = jiff::civil::date(2026, 12, 24);
        for (part, text) in [
            (Part::Zone, "zone"),
            (Part::Week, "week"),
            (Part::Weekday(0), "monday"),
            (Part::Weekday(6), "sunday"),
            (Part::Date(date), "2026-12-24"),
        ] {
            assert_eq!(part.to_string(), text);
            assert_eq!(Part::parse(text), Some(part));
        }
        assert_eq!(Part::parse("someday"), None);
    }
}
