//! Makes the usual week another one: slots that still hold stay, some on fewer or more days.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::broken::Broken;
use super::super::super::component::{Document, Item};
use super::super::layer::Placed;
use super::super::sheet::Sheet;
use super::super::slot::Repeats;
use super::super::write::{Pen, mark_of, set_days};
use super::{at_mut, without};
use crate::domain::hours::{Day, Segment, Week};

/// Makes the usual week another one: slots that still hold stay, some on fewer or more days.
pub(super) fn edit_week(
    document: &mut Document,
    sheet: &Sheet,
    old: &Week,
    new: &Week,
    pen: &Pen<'_>,
) -> Result<(), Broken> {
    let Some(base) = at_mut(document, sheet.base) else {
        return Ok(());
    };
    let day = |week: &Week, day: usize| week.0.get(day).cloned().unwrap_or_default();
    let holds = |(at, segment): &(usize, Segment)| {
        day(old, *at) == day(new, *at) || day(new, *at).segments().contains(segment)
    };
    let weekly = sheet
        .slots
        .iter()
        .filter(|placed| matches!(placed.slot.repeats, Repeats::Weekly(_)));
    let mut kept: Vec<(&Placed, Vec<usize>)> = weekly
        .map(|placed| {
            let days = placed.slot.weekdays().into_iter();
            let days = days.filter(|day| placed.opens(*day).iter().all(holds));
            (placed, days.collect())
        })
        .collect();
    let uid = base.text("UID").unwrap_or_default();
    let mut added = Vec::new();
    for (segment, days) in missing(&kept, new) {
        match kept.iter_mut().find(|(placed, _)| is_just(placed, segment)) {
            Some((_, of)) => {
                of.extend(days);
                of.sort_unstable();
            }
            None => added.push(pen.weekly(segment, &days, &mark_of(&uid))?),
        }
    }
    for (placed, days) in &kept {
        if let Some(Item::Component(slot)) = base.items.get_mut(placed.item)
            && *days != placed.slot.weekdays()
            && !days.is_empty()
        {
            set_days(slot, &placed.slot, days);
            pen.mark(slot);
        }
    }
    let gone = kept.iter().filter(|(_, days)| days.is_empty());
    let gone: BTreeSet<usize> = gone.map(|(placed, _)| placed.item).collect();
    without(&mut base.items, &gone);
    base.items.extend(added);
    pen.mark(base);
    Ok(())
}

/// The segments of the usual week that no slot says, with their days.
fn missing(kept: &[(&Placed, Vec<usize>)], new: &Week) -> BTreeMap<Segment, Vec<usize>> {
    let mut said: [Vec<Segment>; 7] = Default::default();
    for (placed, days) in kept {
        for (day, segment) in days.iter().flat_map(|day| placed.opens(*day)) {
            if let Some(day) = said.get_mut(day) {
                day.push(segment);
            }
        }
    }
    let mut missing: BTreeMap<Segment, Vec<usize>> = BTreeMap::new();
    for (index, (day, said)) in new.0.iter().zip(said).enumerate() {
        let said = Day::of(said);
        for wanted in day.segments() {
            let holds = |part: &Segment| part.start <= wanted.start && wanted.end <= part.end;
            if !said.segments().iter().any(holds) {
                missing.entry(*wanted).or_default().push(index);
            }
        }
    }
    missing
}

/// Whether a slot is just this segment of its days, so that another day can be added to it.
fn is_just(placed: &Placed, segment: Segment) -> bool {
    placed.slot.without.is_empty()
        && placed.ahead == 0
        && placed
            .slot
            .weekdays()
            .iter()
            .all(|day| placed.opens(*day) == [(*day, segment)])
}
