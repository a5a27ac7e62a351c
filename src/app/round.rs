//! One pass over all hosts: what `sync` prints, and what the daemon does each time it wakes.

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::Instrument;

use crate::domain::ids::HostName;
use crate::engine::report::{HostReport, Trouble, Worst};
use crate::engine::{self, BookingsSeen, Order, Progress};
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Error;

use super::compose::{Wired, WiredBookings};
use super::failure::Exit;
use super::status::LastPass;

/// How many hosts are worked on at once.
const AT_ONCE: usize = 4;

/// What a pass over all hosts did: the object of `sync --json` (CONTRACT section 9).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Round {
    /// The shape of this object.
    pub version: u32,
    /// Whether it only planned.
    pub dry_run: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// What it did for each host.
    pub hosts: Vec<HostReport>,
}

/// Makes what hears how far the pass of a host is.
pub type Hears<'a> = &'a (dyn Fn(&HostName) -> Box<dyn Progress> + Sync);

impl Round {
    /// Runs a pass for every host, some of them at once; the order of the reports is theirs.
    pub async fn run<'a>(
        wired: impl IntoIterator<Item = &'a Wired>,
        order: &Order,
        clock: &dyn Clock,
        hears: Hears<'_>,
    ) -> Self {
        let started = clock.now();
        let passes = wired.into_iter().map(|wired| one(wired, order, hears));
        let hosts = stream::iter(passes).buffered(AT_ONCE).collect().await;
        Self {
            version: 1,
            dry_run: order.dry_run,
            started,
            finished: clock.now(),
            hosts,
        }
    }

    /// Adds to every host what went wrong with the state before the pass: exit code 5, once.
    pub fn add_damage(&mut self, damage: &Trouble) {
        for host in &mut self.hosts {
            host.ok = false;
            host.worst.state = true;
            host.errors.insert(0, damage.clone());
        }
    }

    /// Remembers this pass for `status`.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn remember(&self, base: &dyn Base) -> Result<(), Error> {
        let changes = self
            .hosts
            .iter()
            .map(|host| LastPass::of(host, self.finished).change(&host.name));
        base.commit(changes.collect()).await
    }

    /// The exit code: what stops everything comes before what stops one item.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let worst: Vec<Worst> = self.hosts.iter().map(|host| host.worst).collect();
        Exit::of(&worst).unwrap_or(if self.hosts.iter().all(|host| host.ok) {
            Exit::Done
        } else {
            Exit::Attention
        })
    }
}

/// The bookings first: what they write into a calendar is known to be ours when busy time is read
/// from it.
async fn one(wired: &Wired, order: &Order, hears: Hears<'_>) -> HostReport {
    let span = tracing::info_span!("pass", host = %wired.name, dry_run = order.dry_run);
    let mut report = both(wired, order, hears).instrument(span).await;
    report.cut_short |= order.stop.asked();
    report
}

async fn both(wired: &Wired, order: &Order, hears: Hears<'_>) -> HostReport {
    let report = match &wired.bookings {
        Some(bookings) => of_bookings(bookings, order, hears).await,
        None => HostReport::new(&wired.name),
    };
    // Without a state, nothing goes on.
    if report.worst.state || order.stop.asked() {
        return report;
    }
    let bookable = &wired.bookable;
    let order = Order {
        bookings: if report.bookings_unread {
            BookingsSeen::NotAll
        } else {
            BookingsSeen::All
        },
        ..order.clone()
    };
    let other = engine::bookable::pass(&bookable.sides, &bookable.host, &order);
    report.join(other.await)
}

async fn of_bookings(wired: &WiredBookings, order: &Order, hears: Hears<'_>) -> HostReport {
    let host = &wired.host;
    let sides = match &wired.sides {
        Ok(sides) => sides,
        Err(error) => return failed(&host.name, error),
    };
    let progress = hears(&host.name);
    engine::pass(sides, host, order, progress.as_ref()).await
}

/// The report of a host whose sides could not even be prepared.
fn failed(name: &HostName, error: &Error) -> HostReport {
    HostReport::failed(name, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn host(ok: bool, worst: Worst) -> HostReport {
        HostReport {
            ok,
            worst,
            ..HostReport::new(&HostName::new("a"))
        }
    }

    #[rstest]
    #[case(true, (false, false, false), Exit::Done)]
    #[case(false, (false, false, false), Exit::Attention)]
    #[case(false, (false, true, false), Exit::Unreachable)]
    #[case(false, (true, true, false), Exit::Denied)]
    #[case(false, (true, true, true), Exit::State)]
    fn what_stops_everything_decides_the_exit_code(
        #[case] ok: bool,
        #[case] (denied, unreachable, state): (bool, bool, bool),
        #[case] exit: Exit,
    ) {
        let worst = Worst {
            denied,
            unreachable,
            state,
            ..Worst::default()
        };
        let round = Round {
            version: 1,
            dry_run: false,
            started: Timestamp::UNIX_EPOCH,
            finished: Timestamp::UNIX_EPOCH,
            hosts: vec![host(true, Worst::default()), host(ok, worst)],
        };
        assert_eq!(round.exit(), exit);
    }
}
