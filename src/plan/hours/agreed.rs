//! What both sides last agreed, part by part.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::said::{Said, put_date};
use super::{Plan, Side};
use crate::domain::hours::{Day, Hours};
use crate::domain::part::Part;

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

    pub(super) fn day(&self, part: Part) -> Option<Day> {
        match part {
            Part::Weekday(day) => self.week.get(usize::from(day)).cloned().flatten(),
            Part::Date(_) | Part::Zone | Part::Week => None,
        }
    }

    pub(super) fn agree(&mut self, part: Part, said: &Said) {
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
