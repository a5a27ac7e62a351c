//! What a POST or PATCH of an availability schedule says, checked as a whole.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::answer::{Answer, Result};
use super::super::call::Call;
use super::super::setup::{AvailabilityOptions, EmptySegments, Times};
use super::super::strict;
use super::{Availability, Week, hours};
use crate::domain::time_span::TimeSpan;

/// The names that may be set. `availability_id` and `owner` may only be read.
const KNOWN: [&str; 5] = [
    "name",
    "time_zone",
    "default",
    "segments",
    "segments_recurrence",
];

/// The most segments that are taken.
const MOST: usize = 2_000;

/// What is to be.
pub(super) struct Wish {
    name: String,
    zone: String,
    default: Option<bool>,
    week: Option<Week>,
    segments: Option<Vec<TimeSpan>>,
}

impl Wish {
    pub(super) fn read(call: &Call, options: AvailabilityOptions) -> Result<Self> {
        let body = strict::body(call, &KNOWN)?;
        let required = |name| {
            strict::text(body, name, 255)?
                .filter(|text| !text.is_empty())
                .ok_or_else(|| Answer::bad_request(name, "required"))
        };
        let zone = required("time_zone")?;
        strict::zone("time_zone", zone)?;
        let wish = Self {
            name: required("name")?.to_owned(),
            zone: zone.to_owned(),
            default: strict::flag(body, "default")?,
            week: body
                .get("segments_recurrence")
                .map(hours::read)
                .transpose()?,
            segments: segments(body, options.empty_segments)?,
        };
        Ok(match options.times {
            Times::AsGiven => wish,
            Times::QuarterHours => wish.in_quarters(),
        })
    }

    /// With every time on the quarter of an hour before it.
    fn in_quarters(mut self) -> Self {
        for day in self.week.iter_mut().flatten() {
            for (start, end) in &mut *day {
                (*start, *end) = (*start / 15 * 15, *end / 15 * 15);
            }
            day.retain(|(start, end)| start < end);
        }
        for span in self.segments.iter_mut().flatten() {
            (span.start, span.end) = (quarter(span.start), quarter(span.end));
        }
        self
    }

    /// Whether it would leave the account without a default.
    pub(super) fn unsets_default(&self) -> bool {
        self.default == Some(false)
    }

    pub(super) fn grant(self, one: &mut Availability) {
        one.name = self.name;
        one.zone = self.zone;
        one.default = self.default.unwrap_or(one.default);
        if let Some(week) = self.week {
            one.week = week;
        }
        if let Some(segments) = self.segments {
            one.segments = segments;
        }
    }
}

fn quarter(time: Timestamp) -> Timestamp {
    let second = time.as_second();
    Timestamp::from_second(second - second.rem_euclid(900)).unwrap_or(time)
}

fn segments(body: &Map<String, Value>, empty: EmptySegments) -> Result<Option<Vec<TimeSpan>>> {
    let wrong = |message| Answer::bad_request("segments", message);
    if !body.contains_key("segments") {
        return Ok(None);
    }
    let list = strict::list(body, "segments")?;
    if list.len() > MOST {
        return Err(wrong("too many"));
    }
    let mut all = Vec::with_capacity(list.len());
    for segment in list {
        let segment = strict::object("segments", segment, &["start", "end"])?;
        let time = |name| {
            let text = strict::text(segment, name, 40)?;
            let text = text.ok_or_else(|| wrong("without a start or an end"))?;
            strict::instant(name, text)
        };
        let span = TimeSpan {
            start: time("start")?,
            end: time("end")?,
        };
        if span.start > span.end {
            return Err(wrong("one ends before it starts"));
        }
        if span.start == span.end && empty == EmptySegments::Refused {
            return Err(wrong("one ends when it starts"));
        }
        all.push(span);
    }
    let mut ordered: Vec<TimeSpan> = all
        .iter()
        .copied()
        .filter(|span| span.start < span.end)
        .collect();
    ordered.sort_unstable();
    let overlap = |pair: &[TimeSpan]| matches!(pair, [one, next] if next.start < one.end);
    if ordered.windows(2).any(overlap) {
        return Err(wrong("two overlap"));
    }
    Ok(Some(all))
}
