//! Who has to follow whom where working hours differ, part by part: each weekday, each date that
//! differs from the usual week, and the zone.
//!
//! | a part | what happens |
//! |---|---|
//! | only Zoom changed it | the calendar follows |
//! | only the calendar changed it | Zoom follows; a new zone waits for a person, because it is Zoom's own |
//! | both changed it alike | nothing |
//! | both changed it | as `wins` says, and the losing text is kept; or it waits for a person |
//! | nobody knows the base | the side that says anything, else as if both changed it |
//!
//! | the whole | what happens |
//! |---|---|
//! | the calendar has no hours (any more) | Zoom's are written there; Zoom is left alone |
//! | a week that had hours has none on one side | it waits for a person |
//! | the calendar says what hours cannot | it is never written; what it says still goes to Zoom |
//! | dates before today | they stay as they are |
//!
//! Dates without an override say "as usual" on either side, so that an override on one side only
//! is a change of that side, also when both meet for the first time.
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::policy::Wins;
use crate::domain::hours::Hours;
use crate::domain::part::Part;
use crate::domain::waiting::{ConflictStanding, Decision};

/// What both sides agreed.
mod agreed;
/// Which text of a part stands.
mod judge;
/// What a side says about a day, and in which words.
mod said;

pub use agreed::Agreed;
use judge::{Verdict, emptied, judge, parts, zone};
use said::{Said, ahead, in_words, is_empty, put, said};

/// What is to be reconciled.
#[derive(Clone, Copy, Debug)]
pub struct Three<'a> {
    /// What both last agreed.
    pub base: Option<&'a Agreed>,
    /// What Zoom says, without busy time.
    pub zoom: &'a Hours,
    /// What the calendar says; `None` where it has no hours.
    pub calendar: Option<&'a Hours>,
    /// Whether the calendar says what hours cannot, so that it is never written.
    pub left_out: bool,
    /// Who is right where both changed a part.
    pub wins: Wins,
    /// What was before it stays as it is.
    pub today: Date,
    /// What a person decided.
    pub decisions: &'a BTreeMap<Part, Decided>,
}

/// What a person decided about one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Whose text stands.
    pub decision: Decision,
    /// The text of that side when the conflict was found: a rule may have replaced it since.
    pub text: String,
}

/// What has to be done so that both sides agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What Zoom shall have.
    pub zoom: Hours,
    /// What the calendar shall have; `None`: it is left as it is.
    pub calendar: Option<Hours>,
    /// What is agreed once both have it.
    pub base: Agreed,
    /// What changes, in order of the parts.
    pub moves: Vec<Move>,
    /// What both sides changed.
    pub conflicts: Vec<PartConflict>,
    /// What the calendar should follow in, and cannot, because it is never written.
    pub refused: Vec<Part>,
}

/// One part that follows the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which.
    pub part: Part,
    /// Who follows.
    pub side: Side,
    /// Why, for a person.
    pub why: &'static str,
}

/// A side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Zoom.
    Zoom,
    /// The calendar.
    Calendar,
}

/// Both sides changed a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartConflict {
    /// Which.
    pub part: Part,
    /// What Zoom says.
    pub zoom: String,
    /// What the calendar says.
    pub calendar: String,
    /// Whether a rule decided already.
    pub standing: ConflictStanding,
}

/// Reconciles working hours.
#[must_use]
pub fn reconcile(three: Three<'_>) -> Plan {
    let Some(calendar) = three.calendar else {
        return write_anew(three);
    };
    let mut plan = Plan {
        zoom: three.zoom.clone(),
        calendar: None,
        base: three.base.cloned().unwrap_or_default(),
        moves: Vec::new(),
        conflicts: Vec::new(),
        refused: Vec::new(),
    };
    plan.base.dates.retain(|date, _| *date >= three.today);
    let mut written = calendar.clone();
    if !zone(&mut plan, &mut written, three, calendar) {
        return plan;
    }
    let emptied = emptied(three, calendar);
    let decided = three
        .decisions
        .get(&Part::Week)
        .map(|decided| decided.decision);
    if emptied && decided.is_none() {
        plan.conflicts.push(PartConflict {
            part: Part::Week,
            zoom: in_words(&three.zoom.week),
            calendar: in_words(&calendar.week),
            standing: ConflictStanding::Open,
        });
    }
    for part in parts(three, calendar) {
        let whole_week = decided.filter(|_| emptied);
        let verdict = match part {
            Part::Weekday(_) if emptied && whole_week.is_none() => Verdict::Waits,
            _ => judge(&mut plan, three, calendar, part, whole_week),
        };
        if let Verdict::Stands(said, why) = verdict {
            settle(&mut plan, &mut written, three, part, &said, why);
        }
    }
    if plan.moves.iter().any(|one| one.side == Side::Calendar) {
        plan.calendar = Some(written);
    }
    plan
}

/// The calendar has no hours: a first meeting, or somebody deleted them. Zoom's are written there,
/// and silence never empties Zoom.
fn write_anew(three: Three<'_>) -> Plan {
    // Nothing was ever agreed, and there still is nothing to say.
    let agreed = three.base.filter(|base| **base != Agreed::default());
    let nothing = is_empty(three.zoom, three.today) && agreed.is_none();
    let why = if three.base.is_some() {
        "the hours in the calendar were gone"
    } else {
        "the calendar had no hours yet"
    };
    let written = Move {
        part: Part::Week,
        side: Side::Calendar,
        why,
    };
    let ahead = Hours {
        overrides: ahead(&three.zoom.overrides, three.today),
        ..three.zoom.clone()
    };
    Plan {
        zoom: three.zoom.clone(),
        base: if nothing {
            Agreed::default()
        } else {
            Agreed::of(&ahead)
        },
        moves: if nothing { Vec::new() } else { vec![written] },
        calendar: (!nothing).then_some(ahead),
        conflicts: Vec::new(),
        refused: Vec::new(),
    }
}

/// Makes both sides, and what is agreed, say this.
fn settle(
    plan: &mut Plan,
    written: &mut Hours,
    three: Three<'_>,
    part: Part,
    said_by_both: &Said,
    why: &'static str,
) {
    let in_calendar = said(written, part);
    if in_calendar != *said_by_both && three.left_out {
        plan.refused.push(part);
        return;
    }
    for (side, hours) in [
        (Side::Zoom, &mut plan.zoom),
        (Side::Calendar, &mut *written),
    ] {
        if said(hours, part) != *said_by_both {
            put(hours, part, said_by_both);
            plan.moves.push(Move { part, side, why });
        }
    }
    plan.base.agree(part, said_by_both);
}

#[cfg(test)]
mod tests;
