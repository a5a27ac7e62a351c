//! Weekly hours as Zoom writes them: `{"mon": [{"start": "09:00", "end": "17:00"}], …}`.

use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Result};
use super::super::strict;

/// For each day from Monday: from which minute to which, in order, none overlapping.
pub(in super::super) type Week = [Vec<(u16, u16)>; 7];

/// The names of the days.
pub(in super::super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const LAST: u16 = 24 * 60;

/// The hours of a new account.
pub(super) fn usual() -> Week {
    let day = || vec![(9 * 60, 12 * 60), (13 * 60, 17 * 60)];
    [day(), day(), day(), day(), day(), Vec::new(), Vec::new()]
}

pub(super) fn json(week: &Week) -> Value {
    let days = DAYS.iter().zip(week).map(|(name, day)| {
        let day: Vec<Value> = day
            .iter()
            .map(|(start, end)| json!({"start": clock(*start), "end": clock(*end)}))
            .collect();
        ((*name).to_owned(), json!(day))
    });
    Value::Object(days.collect::<Map<_, _>>())
}

/// Reads `segments_recurrence`. All seven days are wanted: what the missing ones would mean is not
/// documented, and a client should not have to guess.
pub(in super::super) fn read(value: &Value) -> Result<Week> {
    let field = "segments_recurrence";
    let days = strict::object(field, value, &DAYS)?;
    let mut week = Week::default();
    for (name, slot) in DAYS.iter().zip(&mut week) {
        if !days.contains_key(*name) {
            return Err(Answer::bad_request(name, "missing: say [] for a day off"));
        }
        let mut day = Vec::new();
        for segment in strict::list(days, name)? {
            let segment = strict::object(field, segment, &["start", "end"])?;
            let time = |key| strict::text(segment, key, 5).map(|text| text.and_then(minute));
            match (time("start")?, time("end")?) {
                (Some(start), Some(end)) if start < end => day.push((start, end)),
                _ => {
                    return Err(Answer::bad_request(
                        name,
                        "not from an HH:MM to a later one",
                    ));
                }
            }
        }
        *slot = ordered(day).ok_or_else(|| Answer::bad_request(name, "segments overlap"))?;
    }
    Ok(week)
}

/// Reads `09:00-12:00, 13:00-17:00`; nothing at all is a day off.
pub(in super::super) fn day(text: &str) -> Option<Vec<(u16, u16)>> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let read = |part: &str| {
        let (start, end) = part.split_once('-')?;
        let (start, end) = (minute(start.trim())?, minute(end.trim())?);
        (start < end).then_some((start, end))
    };
    ordered(parts.map(read).collect::<Option<_>>()?)
}

fn ordered(mut day: Vec<(u16, u16)>) -> Option<Vec<(u16, u16)>> {
    day.sort_unstable();
    let overlap = day.windows(2).any(|pair| match pair {
        [(_, end), (start, _)] => start < end,
        _ => false,
    });
    (!overlap).then_some(day)
}

/// Reads `HH:MM`, up to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && all <= LAST).then_some(all)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
