//! `"90s"`, `"5m"`, `"2h"`, `"30d"`: a whole number and one unit, nothing else.

use std::time::Duration;

/// The longest duration that makes sense here: about ten years.
pub const LONGEST: Duration = Duration::from_hours(3_660 * 24);

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADuration {
    /// It is not a number and a unit.
    #[error("this is not a duration")]
    Form,
    /// It is longer than [`LONGEST`].
    #[error("this is longer than 3660 days")]
    TooLong,
}

/// Reads a duration.
///
/// # Errors
/// When the text has another form, or is too long.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    let (number, seconds) = [('s', 1_u64), ('m', 60), ('h', 3_600), ('d', 86_400)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or(NotADuration::Form)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotADuration::Form);
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        .map(Duration::from_secs)
        .filter(|duration| *duration <= LONGEST)
        .ok_or(NotADuration::TooLong)
}

/// Writes a duration in the largest unit that fits, as [`parse`] reads it.
#[must_use]
pub fn print(duration: Duration) -> String {
    let seconds = duration.as_secs();
    [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit))
        .map_or_else(
            || format!("{seconds}s"),
            |(unit, letter)| format!("{}{letter}", seconds / unit),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0s", Ok(0))]
    #[case("0m", Ok(0))]
    #[case("90s", Ok(90))]
    #[case("5m", Ok(300))]
    #[case("2h", Ok(7_200))]
    #[case("30d", Ok(2_592_000))]
    #[case("3660d", Ok(316_224_000))]
    #[case("", Err(NotADuration::Form))]
    #[case("m", Err(NotADuration::Form))]
    #[case("5", Err(NotADuration::Form))]
    #[case("5 m", Err(NotADuration::Form))]
    #[case("5min", Err(NotADuration::Form))]
    #[case("+5m", Err(NotADuration::Form))]
    #[case("-5m", Err(NotADuration::Form))]
    #[case("1.5h", Err(NotADuration::Form))]
    #[case("1h30m", Err(NotADuration::Form))]
    #[case("5M", Err(NotADuration::Form))]
    #[case("٥m", Err(NotADuration::Form))]
    #[case("3661d", Err(NotADuration::TooLong))]
    #[case("99999999999999999999d", Err(NotADuration::TooLong))]
    fn a_duration_is_a_number_and_a_unit(
        #[case] text: &str,
        #[case] seconds: Result<u64, NotADuration>,
    ) {
        assert_eq!(parse(text), seconds.map(Duration::from_secs));
    }

    #[rstest]
    #[case("0s")]
    #[case("90s")]
    #[case("5m")]
    #[case("2h")]
    #[case("30d")]
    fn what_is_written_reads_the_same(#[case] text: &str) {
        assert_eq!(parse(text).map(print).as_deref(), Ok(text));
    }
}
