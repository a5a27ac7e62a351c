//! Where a local time is read: a zone by its name, a zone of the object's own, or wherever the
//! viewer is.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::{Length, Written};
use super::super::{timezone, vtimezone};
use crate::domain::time_span::TimeSpan;

/// Rules that turn local times into instants.
#[derive(Clone, Debug)]
pub(super) enum Place<'a> {
    /// A zone that is known.
    Known(TimeZone),
    /// A `VTIMEZONE`. Its rules may follow one another, so they are asked for at each time.
    Own(&'a Component),
}

impl<'a> Place<'a> {
    /// The place that a `TZID` names.
    pub(super) fn of(tzid: &str, calendar: &'a Component) -> Result<Self, Broken> {
        if let Some(zone) = timezone::by_name(tzid) {
            return Ok(Self::Known(zone));
        }
        calendar
            .components()
            .filter(|component| component.is("VTIMEZONE"))
            .find(|zone| zone.line("TZID").is_some_and(|line| line.value() == tzid))
            .map(Self::Own)
            .ok_or_else(|| Broken::new("its TZID is not known"))
    }

    /// The instant. A time that a clock change skips is read with the offset before it, one that
    /// comes twice is the first (RFC 5545 section 3.3.5), which jiff calls compatible.
    pub(super) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self {
            Self::Known(zone) => zone.to_ambiguous_timestamp(local).compatible().ok(),
            Self::Own(zone) => {
                let zone = vtimezone::rules(zone, local)?;
                zone.to_ambiguous_timestamp(local).compatible().ok()
            }
        }
    }

    /// What the clock on the wall shows.
    pub(super) fn local(&self, instant: Timestamp) -> DateTime {
        match self {
            Self::Known(zone) => zone.to_datetime(instant),
            Self::Own(zone) => {
                let near = TimeZone::UTC.to_datetime(instant);
                vtimezone::rules(zone, near).map_or(near, |zone| zone.to_datetime(instant))
            }
        }
    }

    /// From a local time on, for so long: days by the clock on the wall, seconds as they pass
    /// (RFC 5545 section 3.3.6). `None` out of range.
    pub(super) fn span(&self, local: DateTime, length: Length) -> Option<TimeSpan> {
        let start = self.instant(local)?;
        let days = jiff::Span::new().try_days(length.days).ok()?;
        let base = if length.days == 0 {
            start
        } else {
            self.instant(local.checked_add(days).ok()?)?
        };
        let end = base
            .checked_add(SignedDuration::from_secs(length.seconds))
            .ok()?;
        Some(TimeSpan { start, end })
    }
}

/// A DATE or DATE-TIME with its place.
#[derive(Clone, Debug)]
pub(super) struct Moment<'a> {
    pub(super) written: Written,
    pub(super) place: Place<'a>,
}

impl<'a> Moment<'a> {
    /// A value of a line; dates and times without a zone are read where `here` is.
    pub(super) fn read(
        value: &str,
        tzid: Option<&str>,
        calendar: &'a Component,
        here: &Place<'a>,
    ) -> Result<Self, Broken> {
        let written =
            Written::parse(value).ok_or_else(|| Broken::new("one of its times makes no sense"))?;
        let place = match (written, tzid) {
            (Written::Utc(_), _) => Place::Known(TimeZone::UTC),
            (Written::Local(_), Some(tzid)) => Place::of(tzid, calendar)?,
            (Written::Date(_) | Written::Local(_), _) => here.clone(),
        };
        Ok(Self { written, place })
    }

    /// The only value of a line.
    pub(super) fn of_line(
        line: &ContentLine,
        calendar: &'a Component,
        here: &Place<'a>,
    ) -> Result<Self, Broken> {
        let tzid = line.parameter_value("TZID");
        Self::read(&line.value(), tzid.as_deref(), calendar, here)
    }

    pub(super) fn instant(&self) -> Option<Timestamp> {
        self.place.instant(self.written.local())
    }

    pub(super) fn is_date(&self) -> bool {
        matches!(self.written, Written::Date(_))
    }

    /// The span of a PERIOD value: from here to another moment, or for a length (RFC 5545 section
    /// 3.3.9).
    pub(super) fn until(
        &self,
        end: &str,
        tzid: Option<&str>,
        calendar: &'a Component,
    ) -> Option<TimeSpan> {
        if let Some(length) = Length::read(end.trim()) {
            return self.place.span(self.written.local(), length);
        }
        let end = Self::read(end, tzid, calendar, &self.place).ok()?;
        Some(TimeSpan {
            start: self.instant()?,
            end: end.instant()?,
        })
    }
}
