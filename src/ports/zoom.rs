//! Zoom Scheduler, seen from one host.
//!
//! Zoom can neither create nor move a booking, so this port has no such verb.

use async_trait::async_trait;

use super::error::Result;
use super::meter::Meter;
use crate::domain::booking::{Attendee, Booking};
use crate::domain::ids::{AttendeeId, BookingId, PageToken};
use crate::domain::window::Window;

/// One page of a listing.
#[derive(Clone, Debug, Default)]
pub struct BookingPage {
    /// The bookings on it, cancelled ones included.
    pub bookings: Vec<Booking>,
    /// Items that could not be understood: their id where it could be read, and why.
    pub broken: Vec<BrokenBooking>,
    /// The next page; `None` on the last one.
    pub next: Option<PageToken>,
}

/// An item of a listing that could not be understood. It stops only itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenBooking {
    /// `event_id`, where it could be read: such a booking is there, and must not be taken for gone.
    pub id: Option<BookingId>,
    /// What is wrong with it.
    pub cause: String,
}

/// What slotbridge asks of Zoom for one host.
#[async_trait]
pub trait Zoom: Send + Sync {
    /// One page of the host's bookings in a window, with cancelled and pending ones.
    ///
    /// # Errors
    /// `Stale` when the page token is no longer good: start the listing again.
    async fn bookings(&self, window: Window, page: Option<&PageToken>) -> Result<BookingPage>;

    /// One booking by its id; `None` where Zoom does not know it (any more).
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>>;

    /// One booking, only if it is this host's: `None` where it is not, or not any more. `near` is
    /// where a list shows it, for accounts in which bookings by id do not say whose they are.
    ///
    /// # Errors
    /// `Stale` where that cannot be told without a listing of everything.
    async fn own_booking(&self, id: &BookingId, near: Option<Window>) -> Result<Option<Booking>>;

    /// One attendee with the answers of the booking form; `None` where Zoom does not know it.
    async fn attendee(&self, booking: &BookingId, id: &AttendeeId) -> Result<Option<Attendee>>;

    /// Cancels a booking. Cancelling twice is cancelling once; a booking that is gone is cancelled.
    async fn cancel(&self, id: &BookingId) -> Result<()>;

    /// Sets the `meeting_notes` of a booking.
    async fn note(&self, id: &BookingId, notes: &str) -> Result<()>;

    /// What was counted so far.
    fn meter(&self) -> &Meter;
}
