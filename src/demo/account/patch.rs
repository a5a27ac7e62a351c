//! `PATCH /events/{id}`: takes `status`, `meeting_notes` and `attendees[].no_show`, nothing else.

use jiff::Timestamp;
use serde_json::Value;

use super::State;
use super::answer::{Answer, Result};
use super::call::Body;
use super::event::{Event, Standing};
use super::events::find;
use super::seen::Patch;

/// The most characters that `meeting_notes` may have.
const NOTES_LIMIT: usize = 1024;

/// What a PATCH asks for.
#[derive(Default)]
struct Wish {
    cancel: bool,
    notes: Option<String>,
    no_shows: Vec<(String, bool)>,
}

/// Checks the whole of it, then does the whole of it.
pub(super) fn apply(state: &mut State, id: &str, body: &Body, now: Timestamp) -> Result {
    let event = find(state, id)?;
    let Body::Json(body) = body else {
        return Err(Answer::bad_request("body", "not JSON"));
    };
    let wish = Wish::read(body, event)?;
    let stood = event.standing.stands();
    let differs = wish.differs_from(event);
    if differs {
        state.shelf.change(id, now, |event| wish.grant(event));
    }
    if differs && stood && find(state, id).is_ok_and(|event| !event.standing.stands()) {
        state.log.cancellations.push(id.to_owned());
    }
    state.log.patches.push(Patch {
        id: id.to_owned(),
        body: body.clone(),
    });
    Ok(Answer::no_content())
}

impl Wish {
    fn read(body: &Value, event: &Event) -> Result<Self> {
        let body = body
            .as_object()
            .filter(|body| !body.is_empty())
            .ok_or_else(|| Answer::bad_request("body", "not an object that says something"))?;
        let mut wish = Self::default();
        for (name, value) in body {
            match name.as_str() {
                "status" => wish.cancel = cancels(value, event)?,
                "meeting_notes" => wish.notes = Some(notes(value)?),
                "attendees" => wish.no_shows = no_shows(value, event)?,
                _ => return Err(Answer::bad_request(name, "cannot be changed")),
            }
        }
        Ok(wish)
    }

    fn differs_from(&self, event: &Event) -> bool {
        let notes = self.notes.as_ref();
        (self.cancel && event.standing.stands())
            || notes.is_some_and(|notes| *notes != event.booked.notes)
            || self.no_shows.iter().any(|(id, no_show)| {
                let mut people = event.attendees.iter();
                people.any(|person| person.id == *id && person.no_show != *no_show)
            })
    }

    fn grant(self, event: &mut Event) {
        if self.cancel {
            event.standing = Standing::Cancelled;
        }
        if let Some(notes) = self.notes {
            event.booked.notes = notes;
        }
        for person in &mut event.attendees {
            if let Some((_, no_show)) = self.no_shows.iter().find(|(id, _)| *id == person.id) {
                person.no_show = *no_show;
            }
        }
    }
}

fn cancels(value: &Value, event: &Event) -> Result<bool> {
    match value.as_str() {
        Some("cancelled") => Ok(true),
        Some("confirmed") if event.standing.stands() => Ok(false),
        Some("confirmed") => Err(Answer::bad_request("status", "a cancelled one stays so")),
        _ => Err(Answer::bad_request(
            "status",
            "neither confirmed nor cancelled",
        )),
    }
}

fn notes(value: &Value) -> Result<String> {
    let notes = value
        .as_str()
        .ok_or_else(|| Answer::bad_request("meeting_notes", "not a string"))?;
    if notes.chars().count() > NOTES_LIMIT {
        return Err(Answer::invalid_field("meeting_notes", "too long"));
    }
    Ok(notes.to_owned())
}

fn no_shows(value: &Value, event: &Event) -> Result<Vec<(String, bool)>> {
    let wrong = |message| Answer::bad_request("attendees", message);
    let people = value.as_array().ok_or_else(|| wrong("not a list"))?;
    let read = |person: &Value| {
        let person = person.as_object().ok_or_else(|| wrong("not an object"))?;
        let known = ["attendee_id", "email", "no_show"];
        if person.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(wrong("only no_show can be changed"));
        }
        let no_show = person.get("no_show").and_then(Value::as_bool);
        let no_show = no_show.ok_or_else(|| wrong("no_show is no boolean"))?;
        let is = |name: &str, own: &str| person.get(name).is_none_or(|given| given == own);
        event
            .attendees
            .iter()
            .filter(|_| person.contains_key("attendee_id") || person.contains_key("email"))
            .find(|own| is("attendee_id", &own.id) && is("email", &own.email))
            .map(|own| (own.id.clone(), no_show))
            .ok_or_else(|| wrong("no such attendee"))
    };
    people.iter().map(read).collect()
}
