//! Writes rules, lists of dates and busy periods in one way only.

use std::collections::{BTreeMap, BTreeSet};

use super::super::broken::Broken;
use super::super::time::{Length, Written};
use super::kept::Kept;
use super::names::Names;
use super::rule::Rule;
use super::unread::{LEFT_OUT, TAKES_NOTHING_OUT, Unread};

/// `RRULE` and `EXRULE`.
pub(super) fn rules(one: &Kept, unread: &mut Unread) -> String {
    let mut found = BTreeSet::new();
    for (name, so) in [("RRULE", LEFT_OUT), ("EXRULE", TAKES_NOTHING_OUT)] {
        for line in one.lines.iter().filter(|line| line.is(name)) {
            match Rule::parse(&line.value()) {
                Ok(rule) => {
                    found.insert(format!("{name}:{}\n", rule.text()));
                }
                Err(why) => unread.add(format!("its {name} cannot be read: {why}; {so}")),
            }
        }
    }
    found.into_iter().collect()
}

/// `RDATE` or `EXDATE`, one line for each zone.
pub(super) fn dates(one: &Kept, name: &str, names: &mut Names<'_>, unread: &mut Unread) -> String {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in one.lines.iter().filter(|line| line.is(name)) {
        let zone = names.of(line);
        let value = line.value();
        let values = value.split(',').filter(|value| !value.trim().is_empty());
        for value in values {
            let (start, end) = match value.split_once('/') {
                Some((start, end)) => (start, Some(end)),
                None => (value, None),
            };
            let Some(start) = Written::parse(start) else {
                let so = if name == "RDATE" {
                    "that time is not known, and not busy"
                } else {
                    "it takes nothing out"
                };
                unread.add(format!("one of its {name} makes no sense: {so}"));
                continue;
            };
            let mut text = start.text();
            if let Some(end) = end {
                match period_end(end) {
                    Some(end) => text.push_str(&end),
                    None => unread.add(format!(
                        "the end of one of its {name} makes no sense: it lasts as long as the others"
                    )),
                }
            }
            found.entry(zone.parameter(start)).or_default().insert(text);
        }
    }
    let line = |(parameter, values): (String, BTreeSet<String>)| {
        let values: Vec<String> = values.into_iter().collect();
        format!("{name}{parameter}:{}\n", values.join(","))
    };
    found.into_iter().map(line).collect()
}

/// The end of a PERIOD value, with its slash.
fn period_end(text: &str) -> Option<String> {
    if let Some(length) = Length::read(text.trim()) {
        return Some(format!("/P{}DT{}S", length.days, length.seconds));
    }
    Written::parse(text).map(|end| format!("/{}", end.text()))
}

/// The busy periods of a `VFREEBUSY`; empty without any.
///
/// # Errors
/// When it has some, and none can be read.
pub(super) fn free_busy(one: &Kept, unread: &mut Unread) -> Result<String, Broken> {
    let mut periods = BTreeSet::new();
    let mut wrong = false;
    for line in one.lines.iter().filter(|line| line.is("FREEBUSY")) {
        let kind = line.parameter_value("FBTYPE").unwrap_or_default();
        if kind.eq_ignore_ascii_case("FREE") {
            continue;
        }
        let value = line.value();
        for value in value.split(',').filter(|value| !value.trim().is_empty()) {
            let period = value.split_once('/').and_then(|(start, end)| {
                let start = Written::parse(start)?.text();
                Some(format!("{start}{}", period_end(end)?))
            });
            match period {
                Some(period) => {
                    periods.insert(period);
                }
                None => wrong = true,
            }
        }
    }
    let why = "one of its FREEBUSY periods makes no sense";
    if periods.is_empty() {
        return if wrong {
            Err(Broken::new(why))
        } else {
            Ok(String::new())
        };
    }
    if wrong {
        unread.add(why);
    }
    let periods: Vec<String> = periods.into_iter().collect();
    Ok(format!(
        "BEGIN:VFREEBUSY\nFREEBUSY:{}\nEND:VFREEBUSY\n",
        periods.join(",")
    ))
}
