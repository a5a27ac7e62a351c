//! One scenario of busy time: two sources, a sink, a state, people, and a history; and the laws.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slotbridge::adapters::memory::availability::{ById, EmptySegments, MemoryAvailability};
use slotbridge::adapters::memory::base::{CommitFault, MemoryBase};
use slotbridge::adapters::memory::calendar::Tracking;
use slotbridge::adapters::memory::clock::MemoryClock;
use slotbridge::adapters::memory::fault::{Fault, Faults as _};
use slotbridge::adapters::memory::source::{MemorySource, Sight};
use slotbridge::adapters::memory::zoom_calendar::{Access, MemoryZoomCalendar};
use slotbridge::adapters::store::Overlay;
use slotbridge::domain::busy::{Buffers, Busy};
use slotbridge::domain::hours::{Day, Minute, Segment, Week};
use slotbridge::domain::ids::{AvailabilityId, CalendarName, HostName, Href};
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::engine::bookable::{Host, Sides, pass};
use slotbridge::engine::report::HostReport;
use slotbridge::engine::{Order, ledger, waiting};
use slotbridge::plan::policy::{BusyPolicy, BusyTo};
use slotbridge::ports::availability::Availability;
use slotbridge::ports::base::Base;
use slotbridge::ports::clock::Clock as _;

use super::chaos::Chaos;

const DAYS: i64 = 10;
const ID: &str = "a1";

struct World {
    rng: StdRng,
    clock: Arc<MemoryClock>,
    chaos: Arc<Chaos>,
    sources: Vec<Arc<MemorySource>>,
    /// What stands in the sources: when it is busy.
    events: BTreeMap<(usize, Href), Vec<TimeSpan>>,
    zoom: Arc<MemoryZoomCalendar>,
    availability: Arc<MemoryAvailability>,
    base: Arc<MemoryBase>,
    host: Host,
    /// Whether a person kept time busy whose events are gone.
    kept: bool,
    /// Whether faults are over and all is to settle.
    calm: bool,
    counter: u64,
    aloud: bool,
}

/// Plays one scenario.
pub async fn play(seed: u64, aloud: bool) {
    let mut world = World::new(seed, aloud);
    for _ in 0..world.rng.random_range(1..7) {
        for _ in 0..world.rng.random_range(0..6) {
            world.somebody_acts().await;
        }
        let rough = world.rng.random_bool(0.5);
        let rate = if rough {
            world.rng.random_range(0..200)
        } else {
            0
        };
        let cut = world.rng.random_bool(0.4);
        let cut = cut.then(|| world.rng.random_range(0..50));
        world.pass(rate, cut).await;
        let minutes = world.rng.random_range(1..400);
        world.clock.advance(SignedDuration::from_mins(minutes));
    }
    world.settled().await;
    world.check();
    world.no_catastrophe().await;
}

impl World {
    fn new(seed: u64, aloud: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let start: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        let chaos = Arc::new(Chaos::new(seed));
        let to = [BusyTo::ZoomCalendar, BusyTo::Availability, BusyTo::Auto][rng.random_range(0..3)];
        let access = if to == BusyTo::Auto && rng.random_bool(0.5) {
            Access::Undiscovered
        } else {
            Access::Full
        };
        let mut source = |chaos: &Arc<Chaos>| {
            let tracking = if rng.random_bool(0.5) {
                Tracking::Cursor
            } else {
                Tracking::Tags
            };
            let sight = if rng.random_bool(0.5) {
                Sight::Near
            } else {
                Sight::Everything
            };
            let source = MemorySource::new(tracking, sight);
            source.set_faults(chaos.clone());
            Arc::new(source)
        };
        let sources = vec![source(&chaos), source(&chaos)];
        let availability = MemoryAvailability::new(ById::Seen, EmptySegments::Taken, chaos.clone());
        availability.put(schedule());
        let faults = chaos.clone();
        let base = MemoryBase::with_hook(Box::new(move |_| match faults.next("base") {
            Fault::None => CommitFault::None,
            Fault::Before(_) => CommitFault::Before,
            Fault::After(_) => CommitFault::After,
        }));
        let minutes = if rng.random_bool(0.3) { 15 } else { 0 };
        Self {
            clock: Arc::new(MemoryClock::at(start)),
            zoom: Arc::new(MemoryZoomCalendar::new(access, chaos.clone())),
            availability: Arc::new(availability),
            base: Arc::new(base),
            host: Host {
                name: HostName::new("alice"),
                busy: Some(BusyPolicy {
                    from: vec![CalendarName::new("s0"), CalendarName::new("s1")],
                    to,
                    future: Duration::from_hours(24 * DAYS.unsigned_abs()),
                    buffers: Buffers {
                        before: Duration::from_mins(minutes),
                        after: Duration::from_mins(minutes),
                    },
                    title: "Busy".to_owned(),
                    emails: Vec::new(),
                    replace_overrides: false,
                }),
                hours: None,
                bookings: None,
                places: BTreeMap::new(),
                zone: "UTC".to_owned(),
            },
            events: BTreeMap::new(),
            sources,
            chaos,
            rng,
            kept: false,
            calm: false,
            counter: 0,
            aloud,
        }
    }

    async fn somebody_acts(&mut self) {
        let what = self.rng.random_range(0..20);
        if self.aloud {
            println!("somebody does {what}");
        }
        match what {
            0..9 => self.add(),
            9..12 => self.remove(),
            12 => self.empty(),
            13 => self.meddle(),
            14 => self.zoom.expire_tokens(),
            15 => self.sources[self.rng.random_range(0..2)].expire_cursors(),
            16 => {
                // An override whose busy time changed since stays until its day is over.
                self.kept = true;
                self.base.restore(&MemoryBase::new().snapshot());
            }
            17 => ledger::forget_positions(self.base.as_ref())
                .await
                .unwrap_or_default(),
            _ => self.answer().await,
        }
    }

    /// An event, or a daily series.
    fn add(&mut self) {
        self.counter += 1;
        let source = self.rng.random_range(0..2);
        let hours = self.rng.random_range(0..24 * DAYS);
        let start = self
            .clock
            .now()
            .checked_add(SignedDuration::from_hours(hours))
            .unwrap();
        let minutes = self.rng.random_range(5..200);
        let count = if self.rng.random_bool(0.2) {
            self.rng.random_range(2..5)
        } else {
            1
        };
        let end = start
            .checked_add(SignedDuration::from_mins(minutes))
            .unwrap();
        let spans: Vec<TimeSpan> = (0..count)
            .map(|day| {
                let by = SignedDuration::from_hours(24 * day);
                TimeSpan {
                    start: start.checked_add(by).unwrap(),
                    end: end.checked_add(by).unwrap(),
                }
            })
            .collect();
        let at = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{}@x\r\nDTSTAMP:20261101T000000Z\r\n\
             DTSTART:{}\r\nDTEND:{}\r\nRRULE:FREQ=DAILY;COUNT={count}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            self.counter,
            at(start),
            at(end)
        );
        let href = Href::new(format!("e{}.ics", self.counter));
        self.sources[source].put(&href, text.as_bytes());
        self.events.insert((source, href), spans);
    }

    fn remove(&mut self) {
        let all: Vec<(usize, Href)> = self.events.keys().cloned().collect();
        if !all.is_empty() {
            let (source, href) = all[self.rng.random_range(0..all.len())].clone();
            self.sources[source].remove(&href);
            self.events.remove(&(source, href));
        }
    }

    fn empty(&mut self) {
        let source = self.rng.random_range(0..2);
        self.sources[source].clear();
        self.events.retain(|(other, _), _| *other != source);
    }

    /// A person deletes or edits a block, or adds an event of their own, in Zoom.
    fn meddle(&mut self) {
        let blocks = self.zoom.standing();
        if blocks.is_empty() {
            return;
        }
        let block = &blocks[self.rng.random_range(0..blocks.len())];
        match self.rng.random_range(0..4) {
            0 => self.zoom.remove(&block.id),
            1 => self.zoom.edit(&block.id, |block| block.intact = false),
            2 => self.zoom.untag(&block.id),
            _ => drop(self.zoom.add_foreign(block.span.unwrap())),
        }
    }

    /// A person says what is to become of something that is held.
    async fn answer(&mut self) {
        let scopes = [(&self.host.name, None)];
        let held = waiting::held(self.base.as_ref(), &scopes).unwrap();
        for held in held {
            if self.rng.random_bool(0.5) {
                drop(waiting::release(self.base.as_ref(), &scopes, &held.id).await);
            } else {
                self.kept = true;
                drop(waiting::drop_held(self.base.as_ref(), &scopes, &held.id).await);
            }
        }
    }

    async fn pass(&mut self, rate: u64, cut: Option<u64>) -> HostReport {
        self.chaos.arm(rate, cut);
        let order = Order {
            // While all settles, what faults made `auto` choose is tried again.
            full: self.calm || self.rng.random_bool(0.1),
            ..Order::default()
        };
        let report = pass(&self.sides(self.base.clone()), &self.host, &order).await;
        self.chaos.arm(0, None);
        if self.aloud {
            println!(
                "pass (rate {rate}, cut {cut:?}): {:#?} {:#?}",
                report.actions, report.errors
            );
        }
        report
    }

    fn sides(&self, base: Arc<dyn Base>) -> Sides {
        let mut sides = Sides {
            sources: Vec::new(),
            zoom_calendar: self.zoom.clone(),
            availabilities: self.availability.clone(),
            hours_calendar: None,
            base,
            clock: self.clock.clone(),
        };
        for (number, source) in self.sources.iter().enumerate() {
            let name = CalendarName::new(format!("s{number}"));
            sides.sources.push((name, Ok(source.clone())));
        }
        sides
    }

    fn writes(&self) -> u64 {
        self.zoom.writes() + self.availability.changes().len() as u64
    }

    /// Law 1: after passes without faults the next plan is empty. Law 3: the next pass writes nothing.
    async fn settled(&mut self) {
        // At midnight the window moves on, and another day has to be written.
        let today = self.clock.now().as_second().rem_euclid(86_400);
        if today > 20 * 3_600 {
            self.clock.advance(SignedDuration::from_hours(6));
        }
        self.calm = true;
        self.pass(0, None).await;
        self.calm = false;
        for _ in 0..4 {
            self.pass(0, None).await;
            self.clock.advance(SignedDuration::from_mins(5));
        }
        let order = Order {
            dry_run: true,
            ..Order::default()
        };
        let overlay = Arc::new(Overlay::new(self.base.clone()));
        let plan = pass(&self.sides(overlay), &self.host, &order).await;
        assert!(plan.actions.is_empty(), "law 1: {:?}", plan.actions);
        let before = self.writes();
        let report = self.pass(0, None).await;
        assert_eq!(self.writes(), before, "law 3: {:?}", report.actions);
        assert_eq!(report.busy.unwrap().failed, 0, "{:?}", report.errors);
    }

    /// Everything that is busy in a source, inside the window.
    fn wanted(&self) -> Busy {
        let buffers = self.host.busy.as_ref().unwrap().buffers;
        let days = |time: Timestamp| time.as_second().div_euclid(86_400);
        let today = days(self.clock.now());
        let (from, to) = (today * 86_400, (today + DAYS + 1) * 86_400);
        let spans = self
            .events
            .values()
            .flatten()
            .map(|span| buffers.around(*span));
        let all = Busy::of(spans);
        let inside = all.spans().iter().copied();
        Busy::of(inside.filter(|s| s.end.as_second() > from && s.start.as_second() < to))
    }

    /// Laws 2, 5 and 7: no busy time is open; nothing else is closed, unless it is held or a person
    /// wants it so; no block stands twice.
    fn check(&self) {
        let wanted = self.wanted();
        let held = waiting::held(self.base.as_ref(), &[(&self.host.name, None)]).unwrap();
        let exact = held.is_empty() && !self.kept;
        let today = self.clock.now().as_second().div_euclid(86_400);
        let open = self.open(today, today + DAYS + 1);
        for span in open.spans() {
            let free = wanted.cut_out_of(*span);
            assert_eq!(free, [*span], "law 2: {span:?} is busy and can be booked");
        }
        if !exact {
            return;
        }
        for date in today..=today + DAYS {
            for hours in weekly(date) {
                let bookable = wanted.cut_out_of(hours);
                let lost: Vec<TimeSpan> = bookable
                    .into_iter()
                    .flat_map(|span| open.cut_out_of(span))
                    .collect();
                assert!(
                    lost.is_empty(),
                    "law 2: {lost:?} is free and cannot be booked"
                );
            }
        }
        let blocks = self.zoom.standing();
        let spans: Vec<TimeSpan> = blocks.iter().filter_map(|block| block.span).collect();
        assert_eq!(
            Busy::of(spans.iter().copied()).spans().len(),
            spans.len(),
            "law 7: {spans:?}"
        );
    }

    /// What can be booked on these days, by what stands in Zoom.
    fn open(&self, from: i64, to: i64) -> Busy {
        let schedule = self.availability.get(&AvailabilityId::new(ID)).unwrap();
        let segments = schedule.segments.unwrap_or_default();
        let blocks = self.zoom.standing();
        let blocked = Busy::of(blocks.iter().filter_map(|block| block.span));
        let mut open = Vec::new();
        for date in from..to {
            let day = day(date);
            let touching: Vec<TimeSpan> = segments
                .iter()
                .filter(|s| s.overlaps(&day) || (s.start == s.end && s.start == day.start))
                .copied()
                .collect();
            let hours = if touching.is_empty() {
                weekly(date)
            } else {
                touching
            };
            open.extend(hours.into_iter().flat_map(|span| blocked.cut_out_of(span)));
        }
        Busy::of(open)
    }

    /// Law 6: a source that is suddenly empty opens nothing.
    async fn no_catastrophe(&mut self) {
        for _ in 0..3 {
            self.add();
        }
        self.pass(0, None).await;
        self.pass(0, None).await;
        let today = self.clock.now().as_second().div_euclid(86_400);
        let before = self.open(today, today + DAYS + 1);
        for source in &self.sources {
            source.clear();
        }
        self.pass(0, None).await;
        let after = self.open(today, today + DAYS + 1);
        let opened: Vec<TimeSpan> = after
            .spans()
            .iter()
            .flat_map(|span| before.cut_out_of(*span))
            .collect();
        // One event alone may go without a word.
        let inside = |spans: &[TimeSpan]| {
            let reach = |span: &TimeSpan| self.host.busy.as_ref().unwrap().buffers.around(*span);
            let (from, to) = (day(today).start, day(today + DAYS).end);
            spans
                .iter()
                .map(reach)
                .any(|span| span.end > from && span.start < to)
        };
        let count = |source: usize| {
            let own = self
                .events
                .iter()
                .filter(|((other, _), _)| *other == source);
            own.filter(|(_, spans)| inside(spans)).count()
        };
        let alone = count(0) == 1 || count(1) == 1;
        assert!(opened.is_empty() || alone, "law 6: {opened:?} was opened");
    }
}

fn day(date: i64) -> TimeSpan {
    let at = |date: i64| Timestamp::from_second(date * 86_400).unwrap();
    TimeSpan {
        start: at(date),
        end: at(date + 1),
    }
}

/// Eight to eighteen on every day.
fn weekly(date: i64) -> Vec<TimeSpan> {
    let at = |hour: i64| Timestamp::from_second(date * 86_400 + hour * 3600).unwrap();
    vec![TimeSpan {
        start: at(8),
        end: at(18),
    }]
}

fn schedule() -> Availability {
    let at = |hour: u16| Minute::new(hour * 60).unwrap();
    let open = Day::of([Segment {
        start: at(8),
        end: at(18),
    }]);
    Availability {
        id: AvailabilityId::new(ID),
        name: "Working hours".to_owned(),
        default: true,
        zone: "UTC".to_owned(),
        week: Week(std::array::from_fn(|_| open.clone())),
        segments: Some(Vec::new()),
    }
}
