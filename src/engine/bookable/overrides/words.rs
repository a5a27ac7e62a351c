//! What is said and counted of a PATCH.

use super::Schedule;
use crate::engine::bookable::choice;
use crate::engine::report::Trouble;
use crate::engine::tally::Count;
use crate::plan::overrides::Plan;
use crate::plan::policy::BusyTo;
use crate::ports::error::Result;

impl Schedule<'_> {
    pub(super) fn say_ignored(&self) {
        self.work.wrong(Trouble {
            doing: "writing the date overrides of the availability in Zoom".to_owned(),
            cause: "Zoom took them, but shows other ones since".to_owned(),
            hint: "look at the availability in Zoom Scheduler; `slotbridge sync --full` tries \
                   again, `to = \"zoom_calendar\"` needs none of them"
                .to_owned(),
        });
    }

    pub(super) fn say_other_week(&self) {
        self.work.wrong(Trouble {
            doing: "writing the weekly hours of the availability in Zoom".to_owned(),
            cause: "Zoom took them, but shows other ones since".to_owned(),
            hint: "look at the availability in Zoom Scheduler, and say in the calendar what it \
                   shows; `slotbridge sync --full` tries again"
                .to_owned(),
        });
    }

    /// Nothing is written, and why.
    pub(super) async fn say_blind(&self) -> Result<()> {
        let auto = self.work.host.busy.as_ref();
        let auto = auto.is_some_and(|busy| busy.to == BusyTo::Auto);
        let else_where = if auto {
            choice::not_here(self.work).await?;
            "give the app what it needs to write the Zoom calendar (`slotbridge status` says what \
             that is), which `to = \"auto\"` tries in each pass"
        } else {
            "set `to = \"zoom_calendar\"` in [host.busy], which needs no overrides"
        };
        self.work.wrong(Trouble {
            doing: "writing the date overrides of the availability in Zoom".to_owned(),
            cause: "Zoom does not show this app which overrides there are, and writing some would \
                    delete those that you made by hand: nothing was written"
                .to_owned(),
            hint: format!(
                "{else_where}; or, if you made none or can do without them, set \
                 `replace_overrides = true` in [host.busy]"
            ),
        });
        Ok(())
    }

    pub(super) fn say_hidden(&self) {
        let why = "Zoom does not show date overrides to this app: what slotbridge wrote is \
                   remembered, but overrides made by hand cannot be seen, and are replaced";
        self.work.tally.done("warn", "zoom", &self.found.id, why);
    }

    /// Counts the days that were touched, changed or given back.
    pub(super) fn count(&self, plan: &Plan) {
        let tally = &self.work.tally;
        let (old, new) = (&self.in_force.days, &plan.remembered.days);
        for (date, touched) in new {
            match old.get(date) {
                None => {
                    tally.count(Count::Created);
                    tally.done("create", "zoom", date, "busy in a calendar");
                }
                Some(before) if before != touched => {
                    tally.count(Count::Updated);
                    tally.done("update", "zoom", date, "other time is busy");
                }
                Some(_) => tally.count(Count::Unchanged),
            }
        }
        for date in old.keys().filter(|date| !new.contains_key(date)) {
            tally.count(Count::Deleted);
            tally.done("delete", "zoom", date, "busy in no calendar any more");
        }
    }
}
