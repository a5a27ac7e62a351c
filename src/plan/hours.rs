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

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::merge::{Merged, merge_values};
use super::policy::Wins;
use crate::domain::hours::{Day, Hours, Minute, Segment, Week};
use crate::domain::part::Part;
use crate::domain::waiting::{ConflictStanding, Decision};

/// What both sides last agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// The zone, where it was agreed.
    pub zone: Option<String>,
    /// The days of the usual week that were agreed, Monday first.
    pub week: [Option<Day>; 7],
    /// Dates that differ from it; all others are as usual.
    pub dates: BTreeMap<Date, Day>,
}

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

/// What a side says about a day: hours, or (`None`, for a date) as usual.
type Said = Option<Day>;

/// Which text of a part stands.
enum Verdict {
    /// This one, on both sides.
    Stands(Said, &'static str),
    /// Each its own, until a person decides.
    Waits,
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

/// Reconciles the zone; says whether the rest may go on.
fn zone(plan: &mut Plan, written: &mut Hours, three: Three<'_>, calendar: &Hours) -> bool {
    let base = three.base.and_then(|base| base.zone.as_ref());
    let merged = merge_values(base, &three.zoom.zone, &calendar.zone);
    let standing = match (merged, three.wins) {
        (Merged::Same | Merged::ZoomChanged, _) => None,
        (Merged::Unknown, _) if is_empty(calendar, three.today) => None,
        (Merged::Unknown | Merged::BothChanged, Wins::Zoom) => Some(ConflictStanding::Settled),
        // Zoom's hours are in Zoom's zone: it is changed there, by a person.
        (Merged::Unknown | Merged::BothChanged, Wins::Calendar | Wins::Hold)
        | (Merged::CalendarChanged, _) => Some(ConflictStanding::Open),
    };
    let decided = three
        .decisions
        .get(&Part::Zone)
        .is_some_and(|decided| decided.decision == Decision::KeepZoom);
    if let Some(standing) = standing.filter(|_| !decided) {
        plan.conflicts.push(PartConflict {
            part: Part::Zone,
            zoom: three.zoom.zone.clone(),
            calendar: calendar.zone.clone(),
            standing,
        });
        if standing == ConflictStanding::Open {
            return false;
        }
    }
    if three.zoom.zone != calendar.zone {
        if three.left_out {
            plan.refused.push(Part::Zone);
            return false;
        }
        plan.moves.push(Move {
            part: Part::Zone,
            side: Side::Calendar,
            why: "the time zone is that of Zoom",
        });
        written.zone.clone_from(&three.zoom.zone);
    }
    plan.base.zone = Some(three.zoom.zone.clone());
    true
}

/// Whether a usual week that had hours has none on one side only.
fn emptied(three: Three<'_>, calendar: &Hours) -> bool {
    let had_hours = three.base.is_some_and(|base| {
        base.week
            .iter()
            .any(|day| day.as_ref().is_some_and(|day| !day.is_off()))
    });
    had_hours && is_off(&three.zoom.week) != is_off(&calendar.week)
}

/// The days of the usual week, and every date from today on about which anybody says anything.
fn parts(three: Three<'_>, calendar: &Hours) -> Vec<Part> {
    let base = three.base.into_iter().flat_map(|base| base.dates.keys());
    let zoom = three.zoom.overrides.keys();
    let dates: BTreeSet<Date> = base
        .chain(zoom)
        .chain(calendar.overrides.keys())
        .copied()
        .filter(|date| *date >= three.today)
        .collect();
    let week = (0..7).map(Part::Weekday);
    week.chain(dates.into_iter().map(Part::Date)).collect()
}

/// Which text of a part stands. A conflict is recorded.
fn judge(
    plan: &mut Plan,
    three: Three<'_>,
    calendar: &Hours,
    part: Part,
    whole_week: Option<Decision>,
) -> Verdict {
    let zoom = said(three.zoom, part);
    let there = said(calendar, part);
    let base = match part {
        Part::Date(date) => Some(three.base.and_then(|base| base.dates.get(&date)).cloned()),
        _ => three.base.and_then(|base| base.day(part)).map(Some),
    };
    let merged = merge_values(base.as_ref(), &zoom, &there);
    let whole_week = whole_week.filter(|_| matches!(part, Part::Weekday(_)));
    let decided = three.decisions.get(&part);
    let decision = decided.map(|decided| decided.decision).or(whole_week);
    match (merged, decision) {
        // A rule decided at once, and a person thinks otherwise.
        (Merged::Same, Some(_)) => {
            let said = decided.and_then(|decided| read(part, &decided.text));
            Verdict::Stands(said.unwrap_or(zoom), "as was decided")
        }
        (Merged::Same, None) => Verdict::Stands(zoom, ""),
        (_, Some(Decision::KeepZoom)) => Verdict::Stands(zoom, "as was decided"),
        (_, Some(Decision::KeepCalendar)) => Verdict::Stands(there, "as was decided"),
        (Merged::ZoomChanged, None) => Verdict::Stands(zoom, "changed in Zoom"),
        (Merged::CalendarChanged, None) => Verdict::Stands(there, "changed in the calendar"),
        (Merged::Unknown, None) if is_empty(calendar, three.today) => {
            Verdict::Stands(zoom, "the calendar had no hours yet")
        }
        (Merged::Unknown, None) if is_empty(three.zoom, three.today) => {
            Verdict::Stands(there, "Zoom had no hours yet")
        }
        (Merged::Unknown | Merged::BothChanged, None) => {
            let (verdict, standing) = match three.wins {
                Wins::Zoom if three.left_out => (Verdict::Waits, None),
                Wins::Zoom => (
                    Verdict::Stands(zoom.clone(), "changed on both sides; Zoom wins"),
                    Some(ConflictStanding::Settled),
                ),
                Wins::Calendar => (
                    Verdict::Stands(there.clone(), "changed on both sides; the calendar wins"),
                    Some(ConflictStanding::Settled),
                ),
                Wins::Hold => (Verdict::Waits, Some(ConflictStanding::Open)),
            };
            match standing {
                Some(standing) => plan.conflicts.push(PartConflict {
                    part,
                    zoom: words(zoom.as_ref()),
                    calendar: words(there.as_ref()),
                    standing,
                }),
                None => plan.refused.push(part),
            }
            verdict
        }
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

fn said(hours: &Hours, part: Part) -> Said {
    match part {
        Part::Weekday(day) => hours.week.0.get(usize::from(day)).cloned(),
        Part::Date(date) => hours.overrides.get(&date).cloned(),
        Part::Zone | Part::Week => None,
    }
}

fn put(hours: &mut Hours, part: Part, said: &Said) {
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

fn put_date(dates: &mut BTreeMap<Date, Day>, date: Date, said: &Said) {
    match said {
        Some(day) => dates.insert(date, day.clone()),
        None => dates.remove(&date),
    };
}

impl Plan {
    /// What is agreed when some side could not be written: what it lacks stays as it was agreed
    /// before, and so is still to be done.
    #[must_use]
    pub fn agreed_without(&self, lacking: &[Side], before: Option<&Agreed>) -> Agreed {
        let mut agreed = self.base.clone();
        let moves = self.moves.iter().filter(|one| lacking.contains(&one.side));
        for part in moves.map(|one| one.part) {
            match part {
                // The week stands for everything that is written anew.
                Part::Week => return before.cloned().unwrap_or_default(),
                Part::Zone => agreed.zone = before.and_then(|before| before.zone.clone()),
                Part::Weekday(_) => agreed.agree(part, &before.and_then(|base| base.day(part))),
                Part::Date(date) => {
                    let day = before.and_then(|before| before.dates.get(&date));
                    agreed.agree(part, &day.cloned());
                }
            }
        }
        agreed
    }
}

impl Agreed {
    /// All of these hours.
    #[must_use]
    pub fn of(hours: &Hours) -> Self {
        Self {
            zone: Some(hours.zone.clone()),
            week: hours.week.0.clone().map(Some),
            dates: hours.overrides.clone(),
        }
    }

    fn day(&self, part: Part) -> Option<Day> {
        match part {
            Part::Weekday(day) => self.week.get(usize::from(day)).cloned().flatten(),
            Part::Date(_) | Part::Zone | Part::Week => None,
        }
    }

    fn agree(&mut self, part: Part, said: &Said) {
        match part {
            Part::Weekday(day) => {
                if let Some(place) = self.week.get_mut(usize::from(day)) {
                    place.clone_from(said);
                }
            }
            Part::Date(date) => put_date(&mut self.dates, date, said),
            Part::Zone | Part::Week => {}
        }
    }
}

fn ahead(dates: &BTreeMap<Date, Day>, today: Date) -> BTreeMap<Date, Day> {
    let dates = dates.iter().filter(|(date, _)| **date >= today);
    dates.map(|(date, day)| (*date, day.clone())).collect()
}

/// Whether hours say nothing: no hour in the week, no date to come.
fn is_empty(hours: &Hours, today: Date) -> bool {
    is_off(&hours.week) && hours.overrides.keys().all(|date| *date < today)
}

fn is_off(week: &Week) -> bool {
    week.0.iter().all(Day::is_off)
}

/// A day in words.
fn words(said: Option<&Day>) -> String {
    said.map_or_else(|| "as usual".to_owned(), Day::to_string)
}

/// Reads a day in words; `None` where they are none.
fn read(part: Part, text: &str) -> Option<Said> {
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
fn in_words(week: &Week) -> String {
    let days = week.0.iter().zip(0..7);
    let lines: Vec<String> = days
        .map(|(day, index)| format!("{} {day}", Part::Weekday(index)))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
