//! The availability: date overrides as they are, as they are to be, and one PATCH between.
//!
//! Zoom takes the list of overrides as a whole. What is remembered of it is written down before
//! the PATCH (`intended`) and after it (`before`): whichever of both a power cut leaves behind,
//! `plan::overrides::in_force` tells which list is there.

use tracing::Instrument as _;

use super::expanding::Wanted;
use super::work::{Days, Work};
use crate::domain::busy::Busy;
use crate::domain::hours::{Hours, Week};
use crate::domain::time_span::TimeSpan;
use crate::engine::acting::action;
use crate::engine::ledger::Batch;
use crate::plan::certainty::Certainty;
use crate::plan::overrides::{self, DayOff, Effect, Now, Plan, Remembered, Theirs};
use crate::ports::availability::{Availability, AvailabilityChange};
use crate::ports::error::{Error, Kind, Result};
pub(super) use others::leave_others;
pub(super) use state::are_there;
use state::{KIND, State, print, said};

/// What was written to another schedule.
mod others;
/// What is remembered.
mod state;
/// What is said and counted.
mod words;

/// What the person wants of the availability, and what is to be added to it.
pub(super) struct Schedule<'a> {
    work: &'a Work<'a>,
    days: &'a Days,
    found: Availability,
    segments: Vec<TimeSpan>,
    state: State,
    /// What of the state belongs to what is there now.
    in_force: Remembered,
    /// Zoom shows what we wrote last in times of its own: it is still ours, and no wish of anybody.
    rewritten: bool,
}

impl<'a> Schedule<'a> {
    /// Looks at what is there, and at what was written last.
    pub(super) fn open(work: &'a Work<'a>, days: &'a Days, found: Availability) -> Result<Self> {
        let state: Option<State> = work.records.only(KIND)?;
        let state = state.filter(|state| state.availability == found.id);
        let state = state.unwrap_or_else(|| State::new(found.id.clone()));
        let rewritten = state.is_rewritten(found.segments.as_deref());
        let segments = match &found.segments {
            Some(_) if rewritten => state.before.written.clone(),
            Some(segments) => segments.clone(),
            // Zoom does not show them: what we wrote, and what we saw then, is all that is known.
            None => state
                .intended
                .as_ref()
                .unwrap_or(&state.before)
                .written
                .clone(),
        };
        let in_force = match &state.intended {
            Some(intended) => overrides::in_force(&segments, &state.before, intended).clone(),
            None => state.before.clone(),
        };
        Ok(Self {
            work,
            days,
            found,
            segments,
            state,
            in_force,
            rewritten,
        })
    }

    fn now<'b>(&'b self, week: &'b Week) -> Now<'b> {
        Now {
            segments: &self.segments,
            week,
            zone: &self.days.zone,
        }
    }

    /// The person's hours as Zoom has them, without busy time.
    pub(super) fn person(&self, busy: &Busy) -> Hours {
        let theirs = overrides::theirs(self.now(&self.found.week), &self.in_force, busy);
        Hours {
            zone: self.days.name.clone(),
            week: self.found.week.clone(),
            overrides: theirs.days(&self.days.zone),
        }
    }

    /// What the person wants, with the hours that Zoom shall have in place of those it has.
    fn theirs(&self, busy: &Busy, shall: Option<&Hours>) -> Theirs {
        let theirs = overrides::theirs(self.now(&self.found.week), &self.in_force, busy);
        match shall {
            Some(hours) => theirs.with(&hours.overrides, &self.days.zone),
            None => theirs,
        }
    }

    /// The effect on each day, without writing anything: for where busy time goes elsewhere.
    pub(super) fn effects(&self, busy: &Busy, shall: Option<&Hours>) -> Vec<Effect> {
        let week = shall.map_or(&self.found.week, |hours| &hours.week);
        let now = self.now(week);
        let theirs = self.theirs(busy, shall);
        let (days, whole) = (self.days.dates(), Certainty::Whole);
        overrides::overrides(&theirs, now, busy, days, whole, DayOff::Empty).days
    }

    /// Writes what has to be there, in one PATCH, if anything differs; says whether the rest of the
    /// pass may rely on it, and the effect on each day.
    pub(super) async fn settle(
        mut self,
        wanted: &Wanted,
        shall: Option<&Hours>,
    ) -> Result<(bool, Vec<Effect>)> {
        let week = self.found.week.clone();
        let new_week = shall.map_or_else(|| week.clone(), |hours| hours.week.clone());
        let theirs = self.theirs(&wanted.busy, shall);
        let decide = |schedule: &Self, day_off| {
            let days = schedule.days.dates();
            let now = schedule.now(&new_week);
            overrides::overrides(&theirs, now, &wanted.busy, days, wanted.certainty, day_off)
        };
        let day_off = if self.state.no_empty {
            DayOff::OneMinute
        } else {
            DayOff::Empty
        };
        let mut plan = decide(&self, day_off);
        let week_is_ignored = self.is_week_ignored(&new_week);
        let again = self.rewritten && self.work.order.full;
        let change = |plan: &Plan| AvailabilityChange {
            week: (new_week != week && !week_is_ignored).then(|| new_week.clone()),
            segments: (plan.changed || again).then(|| plan.segments.clone()),
        };
        let mut asked = change(&plan);
        if asked == AvailabilityChange::default() {
            if week_is_ignored {
                self.say_other_week();
            } else {
                self.state.ignored_week = None;
            }
            if self.rewritten {
                self.say_ignored();
            } else {
                self.state.ignored = None;
            }
            let honoured = !week_is_ignored && !self.rewritten;
            self.unchanged(&plan).await?;
            return Ok((honoured, plan.days));
        }
        if asked.segments.is_some() && self.is_blind() {
            self.say_blind().await?;
            return Ok((false, plan.days));
        }
        if !self.is_as_it_was().await? {
            return Ok((false, plan.days));
        }
        let mut written = self.write(&plan, &asked).await;
        let has_empty = plan.segments.iter().any(|span| span.start == span.end);
        if let Err(error) = &written
            && error.kind() == Kind::Refused
            && has_empty
            && day_off == DayOff::Empty
        {
            self.state.no_empty = true;
            plan = decide(&self, DayOff::OneMinute);
            asked = change(&plan);
            written = self.write(&plan, &asked).await;
        }
        match written {
            Ok(()) => self.written(plan, &new_week).await,
            Err(error) if error.kind() == Kind::State => Err(error),
            Err(error) => {
                self.work.failed(&error);
                Ok((false, plan.days))
            }
        }
    }

    /// Whether a PATCH would replace overrides that nobody has seen: Zoom shows none, and nothing of
    /// ours, written when more was known, is there. Only the person can allow that.
    fn is_blind(&self) -> bool {
        let busy = self.work.host.busy.as_ref();
        let allowed = busy.is_some_and(|busy| busy.replace_overrides);
        self.found.segments.is_none() && !self.state.is_ours() && !allowed
    }

    /// Reading the sources may have taken minutes. A PATCH carries the whole list, and must not undo
    /// what the person did meanwhile.
    async fn is_as_it_was(&self) -> Result<bool> {
        if self.work.order.dry_run {
            return Ok(true);
        }
        let error = match super::schedule::again(self.work, &self.found).await {
            Ok(now) if is_same(&now, &self.found) => return Ok(true),
            Ok(_) => Error::new(Kind::Stale, "writing the availability in Zoom")
                .because("somebody changed it while busy time was read")
                .hint("nothing to do: the next pass takes that into account"),
            Err(error) if error.kind() == Kind::State => return Err(error),
            Err(error) => error,
        };
        self.work.failed(&error);
        Ok(false)
    }

    async fn unchanged(&mut self, plan: &Plan) -> Result<()> {
        let days = plan.remembered.days.len();
        self.work.tally.add(0, days as u64, 0);
        self.state.before = plan.remembered.clone();
        self.state.intended = None;
        self.remember().await
    }

    /// One PATCH, written down first.
    async fn write(&mut self, plan: &Plan, change: &AvailabilityChange) -> Result<()> {
        if self.work.order.dry_run {
            return Ok(());
        }
        // Only one of both is there: the other one is not needed any more.
        self.state.before = self.in_force.clone();
        self.state.intended = Some(plan.remembered.clone());
        self.remember().await?;
        let zoom = &self.work.sides.availabilities;
        let span = action("update", "zoom", &self.found.id);
        let change = zoom.change_availability(&self.found, change);
        change.instrument(span).await
    }

    /// Counts what was written, and looks at what Zoom made of it.
    async fn written(mut self, plan: Plan, week: &Week) -> Result<(bool, Vec<Effect>)> {
        self.count(&plan);
        if self.work.order.dry_run {
            return Ok((true, plan.days));
        }
        let again = super::schedule::again(self.work, &self.found).await;
        self.state.before = plan.remembered.clone();
        self.state.intended = None;
        self.state.ignored = None;
        self.state.ignored_week = None;
        let mut honoured = true;
        let shown = match again {
            Ok(again) => {
                if again.week != *week {
                    honoured = false;
                    self.state.ignored_week = Some((week.clone(), again.week));
                    self.say_other_week();
                }
                again.segments
            }
            Err(error) if error.kind() == Kind::State => return Err(error),
            Err(error) => {
                // It was taken; the next pass sees what became of it.
                self.work.failed(&error);
                self.remember().await?;
                return Ok((true, plan.days));
            }
        };
        match shown {
            Some(shown) => {
                self.state.hidden = false;
                if said(&shown) != said(&plan.segments) {
                    honoured = false;
                    self.state.ignored = Some((print(&plan.segments), print(&shown)));
                    self.say_ignored();
                }
            }
            None if plan.segments.is_empty() => {}
            None => {
                self.state.hidden = true;
                self.say_hidden();
            }
        }
        self.remember().await?;
        Ok((honoured, plan.days))
    }

    fn is_week_ignored(&self, asked: &Week) -> bool {
        let ignored = self.state.ignored_week.as_ref();
        let same = ignored
            .is_some_and(|(was_asked, shown)| was_asked == asked && *shown == self.found.week);
        same && !self.work.order.full
    }

    async fn remember(&self) -> Result<()> {
        let records = &self.work.records;
        let before: Option<State> = records.only(KIND)?;
        if before.as_ref() == Some(&self.state) {
            return Ok(());
        }
        let mut batch = Batch::default();
        records.put_only(&mut batch, KIND, &self.state);
        records.commit(batch).await
    }
}

/// Whether a schedule says what it said before.
fn is_same(now: &Availability, before: &Availability) -> bool {
    let segments = |one: &Availability| one.segments.as_deref().map(said);
    now.name == before.name
        && now.zone == before.zone
        && now.week == before.week
        && segments(now) == segments(before)
}
