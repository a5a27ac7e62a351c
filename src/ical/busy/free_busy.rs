//! The periods of a `VFREEBUSY` (RFC 5545 section 3.6.4).

use jiff::tz::TimeZone;

use super::super::broken::Broken;
use super::super::component::Component;
use super::place::{Moment, Place, Places};
use super::series::push_period;
use super::{Occurrences, Viewer};

/// Adds the busy periods of a calendar. `strip` has left out the free ones.
pub(super) fn expand(
    calendar: &Component,
    viewer: &Viewer<'_>,
    out: &mut Occurrences,
) -> Result<(), Broken> {
    let here = Place::Known(TimeZone::UTC);
    let places = Places::of(calendar);
    let answers = calendar.components().filter(|one| one.is("VFREEBUSY"));
    for line in answers.flat_map(Component::lines) {
        for value in line.value().split(',') {
            let (start, end) = value.split_once('/').unwrap_or((value, ""));
            let start = Moment::read(start, None, &places, &here)?;
            push_period(start.until(end, None, &places), viewer, out);
        }
    }
    Ok(())
}
