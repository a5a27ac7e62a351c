//! A hint: somebody says that something happened to a booking. It is never believed, only looked
//! into; a lost one costs at most the time until the next pass.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{BookingId, ZoomUserId};
use super::window::Window;

/// What a notification says about one booking: ids and times, nothing private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Which booking.
    pub booking: BookingId,
    /// Whose page it was booked on, where that is told.
    #[serde(default)]
    pub user: Option<ZoomUserId>,
    /// Whether it is said to be cancelled.
    #[serde(default)]
    pub ended: bool,
    /// When we heard of it.
    pub received: Timestamp,
    /// When the appointment is or was: where to look for it in a list.
    pub start: Option<Timestamp>,
    /// When it ends or ended.
    pub end: Option<Timestamp>,
    /// `rescheduled_from_event_id`: which booking this one takes the place of.
    pub from: Option<BookingId>,
    /// `rescheduled_to_event_id`: which booking takes the place of this one.
    pub to: Option<BookingId>,
    /// `rescheduled`, where it is told: of the making of the booking, or of its end.
    pub rescheduled: Option<bool>,
    /// Whether the booker answered questions of the booking form; `None` where it is not told.
    pub answers: Option<bool>,
}

impl Hint {
    /// A hint that only names a booking.
    #[must_use]
    pub fn new(booking: BookingId, received: Timestamp) -> Self {
        Self {
            booking,
            user: None,
            ended: false,
            received,
            start: None,
            end: None,
            from: None,
            to: None,
            rescheduled: None,
            answers: None,
        }
    }

    /// Where a list shows the booking, where that is told.
    #[must_use]
    pub fn near(&self) -> Option<Window> {
        Some(Window {
            from: self.start?,
            to: self.end?,
        })
        .filter(|window| window.from < window.to)
    }

    /// Both hints about one booking as one. What either tells is kept; the later one is right.
    #[must_use]
    pub fn join(self, later: Self) -> Self {
        Self {
            booking: later.booking,
            user: later.user.or(self.user),
            ended: later.ended,
            received: later.received.max(self.received),
            start: later.start.or(self.start),
            end: later.end.or(self.end),
            from: later.from.or(self.from),
            to: later.to.or(self.to),
            rescheduled: match (self.rescheduled, later.rescheduled) {
                // That it was made anew says nothing of how it ended, and the other way round.
                (Some(false), told) if self.ended != later.ended => told,
                (earlier, told) => told.max(earlier),
            },
            answers: later.answers.max(self.answers),
        }
    }

    /// Whether it is said that the booking ended, and that no other one takes its place. A creation
    /// that is told late says so only of the creation.
    #[must_use]
    pub fn ended_for_good(&self) -> bool {
        self.ended && self.rescheduled == Some(false)
    }

    /// Whether another booking has to be looked at together with this one.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.rescheduled == Some(true) || self.from.is_some() || self.to.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hints_about_one_booking_keep_what_either_tells() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut first = Hint::new("b".into(), at(5));
        first.from = Some("a".into());
        first.answers = Some(true);
        let mut second = Hint::new("b".into(), at(3));
        second.answers = Some(false);
        second.to = Some("c".into());
        let both = first.clone().join(second.clone());
        assert_eq!(
            (both.from.clone(), both.to.clone()),
            (Some("a".into()), Some("c".into()))
        );
        assert_eq!(both.answers, Some(true), "rather one request too many");
        assert_eq!(both.received, at(5));
        assert!(both.moves());
        assert_eq!(both, second.join(first));
    }

    #[test]
    fn what_was_heard_last_is_right_even_if_the_clock_stepped_back() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let created = Hint::new("b".into(), at(7_200));
        let mut cancelled = Hint::new("b".into(), at(3_600));
        cancelled.ended = true;
        let both = created.clone().join(cancelled.clone());
        assert!(both.ended, "it was told later, whatever the clock said");
        assert_eq!(both.received, at(7_200));
        assert!(!cancelled.join(created).ended);
    }

    #[test]
    fn how_it_was_made_says_nothing_of_how_it_ended() {
        let hint = |ended, rescheduled| Hint {
            ended,
            rescheduled,
            ..Hint::new("b".into(), Timestamp::UNIX_EPOCH)
        };
        let created = hint(false, Some(false));
        assert!(!created.ended_for_good());
        for (rescheduled, for_good) in [(None, false), (Some(true), false), (Some(false), true)] {
            let cancelled = hint(true, rescheduled);
            assert_eq!(cancelled.ended_for_good(), for_good);
            let both = created.clone().join(cancelled.clone());
            assert_eq!(both.ended_for_good(), for_good, "{rescheduled:?}");
            let late = cancelled.join(created.clone());
            assert!(!late.ended_for_good(), "rather a whole pass too many");
            assert_eq!(late.moves(), rescheduled == Some(true));
        }
    }

    #[test]
    fn a_span_that_ends_before_it_starts_is_no_place_to_look() {
        let mut hint = Hint::new("b".into(), Timestamp::UNIX_EPOCH);
        hint.start = Timestamp::from_second(7).ok();
        hint.end = Timestamp::from_second(7).ok();
        assert_eq!(hint.near(), None);
    }
}
