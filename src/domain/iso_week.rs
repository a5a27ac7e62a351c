//! A week of the calendar: from Monday to Sunday, by its number in the year.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::{Date, ISOWeekDate, Weekday};

/// A week as ISO 8601 numbers it: `2026-W48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsoWeek(ISOWeekDate);

impl IsoWeek {
    /// The years that can be asked for: beyond them nobody has appointments.
    const YEARS: std::ops::RangeInclusive<i16> = 2000..=2199;

    /// The week that a date is in.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self(date.iso_week_date())
    }

    /// Reads `2026-W48`; `None` for anything else, for a week that its year does not have, and for
    /// years before 2000 or after 2199.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, week) = text.split_once("-W")?;
        let digits = |text: &str, count| {
            text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(year, 4) || !digits(week, 2) {
            return None;
        }
        let year = year
            .parse()
            .ok()
            .filter(|year| Self::YEARS.contains(year))?;
        let monday = ISOWeekDate::new(year, week.parse().ok()?, Weekday::Monday);
        monday.ok().map(Self)
    }

    /// Its seven days, Monday first.
    #[must_use]
    pub fn dates(self) -> [Date; 7] {
        let monday = self.monday();
        let day = |days: i64| monday.checked_add(days.days()).unwrap_or(monday);
        [0, 1, 2, 3, 4, 5, 6].map(day)
    }

    /// The week before it, where that can be asked for.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        self.moved(-7)
    }

    /// The week after it, where that can be asked for.
    #[must_use]
    pub fn after(self) -> Option<Self> {
        self.moved(7)
    }

    fn moved(self, days: i64) -> Option<Self> {
        let there = Self::of(self.monday().checked_add(days.days()).ok()?);
        Self::YEARS.contains(&there.0.year()).then_some(there)
    }

    fn monday(self) -> Date {
        let date = self.0.date();
        let days = i64::from(date.weekday().to_monday_zero_offset());
        date.checked_sub(days.days()).unwrap_or(date)
    }
}

impl fmt::Display for IsoWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.0.year(), self.0.week())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use rstest::rstest;

    #[rstest]
    #[case("2026-W48", date(2026, 11, 23))]
    #[case("2026-W53", date(2026, 12, 28))]
    #[case("2025-W01", date(2024, 12, 30))]
    #[case("2000-W01", date(2000, 1, 3))]
    #[case("2199-W52", date(2199, 12, 23))]
    fn a_week_is_read_as_it_is_written(#[case] text: &str, #[case] monday: Date) {
        let week = IsoWeek::parse(text).unwrap();
        assert_eq!(week.dates()[0], monday);
        assert_eq!(week.to_string(), text);
        for date in week.dates() {
            assert_eq!(IsoWeek::of(date).dates(), week.dates(), "{date}");
        }
    }

    #[rstest]
    #[case("2025-W53")]
    #[case("2026-W54")]
    #[case("2026-W00")]
    #[case("2026-W1")]
    #[case("2026-W001")]
    #[case("2026-w48")]
    #[case("2026W48")]
    #[case("+026-W48")]
    #[case("2026-W+1")]
    #[case("２０２６-W48")]
    #[case("1999-W52")]
    #[case("2200-W01")]
    #[case(" 2026-W48")]
    #[case("")]
    fn anything_else_is_no_week(#[case] text: &str) {
        assert_eq!(IsoWeek::parse(text), None);
    }

    #[test]
    fn weeks_follow_each_other_as_far_as_can_be_asked() {
        let week = |text| IsoWeek::parse(text).unwrap();
        assert_eq!(week("2026-W53").after().unwrap().to_string(), "2027-W01");
        assert_eq!(week("2026-W01").before().unwrap().to_string(), "2025-W52");
        assert_eq!(week("2000-W01").before(), None);
        assert_eq!(week("2199-W52").after(), None);
    }
}
