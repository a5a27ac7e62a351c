//! Which text of a part stands, and which parts there are.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::said::{Said, is_empty, is_off, read, said, words};
use super::{Move, PartConflict, Plan, Side, Three};
use crate::domain::hours::Hours;
use crate::domain::part::Part;
use crate::domain::waiting::{ConflictStanding, Decision};
use crate::plan::merge::{Merged, merge_values};
use crate::plan::policy::Wins;

/// Which text of a part stands.
pub(super) enum Verdict {
    /// This one, on both sides.
    Stands(Said, &'static str),
    /// Each its own, until a person decides.
    Waits,
}

/// Reconciles the zone; says whether the rest may go on.
pub(super) fn zone(
    plan: &mut Plan,
    written: &mut Hours,
    three: Three<'_>,
    calendar: &Hours,
) -> bool {
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
pub(super) fn emptied(three: Three<'_>, calendar: &Hours) -> bool {
    let had_hours = three.base.is_some_and(|base| {
        base.week
            .iter()
            .any(|day| day.as_ref().is_some_and(|day| !day.is_off()))
    });
    had_hours && is_off(&three.zoom.week) != is_off(&calendar.week)
}

/// The days of the usual week, and every date from today on about which anybody says anything.
pub(super) fn parts(three: Three<'_>, calendar: &Hours) -> Vec<Part> {
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
pub(super) fn judge(
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
