//! One event component: when it begins, how long it takes, whether it blocks.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::time::{Length, Written};
use super::Viewer;
use super::place::{Moment, Place};
use crate::domain::time_span::TimeSpan;

/// An event component.
#[derive(Clone, Debug)]
pub(super) struct Event<'a> {
    pub(super) start: DateTime,
    /// Whether it begins and ends with whole days.
    pub(super) whole_days: bool,
    /// Whether its times have no zone (RFC 5545 section 3.3.5, form 1).
    pub(super) floating: bool,
    pub(super) place: Place<'a>,
    pub(super) length: Length,
    pub(super) blocks: bool,
}

impl<'a> Event<'a> {
    pub(super) fn read(
        component: &Component,
        calendar: &'a Component,
        viewer: &Viewer<'_>,
    ) -> Result<Self, Broken> {
        let line = component
            .line("DTSTART")
            .ok_or_else(|| Broken::new("its event has no DTSTART"))?;
        let here = Place::Known(viewer.zone.clone());
        let start = Moment::of_line(line, calendar, &here)?;
        let zone = line.parameter_value("TZID");
        let length = if let Some(line) = component.line("DTEND") {
            let end = Moment::of_line(line, calendar, &here)?;
            between(&start, &end, zone == line.parameter_value("TZID"))?
        } else if let Some(line) = component.line("DURATION") {
            Length::read(line.value().trim())
                .ok_or_else(|| Broken::new("its DURATION makes no sense"))?
        } else {
            Length {
                days: i64::from(start.is_date()),
                seconds: 0,
            }
        };
        Ok(Self {
            start: start.written.local(),
            whole_days: start.is_date(),
            floating: matches!(start.written, Written::Local(_)) && zone.is_none(),
            place: start.place,
            length,
            blocks: blocks(component, viewer.emails),
        })
    }

    /// An occurrence that begins at a local time.
    pub(super) fn at(&self, local: DateTime) -> Option<TimeSpan> {
        self.place.span(local, self.length)
    }
}

/// The length between two moments. From midnight to midnight of one zone are whole days, also when
/// a day has 23 hours; else time counts as it passes (RFC 5545 section 3.8.5.3).
fn between(start: &Moment<'_>, end: &Moment<'_>, same_zone: bool) -> Result<Length, Broken> {
    let (from, to) = (start.written.local(), end.written.local());
    let midnight = from.time() == Time::midnight() && to.time() == Time::midnight();
    let same_kind = matches!(
        (start.written, end.written),
        (Written::Date(_), Written::Date(_))
            | (Written::Local(_), Written::Local(_))
            | (Written::Utc(_), Written::Utc(_))
    );
    let out_of_range = || Broken::new("its time is out of range");
    if midnight && same_kind && same_zone {
        let days = TimeZone::UTC
            .to_timestamp(to)
            .and_then(|to| Ok(to.duration_since(TimeZone::UTC.to_timestamp(from)?)))
            .map_err(|_| out_of_range())?;
        // Whole days that end when they begin, or before, are forbidden (RFC 5545 section 3.6.1)
        // and written all the same: one day is meant.
        let least = i64::from(start.is_date());
        return Ok(Length {
            days: days.as_hours().div_euclid(24).max(least),
            seconds: 0,
        });
    }
    let start = start.instant().ok_or_else(out_of_range)?;
    let end = end.instant().ok_or_else(out_of_range)?;
    Ok(Length {
        days: 0,
        seconds: end.duration_since(start).as_secs().max(0),
    })
}

/// Whether a component takes time: `strip` has already put everything but invitations into
/// `TRANSP`.
fn blocks(component: &Component, emails: &[String]) -> bool {
    if component.line("TRANSP").is_some() {
        return false;
    }
    let declined = component.lines().filter(|line| line.is("ATTENDEE"));
    let mut declined = declined.map(|line| line.value().trim_start_matches("mailto:").to_owned());
    !declined.any(|who| emails.iter().any(|email| same_email(email, &who)))
}

fn same_email(configured: &str, stripped: &str) -> bool {
    configured.trim().to_lowercase() == stripped
}
