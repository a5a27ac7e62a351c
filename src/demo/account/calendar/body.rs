//! What an insert or a patch of an event says, checked as a whole.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::super::answer::{Answer, Result};
use super::super::call::Call;
use super::super::strict;
use super::event::When;
use super::recurrence::Rule;

/// Every name that may be written.
const KNOWN: [&str; 15] = [
    "start",
    "end",
    "attendees",
    "colorId",
    "description",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "location",
    "recurrence",
    "reminders",
    "status",
    "summary",
    "transparency",
    "visibility",
];

/// What an event is to be.
pub(in super::super) struct Draft {
    pub(in super::super) start: When,
    pub(in super::super) end: When,
    pub(in super::super) rest: Map<String, Value>,
}

impl Draft {
    /// An insert and a patch alike need a start and an end (as Zoom's document has it).
    pub(super) fn read(call: &Call) -> Result<Self> {
        let body = strict::body(call, &KNOWN)?;
        let (start, end) = (when(body, "start")?, when(body, "end")?);
        let ordered = match (&start, &end) {
            (When::Day(start), When::Day(end)) => start < end,
            (When::Instant(start, _), When::Instant(end, _)) => start < end,
            _ => false,
        };
        if !ordered {
            return Err(Answer::bad_request(
                "end",
                "not after the start, or of another kind",
            ));
        }
        for (name, limit) in [
            ("summary", 1024),
            ("location", 1024),
            ("description", 15_000),
            ("colorId", 64),
        ] {
            strict::text(body, name, limit)?;
        }
        for name in [
            "guestsCanInviteOthers",
            "guestsCanModify",
            "guestsCanSeeOtherGuests",
        ] {
            strict::flag(body, name)?;
        }
        one_of(body, "status", &["confirmed", "tentative", "cancelled"])?;
        one_of(body, "transparency", &["opaque", "transparent"])?;
        one_of(body, "visibility", &["default", "public", "private"])?;
        attendees(body)?;
        reminders(body)?;
        recurrence(body)?;
        let rest = body
            .iter()
            .filter(|(name, _)| *name != "start" && *name != "end");
        Ok(Self {
            start,
            end,
            rest: rest
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }
}

fn when(body: &Map<String, Value>, field: &str) -> Result<When> {
    let value = body
        .get(field)
        .ok_or_else(|| Answer::bad_request(field, "required"))?;
    let given = strict::object(field, value, &["date", "dateTime", "timeZone"])?;
    let zone = strict::text(given, "timeZone", 64)?;
    if let Some(zone) = zone {
        strict::zone(field, zone)?;
    }
    let text = |name| strict::text(given, name, 40);
    match (text("date")?, text("dateTime")?) {
        (Some(date), None) => {
            let date = date.parse::<Date>().ok().filter(|_| date.len() == 10);
            date.map(When::Day)
                .ok_or_else(|| Answer::bad_request(field, "not a date"))
        }
        (None, Some(time)) => Ok(When::Instant(
            strict::instant(field, time)?,
            zone.map(str::to_owned),
        )),
        _ => Err(Answer::bad_request(
            field,
            "neither date nor dateTime, or both",
        )),
    }
}

fn one_of(body: &Map<String, Value>, name: &str, words: &[&str]) -> Result<()> {
    match strict::text(body, name, 32)? {
        Some(word) if !words.contains(&word) => {
            Err(Answer::bad_request(name, "not one of the words it takes"))
        }
        _ => Ok(()),
    }
}

fn attendees(body: &Map<String, Value>) -> Result<()> {
    const PERSON: [&str; 6] = [
        "additionalGuests",
        "displayName",
        "email",
        "optional",
        "resource",
        "responseStatus",
    ];
    for person in strict::list(body, "attendees")? {
        let person = strict::object("attendees", person, &PERSON)?;
        let address = strict::text(person, "email", 320)?;
        if !address.is_some_and(|address| address.contains('@')) {
            return Err(Answer::bad_request(
                "attendees",
                "one without a mail address",
            ));
        }
        strict::flag(person, "optional")?;
        strict::flag(person, "resource")?;
        let words = ["needsAction", "declined", "tentative", "accepted"];
        one_of(person, "responseStatus", &words)?;
    }
    Ok(())
}

fn reminders(body: &Map<String, Value>) -> Result<()> {
    let Some(value) = body.get("reminders") else {
        return Ok(());
    };
    let reminders = strict::object("reminders", value, &["useDefault", "overrides"])?;
    strict::flag(reminders, "useDefault")?;
    let overrides = strict::list(reminders, "overrides")?;
    if overrides.len() > 5 {
        return Err(Answer::bad_request("reminders", "more than five"));
    }
    for one in overrides {
        let one = strict::object("reminders", one, &["method", "minutes"])?;
        one_of(one, "method", &["email", "popup"])?;
        let minutes = one.get("minutes").and_then(Value::as_i64);
        if !minutes.is_some_and(|minutes| (0..=40_320).contains(&minutes)) {
            return Err(Answer::bad_request("reminders", "minutes out of range"));
        }
    }
    Ok(())
}

fn recurrence(body: &Map<String, Value>) -> Result<()> {
    let lines = strict::list(body, "recurrence")?;
    let taken = match lines {
        [] => true,
        [line] => line.as_str().is_some_and(|line| Rule::read(line).is_some()),
        _ => false,
    };
    if taken {
        Ok(())
    } else {
        Err(Answer::bad_request(
            "recurrence",
            "not a rule that is known here",
        ))
    }
}
