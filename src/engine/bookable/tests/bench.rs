//! A host with one or more sources, a Zoom calendar, an availability and a state, all of which
//! fail where they are told to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::adapters::memory::availability::{ById, EmptySegments, MemoryAvailability};
use crate::adapters::memory::base::{CommitFault, MemoryBase};
use crate::adapters::memory::calendar::Tracking;
use crate::adapters::memory::clock::MemoryClock;
use crate::adapters::memory::fault::{Fault, Faults};
use crate::adapters::memory::hours::MemoryHours;
use crate::adapters::memory::source::{MemorySource, Sight};
use crate::adapters::memory::zoom_calendar::{Access, MemoryZoomCalendar};
use crate::adapters::store::Overlay;
use crate::domain::busy::Buffers;
use crate::domain::hours::{Day, Minute, Segment, Week};
use crate::domain::ids::{AvailabilityId, CalendarName, HostName, Href};
use crate::domain::time_span::TimeSpan;
use crate::domain::waiting::Held;
use crate::engine::bookable::records::Records;
use crate::engine::bookable::{Host, Sides, pass};
use crate::engine::report::HostReport;
use crate::engine::{Order, waiting};
use crate::plan::policy::{BusyPolicy, BusyTo};
use crate::ports::availability::Availability;
use crate::ports::base::Base;
use crate::ports::error::Kind;
use crate::ports::hours::HoursCalendar;
use crate::ports::source::Source;

pub(super) const ALICE: &str = "alice";
pub(super) const WORK: &str = "work";
pub(super) const FAMILY: &str = "family";

/// Fails one call, by its number; or every call from one on, as when the power goes.
pub(super) struct Script {
    calls: AtomicU64,
    fault: Mutex<Option<(u64, Fault)>>,
    cut: AtomicU64,
    away: Mutex<Option<(&'static str, Kind)>>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            calls: AtomicU64::new(0),
            fault: Mutex::default(),
            cut: AtomicU64::new(u64::MAX),
            away: Mutex::default(),
        }
    }
}

impl Script {
    pub(super) fn arm(&self, fault: Option<(u64, Fault)>, cut: Option<u64>) {
        self.calls.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = fault;
        self.cut.store(cut.unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Calls whose name begins so fail from now on.
    pub(super) fn away(&self, away: Option<(&'static str, Kind)>) {
        *self.away.lock().unwrap() = away;
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Faults for Script {
    fn next(&self, call: &str) -> Fault {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let cut = self.cut.load(Ordering::SeqCst);
        if number > cut {
            return Fault::Before(Kind::Unreachable);
        }
        if number == cut {
            // Done or not: both happen.
            return if cut.is_multiple_of(2) {
                Fault::After(Kind::Unreachable)
            } else {
                Fault::Before(Kind::Unreachable)
            };
        }
        if let Some((name, kind)) = *self.away.lock().unwrap()
            && call.starts_with(name)
        {
            return Fault::Before(kind);
        }
        match *self.fault.lock().unwrap() {
            Some((at, fault)) if at == number => fault,
            _ => Fault::None,
        }
    }
}

pub(super) struct Bench {
    pub(super) clock: Arc<MemoryClock>,
    pub(super) script: Arc<Script>,
    pub(super) work: Arc<MemorySource>,
    pub(super) family: Arc<MemorySource>,
    pub(super) zoom: Arc<MemoryZoomCalendar>,
    pub(super) availability: Arc<MemoryAvailability>,
    pub(super) hours: Arc<MemoryHours>,
    pub(super) base: Arc<MemoryBase>,
    pub(super) host: Host,
}

impl Bench {
    pub(super) fn new(to: BusyTo) -> Self {
        Self::with(to, Access::Full, EmptySegments::Taken)
    }

    pub(super) fn with(to: BusyTo, access: Access, empty: EmptySegments) -> Self {
        let script = Arc::new(Script::default());
        let faults: Arc<dyn Faults> = script.clone();
        let work = Arc::new(MemorySource::new(Tracking::Cursor, Sight::Near));
        let family = Arc::new(MemorySource::new(Tracking::Tags, Sight::Everything));
        work.set_faults(faults.clone());
        let commits = script.clone();
        let base = MemoryBase::with_hook(Box::new(move |_| match commits.next("base") {
            Fault::None => CommitFault::None,
            Fault::Before(_) => CommitFault::Before,
            Fault::After(_) => CommitFault::After,
        }));
        let availability = MemoryAvailability::new(ById::Seen, empty, faults.clone());
        availability.put(schedule());
        let hours = MemoryHours::new();
        hours.set_faults(script.clone());
        Self {
            clock: Arc::new(MemoryClock::at("2026-11-23T09:00:00Z".parse().unwrap())),
            script,
            work,
            family,
            zoom: Arc::new(MemoryZoomCalendar::new(access, faults)),
            availability: Arc::new(availability),
            hours: Arc::new(hours),
            base: Arc::new(base),
            host: Host {
                name: HostName::new(ALICE),
                busy: Some(policy(to)),
                hours: None,
                bookings: Some(CalendarName::new(WORK)),
                places: BTreeMap::new(),
                zone: "UTC".to_owned(),
            },
        }
    }

    pub(super) fn policy(&mut self) -> &mut BusyPolicy {
        self.host.busy.as_mut().unwrap()
    }

    pub(super) fn sides(&self) -> Sides {
        let source = |source: &Arc<MemorySource>| -> Arc<dyn Source> { source.clone() };
        Sides {
            sources: vec![
                (CalendarName::new(WORK), Ok(source(&self.work))),
                (CalendarName::new(FAMILY), Ok(source(&self.family))),
            ],
            zoom_calendar: self.zoom.clone(),
            availabilities: self.availability.clone(),
            hours_calendar: self.host.hours.as_ref().map(|_| {
                let calendar: Arc<dyn HoursCalendar> = self.hours.clone();
                Ok(calendar)
            }),
            base: self.base.clone(),
            clock: self.clock.clone(),
        }
    }

    pub(super) async fn pass(&self) -> HostReport {
        let report = pass(&self.sides(), &self.host, &Order::default()).await;
        self.clock.advance(SignedDuration::from_mins(5));
        report
    }

    /// A pass in which nothing may go wrong.
    pub(super) async fn good_pass(&self) -> HostReport {
        let report = self.pass().await;
        assert!(report.errors.is_empty(), "{:#?}", report.errors);
        report
    }

    pub(super) async fn full_pass(&self) -> HostReport {
        let order = Order {
            full: true,
            ..Order::default()
        };
        pass(&self.sides(), &self.host, &order).await
    }

    pub(super) async fn dry_pass(&self) -> HostReport {
        let below: Arc<dyn Base> = self.base.clone();
        let sides = Sides {
            base: Arc::new(Overlay::new(below)),
            ..self.sides()
        };
        let order = Order {
            dry_run: true,
            ..Order::default()
        };
        pass(&sides, &self.host, &order).await
    }

    /// What stands in the Zoom calendar, as texts like `24T10:00/24T11:00`.
    pub(super) fn blocks(&self) -> Vec<String> {
        let blocks = self.zoom.standing();
        blocks
            .iter()
            .map(|block| short(block.span.unwrap()))
            .collect()
    }

    /// The date overrides, as such texts.
    pub(super) fn segments(&self) -> Vec<String> {
        let there = self.availability.get(&AvailabilityId::new("a1")).unwrap();
        let segments = there.segments.unwrap_or_default();
        segments.into_iter().map(short).collect()
    }

    pub(super) fn writes(&self) -> u64 {
        self.zoom.writes() + self.availability.changes().len() as u64
    }

    pub(super) fn held(&self) -> Vec<Held> {
        waiting::held(self.base.as_ref(), &[(&self.host.name, None)]).unwrap()
    }

    pub(super) fn records(&self) -> Records<'_> {
        Records::new(self.base.as_ref(), &self.host.name)
    }
}

fn short(span: TimeSpan) -> String {
    let at = |time: Timestamp| time.strftime("%dT%H:%M").to_string();
    format!("{}/{}", at(span.start), at(span.end))
}

fn policy(to: BusyTo) -> BusyPolicy {
    BusyPolicy {
        from: vec![CalendarName::new(WORK), CalendarName::new(FAMILY)],
        to,
        future: Duration::from_hours(24 * 14),
        buffers: Buffers::default(),
        title: "Busy".to_owned(),
        emails: Vec::new(),
        replace_overrides: false,
    }
}

/// Weekdays from nine to five, UTC.
fn schedule() -> Availability {
    let at = |hour: u16| Minute::new(hour * 60).unwrap();
    let open = Day::of([Segment {
        start: at(9),
        end: at(17),
    }]);
    let day = |index: usize| {
        if index < 5 {
            open.clone()
        } else {
            Day::default()
        }
    };
    Availability {
        id: AvailabilityId::new("a1"),
        name: "Working hours".to_owned(),
        default: true,
        zone: "UTC".to_owned(),
        week: Week(std::array::from_fn(day)),
        segments: Some(Vec::new()),
    }
}

/// An event in November 2026: `24T100000Z` to `24T110000Z`.
pub(super) fn event(uid: &str, start: &str, end: &str) -> Vec<u8> {
    more(
        uid,
        &format!("DTSTART:202611{start}\r\nDTEND:202611{end}\r\n"),
    )
}

pub(super) fn more(uid: &str, lines: &str) -> Vec<u8> {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:{uid}@example.org\r\n\
         DTSTAMP:20261101T000000Z\r\nSUMMARY:very private\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    .into_bytes()
}

pub(super) fn href(name: &str) -> Href {
    Href::new(format!("{name}.ics"))
}
