//! All bookings of the account, found by id, by start and by change, each in logarithmic time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::booking::NewBooking;
use super::event::{Event, Person, Standing};
use super::ticker::Ticker;

/// Where a booking stands in an order.
pub(super) type Place = (Timestamp, String);

/// What a listing goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Start,
    Updated,
}

/// All bookings.
pub(super) struct Shelf {
    by_id: BTreeMap<String, Event>,
    by_start: BTreeSet<Place>,
    by_updated: BTreeSet<Place>,
    /// Of the longest booking there ever was: how far before a bound a listing has to look.
    longest: SignedDuration,
    ticker: Ticker,
    count: u64,
    ids: StdRng,
}

impl Shelf {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            by_id: BTreeMap::new(),
            by_start: BTreeSet::new(),
            by_updated: BTreeSet::new(),
            longest: SignedDuration::ZERO,
            ticker: Ticker::new(),
            count: 0,
            ids: StdRng::seed_from_u64(seed),
        }
    }

    /// Makes a booking; its new id.
    pub(super) fn book(&mut self, booked: NewBooking, now: Timestamp) -> String {
        self.count += 1;
        let id = new_id(&mut self.ids);
        let event = Event {
            number: self.count,
            id: id.clone(),
            attendees: vec![Person {
                id: new_id(&mut self.ids),
                booker: true,
                name: booked.name.clone(),
                email: booked.email.clone(),
                time_zone: booked.time_zone.clone(),
                no_show: false,
            }],
            standing: if booked.pending {
                Standing::Pending
            } else {
                Standing::Confirmed
            },
            booked,
            created: now,
            updated: self.ticker.tick(now),
            extra: BTreeMap::new(),
        };
        self.put(event);
        id
    }

    /// A new id, for an attendee.
    pub(super) fn new_id(&mut self) -> String {
        new_id(&mut self.ids)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Event> {
        self.by_id.get(id)
    }

    /// Changes a booking, which then counts as updated now; whether it is there.
    pub(super) fn change(
        &mut self,
        id: &str,
        now: Timestamp,
        how: impl FnOnce(&mut Event),
    ) -> bool {
        let Some(mut event) = self.take(id) else {
            return false;
        };
        how(&mut event);
        event.updated = self.ticker.tick(now);
        self.put(event);
        true
    }

    /// Takes a booking away for good.
    pub(super) fn take(&mut self, id: &str) -> Option<Event> {
        let event = self.by_id.remove(id)?;
        self.by_start.remove(&(event.booked.start, id.to_owned()));
        self.by_updated.remove(&(event.updated, id.to_owned()));
        Some(event)
    }

    /// All bookings in an order, behind a place or from the first one that may end after a bound.
    pub(super) fn walk(
        &self,
        order: Order,
        ends_after: Option<Timestamp>,
        behind: Option<Place>,
    ) -> impl Iterator<Item = (&Place, &Event)> {
        let first = match (behind, order, ends_after) {
            (Some(place), _, _) => Bound::Excluded(place),
            (None, Order::Start, Some(bound)) => Bound::Included((
                bound.saturating_sub(self.longest).unwrap_or(Timestamp::MIN),
                String::new(),
            )),
            (None, Order::Updated, _) | (None, _, None) => Bound::Unbounded,
        };
        let index = match order {
            Order::Start => &self.by_start,
            Order::Updated => &self.by_updated,
        };
        index
            .range((first, Bound::Unbounded))
            .filter_map(|place| Some((place, self.by_id.get(&place.1)?)))
    }

    fn put(&mut self, event: Event) {
        let length = event.end().duration_since(event.booked.start);
        self.longest = self.longest.max(length);
        self.by_start.insert((event.booked.start, event.id.clone()));
        self.by_updated.insert((event.updated, event.id.clone()));
        self.by_id.insert(event.id.clone(), event);
    }
}

/// 26 letters and digits, as Zoom's ids look.
pub(super) fn new_id(random: &mut StdRng) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    (0..26)
        .map(|_| {
            let letter = ALPHABET.get(random.random_range(0..ALPHABET.len()));
            char::from(letter.copied().unwrap_or(b'0'))
        })
        .collect()
}
