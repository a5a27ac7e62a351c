//! Whether "not found" can be believed.
//!
//! Zoom's lists honour `user_id`, but single resources were seen to answer 404 to it for every
//! booking that is not the token owner's (FACTS.md section 2). Taking that for "gone" would drop
//! bookings that stand. So for another user's host, a 404 counts only after some booking of that
//! host was seen by its id; until then, one that the last listing showed is asked for as a witness.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::config::HostUser;
use crate::domain::booking::Booking;
use crate::domain::ids::BookingId;

/// What is known of the reach by id.
pub(super) struct Reach(Mutex<Known>);

enum Known {
    Proven,
    Doubtful { witness: Option<BookingId> },
}

impl Reach {
    pub(super) fn new(user: &HostUser) -> Self {
        Self(Mutex::new(match user {
            HostUser::Me => Known::Proven,
            HostUser::Other(_) => Known::Doubtful { witness: None },
        }))
    }

    /// A listing showed these.
    pub(super) fn listed(&self, bookings: &[Booking]) {
        if let Known::Doubtful { witness } = &mut *self.known()
            && let Some(last) = bookings.last()
        {
            *witness = Some(last.id.clone());
        }
    }

    /// A booking was seen by its id.
    pub(super) fn confirmed(&self) {
        *self.known() = Known::Proven;
    }

    /// The booking to ask for before a 404 is believed, where there is doubt and a witness. With
    /// nothing ever listed there is nothing that could be missed.
    pub(super) fn doubted(&self) -> Option<BookingId> {
        match &*self.known() {
            Known::Proven => None,
            Known::Doubtful { witness } => witness.clone(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
