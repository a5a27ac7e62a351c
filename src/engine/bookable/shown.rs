//! Busy time and hours as the last pass knew them: read from what is kept, with no request to
//! anybody and nothing written.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::expanding::{Spans, aside};
use super::own::Bookings;
use super::reading::{OneSource, Reading, Said};
use super::records::{Records, Shelf};
use super::work::{Days, zone_of};
use super::{Host, blocks, hours, schedule};
use crate::domain::busy::Busy;
use crate::domain::hours::Hours;
use crate::domain::ids::{BookingId, CalendarName, Href};
use crate::domain::link::Link;
use crate::domain::time_span::TimeSpan;
use crate::domain::window::Window;
use crate::engine::BookingsSeen;
use crate::engine::ledger::Ledger;
use crate::plan::policy::BusyPolicy;
use crate::ports::base::Base;
use crate::ports::error::{Error, Kind, Result};

/// The host's busy time: what the sources say, with buffers, and every booking that stands.
/// `None` where that flow is off, or as long as a source was neither read nor found to be away.
///
/// # Errors
/// When the state cannot be read.
pub async fn busy(
    base: &dyn Base,
    host: &Host,
    bookings: Option<&Ledger<'_>>,
    now: Timestamp,
) -> Result<Option<Busy>> {
    let Some(policy) = &host.busy else {
        return Ok(None);
    };
    if !is_known(base, host, policy)? {
        return Ok(None);
    }
    let zone = zone(base, host)?;
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    let days = Days::new(now, policy.future, zone, &name);
    let found = of_sources(base, host, policy, &days).await?;
    // Whoever reads it elsewhere sees no note: time that may be busy must not look free there.
    if let Some(error) = found.in_part.into_iter().find_map(|part| part.fault) {
        return Err(error);
    }
    let mut all = found.all;
    if let Some(ledger) = bookings {
        of_bookings(ledger, &mut all).await?;
    }
    Ok(Some(within(&all, days.window)))
}

/// What sources say about a part of the days that are looked at.
#[derive(Clone, Debug)]
pub struct Between {
    /// When they are busy.
    pub busy: Busy,
    /// The days that are looked at at all.
    pub known: TimeSpan,
    /// The sources of which not everything could be told: there may be more busy time.
    pub in_part: Vec<CalendarName>,
}

/// What the sources alone say about a part of the days that are looked at, and which days those are.
/// A source that makes the program fail hides no other. `None` where that flow is off, or as long as a source was neither read nor found to be away.
///
/// # Errors
/// When the state cannot be read.
pub async fn busy_between(
    base: &dyn Base,
    host: &Host,
    asked: TimeSpan,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Between>> {
    let Some(policy) = &host.busy else {
        return Ok(None);
    };
    if !is_known(base, host, policy)? {
        return Ok(None);
    }
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    let mut days = Days::new(now, policy.future, zone.clone(), &name);
    let known = TimeSpan {
        start: days.window.from,
        end: days.window.to,
    };
    days.window.from = days.window.from.max(asked.start);
    days.window.to = days.window.to.min(asked.end);
    if days.window.from >= days.window.to {
        return Ok(Some(Between {
            known,
            busy: Busy::default(),
            in_part: Vec::new(),
        }));
    }
    let found = of_sources(base, host, policy, &days).await?;
    let in_part = found.in_part.into_iter().map(|part| part.name);
    Ok(Some(Between {
        known,
        busy: within(&found.all, days.window),
        in_part: in_part.collect(),
    }))
}

/// The zone that the host's clock shows, as far as a pass has learnt it.
///
/// # Errors
/// When the state cannot be read.
pub fn zone(base: &dyn Base, host: &Host) -> Result<TimeZone> {
    let name = schedule::last_zone_of(&Records::new(base, &host.name), host)?;
    Ok(zone_of(&name).unwrap_or(TimeZone::UTC))
}

/// The sources that were never read as a whole: there may be more busy time than is shown.
///
/// # Errors
/// When the state cannot be read.
pub fn never_whole(base: &dyn Base, host: &Host) -> Result<Vec<CalendarName>> {
    let records = Records::new(base, &host.name);
    let mut names = Vec::new();
    for name in host.busy.iter().flat_map(|policy| &policy.from) {
        if !records.shelf(name).state()?.whole {
            names.push(name.clone());
        }
    }
    Ok(names)
}

fn is_known(base: &dyn Base, host: &Host, policy: &BusyPolicy) -> Result<bool> {
    let records = Records::new(base, &host.name);
    for name in &policy.from {
        let state = records.shelf(name).state()?;
        if !state.whole && state.trouble.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn of_sources(
    base: &dyn Base,
    host: &Host,
    policy: &BusyPolicy,
    days: &Days,
) -> Result<Found> {
    let records = Records::new(base, &host.name);
    let mut all = Spans::default();
    let bookings = Bookings::of(base, host, BookingsSeen::All)?;
    let mut in_part = Vec::new();
    let echoes = Arc::new(blocks::last_echoes(&records, policy.buffers)?);
    for name in &policy.from {
        let reading = Reading::of(name, policy, days, Arc::clone(&echoes));
        let name = name.clone();
        match of_source(&bookings, &records.shelf(&name), reading, &mut all).await {
            Ok(false) => {}
            Ok(true) => in_part.push(Part { name, fault: None }),
            // One source hides no other.
            Err(error) if error.kind() == Kind::Malformed => {
                let fault = Some(error);
                in_part.push(Part { name, fault });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Found { all, in_part })
}

/// What all sources say.
struct Found {
    all: Spans,
    in_part: Vec<Part>,
}

/// A source of which not everything could be told.
struct Part {
    name: CalendarName,
    /// Why nothing more of it could be told, where the program failed.
    fault: Option<Error>,
}

fn within(all: &Spans, window: Window) -> Busy {
    let merged = all.merged();
    let inside = merged.spans().iter().copied();
    Busy::of(inside.filter(|span| window.shows(span.start, span.end)))
}

/// The working hours that both sides last agreed; `None` where that flow is off, or they never did.
///
/// # Errors
/// When the state cannot be read.
pub fn working_hours(base: &dyn Base, host: &Host, now: Timestamp) -> Result<Option<Hours>> {
    match &host.hours {
        Some(policy) => hours::agreed(&Records::new(base, &host.name), host, policy, now),
        None => Ok(None),
    }
}

/// What is gone from a source and still kept is busy: it is held. `true` where not everything of it
/// could be told.
async fn of_source(
    bookings: &Bookings<'_>,
    shelf: &Shelf<'_>,
    mut reading: Reading,
    all: &mut Spans,
) -> Result<bool> {
    let mut in_part = false;
    let mut after: Option<Href> = None;
    loop {
        let page = shelf.page(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            let OneSource { standing, lost, .. } = reading.found;
            all.extend(standing.merged().spans().iter().copied());
            let kept = lost.freed.into_iter().chain(lost.wanted);
            all.extend(kept.flat_map(|freed| freed.spans));
            return Ok(in_part);
        };
        after = Some(last.clone());
        let mut known = Vec::with_capacity(page.len());
        for (href, kept) in page {
            let own = bookings.own(&kept)?;
            known.push((href, kept, own));
        }
        reading = aside(move || reading.page(known)).await?;
        // The pass said all this; that something was wrong matters here, too.
        let mut said = reading.said.drain(..);
        in_part |= said.any(|said| matches!(said, Said::Wrong(_)));
        drop(said);
    }
}

async fn of_bookings(ledger: &Ledger<'_>, all: &mut Spans) -> Result<()> {
    let mut after: Option<BookingId> = None;
    loop {
        let links = ledger.links(after.as_ref())?;
        let Some(last) = links.last() else {
            return Ok(());
        };
        after = Some(last.booking.clone());
        let standing = links.iter().filter(|link| stands(link));
        all.extend(standing.map(|link| TimeSpan {
            start: link.start,
            end: link.end,
        }));
        tokio::task::yield_now().await;
    }
}

/// Whether the booking of a link stands, as far as the last pass knew.
pub(in crate::engine) fn stands(link: &Link) -> bool {
    use crate::domain::link::{Pending, Standing};
    let is_gone = matches!(link.pending, Some(Pending::Gone { .. }));
    match link.standing {
        Standing::Live => true,
        Standing::Marked => false,
        // Left alone without its entry: the booking stands. With it: the booking is gone, and a
        // person kept the entry.
        Standing::LeftAlone => is_gone,
    }
}
