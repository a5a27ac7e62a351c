//! Where a local time is read: a zone by its name, a zone of the object's own, or wherever the
//! viewer is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::content_line::ContentLine;
use super::super::time::{Length, Written};
use super::super::timezone;
use super::super::vtimezone::Clock;
use crate::domain::time_span::TimeSpan;

/// Rules that turn local times into instants.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// A zone that is known.
    Known(TimeZone),
    /// A `VTIMEZONE`. Its rules may follow one another, so they are asked for at each time.
    Own(Rc<Clock>),
}

/// The places that the `TZID`s of one object name. Each is looked up once.
#[derive(Debug)]
pub(super) struct Places<'a> {
    calendar: &'a Component,
    known: RefCell<BTreeMap<String, Option<Place>>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(calendar: &'a Component) -> Self {
        Self {
            calendar,
            known: RefCell::default(),
        }
    }

    /// The place that a `TZID` names.
    fn named(&self, tzid: &str) -> Result<Place, Broken> {
        let known = self.known.borrow().get(tzid).cloned();
        let place = known.unwrap_or_else(|| {
            let place = self.look_up(tzid);
            self.known
                .borrow_mut()
                .insert(tzid.to_owned(), place.clone());
            place
        });
        place.ok_or_else(|| Broken::new("its TZID is not known"))
    }

    /// What is kept brings a zone only where no name stands for it.
    fn look_up(&self, tzid: &str) -> Option<Place> {
        let mut zones = self
            .calendar
            .components()
            .filter(|component| component.is("VTIMEZONE"));
        match zones.find(|zone| zone.line("TZID").is_some_and(|line| line.value() == tzid)) {
            Some(zone) => Clock::read(zone).ok().map(|zone| Place::Own(Rc::new(zone))),
            None => timezone::by_name(tzid).map(Place::Known),
        }
    }
}

impl Place {
    /// The instant. A time that a clock change skips is read with the offset before it, one that
    /// comes twice is the first (RFC 5545 section 3.3.5), which jiff calls compatible.
    pub(super) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let zone = self.rules(local)?;
        zone.to_ambiguous_timestamp(local).compatible().ok()
    }

    /// The second instant of a local time that comes twice.
    pub(super) fn second(&self, local: DateTime) -> Option<Timestamp> {
        let times = self.rules(local)?.to_ambiguous_timestamp(local);
        let is_fold = matches!(times.offset(), jiff::tz::AmbiguousOffset::Fold { .. });
        is_fold.then(|| times.later().ok())?
    }

    /// What the clock on the wall shows.
    pub(super) fn local(&self, instant: Timestamp) -> DateTime {
        match self {
            Self::Known(zone) => zone.to_datetime(instant),
            Self::Own(clock) => {
                let near = TimeZone::UTC.to_datetime(instant);
                clock
                    .rules(near)
                    .map_or(near, |zone| zone.to_datetime(instant))
            }
        }
    }

    fn rules(&self, local: DateTime) -> Option<TimeZone> {
        match self {
            Self::Known(zone) => Some(zone.clone()),
            Self::Own(clock) => clock.rules(local),
        }
    }

    /// For so long from an instant on, at which the clock on the wall shows `local`: days by that
    /// clock, seconds as they pass (RFC 5545 section 3.3.6). `None` out of range.
    pub(super) fn span(
        &self,
        start: Timestamp,
        local: DateTime,
        length: Length,
    ) -> Option<TimeSpan> {
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
pub(super) struct Moment {
    pub(super) written: Written,
    pub(super) place: Place,
}

impl Moment {
    /// A value of a line; dates and times without a zone are read where `here` is.
    pub(super) fn read(
        value: &str,
        tzid: Option<&str>,
        places: &Places<'_>,
        here: &Place,
    ) -> Result<Self, Broken> {
        let written =
            Written::parse(value).ok_or_else(|| Broken::new("one of its times makes no sense"))?;
        let place = match (written, tzid) {
            (Written::Utc(_), _) => Place::Known(TimeZone::UTC),
            (Written::Local(_), Some(tzid)) => places.named(tzid)?,
            (Written::Date(_) | Written::Local(_), _) => here.clone(),
        };
        Ok(Self { written, place })
    }

    /// The only value of a line.
    pub(super) fn of_line(
        line: &ContentLine,
        places: &Places<'_>,
        here: &Place,
    ) -> Result<Self, Broken> {
        let tzid = line.parameter_value("TZID");
        Self::read(&line.value(), tzid.as_deref(), places, here)
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
        places: &Places<'_>,
    ) -> Option<TimeSpan> {
        let start = self.instant()?;
        if let Some(length) = Length::read(end.trim()) {
            return self.place.span(start, self.written.local(), length);
        }
        let end = Self::read(end, tzid, places, &self.place).ok()?;
        Some(TimeSpan {
            start,
            end: end.instant()?,
        })
    }
}
