//! What each day comes to, and the report of the pass.

use jiff::Timestamp;
use jiff::civil::Time;

use super::work::{Days, Work};
use crate::domain::time_span::TimeSpan;
use crate::engine::report::{DayReport, FlowReport, HostReport};
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

fn is_fine(flow: &FlowReport) -> bool {
    flow.failed == 0 && flow.held == 0 && flow.conflicts == 0 && flow.errors.is_empty()
}

impl Work<'_> {
    /// The report of the pass so far.
    pub(super) fn report(&self) -> HostReport {
        let (busy, worst) = self.tally.report();
        let (hours, also) = self.hours.report();
        let nothing = FlowReport::default();
        HostReport {
            ok: is_fine(&busy) && is_fine(&hours),
            actions: [&*busy.actions, &*hours.actions].concat(),
            errors: [&*busy.errors, &*hours.errors].concat(),
            worst: worst.join(also),
            busy: (self.host.busy.is_some() || busy != nothing).then_some(busy),
            hours: (self.host.hours.is_some() || hours != nothing).then_some(hours),
            ..HostReport::new(&self.host.name)
        }
    }
}
