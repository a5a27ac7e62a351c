//! Zoom on the bench: in memory, and the real adapter against the built-in account over HTTP.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use slotbridge::adapters::http_client::Timeouts;
use slotbridge::adapters::memory::availability::{ById, EmptySegments, MemoryAvailability};
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::memory::fault::NoFaults;
use slotbridge::adapters::memory::zoom_calendar::{Access, MemoryZoomCalendar};
use slotbridge::adapters::system::SystemClock;
use slotbridge::adapters::zoom::{self, Auth, HostUser, Jitter, Plan, ZoomClient, ZoomConfig};
use slotbridge::demo::account::{Account, AccountOptions, CalendarEvent, Server};
use slotbridge::domain::hours::Week;
use slotbridge::domain::ids::{AvailabilityId, BlockId};
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::ports::availability::{Availabilities, Availability};
use slotbridge::ports::zoom_calendar::ZoomCalendar;

use crate::{availability, zoom_calendar};

/// In memory.
pub struct Memory {
    calendar: MemoryZoomCalendar,
    availability: MemoryAvailability,
}

pub async fn memory() -> Memory {
    let availability =
        MemoryAvailability::new(ById::Seen, EmptySegments::Taken, Arc::new(NoFaults));
    availability.put(schedule("first", "Working hours", "Europe/Berlin", true));
    Memory {
        calendar: MemoryZoomCalendar::new(Access::Full, Arc::new(NoFaults)),
        availability,
    }
}

fn schedule(id: &str, name: &str, zone: &str, default: bool) -> Availability {
    Availability {
        id: id.into(),
        name: name.to_owned(),
        default,
        zone: zone.to_owned(),
        week: Week::default(),
        segments: Some(Vec::new()),
    }
}

#[async_trait]
impl zoom_calendar::Bench for Memory {
    fn calendar(&self) -> &dyn ZoomCalendar {
        &self.calendar
    }

    async fn add_foreign(&self, span: TimeSpan) -> BlockId {
        self.calendar.add_foreign(span)
    }

    async fn foreign(&self) -> usize {
        self.calendar.foreign().len()
    }

    async fn retitle(&self, id: &BlockId) {
        let title =
            |block: &mut slotbridge::domain::block::Block| "Mine".clone_into(&mut block.title);
        self.calendar.edit(id, title);
    }

    async fn make_transparent(&self, id: &BlockId) {
        self.calendar.edit(id, |block| block.intact = false);
    }

    async fn shift(&self, id: &BlockId, span: TimeSpan) {
        self.calendar.edit(id, |block| block.span = Some(span));
    }

    async fn untag(&self, id: &BlockId) {
        self.calendar.untag(id);
    }

    async fn remove(&self, id: &BlockId) {
        self.calendar.remove(id);
    }

    async fn expire_tokens(&self) {
        self.calendar.expire_tokens();
    }
}

#[async_trait]
impl availability::Bench for Memory {
    fn port(&self) -> &dyn Availabilities {
        &self.availability
    }

    async fn add(&self, name: &str, zone: &str) -> AvailabilityId {
        let schedule = schedule("second", name, zone, false);
        let id = schedule.id.clone();
        self.availability.put(schedule);
        id
    }

    async fn add_override(&self, id: &AvailabilityId, span: TimeSpan) {
        self.availability.edit(id, |schedule| {
            schedule.segments.get_or_insert_default().push(span);
        });
    }

    async fn remove_override(&self, id: &AvailabilityId, day: Date) {
        self.availability.edit(id, |schedule| {
            let zone = TimeZone::get(&schedule.zone).expect("a zone");
            let on = |span: &TimeSpan| zone.to_datetime(span.start).date() == day;
            schedule
                .segments
                .get_or_insert_default()
                .retain(|span| !on(span));
        });
    }

    async fn rename(&self, id: &AvailabilityId, name: &str) {
        let rename = |schedule: &mut Availability| name.clone_into(&mut schedule.name);
        self.availability.edit(id, rename);
    }
}

/// The built-in account, and the adapter that speaks with it.
pub struct BuiltIn {
    account: Account,
    _server: Server,
    client: ZoomClient,
}

pub async fn built_in() -> BuiltIn {
    let account = Account::new(AccountOptions::default());
    let server = account.serve().await.expect("a server");
    let options = account.options();
    let config = ZoomConfig {
        api_url: server.api_url().parse().expect("an address"),
        oauth_url: server.oauth_url().parse().expect("an address"),
        plan: Plan::Business,
        share: 1.0,
        auth: Auth::User {
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.as_str().into(),
            refresh_token: Some(options.refresh_token.as_str().into()),
        },
        timeouts: Timeouts::default(),
        first_wait: ZoomConfig::FIRST_WAIT,
    };
    let base = Arc::new(MemoryBase::new());
    let zoom = zoom::Account::new(&config, base, Arc::new(SystemClock), Jitter::seeded(1));
    let client = zoom.expect("an account").host(HostUser::Me);
    BuiltIn {
        account,
        _server: server,
        client,
    }
}

impl BuiltIn {
    fn set(&self, id: &BlockId, field: &str, value: serde_json::Value) {
        assert!(self.account.set_calendar_field(id.as_str(), field, value));
    }
}

#[async_trait]
impl zoom_calendar::Bench for BuiltIn {
    fn calendar(&self) -> &dyn ZoomCalendar {
        &self.client
    }

    async fn add_foreign(&self, span: TimeSpan) -> BlockId {
        let event = CalendarEvent::new(span.start, span.end, "Dentist");
        BlockId::new(self.account.add_calendar_event(event))
    }

    async fn foreign(&self) -> usize {
        assert_eq!(self.account.mails_sent(), 0);
        self.account.calendar_events().len() - self.account.blocks().len()
    }

    async fn retitle(&self, id: &BlockId) {
        self.set(id, "summary", json!("Mine"));
    }

    async fn make_transparent(&self, id: &BlockId) {
        self.set(id, "transparency", json!("transparent"));
    }

    async fn shift(&self, id: &BlockId, span: TimeSpan) {
        let (start, end) = (span.start, span.end);
        assert!(self.account.move_calendar_event(id.as_str(), start, end));
    }

    async fn untag(&self, id: &BlockId) {
        self.set(id, "description", json!("mine now"));
    }

    async fn remove(&self, id: &BlockId) {
        assert!(self.account.delete_calendar_event(id.as_str()));
    }

    async fn expire_tokens(&self) {
        self.account.expire_sync_tokens();
    }
}

#[async_trait]
impl availability::Bench for BuiltIn {
    fn port(&self) -> &dyn Availabilities {
        &self.client
    }

    async fn add(&self, name: &str, zone: &str) -> AvailabilityId {
        AvailabilityId::new(self.account.add_availability(name, zone))
    }

    async fn add_override(&self, id: &AvailabilityId, span: TimeSpan) {
        let (start, end) = (span.start, span.end);
        assert!(self.account.add_override(id.as_str(), start, end));
    }

    async fn remove_override(&self, id: &AvailabilityId, day: Date) {
        assert!(self.account.remove_override(id.as_str(), day));
    }

    async fn rename(&self, id: &AvailabilityId, name: &str) {
        assert!(self.account.rename_availability(id.as_str(), name));
    }
}
