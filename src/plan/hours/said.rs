//! What a side says about a day, and in which words a person reads it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::hours::{Day, Hours, Minute, Segment, Week};
use crate::domain::part::Part;

/// What a side says about a day: hours, or (`None`, for a date) as usual.
pub(super) type Said = Option<Day>;

pub(super) fn said(hours: &Hours, part: Part) -> Said {
    match part {
        Part::Weekday(day) => hours.week.0.get(usize::from(day)).cloned(),
        Part::Date(date) => hours.overrides.get(&date).cloned(),
        Part::Zone | Part::Week => None,
    }
}

pub(super) fn put(hours: &mut Hours, part: Part, said: &Said) {
    match part {
        Part::Weekday(day) => {
            if let Some(place) = hours.week.0.get_mut(usize::from(day)) {
                *place = said.clone().unwrap_or_default();
            }
        }
        Part::Date(date) => put_date(&mut hours.overrides, date, said),
        Part::Zone | Part::Week => {}
    }
}

pub(super) fn put_date(dates: &mut BTreeMap<Date, Day>, date: Date, said: &Said) {
    match said {
        Some(day) => dates.insert(date, day.clone()),
        None => dates.remove(&date),
    };
}

pub(super) fn ahead(dates: &BTreeMap<Date, Day>, today: Date) -> BTreeMap<Date, Day> {
    let dates = dates.iter().filter(|(date, _)| **date >= today);
    dates.map(|(date, day)| (*date, day.clone())).collect()
}

/// Whether hours say nothing: no hour in the week, no date to come.
pub(super) fn is_empty(hours: &Hours, today: Date) -> bool {
    is_off(&hours.week) && hours.overrides.keys().all(|date| *date < today)
}

pub(super) fn is_off(week: &Week) -> bool {
    week.0.iter().all(Day::is_off)
}

/// A day in words.
pub(super) fn words(said: Option<&Day>) -> String {
    said.map_or_else(|| "as usual".to_owned(), Day::to_string)
}

/// Reads a day in words; `None` where they are none.
pub(super) fn read(part: Part, text: &str) -> Option<Said> {
    if text == "as usual" {
        return matches!(part, Part::Date(_)).then_some(None);
    }
    if text == "off" {
        return Some(Some(Day::default()));
    }
    let segment = |text: &str| {
        let (start, end) = text.split_once('-')?;
        Some(Segment {
            start: Minute::parse(start)?,
            end: Minute::parse(end)?,
        })
    };
    let segments: Option<Vec<Segment>> = text.split(',').map(segment).collect();
    Some(Some(Day::of(segments?)))
}

/// A week in words, a day a line.
pub(super) fn in_words(week: &Week) -> String {
    let days = week.0.iter().zip(0..7);
    let lines: Vec<String> = days
        .map(|(day, index)| format!("{} {day}", Part::Weekday(index)))
        .collect();
    lines.join("\n")
}
