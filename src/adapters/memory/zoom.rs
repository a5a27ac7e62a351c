//! Zoom Scheduler in memory: pages, cancels and notes as the port says, and refuses what no
//! client should ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::fault::{Faults, around};
use crate::domain::booking::{Answer, Attendee, Booking, BookingStatus};
use crate::domain::ids::{AttendeeId, BookingId, PageToken};
use crate::domain::window::Window;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::zoom::{BookingPage, Zoom};

/// A Zoom Scheduler host in memory.
pub struct MemoryZoom {
    state: Mutex<State>,
    page_size: usize,
    clock: Arc<dyn Clock>,
    faults: Arc<dyn Faults>,
    meter: Meter,
}

#[derive(Default)]
struct State {
    bookings: BTreeMap<BookingId, Booking>,
    next: u64,
    /// Bookings that a listing leaves out, though they are there.
    hidden: Vec<BookingId>,
    /// Each cancellation that was asked for through the port, in order.
    cancelled: Vec<BookingId>,
    noted: u64,
}

/// A booking to be made.
#[derive(Clone, Debug)]
pub struct Appointment {
    /// The booking page.
    pub page: String,
    /// Who books.
    pub booker: String,
    /// From when.
    pub start: Timestamp,
    /// Until when.
    pub end: Timestamp,
}

impl MemoryZoom {
    /// An empty account that lists so many bookings a page.
    #[must_use]
    pub fn new(page_size: usize, clock: Arc<dyn Clock>, faults: Arc<dyn Faults>) -> Self {
        Self {
            state: Mutex::new(State::default()),
            page_size: page_size.max(1),
            clock,
            faults,
            meter: Meter::default(),
        }
    }

    /// Somebody books.
    pub fn book(&self, appointment: &Appointment) -> BookingId {
        let now = self.clock.now();
        let mut state = self.lock();
        state.next += 1;
        let number = state.next;
        let id = BookingId::new(format!("e{number:06}"));
        let booking = Booking {
            id: id.clone(),
            schedule: Some(appointment.page.as_str().into()),
            summary: format!("Page {}", appointment.page),
            description: String::new(),
            start: appointment.start,
            end: appointment.end,
            status: BookingStatus::Confirmed,
            updated: Some(now),
            attendees: vec![Attendee {
                id: Some(AttendeeId::new(format!("a{number}"))),
                booker: true,
                name: appointment.booker.clone(),
                email: format!("{}@booker.example", appointment.booker),
                time_zone: "Europe/Berlin".to_owned(),
                ..Attendee::default()
            }],
            guests: Vec::new(),
            location: String::new(),
            meeting: None,
            notes: String::new(),
            manage_url: None,
            phone: None,
            rescheduled_from: None,
        };
        state.bookings.insert(id.clone(), booking);
        id
    }

    /// The invitee reschedules: the old booking is cancelled, a new one is made.
    pub fn reschedule(
        &self,
        id: &BookingId,
        start: Timestamp,
        end: Timestamp,
    ) -> Option<BookingId> {
        let old = self
            .get(id)
            .filter(|booking| booking.status != BookingStatus::Cancelled)?;
        self.withdraw(id);
        let booker = old
            .booker()
            .map(|booker| booker.name.clone())
            .unwrap_or_default();
        let page = old
            .schedule
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        Some(self.book(&Appointment {
            page,
            booker,
            start,
            end,
        }))
    }

    /// The host or the invitee cancels.
    pub fn withdraw(&self, id: &BookingId) {
        self.change(id, |booking| booking.status = BookingStatus::Cancelled);
    }

    /// Every booking that there is, cancelled ones included, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<BookingId> {
        self.lock().bookings.keys().cloned().collect()
    }

    /// It vanishes without a trace.
    pub fn purge(&self, id: &BookingId) {
        self.lock().bookings.remove(id);
    }

    /// Listings leave it out from now on, or not any more.
    pub fn hide(&self, id: &BookingId, hidden: bool) {
        let mut state = self.lock();
        state.hidden.retain(|other| other != id);
        if hidden {
            state.hidden.push(id.clone());
        }
    }

    /// Somebody changes it in Zoom.
    pub fn change(&self, id: &BookingId, change: impl FnOnce(&mut Booking)) {
        let now = self.clock.now();
        if let Some(booking) = self.lock().bookings.get_mut(id) {
            change(booking);
            booking.updated = Some(now);
        }
    }

    /// A booking as it is.
    #[must_use]
    pub fn get(&self, id: &BookingId) -> Option<Booking> {
        self.lock().bookings.get(id).cloned()
    }

    /// All bookings that stand.
    #[must_use]
    pub fn standing(&self) -> Vec<BookingId> {
        let state = self.lock();
        let standing = state
            .bookings
            .values()
            .filter(|booking| booking.status != BookingStatus::Cancelled);
        standing.map(|booking| booking.id.clone()).collect()
    }

    /// Each cancellation asked for through the port that really cancelled something.
    #[must_use]
    pub fn cancellations(&self) -> Vec<BookingId> {
        self.lock().cancelled.clone()
    }

    /// How many writes came through the port.
    #[must_use]
    pub fn writes(&self) -> u64 {
        let state = self.lock();
        state.cancelled.len() as u64 + state.noted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a call under the faults: `Before` fails first, `After` fails once it is done.
    fn call<T>(&self, call: &str, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.meter.request();
        around(&*self.faults, call, || work(&mut self.lock()))
    }
}

#[async_trait]
impl Zoom for MemoryZoom {
    async fn bookings(&self, window: Window, page: Option<&PageToken>) -> Result<BookingPage> {
        self.call("zoom list", |state| {
            let from = match page {
                None => 0,
                Some(token) => token
                    .as_str()
                    .parse::<usize>()
                    .map_err(|error| Error::new(Kind::Stale, "listing bookings").because(error))?,
            };
            let mut all: Vec<&Booking> = state
                .bookings
                .values()
                .filter(|booking| window.shows(booking.start, booking.end))
                .filter(|booking| !state.hidden.contains(&booking.id))
                .collect();
            all.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
            let bookings: Vec<Booking> = all
                .iter()
                .skip(from)
                .take(self.page_size)
                .map(|booking| (*booking).clone())
                .collect();
            let to = from + bookings.len();
            let next = (to < all.len()).then(|| PageToken::new(to.to_string()));
            Ok(BookingPage {
                bookings,
                broken: Vec::new(),
                next,
            })
        })
    }

    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>> {
        self.call("zoom get", |state| Ok(state.bookings.get(id).cloned()))
    }

    async fn own_booking(&self, id: &BookingId, _near: Option<Window>) -> Result<Option<Booking>> {
        self.booking(id).await
    }

    async fn attendee(&self, booking: &BookingId, id: &AttendeeId) -> Result<Option<Attendee>> {
        self.call("zoom attendee", |state| {
            let booking = state.bookings.get(booking);
            let found = booking.and_then(|booking| {
                booking
                    .attendees
                    .iter()
                    .find(|attendee| attendee.id.as_ref() == Some(id))
            });
            Ok(found.cloned().map(|attendee| Attendee {
                answers: vec![Answer {
                    question: "What about?".to_owned(),
                    values: vec![format!("asked by {}", attendee.name)],
                }],
                ..attendee
            }))
        })
    }

    async fn cancel(&self, id: &BookingId) -> Result<()> {
        self.call("zoom cancel", |state| {
            let Some(booking) = state.bookings.get_mut(id) else {
                return Ok(());
            };
            if booking.status != BookingStatus::Cancelled {
                booking.status = BookingStatus::Cancelled;
                state.cancelled.push(id.clone());
            }
            Ok(())
        })
    }

    async fn note(&self, id: &BookingId, notes: &str) -> Result<()> {
        let now = self.clock.now();
        self.call("zoom note", |state| {
            let booking = state
                .bookings
                .get_mut(id)
                .filter(|booking| booking.status != BookingStatus::Cancelled)
                .ok_or_else(|| {
                    Error::new(Kind::Refused, "writing notes of a booking that ended")
                })?;
            notes.clone_into(&mut booking.notes);
            booking.updated = Some(now);
            state.noted += 1;
            Ok(())
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}
