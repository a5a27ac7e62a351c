//! One event component: when it begins, how long it takes, whether it blocks.
//!
//! # How long an occurrence takes
//! RFC 5545 section 3.8.5.3 wants the *exact* duration of the first occurrence for all of them where
//! `DTEND` is written. Taken by the letter, a night shift from 22:00 to 06:00 would end at 05:00 or
//! 07:00 in the nights in which the clock changes. No calendar program shows it so, and nobody who
//! enters it means it: with both ends on one clock, each occurrence ends when that clock shows what
//! it showed at the first end. So it is done here, too, for times of one zone, floating times and
//! dates.
//!
//! | written | each occurrence lasts |
//! |---|---|
//! | `DTEND` on the same clock as `DTSTART` | to that time of the clock |
//! | `DTEND` in another zone, or in UTC | as many seconds as the first one |
//! | `DURATION` | its days by the clock, its hours, minutes and seconds as they pass (section 3.3.6) |
//!
//! Where a change of the clock swallows an occurrence whole, because it begins in the hour that is
//! skipped, it lasts as many seconds as the clock would have counted.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::super::broken::Broken;
use super::super::component::Component;
use super::super::time::{Length, Written};
use super::Viewer;
use super::place::{Moment, Place, Places};
use super::strip::{DECLINED, digest};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time_span::TimeSpan;

/// An event component.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) start: DateTime,
    /// Whether it begins and ends with whole days.
    pub(super) whole_days: bool,
    /// Whether its times have no zone (RFC 5545 section 3.3.5, form 1).
    pub(super) floating: bool,
    pub(super) place: Place,
    pub(super) blocks: bool,
    ends: Ends,
    lasting: Lasting,
}

/// Where its end was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    InOrder,
    BeforeItBegins,
}

/// How long an occurrence takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasting {
    /// Until the clock on the wall has gone on by so much.
    Wall(SignedDuration),
    Passing(Length),
}

impl Event {
    pub(super) fn read(
        component: &Component,
        places: &Places<'_>,
        viewer: &Viewer<'_>,
    ) -> Result<Self, Broken> {
        let line = component
            .line("DTSTART")
            .ok_or_else(|| Broken::new("its event has no DTSTART"))?;
        let here = Place::Known(viewer.zone.clone());
        let start = Moment::of_line(line, places, &here)?;
        let zone = line.parameter_value("TZID");
        let mut is_backwards = false;
        let lasting = if let Some(line) = component.line("DTEND") {
            let end = Moment::of_line(line, places, &here)?;
            let same_zone = zone == line.parameter_value("TZID");
            between(&start, &end, same_zone, &mut is_backwards)?
        } else if let Some(line) = component.line("DURATION") {
            let length = Length::read(line.value().trim());
            Lasting::Passing(length.ok_or_else(|| Broken::new("its DURATION makes no sense"))?)
        } else {
            Lasting::Passing(Length {
                days: i64::from(start.is_date()),
                seconds: 0,
            })
        };
        Ok(Self {
            start: start.written.local(),
            whole_days: start.is_date(),
            floating: matches!(start.written, Written::Local(_)) && zone.is_none(),
            place: start.place,
            blocks: blocks(component, viewer.emails),
            ends: if is_backwards {
                Ends::BeforeItBegins
            } else {
                Ends::InOrder
            },
            lasting,
        })
    }

    /// An occurrence that begins at a local time.
    pub(super) fn at(&self, local: DateTime) -> Option<TimeSpan> {
        self.from(self.place.instant(local)?, local)
    }

    /// An occurrence that begins at an instant, at which the clock shows `local`.
    pub(super) fn from(&self, start: Timestamp, local: DateTime) -> Option<TimeSpan> {
        match self.lasting {
            Lasting::Passing(length) => self.place.span(start, local, length),
            Lasting::Wall(wall) => {
                let end = self.place.instant(local.checked_add(wall).ok()?)?;
                let end = if end > start {
                    end
                } else {
                    start.checked_add(wall).ok()?
                };
                Some(TimeSpan { start, end })
            }
        }
    }

    /// At least as long as it lasts.
    pub(super) fn lasts(&self) -> SignedDuration {
        let day = SignedDuration::from_hours(24);
        match self.lasting {
            Lasting::Wall(wall) => wall.saturating_add(day),
            Lasting::Passing(Length { days, seconds }) => {
                let days = days.saturating_add(1).saturating_mul(24);
                SignedDuration::from_hours(days.min(100_000_000))
                    .saturating_add(SignedDuration::from_secs(seconds))
            }
        }
    }

    /// Whether its end was written before its start.
    pub(super) fn is_backwards(&self) -> bool {
        self.ends == Ends::BeforeItBegins
    }

    /// Whether its occurrences block, and for how long is not nothing.
    pub(super) fn takes_time(&self) -> bool {
        self.blocks
            && match self.lasting {
                Lasting::Wall(wall) => wall.is_positive(),
                Lasting::Passing(length) => length.days > 0 || length.seconds > 0,
            }
    }
}

/// The length between two moments. A time that ends before it begins ends when the clock shows that end
/// again: somebody wrote the day of the beginning behind the end of a night.
fn between(
    start: &Moment,
    end: &Moment,
    same_zone: bool,
    is_backwards: &mut bool,
) -> Result<Lasting, Broken> {
    let one_clock = match (start.written, end.written) {
        (Written::Date(_), Written::Date(_)) | (Written::Utc(_), Written::Utc(_)) => true,
        (Written::Local(_), Written::Local(_)) => same_zone,
        _ => false,
    };
    if one_clock {
        let wall = end.written.local().duration_since(start.written.local());
        // Whole days that end when they begin, or before, are forbidden (RFC 5545 section 3.6.1)
        // and written all the same: one day is meant.
        if start.is_date() {
            return Ok(Lasting::Wall(wall.max(SignedDuration::from_hours(24))));
        }
        *is_backwards = wall.is_negative();
        return Ok(Lasting::Wall(forwards(wall)));
    }
    let out_of_range = || Broken::new("its time is out of range");
    let start = start.instant().ok_or_else(out_of_range)?;
    let end = end.instant().ok_or_else(out_of_range)?;
    let passing = end.duration_since(start);
    *is_backwards = passing.is_negative();
    Ok(Lasting::Passing(Length {
        days: 0,
        seconds: forwards(passing).as_secs(),
    }))
}

/// A length that is less than nothing, on the next day on which it is more.
pub(super) fn forwards(length: SignedDuration) -> SignedDuration {
    let day = 24 * 60 * 60;
    match length.as_secs() {
        seconds if seconds >= 0 => length,
        seconds if seconds % day == 0 => SignedDuration::from_secs(day),
        seconds => SignedDuration::from_secs(seconds.rem_euclid(day)),
    }
}

/// Whether a component takes time: `strip` has already put everything but invitations into
/// `TRANSP`.
fn blocks(component: &Component, emails: &[String]) -> bool {
    if component.line("TRANSP").is_some() {
        return false;
    }
    let mut declined = component.lines().filter_map(|line| {
        if line.is(DECLINED) {
            return Fingerprint::parse(line.value().trim());
        }
        // What was kept before there were digests.
        line.is("ATTENDEE")
            .then(|| digest(line.value().trim_start_matches("mailto:")))
    });
    !declined.any(|who| emails.iter().any(|email| digest(email) == who))
}
