//! Hours and overrides as Zoom writes them: `segments_recurrence` and `segments` (FACTS.md
//! section 2). What cannot be read is never guessed: it would be written back.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::dto::lenient;
use crate::domain::hours::{Day, Minute, Segment, Week};
use crate::domain::ids::AvailabilityId;
use crate::domain::time_span::TimeSpan;
use crate::ports::availability::{Availability, AvailabilityChange};

/// The days as Zoom names them, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// One page of availability schedules.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) items: Option<Vec<Value>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) next_page_token: String,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

/// One availability schedule.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Schedule {
    #[serde(deserialize_with = "lenient")]
    availability_id: String,
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    default: bool,
    #[serde(deserialize_with = "lenient")]
    time_zone: String,
    segments_recurrence: Value,
    segments: Value,
}

/// A schedule that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Whether it is the one in use.
    pub(super) default: bool,
    /// Why, in words that a person may read.
    pub(super) cause: String,
}

/// Reads a schedule.
pub(super) fn schedule(value: Value) -> Result<Availability, Broken> {
    let schedule: Schedule = serde_json::from_value(value).map_err(|_| Broken {
        default: false,
        cause: "it is no object".to_owned(),
    })?;
    let default = schedule.default;
    read(schedule).map_err(|cause| Broken { default, cause })
}

fn read(schedule: Schedule) -> Result<Availability, String> {
    if schedule.availability_id.is_empty() {
        return Err("an availability schedule has no availability_id".to_owned());
    }
    let id = schedule.availability_id;
    let about = |cause: &str| format!("the availability schedule {id}: {cause}");
    let zone = TimeZone::get(schedule.time_zone.trim()).map_err(|_| {
        about(&format!(
            "its time_zone {} is not known",
            quoted(&schedule.time_zone)
        ))
    })?;
    let week = week(&schedule.segments_recurrence).map_err(|cause| about(&cause))?;
    let segments = match &schedule.segments {
        Value::Null => None,
        Value::Array(all) => Some(
            all.iter()
                .map(|segment| span(segment, &zone))
                .collect::<Option<Vec<TimeSpan>>>()
                .ok_or_else(|| about("one of its segments has no start and end that make sense"))?,
        ),
        _ => return Err(about("its segments are no list")),
    };
    Ok(Availability {
        id: AvailabilityId::new(id.as_str()),
        name: schedule.name,
        default: schedule.default,
        zone: schedule.time_zone.trim().to_owned(),
        week,
        segments,
    })
}

/// The body of a PATCH: what changes, and what has to be repeated.
pub(super) fn body(as_it_is: &Availability, change: &AvailabilityChange) -> Value {
    let mut body = json!({"name": as_it_is.name, "time_zone": as_it_is.zone});
    if let Some(week) = &change.week {
        let days = DAYS.iter().zip(&week.0).map(|(name, day)| {
            let segments = day.segments().iter().map(|segment| {
                json!({"start": segment.start.to_string(), "end": segment.end.to_string()})
            });
            ((*name).to_owned(), Value::Array(segments.collect()))
        });
        body["segments_recurrence"] = Value::Object(days.collect());
    }
    if let Some(segments) = &change.segments {
        let instant = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let segments = segments
            .iter()
            .map(|span| json!({"start": instant(span.start), "end": instant(span.end)}));
        body["segments"] = Value::Array(segments.collect());
    }
    body
}

/// A day that is not named is off, but a week that is not there is none.
fn week(value: &Value) -> Result<Week, String> {
    let Value::Object(days) = value else {
        return Err("it has no weekly hours (segments_recurrence)".to_owned());
    };
    let mut week = Week::default();
    for (name, day) in DAYS.iter().zip(&mut week.0) {
        let segments = match days.get(*name) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(segments)) => segments,
            Some(_) => return Err(format!("its hours of {name} are no list")),
        };
        let read: Option<Vec<Segment>> = segments.iter().map(segment).collect();
        let read = read.ok_or_else(|| format!("its hours of {name} make no sense"))?;
        *day = Day::of(read);
    }
    Ok(week)
}

/// `{"start": "09:00", "end": "17:00"}`. An end at `00:00` is midnight at the end of the day.
fn segment(value: &Value) -> Option<Segment> {
    let minute = |name: &str| Minute::parse(value.get(name)?.as_str()?);
    let (start, end) = (minute("start")?, minute("end")?);
    let end = if end == Minute::START && start > end {
        Minute::END
    } else {
        end
    };
    (start <= end).then_some(Segment { start, end })
}

fn span(value: &Value, zone: &TimeZone) -> Option<TimeSpan> {
    let at = |name: &str| instant(value.get(name)?.as_str()?.trim(), zone);
    let (start, end) = (at("start")?, at("end")?);
    (start <= end).then_some(TimeSpan { start, end })
}

/// A date-time with an offset; without one, or without a time, on the schedule's own clock.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) => local,
        Err(_) => text
            .parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight()),
    };
    zone.to_timestamp(local).ok()
}

/// A name of Zoom's in a message: short, and without what no zone name has.
fn quoted(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_+-/ ().".contains(*c))
        .take(60)
        .collect();
    format!("{plain:?}")
}
