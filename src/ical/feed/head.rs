//! The properties of the calendar itself.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::component::{Component, Item};
use super::super::content_line::ContentLine;
use super::super::export::words;
use super::super::text;
use super::Head;
use crate::domain::feed::FeedKind;

impl Head {
    /// A `VCALENDAR` with nothing in it.
    pub(super) fn calendar(&self) -> Component {
        let mut calendar = Component::new("VCALENDAR");
        let lines = self.lines().into_iter().map(Item::Line);
        calendar.items.extend(lines);
        calendar
    }

    /// Its lines, in order.
    pub(super) fn lines(&self) -> Vec<ContentLine> {
        let name = text::escape(&text::one_line(self.name.as_str()));
        let refresh = duration(self.refresh);
        vec![
            ContentLine::new("VERSION", "2.0"),
            ContentLine::new("PRODID", words::PRODUCT),
            ContentLine::new("METHOD", "PUBLISH"),
            ContentLine::new("NAME", &name),
            ContentLine::new("X-WR-CALNAME", &name),
            ContentLine::with_parameters("REFRESH-INTERVAL", &[("VALUE", "DURATION")], &refresh),
            ContentLine::new("X-PUBLISHED-TTL", &refresh),
            ContentLine::new("COLOR", color(self.kind)),
        ]
    }
}

/// A CSS3 colour name (RFC 7986 section 5.9), so that the feeds of a host can be told apart.
fn color(kind: FeedKind) -> &'static str {
    match kind {
        FeedKind::Bookings => "royalblue",
        FeedKind::Busy => "slategray",
        FeedKind::Hours => "seagreen",
    }
}

/// A DURATION (RFC 5545 section 3.3.6), in the units that readers show: `PT5M`, `PT1H30M`, `P1D`.
fn duration(length: Duration) -> String {
    let all = length.as_secs();
    let (days, hours, minutes, seconds) = (all / 86_400, all / 3_600 % 24, all / 60 % 60, all % 60);
    let mut time = String::new();
    // `PT1H0M5S`: a part between two others may not be missing.
    let parts = [(hours, 'H'), (minutes, 'M'), (seconds, 'S')];
    let last = parts.iter().rposition(|(count, _)| *count > 0);
    let first = parts.iter().position(|(count, _)| *count > 0);
    if let (Some(first), Some(last)) = (first, last) {
        for (count, unit) in parts.iter().take(last + 1).skip(first) {
            // Writing to a String cannot fail.
            write!(time, "{count}{unit}").unwrap_or_default();
        }
    }
    match (days, time.is_empty()) {
        (0, true) => "PT0S".to_owned(),
        (0, false) => format!("PT{time}"),
        (days, true) => format!("P{days}D"),
        (days, false) => format!("P{days}DT{time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "PT0S")]
    #[case(90, "PT1M30S")]
    #[case(300, "PT5M")]
    #[case(3_605, "PT1H0M5S")]
    #[case(86_400, "P1D")]
    #[case(90_000, "P1DT1H")]
    fn a_duration_is_written_as_the_grammar_has_it(#[case] seconds: u64, #[case] text: &str) {
        assert_eq!(duration(Duration::from_secs(seconds)), text);
    }
}
