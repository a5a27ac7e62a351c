//! What each day comes to, and the report of the pass.

use jiff::Timestamp;
use jiff::civil::Time;

use super::work::{Days, Work};
use crate::domain::time_span::TimeSpan;
use crate::engine::report::{DayReport, HostReport, Trouble};
use crate::plan::overrides::{self, Effect};

impl Days {
    /// The days that are looked at.
    pub(super) fn dates(&self) -> overrides::Days {
        let date = |time: Timestamp| time.to_zoned(self.zone.clone()).date();
        overrides::Days {
            from: date(self.window.from),
            to: date(self.window.to),
        }
    }

    /// A day in words.
    pub(super) fn report(&self, effect: &Effect) -> DayReport {
        let words = |spans: &[TimeSpan]| spans.iter().map(|span| self.words(*span)).collect();
        DayReport {
            date: effect.date.to_string(),
            hours: words(&effect.hours),
            busy: words(&effect.busy),
            bookable: words(&effect.bookable),
        }
    }

    /// `09:00-12:00` on the wall clock; midnight at its end is `24:00`.
    fn words(&self, span: TimeSpan) -> String {
        let at = |time: Timestamp| time.to_zoned(self.zone.clone());
        let (start, end) = (at(span.start), at(span.end));
        let to = if end.time() == Time::midnight() && end.date() > start.date() {
            "24:00".to_owned()
        } else {
            end.strftime("%H:%M").to_string()
        };
        format!("{}-{to}", start.strftime("%H:%M"))
    }
}

impl Work<'_> {
    /// The report of the pass so far.
    pub(super) fn report(&self) -> HostReport {
        let (busy, worst) = self.tally.report();
        let (hours, also) = self.hours.report();
        // A call that both flows need is one failure of the host.
        let shared = |trouble: &&Trouble| !busy.errors.contains(trouble);
        let of_hours = hours.errors.iter().filter(shared).cloned();
        HostReport {
            ok: busy.is_well() && hours.is_well(),
            actions: [&*busy.actions, &*hours.actions].concat(),
            errors: busy.errors.iter().cloned().chain(of_hours).collect(),
            worst: worst.join(also),
            busy: self.host.busy.is_some().then_some(busy),
            hours: self.host.hours.is_some().then_some(hours),
            ..HostReport::new(&self.host.name)
        }
    }
}
