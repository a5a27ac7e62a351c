//! Who owns a field, and what happens when both sides changed it.
//!
//! | field | only Zoom changed | only the calendar changed | both changed | nobody knows the base |
//! |---|---|---|---|---|
//! | notes | entry follows | `meeting_notes` patched | merged by lines, else open conflict | the side that has any, else open conflict |
//! | time | entry moves | put back and recorded, or kept | entry moves, recorded | entry moves |
//! | summary | entry follows | the person's stays | the person's stays, recorded | the person's stays |
//! | about | entry follows | the person's stays | merged by lines, else Zoom's, recorded | Zoom's |
//! | the others | entry follows | the person's stays | Zoom's, recorded | Zoom's |
//!
//! The base of a field is always what Zoom last said (except for notes in conflict), so that a
//! person's own text keeps differing from it and is known as theirs for good.

use std::collections::BTreeMap;

use crate::domain::entry::{Base, Field, Fields};
use crate::domain::waiting::{ConflictStanding, Decision};

use super::merge::{Merged, merge, merge_lines};
use super::policy::MovedInCalendar;

/// How many characters `meeting_notes` takes (Zoom's OpenAPI document, `maxLength` of the PATCH).
/// Longer notes of an entry are never cut: they wait as an open conflict until a person
/// shortens them.
pub const NOTES_LIMIT: usize = 1024;

/// What is to be reconciled.
#[derive(Clone, Copy, Debug)]
pub struct Three<'a> {
    /// What both last agreed.
    pub base: &'a Base,
    /// What the booking says, in an entry's words.
    pub zoom: &'a Fields,
    /// What the entry says.
    pub calendar: &'a Fields,
    /// What to do with a moved entry.
    pub moved: MovedInCalendar,
    /// Whether the booking is another one now (a reschedule): its notes start empty.
    pub rescheduled: bool,
    /// What a person decided, per field.
    pub decisions: &'a BTreeMap<Field, Decided>,
}

/// What a person decided about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Whose text stands.
    pub decision: Decision,
    /// The calendar's text when the conflict was found.
    pub calendar: String,
}

/// What has to be written so that both sides agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// To be written into the entry.
    pub set: BTreeMap<Field, String>,
    /// To be written to Zoom as `meeting_notes`.
    pub note: Option<String>,
    /// What is agreed once that is done.
    pub base: Base,
    /// What both sides changed.
    pub conflicts: Vec<FieldConflict>,
}

/// Both sides changed a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    /// Which.
    pub field: Field,
    /// What Zoom says.
    pub zoom: String,
    /// What the calendar said.
    pub calendar: String,
    /// Whether a rule decided already.
    pub standing: ConflictStanding,
}

/// Reconciles all fields of one booking and its entry.
#[must_use]
pub fn reconcile(three: Three<'_>) -> Reconciled {
    let mut out = Reconciled {
        base: three.base.clone(),
        ..Reconciled::default()
    };
    for field in Field::ALL {
        let zoom = three.zoom.get(field);
        let calendar = three.calendar.get(field);
        if let Some(decided) = three.decisions.get(&field) {
            obey(&mut out, field, zoom, calendar, decided);
            continue;
        }
        let merged = merge(three.base.get(field), zoom, calendar);
        match field {
            Field::Notes => notes(&mut out, three, merged),
            Field::Time => time(&mut out, three, merged),
            Field::Summary => persons_own(&mut out, field, zoom, calendar, merged),
            Field::About => about(&mut out, three, merged),
            Field::Status | Field::Location | Field::Url | Field::Conference | Field::Attendees => {
                zooms_own(&mut out, field, zoom, calendar, merged);
            }
        }
    }
    out
}

fn obey(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, decided: &Decided) {
    match (decided.decision, field) {
        (Decision::KeepCalendar, Field::Notes) if !fits(calendar) => {
            record(out, field, zoom, calendar, ConflictStanding::Open);
        }
        (Decision::KeepCalendar, Field::Notes) => {
            if zoom != calendar {
                out.note = Some(calendar.to_owned());
            }
            out.base.agree(field, calendar);
        }
        // Zoom has no way to move a booking: its time is the only one there is.
        (Decision::KeepZoom, _) | (Decision::KeepCalendar, Field::Time) => {
            follow(out, field, zoom, calendar);
        }
        (Decision::KeepCalendar, _) => {
            if calendar != decided.calendar {
                out.set.insert(field, decided.calendar.clone());
            }
            out.base.agree(field, zoom);
        }
    }
}

/// The entry follows Zoom.
fn follow(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str) {
    if zoom != calendar {
        out.set.insert(field, zoom.to_owned());
    }
    out.base.agree(field, zoom);
}

fn record(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, how: ConflictStanding) {
    out.conflicts.push(FieldConflict {
        field,
        zoom: zoom.to_owned(),
        calendar: calendar.to_owned(),
        standing: how,
    });
}

fn notes(out: &mut Reconciled, three: Three<'_>, merged: Merged) {
    let field = Field::Notes;
    let zoom = three.zoom.get(field);
    let calendar = three.calendar.get(field);
    // A rescheduled booking is new to Zoom and has no notes yet; the entry's are what a person wrote.
    let carried = three.rescheduled && zoom.is_empty() && !calendar.is_empty();
    match merged {
        _ if carried => pass_on(out, zoom, calendar),
        Merged::Same => out.base.agree(field, zoom),
        Merged::ZoomChanged => follow(out, field, zoom, calendar),
        Merged::CalendarChanged => pass_on(out, zoom, calendar),
        Merged::Unknown if calendar.is_empty() => follow(out, field, zoom, calendar),
        Merged::Unknown if zoom.is_empty() => pass_on(out, zoom, calendar),
        Merged::Unknown => record(out, field, zoom, calendar, ConflictStanding::Open),
        Merged::BothChanged => {
            let base = three.base.get(field).and_then(|agreed| agreed.text());
            let both = base.and_then(|base| merge_lines(base, zoom, calendar));
            match both.filter(|both| fits(both)) {
                Some(both) => {
                    if both != calendar {
                        out.set.insert(field, both.clone());
                    }
                    if both != zoom {
                        out.note = Some(both.clone());
                    }
                    out.base.agree(field, both);
                }
                None => record(out, field, zoom, calendar, ConflictStanding::Open),
            }
        }
    }
}

fn fits(notes: &str) -> bool {
    notes.chars().count() <= NOTES_LIMIT
}

/// Zoom follows the entry, where it can.
fn pass_on(out: &mut Reconciled, zoom: &str, calendar: &str) {
    if !fits(calendar) {
        record(out, Field::Notes, zoom, calendar, ConflictStanding::Open);
        return;
    }
    out.note = Some(calendar.to_owned());
    out.base.agree(Field::Notes, calendar);
}

fn time(out: &mut Reconciled, three: Three<'_>, merged: Merged) {
    let field = Field::Time;
    let zoom = three.zoom.get(field);
    let calendar = three.calendar.get(field);
    match (merged, three.moved) {
        (Merged::CalendarChanged, MovedInCalendar::Keep) => out.base.agree(field, zoom),
        (Merged::CalendarChanged, MovedInCalendar::Restore) | (Merged::BothChanged, _) => {
            record(out, field, zoom, calendar, ConflictStanding::Settled);
            follow(out, field, zoom, calendar);
        }
        (Merged::Same | Merged::ZoomChanged | Merged::Unknown, _) => {
            follow(out, field, zoom, calendar);
        }
    }
}

/// A person's own text stays, whatever Zoom says later.
fn persons_own(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, merged: Merged) {
    match merged {
        Merged::Same | Merged::ZoomChanged => follow(out, field, zoom, calendar),
        Merged::CalendarChanged | Merged::Unknown => out.base.agree(field, zoom),
        Merged::BothChanged => {
            record(out, field, zoom, calendar, ConflictStanding::Settled);
            out.base.agree(field, zoom);
        }
    }
}

/// A person's own text stays until Zoom has something new to say.
fn zooms_own(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, merged: Merged) {
    match merged {
        Merged::Same | Merged::ZoomChanged | Merged::Unknown => follow(out, field, zoom, calendar),
        Merged::CalendarChanged => out.base.agree(field, zoom),
        Merged::BothChanged => {
            record(out, field, zoom, calendar, ConflictStanding::Settled);
            follow(out, field, zoom, calendar);
        }
    }
}

fn about(out: &mut Reconciled, three: Three<'_>, merged: Merged) {
    let field = Field::About;
    let zoom = three.zoom.get(field);
    let calendar = three.calendar.get(field);
    let base = three.base.get(field).and_then(|agreed| agreed.text());
    let both = base.and_then(|base| merge_lines(base, zoom, calendar));
    match (merged, both) {
        (Merged::BothChanged, Some(both)) => {
            if both != calendar {
                out.set.insert(field, both);
            }
            out.base.agree(field, zoom);
        }
        _ => zooms_own(out, field, zoom, calendar, merged),
    }
}

#[cfg(test)]
mod tests;
