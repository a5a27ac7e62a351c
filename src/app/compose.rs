//! Builds every adapter from the settings: the one place where their names meet.

mod calendars;
mod secrets;
mod zoom;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use calendars::address;
pub(super) use calendars::{Opened, open};
pub use secrets::{Secrets, one_secret};
pub(super) use secrets::{secret_of, used};
pub(super) use zoom::{account, event_tokens};
pub use zoom::{no_app, zoom_account, zoom_client};

use crate::adapters::zoom::{HostUser, ZoomClient};
use crate::domain::busy::Buffers;
use crate::domain::ids::HostName;
use crate::engine::{self, bookable};
use crate::plan::policy::{BusyPolicy, HoursPolicy};
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Error;
use crate::settings::resolved::{self, Settings};

use super::failure::Failure;
use super::named::Named;

/// A host and what its passes work on.
pub struct Wired {
    /// The host.
    pub name: HostName,
    /// Its bookings, where that flow is on.
    pub bookings: Option<WiredBookings>,
    /// Its busy time and hours. Where both flows are off, a pass only takes away what is left of
    /// them.
    pub bookable: WiredBookable,
}

/// The bookings of a host; or why what they need could not be prepared.
pub struct WiredBookings {
    /// The host.
    pub host: engine::Host,
    /// What its passes work on.
    pub sides: Result<engine::Sides, Error>,
}

/// The busy time and hours of a host.
pub struct WiredBookable {
    /// The host.
    pub host: bookable::Host,
    /// What its passes work on.
    pub sides: bookable::Sides,
}

/// Builds what the passes of every host work on. `base` is what they remember in; `kept` is the
/// state itself, which refreshed tokens go to even in a dry run.
///
/// # Errors
/// When the Zoom account cannot be prepared at all. What is wrong with one host stands with it.
pub fn wire(
    settings: &Settings,
    secrets: &Secrets,
    base: &Arc<dyn Base>,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Wired>, Failure> {
    let account = account(settings, secrets, kept, clock)?;
    let wiring = Wiring {
        settings,
        secrets,
        base,
        kept,
        clock,
    };
    let wired = settings.hosts.iter().map(|host| {
        // One client a host: what it learns of Zoom's rights and pace is learnt once.
        let zoom = Arc::new(account.host(HostUser::from_key(&host.zoom_user)));
        Wired {
            name: host.name.clone(),
            bookings: wiring.bookings(host, &zoom),
            bookable: wiring.bookable(host, &zoom),
        }
    });
    Ok(wired.collect())
}

/// What every adapter is built from.
struct Wiring<'a> {
    settings: &'a Settings,
    secrets: &'a Secrets,
    base: &'a Arc<dyn Base>,
    /// The state itself: tokens go there even in a dry run.
    kept: &'a Arc<dyn Base>,
    clock: &'a Arc<dyn Clock>,
}

impl Wiring<'_> {
    fn bookings(&self, host: &resolved::Host, zoom: &Arc<ZoomClient>) -> Option<WiredBookings> {
        let bookings = host.bookings.as_ref()?;
        let calendar = self.calendar(&bookings.calendar);
        let sides = calendar.map(|calendar| engine::Sides {
            zoom: zoom.clone(),
            calendar: Arc::new(Named::new(&bookings.calendar, calendar)),
            base: self.base.clone(),
            clock: self.clock.clone(),
        });
        Some(WiredBookings {
            host: engine::Host {
                name: host.name.clone(),
                calendar: bookings.calendar.clone(),
                place: self.whereabouts(&bookings.calendar),
                bookings: bookings.policy.clone(),
            },
            sides,
        })
    }

    fn bookable(&self, host: &resolved::Host, zoom: &Arc<ZoomClient>) -> WiredBookable {
        let from = host.busy.iter().flat_map(|busy| &busy.from);
        WiredBookable {
            host: bookable::Host {
                places: from
                    .clone()
                    .map(|name| (name.clone(), self.whereabouts(name)))
                    .collect(),
                ..bookable_host(host)
            },
            sides: bookable::Sides {
                sources: from.map(|name| (name.clone(), self.source(name))).collect(),
                zoom_calendar: zoom.clone(),
                availabilities: zoom.clone(),
                hours_calendar: host.hours.as_ref().map(|hours| self.hours(&hours.calendar)),
                base: self.base.clone(),
                clock: self.clock.clone(),
            },
        }
    }
}

/// What a host wants of busy time and hours, wherever the names of its calendars lead.
pub(super) fn bookable_host(host: &resolved::Host) -> bookable::Host {
    let busy = host.busy.as_ref();
    bookable::Host {
        name: host.name.clone(),
        busy: busy.map(|busy| busy_policy(busy, &host.emails)),
        hours: host.hours.as_ref().map(hours_policy),
        bookings: host.bookings.as_ref().map(|one| one.calendar.clone()),
        places: BTreeMap::new(),
        zone: local_zone(),
    }
}

fn busy_policy(busy: &resolved::Busy, emails: &[String]) -> BusyPolicy {
    BusyPolicy {
        from: busy.from.clone(),
        to: busy.to,
        future: busy.future,
        buffers: Buffers {
            before: busy.before,
            after: busy.after,
        },
        title: busy.title.clone(),
        emails: emails.to_vec(),
        replace_overrides: busy.replace_overrides,
    }
}

fn hours_policy(hours: &resolved::Hours) -> HoursPolicy {
    HoursPolicy {
        availability: hours.availability.clone(),
        calendar: hours.calendar.clone(),
        wins: hours.wins,
    }
}

/// The zone of this machine, by its IANA name.
fn local_zone() -> String {
    let zone = jiff::tz::TimeZone::system();
    zone.iana_name().unwrap_or("UTC").to_owned()
}
