//! One scenario: a Zoom account, a calendar, a state, people, and a history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slotbridge::adapters::memory::base::{CommitFault, MemoryBase};
use slotbridge::adapters::memory::calendar::{Keeping, MemoryCalendar, Tracking};
use slotbridge::adapters::memory::clock::MemoryClock;
use slotbridge::adapters::memory::fault::{Fault, Faults as _};
use slotbridge::adapters::memory::zoom::MemoryZoom;
use slotbridge::adapters::store::Overlay;
use slotbridge::domain::fingerprint::Fingerprint;
use slotbridge::domain::ids::{BookingId, CalendarName, HostName, Href};
use slotbridge::engine::report::HostReport;
use slotbridge::engine::{Host, Order, Sides, Silent, pass};
use slotbridge::plan::policy::{
    BookingsPolicy, CancelledInZoom, DeletedInCalendar, MovedInCalendar,
};
use slotbridge::ports::clock::Clock as _;

use super::chaos::Chaos;

pub struct World {
    pub rng: StdRng,
    pub clock: Arc<MemoryClock>,
    pub chaos: Arc<Chaos>,
    pub zoom: Arc<MemoryZoom>,
    pub calendar: Arc<MemoryCalendar>,
    pub base: Arc<MemoryBase>,
    pub host: Host,
    pub seen: History,
    /// Whether nothing goes wrong, and everybody books under a name of their own.
    pub fair: bool,
    /// Whether nobody acts any more.
    pub calm: bool,
    /// Entries deleted because of hints since the last whole pass.
    pub deleted_by_hints: usize,
    aloud: bool,
}

/// What people did, as far as the laws ask for it.
#[derive(Default)]
pub struct History {
    /// Bookings whose entry a person deleted or marked cancelled.
    pub withdrawn: BTreeSet<BookingId>,
    /// Own titles and `X-` lines, by the `UID` of the entry.
    pub own: BTreeMap<String, Own>,
    /// The last text written below the notes line, by either side, by booking.
    pub last_note: BTreeMap<BookingId, String>,
    /// Foreign objects as they were put there.
    pub foreign: BTreeMap<String, Vec<u8>>,
    /// Bookings that a new one took the place of.
    pub moved: BTreeMap<BookingId, BookingId>,
    /// Whether the state was ever lost.
    pub state_lost: bool,
    /// Whether the calendar was ever emptied by somebody.
    pub emptied: bool,
    /// Held actions that a person released since the last pass.
    pub released: usize,
    /// Whether a person ever released anything.
    pub ever_released: bool,
    /// The last entry that a person deleted: where, what it was, and its booking.
    pub deleted: Option<(Href, Vec<u8>, BookingId)>,
    counter: u64,
}

/// What a person made of an entry.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub title: Option<String>,
    pub x_line: Option<String>,
}

impl History {
    /// A text that occurs only once.
    pub fn text(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{kind} {}", self.counter)
    }
}

impl World {
    pub fn new(seed: u64, aloud: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let start: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let clock = Arc::new(MemoryClock::at(start));
        let chaos = Arc::new(Chaos::new(seed));
        let page = rng.random_range(1..6);
        let zoom = Arc::new(MemoryZoom::new(page, clock.clone(), chaos.clone()));
        let tracking = if rng.random_bool(0.7) {
            Tracking::Cursor
        } else {
            Tracking::Tags
        };
        let keeping = if rng.random_bool(0.5) {
            Keeping::Verbatim
        } else {
            Keeping::Rewritten
        };
        let calendar = Arc::new(MemoryCalendar::new(tracking, keeping));
        calendar.set_faults(chaos.clone());
        let faults = chaos.clone();
        let base = Arc::new(MemoryBase::with_hook(Box::new(move |_| {
            match faults.next("base") {
                Fault::None => CommitFault::None,
                Fault::Before(_) => CommitFault::Before,
                Fault::After(_) => CommitFault::After,
            }
        })));
        let host = Host {
            name: HostName::new("alice"),
            calendar: CalendarName::new("work"),
            place: Fingerprint::of(["here"]),
            bookings: policy(&mut rng),
        };
        let mut world = Self {
            rng,
            clock,
            chaos,
            zoom,
            calendar,
            base,
            host,
            seen: History::default(),
            fair: seed.is_multiple_of(4),
            calm: false,
            deleted_by_hints: 0,
            aloud,
        };
        world.tell(|world| {
            format!(
                "{:?} {tracking:?} {keeping:?} page {page}",
                world.host.bookings
            )
        });
        world
    }

    /// Some rounds of people doing things and passes going wrong.
    pub async fn live(&mut self) {
        for _ in 0..self.rng.random_range(1..8) {
            for _ in 0..self.rng.random_range(0..6) {
                self.somebody_acts();
            }
            let rate = if self.rng.random_bool(0.5) {
                self.rng.random_range(0..200)
            } else {
                0
            };
            let cut = self
                .rng
                .random_bool(0.4)
                .then(|| self.rng.random_range(0..60));
            if self.fair {
                if self.rng.random_bool(0.5) {
                    self.hear(0, None).await;
                }
                self.pass(0, None).await;
                self.clock.advance(SignedDuration::from_mins(5));
                continue;
            }
            self.calendar.set_missing(self.rng.random_bool(0.05));
            let lines = self.rng.random_range(0..4);
            let shortened = self.rng.random_bool(0.1).then_some(lines);
            self.calendar.cut_listings_at(shortened);
            if self.rng.random_bool(0.3) {
                self.hear(rate, cut).await;
            }
            self.pass(rate, cut).await;
            self.calendar.set_missing(false);
            self.calendar.cut_listings_at(None);
            let minutes = self.rng.random_range(1..30);
            self.clock.advance(SignedDuration::from_mins(minutes));
        }
    }

    /// One pass; `rate` of 1,000 calls fail and the power goes after `cut` calls.
    pub async fn pass(&mut self, rate: u64, cut: Option<u64>) -> HostReport {
        let cancelled = self.zoom.cancellations().len();
        let deleted = self.calendar.hrefs().len();
        let released = std::mem::take(&mut self.seen.released);
        let intrusion = self.somebody_intrudes();
        self.chaos.arm(rate, cut);
        let order = Order {
            full: self.rng.random_bool(0.1),
            ..Order::default()
        };
        let report = pass(&self.sides(), &self.host, &order, &Silent).await;
        self.deleted_by_hints = 0;
        let dead = self.chaos.is_dead();
        self.chaos.arm(0, None);
        self.chaos.let_out();
        self.after(intrusion);
        let cancelled = self.zoom.cancellations().len() - cancelled;
        assert!(
            cancelled <= 3 + released,
            "law 6: {cancelled} bookings cancelled in one pass"
        );
        let gone = deleted.saturating_sub(self.calendar.hrefs().len());
        let allowed = (deleted / 4).max(5) + released;
        assert!(
            gone <= allowed,
            "law 6: {gone} of {deleted} entries deleted in one pass"
        );
        self.tell(|_| {
            let actions: Vec<String> = report
                .actions
                .iter()
                .map(|done| format!("{} {} {} ({})", done.verb, done.side, done.id, done.why))
                .collect();
            let errors: Vec<String> = report
                .errors
                .iter()
                .map(|e| format!("{}: {}", e.doing, e.cause))
                .collect();
            format!("pass (rate {rate}, cut {cut:?}, dead {dead}): {actions:#?} {errors:#?}")
        });
        report
    }

    /// What a pass would do, without doing it.
    pub async fn plan(&self) -> HostReport {
        let mut sides = self.sides();
        sides.base = Arc::new(Overlay::new(sides.base));
        let order = Order {
            dry_run: true,
            ..Order::default()
        };
        pass(&sides, &self.host, &order, &Silent).await
    }

    pub fn sides(&self) -> Sides {
        Sides {
            zoom: self.zoom.clone(),
            calendar: self.calendar.clone(),
            base: self.base.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Writes both sides as they are now.
    pub fn writes(&self) -> u64 {
        self.zoom.writes() + self.calendar.write_count()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn tell(&mut self, words: impl FnOnce(&mut Self) -> String) {
        if self.aloud {
            let words = words(self);
            println!("{words}");
        }
    }
}

fn policy(rng: &mut StdRng) -> BookingsPolicy {
    BookingsPolicy {
        cancelled_in_zoom: if rng.random_bool(0.7) {
            CancelledInZoom::Delete
        } else {
            CancelledInZoom::Mark
        },
        deleted_in_calendar: match rng.random_range(0..10) {
            0..6 => DeletedInCalendar::Cancel,
            6..8 => DeletedInCalendar::Restore,
            _ => DeletedInCalendar::Hold,
        },
        moved_in_calendar: if rng.random_bool(0.7) {
            MovedInCalendar::Restore
        } else {
            MovedInCalendar::Keep
        },
        grace: if rng.random_bool(0.8) {
            Duration::ZERO
        } else {
            Duration::from_mins(20)
        },
        alarm: rng.random_bool(0.5).then(|| Duration::from_mins(10)),
        ..BookingsPolicy::default()
    }
}
